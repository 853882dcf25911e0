#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "runtime/dialect/carry.h"
#include "runtime/signals/tenants.h"
#include "runtime/table/table.h"

namespace route {

/// `gateway.json`. `docs/gateway.md` describes every key.
struct GatewayConfig {
  std::string listen_host = "127.0.0.1";  ///< a numeric address
  std::uint16_t listen_port = 8080;       ///< 0: any free one
  std::uint32_t threads = 0;              ///< 0: one for each core
  std::string decision_log;
  std::vector<Tenant> tenants;
  std::map<std::string, std::string> endpoints;  ///< base URL by deployment
  std::map<std::string, ApiSet> speaks;          ///< the APIs of deployments; others speak kOpenAiCompatible
  std::uint64_t max_body_bytes = 10ULL * 1024 * 1024;
  std::uint32_t connect_timeout_ms = 2000;
  std::uint32_t backoff_ms = 100;
  enum class Unverified : std::uint8_t { kRefuse, kAllow };
  Unverified unverified = Unverified::kRefuse;
};

/// Reads the text of a configuration. `name` is the file's name for messages. On failure gives every problem, each as
/// `gateway.json: /tenants/0/id: what is wrong: what to do`. Unknown keys are problems.
auto ParseConfig(std::string_view text, const std::string& name)
    -> std::expected<GatewayConfig, std::vector<std::string>>;

/// For each tenant the index of its policy; or what is wrong, in the same form: a bundle with several policies needs each
/// tenant to name one, and a name must be one of the bundle's.
auto PoliciesOfTenants(std::span<const Table> policies, const GatewayConfig& config, const std::string& name)
    -> std::expected<std::vector<std::uint32_t>, std::vector<std::string>>;

/// What in the configuration does not fit the bundle: tenants' attributes, endpoints of unknown deployments, a bundle
/// that was not verified, attributes that cannot be derived. In the same form.
auto CheckAgainst(std::span<const Table> policies, const std::vector<std::uint32_t>& policy_of, const GatewayConfig& config,
                  const std::string& name) -> std::vector<std::string>;

}  // namespace route
