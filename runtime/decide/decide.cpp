#include "runtime/decide/decide.h"

#include <algorithm>
#include <bit>

#include "runtime/table/impl.h"

/// The idea: each class of each dimension has a row of bits, one for each term, that says which terms it does not
/// contradict. The AND of the rows of a request's classes is therefore the set of terms that hold, 64 at a time.
/// The loader has found, for each part of the rows, the columns that rule anything out; only those are read.
namespace route {
namespace {

auto Fits(const TableImpl& table, std::span<const std::uint16_t> classes) noexcept -> bool {
  if (classes.size() != table.dimensions.size()) return false;
  for (std::size_t d = 0; d < classes.size(); ++d) {
    if (classes[d] >= table.dimensions[d].classes) return false;
  }
  return true;
}

/// Which terms of one part hold for a request, word by word.
class HoldingTerms {
 public:
  HoldingTerms(const TableImpl& table, const RowPart& part, std::span<const std::uint16_t> classes) noexcept
      : part_(part) {
    for (const auto& column : part.columns) {
      rows_[count_++] =
          table.rows.data() + column.first_word + std::size_t{classes[column.dimension]} * table.row_words;
    }
  }

  auto words() const noexcept -> std::uint32_t { return part_.words; }

  auto Word(std::uint32_t index) const noexcept -> std::uint64_t {
    std::uint64_t word = index + 1 == part_.words ? part_.last_word : ~std::uint64_t{0};
    for (std::uint32_t i = 0; i < count_; ++i) word &= rows_[i][index];
    return word;
  }

  /// The owner of the first term that holds, or kNone.
  auto FirstOwner() const noexcept -> std::uint32_t {
    for (std::uint32_t i = 0; i < part_.words; ++i) {
      const std::uint64_t word = Word(i);
      if (word != 0) return part_.owners[std::size_t{i} * 64 + static_cast<std::size_t>(std::countr_zero(word))];
    }
    return kNone;
  }

  /// Calls `visit` with each owner that has a term that holds, ascending, once each.
  template <typename Visit>
  void ForEachOwner(Visit visit) const noexcept(noexcept(visit(0U))) {
    std::uint32_t last = kNone;
    for (std::uint32_t i = 0; i < part_.words; ++i) {
      for (std::uint64_t word = Word(i); word != 0; word &= word - 1) {
        const std::uint32_t owner =
            part_.owners[std::size_t{i} * 64 + static_cast<std::size_t>(std::countr_zero(word))];
        if (owner == last) continue;
        last = owner;
        visit(owner);
      }
    }
  }

 private:
  const RowPart& part_;
  std::uint32_t count_ = 0;
  std::array<const std::uint64_t*, kMaxDimensions> rows_;  // the first `count_` are set; the rest is never read
};

auto Reaches(const TableImpl& table, std::uint32_t route, const Decision& decision) noexcept -> bool {
  const std::uint64_t* reach = table.route_reach.data() + std::size_t{route} * table.mask_words;
  std::uint64_t reached = 0;
  for (std::uint32_t i = 0; i < table.mask_words; ++i) reached |= reach[i] & decision.allowed[i];
  return reached != 0;
}

}  // namespace

auto Decide(const Table& table, std::span<const std::uint16_t> classes) noexcept -> Decision {
  const TableImpl& impl = table.impl();
  Decision decision;
  if (!Fits(impl, classes)) {
    decision.outcome = Outcome::kRefused;
    return decision;
  }
  decision.refusal = HoldingTerms(impl, impl.refusal_part, classes).FirstOwner();
  if (decision.refusal != kNone) {
    decision.outcome = Outcome::kRefused;
    return decision;
  }
  std::ranges::copy(impl.all_deployments, decision.allowed.begin());
  HoldingTerms(impl, impl.rule_part, classes).ForEachOwner([&](std::uint32_t rule) noexcept {
    const std::uint64_t* mask = impl.masks.data() + std::size_t{impl.rule_masks[rule]} * impl.mask_words;
    for (std::uint32_t i = 0; i < impl.mask_words; ++i) decision.allowed[i] &= ~mask[i];
  });
  decision.route = HoldingTerms(impl, impl.route_part, classes).FirstOwner();
  if (decision.route == kNone) {
    decision.outcome = Outcome::kUncovered;
  } else {
    decision.outcome = Reaches(impl, decision.route, decision) ? Outcome::kRouted : Outcome::kUnservable;
  }
  return decision;
}

auto MatchedRules(const Table& table, std::span<const std::uint16_t> classes) -> std::vector<std::uint32_t> {
  const TableImpl& impl = table.impl();
  std::vector<std::uint32_t> rules;
  if (!Fits(impl, classes)) return rules;
  HoldingTerms(impl, impl.rule_part, classes).ForEachOwner([&](std::uint32_t rule) { rules.push_back(rule); });
  return rules;
}

auto RuleExcludes(const Table& table, std::uint32_t rule, std::uint32_t deployment) -> bool {
  const TableImpl& impl = table.impl();
  if (rule >= impl.rules.size() || deployment >= impl.deployments.size()) return false;
  return ((impl.Mask(rule)[deployment / 64] >> (deployment % 64)) & 1U) != 0;
}

auto Plan(const Table& table, const Decision& decision) -> std::vector<PlanTier> {
  std::vector<PlanTier> plan;
  if (decision.outcome != Outcome::kRouted || decision.route >= table.routes().size()) return plan;
  const RouteView& route = table.routes()[decision.route];
  for (std::uint32_t i = 0; i < route.tier_count; ++i) {
    PlanTier planned{.tier = route.first_tier + i, .deployments = {}};
    const TierView& tier = table.tiers()[planned.tier];
    for (const CandidateView& candidate : tier.candidates) {
      if (planned.deployments.size() == tier.limit) break;
      if (decision.Allows(candidate.deployment)) planned.deployments.push_back(candidate);
    }
    if (!planned.deployments.empty()) plan.push_back(std::move(planned));
  }
  return plan;
}

}  // namespace route
