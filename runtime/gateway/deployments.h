#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/dialect/carry.h"
#include "runtime/gateway/config.h"
#include "runtime/gateway/metrics.h"
#include "runtime/table/table.h"
#include "runtime/upstream/endpoint.h"
#include "runtime/upstream/health.h"

namespace route {

/// What it takes to send a request to a deployment.
struct ReachableDeployment {
  Endpoint endpoint;
  std::string key = {};  ///< the provider's API key, or empty for a deployment without one
  ApiSet speaks = kOpenAiCompatible;
  std::shared_ptr<DeploymentHealth> health = {};    ///< set by MakeState
  std::shared_ptr<DeploymentMetrics> metrics = {};  ///< set by MakeState
};

/// What it takes to ask a service.
struct ReachableService {
  Endpoint endpoint;
  std::string key = {};                          ///< or empty
  std::shared_ptr<DeploymentHealth> health = {};  ///< set by MakeState
  std::shared_ptr<ServiceMetrics> metrics = {};   ///< set by MakeState
};

/// Reads an environment variable. Tests give their own.
using Environment = std::function<std::optional<std::string>(const std::string&)>;

/// One for each of the table's deployments: the endpoint out of the configuration, else out of the bundle; the key out
/// of the environment. On failure gives every problem.
auto ReachDeployments(const Table& table, const GatewayConfig& config, const Environment& environment)
    -> std::expected<std::vector<ReachableDeployment>, std::vector<std::string>>;

/// The same for the table's services.
auto ReachServices(const Table& table, const GatewayConfig& config, const Environment& environment)
    -> std::expected<std::vector<ReachableService>, std::vector<std::string>>;

}  // namespace route
