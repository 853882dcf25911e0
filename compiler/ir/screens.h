#pragma once

#include <variant>
#include <vector>

#include "compiler/ir/policy.h"

/// What keeps services from seeing a prompt, as plain conditions.
///
/// The evaluator looks at a condition in three values (`Foresee`). Engines that know two get here, for each rule and refusal, the
/// condition on what is known before a service answers under which the three-valued one would let no service see the prompt:
/// "the rule could apply", "the refusal applies in any case". It asks about no attribute that a service answers.
namespace route::ir {

struct Screen {
  std::variant<RefusalId, RuleId> by;
  Condition when;
  std::vector<ServiceId> services;  ///< kept from seeing the prompt; at least one, in order, each of which some attribute asks
};

/// Refusals before rules, each in the policy's order; those that keep no service left out. One that never holds has its place, too.
auto ScreensOf(const Policy& policy) -> std::vector<Screen>;

/// Holds of a request exactly if `Foresee` says kYes, or does not say kNo.
auto HoldsInAnyCase(const Condition& condition, const Policy& policy) -> Condition;
auto CouldHold(const Condition& condition, const Policy& policy) -> Condition;

}  // namespace route::ir
