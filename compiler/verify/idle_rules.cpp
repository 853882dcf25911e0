#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <utility>
#include <variant>
#include <vector>

#include "compiler/verify/minimal_set.h"
#include "compiler/verify/questions.h"

namespace route::verify {
namespace {

/// Goes from the last rule to the first, so that of two that do the same the first stays, and leaves out each that is found.
class Sweep {
 public:
  explicit Sweep(Encoder& encoder) : encoder_(encoder), is_idle_(encoder.policy().rules.size(), false) {}

  auto Run() -> Findings<IdleRule> {
    for (std::size_t i = policy().rules.size(); i-- > 0;) {
      if (policy().rules[i].origin == ir::Rule::Origin::kWritten) Try({static_cast<std::uint32_t>(i)});
    }
    std::ranges::reverse(findings_.found);
    return std::move(findings_);
  }

 private:
  /// Those that exclude the same deployments as others do count once.
  using Group = std::vector<RuleId>;  // the other rules that exclude them, ascending

  void Try(RuleId id) {
    const ir::Rule& rule = policy().rules.at(id.index);
    const std::vector<Group> groups = GroupsOf(id);
    const std::vector<smt::Term> applies{encoder_.Matches(id), encoder_.NotRefused()};
    std::set<RuleId> all;
    for (const Group& group : groups) all.insert(group.begin(), group.end());
    const std::vector<RuleId> others(all.begin(), all.end());
    std::vector<smt::Term> alone = applies;
    alone.push_back(LetsThrough(groups, others));
    const smt::Answer changes = alone.back() == smt::kFalse ? smt::Answer::kNo : encoder_.Ask(alone);
    // What never applies R0504 has said.
    const smt::Answer can_apply = changes == smt::Answer::kNo ? encoder_.Ask(applies) : smt::Answer::kYes;
    if (changes == smt::Answer::kUnknown || can_apply == smt::Answer::kUnknown) {
      findings_.unanswered.push_back({"does rule `" + rule.name + "` change anything", rule.span});
    }
    if (changes != smt::Answer::kNo || can_apply != smt::Answer::kYes || KeepsAService(id)) return;
    is_idle_[id.index] = true;
    findings_.found.push_back({.rule = id, .covered_by = groups.empty() ? std::vector<RuleId>{} : Covering(applies, groups, others)});
  }

  /// Some service sees no prompt because of this rule that it would see without it, as far as is known.
  auto KeepsAService(RuleId id) const -> bool {
    for (const Encoder::Screen& own : encoder_.screens()) {
      if (own.meaning->by != std::variant<RefusalId, RuleId>(id)) continue;
      for (const ServiceId service : own.meaning->services) {
        std::vector<smt::Term> alone{own.holds};
        for (const Encoder::Screen& other : encoder_.screens()) {
          if (IsLeft(other, id) && std::ranges::binary_search(other.meaning->services, service)) {
            alone.push_back(smt::Negated(other.holds));
          }
        }
        if (encoder_.Ask(alone) != smt::Answer::kNo) return true;
      }
    }
    return false;
  }

  /// Keeps services from prompts without this rule and those that were found to do nothing.
  auto IsLeft(const Encoder::Screen& screen, RuleId id) const -> bool {
    const auto* other = std::get_if<RuleId>(&screen.meaning->by);
    return other == nullptr || (*other != id && Counts(*other, id) && !is_idle_[other->index]);
  }

  auto Counts(RuleId other, RuleId id) const -> bool {
    const ir::Rule& rule = policy().rules.at(other.index);
    return rule.origin == ir::Rule::Origin::kWritten && rule.layer == policy().rules.at(id.index).layer;
  }

  auto GroupsOf(RuleId id) const -> std::vector<Group> {
    std::set<Group> groups;
    for (const Encoder::Alike& alike : encoder_.alike()) {
      if (!std::ranges::binary_search(alike.excluding, id)) continue;
      Group group;
      for (const RuleId other : alike.excluding) {
        if (Counts(other, id) && other != id && !is_idle_[other.index]) group.push_back(other);
      }
      groups.insert(std::move(group));
    }
    return {groups.begin(), groups.end()};
  }

  /// "None of these applies that excludes the deployments of some group." `among` is ascending.
  auto LetsThrough(const std::vector<Group>& groups, const std::vector<RuleId>& among) const -> smt::Term {
    smt::Solver& solver = encoder_.solver();
    std::vector<smt::Term> ways;
    for (const Group& group : groups) {
      std::vector<smt::Term> none;
      for (const RuleId other : group) {
        if (std::ranges::binary_search(among, other)) none.push_back(solver.Not(encoder_.Matches(other)));
      }
      ways.push_back(solver.And(none));
    }
    return solver.Or(ways);
  }

  auto Covering(const std::vector<smt::Term>& applies, const std::vector<Group>& groups, const std::vector<RuleId>& others)
      -> std::vector<RuleId> {
    std::vector<RuleId> covering;
    const auto contradict = [&](const std::vector<std::size_t>& kept, std::size_t count) -> std::optional<std::size_t> {
      std::vector<RuleId> among(others.begin(), others.begin() + static_cast<std::ptrdiff_t>(count));
      for (const std::size_t i : kept) among.push_back(others[i]);
      std::ranges::sort(among);
      std::vector<smt::Term> assumed = applies;
      assumed.push_back(LetsThrough(groups, among));
      return encoder_.Ask(assumed) == smt::Answer::kNo ? std::optional(count) : std::nullopt;
    };
    for (const std::size_t i : MinimalSet(others.size(), contradict)) covering.push_back(others[i]);
    return covering;
  }

  auto policy() const -> const ir::Policy& { return encoder_.policy(); }

  Encoder& encoder_;
  std::vector<bool> is_idle_;
  Findings<IdleRule> findings_;
};

}  // namespace

auto FindIdleRules(Encoder& encoder) -> Findings<IdleRule> { return Sweep(encoder).Run(); }

}  // namespace route::verify
