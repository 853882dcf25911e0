#include "compiler/recheck/record.h"
#include "compiler/recheck/recheck.h"

namespace route::recheck {
namespace {

constexpr std::uint64_t kSeveral = 0x0A1A'0A0D'4354'5289;  // the magic number of a file with several bundles
constexpr std::uint64_t kStartBytes = 24;
constexpr std::uint64_t kEntryBytes = 16;
constexpr std::uint64_t kAlignment = 64;

auto SplitSeveral(std::span<const std::byte> file) -> std::vector<std::span<const std::byte>> {
  Record start(file, 8);
  Expect(start.U32(), 1, "the version of the file with several policies");
  const std::uint32_t count = start.U32();
  Expect(start.U64(), file.size(), "the size of the file");
  std::vector<std::span<const std::byte>> bundles;
  std::uint64_t end = kStartBytes + count * kEntryBytes;
  for (std::uint32_t i = 0; i < count; ++i) {
    Record entry(file, kStartBytes + i * kEntryBytes);
    const std::uint64_t begin = (end + kAlignment - 1) / kAlignment * kAlignment;
    Expect(entry.U64(), begin, "where policy " + std::to_string(i) + " begins");
    const std::uint64_t size = entry.U64();
    if (begin > file.size() || size > file.size() - begin) Differs("a policy is out of bounds");
    for (Record gap(file, end); end < begin; ++end) Expect(gap.U8(), 0, "a byte between policies");
    bundles.push_back(file.subspan(begin, size));
    end = begin + size;
  }
  Expect(end, file.size(), "the end of the last policy");
  return bundles;
}

}  // namespace

auto Split(std::span<const std::byte> file) -> std::expected<std::vector<std::span<const std::byte>>, Mismatch> {
  try {
    if (file.size() < 8 || Record(file, 0).U64() != kSeveral) return std::vector{file};
    return SplitSeveral(file);
  } catch (const Mismatch& mismatch) {
    return std::unexpected(mismatch);
  }
}

}  // namespace route::recheck
