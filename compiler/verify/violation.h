#pragma once

#include <cstdint>
#include <optional>

#include "compiler/verify/encode.h"

namespace route::verify {

/// "If this route decides, the promise is broken", for requests that satisfy the premise and are not refused.
/// kFalse when a look at the catalogue already shows that it cannot be, so that no query is needed.
/// Nothing if the formula would be too large: only promises about money can grow so, where many deployments of different
/// prices compete for few attempts. For a comparison, which is about no one route, kFalse.
auto Violation(Encoder& encoder, const ir::Guarantee& guarantee, const ir::Route& route) -> std::optional<smt::Term>;

/// "A deployment that may be tried first does not satisfy the test, if this route decides."
auto FirstChoiceFails(Encoder& encoder, const ir::DeploymentTest& test, const ir::Route& route) -> smt::Term;

/// "A request of this route comes to the tier while attempts are left."
auto CanBeTried(Encoder& encoder, const ir::Route& route, std::uint32_t tier) -> smt::Term;

/// "A request of this route comes to the tier, and after an attempt at each deployment there so many retries are left."
auto CanBeRetried(Encoder& encoder, const ir::Route& route, std::uint32_t tier, std::uint32_t retries) -> smt::Term;

/// The most attempts that the tiers before this one take.
auto MostAttemptsBefore(const ir::Route& route, std::uint32_t tier) -> std::uint64_t;

}  // namespace route::verify
