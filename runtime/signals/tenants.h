#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "runtime/signals/spend.h"

namespace route {

/// One of a tenant's API keys.
struct ApiKey {
  std::string name;    ///< in records; empty for the only key of a tenant
  std::string sha256;  ///< 64 lower-case hexadecimal digits
  std::vector<Cap> caps = {};
};

/// Someone who may send requests.
struct Tenant {
  std::string id;
  std::vector<ApiKey> keys;                                     ///< at least one
  std::vector<std::pair<std::string, std::string>> attributes;  ///< values as `Values::SetText` reads them
  std::vector<Cap> caps = {};                                   ///< none: spend is always 0 %
  std::string policy = {};                                      ///< the name of its policy; empty: the bundle's only one
  std::optional<std::uint32_t> max_in_flight = {};              ///< requests at a time; none: no bound of its own
};

/// The tenants by their API keys. Never changes, so any number of threads may read it.
///
/// A *caller* is a key of a tenant. Callers are numbered from 0: the keys of the first tenant, then those of the next.
class TenantRegistry {
 public:
  struct Caller {
    std::uint32_t tenant = 0;
    std::uint32_t key = 0;  ///< of Tenant::keys
  };

  /// No two keys may be equal.
  explicit TenantRegistry(std::vector<Tenant> tenants);

  /// The number of the caller whose key this is. Only the key's SHA-256 is compared, and that in constant time.
  auto FindByKey(std::string_view key) const -> std::optional<std::uint32_t>;

  auto tenants() const -> const std::vector<Tenant>& { return tenants_; }
  auto callers() const -> const std::vector<Caller>& { return callers_; }
  auto TenantOf(std::uint32_t caller) const -> const Tenant& { return tenants_[callers_[caller].tenant]; }
  auto KeyOf(std::uint32_t caller) const -> const ApiKey& { return TenantOf(caller).keys[callers_[caller].key]; }

 private:
  std::vector<Tenant> tenants_;
  std::vector<Caller> callers_;
  std::unordered_map<std::string, std::uint32_t> by_prefix_;  // first 32 digits of the hash
};

}  // namespace route
