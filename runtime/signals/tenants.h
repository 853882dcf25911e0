#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "runtime/values/decimal.h"

namespace route {

/// Someone who may send requests.
struct Tenant {
  std::string id;
  std::string key_sha256;                                       ///< 64 lower-case hexadecimal digits
  std::vector<std::pair<std::string, std::string>> attributes;  ///< values as `Values::SetText` reads them
  std::optional<Decimal> spend_cap;                             ///< USD, above zero; none: spend is always 0 %
  std::string policy = {};                                      ///< the name of its policy; empty: the bundle's only one
};

/// The tenants by their API keys. Never changes, so any number of threads may read it.
class TenantRegistry {
 public:
  /// No two tenants may have the same key.
  explicit TenantRegistry(std::vector<Tenant> tenants);

  /// The index of the tenant whose key this is. Only the key's SHA-256 is compared, and that in constant time.
  auto FindByKey(std::string_view key) const -> std::optional<std::uint32_t>;

  auto tenants() const -> const std::vector<Tenant>& { return tenants_; }

 private:
  std::vector<Tenant> tenants_;
  std::unordered_map<std::string, std::uint32_t> by_prefix_;  // first 32 digits of the hash
};

}  // namespace route
