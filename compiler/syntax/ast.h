#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "compiler/base/source.h"
#include "runtime/values/date.h"
#include "runtime/values/decimal.h"
#include "runtime/values/schema.h"

/// What a file says, as it was written: names are not yet looked up and types are not yet checked.
namespace route::ast {

struct Name {
  std::string text;
  Span span;
};

struct String {
  std::string text;  ///< without quotes, escapes resolved
  Span span;
};

/// The unit word beside a number. Seconds and milliseconds stay apart here, so that text can be printed back.
enum class UnitWord : std::uint8_t { kNone, kPercent, kTokens, kMilliseconds, kSeconds, kUsd, kEur, kDays, kTimeOfDay };

/// A number with its unit, a date, or a time of day.
struct Quantity {
  Decimal number;  ///< of a time of day: the minutes since midnight
  UnitWord unit = UnitWord::kNone;
  std::optional<Date> date;
  Span span;
};

using Value = std::variant<Name, Quantity, String>;

auto SpanOf(const Value& value) -> Span;

enum class Connective : std::uint8_t { kAnd, kOr };

/// What a comparison asks. `kBare` is a name alone: a named condition or a yes/no attribute; `kApply` a condition with
/// parameters and their values.
enum class Operator : std::uint8_t {
  kBare, kIs, kIsNot, kIn, kNotIn, kIncludesEither, kIncludesAll, kIncludesNone, kIsEmpty, kIsNotEmpty,
  kLess, kLessEqual, kGreater, kGreaterEqual, kBetween, kStartsWith, kApply,
};

struct Condition {
  enum class Kind : std::uint8_t { kAll, kAny, kNot, kComparison };
  Kind kind = Kind::kComparison;
  std::vector<Condition> children;  ///< of kAll, kAny and kNot
  Name subject;                     ///< of a comparison; so are the rest. kApply: the shape
  std::vector<Name> path;           ///< kApply: the shape's name with the file's before it, `std.data_classes.special`
  Operator op = Operator::kBare;
  std::vector<Value> values;        ///< kBetween: the two ends; kApply: the arguments
  Span span;
};

/// `when A unless B` is kept as the list of its clauses; all of them must let the request through.
struct Clause {
  enum class Kind : std::uint8_t { kWhen, kUnless };
  Kind kind = Kind::kWhen;
  Condition condition;
};

enum class Fact : std::uint8_t {
  kProcessed, kHeadquarters, kVendor, kModel, kDeployment, kService, kStatus, kCertified, kCapable, kPriceIn, kPriceOut,
  kFirstToken, kRetention, kQuality, kContext, kGroup, kTag, kSeenBy, kSeenOnlyBy, kSeenFrom, kSeenOnlyFrom, kOwn,
};

struct DeploymentTest {
  enum class Kind : std::uint8_t { kAll, kAny, kNot, kFact };
  Kind kind = Kind::kFact;
  std::vector<DeploymentTest> children;
  Fact fact = Fact::kTag;
  std::optional<Name> work;         ///< `quality code`; of kOwn: the property
  Operator op = Operator::kIs;      ///< kIs: one of `values`; kIncludesAll: every one of them; or an inequality
  std::vector<Value> values;
  Span span;
};

// --- Declarations -------------------------------------------------------------------------------------------

struct PolicyLine {
  Name name;
  std::optional<Name> extends;
  std::optional<String> version;
};

struct Import {
  std::optional<String> path;   ///< `import "catalog.route"`
  std::vector<Name> library;    ///< `import std.jurisdictions`
  Span span;
};

/// When a fact was last compared with its source, and what that source is. Lists, so that a second one can be reported.
struct Provenance {
  std::vector<Quantity> as_of;
  std::vector<String> source;
};

struct Jurisdiction {
  Name name;
  std::optional<String> title;
  std::vector<Name> members;
  Provenance provenance;
};

struct Source {
  SourceKind kind = SourceKind::kTenant;
  std::string argument;
  Span span;
};

struct Type {
  AttributeKind kind = AttributeKind::kYesNo;
  enum class Word : std::uint8_t { kNone, kTime, kWeekday };
  Word word = Word::kNone;  ///< kTime is kept as a kNumber, kWeekday as a kOneOf
  std::vector<Name> names;
  Unit unit = Unit::kNone;
  std::optional<Quantity> maximum;
  Span span;
};

struct NamedType {
  Name name;
  Type type;
  Provenance provenance;
};

/// A type as written out, or the name of one.
using TypeUse = std::variant<Type, Name>;

struct Attribute {
  Name name;
  TypeUse type;
  std::vector<Source> sources;
  std::vector<Value> fallback;  ///< empty: none declared
};

struct NamedCondition {
  Name name;
  std::vector<Name> parameters;
  Condition condition;
};

/// `std.guarantees.eu_residency(data)`: a shape with the values of its parameters.
struct Application {
  std::vector<Name> path;  ///< the last one names the shape
  std::vector<Value> arguments;
  Span span;
};

enum class Owner : std::uint8_t { kVendor, kModel, kDeployment };

/// A fact that the policy's author declares: `property hosting of deployments one of shared, dedicated`.
struct Property {
  Name name;
  Owner owner = Owner::kDeployment;
  TypeUse type;
  std::optional<Value> fallback;
};

/// The value of such a property: `hosting dedicated`.
struct OwnFact {
  Name property;
  Value value;
};

struct Vendor {
  Name name;
  std::vector<Name> headquarters;  ///< every statement of it, so that a second one can be reported
  std::vector<Name> certifications;
  Provenance provenance;
  std::vector<OwnFact> own;
};

struct WorkQuality {
  std::optional<Name> work;
  Quantity value;
};

struct Model {
  Name name;
  std::vector<WorkQuality> qualities;
  std::vector<Quantity> context;
  std::vector<Name> capabilities;
  std::vector<Name> licence;
  std::vector<Name> tags;
  Provenance provenance;
  std::vector<OwnFact> own;
};

struct Price {
  Quantity in;
  Quantity out;
  Span span;
};

/// `seen by mistral, ovhcloud`
struct SeenBy {
  std::vector<Name> names;
  Span span;
};

/// What everyone to whom a prompt can be sent says: deployments and services.
struct Recipient {
  Name name;
  std::vector<Name> vendor;
  std::vector<Name> processed_in;
  std::vector<Quantity> retention;
  std::vector<Name> status;
  std::vector<Name> tags;
  std::vector<String> endpoint;
  std::vector<Name> key_env;
  std::vector<SeenBy> seen_by;
  Provenance provenance;
  std::vector<OwnFact> own;
};

struct Deployment : Recipient {
  Name model;
  std::vector<Price> price;
  std::vector<Quantity> first_token;
  std::vector<String> upstream_model;
};

/// `service triage answers classifier "difficulty" { … }`
struct Service : Recipient {
  Source answers;
  std::vector<Quantity> within;
};

struct Member {
  Name name;
  std::optional<Quantity> weight;
};

struct Selection {
  std::optional<TierOrder> order;      ///< of `cheapest`, `fastest`, `best`
  std::optional<Quantity> count;       ///< `cheapest 3`
  enum class Number : std::uint8_t { kOne, kMany };
  Number number = Number::kMany;       ///< `deployment` means one, `deployments` all
  std::optional<DeploymentTest> test;
  Span span;
};

using Members = std::vector<Member>;

struct Order {
  TierOrder order = TierOrder::kAsListed;
  Span span;
};

struct Group {
  Name name;
  std::variant<Selection, Members> what;
  std::optional<Order> order;
};

struct LimitsBlock {
  std::vector<Quantity> attempts;
  std::vector<Quantity> deadline;
  std::vector<Quantity> answer;
  std::vector<Quantity> cost;
  Span span;
};

struct Effect {
  enum class Kind : std::uint8_t { kRequire, kForbid };
  Kind kind = Kind::kRequire;
  DeploymentTest test;
};

struct Dates {
  std::optional<Quantity> from;
  std::optional<Quantity> until;
};

struct Rule {
  Name name;
  std::optional<Application> shape;  ///< `= shape(…)`: nothing else is stated then but the reason
  std::vector<Name> parameters;
  Dates dates;
  std::vector<Clause> clauses;
  std::vector<Effect> effects;
  std::optional<String> because;
};

struct Refuse {
  Name name;
  Dates dates;
  std::vector<Clause> clauses;
  std::optional<String> reason;
};

struct Tier {
  std::variant<Selection, Name, Members> target;
  std::vector<Order> order;
  std::vector<Quantity> within;
  std::vector<Quantity> retry;
  Span span;
};

struct Route {
  Name name;
  Dates dates;
  std::vector<Clause> clauses;
  std::vector<Tier> tiers;
};

struct EveryReached {
  DeploymentTest test;
};
struct Never {
  DeploymentTest test;
};
struct FirstChoice {
  DeploymentTest test;
};
struct Served {
  std::vector<Name> unless_refused_by;
};
struct Survives {
  enum class Unit : std::uint8_t { kDeployment, kVendor, kCountry };
  Quantity count;
  Unit unit = Unit::kVendor;
};
struct Bounded {
  Quantity attempts;
  std::optional<Quantity> within;
};
struct CostsAtMost {
  Quantity usd;
};

/// `tier platinum`
struct Setting {
  Name attribute;
  std::vector<Value> values;
  Span span;
};
/// `every request with tier platinum is served if the same request with tier gold is`
struct Compared {
  enum class What : std::uint8_t { kAllowed, kServed, kFirstChoiceAtLeast, kFirstChoiceAtMost };
  What what = What::kAllowed;
  Setting with;
  Setting than;
  Fact fact = Fact::kQuality;  ///< of a first choice: one of those that are numbers
  std::optional<Name> work;    ///< `quality code`
  Span fact_span;
};

struct Guarantee {
  Name name;
  std::optional<Application> shape;  ///< `= shape(…)`: nothing else is stated then
  std::vector<Name> parameters;
  std::optional<Condition> premise;
  std::variant<EveryReached, Never, FirstChoice, Served, Survives, Bounded, CostsAtMost, Compared> promise;
  Span span;
};

/// `accept R0504 for a, b because "…"`: warnings that the author has looked at.
struct Accept {
  Name code;
  std::vector<Name> subjects;  ///< empty: wherever it stands
  String because;
  Span span;
};

struct Assignment {
  Name attribute;
  std::vector<Value> values;  ///< empty in a test with cases: each case gives the value
};

struct ExpectRoute {
  Name route;
};
struct ExpectRefused {
  std::optional<Name> by;
};
struct ExpectUncovered {};
struct ExpectUnservable {};

struct Expectation {
  std::variant<ExpectRoute, ExpectRefused, ExpectUncovered, ExpectUnservable, EveryReached, Never, FirstChoice> what;
  Span span;
};

/// One row of a test with cases: a value for each attribute that `given` names without one.
struct Case {
  std::vector<std::vector<Value>> cells;
  std::vector<Expectation> expectations;
  Span span;
};

struct Test {
  String name;
  std::vector<Assignment> given;
  std::vector<Expectation> expectations;  ///< empty if it has cases
  std::vector<Case> cases;
  Span span;
};

using Declaration = std::variant<PolicyLine, Import, Jurisdiction, NamedType, Attribute, Property, NamedCondition, Vendor,
                                 Model, Deployment, Service, Group, LimitsBlock, Rule, Refuse, Route, Guarantee, Accept, Test>;

struct File {
  FileId id;
  std::vector<Declaration> declarations;
};

}  // namespace route::ast
