#include "runtime/table/collection.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

#include "runtime/table/layout.h"

namespace route {
namespace {

using Kind = LoadError::Kind;

constexpr std::array<std::uint8_t, 8> kMagic = {0x89, 'R', 'T', 'C', '\r', '\n', 0x1A, '\n'};
constexpr std::uint32_t kVersion = 1;
constexpr std::uint64_t kAlignment = 64;

/// The file begins with this. `count` entries follow, then at the next multiple of 64 bytes the first bundle, and so on.
struct Start {
  std::array<std::uint8_t, 8> magic;
  std::uint32_t version;
  std::uint32_t count;
  std::uint64_t file_bytes;
};
static_assert(sizeof(Start) == 24);

struct Entry {
  std::uint64_t offset;
  std::uint64_t bytes;
};

auto Fail(Kind kind, const std::string& name, const std::string& what) -> std::unexpected<LoadError> {
  return std::unexpected(LoadError{kind, name + " " + what});
}

template <typename T>
auto Read(std::span<const std::byte> bytes, std::uint64_t offset) -> T {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof(T));
  return value;
}

auto IsCollection(std::span<const std::byte> bytes) -> bool {
  return bytes.size() >= kMagic.size() && std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) == 0;
}

/// Where the bundles must lie, given their sizes: there is one file for each list of bundles.
auto Places(std::span<const std::uint64_t> sizes) -> std::vector<Entry> {
  std::uint64_t offset = sizeof(Start) + sizes.size() * sizeof(Entry);
  std::vector<Entry> places;
  for (const std::uint64_t size : sizes) {
    offset = layout::AlignUp(offset, kAlignment);
    places.push_back({offset, size});
    offset += size;
  }
  return places;
}

auto End(const std::vector<Entry>& places) -> std::uint64_t { return places.back().offset + places.back().bytes; }

}  // namespace

auto TablesFromBytes(std::span<const std::byte> bytes, const std::string& name)
    -> std::expected<std::vector<Table>, LoadError> {
  std::vector<Table> tables;
  if (!IsCollection(bytes)) {
    auto table = Table::FromBytes({bytes.begin(), bytes.end()});
    if (!table) return std::unexpected(std::move(table.error()));
    tables.push_back(std::move(*table));
    return tables;
  }
  if (bytes.size() < sizeof(Start)) return Fail(Kind::kTruncated, name, "is cut off: build it again");
  const auto start = Read<Start>(bytes, 0);
  if (start.version != kVersion) {
    return Fail(Kind::kVersion, name, "is in version " + std::to_string(start.version) +
                                          " of the format for several policies, and this program reads version " +
                                          std::to_string(kVersion) + ": build it again");
  }
  if (start.file_bytes != bytes.size()) return Fail(Kind::kTruncated, name, "is not as long as it says: build it again");
  if (start.count < 2 || start.count > kMaxPolicies || bytes.size() < sizeof(Start) + start.count * sizeof(Entry)) {
    return Fail(Kind::kMalformed, name, "does not hold 2 to " + std::to_string(kMaxPolicies) + " policies");
  }
  std::vector<std::uint64_t> sizes;
  for (std::uint32_t i = 0; i < start.count; ++i) {
    sizes.push_back(Read<Entry>(bytes, sizeof(Start) + i * sizeof(Entry)).bytes);
    if (sizes.back() > bytes.size()) return Fail(Kind::kMalformed, name, "has a policy that is out of bounds");
  }
  const std::vector<Entry> places = Places(sizes);
  std::uint64_t end = sizeof(Start) + start.count * sizeof(Entry);
  for (std::uint32_t i = 0; i < start.count; ++i) {
    const auto entry = Read<Entry>(bytes, sizeof(Start) + i * sizeof(Entry));
    if (entry.offset != places[i].offset || entry.offset + entry.bytes > bytes.size()) {
      return Fail(Kind::kMalformed, name, "has a policy that is out of bounds");
    }
    const auto gap = bytes.subspan(end, entry.offset - end);
    if (std::ranges::any_of(gap, [](std::byte byte) { return byte != std::byte{0}; })) {
      return Fail(Kind::kMalformed, name, "has bytes between two policies");
    }
    end = entry.offset + entry.bytes;
    const auto bundle = bytes.subspan(entry.offset, entry.bytes);
    auto table = Table::FromBytes({bundle.begin(), bundle.end()});
    if (!table) return Fail(table.error().kind, name, "policy " + std::to_string(i) + ": " + table.error().message);
    if (!tables.empty() && table->policy_name() <= tables.back().policy_name()) {
      return Fail(Kind::kMalformed, name, "does not hold its policies in the order of their names");
    }
    tables.push_back(std::move(*table));
  }
  if (end != bytes.size()) return Fail(Kind::kMalformed, name, "goes on behind its last policy");
  return tables;
}

auto LoadTables(const std::string& path) -> std::expected<std::vector<Table>, LoadError> {
  std::array<std::byte, kMagic.size()> first{};
  std::ifstream file(path, std::ios::binary);
  file.read(reinterpret_cast<char*>(first.data()), static_cast<std::streamsize>(first.size()));
  if (!file || !IsCollection(first)) {
    // A single policy is mapped and not read; so is what cannot be read at all, which then says why.
    auto table = Table::Load(path);
    if (!table) return std::unexpected(std::move(table.error()));
    std::vector<Table> tables;
    tables.push_back(std::move(*table));
    return tables;
  }
  file.seekg(0, std::ios::end);
  const auto size = static_cast<std::uint64_t>(file.tellg());
  if (size > layout::kMaxFileBytes) return Fail(Kind::kMalformed, "`" + path + "`", "is larger than 1 GiB");
  std::vector<std::byte> bytes(size);
  file.seekg(0);
  file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size));
  if (!file) return Fail(Kind::kUnreadable, "`" + path + "`", "cannot be read");
  return TablesFromBytes(bytes, "`" + path + "`");
}

auto WriteCollection(std::span<const std::vector<std::byte>> bundles) -> std::vector<std::byte> {
  if (bundles.size() == 1) return bundles[0];
  if (bundles.size() < 2 || bundles.size() > kMaxPolicies) std::abort();
  std::vector<std::uint64_t> sizes;
  for (const auto& bundle : bundles) sizes.push_back(bundle.size());
  const std::vector<Entry> places = Places(sizes);
  std::vector<std::byte> bytes(End(places));
  const Start start{kMagic, kVersion, static_cast<std::uint32_t>(bundles.size()), bytes.size()};
  std::memcpy(bytes.data(), &start, sizeof(start));
  for (std::size_t i = 0; i < bundles.size(); ++i) {
    std::memcpy(bytes.data() + sizeof(Start) + i * sizeof(Entry), &places[i], sizeof(Entry));
    std::memcpy(bytes.data() + places[i].offset, bundles[i].data(), bundles[i].size());
  }
  return bytes;
}

}  // namespace route
