#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "compiler/base/ids.h"
#include "compiler/base/source.h"
#include "runtime/values/country.h"
#include "runtime/values/date.h"
#include "runtime/values/decimal.h"
#include "runtime/values/schema.h"

/// The policy core: what a policy says once every name is resolved and every type is checked.
///
/// Everything after Resolve starts from here: the evaluator, the Z3 encoding, the decision table and the
/// explanations. It holds no syntax and no solver; lists are in source order, and an id is an index into its
/// list. A `Policy` that Resolve returned without errors is well formed: see `CheckWellFormed` in `check.h`.
namespace route::ir {

// --- Values and requests -----------------------------------------------------------------------------------

/// One attribute's value. The alternative that is held always fits the attribute's kind:
/// kOneOf: index into `Attribute::values`; kAnyOf: bit i set when `values[i]` is included.
struct OneOfValue {
  std::uint32_t index = 0;
  friend auto operator<=>(OneOfValue, OneOfValue) = default;
};
struct AnyOfValue {
  std::uint64_t members = 0;
  friend auto operator<=>(AnyOfValue, AnyOfValue) = default;
};
struct YesNoValue {
  bool yes = false;
  friend auto operator<=>(YesNoValue, YesNoValue) = default;
};
using Value = std::variant<OneOfValue, AnyOfValue, YesNoValue, Decimal, std::string, Country, Date>;

/// A request as the policy sees it: one value for each attribute, in the policy's order.
using Request = std::vector<Value>;

// --- Attributes ----------------------------------------------------------------------------------------------

struct Source {
  SourceKind kind = SourceKind::kHeader;
  std::string argument;  ///< header, field, classifier or detector name; empty where the kind needs none
  friend auto operator==(const Source&, const Source&) -> bool = default;
};

struct Attribute {
  std::string name;
  AttributeKind kind = AttributeKind::kYesNo;
  std::vector<std::string> values;  ///< kOneOf and kAnyOf: the names, in declared order
  Unit unit = Unit::kNone;          ///< kNumber only
  Decimal maximum;                  ///< kNumber only: the largest value, inclusive; the least is 0
  std::vector<Source> sources;      ///< at least one; several only for kAnyOf, whose value is their union
  std::optional<Value> fallback;    ///< the declared default
  Span span;                        ///< the name in its declaration
};

// --- Conditions on a request ---------------------------------------------------------------------------------

/// A yes-or-no question about a request, as a tree. Which members are used depends on the kind.
struct Condition {
  enum class Kind : std::uint8_t {
    kTrue,
    kFalse,
    kAll,          ///< every child holds (`children`, at least one)
    kAny,          ///< some child holds (`children`, at least one)
    kNot,          ///< the only child does not hold
    kIsOneOf,      ///< kOneOf attribute: its index is in `values` (sorted, at least one)
    kIncludes,     ///< kAnyOf attribute: it includes the member `values[0]`
    kIsYes,        ///< kYesNo attribute
    kInRange,      ///< kNumber (in millionths) or kDate (in days): low <= value < high
    kTextIs,       ///< kText attribute equals `text`
    kStartsWith,   ///< kText attribute begins with `text`, which is not empty
    kInCountries,  ///< kCountry attribute: its index is in `values` (sorted, at least one)
  };

  Kind kind = Kind::kTrue;
  std::vector<Condition> children;
  AttributeId attribute;
  std::vector<std::uint32_t> values;
  std::int64_t low = 0;
  std::int64_t high = 0;
  std::string text;
  Span span;
};

/// A condition under its name. Wherever one is used it is written out, so this list is for people: explanations, and the
/// coverage of tests.
struct NamedCondition {
  std::string name;
  Condition condition;
  std::uint32_t layer = 0;  ///< index into `Policy::layers`
  Span span;                ///< the name in its declaration
};

// --- The catalogue -------------------------------------------------------------------------------------------

/// When a fact was last compared with its source, and what that source is.
struct Provenance {
  std::optional<Date> as_of;
  std::string source;  ///< may be empty
};

/// A named set of countries and where its list was found. Rules hold the countries themselves; this is for people.
struct Jurisdiction {
  std::string name;
  std::string title;                     ///< may be empty
  Provenance provenance = {};
  std::vector<std::uint32_t> countries;  ///< sorted indices into `Countries()`
  Span span;
};

struct Vendor {
  std::string name;
  Country headquarters;
  std::vector<std::string> certifications;  ///< sorted
  Provenance provenance = {};
  Span span;
};

struct Model {
  std::string name;
  std::optional<Decimal> quality;                  ///< 0 to 100
  std::map<std::string, Decimal> quality_by_work;  ///< `quality code 81`
  std::optional<Decimal> context_tokens;
  std::vector<std::string> capabilities;  ///< sorted
  std::vector<std::string> tags;          ///< sorted; `open_weights` and the author's own
  Provenance provenance = {};
  Span span;
};

/// A property of vendors, models or deployments that the policy's author declared.
struct Property {
  /// Services have the properties of vendors and of deployments, and those of models they have not.
  enum class Owner : std::uint8_t { kVendor, kModel, kDeployment };

  std::string name;
  AttributeKind kind = AttributeKind::kYesNo;  ///< every kind but kAnyOf
  Unit unit = Unit::kNone;                     ///< kNumber only
  Span span;
  Owner owner = Owner::kDeployment;
};

/// Its value: a word (a name, a text, `yes` or `no`, a country's code), or a number in millionths or days.
using OwnFact = std::variant<std::string, std::int64_t>;

/// What the `status` of a deployment can be.
inline constexpr std::array<std::string_view, 3> kStatuses = {"live", "preview", "deprecated"};

/// Whoever a prompt can be sent to.
struct Recipient {
  std::string name;
  VendorId vendor;
  Country processed_in;
  std::optional<Decimal> retention_days;
  std::string status = "live";    ///< live, preview or deprecated
  std::vector<std::string> tags;  ///< sorted, its own
  std::string endpoint;           ///< URL, may be empty for a policy that is only checked
  std::string key_env;            ///< environment variable with the credential; empty for none
  std::optional<std::vector<VendorId>> seen_by;  ///< who can see the data while it is processed, sorted; unknown if unstated
  std::map<std::string, OwnFact> own;            ///< the author's own properties, those of its vendor (and model) too
  Provenance provenance = {};
  Span span;
};

struct Deployment : Recipient {
  ModelId model;
  Decimal price_in;   ///< USD for a million tokens
  Decimal price_out;  ///< USD for a million tokens
  std::optional<Decimal> first_token_ms;
  std::string upstream_model;  ///< the model name to send upstream; the deployment's model when empty
};

/// A classifier or detector outside the gateway. It reads the prompt and says the value of the attributes that have
/// `answers` among their sources; one that no attribute has is never asked. It answers no request, so no tier names one.
struct Service : Recipient {
  Source answers;  ///< kClassifier or kDetector; no other service answers the same
  std::uint32_t within_ms = kServiceTime;  ///< for its answer; later it counts as none

  static constexpr std::uint32_t kServiceTime = 250;  ///< where the policy states none
};

/// A yes-or-no question about a deployment, as a tree over catalogue facts. For what it says of services see `Says`.
struct DeploymentTest {
  enum class Kind : std::uint8_t {
    kTrue,
    kAll,
    kAny,
    kNot,
    kProcessedIn,      ///< country index in `values` (sorted)
    kHeadquarteredIn,  ///< the vendor's country index in `values` (sorted)
    kVendorIs,         ///< vendor index in `values` (sorted)
    kModelIs,          ///< model index in `values` (sorted)
    kDeploymentIs,     ///< deployment index in `values` (sorted); groups end up here
    kServiceIs,        ///< service index in `values` (sorted); no deployment is one
    kCertified,        ///< the vendor has the certification `text`
    kStatusIs,         ///< status equals `text`
    kCapable,          ///< the model has the capability `text`
    kTagged,           ///< the model or the deployment has the tag `text`
    kPriceIn,          ///< low <= fact < high, in millionths; so are the rest
    kPriceOut,
    kFirstToken,
    kRetention,
    kQuality,  ///< quality, or quality for the work `text` when it is not empty
    kContext,
    kSeenBy,        ///< some vendor that can see the data is in `values` (sorted)
    kSeenOnlyBy,    ///< every vendor that can see the data is in `values` (sorted, may be empty)
    kSeenFrom,      ///< some vendor that can see the data has its headquarters in `values` (countries, sorted)
    kSeenOnlyFrom,  ///< every one of them has
    kOwnIs,         ///< the own fact `property` is the word `text`
    kOwnRange,      ///< low <= own fact `property` < high
  };

  Kind kind = Kind::kTrue;
  std::vector<DeploymentTest> children;
  std::vector<std::uint32_t> values;
  std::string property;
  std::string text;
  std::int64_t low = 0;
  std::int64_t high = 0;
  Span span;
};

// --- What is never allowed -------------------------------------------------------------------------------------

struct Rule {
  enum class Origin : std::uint8_t {
    kWritten,     ///< a `rule` of the policy
    kCapability,  ///< implied by the request's needs: a capability the request uses
    kContext,     ///< implied by the request's needs: a context window that holds the prompt
    kCost,        ///< implied by `limits`: one attempt with such a prompt stays below the limit of the cost
  };

  std::string name;
  Origin origin = Origin::kWritten;
  Condition when;
  DeploymentTest keep;  ///< what must hold of a deployment; `forbid P` is kept as `not P`
  /// Of a policy that was made from a bundle, whose conditions are no longer as they were written: where the rule could apply,
  /// whatever services answer (see `Foresee`).
  std::optional<Condition> could_apply = {};
  std::string because;  ///< the author's reason, may be empty
  std::uint32_t layer = 0;  ///< index into `Policy::layers`: under whose policy it stands
  Span span;            ///< the name, or what implies the rule
};

struct Refusal {
  std::string name;
  Condition when;
  std::optional<Condition> applies_in_any_case = {};  ///< the same: where it applies, whatever services answer
  std::string reason;  ///< shown to the caller, may be empty
  std::uint32_t layer = 0;
  Span span;
};

// --- Where it goes ---------------------------------------------------------------------------------------------

struct Candidate {
  DeploymentId deployment;
  std::uint32_t weight = 1;  ///< 1 to 1,000,000
  friend auto operator==(const Candidate&, const Candidate&) -> bool = default;
};

/// One step of a chain. Its part of a plan is: the candidates, in this order, that the request is allowed to
/// reach; at most `limit` of them. So the constraint comes first, the order second, the count last.
struct Tier {
  std::string label;  ///< the tier as the policy writes it, on one line
  TierOrder order = TierOrder::kAsListed;
  std::vector<Candidate> candidates;   ///< already in `order` (kByWeight: as listed); no deployment twice
  std::optional<std::uint32_t> limit;  ///< `cheapest 3`
  std::optional<std::uint32_t> within_ms;
  std::optional<std::uint32_t> retries;  ///< attempts beyond one for each deployment
  Span span;
};

struct Route {
  std::string name;
  Condition when;
  std::vector<Tier> tiers;  ///< at least one
  std::uint32_t layer = 0;
  Span span;
};

// --- What is promised --------------------------------------------------------------------------------------------

/// Every deployment of the request's plan satisfies the test, and every service that is asked unless the test says nothing
/// of it. `never P` is kept as `not P`.
struct EveryDeploymentReached {
  DeploymentTest test;
};
/// Each deployment that may be tried first satisfies the test. Of a tier drawn by weight that is any of them.
struct FirstChoice {
  DeploymentTest test;
};
/// The request is routed, or refused by one of these.
struct Served {
  std::vector<RefusalId> unless_refused_by;  ///< sorted
};
/// A request that is routed still reaches a deployment, within the policy's limit of attempts, when any `count` of
/// these are lost at once. See `IsServedDespite` in `evaluate.h`.
struct SurvivesLoss {
  enum class Unit : std::uint8_t { kDeployment, kVendor, kCountry };
  Unit unit = Unit::kVendor;
  std::uint32_t count = 1;
};
/// The plan of a request never takes more than this. See `PlanAttempts` and `PlanTime` in `evaluate.h`.
struct Bounded {
  std::optional<std::uint32_t> attempts;
  std::optional<std::uint32_t> within_ms;
};
/// No request costs more than this. See `WorstCost` in `evaluate.h`.
struct CostsAtMost {
  Decimal usd;
};
/// Compares what each request gets when `attribute` is `value` with what the same request gets when it is `than`. Its own
/// value of the attribute plays no part, and the premise does not ask about it. See `Pair` in `evaluate.h`.
struct Compared {
  enum class What : std::uint8_t {
    kAllowed,             ///< the first is allowed each deployment that the second is; who is refused is allowed none
    kServed,              ///< if the second is routed, so is the first
    kFirstChoiceAtLeast,  ///< if both are routed: each first choice of the one has at least the number of each of the other
    kFirstChoiceAtMost,
  };
  AttributeId attribute;
  Value value;
  Value than;
  What what = What::kAllowed;
  DeploymentTest number;  ///< of a first choice: a kind with a range, which is not used, and its `text`
};

using Promise =
    std::variant<EveryDeploymentReached, FirstChoice, Served, SurvivesLoss, Bounded, CostsAtMost, Compared>;

struct Guarantee {
  std::string name;
  Condition when;  ///< kTrue if it has no premise
  Promise promise;
  std::string text;  ///< as written, on one line
  std::uint32_t layer = 0;
  Span span;
};

// --- Examples that must keep working -------------------------------------------------------------------------------

struct ExpectOutcome {
  Outcome outcome = Outcome::kRouted;
  std::optional<RefusalId> refusal;  ///< with kRefused: by which
};
struct ExpectRoute {
  RouteId route;
};
struct Expectation {
  std::variant<ExpectOutcome, ExpectRoute, EveryDeploymentReached, FirstChoice> what;
  std::string text;  ///< as written, on one line
  Span span;
};

/// A written test, or one row of a test with cases.
struct Test {
  std::string name;
  std::vector<std::pair<AttributeId, Value>> given;
  std::vector<Expectation> expectations;
  Span span;
};

// --- The policy -----------------------------------------------------------------------------------------------------

/// A policy that this one is made of: an operator's base, what extends it, and so on; the last is the policy itself.
struct Layer {
  std::string name;
  std::string version;
  Span span;  ///< the name in its `policy` line
};

/// The name of the policy that a source file belongs to.
struct Policy;
auto PolicyOfFile(const Policy& policy, FileId file) -> const std::string&;

struct Policy {
  std::string name;
  std::string version;
  std::vector<Layer> layers;  ///< at least one, the base first
  std::vector<std::uint32_t> file_layers;  ///< the layer of each source file; of further files: the last layer
  std::vector<Attribute> attributes;
  std::vector<NamedCondition> conditions;  ///< those without parameters
  std::vector<Jurisdiction> jurisdictions;
  std::vector<Property> properties;
  std::vector<Vendor> vendors;
  std::vector<Model> models;
  std::vector<Deployment> deployments;
  std::vector<Service> services;
  std::vector<Rule> rules;  ///< the base's first, the implied ones last
  std::vector<Refusal> refusals;  ///< the base's first
  std::vector<Route> routes;      ///< the base's last
  std::vector<Guarantee> guarantees;
  std::vector<Test> tests;
  Limits limits;
  Span span;  ///< the policy's name
};

/// The number that a test of this kind compares: a price in USD for a million tokens, milliseconds, days, a quality, tokens.
/// Nothing if the catalogue does not state it. Of the kinds kPriceIn to kContext.
auto NumberOf(const DeploymentTest& test, const Policy& policy, DeploymentId deployment) -> std::optional<Decimal>;

/// The attribute that holds the size of the prompt: `prompt tokens … from request`. Nothing if there is none.
auto PromptAttribute(const Policy& policy) -> std::optional<AttributeId>;

/// Does the test hold of this deployment? A fact that the catalogue does not state makes a comparison on it
/// false; Resolve reports every rule and guarantee that reads such a fact.
auto Holds(const DeploymentTest& test, const Policy& policy, DeploymentId deployment) -> bool;

/// What a test says of a service. A comparison on a fact that services don't have (model, price, time to the first token,
/// quality, context window, capability, a tag or licence that only models carry, a property of models) is left out of the
/// test, as if it were not written. A test of which nothing is left says nothing, and binds no service.
enum class Said : std::uint8_t { kNothing, kNo, kYes };
auto Says(const DeploymentTest& test, const Policy& policy, ServiceId service) -> Said;

/// Has a service a fact that this comparison, which is not kAll, kAny or kNot, asks for?
auto BindsServices(const DeploymentTest& comparison, const Policy& policy) -> bool;

/// The attributes that the service is asked for, in order.
auto AskedFor(const Policy& policy, ServiceId service) -> std::vector<AttributeId>;

/// Is there a service that says this attribute's value? Then the value is not known while it is decided who is asked,
/// whatever further sources the attribute has.
auto IsAnswered(const Policy& policy, AttributeId attribute) -> bool;

/// The value of the own property `name`, which the policy declares, as policy text writes it: `dedicated`, `120`, `2026-08-02`.
auto OwnFactText(const Policy& policy, const std::string& name, const OwnFact& fact) -> std::string;

}  // namespace route::ir
