#include <algorithm>
#include <cstdlib>
#include <limits>
#include <utility>
#include <variant>

#include "compiler/ir/evaluate.h"
#include "compiler/resolve/resolver.h"

namespace route::resolve {

using diagnostics::Code;

auto Resolver::RefusalsOf(const std::vector<ast::Name>& names) -> std::vector<RefusalId> {
  std::set<std::uint32_t> indexes;
  for (const ast::Name& name : names) {
    if (auto index = refusal_names_.Find(name.text)) {
      indexes.insert(*index);
    } else {
      UnknownName("refusal", name, refusal_names_.Names());
    }
  }
  std::vector<RefusalId> ids;
  for (std::uint32_t index : indexes) ids.push_back({index});
  return ids;
}

void Resolver::AddGuarantee(const ast::Guarantee& declared) {
  if (!declared.shape) {
    std::string text = TextOf({declared.span.file, declared.name.span.end, declared.span.end});
    if (declared.parameters.empty()) AddWrittenGuarantee(declared, std::move(text));
    return;
  }
  auto guarantee = ApplyShape(guarantee_shapes_, *declared.shape);
  if (!guarantee) return;
  guarantee->name = declared.name;
  applied_at_.push_back(declared.shape->span);
  AddWrittenGuarantee(*guarantee, TextOf(declared.shape->span));
  applied_at_.pop_back();
}

void Resolver::AddWrittenGuarantee(const ast::Guarantee& declared, std::string text) {
  ir::Guarantee guarantee;
  guarantee.name = declared.name.text;
  guarantee.span = declared.name.span;
  guarantee.text = std::move(text);
  guarantee.layer = layer_;
  guarantee.when.span = declared.name.span;
  if (declared.premise) guarantee.when = ResolveCondition(*declared.premise);
  auto promise = ResolvePromise(declared, guarantee.when);
  if (!promise) return;
  guarantee.promise = std::move(*promise);
  auto index = static_cast<std::uint32_t>(policy_.guarantees.size());
  if (Declare(guarantee_names_, "guarantee", declared.name, index)) policy_.guarantees.push_back(std::move(guarantee));
}

auto Resolver::ResolvePromise(const ast::Guarantee& declared, const ir::Condition& premise) -> std::optional<ir::Promise> {
  struct Promises {
    Resolver& self;
    const ir::Condition& premise;
    using Result = std::optional<ir::Promise>;

    auto operator()(const ast::EveryReached& every) -> Result {
      return ir::EveryDeploymentReached{self.ResolveStrictTest(every.test)};
    }
    auto operator()(const ast::Never& never) -> Result {
      return ir::EveryDeploymentReached{Negate(self.ResolveStrictTest(never.test))};
    }
    auto operator()(const ast::FirstChoice& first) -> Result { return ir::FirstChoice{self.ResolveStrictTest(first.test, About::kDeployments)}; }
    auto operator()(const ast::Served& served) -> Result { return ir::Served{self.RefusalsOf(served.unless_refused_by)}; }
    auto operator()(const ast::Survives& survives) -> Result { return self.ResolvePromise(survives); }
    auto operator()(const ast::Bounded& bounded) -> Result { return self.ResolvePromise(bounded); }
    auto operator()(const ast::CostsAtMost& costs) -> Result { return self.ResolvePromise(costs); }
    auto operator()(const ast::Compared& compared) -> Result { return self.ResolvePromise(compared, premise); }
  };
  return std::visit(Promises{*this, premise}, declared.promise);
}

namespace {

constexpr std::uint32_t kMostPromised = 1'000'000;

}  // namespace

auto Resolver::ResolvePromise(const ast::Survives& declared) -> ir::SurvivesLoss {
  ir::SurvivesLoss loss;
  loss.count = PositiveInteger(declared.count, kMostPromised, "the number of losses").value_or(1);
  switch (declared.unit) {
    case ast::Survives::Unit::kDeployment: loss.unit = ir::SurvivesLoss::Unit::kDeployment; break;
    case ast::Survives::Unit::kVendor: loss.unit = ir::SurvivesLoss::Unit::kVendor; break;
    case ast::Survives::Unit::kCountry: loss.unit = ir::SurvivesLoss::Unit::kCountry; break;
  }
  return loss;
}

auto Resolver::ResolvePromise(const ast::Bounded& declared) -> ir::Bounded {
  ir::Bounded bound;
  bound.attempts = PositiveInteger(declared.attempts, kMostPromised, "the number of attempts");
  if (declared.within) bound.within_ms = Milliseconds(*declared.within, "the time");
  return bound;
}

auto Resolver::CostIsBounded(Span where, std::string_view what) -> bool {
  if (policy_.limits.answer_tokens == 0) {
    Error(Code::kR0301, where, std::string(what) + " has no worst case, because `limits` do not say how long an answer may be",
          "add, for example, `answer 8_000 tokens` to the `limits`");
    return false;
  }
  if (!ir::PromptAttribute(policy_)) {
    Error(Code::kR0301, where, std::string(what) + " has no worst case, because no attribute is the size of the prompt",
          "declare one, for example `attribute prompt tokens up to 262_144 from request`");
    return false;
  }
  return true;
}

auto Resolver::ResolvePromise(const ast::CostsAtMost& declared) -> std::optional<ir::CostsAtMost> {
  auto usd = Usd(declared.usd, "the cost of a request");
  if (!usd || !CostIsBounded(declared.usd.span, "the cost of a request")) return std::nullopt;
  return ir::CostsAtMost{*usd};
}

auto Resolver::ResolveSetting(const ast::Setting& setting) -> std::optional<std::pair<AttributeId, ir::Value>> {
  auto index = attribute_names_.Find(setting.attribute.text);
  if (!index) {
    UnknownName("attribute", setting.attribute, attribute_names_.Names());
    return std::nullopt;
  }
  auto value = ValueOf(policy_.attributes[*index], setting.values);
  if (!value) return std::nullopt;
  return std::pair(AttributeId{*index}, std::move(*value));
}

namespace {

auto KindOfNumber(ast::Fact fact) -> ir::DeploymentTest::Kind {
  using Kind = ir::DeploymentTest::Kind;
  if (fact == ast::Fact::kPriceIn) return Kind::kPriceIn;
  if (fact == ast::Fact::kPriceOut) return Kind::kPriceOut;
  if (fact == ast::Fact::kFirstToken) return Kind::kFirstToken;
  if (fact == ast::Fact::kRetention) return Kind::kRetention;
  if (fact == ast::Fact::kContext) return Kind::kContext;
  return Kind::kQuality;
}

auto IsOfFirstChoice(ast::Compared::What what) -> bool {
  return what == ast::Compared::What::kFirstChoiceAtLeast || what == ast::Compared::What::kFirstChoiceAtMost;
}

auto WhatOf(ast::Compared::What what) -> ir::Compared::What {
  switch (what) {
    case ast::Compared::What::kAllowed: return ir::Compared::What::kAllowed;
    case ast::Compared::What::kServed: return ir::Compared::What::kServed;
    case ast::Compared::What::kFirstChoiceAtLeast: return ir::Compared::What::kFirstChoiceAtLeast;
    case ast::Compared::What::kFirstChoiceAtMost: return ir::Compared::What::kFirstChoiceAtMost;
  }
  std::abort();  // everything that is compared is handled above
}

}  // namespace

auto Resolver::ResolvePromise(const ast::Compared& declared, const ir::Condition& premise) -> std::optional<ir::Compared> {
  auto with = ResolveSetting(declared.with);
  auto than = ResolveSetting(declared.than);
  if (!with || !than) return std::nullopt;
  if (with->first != than->first) {
    Error(Code::kR0206, declared.than.span,
          "this compares `" + declared.with.attribute.text + "` with `" + declared.than.attribute.text + "`",
          "name two values of one attribute: the two requests are equal in every other");
    return std::nullopt;
  }
  if (with->second == than->second) {
    Error(Code::kR0206, declared.than.span, "this compares each request with itself", "name another value");
    return std::nullopt;
  }
  if (ir::AsksAbout(premise, with->first)) {
    Error(Code::kR0206, premise.span,
          "the premise asks about `" + declared.with.attribute.text + "`, which differs between the two requests",
          "take it out of the premise: the promise names its values");
    return std::nullopt;
  }
  ir::Compared compared{.attribute = with->first, .value = with->second, .than = than->second, .what = WhatOf(declared.what), .number = {}};
  if (!IsOfFirstChoice(declared.what)) return compared;
  compared.number.kind = KindOfNumber(declared.fact);
  compared.number.text = declared.work ? declared.work->text : "";
  compared.number.low = std::numeric_limits<std::int64_t>::min();
  compared.number.high = std::numeric_limits<std::int64_t>::max();
  compared.number.span = declared.fact_span;
  CheckFactsStated(compared.number, About::kDeployments);
  return compared;
}

// A base's tests say how the base decides; what extends it has routes of its own.
void Resolver::CheckServed() {
  for (const ir::Guarantee& guarantee : policy_.guarantees) {
    if (!std::holds_alternative<ir::Served>(guarantee.promise)) continue;
    std::string missing;
    std::size_t count = 0;
    const ir::Attribute* first = nullptr;
    for (std::uint32_t i = 0; i < policy_.attributes.size(); ++i) {
      const ir::Attribute& attribute = policy_.attributes[i];
      if (!ir::CanBeMissing(attribute) || ir::AsksAbout(guarantee.when, {i})) continue;
      if (++count == 1) first = &attribute;
      missing += (missing.empty() ? "`" : ", `") + attribute.name + "`";
    }
    if (first == nullptr) continue;
    Report(diagnostics::Builder(Code::kR0409, guarantee.span,
                                "this promise says nothing about a request without " + missing +
                                    ", which is refused before any rule is asked")
               .WithRules({guarantee.name})
               .AddNote(first->span, "it has no default")
               .WithHint(std::string("give ") + (count == 1 ? "it" : "each of them") + " a `default`, or accept that such requests are refused: `accept R0409 for " +
                         guarantee.name + " because \"…\"`"));
  }
}

void Resolver::AddTest(const ast::Test& declared) {
  if (layer_ + 1 != policy_.layers.size()) return;
  if (!Declare(test_names_, "test", {declared.name.text, declared.name.span}, 0)) return;
  if (!declared.cases.empty()) {
    std::map<std::string, std::uint32_t> names;
    for (const ast::Case& row : declared.cases) AddCase(declared, row, names);
    return;
  }
  for (const ast::Assignment& given : declared.given) {
    if (!given.values.empty()) continue;
    Error(Code::kR0301, given.attribute.span, "`" + given.attribute.text + "` is given no value",
          "write one behind it; only a test with cases gives the values in each `case`");
    return;
  }
  ir::Test test = TestOf(declared.given, declared.expectations);
  test.name = declared.name.text;
  test.span = declared.span;
  policy_.tests.push_back(std::move(test));
}

void Resolver::AddCase(const ast::Test& declared, const ast::Case& row, std::map<std::string, std::uint32_t>& names) {
  std::vector<ast::Assignment> given = declared.given;
  std::string name;
  std::size_t cell = 0;
  for (ast::Assignment& each : given) {
    if (!each.values.empty()) continue;
    if (cell < row.cells.size()) {
      each.values = row.cells[cell];
      Span span = Join(ast::SpanOf(each.values.front()), ast::SpanOf(each.values.back()));
      name += (name.empty() ? "" : ", ") + TextOf(span);
    }
    ++cell;
  }
  if (cell != row.cells.size()) {
    Report(diagnostics::Builder(Code::kR0215, row.span, "this case has " + std::to_string(row.cells.size()) + (row.cells.size() == 1 ? " value" : " values") + ", and the test asks for " +
                                                           std::to_string(cell))
               .AddNote(declared.name.span, "the attributes that are given without a value")
               .WithHint("write one value for each of them, in their order, divided by commas"));
    return;
  }
  ir::Test test = TestOf(given, row.expectations);
  std::uint32_t times = ++names[name];
  test.name = declared.name.text + ": " + name + (times > 1 ? " #" + std::to_string(times) : "");
  test.span = row.span;
  policy_.tests.push_back(std::move(test));
}

auto Resolver::TestOf(const std::vector<ast::Assignment>& all_given, const std::vector<ast::Expectation>& expectations)
    -> ir::Test {
  ir::Test test;
  std::set<std::uint32_t> seen;
  for (const ast::Assignment& given : all_given) {
    auto index = attribute_names_.Find(given.attribute.text);
    if (!index) {
      UnknownName("attribute", given.attribute, attribute_names_.Names());
      continue;
    }
    if (!seen.insert(*index).second) {
      Error(Code::kR0302, given.attribute.span, "`" + given.attribute.text + "` is given twice", "take one of the two out");
      continue;
    }
    if (auto value = ValueOf(policy_.attributes[*index], given.values)) {
      test.given.emplace_back(AttributeId{*index}, std::move(*value));
    }
  }
  for (const ast::Expectation& expectation : expectations) {
    ir::Expectation resolved;
    resolved.text = TextOf(expectation.span);
    resolved.span = expectation.span;
    if (const auto* route = std::get_if<ast::ExpectRoute>(&expectation.what)) {
      auto index = route_names_.Find(route->route.text);
      if (!index) {
        UnknownName("route", route->route, route_names_.Names());
        continue;
      }
      resolved.what = ir::ExpectRoute{{*index}};
    } else if (const auto* refused = std::get_if<ast::ExpectRefused>(&expectation.what)) {
      ir::ExpectOutcome outcome{Outcome::kRefused, std::nullopt};
      if (refused->by) {
        auto ids = RefusalsOf({*refused->by});
        if (ids.empty()) continue;
        outcome.refusal = ids[0];
      }
      resolved.what = outcome;
    } else if (std::holds_alternative<ast::ExpectUncovered>(expectation.what)) {
      resolved.what = ir::ExpectOutcome{Outcome::kUncovered, std::nullopt};
    } else if (std::holds_alternative<ast::ExpectUnservable>(expectation.what)) {
      resolved.what = ir::ExpectOutcome{Outcome::kUnservable, std::nullopt};
    } else if (const auto* every = std::get_if<ast::EveryReached>(&expectation.what)) {
      resolved.what = ir::EveryDeploymentReached{ResolveStrictTest(every->test)};
    } else if (const auto* never = std::get_if<ast::Never>(&expectation.what)) {
      resolved.what = ir::EveryDeploymentReached{Negate(ResolveStrictTest(never->test))};
    } else {
      resolved.what = ir::FirstChoice{ResolveStrictTest(std::get<ast::FirstChoice>(expectation.what).test, About::kDeployments)};
    }
    test.expectations.push_back(std::move(resolved));
  }
  return test;
}

}  // namespace route::resolve
