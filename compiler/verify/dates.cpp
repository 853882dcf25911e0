#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "compiler/ir/clock.h"
#include "compiler/ir/evaluate.h"
#include "compiler/verify/questions.h"

namespace route::verify {
namespace {

/// Dates that a clock fills in, and what today says about them. Somewhere it is still yesterday, and somewhere it is tomorrow
/// already: a day counts as over, or as begun, when it is that everywhere.
class Calendar {
 public:
  Calendar(Encoder& encoder, Date today) : encoder_(encoder) {
    const ir::Policy& policy = encoder.policy();
    for (std::uint32_t a = 0; a < policy.attributes.size(); ++a) {
      const auto is_clock = [](const ir::Source& source) { return source.kind == SourceKind::kClock; };
      const ir::Attribute& attribute = policy.attributes[a];
      if (attribute.kind != AttributeKind::kDate || !std::ranges::any_of(attribute.sources, is_clock)) continue;
      clocks_.push_back({a});
      Add({a}, std::int64_t{today.days});
    }
  }

  auto AsksForIt(const ir::Condition& condition) const -> bool {
    return std::ranges::any_of(clocks_, [&](AttributeId clock) { return ir::AsksAbout(condition, clock); });
  }

  /// Literals that together say that no clock shows a day which is over, and that none shows one which is to come.
  auto not_over() const -> const std::vector<smt::Term>& { return not_over_; }
  auto not_to_come() const -> const std::vector<smt::Term>& { return not_to_come_; }

 private:
  void Add(AttributeId clock, std::int64_t today) {
    smt::Solver& solver = encoder_.solver();
    const ir::DimensionId id = encoder_.classes().FirstDimension(clock);
    const ir::Dimension& dimension = encoder_.classes().dimensions().at(id.index);
    std::uint32_t first = 0;
    while (first + 1 < dimension.classes && ir::DaysOf(dimension, first).high <= today - 1) ++first;
    if (first > 0) not_over_.push_back(solver.Not(solver.And(encoder_.IsBefore(id, first))));
    std::uint32_t end = first + 1;
    while (end < dimension.classes && ir::DaysOf(dimension, end).low <= today + 1) ++end;
    if (end < dimension.classes) not_to_come_.push_back(solver.And(encoder_.IsBefore(id, end)));
  }

  Encoder& encoder_;
  std::vector<AttributeId> clocks_;
  std::vector<smt::Term> not_over_;
  std::vector<smt::Term> not_to_come_;
};

class Search {
 public:
  Search(Encoder& encoder, Date today, Limits::Depth depth) : encoder_(encoder), calendar_(encoder, today), depth_(depth) {}

  template <typename Id, typename Declared>
  void Try(Id id, const Declared& declared, const std::string& kind) {
    if (!calendar_.AsksForIt(declared.when)) return;
    const smt::Term holds = encoder_.Encode(declared.when);
    const auto ask = [&](const std::vector<smt::Term>& on_such_days) {
      std::vector<smt::Term> assumed = on_such_days;
      assumed.push_back(holds);
      const smt::Answer answer = encoder_.Ask(assumed);
      if (answer == smt::Answer::kUnknown) {
        findings_.unanswered.push_back({"on which days can " + kind + " `" + declared.name + "` apply", declared.span});
      }
      return answer;
    };
    const auto report = [&](OutOfDate::When when) { findings_.found.push_back({.whose = id, .when = when}); };
    if (ask(calendar_.not_over()) == smt::Answer::kNo) {
      // What can never hold is for others to say.
      if (ask({}) == smt::Answer::kYes) report(OutOfDate::When::kOver);
    } else if (depth_ == Limits::Depth::kAudit && ask(Both()) == smt::Answer::kNo) {
      report(OutOfDate::When::kNotYet);
    }
  }

  auto Take() -> Findings<OutOfDate> { return std::move(findings_); }

 private:
  auto Both() const -> std::vector<smt::Term> {
    std::vector<smt::Term> both = calendar_.not_over();
    both.insert(both.end(), calendar_.not_to_come().begin(), calendar_.not_to_come().end());
    return both;
  }

  Encoder& encoder_;
  Calendar calendar_;
  Limits::Depth depth_;
  Findings<OutOfDate> findings_;
};

}  // namespace

auto FindOutOfDate(Encoder& encoder, Date today, Limits::Depth depth) -> Findings<OutOfDate> {
  const ir::Policy& policy = encoder.policy();
  Search search(encoder, today, depth);
  for (std::uint32_t i = 0; i < policy.rules.size(); ++i) search.Try(RuleId{i}, policy.rules[i], "rule");
  for (std::uint32_t i = 0; i < policy.refusals.size(); ++i) search.Try(RefusalId{i}, policy.refusals[i], "refusal");
  for (std::uint32_t i = 0; i < policy.routes.size(); ++i) search.Try(RouteId{i}, policy.routes[i], "route");
  for (std::uint32_t i = 0; i < policy.guarantees.size(); ++i) search.Try(GuaranteeId{i}, policy.guarantees[i], "guarantee");
  return search.Take();
}

}  // namespace route::verify
