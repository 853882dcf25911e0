#include "compiler/explain/nearest_changes.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "compiler/explain/confirm.h"
#include "compiler/ir/classes.h"
#include "compiler/ir/nearest_request.h"
#include "runtime/decide/decide.h"

namespace route::explain {
namespace {

using Classes = std::vector<std::uint16_t>;

/// Another value of one attribute: the dimensions that change and their new classes.
struct Alternative {
  std::vector<std::pair<std::uint32_t, std::uint16_t>> changes;
};

auto OrderedClasses(std::uint32_t count, std::uint16_t present, AttributeKind kind) -> std::vector<std::uint16_t> {
  std::vector<std::uint16_t> order;
  for (std::uint32_t c = 0; c < count; ++c) {
    if (c != present) order.push_back(static_cast<std::uint16_t>(c));
  }
  if (kind == AttributeKind::kNumber || kind == AttributeKind::kDate) {
    std::ranges::stable_sort(order, {}, [&](std::uint16_t c) { return std::abs(int{c} - int{present}); });
  }
  return order;
}

/// Sets with at most `most` members more or fewer, the smaller changes first.
auto SetAlternatives(std::uint32_t first, std::size_t members, std::size_t most, const Classes& present)
    -> std::vector<Alternative> {
  const auto toggle = [&](std::size_t member) {
    const auto d = static_cast<std::uint32_t>(first + member);
    return std::pair(d, static_cast<std::uint16_t>(1 - present.at(d)));
  };
  std::vector<Alternative> all;
  std::vector<Alternative> largest(1);  // of the size that was made last, of which the next size is made
  for (std::size_t size = 1; size <= std::min(most, members); ++size) {
    std::vector<Alternative> larger;
    for (const Alternative& smaller : largest) {
      const std::size_t begin = smaller.changes.empty() ? 0 : smaller.changes.back().first - first + 1;
      for (std::size_t member = begin; member < members; ++member) {
        larger.push_back(smaller);
        larger.back().changes.push_back(toggle(member));
      }
    }
    all.insert(all.end(), larger.begin(), larger.end());
    largest = std::move(larger);
  }
  return all;
}

class Search {
 public:
  Search(const ir::Policy& policy, const SourceSet& sources, const Table& table, const ir::Request& request,
         const ChangeLimits& limits)
      : policy_(policy),
        sources_(sources),
        table_(table),
        request_(request),
        limits_(limits),
        classes_(policy),
        present_(classes_.Classify(request)),
        decision_(Decide(table, present_)),
        first_(FirstOf(decision_)) {
    if (decision_.outcome != Outcome::kRouted) wants_first_choice_ = false;
    for (std::uint32_t i = 0; i < policy.attributes.size(); ++i) alternatives_.push_back(AlternativesOf(i));
  }

  auto Run() -> NearestChanges {
    for (std::size_t count = 1; count <= limits_.attributes && IsUnfinished(); ++count) {
      Classes classes = present_;
      Vary(0, count, classes);
    }
    return std::move(found_);
  }

 private:
  auto AlternativesOf(std::uint32_t attribute) const -> std::vector<Alternative> {
    const ir::Attribute& declared = policy_.attributes[attribute];
    const std::uint32_t first = classes_.FirstDimension({attribute}).index;
    if (declared.kind == AttributeKind::kAnyOf) {
      return SetAlternatives(first, declared.values.size(), limits_.members, present_);
    }
    std::vector<Alternative> alternatives;
    for (std::uint16_t c : OrderedClasses(classes_.dimensions()[first].classes, present_[first], declared.kind)) {
      alternatives.push_back({{{first, c}}});
    }
    return alternatives;
  }

  auto IsUnfinished() const -> bool {
    const bool is_all_found = found_.outcome && found_.route && (found_.first_choice || !wants_first_choice_);
    return !is_all_found && found_.search == NearestChanges::Search::kComplete;
  }

  /// Tries all ways to change `count` more attributes, from the attribute `from` on.
  void Vary(std::size_t from, std::size_t count, Classes& classes) {
    if (count == 0) {
      Try(classes);
      return;
    }
    for (std::size_t a = from; a < alternatives_.size(); ++a) {
      for (const Alternative& alternative : alternatives_[a]) {
        if (!IsUnfinished()) return;
        for (const auto& [dimension, value_class] : alternative.changes) classes[dimension] = value_class;
        changed_.push_back({static_cast<std::uint32_t>(a)});
        Vary(a + 1, count - 1, classes);
        changed_.pop_back();
        for (const auto& [dimension, value_class] : alternative.changes) classes[dimension] = present_[dimension];
      }
    }
  }

  void Try(const Classes& classes) {
    if (found_.tried == limits_.requests) {
      found_.search = NearestChanges::Search::kStopped;
      return;
    }
    ++found_.tried;
    const Decision decision = Decide(table_, classes);
    if (decision.outcome == decision_.outcome && decision.route == decision_.route && decision.allowed == decision_.allowed) return;
    const bool is_routed = decision.outcome == Outcome::kRouted;
    const bool is_other_route = is_routed && (decision_.outcome != Outcome::kRouted || decision.route != decision_.route);
    const bool is_other_first = is_routed && wants_first_choice_ && !found_.first_choice && FirstOf(decision) != first_;
    if (!found_.outcome && decision.outcome != decision_.outcome) found_.outcome = Confirmed(classes);
    if (!found_.route && is_other_route) found_.route = Confirmed(classes);
    if (is_other_first) found_.first_choice = Confirmed(classes);
  }

  auto FirstOf(const Decision& decision) const -> std::vector<std::uint32_t> {
    std::vector<std::uint32_t> first;
    const auto plan = Plan(table_, decision);
    if (plan.empty()) return first;
    for (const CandidateView& candidate : plan.front().deployments) {
      first.push_back(candidate.deployment);
      if (table_.tiers()[plan.front().tier].order != TierOrder::kByWeight) break;
    }
    return first;
  }

  auto Confirmed(const Classes& classes) const -> Change {
    ir::Request request = ir::NearestRequest(policy_, classes_, classes, request_);
    ir::Decision decision = DecideTwice(policy_, sources_, table_, request);
    return {.attributes = changed_, .request = std::move(request), .decision = std::move(decision)};
  }

  const ir::Policy& policy_;
  const SourceSet& sources_;
  const Table& table_;
  const ir::Request& request_;
  const ChangeLimits limits_;
  const ir::ValueClasses classes_;
  const Classes present_;
  const Decision decision_;
  const std::vector<std::uint32_t> first_;
  bool wants_first_choice_ = true;
  std::vector<std::vector<Alternative>> alternatives_;  // by attribute
  std::vector<AttributeId> changed_;
  NearestChanges found_;
};

}  // namespace

auto FindNearestChanges(const ir::Policy& policy, const SourceSet& sources, const Table& table, const ir::Request& request,
                        const ChangeLimits& limits) -> NearestChanges {
  return Search(policy, sources, table, request, limits).Run();
}

}  // namespace route::explain
