#include "audit/attestation.h"

#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <memory>

namespace audit {
namespace {

auto Bytes(const std::string& text) -> const unsigned char* {
  return reinterpret_cast<const unsigned char*>(text.data());
}

auto FromBase64(const std::string& text) -> std::string {
  std::string bytes(text.size() / 4 * 3 + 1, '\0');
  const int size =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()), Bytes(text), static_cast<int>(text.size()));
  Need(size > 0, "the attestation has something else where Base64 belongs");
  bytes.resize(static_cast<std::size_t>(size - std::count(text.end() - 2, text.end(), '=')));
  return bytes;
}

auto IsSigned(const std::string& message, const Json& signatures, const std::string& key_pem) -> bool {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new_mem_buf(key_pem.data(), static_cast<int>(key_pem.size())),
                                                      BIO_free);
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
  Need(key != nullptr && EVP_PKEY_id(key.get()) == EVP_PKEY_ED25519, "the key is not a public Ed25519 key in PEM form");
  return std::any_of(signatures.begin(), signatures.end(), [&](const Json& each) {
    const std::string signature = FromBase64(Text(each.at("sig")));
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    return EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
           EVP_DigestVerify(context.get(), Bytes(signature), signature.size(), Bytes(message), message.size()) == 1;
  });
}

}  // namespace

void CheckAttestation(const std::string& text, const std::string& key_pem, const std::string& bundle_hash,
                      const std::string& pack_hash) {
  const Json envelope = Json::parse(text);
  const std::string payload = FromBase64(Text(envelope.at("payload"))), type = "application/vnd.in-toto+json";
  const std::string message =
      "DSSEv1 " + std::to_string(type.size()) + " " + type + " " + std::to_string(payload.size()) + " " + payload;
  Need(envelope.at("payloadType") == type, "the attestation is not an in-toto statement");
  Need(key_pem.empty() || IsSigned(message, envelope.at("signatures"), key_pem),
       "the attestation is not signed by the key that was given");
  const Json statement = Json::parse(payload);
  Need(statement.at("_type") == "https://in-toto.io/Statement/v1" &&
           statement.at("predicateType") == "urn:route:proof-pack:1",
       "the attestation says something else than what belongs to what");
  const Json& proofs = statement.at("predicate").at("proofs");
  Need(std::any_of(proofs.begin(), proofs.end(),
                   [&](const Json& each) { return each.at("bundle") == bundle_hash && each.at("pack") == pack_hash; }),
       "the attestation does not name this pack for this bundle");
}

}  // namespace audit
