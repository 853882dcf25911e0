#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "compiler/ir/clock.h"
#include "compiler/ir/screens.h"
#include "compiler/verify/questions.h"

// A condition that has a name is written out wherever it is used, and one with parameters each time in another way. So a part
// is known by the place of its `and` or `or` in the text, and it is idle if it is idle wherever that stands.

namespace route::verify {
namespace {

using ir::Condition;

/// The dimensions that a condition asks about.
auto DimensionsOf(const Condition& condition, const ir::ValueClasses& classes) -> std::set<ir::DimensionId> {
  if (condition.kind == Condition::Kind::kTrue || condition.kind == Condition::Kind::kFalse) return {};
  if (condition.children.empty()) return {classes.DimensionOf(condition)};
  std::set<ir::DimensionId> all;
  for (const Condition& child : condition.children) all.merge(DimensionsOf(child, classes));
  return all;
}

class Search {
 public:
  explicit Search(Encoder& encoder) : encoder_(encoder) {}

  template <typename Id, typename Declared>
  void Walk(Id id, const Declared& declared) {
    question_ = "does each part of the condition of `" + declared.name + "` make a difference";
    span_ = declared.span;
    Walk(IdlePart{.whose = id, .span = declared.span}, declared.when);
  }

  /// The parts of a route's own `and` that hold whenever it gets its turn and the others hold.
  void WalkEarlier(RouteId id) {
    const ir::Route& route = encoder_.policy().routes.at(id.index);
    if (route.when.kind != Condition::Kind::kAll || route.when.children.size() < 2) return;
    question_ = "does each part of the condition of `" + route.name + "` make a difference after the earlier routes";
    span_ = route.span;
    for (std::size_t i = 0; i < route.when.children.size(); ++i) {
      const auto known = parts_.find({route.when.span, i});
      if (known != parts_.end() && known->second.is_idle) continue;
      const std::vector<smt::Term> others = NothingEarlier(id, AllBut(route.when, i));
      if (IsImplied(others, encoder_.Encode(route.when.children[i]))) {
        earlier_.push_back({.whose = id, .span = route.when.children[i].span, .how = IdlePart::How::kEarlier});
      }
    }
  }

  auto Take() -> Findings<IdlePart> {
    for (const auto& key : in_order_) {
      const Known& known = parts_.at(key);
      if (known.is_idle) findings_.found.push_back(known.part);
    }
    findings_.found.insert(findings_.found.end(), earlier_.begin(), earlier_.end());
    return std::move(findings_);
  }

 private:
  using Place = std::pair<Span, std::size_t>;  // of an `and` or an `or`, and of the part within it
  struct Known {
    IdlePart part;
    bool is_idle = true;
  };

  void Walk(const IdlePart& owner, const Condition& node) {
    const bool is_and = node.kind == Condition::Kind::kAll;
    if (is_and || node.kind == Condition::Kind::kAny) {
      // From the last to the first, each without those that were found idle: all of them can go at once.
      Condition rest = node;
      for (std::size_t i = node.children.size(); i-- > 0 && rest.children.size() > 1;) {
        IdlePart part = owner;
        part.span = node.children[i].span;
        part.how = is_and ? IdlePart::How::kImplied : IdlePart::How::kCovered;
        const auto [place, is_new] = parts_.try_emplace({node.span, i}, Known{.part = part});
        if (is_new) in_order_.push_back(place->first);
        // Asked anew wherever it stands: with other arguments it is another one.
        const bool is_idle = IsIdle(rest, i) && IsForeseenAlike(rest, AllBut(rest, i));
        place->second.is_idle = place->second.is_idle && is_idle;
        if (is_idle) rest.children.erase(rest.children.begin() + static_cast<std::ptrdiff_t>(i));
      }
    }
    for (const Condition& child : node.children) Walk(owner, child);
  }

  auto IsIdle(const Condition& node, std::size_t part) -> bool {
    if (!CanBeIdle(node, part)) return false;
    const smt::Term alone = encoder_.Encode(node.children[part]);
    std::vector<smt::Term> others;
    for (std::size_t i = 0; i < node.children.size(); ++i) {
      if (i != part) others.push_back(encoder_.Encode(node.children[i]));
    }
    if (node.kind == Condition::Kind::kAll) return IsImplied(others, alone);
    // The same of what does not hold.
    for (smt::Term& other : others) other = smt::Negated(other);
    return IsImplied(others, smt::Negated(alone));
  }

  /// Before a service answers, no more and no less is known of the one than of the other.
  auto IsForeseenAlike(const Condition& one, const Condition& other) -> bool {
    const ir::Policy& policy = encoder_.policy();
    if (policy.services.empty()) return true;
    const auto agree = [&](smt::Term a, smt::Term b) {
      if (a == b) return true;
      return Ask({a, smt::Negated(b)}) == smt::Answer::kNo && Ask({b, smt::Negated(a)}) == smt::Answer::kNo;
    };
    return agree(encoder_.Encode(ir::CouldHold(one, policy)), encoder_.Encode(ir::CouldHold(other, policy))) &&
           agree(encoder_.Encode(ir::HoldsInAnyCase(one, policy)), encoder_.Encode(ir::HoldsInAnyCase(other, policy)));
  }

  /// Whenever all of `others` hold `term` does, and they can all hold. If they cannot, they make the whole condition
  /// constant, and that is another finding.
  auto IsImplied(std::vector<smt::Term> others, smt::Term term) -> bool {
    if (term == smt::kTrue) return Ask(others) == smt::Answer::kYes;
    others.push_back(smt::Negated(term));
    if (Ask(others) != smt::Answer::kNo) return false;
    others.pop_back();
    return Ask(others) == smt::Answer::kYes;
  }

  auto Ask(const std::vector<smt::Term>& assumed) -> smt::Answer {
    const smt::Answer answer = encoder_.Ask(assumed);
    const bool is_said = !findings_.unanswered.empty() && findings_.unanswered.back().question == question_;
    if (answer == smt::Answer::kUnknown && !is_said) findings_.unanswered.push_back({question_, span_});
    return answer;
  }

  /// What asks about other things than the parts beside it makes a difference, unless it is constant by itself.
  auto CanBeIdle(const Condition& node, std::size_t part) const -> bool {
    const std::set<ir::DimensionId> own = DimensionsOf(node.children[part], encoder_.classes());
    // A date and a day of the week of one clock have to do with each other, and both in one part can make it constant.
    for (const ir::ClockPair& pair : ir::ClockPairs(encoder_.policy())) {
      const ir::DimensionId date = encoder_.classes().FirstDimension(pair.date);
      const ir::DimensionId weekday = encoder_.classes().FirstDimension(pair.weekday);
      if (own.contains(date) || own.contains(weekday)) return true;
    }
    for (std::size_t i = 0; i < node.children.size(); ++i) {
      if (i == part) continue;
      const auto is_own = [&](ir::DimensionId dimension) { return own.contains(dimension); };
      if (std::ranges::any_of(DimensionsOf(node.children[i], encoder_.classes()), is_own)) return true;
    }
    return IsConstant(node.children[part]);
  }

  auto IsConstant(const Condition& condition) const -> bool {
    const Hull hull = HullOf(condition, encoder_.classes());
    if (hull.IsEmpty()) return true;
    return std::ranges::all_of(hull.sides, [&](const auto& side) {
      const ClassRanges all{{0, encoder_.classes().dimensions().at(side.first).classes}};
      return side.second == all;
    });
  }

  auto AllBut(const Condition& node, std::size_t part) const -> Condition {
    Condition others = node;
    others.children.erase(others.children.begin() + static_cast<std::ptrdiff_t>(part));
    return others;
  }

  /// "These hold, and no refusal and no route before this one has answered."
  auto NothingEarlier(RouteId id, const Condition& others) const -> std::vector<smt::Term> {
    smt::Solver& solver = encoder_.solver();
    std::vector<smt::Term> literals{encoder_.Encode(others), encoder_.NotRefused()};
    for (const RouteId earlier : encoder_.RoutesMeeting(others)) {
      if (earlier < id) literals.push_back(solver.Not(encoder_.Matches(earlier)));
    }
    return literals;
  }

  Encoder& encoder_;
  std::string question_;
  Span span_;
  std::map<Place, Known> parts_;
  std::vector<Place> in_order_;
  std::vector<IdlePart> earlier_;
  Findings<IdlePart> findings_;
};

}  // namespace

auto FindIdleParts(Encoder& encoder, Limits::Depth depth) -> Findings<IdlePart> {
  const ir::Policy& policy = encoder.policy();
  Search search(encoder);
  for (std::uint32_t i = 0; i < policy.rules.size(); ++i) {
    if (policy.rules[i].origin == ir::Rule::Origin::kWritten) search.Walk(RuleId{i}, policy.rules[i]);
  }
  for (std::uint32_t i = 0; i < policy.refusals.size(); ++i) search.Walk(RefusalId{i}, policy.refusals[i]);
  for (std::uint32_t i = 0; i < policy.routes.size(); ++i) search.Walk(RouteId{i}, policy.routes[i]);
  for (std::uint32_t i = 0; i < policy.guarantees.size(); ++i) search.Walk(GuaranteeId{i}, policy.guarantees[i]);
  if (depth == Limits::Depth::kAudit) {
    for (std::uint32_t i = 0; i < policy.routes.size(); ++i) search.WalkEarlier({i});
  }
  return search.Take();
}

}  // namespace route::verify
