#include "runtime/signature/attestation.h"

#include <openssl/evp.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "runtime/signature/ed25519.h"

namespace route {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kPayloadType = "application/vnd.in-toto+json";
constexpr std::string_view kStatementType = "https://in-toto.io/Statement/v1";
constexpr std::string_view kPredicateType = "urn:route:proof-pack:1";
constexpr std::size_t kMostBytes = 1U << 20U;
constexpr std::size_t kSignatureBytes = 64;

/// What a DSSE signature is over ("PAE" in its protocol).
auto Message(std::string_view payload) -> std::string {
  return "DSSEv1 " + std::to_string(kPayloadType.size()) + " " + std::string(kPayloadType) + " " + std::to_string(payload.size()) +
         " " + std::string(payload);
}

auto ToBase64(std::string_view bytes) -> std::string {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

/// Nothing unless it is the one Base64 text of some bytes.
auto FromBase64(const std::string& text) -> std::optional<std::string> {
  std::string bytes(text.size() / 4 * 3 + 1, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()), reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  if (size < 0 || text.empty()) return std::nullopt;
  const auto padding = static_cast<std::size_t>(std::count(text.end() - 2, text.end(), '='));
  bytes.resize(static_cast<std::size_t>(size) - padding);
  if (ToBase64(bytes) != text) return std::nullopt;
  return bytes;
}

auto IsHash(const std::string& text) -> bool {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

auto StatementOf(std::span<const ProvedBundle> proved) -> Json {
  Json subjects = Json::array(), proofs = Json::array();
  for (const ProvedBundle& each : proved) {
    subjects.push_back({{"name", each.policy + ".rtb"}, {"digest", {{"sha256", each.bundle}}}});
    subjects.push_back({{"name", each.policy + ".rpp"}, {"digest", {{"sha256", each.pack}}}});
    proofs.push_back({{"policy", each.policy}, {"bundle", each.bundle}, {"pack", each.pack}});
  }
  return {{"_type", kStatementType},
          {"subject", std::move(subjects)},
          {"predicateType", kPredicateType},
          {"predicate", {{"proofs", std::move(proofs)}}}};
}

/// Throws nlohmann's exceptions where something is missing or of another type.
auto ProofsOf(const Json& statement) -> std::optional<std::vector<ProvedBundle>> {
  std::vector<ProvedBundle> proved;
  for (const Json& proof : statement.at("predicate").at("proofs")) {
    proved.push_back({proof.at("policy"), proof.at("bundle"), proof.at("pack")});
    if (!IsHash(proved.back().bundle) || !IsHash(proved.back().pack)) return std::nullopt;
  }
  // Subjects and predicate say the same, so that a reader of either is told the truth.
  if (statement != StatementOf(proved)) return std::nullopt;
  return proved;
}

auto IsSigned(const Json& envelope, const std::string& payload, std::span<const std::string> trusted_pems) -> std::expected<bool, std::string> {
  for (const Json& entry : envelope.at("signatures")) {
    const auto bytes = FromBase64(entry.at("sig"));
    if (!bytes || bytes->size() != kSignatureBytes) continue;
    const ed25519::Signature signature{entry.at("keyid"), {bytes->begin(), bytes->end()}};
    for (const std::string& pem : trusted_pems) {
      const auto good = ed25519::Verify(Message(payload), signature, pem);
      if (!good) return std::unexpected("a trusted key cannot be used: " + good.error());
      if (*good) return true;
    }
  }
  return false;
}

auto Read(std::string_view text, std::span<const std::string> trusted_pems) -> std::expected<std::vector<ProvedBundle>, std::string> {
  const Json envelope = Json::parse(text);
  const auto payload = FromBase64(envelope.at("payload"));
  if (!payload || envelope.at("payloadType") != kPayloadType) return std::unexpected("it is not in the form that `routec attest` writes");
  if (!trusted_pems.empty()) {
    const auto is_signed = IsSigned(envelope, *payload, trusted_pems);
    if (!is_signed) return std::unexpected(is_signed.error());
    if (!*is_signed) return std::unexpected("it is not signed by a trusted key");
  }
  auto proved = ProofsOf(Json::parse(*payload));
  if (!proved) return std::unexpected("it is not in the form that `routec attest` writes");
  return *std::move(proved);
}

}  // namespace

auto AttestationPath(const std::string& bundle_path) -> std::string { return bundle_path + ".proof"; }

auto WriteAttestation(std::span<const ProvedBundle> proved, std::optional<std::string_view> private_key_pem)
    -> std::expected<std::string, std::string> {
  const std::string payload = StatementOf(proved).dump();
  Json signatures = Json::array();
  if (private_key_pem) {
    const auto signature = ed25519::Sign(Message(payload), *private_key_pem);
    if (!signature) return std::unexpected(signature.error());
    signatures.push_back({{"keyid", signature->key}, {"sig", ToBase64({reinterpret_cast<const char*>(signature->bytes.data()), kSignatureBytes})}});
  }
  const Json envelope = {{"payloadType", kPayloadType}, {"payload", ToBase64(payload)}, {"signatures", std::move(signatures)}};
  return envelope.dump() + "\n";
}

auto ReadAttestation(std::string_view text, std::span<const std::string> trusted_pems)
    -> std::expected<std::vector<ProvedBundle>, std::string> {
  if (text.size() > kMostBytes) return std::unexpected("it has more than 1 MiB");
  try {
    return Read(text, trusted_pems);
  } catch (const nlohmann::json::exception&) {
    return std::unexpected("it is not in the form that `routec attest` writes");
  }
}

}  // namespace route
