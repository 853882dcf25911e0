#include "runtime/signature/ed25519.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <array>
#include <memory>
#include <span>

namespace route::ed25519 {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kSignatureBytes = 64;

template <auto Free>
struct Freeing {
  void operator()(auto* object) const { Free(object); }
};
using Key = std::unique_ptr<EVP_PKEY, Freeing<EVP_PKEY_free>>;
using Bio = std::unique_ptr<BIO, Freeing<BIO_free>>;
using Context = std::unique_ptr<EVP_MD_CTX, Freeing<EVP_MD_CTX_free>>;

/// Instead of asking at a terminal.
auto NoPassword(char*, int, int, void*) -> int { return -1; }

auto BioOf(std::string_view text) -> Bio { return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

auto OnlyEd25519(Key key) -> std::expected<Key, std::string> {
  if (EVP_PKEY_id(key.get()) != EVP_PKEY_ED25519) {
    return std::unexpected("it is a key of another kind; `openssl genpkey -algorithm ed25519` makes one that fits");
  }
  return key;
}

auto ReadPrivate(std::string_view pem) -> std::expected<Key, std::string> {
  Key key(PEM_read_bio_PrivateKey(BioOf(pem).get(), nullptr, NoPassword, nullptr));
  if (!key) return std::unexpected("it is not a private key in PEM form without a password");
  return OnlyEd25519(std::move(key));
}

auto ReadPublic(std::string_view pem) -> std::expected<Key, std::string> {
  Key key(PEM_read_bio_PUBKEY(BioOf(pem).get(), nullptr, NoPassword, nullptr));
  if (!key) key.reset(PEM_read_bio_PrivateKey(BioOf(pem).get(), nullptr, NoPassword, nullptr));
  if (!key) return std::unexpected("it is not a public key in PEM form");
  return OnlyEd25519(std::move(key));
}

auto Hex(std::span<const std::uint8_t> bytes) -> std::string {
  std::string text;
  for (const std::uint8_t byte : bytes) {
    text += "0123456789abcdef"[byte >> 4U];
    text += "0123456789abcdef"[byte & 15U];
  }
  return text;
}

auto RawPublic(const Key& key) -> std::array<std::uint8_t, kKeyBytes> {
  std::array<std::uint8_t, kKeyBytes> raw{};
  std::size_t size = raw.size();
  EVP_PKEY_get_raw_public_key(key.get(), raw.data(), &size);
  return raw;
}

auto Bytes(std::string_view text) -> const unsigned char* { return reinterpret_cast<const unsigned char*>(text.data()); }

}  // namespace

auto Sign(std::string_view message, std::string_view private_key_pem) -> std::expected<Signature, std::string> {
  const auto key = ReadPrivate(private_key_pem);
  if (!key) return std::unexpected(key.error());
  Signature signature{Hex(RawPublic(*key)), std::vector<std::uint8_t>(kSignatureBytes)};
  std::size_t size = kSignatureBytes;
  const Context context(EVP_MD_CTX_new());
  if (!context || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key->get()) != 1 ||
      EVP_DigestSign(context.get(), signature.bytes.data(), &size, Bytes(message), message.size()) != 1) {
    return std::unexpected("the key cannot sign");
  }
  return signature;
}

auto Verify(std::string_view message, const Signature& signature, std::string_view key_pem) -> std::expected<bool, std::string> {
  const auto key = ReadPublic(key_pem);
  if (!key) return std::unexpected(key.error());
  if (Hex(RawPublic(*key)) != signature.key) return false;
  const Context context(EVP_MD_CTX_new());
  return context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key->get()) == 1 &&
         EVP_DigestVerify(context.get(), signature.bytes.data(), signature.bytes.size(), Bytes(message), message.size()) == 1;
}

auto PublicKeyHex(std::string_view key_pem) -> std::expected<std::string, std::string> {
  const auto key = ReadPublic(key_pem);
  if (!key) return std::unexpected(key.error());
  return Hex(RawPublic(*key));
}

}  // namespace route::ed25519
