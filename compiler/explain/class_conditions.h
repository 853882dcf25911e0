#pragma once

#include <vector>

#include "compiler/ir/policy.h"
#include "runtime/table/meaning.h"

namespace route::explain {

/// "The value of this attribute is in one of these classes", as a condition of the core. `member` is for `any of`.
auto InClasses(const ir::Policy& policy, AttributeId attribute, std::uint32_t member, const ClassLists& lists,
               const std::vector<bool>& wanted) -> ir::Condition;

/// A condition that tells every class of the attribute from every other, whatever it is true of.
auto TellingApart(const ir::Policy& policy, AttributeId attribute, const ClassLists& lists) -> ir::Condition;

}  // namespace route::explain
