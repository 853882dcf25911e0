#include "runtime/gateway/deployments.h"

#include <algorithm>

namespace route {

namespace {

/// Where requests to a deployment or a service go, and the key that they carry. Adds what is wrong with it.
class Reach {
 public:
  Reach(const GatewayConfig& config, const Environment& environment) : config_(config), environment_(environment) {}

  auto EndpointOf(const std::string& self, std::string_view name, std::string_view stated) -> Endpoint {
    const auto override = config_.endpoints.find(std::string(name));
    const std::string url = override != config_.endpoints.end() ? override->second : std::string(stated);
    if (url.empty()) {
      problems_.push_back(self + " has no endpoint: give it one in the policy, or under `endpoints` in the configuration");
      return {};
    }
    auto endpoint = ParseEndpoint(url);
    if (endpoint) return std::move(*endpoint);
    problems_.push_back(self + " has the endpoint `" + url + "`: " + endpoint.error());
    return {};
  }

  auto KeyOf(const std::string& self, std::string_view key_env) -> std::string {
    if (key_env.empty()) return {};
    const std::string variable(key_env);
    const auto key = environment_(variable);
    if (!key || key->empty()) {
      problems_.push_back(self + " takes its key from the environment variable `" + variable + "`, which is " +
                          (key ? "empty" : "not set") + ": set it to the provider's API key");
      return {};
    }
    if (!std::ranges::all_of(*key, [](char c) { return c > ' ' && c <= '~'; })) {
      problems_.push_back("the environment variable `" + variable + "` of " + self +
                          " holds a blank, a line end or another character that no key has");
      return {};
    }
    return *key;
  }

  auto problems() -> std::vector<std::string>& { return problems_; }

 private:
  const GatewayConfig& config_;
  const Environment& environment_;
  std::vector<std::string> problems_;
};

}  // namespace

auto ReachDeployments(const Table& table, const GatewayConfig& config, const Environment& environment)
    -> std::expected<std::vector<ReachableDeployment>, std::vector<std::string>> {
  Reach reach(config, environment);
  std::vector<ReachableDeployment> reachable;
  for (const DeploymentView& deployment : table.deployments()) {
    const std::string self = "deployment `" + std::string(deployment.name) + "`";
    ReachableDeployment result;
    result.endpoint = reach.EndpointOf(self, deployment.name, deployment.endpoint);
    if (const auto speaks = config.speaks.find(std::string(deployment.name)); speaks != config.speaks.end()) {
      result.speaks = speaks->second;
    }
    result.key = reach.KeyOf(self, deployment.key_env);
    reachable.push_back(std::move(result));
  }
  if (!reach.problems().empty()) return std::unexpected(std::move(reach.problems()));
  return reachable;
}

auto ReachServices(const Table& table, const GatewayConfig& config, const Environment& environment)
    -> std::expected<std::vector<ReachableService>, std::vector<std::string>> {
  Reach reach(config, environment);
  std::vector<ReachableService> reachable;
  for (const ServiceView& service : table.services()) {
    ReachableService& result = reachable.emplace_back();
    if (service.attributes.empty()) continue;  // never asked
    const std::string self = "service `" + std::string(service.name) + "`";
    result.endpoint = reach.EndpointOf(self, service.name, service.endpoint);
    result.key = reach.KeyOf(self, service.key_env);
  }
  if (!reach.problems().empty()) return std::unexpected(std::move(reach.problems()));
  return reachable;
}

}  // namespace route
