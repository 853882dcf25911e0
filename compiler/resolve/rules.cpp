#include <algorithm>
#include <limits>

#include "compiler/diagnostics/fixes.h"
#include "compiler/resolve/resolver.h"
#include "runtime/values/value_text.h"

namespace route::resolve {

using diagnostics::Builder;
using diagnostics::Code;

void Resolver::SetLimits(const ast::LimitsBlock& limits) {
  constexpr std::uint32_t kMostAttempts = 1000;
  if (limits_layer_ == layer_) Error(Code::kR0302, limits.span, "the policy says its `limits` twice", "take one of the two out");
  limits_layer_ = layer_;
  // A policy that extends another may lower its limits, and not raise them.
  auto lower = [&](std::uint32_t& limit, std::optional<std::uint32_t> stated, Span span, auto text_of) {
    if (!stated) return;
    if (layer_ > 0 && *stated > limit) {
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
  auto once = [&](std::string_view words, const std::vector<ast::Quantity>& stated) {
    if (stated.size() < 2) return;
    Error(Code::kR0302, stated[1].span, "this limit is stated twice", "take one of the two out",
          SameTwiceFix(words, stated[0].span, stated[1].span));
  };
  once("attempts", limits.attempts);
  once("deadline", limits.deadline);
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

// What a request needs is a constraint like any other, so it is stated as rules: the evaluator, the solver and the
// table then have nothing more to know. Their names hold a dot, which no written name can.
void Resolver::AddImpliedRules() {
  constexpr std::int64_t kHighest = std::numeric_limits<std::int64_t>::max();
  for (std::uint32_t a = 0; a < policy_.attributes.size(); ++a) {
    const ir::Attribute& attribute = policy_.attributes[a];
    auto measures = [&](std::string_view fact) {
      return std::ranges::any_of(attribute.sources, [&](const ir::Source& source) {
        return source.kind == SourceKind::kRequest && source.argument == fact;
      });
    };
    if (measures("needs") && attribute.kind == AttributeKind::kAnyOf) {
      for (std::uint32_t i = 0; i < attribute.values.size(); ++i) {
        ir::Rule rule;
        rule.name = "needs." + attribute.values[i];
        rule.origin = ir::Rule::Origin::kCapability;
        rule.layer = policy_.file_layers.at(attribute.span.file.index);
        rule.span = attribute.span;
        rule.because = "the request uses " + attribute.values[i];
        rule.when.kind = ir::Condition::Kind::kIncludes;
        rule.when.attribute = {a};
        rule.when.values = {i};
        rule.when.span = attribute.span;
        rule.keep.kind = ir::DeploymentTest::Kind::kCapable;
        rule.keep.text = attribute.values[i];
        rule.keep.span = attribute.span;
        policy_.rules.push_back(std::move(rule));
      }
    }
    if (measures("prompt") && attribute.kind == AttributeKind::kNumber) {
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
        ir::Rule rule;
        rule.name = "context." + FormatDecimal({window});
        rule.origin = ir::Rule::Origin::kContext;
        rule.layer = policy_.file_layers.at(attribute.span.file.index);
        rule.span = attribute.span;
        rule.because = "the prompt may be longer than " + FormatQuantity({window}, Unit::kTokens);
        rule.when.kind = ir::Condition::Kind::kInRange;
        rule.when.attribute = {a};
        rule.when.low = longer;
        rule.when.high = kHighest;
        rule.when.span = attribute.span;
        rule.keep.kind = ir::DeploymentTest::Kind::kContext;
        rule.keep.low = longer;
        rule.keep.high = kHighest;
        rule.keep.span = attribute.span;
        policy_.rules.push_back(std::move(rule));
      }
    }
  }
}

}  // namespace route::resolve
