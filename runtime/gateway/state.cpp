#include "runtime/gateway/state.h"

#include <utility>

namespace route {
namespace {

void Equip(ServedPolicy& policy, GatewayProcess& process) {
  const auto views = policy.table.deployments();
  for (std::size_t i = 0; i < policy.deployments.size(); ++i) {
    ReachableDeployment& deployment = policy.deployments[i];
    const std::string name(views[i].name);
    const std::string model(views[i].upstream_model);
    deployment.health = process.health.For({name, deployment.endpoint.base_url, model, std::string(views[i].key_env)});
    deployment.metrics =
        process.metrics.For({std::string(policy.table.policy_name()), name, std::string(views[i].vendor), model});
  }
  for (std::size_t i = 0; i < policy.services.size(); ++i) {
    ReachableService& service = policy.services[i];
    const ServiceView& view = policy.table.services()[i];
    const std::string name(view.name);
    service.health = process.service_health.For({name, service.endpoint.base_url, "", std::string(view.key_env)});
    service.metrics = process.metrics.ForService(std::string(policy.table.policy_name()), name);
  }
  policy.zone = ZoneOf(policy.table);
}

}  // namespace

auto RunningBook::For(const std::string& tenant) -> std::shared_ptr<RunningCount> {
  const std::lock_guard lock(mutex_);
  auto& entry = tenants_[tenant];
  if (!entry) entry = std::make_shared<RunningCount>(0);
  return entry;
}

auto ZoneOf(const Table& table) -> std::string {
  for (const AttributeView& attribute : table.attributes()) {
    for (const SourceView& source : attribute.sources) {
      if (source.kind == SourceKind::kClock && !source.argument.empty()) return std::string(source.argument);
    }
  }
  return {};
}

auto MakeState(std::vector<ServedPolicy> policies, std::vector<std::uint32_t> policy_of, GatewayConfig config,
               std::shared_ptr<GatewayProcess> process) -> std::shared_ptr<GatewayState> {
  TenantRegistry tenants(config.tenants);
  auto state = std::make_shared<GatewayState>(GatewayState{std::move(policies), std::move(policy_of), std::move(config),
                                                           std::move(tenants), std::move(process)});
  for (ServedPolicy& policy : state->policies) Equip(policy, *state->process);
  for (const auto& [tenant, key] : state->tenants.callers()) {
    const Tenant& entry = state->tenants.tenants()[tenant];
    state->accounts.push_back(std::make_unique<SpendAccount>(state->process->spend.For(entry.id), entry.id,
                                                             entry.keys[key].name, entry.caps, entry.keys[key].caps));
  }
  for (const Tenant& tenant : state->tenants.tenants()) {
    state->running.push_back(state->process->running.For(tenant.id));
  }
  return state;
}

}  // namespace route
