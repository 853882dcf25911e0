#include "runtime/signals/tenants.h"

#include <openssl/crypto.h>

#include "runtime/table/sha256.h"

namespace route {
namespace {

// 128 bits are enough to tell any two keys apart; they are those of a hash, so finding them by time reveals no key.
constexpr std::size_t kPrefix = 32;

}  // namespace

TenantRegistry::TenantRegistry(std::vector<Tenant> tenants) : tenants_(std::move(tenants)) {
  for (std::uint32_t tenant = 0; tenant < tenants_.size(); ++tenant) {
    for (std::uint32_t key = 0; key < tenants_[tenant].keys.size(); ++key) {
      by_prefix_.emplace(tenants_[tenant].keys[key].sha256.substr(0, kPrefix), callers_.size());
      callers_.push_back({tenant, key});
    }
  }
}

auto TenantRegistry::FindByKey(std::string_view key) const -> std::optional<std::uint32_t> {
  const std::string hash = Sha256Hex(key);
  const auto found = by_prefix_.find(hash.substr(0, kPrefix));
  if (found == by_prefix_.end()) return std::nullopt;
  const std::string& expected = KeyOf(found->second).sha256;
  if (expected.size() != hash.size() || CRYPTO_memcmp(expected.data(), hash.data(), hash.size()) != 0) {
    return std::nullopt;
  }
  return found->second;
}

}  // namespace route
