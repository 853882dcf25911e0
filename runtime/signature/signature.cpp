#include "runtime/signature/signature.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <array>
#include <memory>
#include <vector>

#include "runtime/table/sha256.h"

namespace route {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kSignatureBytes = 64;
constexpr std::string_view kFirstLine = "route-signature 1";

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

auto RawPublic(const Key& key) -> std::array<std::uint8_t, kKeyBytes> {
  std::array<std::uint8_t, kKeyBytes> raw{};
  std::size_t size = raw.size();
  EVP_PKEY_get_raw_public_key(key.get(), raw.data(), &size);
  return raw;
}

/// What is signed: no other program's signature can be taken for one of these.
auto Message(std::string_view sha256) -> std::string { return std::string(kFirstLine) + "\nsha256 " + std::string(sha256) + "\n"; }

auto Bytes(const std::string& text) -> const unsigned char* { return reinterpret_cast<const unsigned char*>(text.data()); }

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
  auto key = ReadPrivate(private_key_pem);
  if (!key) return std::unexpected(key.error());
  const std::string sha256 = Sha256Hex(bundle);
  const std::string message = Message(sha256);
  std::array<std::uint8_t, kSignatureBytes> signature{};
  std::size_t size = signature.size();
  const Context context(EVP_MD_CTX_new());
  if (!context || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key->get()) != 1 ||
      EVP_DigestSign(context.get(), signature.data(), &size, Bytes(message), message.size()) != 1) {
    return std::unexpected("the key cannot sign");
  }
  return std::string(kFirstLine) + "\nsha256 " + sha256 + "\nkey " + Hex(RawPublic(*key)) + "\ned25519 " + Hex(signature) + "\n";
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
  const auto raw = FromHex(file->signature, kSignatureBytes);
  if (raw.empty()) return std::unexpected("the signature is not in the form that `routec sign` writes");
  const std::string message = Message(sha256);
  for (const std::string& pem : trusted_pems) {
    const auto key = ReadPublic(pem);
    if (!key) return std::unexpected("a trusted key cannot be used: " + key.error());
    if (Hex(RawPublic(*key)) != file->key) continue;
    const Context context(EVP_MD_CTX_new());
    if (context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key->get()) == 1 &&
        EVP_DigestVerify(context.get(), raw.data(), raw.size(), Bytes(message), message.size()) == 1) {
      return {};
    }
    return std::unexpected("the signature was not made by the key that it names");
  }
  return std::unexpected("the signature is by a key that is not trusted: " + std::string(file->key.substr(0, 2 * kKeyBytes)));
}

auto PublicKeyHex(std::string_view public_key_pem) -> std::expected<std::string, std::string> {
  const auto key = ReadPublic(public_key_pem);
  if (!key) return std::unexpected(key.error());
  return Hex(RawPublic(*key));
}

}  // namespace route
