#include "compiler/syntax/build.h"

#include <utility>

#include "compiler/base/internal_error.h"
#include "compiler/syntax/build_conditions.h"

namespace route::syntax {
namespace {

/// One method for each rule of the grammar, in its order.
class TreeBuilder : public ConditionBuilder {
 public:
  TreeBuilder(FileId file, diagnostics::Emitter& emitter) : ConditionBuilder(file, emitter) {}

  auto Declaration(P::DeclarationContext& tree) -> ast::Declaration {
    auto* child = dynamic_cast<antlr4::ParserRuleContext*>(tree.children.at(0));
    switch (child->getRuleIndex()) {
      case P::RulePolicyLine:
        return PolicyLine(As<P::PolicyLineContext>(*child));
      case P::RuleImportLine:
        return Import(As<P::ImportLineContext>(*child));
      case P::RuleJurisdiction:
        return Jurisdiction(As<P::JurisdictionContext>(*child));
      case P::RuleNamedType:
        return NamedType(As<P::NamedTypeContext>(*child));
      case P::RuleAttribute:
        return Attribute(As<P::AttributeContext>(*child));
      case P::RuleProperty:
        return Property(As<P::PropertyContext>(*child));
      case P::RuleNamedCondition:
        return NamedCondition(As<P::NamedConditionContext>(*child));
      case P::RuleVendor:
        return Vendor(As<P::VendorContext>(*child));
      case P::RuleModel:
        return Model(As<P::ModelContext>(*child));
      case P::RuleDeployment:
        return Deployment(As<P::DeploymentContext>(*child));
      case P::RuleService:
        return Service(As<P::ServiceContext>(*child));
      case P::RuleGroup:
        return Group(As<P::GroupContext>(*child));
      case P::RuleLimits:
        return LimitsBlock(As<P::LimitsContext>(*child));
      case P::RuleRule_:
        return Rule(As<P::Rule_Context>(*child));
      case P::RuleRefuse:
        return Refuse(As<P::RefuseContext>(*child));
      case P::RuleRoute:
        return Route(As<P::RouteContext>(*child));
      case P::RuleGuarantee:
        return Guarantee(As<P::GuaranteeContext>(*child));
      case P::RuleAccept:
        return Accept(As<P::AcceptContext>(*child));
      case P::RuleTest:
        return Test(As<P::TestContext>(*child));
      default:
        throw InternalError("a declaration of a kind that is not in the grammar");
    }
  }

 private:
  /// The tree of the rule that its index names.
  template <typename Context>
  static auto As(antlr4::ParserRuleContext& tree) -> Context& {
    return dynamic_cast<Context&>(tree);
  }

  auto NamedCondition(P::NamedConditionContext& tree) -> ast::NamedCondition {
    return {Name(*tree.name()), Parameters(tree.parameters()), Condition(*tree.condition())};
  }

  auto PolicyLine(P::PolicyLineContext& tree) const -> ast::PolicyLine {
    ast::PolicyLine line{Name(*tree.name(0)), std::nullopt, OptionalString(tree.STRING())};
    if (tree.EXTENDS() != nullptr) line.extends = Name(*tree.name(1));
    return line;
  }

  auto Import(P::ImportLineContext& tree) const -> ast::Import {
    return {OptionalString(tree.STRING()), Names(tree.name()), SpanOf(tree)};
  }

  auto Jurisdiction(P::JurisdictionContext& tree) -> ast::Jurisdiction {
    ast::Jurisdiction result;
    result.name = Name(*tree.name(0));
    result.members = Names(tree.name(), 1);
    result.title = OptionalString(tree.STRING());
    result.provenance = ProvenanceOf(tree.asOf(), tree.sourceText());
    return result;
  }

  auto NamedType(P::NamedTypeContext& tree) -> ast::NamedType {
    return {Name(*tree.name()), Type(*tree.type()), ProvenanceOf(tree.asOf(), tree.sourceText())};
  }

  auto Property(P::PropertyContext& tree) -> ast::Property {
    ast::Property result;
    result.name = Identifier(*tree.IDENTIFIER());
    if (tree.VENDORS() != nullptr) result.owner = ast::Owner::kVendor;
    if (tree.MODELS() != nullptr) result.owner = ast::Owner::kModel;
    if (tree.type() != nullptr) {
      result.type = Type(*tree.type());
    } else {
      result.type = Name(*tree.name());
    }
    if (tree.value() != nullptr) result.fallback = Value(*tree.value());
    return result;
  }

  auto Attribute(P::AttributeContext& tree) -> ast::Attribute {
    ast::Attribute result{Name(*tree.name(0)), ast::Type{}, {}, ValueList(tree.value())};
    if (tree.type() != nullptr) {
      result.type = Type(*tree.type());
    } else {
      result.type = Name(*tree.name(1));
    }
    for (auto* source : tree.source()) result.sources.push_back(Source(*source));
    return result;
  }

  auto Type(P::TypeContext& tree) -> ast::Type {
    ast::Type type;
    type.span = SpanOf(tree);
    if (auto* one_of_type = dynamic_cast<P::OneOfTypeContext*>(&tree)) {
      type.kind = AttributeKind::kOneOf;
      type.names = Names(one_of_type->name());
    } else if (auto* any_of_type = dynamic_cast<P::AnyOfTypeContext*>(&tree)) {
      type.kind = AttributeKind::kAnyOf;
      type.names = Names(any_of_type->name());
    } else if (auto* number_type = dynamic_cast<P::NumberTypeContext*>(&tree)) {
      type.kind = AttributeKind::kNumber;
      type.unit = NumberUnit(*number_type->numberUnit());
      if (number_type->quantity() != nullptr) type.maximum = Quantity(*number_type->quantity());
    } else if (dynamic_cast<P::TextTypeContext*>(&tree) != nullptr) {
      type.kind = AttributeKind::kText;
    } else if (dynamic_cast<P::DateTypeContext*>(&tree) != nullptr) {
      type.kind = AttributeKind::kDate;
    } else if (dynamic_cast<P::CountryTypeContext*>(&tree) != nullptr) {
      type.kind = AttributeKind::kCountry;
    } else if (dynamic_cast<P::TimeTypeContext*>(&tree) != nullptr) {
      type.kind = AttributeKind::kNumber;
      type.unit = Unit::kTimeOfDay;
      type.word = ast::Type::Word::kTime;
    } else if (dynamic_cast<P::WeekdayTypeContext*>(&tree) != nullptr) {
      type.kind = AttributeKind::kOneOf;
      type.word = ast::Type::Word::kWeekday;
      for (std::string_view day : Weekdays()) type.names.push_back({std::string(day), type.span});
    }
    return type;
  }

  static auto NumberUnit(P::NumberUnitContext& tree) -> Unit {
    if (tree.TOKENS() != nullptr) return Unit::kTokens;
    if (tree.PERCENT() != nullptr) return Unit::kPercent;
    if (tree.MS() != nullptr) return Unit::kMilliseconds;
    if (tree.USD() != nullptr) return Unit::kUsd;
    if (tree.EUR() != nullptr) return Unit::kEur;
    return Unit::kNone;
  }

  auto Source(P::SourceContext& tree) const -> ast::Source {
    ast::Source source;
    source.span = SpanOf(tree);
    if (tree.STRING() != nullptr) source.argument = String(*tree.STRING()).text;
    if (tree.name() != nullptr) source.argument = Name(*tree.name()).text;
    if (tree.TENANT() != nullptr) source.kind = SourceKind::kTenant;
    if (tree.HEADER() != nullptr) source.kind = SourceKind::kHeader;
    if (tree.REQUEST() != nullptr) source.kind = SourceKind::kRequest;
    if (tree.CLASSIFIER() != nullptr) source.kind = SourceKind::kClassifier;
    if (tree.DETECTOR() != nullptr) source.kind = SourceKind::kDetector;
    if (tree.BUDGET() != nullptr) source.kind = SourceKind::kBudget;
    if (tree.CLOCK() != nullptr) source.kind = SourceKind::kClock;
    return source;
  }

  auto Vendor(P::VendorContext& tree) -> ast::Vendor {
    ast::Vendor result;
    result.name = Name(*tree.name());
    for (auto* property : tree.vendorProperty()) {
      if (property->HEADQUARTERS() != nullptr) {
        result.headquarters.push_back(Name(*property->name(0)));
      } else if (property->factProperty() != nullptr) {
        AddFact(*property->factProperty(), result.provenance, result.own);
      } else {
        Append(result.certifications, Names(property->name()));
      }
    }
    return result;
  }

  auto Model(P::ModelContext& tree) -> ast::Model {
    ast::Model result;
    result.name = Name(*tree.name());
    for (auto* property : tree.modelProperty()) {
      if (property->QUALITY() != nullptr) {
        ast::WorkQuality quality;
        if (!property->name().empty()) quality.work = Name(*property->name(0));
        quality.value = Number(*property->NUMBER());
        result.qualities.push_back(std::move(quality));
      } else if (property->CONTEXT() != nullptr) {
        result.context.push_back(Quantity(*property->quantity()));
      } else if (property->CAPABILITIES() != nullptr) {
        Append(result.capabilities, Names(property->name()));
      } else if (property->LICENCE() != nullptr) {
        result.licence.push_back(Name(*property->name(0)));
      } else if (property->factProperty() != nullptr) {
        AddFact(*property->factProperty(), result.provenance, result.own);
      } else {
        Append(result.tags, Names(property->name()));
      }
    }
    return result;
  }

  auto Deployment(P::DeploymentContext& tree) -> ast::Deployment {
    ast::Deployment result;
    result.name = Name(*tree.name(0));
    result.model = Name(*tree.name(1));
    for (auto* p : tree.deploymentProperty()) {
      AddRecipientProperty(*p, result);
      if (p->PRICE() != nullptr) {
        result.price.push_back({Quantity(*p->quantity(0)), Quantity(*p->quantity(1)), SpanOf(*p)});
      }
      if (p->FIRST() != nullptr) result.first_token.push_back(Quantity(*p->quantity(0)));
      if (p->RETENTION() != nullptr) result.retention.push_back(Quantity(*p->quantity(0)));
      if (p->MODEL() != nullptr) result.upstream_model.push_back(String(*p->STRING()));
    }
    return result;
  }

  auto Service(P::ServiceContext& tree) -> ast::Service {
    ast::Service result;
    result.name = Name(*tree.name());
    result.answers = Source(*tree.source());
    for (auto* p : tree.serviceProperty()) {
      AddRecipientProperty(*p, result);
      if (p->RETENTION() != nullptr) result.retention.push_back(Quantity(*p->quantity()));
      if (p->WITHIN() != nullptr) result.within.push_back(Quantity(*p->quantity()));
    }
    return result;
  }

  /// Those properties that deployments and services state in the same words, but for quantities.
  template <typename Property>
  void AddRecipientProperty(Property& p, ast::Recipient& recipient) {
    if (p.VENDOR() != nullptr) recipient.vendor.push_back(Name(*p.name(0)));
    if (p.PROCESSED() != nullptr) recipient.processed_in.push_back(Name(*p.name(0)));
    if (p.STATUS() != nullptr) recipient.status.push_back(Name(*p.name(0)));
    if (p.TAGS() != nullptr) Append(recipient.tags, Names(p.name()));
    if (p.ENDPOINT() != nullptr) recipient.endpoint.push_back(String(*p.STRING()));
    if (p.KEY() != nullptr) recipient.key_env.push_back(Name(*p.name(0)));
    if (p.SEEN() != nullptr) recipient.seen_by.push_back({Names(p.name()), SpanOf(p)});
    if (p.factProperty() != nullptr) AddFact(*p.factProperty(), recipient.provenance, recipient.own);
  }

  template <typename T>
  static void Append(std::vector<T>& to, std::vector<T> from) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  }

  auto Member(P::MemberContext& tree) -> ast::Member {
    ast::Member member{Name(*tree.name()), std::nullopt};
    if (tree.NUMBER() != nullptr) member.weight = Number(*tree.NUMBER());
    return member;
  }

  auto Members(const std::vector<P::MemberContext*>& trees) -> ast::Members {
    ast::Members members;
    for (auto* tree : trees) members.push_back(Member(*tree));
    return members;
  }

  auto Selection(P::SelectionContext& tree) -> ast::Selection {
    ast::Selection selection;
    selection.span = SpanOf(tree);
    if (tree.CHEAPEST() != nullptr) selection.order = TierOrder::kCheapest;
    if (tree.FASTEST() != nullptr) selection.order = TierOrder::kFastest;
    if (tree.BEST() != nullptr) selection.order = TierOrder::kQuality;
    if (tree.NUMBER() != nullptr) selection.count = Number(*tree.NUMBER());
    if (tree.DEPLOYMENT() != nullptr) selection.number = ast::Selection::Number::kOne;
    if (tree.deploymentTest() != nullptr) selection.test = DeploymentTest(*tree.deploymentTest());
    return selection;
  }

  auto Order(P::OrderContext& tree) const -> ast::Order {
    ast::Order order{TierOrder::kAsListed, SpanOf(tree)};
    if (tree.WEIGHT() != nullptr) order.order = TierOrder::kByWeight;
    if (tree.CHEAPEST() != nullptr) order.order = TierOrder::kCheapest;
    if (tree.FASTEST() != nullptr) order.order = TierOrder::kFastest;
    if (tree.QUALITY() != nullptr) order.order = TierOrder::kQuality;
    return order;
  }

  auto Group(P::GroupContext& tree) -> ast::Group {
    ast::Group group;
    group.name = Name(*tree.name());
    if (tree.selection() != nullptr) {
      group.what = Selection(*tree.selection());
    } else {
      group.what = Members(tree.member());
    }
    if (tree.order() != nullptr) group.order = Order(*tree.order());
    return group;
  }

  auto LimitsBlock(P::LimitsContext& tree) -> ast::LimitsBlock {
    ast::LimitsBlock limits;
    limits.span = SpanOf(*tree.LIMITS()->getSymbol());
    for (auto* limit : tree.limit()) {
      if (limit->ATTEMPTS() != nullptr) {
        limits.attempts.push_back(Number(*limit->NUMBER()));
        continue;
      }
      auto& stated = limit->DEADLINE() != nullptr ? limits.deadline : limit->ANSWER() != nullptr ? limits.answer : limits.cost;
      stated.push_back(Quantity(*limit->quantity()));
    }
    return limits;
  }

  auto Dates(P::DatesContext& tree) -> ast::Dates {
    ast::Dates dates;
    for (std::size_t i = 0; i < tree.DATE().size(); ++i) {
      bool from = i == 0 && tree.FROM() != nullptr;
      (from ? dates.from : dates.until) = DateOf(*tree.DATE(i));
    }
    return dates;
  }

  auto Clauses(const std::vector<P::ClauseContext*>& trees) -> std::vector<ast::Clause> {
    std::vector<ast::Clause> clauses;
    for (auto* tree : trees) {
      auto kind = tree->WHEN() != nullptr ? ast::Clause::Kind::kWhen : ast::Clause::Kind::kUnless;
      clauses.push_back({kind, Condition(*tree->condition())});
    }
    return clauses;
  }

  auto Rule(P::Rule_Context& tree) -> ast::Rule {
    ast::Rule rule;
    rule.name = Name(*tree.name());
    rule.because = OptionalString(tree.STRING());
    if (tree.application() != nullptr) {
      rule.shape = Application(*tree.application());
      return rule;
    }
    rule.parameters = Parameters(tree.parameters());
    rule.dates = Dates(*tree.dates());
    rule.clauses = Clauses(tree.clause());
    for (auto* effect : tree.effect()) {
      auto kind = effect->REQUIRE() != nullptr ? ast::Effect::Kind::kRequire : ast::Effect::Kind::kForbid;
      rule.effects.push_back({kind, DeploymentTest(*effect->deploymentTest())});
    }
    return rule;
  }

  auto Refuse(P::RefuseContext& tree) -> ast::Refuse {
    return {Name(*tree.name()), Dates(*tree.dates()), Clauses(tree.clause()), OptionalString(tree.STRING())};
  }

  auto Route(P::RouteContext& tree) -> ast::Route {
    ast::Route route{Name(*tree.name()), Dates(*tree.dates()), Clauses(tree.clause()), {}};
    for (auto* tier : tree.tier()) route.tiers.push_back(Tier(*tier));
    return route;
  }

  auto Tier(P::TierContext& tree) -> ast::Tier {
    ast::Tier tier;
    tier.span = SpanOf(tree);
    auto* target = tree.target();
    if (target->selection() != nullptr) {
      tier.target = Selection(*target->selection());
    } else if (target->name() != nullptr) {
      tier.target = Name(*target->name());
    } else {
      tier.target = Members(target->member());
    }
    for (auto* option : tree.tierOption()) {
      if (option->order() != nullptr) tier.order.push_back(Order(*option->order()));
      if (option->WITHIN() != nullptr) tier.within.push_back(Quantity(*option->quantity()));
      if (option->RETRY() != nullptr) tier.retry.push_back(Number(*option->NUMBER()));
    }
    return tier;
  }

  auto Guarantee(P::GuaranteeContext& tree) -> ast::Guarantee {
    ast::Guarantee guarantee;
    guarantee.name = Name(*tree.name());
    guarantee.span = SpanOf(tree);
    if (tree.application() != nullptr) {
      guarantee.shape = Application(*tree.application());
      return guarantee;
    }
    guarantee.parameters = Parameters(tree.parameters());
    if (tree.condition() != nullptr) guarantee.premise = Condition(*tree.condition());
    guarantee.promise = Promise(tree.promise());
    return guarantee;
  }

  auto Promise(P::PromiseContext* tree) -> decltype(ast::Guarantee::promise) {
    if (auto* never = dynamic_cast<P::NeverReachedContext*>(tree)) return ast::Never{DeploymentTest(*never->deploymentTest())};
    if (auto* first = dynamic_cast<P::FirstChoiceContext*>(tree)) return ast::FirstChoice{DeploymentTest(*first->deploymentTest())};
    if (auto* served = dynamic_cast<P::ServedContext*>(tree)) return ast::Served{Names(served->name())};
    if (auto* refused = dynamic_cast<P::RefusedOnlyContext*>(tree)) return ast::Served{Names(refused->name())};
    if (auto* survives = dynamic_cast<P::SurvivesContext*>(tree)) return Survives(*survives);
    if (auto* bounded = dynamic_cast<P::BoundedContext*>(tree)) {
      ast::Bounded promised{Number(*bounded->NUMBER()), std::nullopt};
      if (bounded->quantity() != nullptr) promised.within = Quantity(*bounded->quantity());
      return promised;
    }
    if (auto* costs = dynamic_cast<P::CostsAtMostContext*>(tree)) return ast::CostsAtMost{Quantity(*costs->quantity())};
    if (auto* allowed = dynamic_cast<P::AllowedAsMuchContext*>(tree)) return Compared(ast::Compared::What::kAllowed, allowed->setting());
    if (auto* if_served = dynamic_cast<P::ServedAsMuchContext*>(tree)) return Compared(ast::Compared::What::kServed, if_served->setting());
    if (auto* as_good = dynamic_cast<P::FirstChoiceAsGoodContext*>(tree)) return FirstChoiceAsGood(*as_good);
    if (auto* every = dynamic_cast<P::EveryReachedContext*>(tree)) return ast::EveryReached{DeploymentTest(*every->deploymentTest())};
    return {};  // a syntax error, which has been reported
  }

  auto Survives(P::SurvivesContext& tree) -> ast::Survives {
    ast::Survives promised{Number(*tree.NUMBER()), ast::Survives::Unit::kCountry};
    auto* unit = tree.lossUnit();
    if (unit->VENDOR() != nullptr || unit->VENDORS() != nullptr) promised.unit = ast::Survives::Unit::kVendor;
    if (unit->DEPLOYMENT() != nullptr || unit->DEPLOYMENTS() != nullptr) promised.unit = ast::Survives::Unit::kDeployment;
    return promised;
  }

  auto Setting(P::SettingContext& tree) -> ast::Setting { return {Name(*tree.name()), Cell(*tree.cell()), SpanOf(tree)}; }

  auto Compared(ast::Compared::What what, const std::vector<P::SettingContext*>& settings) -> ast::Compared {
    ast::Compared compared;
    compared.what = what;
    compared.with = Setting(*settings.at(0));
    compared.than = Setting(*settings.at(1));
    return compared;
  }

  auto FirstChoiceAsGood(P::FirstChoiceAsGoodContext& tree) -> ast::Compared {
    using What = ast::Compared::What;
    ast::Compared compared =
        Compared(tree.LEAST() != nullptr ? What::kFirstChoiceAtLeast : What::kFirstChoiceAtMost, tree.setting());
    auto* number = tree.numberOfDeployment();
    compared.fact_span = SpanOf(*number);
    if (number->PRICE() != nullptr) compared.fact = number->IN() != nullptr ? ast::Fact::kPriceIn : ast::Fact::kPriceOut;
    if (number->FIRST() != nullptr) compared.fact = ast::Fact::kFirstToken;
    if (number->RETENTION() != nullptr) compared.fact = ast::Fact::kRetention;
    if (number->CONTEXT() != nullptr) compared.fact = ast::Fact::kContext;
    if (number->name() != nullptr) compared.work = Name(*number->name());
    return compared;
  }

  auto Accept(P::AcceptContext& tree) const -> ast::Accept {
    return {Name(*tree.name(0)), Names(tree.name(), 1), String(*tree.STRING()), SpanOf(tree)};
  }

  auto Test(P::TestContext& tree) -> ast::Test {
    ast::Test test{String(*tree.STRING()), {}, {}, {}, SpanOf(tree)};
    for (auto* given : tree.given()) {
      ast::Assignment assignment{Name(*given->name()), {}};
      if (given->cell() != nullptr) assignment.values = Cell(*given->cell());
      test.given.push_back(std::move(assignment));
    }
    if (tree.expected() != nullptr) test.expectations = Expectations(*tree.expected());
    for (auto* row : tree.testCase()) {
      ast::Case result;
      for (auto* cell : row->cell()) result.cells.push_back(Cell(*cell));
      result.expectations = Expectations(*row->expected());
      result.span = SpanOf(*row);
      test.cases.push_back(std::move(result));
    }
    return test;
  }

  auto Expectations(P::ExpectedContext& tree) -> std::vector<ast::Expectation> {
    std::vector<ast::Expectation> result;
    for (auto* expectation : tree.expectation()) result.push_back(Expectation(*expectation));
    return result;
  }

  auto Expectation(P::ExpectationContext& tree) -> ast::Expectation {
    ast::Expectation expectation{ast::ExpectUncovered{}, SpanOf(tree)};
    if (auto* expect_route = dynamic_cast<P::ExpectRouteContext*>(&tree)) {
      expectation.what = ast::ExpectRoute{Name(*expect_route->name())};
    } else if (auto* expect_refused = dynamic_cast<P::ExpectRefusedContext*>(&tree)) {
      ast::ExpectRefused refused;
      if (expect_refused->name() != nullptr) refused.by = Name(*expect_refused->name());
      expectation.what = refused;
    } else if (dynamic_cast<P::ExpectUnservableContext*>(&tree) != nullptr) {
      expectation.what = ast::ExpectUnservable{};
    } else if (auto* expect_every = dynamic_cast<P::ExpectEveryContext*>(&tree)) {
      expectation.what = ast::EveryReached{DeploymentTest(*expect_every->deploymentTest())};
    } else if (auto* expect_never = dynamic_cast<P::ExpectNeverContext*>(&tree)) {
      expectation.what = ast::Never{DeploymentTest(*expect_never->deploymentTest())};
    } else if (auto* expect_first = dynamic_cast<P::ExpectFirstContext*>(&tree)) {
      expectation.what = ast::FirstChoice{DeploymentTest(*expect_first->deploymentTest())};
    }
    return expectation;
  }
};

}  // namespace

auto BuildDeclaration(grammar::RouteParser::DeclarationContext& tree, FileId file, diagnostics::Emitter& emitter)
    -> ast::Declaration {
  return TreeBuilder(file, emitter).Declaration(tree);
}

}  // namespace route::syntax

namespace route::ast {

auto SpanOf(const Value& value) -> Span {
  return std::visit([](const auto& alternative) { return alternative.span; }, value);
}

}  // namespace route::ast
