#include <algorithm>
#include <limits>
#include <map>

#include "compiler/diagnostics/fixes.h"
#include "compiler/ir/cost.h"
#include "compiler/resolve/resolver.h"
#include "runtime/values/value_text.h"

namespace route::resolve {

using diagnostics::Builder;
using diagnostics::Code;

namespace {

constexpr std::uint32_t kMostAnswerTokens = 100'000'000;
constexpr std::int64_t kMostUsd = 100'000;
constexpr std::int64_t kMicrosOfHundredthCent = 100;

}  // namespace

void Resolver::SetLimits(const ast::LimitsBlock& limits) {
  constexpr std::uint32_t kMostAttempts = 1000;
  if (limits_layer_ == layer_) Error(Code::kR0302, limits.span, "the policy says its `limits` twice", "take one of the two out");
  limits_layer_ = layer_;
  // A policy that extends another may lower its limits, and not raise them.
  auto lower = [&](std::uint32_t& limit, std::optional<std::uint32_t> stated, Span span, auto text_of) {
    if (!stated) return;
    const bool is_open = limit == 0;  // nothing has limited it
    if (layer_ > 0 && !is_open && *stated > limit) {
      Report(Builder(Code::kR0407, span, "`" + TextOf(span) + "` is more than `" + policy_.layers[layer_ - 1].name +
                                             "`, which is extended here, allows")
                 .AddNote(policy_.layers[layer_ - 1].span, "the policy that is extended")
                 .WithHint("a policy only narrows what it extends; there it is " + text_of(limit)));
      return;
    }
    limit = *stated;
  };
  if (!limits.attempts.empty()) {
    lower(policy_.limits.attempts, PositiveInteger(limits.attempts[0], kMostAttempts, "the number of attempts"),
          limits.attempts[0].span, [](std::uint32_t attempts) { return std::to_string(attempts); });
  }
  if (!limits.deadline.empty()) {
    lower(policy_.limits.deadline_ms, Milliseconds(limits.deadline[0], "the deadline"), limits.deadline[0].span, FormatDuration);
  }
  if (!limits.answer.empty()) {
    lower(policy_.limits.answer_tokens, AnswerTokens(limits.answer[0]), limits.answer[0].span,
          [](std::uint32_t tokens) { return FormatQuantity(Decimal::FromInteger(tokens), Unit::kTokens); });
  }
  if (!limits.cost.empty()) {
    cost_limit_ = limits.cost[0].span;
    lower(policy_.limits.cost_hundredth_cents, HundredthCents(limits.cost[0]), limits.cost[0].span, [](std::uint32_t cost) {
      return FormatQuantity(Decimal{cost * kMicrosOfHundredthCent}, Unit::kUsd);
    });
  }
  auto once = [&](std::string_view words, const std::vector<ast::Quantity>& stated) {
    if (stated.size() < 2) return;
    Error(Code::kR0302, stated[1].span, "this limit is stated twice", "take one of the two out",
          SameTwiceFix(words, stated[0].span, stated[1].span));
  };
  once("attempts", limits.attempts);
  once("deadline", limits.deadline);
  once("answer", limits.answer);
  once("cost", limits.cost);
}

auto Resolver::AnswerTokens(const ast::Quantity& quantity) -> std::optional<std::uint32_t> {
  if (!NumberIn(quantity, Unit::kTokens, UnitNeed::kStated)) return std::nullopt;
  return PositiveInteger(quantity, kMostAnswerTokens, "the length of an answer");
}

auto Resolver::Usd(const ast::Quantity& quantity, std::string_view what) -> std::optional<Decimal> {
  auto usd = NumberIn(quantity, Unit::kUsd, UnitNeed::kStated);
  if (!usd || (usd->micros >= 0 && usd->micros <= kMostUsd * Decimal::kScale)) return usd;
  Error(Code::kR0205, quantity.span, std::string(what) + " is at most " + std::to_string(kMostUsd) + " USD, not `" + TextOf(quantity.span) + "`");
  return std::nullopt;
}

auto Resolver::HundredthCents(const ast::Quantity& quantity) -> std::optional<std::uint32_t> {
  auto usd = Usd(quantity, "the limit of the cost");
  if (!usd) return std::nullopt;
  if (usd->micros == 0 || usd->micros % kMicrosOfHundredthCent != 0) {
    Error(Code::kR0205, quantity.span,
          "the limit of the cost is a whole number of hundredths of a cent, not `" + TextOf(quantity.span) + "`",
          "write at most four digits behind the point");
    return std::nullopt;
  }
  return static_cast<std::uint32_t>(usd->micros / kMicrosOfHundredthCent);
}

void Resolver::CheckLimits() {
  if (cost_limit_) CostIsBounded(*cost_limit_, "the cost of an attempt");
}

void Resolver::AddRule(const ast::Rule& declared) {
  if (!declared.shape) {
    if (declared.parameters.empty()) AddWrittenRule(declared);
    return;
  }
  auto rule = ApplyShape(rule_shapes_, *declared.shape);
  if (!rule) return;
  rule->name = declared.name;
  if (declared.because) rule->because = declared.because;
  applied_at_.push_back(declared.shape->span);
  AddWrittenRule(*rule);
  applied_at_.pop_back();
}

void Resolver::AddWrittenRule(const ast::Rule& declared) {
  ir::Rule rule;
  rule.name = declared.name.text;
  rule.layer = layer_;
  rule.span = declared.name.span;
  rule.when = ResolveClauses(declared.clauses, declared.dates, declared.name.span);
  if (declared.because) rule.because = declared.because->text;
  std::vector<ir::DeploymentTest> parts;
  for (const ast::Effect& effect : declared.effects) {
    ir::DeploymentTest test = ResolveStrictTest(effect.test);
    parts.push_back(effect.kind == ast::Effect::Kind::kForbid ? Negate(std::move(test)) : std::move(test));
  }
  if (parts.size() == 1) {
    rule.keep = std::move(parts[0]);
  } else {
    rule.keep.kind = ir::DeploymentTest::Kind::kAll;
    rule.keep.span = declared.name.span;
    rule.keep.children = std::move(parts);
  }
  auto index = static_cast<std::uint32_t>(policy_.rules.size());
  if (Declare(rule_names_, "rule", declared.name, index)) policy_.rules.push_back(std::move(rule));
}

void Resolver::AddRefusal(const ast::Refuse& declared) {
  ir::Refusal refusal;
  refusal.name = declared.name.text;
  refusal.layer = layer_;
  refusal.span = declared.name.span;
  refusal.when = ResolveClauses(declared.clauses, declared.dates, declared.name.span);
  if (declared.reason) refusal.reason = declared.reason->text;
  auto index = static_cast<std::uint32_t>(policy_.refusals.size());
  if (!Declare(rule_names_, "rule or refusal", declared.name, index)) return;
  refusal_names_.Add(declared.name.text, index, declared.name.span);
  policy_.refusals.push_back(std::move(refusal));
}

void Resolver::AddRoute(const ast::Route& declared) {
  ir::Route route;
  route.name = declared.name.text;
  route.layer = layer_;
  route.span = declared.name.span;
  route.when = ResolveClauses(declared.clauses, declared.dates, declared.name.span);
  for (const ast::Tier& tier : declared.tiers) route.tiers.push_back(ResolveTier(tier));
  auto index = static_cast<std::uint32_t>(policy_.routes.size());
  if (Declare(route_names_, "route", declared.name, index)) policy_.routes.push_back(std::move(route));
}

/// An extension's routes are tried before its base's. Nothing has named a route by its index yet but its own table of names.
void Resolver::OrderRoutes() {
  std::ranges::stable_sort(policy_.routes, std::greater<>(), &ir::Route::layer);
  route_names_ = {};
  for (std::uint32_t i = 0; i < policy_.routes.size(); ++i) route_names_.Add(policy_.routes[i].name, i, policy_.routes[i].span);
}

auto Resolver::ImpliedRule(const std::string& name, ir::Rule::Origin origin, AttributeId attribute) const -> ir::Rule {
  const ir::Attribute& source = policy_.attributes[attribute.index];
  ir::Rule rule;
  rule.name = name;
  rule.origin = origin;
  rule.layer = policy_.file_layers.at(source.span.file.index);
  rule.span = source.span;
  rule.when.attribute = attribute;
  rule.when.span = source.span;
  rule.keep.span = source.span;
  return rule;
}

// What a request needs is a constraint like any other, so it is stated as rules: the evaluator, the solver and the
// table then have nothing more to know. Their names hold a dot, which no written name can.
void Resolver::AddImpliedRules() {
  for (std::uint32_t a = 0; a < policy_.attributes.size(); ++a) {
    const ir::Attribute& attribute = policy_.attributes[a];
    auto measures = [&](std::string_view fact) {
      return std::ranges::any_of(attribute.sources, [&](const ir::Source& source) {
        return source.kind == SourceKind::kRequest && source.argument == fact;
      });
    };
    if (measures("needs") && attribute.kind == AttributeKind::kAnyOf) ImplyCapabilities({a});
    if (measures("prompt") && attribute.kind == AttributeKind::kNumber) ImplyContextWindows({a});
  }
  const auto prompt = ir::PromptAttribute(policy_);
  if (prompt && policy_.limits.cost_hundredth_cents > 0) ImplyAffordablePrompts(*prompt);
}

void Resolver::ImplyCapabilities(AttributeId needs) {
  const ir::Attribute& attribute = policy_.attributes[needs.index];
  for (std::uint32_t i = 0; i < attribute.values.size(); ++i) {
    ir::Rule rule = ImpliedRule("needs." + attribute.values[i], ir::Rule::Origin::kCapability, needs);
    rule.because = "the request uses " + attribute.values[i];
    rule.when.kind = ir::Condition::Kind::kIncludes;
    rule.when.values = {i};
    rule.keep.kind = ir::DeploymentTest::Kind::kCapable;
    rule.keep.text = attribute.values[i];
    policy_.rules.push_back(std::move(rule));
  }
}

void Resolver::ImplyContextWindows(AttributeId prompt) {
  constexpr std::int64_t kHighest = std::numeric_limits<std::int64_t>::max();
  const ir::Attribute& attribute = policy_.attributes[prompt.index];
  std::set<std::int64_t> windows;
  std::set<std::uint32_t> reported;
  for (const ir::Deployment& deployment : policy_.deployments) {
    if (deployment.model.index >= policy_.models.size()) continue;
    const ir::Model& model = policy_.models[deployment.model.index];
    if (model.context_tokens) {
      windows.insert(model.context_tokens->micros);
      continue;
    }
    if (!reported.insert(deployment.model.index).second) continue;
    Report(Builder(Code::kR0303, attribute.span,
                   "`" + model.name + "` does not state its `context`, so no prompt can be known to fit")
               .AddNote(model.span, "`" + model.name + "` is declared here")
               .WithHint("add, for example, `context 128k tokens`"));
  }
  for (std::int64_t window : windows) {
    if (window >= attribute.maximum.micros) continue;
    // The shortest prompt that does not fit.
    const std::int64_t longer = (window / StepOf(Unit::kTokens) + 1) * StepOf(Unit::kTokens);
    ir::Rule rule = ImpliedRule("context." + FormatDecimal({window}), ir::Rule::Origin::kContext, prompt);
    rule.because = "the prompt may be longer than " + FormatQuantity({window}, Unit::kTokens);
    rule.when.kind = ir::Condition::Kind::kInRange;
    rule.when.low = longer;
    rule.when.high = kHighest;
    rule.keep.kind = ir::DeploymentTest::Kind::kContext;
    rule.keep.low = longer;
    rule.keep.high = kHighest;
    policy_.rules.push_back(std::move(rule));
  }
}

// A deployment of which one attempt costs more than the whole chain may is no choice for such a prompt. The limit itself
// is left to the gateway, which counts what the attempts before have cost.
void Resolver::ImplyAffordablePrompts(AttributeId prompt) {
  const std::int64_t longest_prompt = policy_.attributes[prompt.index].maximum.micros / StepOf(Unit::kTokens);
  const std::string limit = FormatQuantity(Decimal{policy_.limits.cost_hundredth_cents * kMicrosOfHundredthCent}, Unit::kUsd);
  std::map<std::int64_t, std::vector<std::uint32_t>> affordable;  // the longest prompt, and for which deployments it is that
  for (std::uint32_t i = 0; i < policy_.deployments.size(); ++i) {
    const std::int64_t longest = ir::LongestAffordablePrompt(policy_, {i});
    if (longest < longest_prompt) affordable[longest].push_back(i);
  }
  for (auto& [longest, deployments] : affordable) {
    const bool is_never = longest < 0;
    ir::Rule rule =
        ImpliedRule(is_never ? "cost.any" : "cost." + std::to_string(longest), ir::Rule::Origin::kCost, prompt);
    rule.span = *cost_limit_;
    rule.layer = policy_.file_layers.at(rule.span.file.index);
    rule.because = "one attempt may cost more than " + limit;
    rule.when.kind = is_never ? ir::Condition::Kind::kTrue : ir::Condition::Kind::kInRange;
    rule.when.low = is_never ? 0 : (longest + 1) * StepOf(Unit::kTokens);
    rule.when.high = is_never ? 0 : std::numeric_limits<std::int64_t>::max();
    ir::DeploymentTest these;
    these.kind = ir::DeploymentTest::Kind::kDeploymentIs;
    these.values = std::move(deployments);
    these.span = rule.span;
    rule.keep = Negate(std::move(these));
    policy_.rules.push_back(std::move(rule));
  }
}

}  // namespace route::resolve
