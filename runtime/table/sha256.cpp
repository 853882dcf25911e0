#include "runtime/table/sha256.h"

#include <openssl/evp.h>

#include <array>
#include <cstdio>
#include <cstdlib>

namespace route {

namespace {

/// OpenSSL looks an algorithm up in all its providers, under locks, unless it is asked for once and kept.
auto Sha256() -> const EVP_MD* {
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return algorithm;
}

}  // namespace

auto Sha256Hex(std::span<const std::byte> bytes) -> std::string {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, Sha256(), nullptr) != 1 || size != 32) {
    std::fputs("route: OpenSSL cannot compute SHA-256\n", stderr);
    std::abort();
  }
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex(64, '0');
  for (std::size_t i = 0; i < size; ++i) {
    hex[2 * i] = kDigits[digest[i] >> 4U];
    hex[2 * i + 1] = kDigits[digest[i] & 15U];
  }
  return hex;
}

auto Sha256Hex(std::string_view text) -> std::string {
  return Sha256Hex(std::as_bytes(std::span(text)));
}

}  // namespace route
