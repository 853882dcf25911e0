#include "compiler/verify/verdict_cache.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "runtime/table/sha256.h"

// The file: kMagic, the SHA-256 of the program's name in hexadecimal digits, the run, the number of entries, the
// entries in the order of their keys, and the SHA-256 of all that in hexadecimal digits. Numbers are little-endian. An
// entry is its key, the run that used it last (4 bytes), 1 if a request exists (1 byte), the number of classes (2
// bytes) and each class (2 bytes).

namespace route::verify {
namespace {

constexpr std::string_view kMagic = "routec verdicts 1\n";
constexpr std::size_t kDigestBytes = 64;

template <typename Number>
void Put(std::string& bytes, Number number) {
  for (std::size_t i = 0; i < sizeof(Number); ++i) bytes += static_cast<char>((number >> (8 * i)) & 0xFFU);
}

/// Reads from the front; once something was missing, everything is.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  auto Take(std::size_t count) -> std::string_view {
    if (count > bytes_.size()) {
      is_complete_ = false;
      bytes_ = {};
      return {};
    }
    const std::string_view taken = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return taken;
  }

  template <typename Number>
  auto Get() -> Number {
    Number number = 0;
    const std::string_view taken = Take(sizeof(Number));
    for (std::size_t i = 0; i < taken.size(); ++i) {
      number = static_cast<Number>(number | static_cast<Number>(static_cast<unsigned char>(taken[i])) << (8 * i));
    }
    return number;
  }

  auto IsComplete() const -> bool { return is_complete_; }
  auto IsAtEnd() const -> bool { return is_complete_ && bytes_.empty(); }

 private:
  std::string_view bytes_;
  bool is_complete_ = true;
};

}  // namespace

auto VerdictCache::Find(const QuestionKey& key) -> const CachedAnswer* {
  const auto place = entries_.find(key);
  if (place == entries_.end()) return nullptr;
  place->second.used = run_;
  ++counts_.found;
  return &place->second.answer;
}

void VerdictCache::Add(const QuestionKey& key, CachedAnswer answer) {
  entries_[key] = {.answer = std::move(answer), .used = run_};
  ++counts_.added;
}

auto VerdictCache::Read(std::string_view bytes, std::string_view program) -> std::expected<void, std::string> {
  const auto damaged = std::unexpected("is damaged");
  if (bytes.size() < kMagic.size() + 2 * kDigestBytes || !bytes.starts_with(kMagic)) return damaged;
  const std::string_view body = bytes.substr(0, bytes.size() - kDigestBytes);
  if (bytes.substr(body.size()) != Sha256Hex(body)) return damaged;
  Reader reader(body.substr(kMagic.size()));
  if (reader.Take(kDigestBytes) != Sha256Hex(program))
    return std::unexpected("was written by another version of routec");
  const auto run = reader.Get<std::uint32_t>();
  const auto count = reader.Get<std::uint32_t>();
  std::map<QuestionKey, Entry> entries;
  for (std::uint32_t i = 0; i < count && reader.IsComplete(); ++i) {
    QuestionKey key{};
    const std::string_view key_bytes = reader.Take(key.size());
    if (key_bytes.size() == key.size()) std::memcpy(key.data(), key_bytes.data(), key.size());
    Entry entry;
    entry.used = reader.Get<std::uint32_t>();
    const auto exists = reader.Get<std::uint8_t>();
    if (exists > 1) return damaged;
    entry.answer.exists = exists == 1;
    const auto classes = reader.Get<std::uint16_t>();
    for (std::uint32_t c = 0; c < classes && reader.IsComplete(); ++c) {
      entry.answer.classes.push_back(reader.Get<std::uint16_t>());
    }
    entries.emplace(key, std::move(entry));
  }
  if (!reader.IsAtEnd()) return damaged;
  entries_.merge(entries);
  run_ = std::max(run_, run + 1);
  return {};
}

auto VerdictCache::Write(std::string_view program) const -> std::string {
  std::vector<const std::pair<const QuestionKey, Entry>*> kept;
  for (const auto& entry : entries_) kept.push_back(&entry);
  if (kept.size() > kMostEntries) {
    std::ranges::stable_sort(kept, std::ranges::greater(), [](const auto* entry) { return entry->second.used; });
    kept.resize(kMostEntries);
    std::ranges::sort(kept, {}, [](const auto* entry) { return entry->first; });
  }
  std::string bytes(kMagic);
  bytes += Sha256Hex(program);
  Put(bytes, run_);
  Put(bytes, static_cast<std::uint32_t>(kept.size()));
  for (const auto* entry : kept) {
    const auto& [key, value] = *entry;
    bytes.append(reinterpret_cast<const char*>(key.data()), key.size());
    Put(bytes, value.used);
    Put(bytes, static_cast<std::uint8_t>(value.answer.exists ? 1 : 0));
    Put(bytes, static_cast<std::uint16_t>(value.answer.classes.size()));
    for (const std::uint16_t each : value.answer.classes) Put(bytes, each);
  }
  return bytes + Sha256Hex(bytes);
}

}  // namespace route::verify
