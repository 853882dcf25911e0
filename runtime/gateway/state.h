#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "runtime/gateway/config.h"
#include "runtime/gateway/deployments.h"
#include "runtime/gateway/metrics.h"
#include "runtime/ledger/record.h"
#include "runtime/ledger/writer.h"
#include "runtime/signals/tenants.h"
#include "runtime/spend/account.h"
#include "runtime/spend/store.h"
#include "runtime/table/table.h"
#include "runtime/upstream/health.h"

namespace route {

class TlsContext;

/// One of the bundle's policies, ready to be enforced.
struct ServedPolicy {
  Table table;
  std::vector<ReachableDeployment> deployments;  ///< as Table::deployments()
  std::string pack = {};                         ///< SHA-256 of its proof pack; empty if none is known
  std::vector<ReachableService> services = {};   ///< as Table::services()
  std::string zone = {};  ///< whose days and months count for caps: that of the policy's clock; empty: UTC
};

/// Counts the requests that are being served.
using RunningCount = std::atomic<std::int64_t>;

/// The running requests of each tenant, by its id.
class RunningBook {
 public:
  /// The same object for the same id. Takes a lock: for loading, not for serving.
  auto For(const std::string& tenant) -> std::shared_ptr<RunningCount>;

 private:
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<RunningCount>> tenants_;
};

/// What outlives an exchange of bundle and configuration. Every thread may use it without a lock.
struct GatewayProcess {
  std::unique_ptr<LogWriter> log;
  std::unique_ptr<SpendStore> store;  ///< none: spend is not kept
  std::function<WallTime()> clock = [] { return std::chrono::system_clock::now(); };
  SpendBook spend = {};
  HealthRegistry health = {};
  HealthRegistry service_health = {};
  Metrics metrics = {};
  RunningBook running = {};
  std::atomic<bool> draining{false};  ///< asked to be left alone: not ready, but serving whoever comes
};

/// What the process does with the decisions that it makes.
enum class Enforcement : std::uint8_t {
  kServe,
  kDryRun,  ///< decide and record, and send nothing to an upstream
};

/// A generation of bundle and configuration. Never changes; a request is served by the generation that it started with.
struct GatewayState {
  std::vector<ServedPolicy> policies;
  std::vector<std::uint32_t> policy_of;  ///< for each caller the index of its policy
  GatewayConfig config;
  TenantRegistry tenants;
  std::shared_ptr<GatewayProcess> process;
  std::vector<std::unique_ptr<SpendAccount>> accounts = {};  ///< for each caller
  std::vector<std::shared_ptr<RunningCount>> running = {};   ///< for each tenant
  std::vector<std::optional<Table>> shadows = {};            ///< for each policy, or empty
  Enforcement enforcement = Enforcement::kServe;
  std::shared_ptr<TlsContext> tls = {};  ///< for callers' connections; none: they come without encryption

  auto ShadowOf(std::uint32_t caller) const -> const Table* {
    const std::uint32_t policy = policy_of[caller];
    return policy < shadows.size() && shadows[policy] ? &*shadows[policy] : nullptr;
  }
  auto PolicyOf(std::uint32_t caller) const -> const ServedPolicy& { return policies[policy_of[caller]]; }
};

/// The time zone of the policy's clock: the first that an attribute names.
auto ZoneOf(const Table& table) -> std::string;

/// Puts a generation together: deployments get their health and counters, callers their accounts.
auto MakeState(std::vector<ServedPolicy> policies, std::vector<std::uint32_t> policy_of, GatewayConfig config,
               std::shared_ptr<GatewayProcess> process) -> std::shared_ptr<GatewayState>;

}  // namespace route
