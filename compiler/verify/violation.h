#pragma once

#include "compiler/verify/encode.h"

namespace route::verify {

/// "If this route decides, the promise is broken", for requests that satisfy the premise and are not refused.
/// kFalse when a look at the catalogue already shows that it cannot be, so that no query is needed.
auto Violation(Encoder& encoder, const ir::Guarantee& guarantee, const ir::Route& route) -> smt::Term;

/// "A request of this route comes to the tier while attempts are left."
auto CanBeTried(Encoder& encoder, const ir::Route& route, std::uint32_t tier) -> smt::Term;

/// The most attempts that the tiers before this one take.
auto MostAttemptsBefore(const ir::Route& route, std::uint32_t tier) -> std::uint64_t;

}  // namespace route::verify
