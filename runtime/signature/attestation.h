#pragma once

#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Which proof pack belongs to which bundle: a small file beside the bundle, `policy.rtb.proof`.
///
/// A pack names the bundle that it is about by the bundle's SHA-256, so the bundle cannot hold the pack's: each would have to be known
/// before the other. The two hashes stand together in a third file, an in-toto statement in a DSSE envelope, which can be signed
/// (Ed25519) and leaves the bytes of both as they are. `docs/signing.md` has the format.
namespace route {

/// A bundle of one policy, and its proof pack.
struct ProvedBundle {
  std::string policy;  ///< its name
  std::string bundle;  ///< SHA-256, 64 lower-case hexadecimal digits
  std::string pack;    ///< the same
  friend auto operator==(const ProvedBundle&, const ProvedBundle&) -> bool = default;
};

/// `policy.rtb` -> `policy.rtb.proof`
auto AttestationPath(const std::string& bundle_path) -> std::string;

/// The file's text, signed if there is a key (the PEM text of an Ed25519 private key, without a password). The error is a sentence
/// without a full stop and never holds anything of the key.
auto WriteAttestation(std::span<const ProvedBundle> proved, std::optional<std::string_view> private_key_pem)
    -> std::expected<std::string, std::string>;

/// What the file says. With trusted keys (PEM texts) one of them must have signed it; without, nobody need have.
auto ReadAttestation(std::string_view text, std::span<const std::string> trusted_pems)
    -> std::expected<std::vector<ProvedBundle>, std::string>;

}  // namespace route
