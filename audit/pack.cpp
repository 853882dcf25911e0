#include "audit/pack.h"

#include <openssl/sha.h>
#include <zlib.h>

#include <fstream>
#include <sstream>

namespace audit {

constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 30U;
constexpr std::uint64_t kMostText = std::uint64_t{1} << 27U;
constexpr std::size_t kEnvelope = 56;
constexpr int kDeepest = 1000;

auto ReadBytes(const std::filesystem::path& path) -> std::string {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream bytes;
  if (!std::filesystem::is_regular_file(path) || std::filesystem::file_size(path) > kMostBytes ||
      !(bytes << in.rdbuf())) {
    throw Unreadable(path.string() + " cannot be read, is empty or has more than 1 GiB");
  }
  return std::move(bytes).str();
}

auto Hex(const std::string& bytes) -> std::string {
  std::string hex;
  for (const char byte : bytes) {
    const auto value = static_cast<unsigned char>(byte);
    hex += {"0123456789abcdef"[value >> 4U], "0123456789abcdef"[value & 15U]};
  }
  return hex;
}

auto Sha256(const std::string& bytes) -> std::string {
  std::string digest(SHA256_DIGEST_LENGTH, 0);
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
         reinterpret_cast<unsigned char*>(digest.data()));
  return Hex(digest);
}

auto Unsigned(const std::string& bytes, std::uint64_t at, std::size_t size) -> std::uint64_t {
  Need(at <= bytes.size() && size <= bytes.size() - at, "a file ends too early");
  std::uint64_t number = 0;
  for (std::size_t i = size; i-- > 0;) number = number << 8U | static_cast<unsigned char>(bytes[at + i]);
  return number;
}

auto OpenPack(const std::string& bytes) -> Json {
  Need(bytes.starts_with("\x89RPP\r\n\x1a\n"), "this is not a proof pack");
  Need(Unsigned(bytes, 8, 8) == 1, "this proof pack has another version than 1, the only one that is understood");
  const std::uint64_t size = Unsigned(bytes, kEnvelope - 8, 8);
  Need(Sha256(bytes.substr(kEnvelope - 8)) == Hex(bytes.substr(16, 32)),
       "the proof pack is damaged: its checksum is another one");
  Need(size <= kMostText, "the proof pack unpacks to more than 128 MiB");
  std::string text(size, '\0');
  uLongf written = size, taken = bytes.size() - kEnvelope;
  const int code = uncompress2(reinterpret_cast<Bytef*>(text.data()), &written,
                               reinterpret_cast<const Bytef*>(bytes.data() + kEnvelope), &taken);
  Need(code == Z_OK && written == size && taken == bytes.size() - kEnvelope, "the proof pack does not unpack");
  const Json pack = Json::parse(text, [](int depth, Json::parse_event_t, const Json&) {
    Need(depth <= kDeepest, "the proof pack is nested too deeply");
    return true;
  });
  Need(pack.dump() == text, "the proof pack is not canonical JSON");
  Need(pack.at("format") == "route.proof-pack/1", "the proof pack has a format that is not understood");
  return pack;
}

auto BundleIn(const std::string& bytes, const std::string& sha256) -> std::string {
  if (Sha256(bytes) == sha256) return bytes;
  const std::uint64_t policies = bytes.starts_with("\x89RTC\r\n\x1a\n") ? Unsigned(bytes, 12, 4) : 0;
  for (std::uint64_t i = 0; i < policies; ++i) {
    const std::uint64_t at = Unsigned(bytes, 24 + 16 * i, 8), size = Unsigned(bytes, 32 + 16 * i, 8);
    if (at <= bytes.size() && Sha256(bytes.substr(at, size)) == sha256) return bytes.substr(at, size);
  }
  throw Rejected("the bundle is another one than the proof pack is about: its SHA-256 is not " + sha256);
}

}  // namespace audit
