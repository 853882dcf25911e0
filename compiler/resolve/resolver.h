#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/base/source.h"
#include "compiler/diagnostics/diagnostic.h"
#include "compiler/ir/policy.h"
#include "compiler/resolve/resolve.h"
#include "compiler/resolve/shapes.h"
#include "compiler/syntax/ast.h"
#include "runtime/table/table.h"

namespace route::resolve {

/// Names of one kind, each with the index of what it names.
class Symbols {
 public:
  /// False if the name is already there.
  auto Add(const std::string& name, std::uint32_t index, Span span) -> bool;
  /// What a use of the name refers to.
  auto Find(const std::string& name) -> std::optional<std::uint32_t>;
  /// Is there such a name? Asking is no use of it.
  auto Contains(const std::string& name) const -> bool { return entries_.contains(name); }
  /// The names that nothing has found, with their places, in the order of the text.
  auto Unused() const -> std::vector<std::pair<std::string, Span>>;
  auto SpanOf(const std::string& name) const -> Span { return entries_.at(name).span; }

  /// The first name added that readers take for this one; nothing if there is none but itself.
  auto Lookalike(const std::string& name) const -> std::optional<std::string>;

  /// Every name, sorted.
  auto Names() const -> std::vector<std::string>;

 private:
  struct Entry {
    std::uint32_t index;
    Span span;
    bool used = false;
  };
  std::map<std::string, Entry> entries_;
  std::map<std::string, std::string> by_skeleton_;
};

/// A group, or what a tier names directly: candidates in order, before the request is known.
struct ResolvedSelection {
  std::vector<ir::Candidate> candidates;
  TierOrder order = TierOrder::kAsListed;
  std::optional<std::uint32_t> limit;
  enum class OrderedBy : std::uint8_t { kList, kSelection };
  OrderedBy ordered_by = OrderedBy::kList;  ///< kSelection: `cheapest …` and the like, which another order would undo
};

inline constexpr std::size_t kMaxMembers = 64;              ///< an any-of value is one 64-bit word
inline constexpr std::string_view kNothing = "nothing";     ///< as compiler/ir/text.h writes an empty set
inline constexpr std::string_view kNobody = "nobody";  ///< `seen by nobody`

/// The same word with capital letters, as codes of countries are written.
auto Upper(std::string text) -> std::string;

/// The test that holds where this one does not.
auto Negate(ir::DeploymentTest test) -> ir::DeploymentTest;

/// The state of one Resolve. Its methods are divided over the .cpp files of this folder by what they resolve.
class Resolver {
 public:
  Resolver(const SourceSet& sources, const LoadedPolicy& loaded, const Options& options, diagnostics::Emitter& emitter)
      : sources_(sources), loaded_(loaded), options_(options), emitter_(emitter) {}

  auto Run() -> ir::Policy;

 private:
  static constexpr std::uint64_t kMaxComparisons = 2'000'000;
  static constexpr std::uint32_t kMaxConditionDepth = 500;

  using Countries = std::vector<std::uint32_t>;  // sorted indices into route::Countries()

  template <typename T, typename Method>
  void ForEach(Method method) {
    for (const LoadedDeclaration& each : loaded_.declarations) {
      layer_ = each.layer;
      if (const T* t = std::get_if<T>(each.declaration)) (this->*method)(*t);
    }
  }

  // --- symbols.cpp, fixes.cpp
  /// What is wrong inside a shape is told with the place where the shape is used.
  void Report(diagnostics::Builder&& builder);
  void Error(diagnostics::Code code, Span span, std::string message, std::string hint = {});
  /// The same with a fix, if there is one, that does what the hint says.
  void Error(diagnostics::Code code, Span span, std::string message, std::string hint,
             std::optional<diagnostics::Fix> fix);
  /// How a property that a declaration cannot do without is written, and where its value is found.
  static auto HintFor(std::string_view property) -> std::string;
  /// The file of the library that declares such a thing and is not imported; empty if there is none.
  auto LibraryThatDeclares(std::string_view kind, std::string_view name) const -> std::string;
  void UnknownName(std::string_view kind, const ast::Name& name, const std::vector<std::string>& known);
  auto Declare(Symbols& symbols, std::string_view kind, const ast::Name& name, std::uint32_t index) -> bool;
  /// One statement of a property: the only one; or nothing, reported if it is stated twice or, if required, not at all.
  enum class Need : std::uint8_t { kRequired, kOptional };
  template <typename T>
  auto Only(const std::vector<T>& statements, Need need, const ast::Name& owner, std::string_view property) -> const T*;
  auto TextOf(Span span) const -> std::string;  // on one line
  auto Replace(Span span, std::string replacement) const -> diagnostics::Fix;
  /// Writes a text that should be a name, or a name that should be a text, as the other one.
  auto AsNameFix(const ast::Value& value) const -> std::optional<diagnostics::Fix>;
  auto AsTextFix(const ast::Value& value) const -> std::optional<diagnostics::Fix>;
  /// Reports a condition or an attribute that stands where a value should: what follows an `or` may be the next
  /// comparison, so no other word may be put in its place.
  auto IsQuestion(const ast::Name& name, std::string_view owner) -> bool;
  /// Puts another word in the place of the one that follows the subject of a comparison.
  auto WordFix(const ast::Condition& comparison, std::string_view word, std::string replacement) const
      -> std::optional<diagnostics::Fix>;
  /// Exchanges the two ends of a range.
  auto ExchangeFix(const std::vector<ast::Value>& ends) const -> std::optional<diagnostics::Fix>;
  /// Puts a declaration behind the imports and the `policy` line of a file.
  auto InsertFix(FileId file, const std::string& declaration) const -> diagnostics::Fix;
  /// `write `5%``; for a time, of which it is not known what was meant, `write `5 ms` or `5 s`` and no fix.
  auto IsCutOffThousands(Span number) const -> bool;
  auto ThousandsFix(Span number) const -> diagnostics::Fix;
  auto MissingUnitHint(const ast::Quantity& quantity, Unit unit) const -> std::string;
  auto MissingUnitFix(const ast::Quantity& quantity, Unit unit) const -> std::optional<diagnostics::Fix>;
  auto WithoutUnitFix(Span quantity) const -> std::optional<diagnostics::Fix>;
  /// Takes out the second of two statements of a property if they say the same.
  auto SameTwiceFix(std::string_view words, Span first, Span second) const -> std::optional<diagnostics::Fix>;
  void ListedTwice(const std::vector<ast::Value>& values, std::size_t second);
  auto DistinctNames(const std::vector<ast::Name>& names, std::string_view what) -> std::vector<std::string>;

  // --- lookalikes.cpp
  void ReportLookalike(std::string_view kind, const ast::Name& name, const std::string& other, Span other_span);
  void CheckLookalikes(std::string_view kind, const std::vector<ast::Name>& names);

  // --- shapes.cpp
  /// Each parameter is declared once, and the body speaks of each. Does nothing, and costs nothing, without parameters.
  template <typename T>
  void CheckParameters(const std::vector<ast::Name>& parameters, const T& body);
  void ReportParameters(const std::vector<ast::Name>& parameters, const std::set<std::string>& used);
  /// Reports that there is no such shape, and which file of the library has to be imported, if the path names one.
  void UnknownShape(std::string_view kind, const std::vector<ast::Name>& path, const std::vector<std::string>& known);
  /// Is the shape in the file that is named, and are there as many arguments as parameters? Reports what is not.
  auto FitArguments(std::string_view kind, const ast::Name& shape, const std::vector<ast::Name>& parameters,
                    const ast::Application& application) -> bool;
  /// The body of a shape with its parameters replaced; nothing, reported, if an argument stands where only a name can.
  template <typename T>
  auto Bind(const ast::Name& shape, const std::vector<ast::Name>& parameters, const std::vector<ast::Value>& arguments,
            const T& body) -> std::optional<T>;
  void ReportMisfits(const Bindings& bindings, const ast::Name& shape);
  /// Rules and guarantees with parameters.
  template <typename T>
  struct Shapes {
    std::string_view kind;
    Symbols names;
    std::vector<const T*> list;
    std::set<std::uint32_t> applied;
  };
  template <typename T>
  void AddShape(Shapes<T>& shapes, const T& declared);
  /// Warns of rules and guarantees with parameters that the root file declares and nothing applies: they say nothing.
  void CheckShapesApplied();
  template <typename T>
  void CheckApplied(const Shapes<T>& shapes);
  template <typename T>
  auto ApplyShape(Shapes<T>& shapes, const ast::Application& application) -> std::optional<T>;

  // --- unused.cpp
  /// Files that are imported are catalogues and libraries, of which a policy takes what it needs.
  auto IsInRootFile(Span span) const -> bool { return !loaded_.files.empty() && span.file == loaded_.files.back().id; }
  /// Warn of what the root file declares and nothing uses (R0412), if that is asked for: of named conditions before they
  /// are resolved for their own sake, of the rest after that, so that what an unused condition speaks of counts as used.
  void CheckConditionsUsed();
  void CheckUsed();
  void ReportUnused(std::string_view kind, const Symbols& symbols, std::string_view hint);

  // --- jurisdictions.cpp
  void AddJurisdiction(const ast::Jurisdiction& declared);
  auto CountriesOf(const ast::Name& name) -> const Countries*;
  auto CountriesOf(const std::vector<ast::Value>& values) -> Countries;
  /// A deployment or a vendor lies in one country: reports what is none.
  auto CountryOf(const ast::Name& name, std::string_view hint) -> std::optional<Country>;
  auto ProvenanceOf(const ast::Provenance& provenance, const ast::Name& owner) -> ir::Provenance;

  // --- attributes.cpp
  void AddNamedType(const ast::NamedType& declared);
  void AddAttribute(const ast::Attribute& declared);
  /// The type, looked up if it is named; nothing, reported, if there is none.
  auto TypeOf(const ast::TypeUse& use) -> const ast::Type*;
  /// Fills the kind, the values, the unit and the maximum.
  enum class Maximum : std::uint8_t { kNeeded, kOptional };
  void ApplyType(const ast::Type& type, Maximum need, ir::Attribute& attribute);
  void CheckSources(const ast::Attribute& declared, const ast::Type& type, ir::Attribute& attribute);
  /// A classifier that no service answers needs a default; what is always measured can't use one.
  void CheckDefault(const ast::Attribute& declared, const ir::Attribute& attribute);

  // --- values.cpp
  auto ValueOf(const ir::Attribute& attribute, const std::vector<ast::Value>& values) -> std::optional<ir::Value>;
  auto MemberOf(const ir::Attribute& attribute, const ast::Value& value) -> std::optional<std::uint32_t>;
  /// A quantity as the unit counts: seconds become milliseconds. Reports a wrong or missing unit.
  enum class UnitNeed : std::uint8_t { kStated, kMayBeLeftOut };
  auto NumberIn(const ast::Quantity& quantity, Unit unit, UnitNeed need) -> std::optional<Decimal>;

  // --- conditions.cpp
  auto ResolveCondition(const ast::Condition& condition) -> ir::Condition;
  auto ResolveConditionTree(const ast::Condition& condition) -> ir::Condition;
  auto ResolveComparison(const ast::Condition& condition) -> ir::Condition;
  auto ResolveNumberComparison(const ast::Condition& condition, AttributeId id) -> ir::Condition;
  auto ResolveBareName(const ast::Condition& condition) -> ir::Condition;
  auto ResolveNamed(const ast::Name& name) -> ir::Condition;
  auto ResolveApplied(const ast::Condition& condition) -> ir::Condition;
  /// Is the condition being resolved already? Reports it (R0211).
  auto IsDefinedByItself(std::uint32_t index, Span used_at) -> bool;
  auto ResolveWeekdayInterval(const ast::Condition& condition, AttributeId id) -> ir::Condition;
  void AddCondition(const ast::NamedCondition& declared);
  void KeepCondition(const ast::NamedCondition& declared);
  auto ResolveClauses(const std::vector<ast::Clause>& clauses, const ast::Dates& dates, Span span) -> ir::Condition;
  void DateClause(const ast::Quantity& date, ast::Operator op, std::vector<ir::Condition>& parts);

  // --- properties.cpp
  struct DeclaredProperty {
    ir::Attribute type;  // as if it were an attribute, for the checks of types and values
    ast::Owner owner;
    std::optional<ir::OwnFact> fallback;
  };
  void AddProperty(const ast::Property& declared);
  /// A bare name in a test is a property or a tag. If it could be both, a policy could give a test of what it extends
  /// another meaning.
  void CheckPropertyNames();
  using OwnFacts = std::map<std::string, ir::OwnFact>;
  auto OwnFactsOf(const std::vector<ast::OwnFact>& facts, ast::Owner owner, const ast::Name& name) -> OwnFacts;
  auto OwnFactOf(const ir::Attribute& type, const ast::Value& value) -> std::optional<ir::OwnFact>;
  auto ResolveYesProperty(const ast::Name& name, Span span) -> ir::DeploymentTest;
  auto ResolveOwnFact(const ast::DeploymentTest& test) -> ir::DeploymentTest;

  // --- catalogue.cpp
  void AddVendor(const ast::Vendor& declared);
  void AddModel(const ast::Model& declared);
  void AddDeployment(const ast::Deployment& declared);
  /// What every recipient states. False if its vendor is not known.
  auto AddRecipient(const ast::Recipient& declared, ir::Recipient& recipient) -> bool;

  // --- services.cpp
  /// Before the attributes, whose sources the services answer.
  void AddQuestion(const ast::Service& declared);
  auto IsAnsweredByService(const ir::Source& source) const -> bool;
  auto IsAnsweredByService(const ast::Source& source) const -> bool { return IsAnsweredByService(ir::Source{source.kind, source.argument}); }
  void AddService(const ast::Service& declared);
  /// Reports a service that stands where only a deployment can.
  auto IsService(const ast::Name& name) -> bool;
  void CheckServices();
  auto ObserversOf(const std::vector<ast::Name>& names) -> std::vector<VendorId>;
  auto FactNumber(const ast::Quantity& quantity, ast::UnitWord unit, std::string_view unit_text) -> Decimal;

  // --- deployment_tests.cpp
  auto ResolveTest(const ast::DeploymentTest& test) -> ir::DeploymentTest;
  auto ResolveFact(const ast::DeploymentTest& test) -> ir::DeploymentTest;
  void NameExpected(const std::string& what, const ast::Value& value);
  auto ResolveNames(const ast::DeploymentTest& test, const std::vector<std::string>& known, std::string_view what,
                    ir::DeploymentTest::Kind kind) -> ir::DeploymentTest;
  /// Resolves, and reports facts that the test reads and some deployment does not state (R0303).
  enum class About : std::uint8_t { kDeployments, kEveryRecipient };
  auto ResolveStrictTest(const ast::DeploymentTest& test, About about = About::kEveryRecipient) -> ir::DeploymentTest;
  /// `low <= fact < high` of an inequality or a `between`. Reports ends in the wrong order.
  struct Range {
    std::int64_t low;
    std::int64_t high;
  };
  auto RangeOf(const ast::DeploymentTest& test, const std::vector<std::int64_t>& ends) -> Range;
  void CheckFactsStated(const ir::DeploymentTest& test, About about);
  /// True only if the stated facts make it true: an unstated fact is neither true nor false.
  auto SurelyHolds(const ir::DeploymentTest& test, DeploymentId deployment) const -> bool;

  // --- selections.cpp
  void AddGroup(const ast::Group& declared);
  auto ResolveSelection(const ast::Selection& selection) -> ResolvedSelection;
  auto ResolveMembers(const ast::Members& members) -> ResolvedSelection;
  void ApplyOrder(ResolvedSelection& selection, TierOrder order, Span span);
  /// `by …` behind a selection or a list.
  void ReplaceOrder(ResolvedSelection& selection, const ast::Order& order);
  auto ResolveTier(const ast::Tier& tier) -> ir::Tier;
  auto PositiveInteger(const ast::Quantity& quantity, std::uint32_t most, std::string_view what)
      -> std::optional<std::uint32_t>;
  auto Milliseconds(const ast::Quantity& quantity, std::string_view what) -> std::optional<std::uint32_t>;

  // --- layers.cpp
  void SetLayers();
  void CheckLayers();
  auto IsPart() const -> bool;

  // --- rules.cpp
  void SetLimits(const ast::LimitsBlock& limits);
  auto AnswerTokens(const ast::Quantity& quantity) -> std::optional<std::uint32_t>;
  /// An amount of money that nothing can overflow with. Reports a wrong unit.
  auto Usd(const ast::Quantity& quantity, std::string_view what) -> std::optional<Decimal>;
  auto HundredthCents(const ast::Quantity& quantity) -> std::optional<std::uint32_t>;
  /// A limit of the cost needs one of the answer and the size of the prompt.
  void CheckLimits();
  void AddRuleShape(const ast::Rule& declared) { AddShape(rule_shapes_, declared); }
  void AddRule(const ast::Rule& declared);
  void AddWrittenRule(const ast::Rule& declared);
  void AddRefusal(const ast::Refuse& declared);
  void AddRoute(const ast::Route& declared);
  void OrderRoutes();
  void AddImpliedRules();
  void ImplyCapabilities(AttributeId needs);
  void ImplyContextWindows(AttributeId prompt);
  void ImplyAffordablePrompts(AttributeId prompt);
  auto ImpliedRule(const std::string& name, ir::Rule::Origin origin, AttributeId attribute) const -> ir::Rule;
  void CheckClasses();

  // --- promises.cpp
  /// Warns of promises to serve every request that say nothing about those which lack a value.
  void CheckServed();
  void AddGuaranteeShape(const ast::Guarantee& declared) { AddShape(guarantee_shapes_, declared); }
  void AddGuarantee(const ast::Guarantee& declared);
  void AddWrittenGuarantee(const ast::Guarantee& declared, std::string text);
  /// The promise; nothing, reported, if it cannot be one.
  auto ResolvePromise(const ast::Guarantee& declared, const ir::Condition& premise) -> std::optional<ir::Promise>;
  auto ResolvePromise(const ast::Survives& declared) -> ir::SurvivesLoss;
  auto ResolvePromise(const ast::Bounded& declared) -> ir::Bounded;
  auto ResolvePromise(const ast::CostsAtMost& declared) -> std::optional<ir::CostsAtMost>;
  auto ResolvePromise(const ast::Compared& declared, const ir::Condition& premise) -> std::optional<ir::Compared>;
  auto ResolveSetting(const ast::Setting& setting) -> std::optional<std::pair<AttributeId, ir::Value>>;
  /// Reports what a cost cannot be computed without: the prompt's size, and a limit of the answer.
  auto CostIsBounded(Span where, std::string_view what) -> bool;
  void AddTest(const ast::Test& declared);
  void AddCase(const ast::Test& declared, const ast::Case& row, std::map<std::string, std::uint32_t>& names);
  auto TestOf(const std::vector<ast::Assignment>& given, const std::vector<ast::Expectation>& expectations) -> ir::Test;
  auto RefusalsOf(const std::vector<ast::Name>& names) -> std::vector<RefusalId>;

  const SourceSet& sources_;
  const LoadedPolicy& loaded_;
  const Options& options_;
  diagnostics::Emitter& emitter_;
  ir::Policy policy_;

  std::uint32_t layer_ = 0;               // of the declaration that is being resolved
  std::vector<Span> applied_at_;          // uses of the shapes that are being resolved
  Symbols type_names_;
  std::vector<const ast::NamedType*> types_;
  Symbols property_names_;
  std::vector<DeclaredProperty> properties_;
  std::vector<OwnFacts> vendor_facts_;
  std::vector<OwnFacts> model_facts_;
  Shapes<ast::Rule> rule_shapes_{"rule", {}, {}, {}};
  Shapes<ast::Guarantee> guarantee_shapes_{"guarantee", {}, {}, {}};
  Symbols jurisdiction_names_;
  std::vector<Countries> jurisdictions_;
  std::map<std::string, Countries> single_countries_;
  Symbols attribute_names_;
  Symbols condition_names_;
  std::vector<const ast::NamedCondition*> conditions_;
  std::uint64_t comparisons_ = 0;               // resolved so far
  bool depth_reported_ = false;
  std::uint32_t condition_depth_ = 0;           // of the tree being resolved, named conditions written out
  std::vector<std::uint32_t> conditions_open_;  // being resolved, to find cycles
  Symbols vendor_names_;
  Symbols model_names_;
  Symbols deployment_names_;
  Symbols service_names_;
  std::vector<ir::Source> answered_;  // by services, in the order of the text
  Symbols group_names_;
  std::vector<ResolvedSelection> groups_;
  Symbols rule_names_;  // rules and refusals, which one log field names
  Symbols refusal_names_;
  Symbols route_names_;
  Symbols guarantee_names_;
  Symbols test_names_;
  std::optional<std::uint32_t> limits_layer_;  // of the last `limits`
  std::optional<Span> cost_limit_;             // where a limit of the cost is stated
};

template <typename T>
auto Resolver::Only(const std::vector<T>& statements, Need need, const ast::Name& owner, std::string_view property)
    -> const T* {
  if (statements.empty()) {
    if (need == Need::kRequired) {
      Error(diagnostics::Code::kR0301, owner.span,
            "`" + owner.text + "` does not say its `" + std::string(property) + "`", HintFor(property));
    }
    return nullptr;
  }
  if (statements.size() > 1) {
    // `key env NAME` is the one property whose name is not all that stands before its value.
    std::string words = property == "key" ? "key env" : std::string(property);
    Error(diagnostics::Code::kR0302, statements[1].span,
          "`" + owner.text + "` says its `" + std::string(property) + "` twice", "take one of the two out",
          SameTwiceFix(words, statements[0].span, statements[1].span));
  }
  return &statements[0];
}

template <typename T>
void Resolver::CheckParameters(const std::vector<ast::Name>& parameters, const T& body) {
  if (parameters.empty()) return;
  Bindings bindings(parameters, {parameters.begin(), parameters.end()});
  bindings.Apply(body);
  ReportParameters(parameters, bindings.used());
}

template <typename T>
auto Resolver::Bind(const ast::Name& shape, const std::vector<ast::Name>& parameters,
                    const std::vector<ast::Value>& arguments, const T& body) -> std::optional<T> {
  Bindings bindings(parameters, arguments);
  T bound = bindings.Apply(body);
  ReportMisfits(bindings, shape);
  if (!bindings.misfits().empty()) return std::nullopt;
  return bound;
}

template <typename T>
void Resolver::AddShape(Shapes<T>& shapes, const T& declared) {
  if (declared.parameters.empty()) return;
  CheckParameters(declared.parameters, declared);
  auto index = static_cast<std::uint32_t>(shapes.list.size());
  if (Declare(shapes.names, std::string(shapes.kind) + " with parameters", declared.name, index)) shapes.list.push_back(&declared);
}

template <typename T>
void Resolver::CheckApplied(const Shapes<T>& shapes) {
  for (std::uint32_t i = 0; i < shapes.list.size(); ++i) {
    const ast::Name& name = shapes.list[i]->name;
    if (shapes.applied.contains(i) || !IsInRootFile(name.span)) continue;
    Report(diagnostics::Builder(diagnostics::Code::kR0408, name.span,
                                "nothing applies the " + std::string(shapes.kind) + " `" + name.text + "`, so it says nothing")
               .WithRules({name.text})
               .WithHint("apply it, for example `" + std::string(shapes.kind) + " NAME = " + name.text + "(" +
                         shapes.list[i]->parameters.front().text + ")`, or take its parameters out"));
  }
}

template <typename T>
auto Resolver::ApplyShape(Shapes<T>& shapes, const ast::Application& application) -> std::optional<T> {
  auto found = shapes.names.Find(application.path.back().text);
  if (!found) {
    UnknownShape(std::string(shapes.kind) + " with parameters", application.path, shapes.names.Names());
    return std::nullopt;
  }
  shapes.applied.insert(*found);
  const T& shape = *shapes.list[*found];
  if (!FitArguments(shapes.kind, shape.name, shape.parameters, application)) return std::nullopt;
  return Bind(shape.name, shape.parameters, application.arguments, shape);
}

}  // namespace route::resolve
