#include "runtime/ledger/journal.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "runtime/ledger/file.h"

namespace route {
namespace {

static_assert(std::endian::native == std::endian::little, "frames are written as they lie in memory");

constexpr std::size_t kBlock = 4096;  // what direct writes have to be whole multiples of, on any common disk
constexpr std::array<char, 8> kMagic = {'r', 't', 'j', 'o', 'u', 'r', 'n', '1'};

/// In front of each frame's bytes, which fill whole blocks with it.
struct Header {
  std::array<char, 8> magic = kMagic;
  std::uint64_t log_id = 0;
  std::uint64_t round = 0;
  std::uint64_t number = 0;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  std::uint64_t hash = 0;  // XXH3 of the header with zero here, then of the bytes
};

constexpr auto Rounded(std::size_t bytes) -> std::size_t {
  return (bytes + kBlock - 1) / kBlock * kBlock;
}

auto HashOf(Header header, std::string_view bytes) -> std::uint64_t {
  header.hash = 0;
  const std::uint64_t of_header = XXH3_64bits(&header, sizeof(header));
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), of_header);
}

/// Tells files apart: by their numbers, which come up again, and, where the file system knows it, by when they were made.
/// Zero if the system does not tell.
auto IdOf(int file) -> std::uint64_t {
  struct statx status {};
  if (::statx(file, "", AT_EMPTY_PATH, STATX_INO | STATX_BTIME, &status) != 0) return 0;
  const bool has_birth = (status.stx_mask & STATX_BTIME) != 0;
  const std::array<std::uint64_t, 5> all = {status.stx_dev_major, status.stx_dev_minor, status.stx_ino,
                                            has_birth ? static_cast<std::uint64_t>(status.stx_btime.tv_sec) : 0,
                                            has_birth ? status.stx_btime.tv_nsec : 0};
  return XXH3_64bits(all.data(), sizeof(all));
}

}  // namespace

/// Where a frame is put together; direct writes need its address to be a multiple of the block.
struct Journal::Buffer {
  alignas(kBlock) std::array<char, Rounded(sizeof(Header) + kMostPayload)> bytes{};
};

Journal::Journal(std::string path, int file, std::uint64_t log_id, std::unique_ptr<Buffer> buffer)
    : path_(std::move(path)), file_(file), log_id_(log_id), buffer_(std::move(buffer)) {}

Journal::~Journal() {
  ::close(file_);
}

auto Journal::Create(const std::string& log, int log_file) -> std::unique_ptr<Journal> {
  const std::string path = PathFor(log);
  const std::uint64_t log_id = IdOf(log_file);
  // Written, not only reserved: a block's first write would change the file system's own records.
  const File empty(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (log_id != 0 && empty.get() >= 0 && WriteAll(empty.get(), std::string(kBytes, '\0')) && ::fsync(empty.get()) == 0) {
    File file(::open(path.c_str(), O_WRONLY | O_DIRECT | O_DSYNC | O_CLOEXEC | O_NOFOLLOW));
    if (file.get() >= 0) {
      return std::unique_ptr<Journal>(new Journal(path, file.Release(), log_id, std::make_unique<Buffer>()));
    }
  }
  ::unlink(path.c_str());  // one that is there would not go on with this log
  return nullptr;
}

auto Journal::Put(std::uint64_t offset, std::string_view bytes) -> bool {
  if (!usable_ || bytes.size() > kMostPayload) return false;
  const std::size_t size = Rounded(sizeof(Header) + bytes.size());
  if (used_ + size > kBytes) return false;
  struct stat status {};
  if (::fstat(file_, &status) != 0 || status.st_nlink == 0) {
    usable_ = false;  // deleted: nobody would find it after a crash
    return false;
  }
  Header header;
  header.log_id = log_id_;
  header.round = round_;
  header.number = next_;
  header.offset = offset;
  header.size = bytes.size();
  header.hash = HashOf(header, bytes);
  char* const to = buffer_->bytes.data();
  std::memcpy(to, &header, sizeof(header));
  std::memcpy(to + sizeof(header), bytes.data(), bytes.size());
  std::memset(to + sizeof(header) + bytes.size(), 0, size - sizeof(header) - bytes.size());
  if (!WriteAllAt(file_, used_, {to, size})) {
    usable_ = false;
    return false;
  }
  used_ += size;
  ++next_;
  return true;
}

void Journal::StartOver() {
  ++round_;
  next_ = 0;
  used_ = 0;
}

void Journal::Remove() {
  usable_ = false;
  ::unlink(path_.c_str());
}

auto Journal::ReadLeft(const std::string& log, int log_file) -> std::expected<Left, std::string> {
  Left left;
  const File file(::open(PathFor(log).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (file.get() < 0 && errno == ENOENT) return left;
  struct stat status {};
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0) return std::unexpected(std::strerror(errno));
  if (!S_ISREG(status.st_mode)) return std::unexpected("it is not a regular file");
  const auto bytes = ReadUpTo(file.get(), kBytes);
  if (!bytes) return std::unexpected(std::strerror(errno));
  std::uint64_t round = 0;
  std::uint64_t log_id = 0;
  for (std::size_t at = 0; at + sizeof(Header) <= bytes->size();) {
    Header header;
    std::memcpy(&header, bytes->data() + at, sizeof(header));
    const bool follows = left.frames.empty() || (header.round == round && header.log_id == log_id);
    if (header.magic != kMagic || !follows || header.number != left.frames.size() || header.size > kMostPayload) break;
    if (header.size > bytes->size() - at - sizeof(header)) break;
    if (!left.frames.empty() && header.offset != left.frames.back().offset + left.frames.back().bytes.size()) break;
    const std::string_view payload = std::string_view(*bytes).substr(at + sizeof(header), header.size);
    if (HashOf(header, payload) != header.hash) break;
    round = header.round;
    log_id = header.log_id;
    left.frames.push_back({header.offset, std::string(payload)});
    at += Rounded(sizeof(header) + payload.size());
  }
  left.of_this_log = log_id == IdOf(log_file);
  return left;
}

}  // namespace route
