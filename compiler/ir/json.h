#pragma once

#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "compiler/ir/policy.h"

namespace route::ir {

/// The whole policy core with every id spelled out as the name it stands for, for people and scripts to read:
/// `routec dump --phase=ir`. Members come in a fixed order and say all that the core holds except where in the text
/// it was written. Numbers are JSON integers when they are whole, else exact decimal strings. Assumes a well-formed
/// policy.
auto ToJson(const Policy& policy) -> nlohmann::ordered_json;

/// A request as a witness: {attribute: value} in the policy's order. Names, countries, dates and texts are strings, an
/// `any of` value is an array of names, yes/no is a boolean, a number is as in `ToJson`.
auto RequestToJson(const Policy& policy, const Request& request) -> nlohmann::ordered_json;

/// `by weight`: as every written form of the core names an order, and `time of day`, `%`, `tokens` a unit (empty: none).
auto OrderName(TierOrder order) -> std::string_view;
auto UnitWords(Unit unit) -> std::string_view;

}  // namespace route::ir
