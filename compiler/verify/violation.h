#pragma once

#include <cstdint>
#include <vector>

#include "compiler/verify/encode.h"

namespace route::verify {

/// "If this route decides, the promise is broken", for requests that satisfy the premise and are not refused.
/// kFalse when a look at the catalogue already shows that it cannot be, so that no query is needed.
auto Violation(Encoder& encoder, const ir::Guarantee& guarantee, const ir::Route& route) -> smt::Term;

/// What a promise about losses counts: the deployment, the vendor or the country as an index.
auto UnitOf(const ir::Policy& policy, ir::SurvivesLoss::Unit unit, DeploymentId deployment) -> std::uint32_t;

}  // namespace route::verify
