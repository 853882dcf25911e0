#include "runtime/signature/signature.h"

#include <doctest/doctest.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <cstdlib>
#include <span>
#include <vector>

namespace route {
namespace {

struct KeyPair {
  std::string private_pem;
  std::string public_pem;
};

auto TextOf(BIO* bio) -> std::string {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

/// A new key, as `openssl genpkey -algorithm ed25519` and `openssl pkey -pubout` write it.
auto MakeKey() -> KeyPair {
  EVP_PKEY* key = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  if (key == nullptr) std::abort();
  BIO* private_pem = BIO_new(BIO_s_mem());
  BIO* public_pem = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(private_pem, key, nullptr, nullptr, 0, nullptr, nullptr);
  PEM_write_bio_PUBKEY(public_pem, key);
  KeyPair pair{TextOf(private_pem), TextOf(public_pem)};
  BIO_free(private_pem);
  BIO_free(public_pem);
  EVP_PKEY_free(key);
  return pair;
}

const KeyPair kKey = MakeKey();
const std::string& kPrivate = kKey.private_pem;
const std::string& kPublic = kKey.public_pem;
const std::string kOther = MakeKey().public_pem;

auto BytesOf(std::string_view text) -> std::vector<std::byte> {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

auto ErrorOf(const std::expected<void, std::string>& result) -> std::string { return result ? "good" : result.error(); }

TEST_CASE("a signature vouches for the bytes that were signed, by the key that signed them") {
  const auto bundle = BytesOf("a bundle");
  const std::string signature = SignBundle(bundle, kPrivate).value();
  CHECK(SignBundle(bundle, kPrivate).value() == signature);  // Ed25519 is deterministic
  CHECK(ErrorOf(CheckSignature(bundle, signature, std::vector{kPublic})) == "good");
  CHECK(ErrorOf(CheckSignature(bundle, signature, std::vector{kOther, kPublic})) == "good");
  CHECK(signature.find("key " + PublicKeyHex(kPublic).value() + "\n") != std::string::npos);
  CHECK(PublicKeyHex(kPrivate).value() == PublicKeyHex(kPublic).value());

  CHECK(ErrorOf(CheckSignature(bundle, signature, std::vector{kOther})).starts_with("the signature is by a key that is not trusted: "));
  CHECK(ErrorOf(CheckSignature(bundle, signature, {})).starts_with("the signature is by a key that is not trusted: "));
  CHECK(ErrorOf(CheckSignature(BytesOf("a bundlf"), signature, std::vector{kPublic})).starts_with("the signature is for other bytes: "));
}

TEST_CASE("every changed bit of a signature file is noticed") {
  const auto bundle = BytesOf("a bundle");
  const std::string signature = SignBundle(bundle, kPrivate).value();
  for (std::size_t bit = 0; bit < 8 * signature.size(); ++bit) {
    std::string changed = signature;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    REQUIRE_FALSE(CheckSignature(bundle, changed, std::vector{kPublic}).has_value());
  }
  for (std::size_t size = 0; size < signature.size(); ++size) {
    REQUIRE_FALSE(CheckSignature(bundle, signature.substr(0, size), std::vector{kPublic}).has_value());
  }
  REQUIRE_FALSE(CheckSignature(bundle, signature + "\n", std::vector{kPublic}).has_value());
}

TEST_CASE("files that are no Ed25519 key say so and are not repeated") {
  const auto bundle = BytesOf("a bundle");
  CHECK(SignBundle(bundle, kPublic).error() == "it is not a private key in PEM form without a password");
  CHECK(SignBundle(bundle, "secret").error() == "it is not a private key in PEM form without a password");
  CHECK(SignBundle(bundle, "").error() == "it is not a private key in PEM form without a password");
  const std::string signature = SignBundle(bundle, kPrivate).value();
  CHECK(ErrorOf(CheckSignature(bundle, signature, std::vector<std::string>{"nothing"})) ==
        "a trusted key cannot be used: it is not a public key in PEM form");
}

TEST_CASE("the signature lies beside the bundle") { CHECK(SignaturePath("a/policy.rtb") == "a/policy.rtb.sig"); }

}  // namespace
}  // namespace route
