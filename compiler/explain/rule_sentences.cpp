#include <variant>

#include "compiler/base/internal_error.h"
#include "compiler/explain/sentences.h"
#include "compiler/ir/text.h"
#include "compiler/ir/words.h"
#include "runtime/values/value_text.h"

namespace route::explain {
namespace {

constexpr std::size_t kMostNames = 24;

/// "When …, " or the other words, where there is no condition.
auto When(const ir::Condition& condition, const std::string& always, Phrases& phrases) -> std::string {
  if (condition.kind == ir::Condition::Kind::kTrue) return always;
  return "When " + phrases.Condition(condition) + ", ";
}

auto OrderWords(TierOrder order) -> std::string {
  switch (order) {
    case TierOrder::kAsListed: return "in this order";
    case TierOrder::kByWeight: return "drawn at random";
    case TierOrder::kCheapest: return "the cheapest first";
    case TierOrder::kFastest: return "the fastest first";
    case TierOrder::kQuality: return "the best first";
  }
  throw InternalError("an unknown order");
}

auto SelectedWords(TierOrder order, std::uint32_t limit) -> std::string {
  const std::string count = limit == 1 ? "" : std::to_string(limit) + " ";
  switch (order) {
    case TierOrder::kAsListed: return "the first " + count + "that " + (limit == 1 ? "is" : "are");
    case TierOrder::kByWeight: return "any " + (limit == 1 ? "one " : count) + "that " + (limit == 1 ? "is" : "are");
    case TierOrder::kCheapest: return "the " + count + "cheapest that " + (limit == 1 ? "is" : "are");
    case TierOrder::kFastest: return "the " + count + "fastest that " + (limit == 1 ? "is" : "are");
    case TierOrder::kQuality: return "the " + count + "best that " + (limit == 1 ? "is" : "are");
  }
  throw InternalError("an unknown order");
}

auto LossWords(ir::SurvivesLoss::Unit unit, std::uint32_t count) -> std::string {
  const std::string number = count == 1 ? "any one " : "any " + std::to_string(count) + " ";
  switch (unit) {
    case ir::SurvivesLoss::Unit::kDeployment: return number + (count == 1 ? "deployment" : "deployments");
    case ir::SurvivesLoss::Unit::kVendor: return number + (count == 1 ? "vendor" : "vendors");
    case ir::SurvivesLoss::Unit::kCountry: return number + (count == 1 ? "country" : "countries");
  }
  throw InternalError("an unknown unit of loss");
}

/// What a comparison of first choices is about.
auto NumberName(const ir::DeploymentTest& number) -> std::string {
  using Kind = ir::DeploymentTest::Kind;
  if (number.kind == Kind::kPriceIn) return "price in";
  if (number.kind == Kind::kPriceOut) return "price out";
  if (number.kind == Kind::kFirstToken) return "time to the first token";
  if (number.kind == Kind::kRetention) return "retention";
  if (number.kind == Kind::kContext) return "context";
  return number.text.empty() ? "quality" : "quality for " + ir::Quoted(number.text);
}

constexpr std::string_view kEvery = "every request";

/// One overload for each kind of promise: what holds of each request that the premise is about.
struct Promise {
  const ir::Policy& policy;
  const std::string& request;  // "the request" of a premise, or kEvery
  Phrases& phrases;

  auto operator()(const ir::EveryDeploymentReached& promise) const -> std::string {
    return "whichever deployment " + (request == kEvery ? "a request" : request) + " reaches, this holds: " + phrases.Test(promise.test);
  }
  auto operator()(const ir::FirstChoice& promise) const -> std::string {
    return "whichever deployment is tried first, this holds: " + phrases.Test(promise.test);
  }
  auto operator()(const ir::Served& promise) const -> std::string {
    std::vector<std::string> refusals;
    for (RefusalId id : promise.unless_refused_by) refusals.push_back(ir::Quoted(policy.refusals.at(id.index).name));
    return request + " is served" + (refusals.empty() ? "" : ", unless it is refused by " + ir::Enumerate(refusals, "or"));
  }
  auto operator()(const ir::SurvivesLoss& promise) const -> std::string {
    return request + ", if it is served, would still be served after the loss of " + LossWords(promise.unit, promise.count);
  }
  auto operator()(const ir::Bounded& promise) const -> std::string {
    std::vector<std::string> parts;
    if (promise.attempts) parts.push_back("makes at most " + ir::Counted(*promise.attempts, "attempt"));
    if (promise.within_ms) parts.push_back("is being answered, or has failed, after " + FormatDuration(*promise.within_ms));
    return request + " " + ir::Enumerate(parts);
  }
  auto operator()(const ir::CostsAtMost& promise) const -> std::string {
    return request + " costs at most " + FormatQuantity(promise.usd, Unit::kUsd) + ", even if every attempt is billed in full";
  }
  auto operator()(const ir::Compared& promise) const -> std::string {
    const ir::Attribute& attribute = policy.attributes.at(promise.attribute.index);
    const auto with = [&](const ir::Value& value) { return "with " + attribute.name + " " + ir::FormatValue(attribute, value); };
    const std::string other = "the same request " + with(promise.than);
    switch (promise.what) {
      case ir::Compared::What::kAllowed:
        return request + " " + with(promise.value) + " is allowed every deployment that " + other + " is allowed";
      case ir::Compared::What::kServed: return request + " " + with(promise.value) + " is served if " + other + " is served";
      case ir::Compared::What::kFirstChoiceAtLeast: return FirstChoices(promise, with(promise.value), "at least", other);
      case ir::Compared::What::kFirstChoiceAtMost: return FirstChoices(promise, with(promise.value), "at most", other);
    }
    throw InternalError("an unknown comparison");
  }
  auto FirstChoices(const ir::Compared& promise, const std::string& with, std::string_view bound,
                    const std::string& other) const -> std::string {
    return "the first choice " + with + " has " + std::string(bound) + " the " + NumberName(promise.number) +
           " of the first choice of " + other;
  }
};

}  // namespace

auto RuleSentence(const ir::Rule& rule, Phrases& phrases) -> std::string {
  const std::string whenever = When(rule.when, "Whatever the request, ", phrases);
  // `forbid P` is kept as `not P`.
  if (rule.keep.kind == ir::DeploymentTest::Kind::kNot) {
    return whenever + "a deployment may not answer if " + phrases.Test(rule.keep.children.at(0)) + ".";
  }
  return whenever + "a deployment may answer only if " + phrases.Test(rule.keep) + ".";
}

auto RefusalSentence(const ir::Refusal& refusal, Phrases& phrases) -> std::string {
  std::string text = When(refusal.when, "Whatever it is like, ", phrases) + "a request is refused.";
  if (!refusal.reason.empty()) text += " The caller is told: \"" + refusal.reason + "\".";
  return text;
}

auto TierPhrase(const ir::Policy& policy, const ir::Tier& tier) -> std::string {
  std::uint64_t weights = 0;
  for (const ir::Candidate& candidate : tier.candidates) weights += candidate.weight;
  std::vector<std::string> names;
  for (const ir::Candidate& candidate : tier.candidates) {
    std::string name = ir::Quoted(policy.deployments.at(candidate.deployment.index).name);
    if (tier.order == TierOrder::kByWeight) {
      name += " (" + std::to_string(candidate.weight) + " in " + std::to_string(weights) + ")";
    }
    names.push_back(std::move(name));
  }
  std::string text;
  const bool is_one = tier.candidates.size() == 1;
  if (tier.limit && *tier.limit < tier.candidates.size()) {
    text = SelectedWords(tier.order, *tier.limit) + " allowed of " + ir::EnumerateSome(names, kMostNames);
  } else {
    text = ir::EnumerateSome(names, kMostNames) + (is_one ? "" : ", " + OrderWords(tier.order));
  }
  // A list in braces says no more than what it is made of.
  const std::string label = ir::Quoted(tier.label);
  return (is_one && label == names.front()) || tier.label.starts_with('{') ? text : label + " (" + text + ")";
}

auto RouteSentence(const ir::Policy& policy, const ir::Route& route, RoutePlace place, Phrases& phrases) -> std::string {
  std::string text = When(route.when, place == RoutePlace::kFirst ? "Every " : "Every other ", phrases);
  text += route.when.kind == ir::Condition::Kind::kTrue ? "request goes to " : "a request goes to ";
  for (std::size_t i = 0; i < route.tiers.size(); ++i) {
    const ir::Tier& tier = route.tiers[i];
    if (i > 0) {
      const std::optional<std::uint32_t> within = route.tiers[i - 1].within_ms;
      text += "; if that fails" + (within ? " or takes more than " + FormatDuration(*within) : "") + ", to ";
    }
    text += TierPhrase(policy, tier);
    if (tier.retries) text += " with up to " + ir::Counted(*tier.retries, "further attempt");
  }
  const std::optional<std::uint32_t> last = route.tiers.back().within_ms;
  if (last) text += ", which has " + FormatDuration(*last);
  return text + ".";
}

auto GuaranteeSentence(const ir::Policy& policy, const ir::Guarantee& guarantee, Phrases& phrases) -> std::string {
  const std::string request = std::string(guarantee.when.kind == ir::Condition::Kind::kTrue ? kEvery : "the request");
  std::string text = When(guarantee.when, "", phrases) + std::visit(Promise{policy, request, phrases}, guarantee.promise);
  if (text.front() >= 'a' && text.front() <= 'z') text.front() = static_cast<char>(text.front() - 'a' + 'A');
  return text + ".";
}

auto LimitsSentence(const Limits& limits) -> std::string {
  std::string text = "A request makes at most " + ir::Counted(limits.attempts, "attempt") +
                     " over all deployments, and what has not begun to answer " + FormatDuration(limits.deadline_ms) +
                     " after the request came in has failed.";
  if (limits.answer_tokens > 0) text += " An answer has at most " + ir::Counted(limits.answer_tokens, "token") + ".";
  if (limits.cost_hundredth_cents > 0) {
    text += " All attempts together cost at most " +
            FormatQuantity(Decimal{std::int64_t{limits.cost_hundredth_cents} * 100}, Unit::kUsd) +
            ": none is begun that could go over.";
  }
  return text;
}

}  // namespace route::explain
