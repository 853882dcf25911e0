#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

/// Ed25519 (RFC 8032) over any message, with keys as PEM texts. Errors are sentences without a full stop that never hold anything of a
/// private key.
namespace route::ed25519 {

struct Signature {
  std::string key;                  ///< the public key: 64 lower-case hexadecimal digits
  std::vector<std::uint8_t> bytes;  ///< 64
};

/// `private_key_pem` is a private key without a password.
auto Sign(std::string_view message, std::string_view private_key_pem) -> std::expected<Signature, std::string>;

/// Whether the key that the signature names made it, of exactly this message. The error if the PEM text (public or private) is unusable.
auto Verify(std::string_view message, const Signature& signature, std::string_view key_pem) -> std::expected<bool, std::string>;

/// 64 hexadecimal digits by which a public key is known. Also of a private key's PEM text.
auto PublicKeyHex(std::string_view key_pem) -> std::expected<std::string, std::string>;

}  // namespace route::ed25519
