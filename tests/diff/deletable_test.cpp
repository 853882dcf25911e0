#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "compiler/diff/diff.h"
#include "compiler/verify/verify.h"
#include "tests/random_policy/random_policy.h"

// Whatever `routec check` says can be deleted is deleted, in random policies with services, and `Diff` finds the same policy: no
// request is decided in another way, and no service sees another prompt.

namespace route::diff {
namespace {

/// Without promises, which name refusals by their place.
auto PolicyOf(std::uint64_t seed) -> ir::Policy {
  ir::Policy policy = random_policy::MakeRandomPolicy(
      seed, {.attributes = 4, .rules = 8, .refusals = 5, .routes = 4, .services = 3, .layers = 1 + static_cast<std::uint32_t>(seed % 2),
             .requests = 100});
  policy.guarantees.clear();
  random_policy::GivePlaces(policy);
  return policy;
}

template <typename Declared>
void Erase(std::vector<Declared>& list, std::uint32_t index) {
  list.erase(list.begin() + static_cast<std::ptrdiff_t>(index));
}

/// Takes the part at this place out of the `and` or `or` that it stands in.
void TakeOut(ir::Condition& condition, const Span& part) {
  const auto is_it = [&](const ir::Condition& child) { return child.span == part; };
  std::erase_if(condition.children, is_it);
  for (ir::Condition& child : condition.children) TakeOut(child, part);
  const bool joins = condition.kind == ir::Condition::Kind::kAll || condition.kind == ir::Condition::Kind::kAny;
  if (joins && condition.children.size() == 1) condition = ir::Condition(condition.children.front());
}

/// The policy without what a finding is about, under the finding's code.
using Shorter = std::pair<std::string, ir::Policy>;

template <typename Edit>
void Add(std::vector<Shorter>& all, std::string code, const ir::Policy& policy, const Edit& edit) {
  ir::Policy shorter = policy;
  edit(shorter);
  all.emplace_back(std::move(code), std::move(shorter));
}

auto WithoutPart(const ir::Policy& policy, const verify::IdlePart& finding) -> ir::Policy {
  ir::Policy shorter = policy;
  if (const auto* rule = std::get_if<RuleId>(&finding.whose)) TakeOut(shorter.rules.at(rule->index).when, finding.span);
  if (const auto* refusal = std::get_if<RefusalId>(&finding.whose)) TakeOut(shorter.refusals.at(refusal->index).when, finding.span);
  if (const auto* route = std::get_if<RouteId>(&finding.whose)) TakeOut(shorter.routes.at(route->index).when, finding.span);
  return shorter;
}

/// One for each finding that lets its reader delete something, and, for those that are found one with the other in mind, one
/// without all of them.
auto ShorterPolicies(const ir::Policy& policy, const verify::VerifyReport& report) -> std::vector<Shorter> {
  std::vector<Shorter> all;
  ir::Policy without_rules = policy;
  ir::Policy without_refusals = policy;
  ir::Policy without_redundant = policy;
  ir::Policy without_idle = policy;
  for (const verify::DeadRoute& finding : report.dead_routes) {
    if (policy.routes.size() > 1) Add(all, "R0503", policy, [&](ir::Policy& p) { Erase(p.routes, finding.route.index); });
  }
  for (auto finding = report.dead_rules.rbegin(); finding != report.dead_rules.rend(); ++finding) {
    if (!finding->keeps_away.empty()) continue;
    Add(all, "R0504", policy, [&](ir::Policy& p) { Erase(p.rules, finding->rule.index); });
    Erase(without_rules.rules, finding->rule.index);
  }
  for (auto finding = report.dead_refusals.rbegin(); finding != report.dead_refusals.rend(); ++finding) {
    if (!finding->keeps_away.empty()) continue;
    Add(all, "R0505", policy, [&](ir::Policy& p) { Erase(p.refusals, finding->refusal.index); });
    Erase(without_refusals.refusals, finding->refusal.index);
  }
  for (auto finding = report.redundant_rules.rbegin(); finding != report.redundant_rules.rend(); ++finding) {
    Add(all, "R0506", policy, [&](ir::Policy& p) { Erase(p.rules, finding->rule.index); });
    Erase(without_redundant.rules, finding->rule.index);
  }
  for (const verify::IdlePart& finding : report.idle_parts) all.emplace_back("R0521", WithoutPart(policy, finding));
  for (auto finding = report.idle_rules.rbegin(); finding != report.idle_rules.rend(); ++finding) {
    Add(all, "R0523", policy, [&](ir::Policy& p) { Erase(p.rules, finding->rule.index); });
    Erase(without_idle.rules, finding->rule.index);
  }
  all.emplace_back("all R0504", std::move(without_rules));
  all.emplace_back("all R0505", std::move(without_refusals));
  all.emplace_back("all R0506", std::move(without_redundant));
  all.emplace_back("all R0523", std::move(without_idle));
  return all;
}

TEST_CASE("what can be deleted makes no difference, to services either") {
  const SourceSet sources = random_policy::Sources();
  std::map<std::string, std::size_t> deleted;
  std::size_t kept_away = 0;
  for (std::uint64_t seed = 0; seed < 600; ++seed) {
    CAPTURE(seed);
    const ir::Policy policy = PolicyOf(seed);
    if (policy.services.empty()) continue;
    const verify::VerifyReport report = verify::Verify(policy, {.depth = verify::Limits::Depth::kAudit});
    REQUIRE(report.unanswered.empty());
    for (const verify::DeadRule& finding : report.dead_rules) kept_away += finding.keeps_away.empty() ? 0 : 1;
    for (const verify::DeadRefusal& finding : report.dead_refusals) kept_away += finding.keeps_away.empty() ? 0 : 1;
    for (const auto& [code, shorter] : ShorterPolicies(policy, report)) {
      CAPTURE(code);
      const auto difference = Diff({&policy, &sources, nullptr}, nullptr, {&shorter, &sources, nullptr}, {});
      REQUIRE(difference.has_value());
      REQUIRE(difference->verdict == Verdict::kEquivalent);
      ++deleted[code];
    }
  }
  for (const auto& [code, count] : deleted) MESSAGE(count << " deletions for " << code);
  MESSAGE(kept_away << " that do nothing but keep services from prompts");
  CHECK(deleted.size() == 10);
  for (const auto& [code, count] : deleted) CHECK_MESSAGE(count >= 10, code);
  CHECK(kept_away >= 10);
}

}  // namespace
}  // namespace route::diff
