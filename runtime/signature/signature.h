#pragma once

#include <cstddef>
#include <expected>
#include <span>
#include <string>
#include <string_view>

/// Who vouches for a bundle: a detached Ed25519 signature (RFC 8032) in a small text file beside it.
///
/// What is signed is the bundle's SHA-256, the name that it has in every decision record. The bundle itself stays as it is, so it
/// has the same identity with and without a signature, and two people may sign one. `docs/signing.md` has the format.
namespace route {

/// `policy.rtb` -> `policy.rtb.sig`
auto SignaturePath(const std::string& bundle_path) -> std::string;

/// The signature file's text. `private_key_pem` is the PEM text of an Ed25519 private key, without a password. The error is a sentence
/// without a full stop and never holds anything of the key.
auto SignBundle(std::span<const std::byte> bundle, std::string_view private_key_pem) -> std::expected<std::string, std::string>;

/// Nothing if `signature`, a signature file's text, vouches for exactly these bytes by the key whose PEM text (public or private) is one
/// of `trusted_pems`. The error says what is wrong.
auto CheckSignature(std::span<const std::byte> bundle, std::string_view signature, std::span<const std::string> trusted_pems)
    -> std::expected<void, std::string>;

/// 64 hexadecimal digits by which an Ed25519 public key is known in signature files.
auto PublicKeyHex(std::string_view public_key_pem) -> std::expected<std::string, std::string>;

}  // namespace route
