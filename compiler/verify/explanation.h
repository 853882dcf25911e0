#pragma once

#include <string>
#include <vector>

#include "compiler/ir/evaluate.h"
#include "compiler/ir/policy.h"

namespace route::verify {

/// Why a request breaks a guarantee, in the policy's words.
struct Fault {
  std::vector<DeploymentId> deployments;  ///< those at fault, in the order of the plan; for a loss, those lost
  std::string explanation;                ///< one sentence without a full stop
  std::vector<ServiceId> services = {};   ///< those at fault
};

/// `decision` is what the evaluator decided about `request`, of which `guarantee` does not hold.
auto ExplainFault(const ir::Policy& policy, const ir::Guarantee& guarantee, const ir::Request& request,
                  const ir::Decision& decision) -> Fault;

/// `a`, `b` and `c`, or `none` when the list is empty.
auto JoinNames(const std::vector<std::string>& names) -> std::string;

/// The same, with at most four of them: `a`, `b`, `c`, `d` and 5 more.
auto SomeNames(const std::vector<std::string>& names) -> std::string;

}  // namespace route::verify
