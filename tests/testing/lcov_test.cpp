#include "compiler/testing/lcov.h"

#include <doctest/doctest.h>

#include "tests/testing/small_policy.h"

namespace route::testing {
namespace {

/// Each declaration on a line of its own, but both tiers on the line of their route.
auto PlacedPolicy() -> ir::Policy {
  ir::Policy policy = CoveredPolicy();
  std::uint32_t line = 0;
  const auto next = [&] {
    const Span span{.file = {0}, .begin = line, .end = line};
    ++line;
    return span;
  };
  for (ir::Rule& rule : policy.rules) rule.span = next();
  for (ir::Refusal& refusal : policy.refusals) refusal.span = next();
  policy.routes[0].span = next();
  for (ir::Tier& tier : policy.routes[0].tiers) tier.span = policy.routes[0].span;
  for (ir::Deployment& deployment : policy.deployments) deployment.span = next();
  policy.conditions[0].span = next();
  return policy;
}

TEST_CASE("lines, functions and branches; two policies of one file add up") {
  const ir::Policy policy = PlacedPolicy();
  SourceSet sources;
  sources.Add("p.route", std::string(20, '\n'));
  std::vector<CoverageItem> items = CoverageItems(policy, sources);
  const ir::Request request{ir::YesNoValue{true}};
  CountRun(policy, {request, ir::Evaluate(policy, request)}, items);
  Lcov lcov;
  lcov.Add(policy, sources, items, 1);
  lcov.Add(policy, sources, items, 1);
  CHECK(lcov.Text() ==
        "TN:\n"
        "SF:p.route\n"
        "FN:7,condition c\n"
        "FN:5,deployment one\n"
        "FN:6,deployment two\n"
        "FN:3,refusal refused\n"
        "FN:4,route route\n"
        "FN:2,rule idle\n"
        "FN:1,rule only_two\n"
        "FNDA:2,condition c\n"
        "FNDA:0,deployment one\n"
        "FNDA:2,deployment two\n"
        "FNDA:0,refusal refused\n"
        "FNDA:2,route route\n"
        "FNDA:2,rule idle\n"
        "FNDA:2,rule only_two\n"
        "FNF:7\n"
        "FNH:5\n"
        "BRDA:1,0,0,2\n"
        "BRDA:2,0,0,0\n"
        "BRDA:4,0,0,0\n"
        "BRDA:4,0,1,2\n"
        "BRDA:7,0,0,0\n"
        "BRDA:7,0,1,2\n"
        "BRF:6\n"
        "BRH:3\n"
        "DA:1,2\n"
        "DA:2,2\n"
        "DA:3,0\n"
        "DA:4,2\n"
        "DA:5,0\n"
        "DA:6,2\n"
        "DA:7,2\n"
        "LF:7\n"
        "LH:5\n"
        "end_of_record\n");
}

}  // namespace
}  // namespace route::testing
