#include "compiler/ir/screens.h"

#include <cstdlib>
#include <utility>

namespace route::ir {
namespace {

using Kind = Condition::Kind;

auto Constant(bool holds, Span span) -> Condition {
  Condition constant;
  constant.kind = holds ? Kind::kTrue : Kind::kFalse;
  constant.span = span;
  return constant;
}

auto Is(const Condition& condition, Kind kind) -> bool { return condition.kind == kind; }

/// Puts a constant in the place of each comparison on an attribute that services answer, and works out what it makes constant.
class Screening {
 public:
  explicit Screening(const Policy& policy) {
    for (std::uint32_t i = 0; i < policy.attributes.size(); ++i) is_unknown_.push_back(IsAnswered(policy, {i}));
  }

  /// What is unknown counts as `unknown`.
  auto With(Kind unknown, const Condition& condition) const -> Condition {
    switch (condition.kind) {
      case Kind::kTrue:
      case Kind::kFalse:
        return condition;
      case Kind::kAll:
        return Joined(unknown, condition, Kind::kTrue, Kind::kFalse);
      case Kind::kAny:
        return Joined(unknown, condition, Kind::kFalse, Kind::kTrue);
      case Kind::kNot: {
        Condition inner = With(unknown == Kind::kTrue ? Kind::kFalse : Kind::kTrue, condition.children.at(0));
        if (Is(inner, Kind::kTrue) || Is(inner, Kind::kFalse)) return Constant(Is(inner, Kind::kFalse), condition.span);
        Condition negated = condition;
        negated.children = {std::move(inner)};
        return negated;
      }
      case Kind::kIsOneOf:
      case Kind::kIncludes:
      case Kind::kIsYes:
      case Kind::kInRange:
      case Kind::kTextIs:
      case Kind::kStartsWith:
      case Kind::kInCountries:
        if (!is_unknown_.at(condition.attribute.index)) return condition;
        return Constant(unknown == Kind::kTrue, condition.span);
    }
    std::abort();  // every kind is handled above
  }

 private:
  /// `neutral` is what a child may be without a difference to the whole, `decisive` what makes the whole the same.
  auto Joined(Kind unknown, const Condition& condition, Kind neutral, Kind decisive) const -> Condition {
    Condition joined = condition;
    joined.children.clear();
    for (const Condition& child : condition.children) {
      Condition screened = With(unknown, child);
      if (Is(screened, decisive)) return screened;
      if (!Is(screened, neutral)) joined.children.push_back(std::move(screened));
    }
    if (joined.children.empty()) return Constant(neutral == Kind::kTrue, condition.span);
    if (joined.children.size() == 1) return std::move(joined.children.front());
    return joined;
  }

  std::vector<bool> is_unknown_;
};

auto AskedServices(const Policy& policy) -> std::vector<ServiceId> {
  std::vector<ServiceId> asked;
  for (std::uint32_t i = 0; i < policy.services.size(); ++i) {
    if (!AskedFor(policy, {i}).empty()) asked.push_back({i});
  }
  return asked;
}

}  // namespace

auto HoldsInAnyCase(const Condition& condition, const Policy& policy) -> Condition {
  return Screening(policy).With(Kind::kFalse, condition);
}

auto CouldHold(const Condition& condition, const Policy& policy) -> Condition {
  return Screening(policy).With(Kind::kTrue, condition);
}

auto ScreensOf(const Policy& policy) -> std::vector<Screen> {
  std::vector<Screen> screens;
  const std::vector<ServiceId> asked = AskedServices(policy);
  if (asked.empty()) return screens;
  const Screening screening(policy);
  const auto add = [&](std::variant<RefusalId, RuleId> by, Condition when, std::vector<ServiceId> services) {
    if (services.empty()) return;
    screens.push_back({by, std::move(when), std::move(services)});
  };
  for (std::uint32_t i = 0; i < policy.refusals.size(); ++i) {
    const Refusal& refusal = policy.refusals[i];
    add(RefusalId{i}, screening.With(Kind::kFalse, refusal.applies_in_any_case.value_or(refusal.when)), asked);
  }
  for (std::uint32_t i = 0; i < policy.rules.size(); ++i) {
    std::vector<ServiceId> excluded;
    for (const ServiceId service : asked) {
      if (Says(policy.rules[i].keep, policy, service) == Said::kNo) excluded.push_back(service);
    }
    add(RuleId{i}, screening.With(Kind::kTrue, policy.rules[i].could_apply.value_or(policy.rules[i].when)), std::move(excluded));
  }
  return screens;
}

}  // namespace route::ir
