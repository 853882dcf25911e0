#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "compiler/ir/policy.h"

/// Policies that grow in one direction, in which a table could grow faster than they do.
namespace route::table_families {

/// `when`, for one rule `r`, over `count` yes/no attributes.
auto PolicyWithRule(std::uint32_t count, ir::Condition when) -> ir::Policy;

/// The yes/no attribute is yes.
auto IsYes(std::uint32_t attribute) -> ir::Condition;
auto Join(ir::Condition::Kind kind, std::vector<ir::Condition> children) -> ir::Condition;

/// (a0 or a1) and (a2 or a3) and …: 2^pairs terms in disjunctive normal form.
auto AllOfPairs(std::uint32_t pairs) -> ir::Condition;

struct Family {
  const char* name;                          ///< in words
  auto(*make)(std::uint32_t) -> ir::Policy;  ///< of so many
  std::uint32_t largest;                     ///< that a benchmark makes; a multiple of 64
};
auto AllFamilies() -> std::span<const Family>;

}  // namespace route::table_families
