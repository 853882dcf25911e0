#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <set>
#include <utility>
#include <variant>
#include <vector>

#include "compiler/verify/kept_services.h"
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
    const std::vector<smt::Term> applies{encoder_.Matches(id), encoder_.NotRefused()};
    const std::vector<Group> groups = GroupsOf(id);
    enough_.clear();
    std::vector<RuleId> covering;
    const smt::Answer changes = Changes(applies, groups, covering);
    // What never applies R0504 has said.
    const smt::Answer can_apply = changes == smt::Answer::kNo ? encoder_.Ask(applies) : smt::Answer::kYes;
    if (changes == smt::Answer::kUnknown || can_apply == smt::Answer::kUnknown) {
      findings_.unanswered.push_back({"does rule `" + rule.name + "` change anything", rule.span});
    }
    if (changes != smt::Answer::kNo || can_apply != smt::Answer::kYes) return;
    const auto is_left = [&](const Encoder::Screen& screen) { return IsLeft(screen, id); };
    if (!KeptAlone(encoder_, id, is_left).empty()) return;
    is_idle_[id.index] = true;
    DropNeedless(applies, groups, covering);
    IdleRule& finding = findings_.found.emplace_back(IdleRule{.rule = id, .covered_by = std::move(covering)});
    const auto covers = [&](const Encoder::Screen& screen) {
      const auto* other = std::get_if<RuleId>(&screen.meaning->by);
      return other != nullptr && std::ranges::binary_search(finding.covered_by, *other);
    };
    for (const Encoder::Screen* keeper : Keepers(encoder_, id, is_left, covers)) {
      if (const auto* other = std::get_if<RuleId>(&keeper->meaning->by)) finding.kept_by.push_back(*other);
      if (const auto* refusal = std::get_if<RefusalId>(&keeper->meaning->by)) finding.refusals.push_back(*refusal);
    }
    std::ranges::sort(finding.kept_by);
  }

  /// Whether the rule excludes, from some request, the deployments of a group that no other rule then excludes. If not,
  /// `covering` are others that exclude whatever it does: group by group those that are needed beside the ones that earlier
  /// groups have brought, ascending.
  auto Changes(const std::vector<smt::Term>& applies, const std::vector<Group>& groups, std::vector<RuleId>& covering)
      -> smt::Answer {
    constexpr std::size_t kFirst = 8;  // groups of few rules, one of which mostly shows a change
    const std::size_t first = std::min(kFirst, groups.size());
    smt::Answer changes = smt::Answer::kNo;
    for (std::size_t i = 0; i < first; ++i) {
      const smt::Answer answer = LetThrough(applies, groups[i]);
      if (answer == smt::Answer::kYes) return answer;
      if (answer == smt::Answer::kUnknown) changes = answer;
    }
    for (std::size_t i = 0; i < groups.size(); ++i) {
      if (AreEnough(applies, Both(groups[i], covering))) continue;
      const smt::Answer answer = i < first ? smt::Answer::kNo : LetThrough(applies, groups[i]);
      if (answer == smt::Answer::kYes) return answer;
      if (answer == smt::Answer::kUnknown) changes = answer;
      Cover(applies, groups[i], covering);
    }
    return changes;
  }

  /// Whether the rule can apply while none of these does.
  auto LetThrough(std::vector<smt::Term> terms, const Group& others) -> smt::Answer {
    for (const RuleId other : others) terms.push_back(encoder_.solver().Not(encoder_.Matches(other)));
    return encoder_.Ask(terms);
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

  /// Rules that never apply together with this one are left out.
  auto GroupsOf(RuleId id) const -> std::vector<Group> {
    std::set<Group> groups;
    std::vector<bool> meets(policy().rules.size());
    for (std::uint32_t i = 0; i < meets.size(); ++i) meets[i] = Meet(encoder_.HullOf(RuleId{i}), encoder_.HullOf(id));
    for (const Encoder::Alike& alike : encoder_.alike()) {
      if (!std::ranges::binary_search(alike.excluding, id)) continue;
      Group group;
      for (const RuleId other : alike.excluding) {
        if (meets[other.index] && Counts(other, id) && other != id && !is_idle_[other.index]) group.push_back(other);
      }
      groups.insert(std::move(group));
    }
    std::vector<Group> by_size(groups.begin(), groups.end());
    std::ranges::stable_sort(by_size, {}, &Group::size);
    return by_size;
  }

  /// Whether the rule cannot apply while none of these does: known at once of those among which are some that were enough.
  auto AreEnough(const std::vector<smt::Term>& applies, const Group& others) -> bool {
    if (std::ranges::any_of(enough_, [&](const Group& known) { return std::ranges::includes(others, known); })) return true;
    if (LetThrough(applies, others) != smt::Answer::kNo) return false;
    enough_.push_back(others);
    return true;
  }

  static auto Both(const Group& group, const std::vector<RuleId>& rules) -> Group {
    Group both;
    std::ranges::set_intersection(group, rules, std::back_inserter(both));
    return both;
  }

  /// Adds those of a group that are needed beside the ones that are there for the rule to let nothing through.
  void Cover(const std::vector<smt::Term>& applies, const Group& group, std::vector<RuleId>& covering) {
    const Group has = Both(group, covering);
    const auto contradict = [&](const std::vector<std::size_t>& kept, std::size_t count) -> std::optional<std::size_t> {
      Group among = has;
      among.insert(among.end(), group.begin(), group.begin() + static_cast<std::ptrdiff_t>(count));
      for (const std::size_t i : kept) among.push_back(group[i]);
      return LetThrough(applies, among) == smt::Answer::kNo ? std::optional(count) : std::nullopt;
    };
    Group needed = has;
    for (const std::size_t i : MinimalSet(group.size(), contradict)) {
      covering.push_back(group[i]);
      needed.push_back(group[i]);
    }
    for (std::vector<RuleId>* rules : {&covering, &needed}) {
      std::ranges::sort(*rules);
      rules->erase(std::ranges::unique(*rules).begin(), rules->end());
    }
    AreEnough(applies, needed);
  }

  /// Takes out, from the last to the first, what is not needed beside the rest.
  void DropNeedless(const std::vector<smt::Term>& applies, const std::vector<Group>& groups, std::vector<RuleId>& covering) {
    for (std::size_t i = covering.size(); i-- > 0;) {
      std::vector<RuleId> fewer = covering;
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
      const auto is_covered = [&](const Group& group) {
        return !std::ranges::binary_search(group, covering[i]) || AreEnough(applies, Both(group, fewer));
      };
      if (std::ranges::all_of(groups, is_covered)) covering = std::move(fewer);
    }
  }

  auto policy() const -> const ir::Policy& { return encoder_.policy(); }

  Encoder& encoder_;
  std::vector<bool> is_idle_;
  std::vector<Group> enough_;  // others of the rule that is looked at, whose applying keeps it from excluding anything alone
  Findings<IdleRule> findings_;
};

}  // namespace

auto FindIdleRules(Encoder& encoder) -> Findings<IdleRule> { return Sweep(encoder).Run(); }

}  // namespace route::verify
