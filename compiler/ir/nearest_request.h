#pragma once

#include <cstdint>
#include <vector>

#include "compiler/ir/classes.h"

namespace route::ir {

/// The request of these classes, one for each dimension, that a person would give instead of `near`: an attribute whose
/// classes are those of `near` keeps its value; a number or date is the nearest in its class, whole where the class holds a
/// whole one; anything else is as in `ValueClasses::Representative`.
auto NearestRequest(const Policy& policy, const ValueClasses& classes, const std::vector<std::uint16_t>& wanted,
                    const Request& near) -> Request;

}  // namespace route::ir
