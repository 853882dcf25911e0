#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/ir/policy.h"

namespace route::ir {

/// Which way a test of a deployment went.
enum class Went : std::uint8_t { kFalse, kTrue };

/// The facts of the catalogue that made the test go as it did, each as a relative clause, `which is processed in US`; none
/// where they would only repeat the test. `went` is what `Holds` says of the deployment.
auto Facts(const Policy& policy, const DeploymentTest& test, DeploymentId id, Went went) -> std::vector<std::string>;

/// The same of a service. `went` is what `Says` says of it, which is not kNothing.
auto Facts(const Policy& policy, const DeploymentTest& test, ServiceId id, Went went) -> std::vector<std::string>;

}  // namespace route::ir
