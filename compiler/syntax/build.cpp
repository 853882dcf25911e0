#include "compiler/syntax/build.h"

#include <utility>

#include "runtime/values/value_text.h"

namespace route::syntax {
namespace {

using diagnostics::Builder;
using diagnostics::Code;
using P = grammar::RouteParser;

/// One method for each rule of the grammar, in its order.
class TreeBuilder {
 public:
  TreeBuilder(FileId file, const CodePointMap& map, diagnostics::Emitter& emitter)
      : file_(file), map_(map), emitter_(emitter) {}

  auto Declaration(P::DeclarationContext& tree) -> ast::Declaration {
    if (auto* t = tree.policyLine()) return PolicyLine(*t);
    if (auto* t = tree.importLine()) return Import(*t);
    if (auto* t = tree.jurisdiction()) return Jurisdiction(*t);
    if (auto* t = tree.namedType()) return NamedType(*t);
    if (auto* t = tree.attribute()) return Attribute(*t);
    if (auto* t = tree.property()) return Property(*t);
    if (auto* t = tree.namedCondition()) {
      return ast::NamedCondition{Name(*t->name()), Parameters(t->parameters()), Condition(*t->condition())};
    }
    if (auto* t = tree.vendor()) return Vendor(*t);
    if (auto* t = tree.model()) return Model(*t);
    if (auto* t = tree.deployment()) return Deployment(*t);
    if (auto* t = tree.group()) return Group(*t);
    if (auto* t = tree.limits()) return LimitsBlock(*t);
    if (auto* t = tree.rule_()) return Rule(*t);
    if (auto* t = tree.refuse()) return Refuse(*t);
    if (auto* t = tree.route()) return Route(*t);
    if (auto* t = tree.guarantee()) return Guarantee(*t);
    if (auto* t = tree.accept()) return Accept(*t);
    return Test(*tree.test());
  }

 private:
  // --- Words, numbers and texts -----------------------------------------------------------------------------

  auto SpanOf(const antlr4::Token& token) const -> Span {
    return {file_, map_.ByteOffset(token.getStartIndex()), map_.ByteOffset(token.getStopIndex() + 1)};
  }

  auto SpanOf(const antlr4::ParserRuleContext& tree) const -> Span {
    return Join(SpanOf(*tree.start), SpanOf(*tree.stop));
  }

  auto Name(P::NameContext& tree) const -> ast::Name { return {tree.start->getText(), SpanOf(tree)}; }

  auto Names(const std::vector<P::NameContext*>& trees, std::size_t from = 0) const -> std::vector<ast::Name> {
    std::vector<ast::Name> names;
    for (std::size_t i = from; i < trees.size(); ++i) names.push_back(Name(*trees[i]));
    return names;
  }

  /// One byte of a span.
  static auto At(Span span, std::size_t offset) -> Span {
    auto begin = span.begin + static_cast<std::uint32_t>(offset);
    return {span.file, begin, begin + 1};
  }

  auto String(antlr4::tree::TerminalNode& node) const -> ast::String {
    std::string written = node.getText();
    Span span = SpanOf(*node.getSymbol());
    std::string text;
    for (std::size_t i = 1; i + 1 < written.size(); ++i) {
      if (written[i] == '\\' && i + 2 < written.size()) {
        ++i;
        if (written[i] != '"' && written[i] != '\\') {
          emitter_.Report(Builder(Code::kR0106, span, "a backslash in a text stands only before `\"` or another backslash")
                              .WithHint("write `\\\\` for a backslash")
                              .WithFix({"write `\\\\` for the backslash", {{At(span, i - 1), "\\\\"}}}));
        }
      }
      text.push_back(written[i]);
    }
    return {text, span};
  }

  auto OptionalString(antlr4::tree::TerminalNode* node) const -> std::optional<ast::String> {
    if (node == nullptr) return std::nullopt;
    return String(*node);
  }

  auto Number(antlr4::tree::TerminalNode& node) -> ast::Quantity {
    Span span = SpanOf(*node.getSymbol());
    auto number = ParseDecimal(node.getText());
    if (!number) {
      std::string message = "the number `" + node.getText() + "` ";
      switch (number.error()) {
        case DecimalError::kMalformed: message += "is not well formed"; break;
        case DecimalError::kTooPrecise: message += "has more than six digits after the point"; break;
        case DecimalError::kOutOfRange: message += "is too large"; break;
      }
      emitter_.Report(Builder(Code::kR0108, span, message)
                          .WithHint("numbers are exact: up to six digits after the point, at most 9,223,372,036,854"));
      return {Decimal{}, ast::UnitWord::kNone, std::nullopt, span};
    }
    return {*number, ast::UnitWord::kNone, std::nullopt, span};
  }

  auto DateOf(antlr4::tree::TerminalNode& node) -> ast::Quantity {
    Span span = SpanOf(*node.getSymbol());
    auto date = ParseDate(node.getText());
    if (!date) {
      emitter_.Report(Builder(Code::kR0109, span, "there is no day `" + node.getText() + "`")
                          .WithHint("dates are written year-month-day, for example 2026-08-02"));
      date = kFirstDate;
    }
    return {Decimal{}, ast::UnitWord::kNone, date, span};
  }

  auto TimeOf(antlr4::tree::TerminalNode& node) -> ast::Quantity {
    Span span = SpanOf(*node.getSymbol());
    auto minutes = ParseTimeOfDay(node.getText());
    if (!minutes) {
      emitter_.Report(Builder(Code::kR0109, span, "there is no time of day `" + node.getText() + "`")
                          .WithHint("times are written hours:minutes, from 00:00 to 23:59"));
    }
    return {minutes.value_or(Decimal{}), ast::UnitWord::kTimeOfDay, std::nullopt, span};
  }

  auto Quantity(P::QuantityContext& tree) -> ast::Quantity {
    if (auto* date = tree.DATE()) return DateOf(*date);
    if (auto* time = tree.TIME()) return TimeOf(*time);
    ast::Quantity quantity = Number(*tree.NUMBER());
    if (auto* unit = tree.unit()) {
      if (unit->PERCENT_SIGN() != nullptr || unit->PERCENT() != nullptr) quantity.unit = ast::UnitWord::kPercent;
      if (unit->TOKENS() != nullptr) quantity.unit = ast::UnitWord::kTokens;
      if (unit->MS() != nullptr) quantity.unit = ast::UnitWord::kMilliseconds;
      if (unit->SECONDS() != nullptr) quantity.unit = ast::UnitWord::kSeconds;
      if (unit->USD() != nullptr) quantity.unit = ast::UnitWord::kUsd;
      if (unit->EUR() != nullptr) quantity.unit = ast::UnitWord::kEur;
      if (unit->DAYS() != nullptr) quantity.unit = ast::UnitWord::kDays;
    }
    quantity.span = SpanOf(tree);
    return quantity;
  }

  auto Value(P::ValueContext& tree) -> ast::Value {
    if (auto* name = tree.name()) return Name(*name);
    if (auto* quantity = tree.quantity()) return Quantity(*quantity);
    return String(*tree.STRING());
  }

  auto Bound(P::BoundContext& tree) -> ast::Value {
    if (auto* name = tree.name()) return Name(*name);
    return Quantity(*tree.quantity());
  }

  auto Cell(P::CellContext& tree) -> std::vector<ast::Value> { return ValueList(tree.value()); }

  auto Parameters(P::ParametersContext* tree) const -> std::vector<ast::Name> {
    return tree == nullptr ? std::vector<ast::Name>{} : Names(tree->name());
  }

  auto Application(P::ApplicationContext& tree) -> ast::Application {
    ast::Application result{Names(tree.name()), {}, SpanOf(tree)};
    if (tree.arguments() != nullptr) result.arguments = ValueList(tree.arguments()->value());
    return result;
  }

  auto ProvenanceOf(P::AsOfContext* as_of, P::SourceTextContext* source) -> ast::Provenance {
    ast::Provenance result;
    if (as_of != nullptr) result.as_of.push_back(DateOf(*as_of->DATE()));
    if (source != nullptr) result.source.push_back(String(*source->STRING()));
    return result;
  }

  void AddFact(P::FactPropertyContext& tree, ast::Provenance& provenance, std::vector<ast::OwnFact>& own) {
    if (tree.asOf() != nullptr) {
      provenance.as_of.push_back(DateOf(*tree.asOf()->DATE()));
    } else if (tree.sourceText() != nullptr) {
      provenance.source.push_back(String(*tree.sourceText()->STRING()));
    } else {
      own.push_back({{tree.IDENTIFIER()->getText(), SpanOf(*tree.IDENTIFIER()->getSymbol())}, Value(*tree.value())});
    }
  }

  auto ValueList(const std::vector<P::ValueContext*>& trees) -> std::vector<ast::Value> {
    std::vector<ast::Value> values;
    for (auto* tree : trees) values.push_back(Value(*tree));
    return values;
  }

  /// Values and how they were joined.
  struct JoinedValues {
    enum class How : std::uint8_t { kSet, kEither, kEvery, kOne };
    How how = How::kOne;
    std::vector<ast::Value> values;
  };

  auto Values(P::ValuesContext& tree) -> JoinedValues {
    using How = JoinedValues::How;
    if (auto* t = dynamic_cast<P::SetOfValuesContext*>(&tree)) return {How::kSet, ValueList(t->value())};
    if (auto* t = dynamic_cast<P::EitherValueContext*>(&tree)) return {How::kEither, ValueList(t->value())};
    if (auto* t = dynamic_cast<P::EveryValueContext*>(&tree)) return {How::kEvery, ValueList(t->value())};
    return {How::kOne, {Value(*dynamic_cast<P::OneValueContext&>(tree).value())}};
  }

  auto Choice(P::ChoiceContext& tree) -> std::vector<ast::Value> {
    if (auto* t = dynamic_cast<P::SetChoiceContext*>(&tree)) return ValueList(t->value());
    return ValueList(dynamic_cast<P::OrChoiceContext&>(tree).value());
  }

  static auto Comparator(P::ComparatorContext& tree) -> ast::Operator {
    if (tree.LESS() != nullptr) return ast::Operator::kLess;
    if (tree.LESS_EQUAL() != nullptr) return ast::Operator::kLessEqual;
    if (tree.GREATER() != nullptr) return ast::Operator::kGreater;
    return ast::Operator::kGreaterEqual;
  }

  // --- Declarations --------------------------------------------------------------------------------------------

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
    result.name = Name(*tree.name(0));
    if (tree.VENDORS() != nullptr) result.owner = ast::Owner::kVendor;
    if (tree.MODELS() != nullptr) result.owner = ast::Owner::kModel;
    if (tree.type() != nullptr) {
      result.type = Type(*tree.type());
    } else {
      result.type = Name(*tree.name(1));
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
      if (p->VENDOR() != nullptr) result.vendor.push_back(Name(*p->name(0)));
      if (p->PROCESSED() != nullptr) result.processed_in.push_back(Name(*p->name(0)));
      if (p->PRICE() != nullptr) {
        result.price.push_back({Quantity(*p->quantity(0)), Quantity(*p->quantity(1)), SpanOf(*p)});
      }
      if (p->FIRST() != nullptr) result.first_token.push_back(Quantity(*p->quantity(0)));
      if (p->RETENTION() != nullptr) result.retention.push_back(Quantity(*p->quantity(0)));
      if (p->STATUS() != nullptr) result.status.push_back(Name(*p->name(0)));
      if (p->TAGS() != nullptr) Append(result.tags, Names(p->name()));
      if (p->ENDPOINT() != nullptr) result.endpoint.push_back(String(*p->STRING()));
      if (p->MODEL() != nullptr) result.upstream_model.push_back(String(*p->STRING()));
      if (p->KEY() != nullptr) result.key_env.push_back(Name(*p->name(0)));
      if (p->SEEN() != nullptr) result.seen_by.push_back({Names(p->name()), SpanOf(*p)});
      if (p->factProperty() != nullptr) AddFact(*p->factProperty(), result.provenance, result.own);
    }
    return result;
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
      } else {
        limits.deadline.push_back(Quantity(*limit->quantity()));
      }
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
    auto* promise = tree.promise();
    if (auto* every_reached = dynamic_cast<P::EveryReachedContext*>(promise)) {
      guarantee.promise = ast::EveryReached{DeploymentTest(*every_reached->deploymentTest())};
    } else if (auto* never_reached = dynamic_cast<P::NeverReachedContext*>(promise)) {
      guarantee.promise = ast::Never{DeploymentTest(*never_reached->deploymentTest())};
    } else if (auto* first_choice = dynamic_cast<P::FirstChoiceContext*>(promise)) {
      guarantee.promise = ast::FirstChoice{DeploymentTest(*first_choice->deploymentTest())};
    } else if (auto* served = dynamic_cast<P::ServedContext*>(promise)) {
      guarantee.promise = ast::Served{Names(served->name())};
    } else if (auto* survives = dynamic_cast<P::SurvivesContext*>(promise)) {
      ast::Survives promised{Number(*survives->NUMBER()), ast::Survives::Unit::kCountry};
      auto* unit = survives->lossUnit();
      if (unit->VENDOR() != nullptr || unit->VENDORS() != nullptr) promised.unit = ast::Survives::Unit::kVendor;
      if (unit->DEPLOYMENT() != nullptr || unit->DEPLOYMENTS() != nullptr) {
        promised.unit = ast::Survives::Unit::kDeployment;
      }
      guarantee.promise = promised;
    } else if (auto* bounded = dynamic_cast<P::BoundedContext*>(promise)) {
      ast::Bounded promised{Number(*bounded->NUMBER()), std::nullopt};
      if (bounded->quantity() != nullptr) promised.within = Quantity(*bounded->quantity());
      guarantee.promise = promised;
    }
    return guarantee;
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

  // --- Conditions ---------------------------------------------------------------------------------------------

  /// Reports the first place where the connective changes: without parentheses nobody can say what was meant.
  auto UniformConnective(const std::vector<P::ConnectiveContext*>& connectives) -> ast::Connective {
    auto which = [](P::ConnectiveContext* tree) {
      return tree->AND() != nullptr ? ast::Connective::kAnd : ast::Connective::kOr;
    };
    for (auto* tree : connectives) {
      if (which(tree) == which(connectives[0])) continue;
      std::string here = tree->getText();
      std::string before = connectives[0]->getText();
      emitter_.Report(Builder(Code::kR0107, SpanOf(*tree), "`" + here + "` follows `" + before + "` without parentheses")
                          .WithHint("put parentheses around the part that belongs together: `(a " + before + " b) " + here +
                                    " c` or `a " + before + " (b " + here + " c)`"));
      break;
    }
    return which(connectives[0]);
  }

  auto Condition(P::ConditionContext& tree) -> ast::Condition {
    auto terms = tree.conditionTerm();
    if (terms.size() == 1) return ConditionTerm(*terms[0]);
    ast::Condition result;
    result.kind = UniformConnective(tree.connective()) == ast::Connective::kAnd ? ast::Condition::Kind::kAll
                                                                                : ast::Condition::Kind::kAny;
    for (auto* term : terms) result.children.push_back(ConditionTerm(*term));
    result.span = SpanOf(tree);
    return result;
  }

  auto ConditionTerm(P::ConditionTermContext& tree) -> ast::Condition {
    if (auto* t = dynamic_cast<P::GroupedConditionContext*>(&tree)) return Condition(*t->condition());
    if (auto* t = dynamic_cast<P::PlainConditionContext*>(&tree)) return Comparison(t->comparison());
    ast::Condition result;
    result.kind = ast::Condition::Kind::kNot;
    result.children.push_back(ConditionTerm(*dynamic_cast<P::NotConditionContext&>(tree).conditionTerm()));
    result.span = SpanOf(tree);
    return result;
  }

  auto Comparison(P::ComparisonContext* tree) -> ast::Condition {
    ast::Condition result;
    result.span = SpanOf(*tree);
    auto set = [&](P::NameContext* subject, ast::Operator op, std::vector<ast::Value> values) {
      result.subject = Name(*subject);
      result.op = op;
      result.values = std::move(values);
    };
    using enum ast::Operator;
    if (auto* emptiness = dynamic_cast<P::EmptinessContext*>(tree)) {
      set(emptiness->name(), emptiness->NOT() != nullptr ? kIsNotEmpty : kIsEmpty, {});
    } else if (auto* equality = dynamic_cast<P::EqualityContext*>(tree)) {
      set(equality->name(), equality->NOT() != nullptr ? kIsNot : kIs, Choice(*equality->choice()));
    } else if (auto* membership = dynamic_cast<P::MembershipContext*>(tree)) {
      set(membership->name(), membership->NOT() != nullptr ? kNotIn : kIn, Choice(*membership->choice()));
    } else if (auto* inclusion = dynamic_cast<P::InclusionContext*>(tree)) {
      JoinedValues joined = Values(*inclusion->values());
      ast::Operator op = joined.how == JoinedValues::How::kEvery ? kIncludesAll : kIncludesEither;
      bool contradicts = (inclusion->ALL() != nullptr && joined.how == JoinedValues::How::kEither) ||
                         ((inclusion->ANY() != nullptr || inclusion->NONE() != nullptr) &&
                          joined.how == JoinedValues::How::kEvery);
      if (contradicts) {
        emitter_.Report(Builder(Code::kR0107, SpanOf(*tree),
                                inclusion->ALL() != nullptr ? "`all of` is followed by values joined by `or`"
                                                            : "`any of` and `none of` are followed by values joined by `and`")
                            .WithHint("list the values in braces: `{ a, b }`"));
      }
      if (inclusion->ALL() != nullptr) op = kIncludesAll;
      if (inclusion->ANY() != nullptr) op = kIncludesEither;
      if (inclusion->NONE() != nullptr) op = kIncludesNone;
      set(inclusion->name(), op, std::move(joined.values));
    } else if (auto* inequality = dynamic_cast<P::InequalityContext*>(tree)) {
      set(inequality->name(), Comparator(*inequality->comparator()), {Bound(*inequality->bound())});
    } else if (auto* interval = dynamic_cast<P::IntervalContext*>(tree)) {
      set(interval->name(), kBetween, {Bound(*interval->bound(0)), Bound(*interval->bound(1))});
    } else if (auto* prefix = dynamic_cast<P::PrefixContext*>(tree)) {
      std::vector<ast::Value> prefixes;
      for (auto* text : prefix->STRING()) prefixes.emplace_back(String(*text));
      set(prefix->name(), kStartsWith, std::move(prefixes));
    } else if (auto* applied = dynamic_cast<P::AppliedShapeContext*>(tree)) {
      result.path = Names(applied->name());
      set(applied->name().back(), kApply, ValueList(applied->arguments()->value()));
    } else {
      set(dynamic_cast<P::BareNameContext&>(*tree).name(), kBare, {});
    }
    return result;
  }

  // --- Deployment tests -----------------------------------------------------------------------------------------

  auto DeploymentTest(P::DeploymentTestContext& tree) -> ast::DeploymentTest {
    auto terms = tree.deploymentTerm();
    if (terms.size() == 1) return DeploymentTerm(*terms[0]);
    ast::DeploymentTest result;
    result.kind = UniformConnective(tree.connective()) == ast::Connective::kAnd ? ast::DeploymentTest::Kind::kAll
                                                                                : ast::DeploymentTest::Kind::kAny;
    for (auto* term : terms) result.children.push_back(DeploymentTerm(*term));
    result.span = SpanOf(tree);
    return result;
  }

  auto Negate(ast::DeploymentTest test, Span span) -> ast::DeploymentTest {
    ast::DeploymentTest result;
    result.kind = ast::DeploymentTest::Kind::kNot;
    result.children.push_back(std::move(test));
    result.span = span;
    return result;
  }

  auto DeploymentTerm(P::DeploymentTermContext& tree) -> ast::DeploymentTest {
    if (auto* t = dynamic_cast<P::GroupedDeploymentContext*>(&tree)) return DeploymentTest(*t->deploymentTest());
    if (auto* not_deployment = dynamic_cast<P::NotDeploymentContext*>(&tree)) {
      return Negate(DeploymentTerm(*not_deployment->deploymentTerm()), SpanOf(tree));
    }
    auto& plain = dynamic_cast<P::PlainDeploymentContext&>(tree);
    ast::DeploymentTest fact = Fact(plain.fact());
    return plain.NOT() != nullptr ? Negate(std::move(fact), SpanOf(tree)) : fact;
  }

  auto Fact(P::FactContext* tree) -> ast::DeploymentTest {
    ast::DeploymentTest result;
    result.span = SpanOf(*tree);
    auto values = [&](P::ValuesContext* list) {
      JoinedValues joined = Values(*list);
      if (joined.how == JoinedValues::How::kEvery) result.op = ast::Operator::kIncludesAll;
      if (joined.how == JoinedValues::How::kSet && joined.values.size() > 1) {
        emitter_.Report(Builder(Code::kR0107, SpanOf(*list), "it is not said whether all of these are needed, or any one")
                            .WithHint("join them with `and` or with `or` instead of braces"));
      }
      result.values = std::move(joined.values);
    };
    auto range = [&](ast::Fact fact, P::RangeContext* tree_of_range) {
      result.fact = fact;
      result.op = tree_of_range->comparator() != nullptr ? Comparator(*tree_of_range->comparator()) : ast::Operator::kBetween;
      for (auto* bound : tree_of_range->bound()) result.values.emplace_back(Bound(*bound));
    };
    using enum ast::Fact;
    if (auto* processed_fact = dynamic_cast<P::ProcessedFactContext*>(tree)) {
      result.fact = kProcessed;
      result.values = Choice(*processed_fact->choice());
    } else if (auto* headquarters_fact = dynamic_cast<P::HeadquartersFactContext*>(tree)) {
      result.fact = kHeadquarters;
      result.values = Choice(*headquarters_fact->choice());
    } else if (auto* identity_fact = dynamic_cast<P::IdentityFactContext*>(tree)) {
      result.fact = identity_fact->VENDOR() != nullptr ? kVendor : identity_fact->MODEL() != nullptr ? kModel
                    : identity_fact->DEPLOYMENT() != nullptr ? kDeployment : kStatus;
      result.values = Choice(*identity_fact->choice());
      if (identity_fact->NOT() != nullptr) return Negate(std::move(result), SpanOf(*tree));
    } else if (auto* certified_fact = dynamic_cast<P::CertifiedFactContext*>(tree)) {
      result.fact = kCertified;
      values(certified_fact->values());
    } else if (auto* capable_fact = dynamic_cast<P::CapableFactContext*>(tree)) {
      result.fact = kCapable;
      values(capable_fact->values());
    } else if (auto* price_fact = dynamic_cast<P::PriceFactContext*>(tree)) {
      range(price_fact->IN() != nullptr ? kPriceIn : kPriceOut, price_fact->range());
    } else if (auto* first_token_fact = dynamic_cast<P::FirstTokenFactContext*>(tree)) {
      range(kFirstToken, first_token_fact->range());
    } else if (auto* seen_fact = dynamic_cast<P::SeenFactContext*>(tree)) {
      bool only = seen_fact->ONLY() != nullptr;
      result.fact = seen_fact->BY() != nullptr ? (only ? kSeenOnlyBy : kSeenBy) : only ? kSeenOnlyFrom : kSeenFrom;
      result.values = Choice(*seen_fact->choice());
    } else if (auto* own_fact = dynamic_cast<P::OwnFactContext*>(tree)) {
      result.fact = kOwn;
      result.work = ast::Name{own_fact->IDENTIFIER()->getText(), SpanOf(*own_fact->IDENTIFIER()->getSymbol())};
      result.values = Choice(*own_fact->choice());
      if (own_fact->NOT() != nullptr) return Negate(std::move(result), SpanOf(*tree));
    } else if (auto* own_range_fact = dynamic_cast<P::OwnRangeFactContext*>(tree)) {
      range(kOwn, own_range_fact->range());
      result.work = ast::Name{own_range_fact->IDENTIFIER()->getText(), SpanOf(*own_range_fact->IDENTIFIER()->getSymbol())};
    } else if (auto* retention_fact = dynamic_cast<P::RetentionFactContext*>(tree)) {
      range(kRetention, retention_fact->range());
    } else if (auto* quality_fact = dynamic_cast<P::QualityFactContext*>(tree)) {
      range(kQuality, quality_fact->range());
      if (quality_fact->name() != nullptr) result.work = Name(*quality_fact->name());
    } else if (auto* context_fact = dynamic_cast<P::ContextFactContext*>(tree)) {
      range(kContext, context_fact->range());
    } else if (auto* group_fact = dynamic_cast<P::GroupFactContext*>(tree)) {
      result.fact = kGroup;
      result.values = Choice(*group_fact->choice());
    } else if (auto* tagged_fact = dynamic_cast<P::TaggedFactContext*>(tree)) {
      result.fact = kTag;
      values(tagged_fact->values());
    } else {
      auto& tag = dynamic_cast<P::TagFactContext&>(*tree);
      result.fact = kTag;
      result.values.emplace_back(ast::Name{tag.IDENTIFIER()->getText(), SpanOf(*tree)});
    }
    return result;
  }

  FileId file_;
  const CodePointMap& map_;
  diagnostics::Emitter& emitter_;
};

}  // namespace

auto BuildDeclaration(P::DeclarationContext& tree, FileId file, const CodePointMap& map, diagnostics::Emitter& emitter)
    -> ast::Declaration {
  return TreeBuilder(file, map, emitter).Declaration(tree);
}

}  // namespace route::syntax

namespace route::ast {

auto SpanOf(const Value& value) -> Span {
  return std::visit([](const auto& alternative) { return alternative.span; }, value);
}

}  // namespace route::ast
