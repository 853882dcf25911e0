// Any bytes as a proof pack's text and, after an empty line, a bundle: either refused with a reason, or found to be too much work, or
// checked. The envelopes are made to fit, since nobody gets past their checksums by chance.

#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "audit/files.h"
#include "audit/proof.h"
#include "audit/show.h"

namespace {

constexpr std::uint64_t kWork = 20'000'000;

auto FromHex(const std::string& hex) -> std::string {
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return bytes;
}

auto LittleEndian(std::uint64_t number) -> std::string {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(number >> (8 * i) & 0xFFU);
  return bytes;
}

auto SealPack(const std::string& text) -> std::string {
  uLongf size = compressBound(text.size());
  std::string packed(size, '\0');
  compress(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(text.data()), text.size());
  const std::string content = LittleEndian(text.size()) + packed.substr(0, size);
  return "\x89RPP\r\n\x1a\n" + LittleEndian(4) + FromHex(audit::Sha256(content)) + content;
}

auto SealBundle(const std::string& bytes) -> std::string {
  if (bytes.size() < 64) return bytes;
  return bytes.substr(0, 32) + FromHex(audit::Sha256(bytes.substr(64))) + bytes.substr(64);
}

}  // namespace

extern "C" auto LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) -> int {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const std::size_t end = bytes.find("\n\n");
  try {
    audit::spent = audit::kMostWork - kWork;
    audit::Json pack = audit::OpenPack(SealPack(bytes.substr(0, end)));
    const std::string bundle = end == std::string::npos ? "" : SealBundle(bytes.substr(end + 2));
    if (pack.contains("bundle")) pack["bundle"] = {{"sha256", audit::Sha256(bundle)}};
    audit::CheckPack(pack, bundle);
    audit::Show(pack, "", "");
  } catch (const audit::Rejected&) {
  } catch (const audit::Inconclusive&) {
  } catch (const audit::Json::exception&) {
  } catch (const std::out_of_range&) {
  }
  return 0;
}
