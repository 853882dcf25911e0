#include <algorithm>
#include <array>
#include <functional>
#include <limits>

#include "compiler/resolve/resolver.h"

namespace route::resolve {

using diagnostics::Code;

namespace {

using Kind = ir::DeploymentTest::Kind;

auto Node(Kind kind, Span span) -> ir::DeploymentTest {
  ir::DeploymentTest test;
  test.kind = kind;
  test.span = span;
  return test;
}

auto Combine(Kind kind, std::vector<ir::DeploymentTest> children, Span span) -> ir::DeploymentTest {
  if (children.size() == 1) return std::move(children[0]);
  ir::DeploymentTest test = Node(kind, span);
  test.children = std::move(children);
  return test;
}

/// The name of the fact that a test reads and that a recipient may leave out; empty if it is always stated.
auto OptionalFact(const ir::DeploymentTest& test, const ir::Recipient& recipient) -> std::string {
  switch (test.kind) {
    case Kind::kRetention: return recipient.retention_days ? "" : "retention";
    case Kind::kSeenBy:
    case Kind::kSeenOnlyBy:
    case Kind::kSeenFrom:
    case Kind::kSeenOnlyFrom: return recipient.seen_by ? "" : "seen by";
    case Kind::kOwnIs:
    case Kind::kOwnRange: return recipient.own.contains(test.property) ? "" : test.property;
    case Kind::kTrue:
    case Kind::kAll:
    case Kind::kAny:
    case Kind::kNot:
    case Kind::kProcessedIn:
    case Kind::kHeadquarteredIn:
    case Kind::kVendorIs:
    case Kind::kModelIs:
    case Kind::kDeploymentIs:
    case Kind::kServiceIs:
    case Kind::kCertified:
    case Kind::kStatusIs:
    case Kind::kCapable:
    case Kind::kTagged:
    case Kind::kPriceIn:
    case Kind::kPriceOut:
    case Kind::kFirstToken:
    case Kind::kQuality:
    case Kind::kContext: return "";
  }
  return "";
}

/// The same of a deployment, which has facts of its own and of its model.
auto OptionalFact(const ir::DeploymentTest& test, const ir::Policy& policy, const ir::Deployment& deployment) -> std::string {
  const ir::Model& model = policy.models[deployment.model.index];
  switch (test.kind) {
    case Kind::kFirstToken: return deployment.first_token_ms ? "" : "first token";
    case Kind::kContext: return model.context_tokens ? "" : "context";
    case Kind::kQuality:
      if (test.text.empty()) return model.quality ? "" : "quality";
      return model.quality_by_work.contains(test.text) ? "" : "quality " + test.text;
    case Kind::kTrue:
    case Kind::kAll:
    case Kind::kAny:
    case Kind::kNot:
    case Kind::kProcessedIn:
    case Kind::kHeadquarteredIn:
    case Kind::kVendorIs:
    case Kind::kModelIs:
    case Kind::kDeploymentIs:
    case Kind::kServiceIs:
    case Kind::kCertified:
    case Kind::kStatusIs:
    case Kind::kCapable:
    case Kind::kTagged:
    case Kind::kPriceIn:
    case Kind::kPriceOut:
    case Kind::kRetention:
    case Kind::kSeenBy:
    case Kind::kSeenOnlyBy:
    case Kind::kSeenFrom:
    case Kind::kSeenOnlyFrom:
    case Kind::kOwnIs:
    case Kind::kOwnRange: break;
  }
  return OptionalFact(test, static_cast<const ir::Recipient&>(deployment));
}

enum class Truth : std::uint8_t { kNo, kUnknown, kYes };

auto Evaluate(const ir::DeploymentTest& test, const ir::Policy& policy, DeploymentId id) -> Truth {
  switch (test.kind) {
    case Kind::kAll: {
      Truth least = Truth::kYes;
      for (const auto& child : test.children) least = std::min(least, Evaluate(child, policy, id));
      return least;
    }
    case Kind::kAny: {
      Truth most = Truth::kNo;
      for (const auto& child : test.children) most = std::max(most, Evaluate(child, policy, id));
      return most;
    }
    case Kind::kNot: {
      Truth inner = Evaluate(test.children[0], policy, id);
      return inner == Truth::kYes ? Truth::kNo : inner == Truth::kNo ? Truth::kYes : Truth::kUnknown;
    }
    case Kind::kTrue:
    case Kind::kProcessedIn:
    case Kind::kHeadquarteredIn:
    case Kind::kVendorIs:
    case Kind::kModelIs:
    case Kind::kDeploymentIs:
    case Kind::kServiceIs:
    case Kind::kCertified:
    case Kind::kStatusIs:
    case Kind::kCapable:
    case Kind::kTagged:
    case Kind::kPriceIn:
    case Kind::kPriceOut:
    case Kind::kFirstToken:
    case Kind::kRetention:
    case Kind::kQuality:
    case Kind::kContext:
    case Kind::kSeenBy:
    case Kind::kSeenOnlyBy:
    case Kind::kSeenFrom:
    case Kind::kSeenOnlyFrom:
    case Kind::kOwnIs:
    case Kind::kOwnRange: break;
  }
  if (!OptionalFact(test, policy, policy.deployments[id.index]).empty()) return Truth::kUnknown;
  return ir::Holds(test, policy, id) ? Truth::kYes : Truth::kNo;
}

}  // namespace

auto Negate(ir::DeploymentTest test) -> ir::DeploymentTest {
  ir::DeploymentTest negated = Node(Kind::kNot, test.span);
  negated.children.push_back(std::move(test));
  return negated;
}

auto Resolver::ResolveTest(const ast::DeploymentTest& test) -> ir::DeploymentTest {
  switch (test.kind) {
    case ast::DeploymentTest::Kind::kAll:
    case ast::DeploymentTest::Kind::kAny: {
      std::vector<ir::DeploymentTest> children;
      for (const ast::DeploymentTest& child : test.children) children.push_back(ResolveTest(child));
      return Combine(test.kind == ast::DeploymentTest::Kind::kAll ? Kind::kAll : Kind::kAny, std::move(children), test.span);
    }
    case ast::DeploymentTest::Kind::kNot: {
      return Negate(ResolveTest(test.children[0]));
    }
    case ast::DeploymentTest::Kind::kFact: return ResolveFact(test);
  }
  return Node(Kind::kTrue, test.span);
}

void Resolver::NameExpected(const std::string& what, const ast::Value& value) {
  Error(Code::kR0203, ast::SpanOf(value), what + " is expected here",
        std::holds_alternative<ast::String>(value) ? "write it without quotes" : "", AsNameFix(value));
}

auto Resolver::ResolveNames(const ast::DeploymentTest& test, const std::vector<std::string>& known, std::string_view what,
                            Kind kind) -> ir::DeploymentTest {
  std::vector<ir::DeploymentTest> parts;
  for (const ast::Value& value : test.values) {
    const auto* name = std::get_if<ast::Name>(&value);
    if (name == nullptr) {
      NameExpected("the name of a " + std::string(what), value);
      continue;
    }
    if (std::find(known.begin(), known.end(), name->text) == known.end()) {
      UnknownName(what, *name, known);
      continue;
    }
    ir::DeploymentTest part = Node(kind, test.span);
    part.text = name->text;
    parts.push_back(std::move(part));
  }
  if (parts.empty()) return Node(Kind::kTrue, test.span);
  return Combine(test.op == ast::Operator::kIncludesAll ? Kind::kAll : Kind::kAny, std::move(parts), test.span);
}

auto Resolver::RangeOf(const ast::DeploymentTest& test, const std::vector<std::int64_t>& ends) -> Range {
  Range range{std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()};
  if (test.op == ast::Operator::kLess) range.high = ends[0];
  if (test.op == ast::Operator::kLessEqual) range.high = ends[0] + 1;
  if (test.op == ast::Operator::kGreater) range.low = ends[0] + 1;
  if (test.op == ast::Operator::kGreaterEqual) range.low = ends[0];
  if (test.op == ast::Operator::kBetween) {
    range = {ends[0], ends[1] + 1};
    if (ends[0] > ends[1]) {
      Error(Code::kR0206, test.span, "nothing is between a value and a smaller one", "put the smaller one first",
            ExchangeFix(test.values));
    }
  }
  return range;
}

auto Resolver::ResolveFact(const ast::DeploymentTest& test) -> ir::DeploymentTest {
  if (test.values.empty()) {
    Error(Code::kR0206, test.span, "this set is empty, so the test says nothing", "list at least one value");
    return Node(Kind::kTrue, test.span);
  }

  auto by_index = [&](Symbols& symbols, std::string_view what, Kind kind) {
    ir::DeploymentTest result = Node(kind, test.span);
    std::set<std::uint32_t> indexes;
    for (const ast::Value& value : test.values) {
      const auto* name = std::get_if<ast::Name>(&value);
      if (name == nullptr) {
        NameExpected("the name of a " + std::string(what), value);
      } else if (auto index = symbols.Find(name->text)) {
        indexes.insert(*index);
      } else {
        UnknownName(what, *name, symbols.Names());
      }
    }
    result.values.assign(indexes.begin(), indexes.end());
    return result;
  };
  auto countries = [&](Kind kind) {
    ir::DeploymentTest result = Node(kind, test.span);
    result.values = CountriesOf(test.values);
    return result;
  };
  auto number = [&](Kind kind, ast::UnitWord unit, std::string_view unit_text) {
    ir::DeploymentTest result = Node(kind, test.span);
    std::vector<std::int64_t> ends;
    for (const ast::Value& value : test.values) {
      const auto* bound = std::get_if<ast::Quantity>(&value);
      if (bound == nullptr) {
        Error(Code::kR0203, ast::SpanOf(value), "a number is expected here");
        return Node(Kind::kTrue, test.span);
      }
      const ast::Quantity& quantity = *bound;
      Decimal resolved = unit == ast::UnitWord::kMilliseconds
                             ? NumberIn(quantity, Unit::kMilliseconds, UnitNeed::kStated).value_or(Decimal{})
                             : FactNumber(quantity, unit, unit_text);
      ends.push_back(std::min(resolved.micros, std::numeric_limits<std::int64_t>::max() - 1));
    }
    const auto [low, high] = RangeOf(test, ends);
    result.low = low;
    result.high = high;
    return result;
  };

  switch (test.fact) {
    case ast::Fact::kProcessed: return countries(Kind::kProcessedIn);
    case ast::Fact::kHeadquarters: return countries(Kind::kHeadquarteredIn);
    case ast::Fact::kVendor: return by_index(vendor_names_, "vendor", Kind::kVendorIs);
    case ast::Fact::kModel: return by_index(model_names_, "model", Kind::kModelIs);
    case ast::Fact::kDeployment: return by_index(deployment_names_, "deployment", Kind::kDeploymentIs);
    case ast::Fact::kService: return by_index(service_names_, "service", Kind::kServiceIs);
    case ast::Fact::kStatus: return ResolveNames(test, {ir::kStatuses.begin(), ir::kStatuses.end()}, "status", Kind::kStatusIs);
    case ast::Fact::kCertified: {
      std::set<std::string> known;
      for (const ir::Vendor& vendor : policy_.vendors) known.insert(vendor.certifications.begin(), vendor.certifications.end());
      return ResolveNames(test, {known.begin(), known.end()}, "certification of any vendor called", Kind::kCertified);
    }
    case ast::Fact::kCapable: {
      std::set<std::string> known;
      for (const ir::Model& model : policy_.models) known.insert(model.capabilities.begin(), model.capabilities.end());
      return ResolveNames(test, {known.begin(), known.end()}, "capability of any model called", Kind::kCapable);
    }
    case ast::Fact::kSeenBy:
    case ast::Fact::kSeenOnlyBy: {
      Kind kind = test.fact == ast::Fact::kSeenBy ? Kind::kSeenBy : Kind::kSeenOnlyBy;
      const auto* name = std::get_if<ast::Name>(&test.values[0]);
      // Nobody sees the data: whoever sees it is in the empty set.
      if (test.values.size() == 1 && name != nullptr && name->text == kNobody) return Node(Kind::kSeenOnlyBy, test.span);
      return by_index(vendor_names_, "vendor", kind);
    }
    case ast::Fact::kSeenFrom: return countries(Kind::kSeenFrom);
    case ast::Fact::kSeenOnlyFrom: return countries(Kind::kSeenOnlyFrom);
    case ast::Fact::kOwn: return ResolveOwnFact(test);
    case ast::Fact::kTag: {
      if (const auto* name = std::get_if<ast::Name>(&test.values[0]); name != nullptr && test.values.size() == 1) {
        if (property_names_.Find(name->text)) return ResolveYesProperty(*name, test.span);
        if (ParseCountry(name->text) || jurisdiction_names_.Contains(name->text) || vendor_names_.Contains(name->text) ||
            model_names_.Contains(name->text) || deployment_names_.Contains(name->text) || service_names_.Contains(name->text) ||
            group_names_.Contains(name->text)) {
          Error(Code::kR0201, name->span, "`" + name->text + "` alone is not a test",
                "if it belongs to the list before it, join it with `or`; else say what is asked, for example `processed in " +
                    name->text + "` or `vendor " + name->text + "`");
          return Node(Kind::kTrue, test.span);
        }
      }
      std::set<std::string> known;
      for (const ir::Model& model : policy_.models) known.insert(model.tags.begin(), model.tags.end());
      for (const ir::Deployment& deployment : policy_.deployments) known.insert(deployment.tags.begin(), deployment.tags.end());
      for (const ir::Service& service : policy_.services) known.insert(service.tags.begin(), service.tags.end());
      return ResolveNames(test, {known.begin(), known.end()}, "tag of any model or deployment called", Kind::kTagged);
    }
    case ast::Fact::kGroup: {
      ir::DeploymentTest result = Node(Kind::kDeploymentIs, test.span);
      std::set<std::uint32_t> members;
      for (const ast::Value& value : test.values) {
        const auto* name = std::get_if<ast::Name>(&value);
        if (name == nullptr) {
          NameExpected("the name of a group", value);
        } else if (auto group = group_names_.Find(name->text)) {
          for (const ir::Candidate& candidate : groups_[*group].candidates) members.insert(candidate.deployment.index);
        } else if (auto deployment = deployment_names_.Find(name->text)) {
          members.insert(*deployment);
        } else {
          bool place = jurisdiction_names_.Contains(name->text) || ParseCountry(name->text);
          if (place) {
            Error(Code::kR0201, name->span, "there is no group `" + name->text + "`",
                  "for a place write `processed in " + name->text + "`");
          } else {
            UnknownName("group", *name, group_names_.Names());
          }
        }
      }
      result.values.assign(members.begin(), members.end());
      return result;
    }
    case ast::Fact::kPriceIn: return number(Kind::kPriceIn, ast::UnitWord::kUsd, "USD");
    case ast::Fact::kPriceOut: return number(Kind::kPriceOut, ast::UnitWord::kUsd, "USD");
    case ast::Fact::kFirstToken: return number(Kind::kFirstToken, ast::UnitWord::kMilliseconds, "ms");
    case ast::Fact::kRetention: return number(Kind::kRetention, ast::UnitWord::kDays, "days");
    case ast::Fact::kContext: return number(Kind::kContext, ast::UnitWord::kTokens, "tokens");
    case ast::Fact::kQuality: {
      ir::DeploymentTest result = number(Kind::kQuality, ast::UnitWord::kNone, {});
      if (test.work) {
        result.text = test.work->text;
        std::set<std::string> known;
        for (const ir::Model& model : policy_.models) {
          for (const auto& [work, value] : model.quality_by_work) known.insert(work);
        }
        if (!known.contains(result.text)) {
          UnknownName("kind of work that any model states a quality for called", *test.work, {known.begin(), known.end()});
          return Node(Kind::kTrue, test.span);
        }
      }
      return result;
    }
  }
  return Node(Kind::kTrue, test.span);
}

auto Resolver::ResolveStrictTest(const ast::DeploymentTest& test, About about) -> ir::DeploymentTest {
  ir::DeploymentTest resolved = ResolveTest(test);
  CheckFactsStated(resolved, about);
  return resolved;
}

void Resolver::CheckFactsStated(const ir::DeploymentTest& test, About about) {
  for (const ir::DeploymentTest& child : test.children) CheckFactsStated(child, about);
  const auto report = [&](const std::string& fact, const std::string& owner, Span declared) {
    Report(diagnostics::Builder(Code::kR0303, test.span,
                                "`" + owner + "` does not state its `" + fact + "`, which is asked for here")
               .AddNote(declared, "`" + owner + "` is declared here")
               .WithHint("state the fact, so that nothing is guessed"));
  };
  for (const ir::Deployment& deployment : policy_.deployments) {
    if (deployment.model.index >= policy_.models.size()) continue;
    std::string fact = OptionalFact(test, policy_, deployment);
    if (fact.empty()) continue;
    const ir::Model& model = policy_.models[deployment.model.index];
    bool of_model = test.kind == Kind::kContext || test.kind == Kind::kQuality;
    return of_model ? report(fact, model.name, model.span) : report(fact, deployment.name, deployment.span);
  }
  if (about == About::kDeployments) return;
  for (const ir::Service& service : policy_.services) {
    const std::string fact = ir::BindsServices(test, policy_) ? OptionalFact(test, service) : "";
    if (!fact.empty()) return report(fact, service.name, service.span);
  }
}

auto Resolver::SurelyHolds(const ir::DeploymentTest& test, DeploymentId deployment) const -> bool {
  return Evaluate(test, policy_, deployment) == Truth::kYes;
}

}  // namespace route::resolve
