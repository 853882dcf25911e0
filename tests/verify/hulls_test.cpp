#include "compiler/verify/hulls.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "compiler/ir/evaluate.h"
#include "tests/random_policy/random_policy.h"

namespace route::verify {
namespace {

auto Inside(const Hull& hull, const std::vector<std::uint16_t>& classes) -> bool {
  return std::ranges::all_of(hull.sides, [&](const auto& side) {
    return std::ranges::any_of(side.second, [&](const auto& range) {
      return range.first <= classes.at(side.first) && classes.at(side.first) < range.second;
    });
  });
}

TEST_CASE("a hull holds every request that satisfies the condition, and no other if it is exact") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    const ir::Policy policy = random_policy::MakeRandomPolicy(seed, {});
    const ir::ValueClasses classes(policy);
    const std::vector<ir::Request> requests = random_policy::AllRequests(policy);
    for (const ir::Route& route : policy.routes) {
      const Hull hull = HullOf(route.when, classes);
      for (const ir::Request& request : requests) {
        const bool holds = ir::Holds(route.when, request);
        const bool is_inside = Inside(hull, classes.Classify(request));
        REQUIRE((!holds || is_inside));
        if (hull.is_exact) REQUIRE(holds == is_inside);
      }
    }
  }
}

TEST_CASE("the index finds the hulls that a comparison of all finds") {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    const ir::Policy policy = random_policy::MakeRandomPolicy(seed, {.rules = 12, .routes = 12});
    const ir::ValueClasses classes(policy);
    std::vector<Hull> hulls;
    for (const ir::Route& route : policy.routes) hulls.push_back(HullOf(route.when, classes));
    for (const ir::Rule& rule : policy.rules) hulls.push_back(HullOf(rule.when, classes));
    const HullIndex index(hulls);
    for (std::uint32_t i = 0; i < hulls.size(); ++i) {
      std::vector<std::uint32_t> meeting;
      for (std::uint32_t k = 0; k < i; ++k) {
        if (Meet(hulls[i], hulls[k])) meeting.push_back(k);
      }
      REQUIRE(index.Meeting(hulls[i], i) == meeting);
    }
  }
}

}  // namespace
}  // namespace route::verify
