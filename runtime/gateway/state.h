#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "runtime/gateway/config.h"
#include "runtime/gateway/deployments.h"
#include "runtime/ledger/record.h"
#include "runtime/ledger/writer.h"
#include "runtime/signals/spend.h"
#include "runtime/signals/tenants.h"
#include "runtime/table/table.h"

namespace route {

/// What all requests of one process share. Set up once; after that every thread may use it without a lock.
struct GatewayState {
  Table table;
  GatewayConfig config;
  TenantRegistry tenants;
  std::vector<ReachableDeployment> deployments;  ///< as Table::deployments()
  SpendBook spend;
  std::unique_ptr<LogWriter> log;
  std::function<WallTime()> clock;
};

}  // namespace route
