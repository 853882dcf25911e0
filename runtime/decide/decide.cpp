#include "runtime/decide/decide.h"

#include <algorithm>
#include <array>
#include <bit>

#include "runtime/decide/kernel.h"
#include "runtime/decide/walk.h"
#include "runtime/table/impl.h"

namespace route {
namespace {

const Kernel& kKernel = BestKernel();

/// Eight classes side by side.
typedef std::uint16_t Eight __attribute__((vector_size(16), aligned(2), may_alias));
typedef std::uint64_t Two __attribute__((vector_size(16)));

auto Fits(const TableBits& table, std::span<const std::uint16_t> classes) noexcept -> bool {
  if (classes.size() != table.dimensions) return false;
  const std::uint16_t* const given = classes.data();
  std::size_t d = 0;
  Two above{};
  for (; d + 8 <= classes.size(); d += 8) {
    above |= Two(*reinterpret_cast<const Eight*>(given + d) > *reinterpret_cast<const Eight*>(table.last_class + d));
  }
  bool fits = (above[0] | above[1]) == 0;
  for (; d < classes.size(); ++d) fits &= given[d] <= table.last_class[d];
  return fits;
}

auto OutcomeOf(const Answer& answer) noexcept -> Outcome {
  if (answer.refusal != kNone) return Outcome::kRefused;
  if (answer.route == kNone) return Outcome::kUncovered;
  return answer.reaches ? Outcome::kRouted : Outcome::kUnservable;
}

/// Calls `visit` with each rule that applies, once, in the order of the terms: a rule's terms follow each other.
template <typename Visit>
void ForEachMatchedRule(const TableBits& table, std::span<const std::uint16_t> classes, Visit visit) noexcept(
    noexcept(visit(0U))) {
  if (!Fits(table, classes)) return;
  constexpr std::uint32_t kChunk = 512;
  std::array<std::uint64_t, kChunk> terms;
  std::uint32_t last = kNone;
  for (std::uint32_t first = 0; first < table.rules.words; first += kChunk) {
    const std::uint32_t count = std::min(kChunk, table.rules.words - first);
    kKernel.rule_terms(table, classes.data(), first, count, terms.data());
    for (std::uint32_t i = 0; i < count; ++i) {
      for (std::uint64_t word = terms[i]; word != 0; word &= word - 1) {
        const std::uint32_t rule = table.rules.owners[std::size_t{first + i} * 64 + static_cast<std::size_t>(std::countr_zero(word))];
        if (rule != last) visit(rule);
        last = rule;
      }
    }
  }
}

}  // namespace

auto Decide(const Table& table, std::span<const std::uint16_t> classes) noexcept -> Decision {
  const TableBits& bits = table.impl().bits;
  Decision decision;
  if (!Fits(bits, classes)) {
    decision.outcome = Outcome::kRefused;
    return decision;
  }
  Answer answer{.allowed = decision.allowed.data()};
  kKernel.decide(bits, classes.data(), answer);
  decision.outcome = OutcomeOf(answer);
  decision.refusal = answer.refusal;
  decision.route = answer.route;
  return decision;
}

auto DimensionCount(const Table& table) noexcept -> std::size_t { return table.impl().bits.dimensions; }

auto CopyMatchedRules(const Table& table, std::span<const std::uint16_t> classes, std::span<std::uint32_t> rules) noexcept
    -> std::size_t {
  std::size_t count = 0;
  ForEachMatchedRule(table.impl().bits, classes, [&](std::uint32_t) noexcept { ++count; });
  if (count > rules.size()) return count;
  std::size_t next = 0;
  ForEachMatchedRule(table.impl().bits, classes, [&](std::uint32_t rule) noexcept { rules[next++] = rule; });
  std::ranges::sort(rules.first(count));
  return count;
}

auto MatchedRules(const Table& table, std::span<const std::uint16_t> classes) -> std::vector<std::uint32_t> {
  std::vector<std::uint32_t> rules;
  ForEachMatchedRule(table.impl().bits, classes, [&](std::uint32_t rule) { rules.push_back(rule); });
  std::ranges::sort(rules);
  return rules;
}

auto RuleExcludes(const Table& table, std::uint32_t rule, std::uint32_t deployment) -> bool {
  const TableImpl& impl = table.impl();
  if (rule >= impl.rules.size() || deployment >= impl.deployments.size()) return false;
  return impl.Excludes(rule, deployment);
}

auto FirstPlanned(const Table& table, const Decision& decision) noexcept -> std::uint32_t {
  std::uint32_t first = kNone;
  ForEachPlanned(table, decision, [&](std::uint32_t, const CandidateView& candidate) noexcept {
    first = candidate.deployment;
    return false;
  });
  return first;
}

auto Plan(const Table& table, const Decision& decision) -> std::vector<PlanTier> {
  std::vector<PlanTier> plan;
  ForEachPlanned(table, decision, [&](std::uint32_t tier, const CandidateView& candidate) {
    if (plan.empty() || plan.back().tier != tier) plan.push_back({.tier = tier, .deployments = {}});
    plan.back().deployments.push_back(candidate);
    return true;
  });
  return plan;
}

}  // namespace route
