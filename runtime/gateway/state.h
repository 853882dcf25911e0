#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/gateway/config.h"
#include "runtime/gateway/deployments.h"
#include "runtime/ledger/record.h"
#include "runtime/ledger/writer.h"
#include "runtime/signals/spend.h"
#include "runtime/signals/tenants.h"
#include "runtime/table/table.h"

namespace route {

/// One of the bundle's policies, ready to be enforced.
struct ServedPolicy {
  Table table;
  std::vector<ReachableDeployment> deployments;  ///< as Table::deployments()
  std::string pack = {};                         ///< SHA-256 of its proof pack; empty if none is known
};

/// What all requests of one process share. Set up once; after that every thread may use it without a lock.
struct GatewayState {
  std::vector<ServedPolicy> policies;
  std::vector<std::uint32_t> policy_of;  ///< for each tenant the index of its policy
  GatewayConfig config;
  TenantRegistry tenants;
  SpendBook spend;
  std::unique_ptr<LogWriter> log;
  std::function<WallTime()> clock;
};

}  // namespace route
