#include "audit/core.h"

#include <openssl/sha.h>

#include <limits>

namespace audit {

constexpr int kDeepest = 1000;

auto Hex(const std::string& bytes) -> std::string {
  std::string hex;
  for (const unsigned char byte : bytes) hex += {"0123456789abcdef"[byte >> 4U], "0123456789abcdef"[byte & 15U]};
  return hex;
}

auto Sha256(const std::string& bytes) -> std::string {
  std::string digest(SHA256_DIGEST_LENGTH, 0);
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()));
  return Hex(digest);
}

auto Unsigned(const std::string& bytes, std::uint64_t at, std::size_t size) -> std::uint64_t {
  Need(at <= bytes.size() && size <= bytes.size() - at, "a file ends too early");
  std::uint64_t number = 0;
  for (std::size_t i = size; i-- > 0;) number = number << 8U | static_cast<unsigned char>(bytes[at + i]);
  return number;
}

auto ReadPack(const std::string& text) -> Json {
  Json pack = Json::parse(text, [](int depth, Json::parse_event_t event, const Json& value) {
    const bool is_number = event == Json::parse_event_t::value && value.is_number();
    const bool fits = !is_number || (value.is_number_integer() && value <= std::numeric_limits<std::int64_t>::max());
    Need(depth <= kDeepest && fits, "the proof pack is nested too deeply or has another number than an integer");
    return true;
  });
  Need(pack.dump() == text, "the proof pack is not canonical JSON");
  return pack;
}

}  // namespace audit
