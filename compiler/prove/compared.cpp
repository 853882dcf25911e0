#include "compiler/prove/compared.h"

#include <algorithm>

#include "compiler/base/internal_error.h"

namespace route::prove {

Comparison::Comparison(const Model& model, const Obligation& obligation)
    : model_(model), obligation_(obligation), promise_(std::get<ir::Compared>(obligation.promise)) {
  first_ = model.classes.FirstDimension(promise_.attribute).index;
  end_ = first_;
  const std::vector<ir::Dimension>& dimensions = model.classes.dimensions();
  while (end_ < dimensions.size() && dimensions[end_].attribute == promise_.attribute) ++end_;
}

auto Comparison::SideOf(const Box& box, const ir::Value& value) const -> Side {
  Side side{.box = box, .outcomes = {}};
  ir::Request request = model_.classes.Representative(std::vector<std::uint16_t>(box.size()));
  request.at(promise_.attribute.index) = value;
  const std::vector<std::uint16_t> classes = model_.classes.Classify(request);
  for (std::uint32_t d = first_; d < end_; ++d) {
    side.box[d].assign(box[d].size(), false);
    side.box[d][classes[d]] = true;
  }
  side.outcomes = OutcomesIn(model_, obligation_, side.box);
  side.outcomes.when = Truth::kTrue;
  return side;
}

auto Comparison::AsksAboutIt(const Formula& formula) const -> bool {
  if (formula.op == Formula::Op::kIn) return first_ <= formula.dimension && formula.dimension < end_;
  return std::ranges::any_of(formula.parts, [&](const Formula& part) { return AsksAboutIt(part); });
}

auto Comparison::Keeps(const Side& with, const Side& than) const -> bool {
  const auto shows = [&](const ir::Promise& promise, std::vector<bool> passes, const Side& side) {
    return !FindObstacle(model_, {"", {}, promise, std::move(passes), {}}, side.outcomes);
  };
  const std::size_t deployments = model_.policy->deployments.size();
  if (promise_.what == ir::Compared::What::kServed) {
    return shows(ir::EveryDeploymentReached{}, std::vector<bool>(deployments), than) || shows(ir::Served{}, {}, with);
  }
  const bool at_least = promise_.what == ir::Compared::What::kFirstChoiceAtLeast;
  std::vector<Decimal> numbers;
  for (std::uint32_t d = 0; d < deployments; ++d) {
    numbers.push_back(ir::NumberOf(promise_.number, *model_.policy, {d}).value_or(Decimal{}));
  }
  return std::ranges::any_of(numbers, [&](Decimal between) {
    std::vector<bool> larger, smaller;
    for (const Decimal number : numbers) {
      larger.push_back(number >= between);
      smaller.push_back(number <= between);
    }
    return shows(ir::FirstChoice{}, at_least ? larger : smaller, with) && shows(ir::FirstChoice{}, at_least ? smaller : larger, than);
  });
}

auto Comparison::AskAboutAllowed(const Side& with, const Side& than) const -> std::optional<Question> {
  const Outcomes &one = with.outcomes, &other = than.outcomes;
  if (std::ranges::count(other.refusals, Truth::kTrue) > 0) return std::nullopt;
  const auto may_apply = [&](const Formula& formula, Truth truth) { return truth != Truth::kFalse && AsksAboutIt(formula); };
  const Formula* refusal = nullptr;
  for (std::size_t i = 0; i < one.refusals.size(); ++i) {
    if (refusal == nullptr && may_apply(model_.refusals[i], one.refusals[i])) refusal = &model_.refusals[i];
  }
  for (std::size_t d = 0; d < other.allowed.size(); ++d) {
    if (other.allowed[d] == Truth::kFalse) continue;
    const Formula* parting = refusal;
    for (const std::uint32_t rule : model_.excluding[d]) {
      if (parting == nullptr && may_apply(model_.rules[rule], one.rules[rule])) parting = &model_.rules[rule];
    }
    if (parting == nullptr) continue;
    if (Evaluate(*parting, with.box) == Truth::kUnknown) return FirstOpen(*parting, with.box);
    for (const std::uint32_t rule : model_.excluding[d]) {
      if (other.rules[rule] == Truth::kUnknown) return FirstOpen(model_.rules[rule], than.box);
    }
    for (std::size_t i = 0; i < other.refusals.size(); ++i) {
      if (other.refusals[i] == Truth::kUnknown) return FirstOpen(model_.refusals[i], than.box);
    }
    throw InternalError("prove: a request breaks what was reported as proved: " + obligation_.name);
  }
  return std::nullopt;
}

auto Comparison::AskAboutPlan(const Side& side) const -> std::optional<Question> {
  const Outcomes& outcomes = side.outcomes;
  for (std::size_t i = 0; i < outcomes.refusals.size(); ++i) {
    if (outcomes.refusals[i] == Truth::kUnknown) return FirstOpen(model_.refusals[i], side.box);
    if (outcomes.refusals[i] == Truth::kTrue) return std::nullopt;
  }
  for (std::size_t i = 0; i < outcomes.routes.size(); ++i) {
    if (outcomes.routes[i] == Truth::kUnknown) return FirstOpen(model_.routes[i], side.box);
    if (outcomes.routes[i] == Truth::kFalse) continue;
    for (const ir::Tier& tier : model_.policy->routes[i].tiers) {
      for (const ir::Candidate& candidate : tier.candidates) {
        for (const std::uint32_t rule : model_.excluding[candidate.deployment.index]) {
          const bool is_out = outcomes.allowed[candidate.deployment.index] == Truth::kFalse;
          if (!is_out && outcomes.rules[rule] == Truth::kUnknown) return FirstOpen(model_.rules[rule], side.box);
        }
      }
    }
    return std::nullopt;
  }
  return std::nullopt;
}

auto Comparison::Ask(const Box& box) const -> std::optional<Question> {
  const Truth when = Evaluate(obligation_.when, box);
  if (when == Truth::kFalse) return std::nullopt;
  const bool is_allowed = promise_.what == ir::Compared::What::kAllowed;
  const Side with = SideOf(box, promise_.value), than = SideOf(box, promise_.than);
  if (!is_allowed && Keeps(with, than)) return std::nullopt;
  if (when == Truth::kUnknown) return FirstOpen(obligation_.when, box);
  if (is_allowed) return AskAboutAllowed(with, than);
  for (const Side* side : {&than, &with}) {
    if (auto question = AskAboutPlan(*side)) return question;
  }
  throw InternalError("prove: a request breaks what was reported as proved: " + obligation_.name);
}

}  // namespace route::prove
