#include "runtime/gateway/deployments.h"

#include <algorithm>

namespace route {

auto ReachDeployments(const Table& table, const GatewayConfig& config, const Environment& environment)
    -> std::expected<std::vector<ReachableDeployment>, std::vector<std::string>> {
  std::vector<ReachableDeployment> reachable;
  std::vector<std::string> problems;
  for (const DeploymentView& deployment : table.deployments()) {
    const std::string name(deployment.name);
    ReachableDeployment result;
    const auto override = config.endpoints.find(name);
    const std::string url = override != config.endpoints.end() ? override->second : std::string(deployment.endpoint);
    if (url.empty()) {
      problems.push_back("deployment `" + name +
                         "` has no endpoint: give it one in the policy, or under `endpoints` in " +
                         "the configuration");
    } else if (auto endpoint = ParseEndpoint(url); !endpoint) {
      problems.push_back("deployment `" + name + "` has the endpoint `" + url + "`: " + endpoint.error());
    } else {
      result.endpoint = std::move(*endpoint);
    }
    if (const auto speaks = config.speaks.find(name); speaks != config.speaks.end()) result.speaks = speaks->second;
    if (!deployment.key_env.empty()) {
      const std::string variable(deployment.key_env);
      const auto key = environment(variable);
      if (!key || key->empty()) {
        problems.push_back("deployment `" + name + "` takes its key from the environment variable `" + variable +
                           "`, which is " + (key ? "empty" : "not set") + ": set it to the provider's API key");
      } else if (!std::ranges::all_of(*key, [](char c) { return c > ' ' && c <= '~'; })) {
        problems.push_back("the environment variable `" + variable + "` of deployment `" + name +
                           "` holds a blank, a line end or another character that no key has");
      } else {
        result.key = *key;
      }
    }
    reachable.push_back(std::move(result));
  }
  if (!problems.empty()) return std::unexpected(std::move(problems));
  return reachable;
}

}  // namespace route
