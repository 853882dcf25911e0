#include "runtime/signature/signature.h"

#include <vector>

#include "runtime/signature/ed25519.h"
#include "runtime/table/sha256.h"

namespace route {
namespace {

constexpr std::size_t kKeyDigits = 64;
constexpr std::size_t kSignatureBytes = 64;
constexpr std::string_view kFirstLine = "route-signature 1";

auto Hex(std::span<const std::uint8_t> bytes) -> std::string {
  std::string text;
  for (const std::uint8_t byte : bytes) {
    text += "0123456789abcdef"[byte >> 4U];
    text += "0123456789abcdef"[byte & 15U];
  }
  return text;
}

/// Lower-case hexadecimal digits to exactly `size` bytes; empty if they are something else.
auto FromHex(std::string_view text, std::size_t size) -> std::vector<std::uint8_t> {
  std::vector<std::uint8_t> bytes;
  if (text.size() != 2 * size) return bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    const auto high = kDigits.find(text[i]);
    const auto low = kDigits.find(text[i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return {};
    bytes.push_back(static_cast<std::uint8_t>(high << 4U | low));
  }
  return bytes;
}

/// What is signed: no other program's signature can be taken for one of these.
auto Message(std::string_view sha256) -> std::string { return std::string(kFirstLine) + "\nsha256 " + std::string(sha256) + "\n"; }

struct SignatureFile {
  std::string_view sha256;
  std::string_view key;
  std::string_view signature;
};

auto Parse(std::string_view text) -> std::expected<SignatureFile, std::string> {
  SignatureFile file;
  const auto take = [&](std::string_view name, std::string_view& value) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos || !text.starts_with(name)) return false;
    value = text.substr(name.size(), end - name.size());
    text.remove_prefix(end + 1);
    return true;
  };
  std::string_view rest;
  if (!take(kFirstLine, rest) || !rest.empty() || !take("sha256 ", file.sha256) || !take("key ", file.key) ||
      !take("ed25519 ", file.signature) || !text.empty()) {
    return std::unexpected("the signature is not in the form that `routec sign` writes");
  }
  return file;
}

}  // namespace

auto SignaturePath(const std::string& bundle_path) -> std::string { return bundle_path + ".sig"; }

auto SignBundle(std::span<const std::byte> bundle, std::string_view private_key_pem) -> std::expected<std::string, std::string> {
  const std::string message = Message(Sha256Hex(bundle));
  const auto signature = ed25519::Sign(message, private_key_pem);
  if (!signature) return std::unexpected(signature.error());
  return message + "key " + signature->key + "\ned25519 " + Hex(signature->bytes) + "\n";
}

auto CheckSignature(std::span<const std::byte> bundle, std::string_view signature, std::span<const std::string> trusted_pems)
    -> std::expected<void, std::string> {
  const auto file = Parse(signature);
  if (!file) return std::unexpected(file.error());
  const std::string sha256 = Sha256Hex(bundle);
  if (file->sha256 != sha256) {
    return std::unexpected("the signature is for other bytes: for the bundle " + std::string(file->sha256.substr(0, 64)) +
                           ", and this one is " + sha256);
  }
  const ed25519::Signature made{std::string(file->key), FromHex(file->signature, kSignatureBytes)};
  if (made.bytes.empty()) return std::unexpected("the signature is not in the form that `routec sign` writes");
  for (const std::string& pem : trusted_pems) {
    const auto key = PublicKeyHex(pem);
    if (!key) return std::unexpected("a trusted key cannot be used: " + key.error());
    if (*key != made.key) continue;
    if (ed25519::Verify(Message(sha256), made, pem).value_or(false)) return {};
    return std::unexpected("the signature was not made by the key that it names");
  }
  return std::unexpected("the signature is by a key that is not trusted: " + made.key.substr(0, kKeyDigits));
}

auto PublicKeyHex(std::string_view public_key_pem) -> std::expected<std::string, std::string> {
  return ed25519::PublicKeyHex(public_key_pem);
}

}  // namespace route
