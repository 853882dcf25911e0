#include "tests/random_policy/random_policy.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <set>
#include <string>

#include "compiler/ir/classes.h"
#include "compiler/ir/evaluate.h"

namespace route::random_policy {

using ir::Attribute;
using ir::Condition;
using ir::DeploymentTest;

auto Random::Next() -> std::uint64_t {
  state_ += 0x9E3779B97F4A7C15U;
  std::uint64_t mixed = state_;
  mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9U;
  mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBU;
  return mixed ^ (mixed >> 31);
}

auto Random::Below(std::uint64_t count) -> std::uint64_t {
  return Next() % count;
}

namespace {

constexpr std::uint32_t kLines = 2000;  // of the file that spans point into

const std::vector<std::string> kWords = {"alpha", "beta", "gamma", "delta"};
const std::vector<std::string> kPrefixes = {"gpt", "gpt-4", "gpt-4o-", "o", "oth", "other", "claude", "cl\xC3\xA9"};
const std::vector<std::string> kTexts = {"gpt", "gpt-4", "gpt-4o", "gpt-other", "", "other", "other1", "claude"};
const std::vector<std::string> kCapabilities = {"json", "tools", "vision"};
const std::vector<std::string> kTags = {"fast", "open_weights"};
const std::vector<std::string> kCertifications = {"iso27001", "soc2"};
const std::vector<std::string> kStatuses = {"live", "preview", "deprecated"};
const std::vector<std::string> kHomes = {"DE", "FR", "US", "IN"};
const std::vector<std::int64_t> kPrices = {0, 375'000, 2'000'000, 15'000'000, 15'000'001};
const std::vector<std::int64_t> kQualities = {0, 50'000'000, 70'000'000, 99'999'999, 100'000'000};
const std::vector<std::int64_t> kTimes = {100'000'000, 400'000'000, 800'000'000};
const std::vector<std::int64_t> kDays = {0, 30'000'000};
const std::string kHosting = "hosting";
const std::string kCarbon = "carbon";
const std::vector<std::string> kHostings = {"shared", "dedicated"};
const std::vector<std::int64_t> kCarbons = {50'000'000, 300'000'000};
const std::vector<std::int64_t> kContexts = {8'000'000'000, 128'000'000'000};
constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kHighest = std::numeric_limits<std::int64_t>::max();

// The only things that the conditions of one policy say about one attribute, so that its classes stay few.
struct Vocabulary {
  std::vector<std::int64_t> thresholds;
  std::vector<std::string> prefixes;
  std::vector<std::string> texts;
  std::vector<std::vector<std::uint32_t>> country_sets;
  std::uint64_t most_classes = 1;
};

class Maker {
 public:
  Maker(std::uint64_t seed, const Shape& shape)
      : random_(seed), services_(~seed), extras_(seed ^ 0x5DEECE66DU), shape_(shape) {}

  auto Make() -> ir::Policy {
    policy_.name = "random";
    policy_.version = std::to_string(random_.Below(10));
    policy_.span = NextSpan();
    policy_.limits.attempts = 1 + Below32(random_.Chance(60) ? 3 : 8);
    policy_.limits.deadline_ms = 500 * (1 + Below32(8));
    if (random_.Chance(60)) policy_.limits.answer_tokens = 1 + Below32(1000);
    if (policy_.limits.answer_tokens > 0 && random_.Chance(30)) policy_.limits.cost_hundredth_cents = 1 + Below32(300);
    AddLayers();
    policy_.properties = {{kHosting, AttributeKind::kOneOf, Unit::kNone, {}}, {kCarbon, AttributeKind::kNumber, Unit::kNone, {}}};
    AddAttributes();
    AddCatalogue();
    AddRules();
    AddRefusals();
    AddRoutes();
    AddGuarantees();
    RepeatSome();
    AddServices();
    AddPromiseOfServices();
    DivideAmongLayers();
    return std::move(policy_);
  }

 private:
  auto Below32(std::uint32_t count) -> std::uint32_t { return static_cast<std::uint32_t>(random_.Below(count)); }

  auto NextSpan() -> Span {
    const std::uint32_t begin = next_span_++;
    if (next_span_ >= kLines) std::abort();  // the shape is too large for the file of Sources()
    return {.file = {0}, .begin = begin, .end = begin + 1};
  }

  auto NameOf(const std::string& what, std::size_t index) -> std::string { return what + "_" + std::to_string(index); }

  template <typename T>
  auto Some(const std::vector<T>& from, std::uint32_t percent) -> std::vector<T> {
    std::vector<T> chosen;
    for (const T& entry : from) {
      if (random_.Chance(percent)) chosen.push_back(entry);
    }
    return chosen;
  }

  // A sorted, non-empty subset of 0 … count-1.
  auto SomeIndexes(std::size_t count) -> std::vector<std::uint32_t> {
    std::vector<std::uint32_t> chosen;
    for (std::uint32_t i = 0; i < count; ++i) {
      if (random_.Chance(40)) chosen.push_back(i);
    }
    if (chosen.empty()) chosen.push_back(static_cast<std::uint32_t>(random_.Below(count)));
    return chosen;
  }

  auto SomeCountries() -> std::vector<std::uint32_t> {
    std::set<std::uint32_t> chosen;
    for (const std::string& code : kHomes) {
      if (random_.Chance(40)) chosen.insert(ParseCountry(code).value().index);
    }
    const std::uint64_t more = random_.Below(3) + (chosen.empty() ? 1 : 0);
    for (std::uint64_t i = 0; i < more; ++i)
      chosen.insert(static_cast<std::uint32_t>(random_.Below(Countries().size())));
    return {chosen.begin(), chosen.end()};
  }

  // --- Layers ---------------------------------------------------------------------------------------------------

  void AddLayers() {
    for (std::uint64_t above = extras_.Below(shape_.layers); above > 0; --above) {
      policy_.layers.push_back({NameOf("base", above), "1", policy_.span});
    }
    policy_.layers.push_back({policy_.name, policy_.version, policy_.span});
  }

  /// Ascending over the list, as each layer comes after the one that it extends.
  auto LayersOf(std::size_t count) -> std::vector<std::uint32_t> {
    std::vector<std::uint32_t> layers;
    for (std::size_t i = 0; i < count; ++i) layers.push_back(static_cast<std::uint32_t>(extras_.Below(policy_.layers.size())));
    std::ranges::sort(layers);
    return layers;
  }

  void DivideAmongLayers() {
    const auto divide = [&](auto& list) {
      const std::vector<std::uint32_t> layers = LayersOf(list.size());
      for (std::size_t i = 0; i < list.size(); ++i) list[i].layer = layers[i];
    };
    divide(policy_.rules);
    divide(policy_.refusals);
    divide(policy_.guarantees);
    const std::vector<std::uint32_t> layers = LayersOf(policy_.routes.size());
    for (std::size_t i = 0; i < layers.size(); ++i) policy_.routes[i].layer = layers[layers.size() - 1 - i];
  }

  // --- Attributes ---------------------------------------------------------------------------------------------

  void AddAttributes() {
    const std::uint32_t wanted = 1 + Below32(shape_.attributes);
    std::uint64_t requests = extras_.Chance(shape_.weekdays) ? AddCalendar() : 1;
    for (std::uint32_t i = 0; i < wanted; ++i) {
      Attribute attribute;
      attribute.name = NameOf("attribute", i);
      attribute.kind = static_cast<AttributeKind>(random_.Below(7));
      attribute.sources = {{SourceKind::kHeader, "x-" + std::to_string(i)}};
      Vocabulary vocabulary = Describe(attribute);
      if (requests * vocabulary.most_classes > shape_.requests) continue;
      requests *= vocabulary.most_classes;
      attribute.name = NameOf("attribute", policy_.attributes.size());
      attribute.span = NextSpan();
      policy_.attributes.push_back(std::move(attribute));
      vocabularies_.push_back(std::move(vocabulary));
    }
    if (policy_.attributes.empty()) {
      Attribute attribute;
      attribute.name = "attribute_0";
      attribute.sources = {{SourceKind::kTenant, ""}};
      attribute.span = NextSpan();
      policy_.attributes.push_back(std::move(attribute));
      vocabularies_.emplace_back();
    }
    for (Attribute& attribute : policy_.attributes) {
      if (random_.Chance(30)) attribute.fallback = RandomValue(attribute);
    }
  }

  /// A date and the day of the week of the same clock; how many combinations of classes they have at most.
  auto AddCalendar() -> std::uint64_t {
    const ir::Source clock{SourceKind::kClock, extras_.Chance(50) ? "Europe/Paris" : ""};
    Attribute date;
    date.kind = AttributeKind::kDate;
    date.sources = {clock};
    Vocabulary days;
    // Some classes are shorter than a week and some longer; 20'666 is a Saturday.
    for (std::uint64_t count = 1 + extras_.Below(3); count > 0; --count) {
      days.thresholds.push_back(20'660 + static_cast<std::int64_t>(extras_.Below(16)));
    }
    days.most_classes = 1 + days.thresholds.size();
    Attribute weekday;
    weekday.kind = AttributeKind::kOneOf;
    weekday.sources = {clock};
    weekday.values = {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};
    Vocabulary any;
    any.most_classes = weekday.values.size();
    const std::uint64_t requests = days.most_classes * any.most_classes;
    if (requests > shape_.requests) return 1;
    policy_.attributes = {std::move(date), std::move(weekday)};
    vocabularies_ = {std::move(days), std::move(any)};
    if (extras_.Chance(50)) {
      std::swap(policy_.attributes[0], policy_.attributes[1]);
      std::swap(vocabularies_[0], vocabularies_[1]);
    }
    for (std::size_t i = 0; i < policy_.attributes.size(); ++i) {
      policy_.attributes[i].name = NameOf("attribute", i);
      policy_.attributes[i].span = NextSpan();
    }
    return requests;
  }

  // Fills in what the attribute's kind needs, and what its conditions will say.
  auto Describe(Attribute& attribute) -> Vocabulary {
    Vocabulary vocabulary;
    switch (attribute.kind) {
      case AttributeKind::kOneOf:
        attribute.values.assign(kWords.begin(), kWords.begin() + static_cast<std::ptrdiff_t>(1 + random_.Below(4)));
        vocabulary.most_classes = attribute.values.size();
        return vocabulary;
      case AttributeKind::kAnyOf:
        attribute.values.assign(kWords.begin(), kWords.begin() + static_cast<std::ptrdiff_t>(1 + random_.Below(3)));
        if (random_.Chance(50)) attribute.sources.push_back({SourceKind::kDetector, "pii"});
        vocabulary.most_classes = std::uint64_t{1} << attribute.values.size();
        return vocabulary;
      case AttributeKind::kYesNo:
        vocabulary.most_classes = 2;
        return vocabulary;
      case AttributeKind::kNumber: {
        attribute.unit = static_cast<Unit>(random_.Below(7));
        if (attribute.unit == Unit::kTimeOfDay) return DescribeTime(attribute);
        if (attribute.unit == Unit::kTokens) attribute.sources = {{SourceKind::kRequest, "prompt"}};
        const std::int64_t step = StepOf(attribute.unit);
        const std::vector<std::int64_t> maxima = {0, step, 3 * Decimal::kScale, 1000 * Decimal::kScale};
        attribute.maximum = {random_.Pick(maxima)};
        const std::int64_t most = attribute.maximum.micros;
        vocabulary.thresholds =
            AFew<std::int64_t>({kLowest, -step, 0, step, most / 2 / step * step, most - step, most, most + step,
                                most + 2 * step, kHighest},
                               3);
        vocabulary.most_classes = 1 + vocabulary.thresholds.size();
        return vocabulary;
      }
      case AttributeKind::kText:
        vocabulary.prefixes = AFew(kPrefixes, 3);
        vocabulary.texts = AFew(kTexts, 3);
        vocabulary.most_classes = 1 + vocabulary.prefixes.size() + vocabulary.texts.size();
        return vocabulary;
      case AttributeKind::kCountry: {
        const std::uint64_t count = 1 + random_.Below(3);
        for (std::uint64_t i = 0; i < count; ++i) vocabulary.country_sets.push_back(SomeCountries());
        vocabulary.most_classes = std::uint64_t{1} << count;
        return vocabulary;
      }
      case AttributeKind::kDate:
        attribute.sources = {{SourceKind::kClock, ""}};
        vocabulary.thresholds = AFew<std::int64_t>({kLowest, kFirstDate.days, kFirstDate.days + 1, 20'667, 20'668,
                                                    kLastDate.days, kLastDate.days + 1, kHighest},
                                                   2);
        vocabulary.most_classes = 1 + vocabulary.thresholds.size();
        return vocabulary;
    }
    std::abort();  // every kind is handled above
  }

  // One to `most` different entries.
  template <typename T>
  auto AFew(std::vector<T> from, std::uint64_t most) -> std::vector<T> {
    const std::uint64_t count = 1 + random_.Below(most);
    std::vector<T> chosen;
    while (chosen.size() < count) {
      const auto at = from.begin() + static_cast<std::ptrdiff_t>(random_.Below(from.size()));
      chosen.push_back(*at);
      from.erase(at);
    }
    return chosen;
  }

  auto RandomValue(const Attribute& attribute) -> ir::Value {
    switch (attribute.kind) {
      case AttributeKind::kOneOf:
        return ir::OneOfValue{static_cast<std::uint32_t>(random_.Below(attribute.values.size()))};
      case AttributeKind::kAnyOf:
        return ir::AnyOfValue{random_.Below(std::uint64_t{1} << attribute.values.size())};
      case AttributeKind::kYesNo:
        return ir::YesNoValue{random_.Chance(50)};
      case AttributeKind::kNumber:
        if (attribute.unit == Unit::kTimeOfDay) return Decimal::FromInteger(static_cast<std::int64_t>(random_.Below(kMinutesInADay)));
        {
          auto micros = static_cast<std::int64_t>(random_.Below(static_cast<std::uint64_t>(attribute.maximum.micros) + 1));
          return Decimal{micros - micros % StepOf(attribute.unit)};
        }
      case AttributeKind::kText:
        return random_.Pick(kTexts);
      case AttributeKind::kCountry:
        return Country{static_cast<std::uint16_t>(random_.Below(Countries().size()))};
      case AttributeKind::kDate:
        return Date{20'666 + static_cast<std::int32_t>(random_.Below(4))};
    }
    std::abort();  // every kind is handled above
  }

  auto DescribeTime(Attribute& attribute) -> Vocabulary {
    Vocabulary vocabulary;
    attribute.maximum = Decimal::FromInteger(kMinutesInADay - 1);
    if (random_.Chance(50)) attribute.sources = {{SourceKind::kClock, "Europe/Paris"}};
    std::vector<std::int64_t> minutes = {kLowest, kHighest};
    for (std::int64_t minute : {0, 1, 360, 720, 1320, 1438, 1439, 1440}) minutes.push_back(minute * Decimal::kScale);
    vocabulary.thresholds = AFew<std::int64_t>(minutes, 3);
    vocabulary.most_classes = 1 + vocabulary.thresholds.size();
    return vocabulary;
  }

  // --- Conditions -----------------------------------------------------------------------------------------------

  auto RandomAtom() -> Condition {
    Condition atom;
    atom.span = policy_.span;
    atom.attribute = {static_cast<std::uint32_t>(random_.Below(policy_.attributes.size()))};
    const Attribute& attribute = policy_.attributes[atom.attribute.index];
    const Vocabulary& vocabulary = vocabularies_[atom.attribute.index];
    switch (attribute.kind) {
      case AttributeKind::kOneOf:
        atom.kind = Condition::Kind::kIsOneOf;
        atom.values = SomeIndexes(attribute.values.size());
        return atom;
      case AttributeKind::kAnyOf:
        atom.kind = Condition::Kind::kIncludes;
        atom.values = {static_cast<std::uint32_t>(random_.Below(attribute.values.size()))};
        return atom;
      case AttributeKind::kYesNo:
        atom.kind = Condition::Kind::kIsYes;
        return atom;
      case AttributeKind::kNumber:
      case AttributeKind::kDate:
        atom.kind = Condition::Kind::kInRange;
        atom.low = random_.Chance(40) ? kLowest : random_.Pick(vocabulary.thresholds);
        atom.high = random_.Chance(40) ? kHighest : random_.Pick(vocabulary.thresholds);
        return atom;
      case AttributeKind::kText:
        if (random_.Chance(50)) {
          atom.kind = Condition::Kind::kTextIs;
          atom.text = random_.Pick(vocabulary.texts);
        } else {
          atom.kind = Condition::Kind::kStartsWith;
          atom.text = random_.Pick(vocabulary.prefixes);
        }
        return atom;
      case AttributeKind::kCountry:
        atom.kind = Condition::Kind::kInCountries;
        atom.values = random_.Pick(vocabulary.country_sets);
        return atom;
    }
    std::abort();  // every kind is handled above
  }

  auto Constant(Condition::Kind kind) -> Condition {
    Condition constant;
    constant.kind = kind;
    constant.span = policy_.span;
    return constant;
  }

  auto RandomCondition(std::uint32_t depth) -> Condition {
    if (depth == 0 || random_.Chance(40)) {
      if (random_.Chance(94)) return RandomAtom();
      return Constant(random_.Chance(60) ? Condition::Kind::kTrue : Condition::Kind::kFalse);
    }
    Condition condition;
    condition.span = policy_.span;
    std::uint64_t children = 1 + random_.Below(3);
    if (random_.Chance(25)) {
      condition.kind = Condition::Kind::kNot;
      children = 1;
    } else {
      condition.kind = random_.Chance(50) ? Condition::Kind::kAll : Condition::Kind::kAny;
    }
    for (std::uint64_t i = 0; i < children; ++i) condition.children.push_back(RandomCondition(depth - 1));
    return condition;
  }

  // --- The catalogue --------------------------------------------------------------------------------------------

  auto Maybe(const std::vector<std::int64_t>& facts) -> std::optional<Decimal> {
    if (random_.Chance(25)) return std::nullopt;
    return Decimal{random_.Pick(facts)};
  }

  auto RandomHome() -> Country { return ParseCountry(random_.Pick(kHomes)).value(); }

  void AddCatalogue() {
    const std::uint64_t vendors = 1 + random_.Below(4);
    for (std::uint64_t i = 0; i < vendors; ++i) {
      policy_.vendors.push_back({.name = NameOf("vendor", i),
                                 .headquarters = RandomHome(),
                                 .certifications = Some(kCertifications, 50),
                                 .span = NextSpan()});
    }
    const std::uint64_t models = 1 + random_.Below(4);
    for (std::uint64_t i = 0; i < models; ++i) {
      ir::Model model;
      model.name = NameOf("model", i);
      model.quality = Maybe(kQualities);
      if (random_.Chance(50)) model.quality_by_work["code"] = {random_.Pick(kQualities)};
      model.context_tokens = Maybe(kContexts);
      model.capabilities = Some(kCapabilities, 60);
      model.tags = Some(kTags, 40);
      model.span = NextSpan();
      policy_.models.push_back(std::move(model));
    }
    const std::uint64_t deployments = 1 + random_.Below(shape_.deployments);
    for (std::uint64_t i = 0; i < deployments; ++i) {
      ir::Deployment deployment;
      deployment.name = NameOf("deployment", i);
      deployment.model = {static_cast<std::uint32_t>(random_.Below(models))};
      deployment.vendor = {static_cast<std::uint32_t>(random_.Below(vendors))};
      deployment.processed_in = RandomHome();
      deployment.price_in = {random_.Pick(kPrices)};
      deployment.price_out = {random_.Pick(kPrices)};
      deployment.first_token_ms = Maybe(kTimes);
      deployment.retention_days = Maybe(kDays);
      deployment.status = random_.Pick(kStatuses);
      deployment.tags = Some(kTags, 30);
      if (random_.Chance(50)) deployment.endpoint = "https://" + std::to_string(i) + ".example/v1";
      if (random_.Chance(50)) deployment.upstream_model = "upstream-" + std::to_string(i);
      if (random_.Chance(70)) {
        std::vector<VendorId> observers;
        for (std::uint32_t index : SomeIndexes(policy_.vendors.size())) observers.push_back({index});
        deployment.seen_by = random_.Chance(20) ? std::vector<VendorId>{} : std::move(observers);
      }
      if (random_.Chance(70)) deployment.own[kHosting] = random_.Pick(kHostings);
      if (random_.Chance(70)) deployment.own[kCarbon] = random_.Pick(kCarbons);
      if (random_.Chance(50)) deployment.key_env = "KEY_" + std::to_string(i);
      deployment.span = NextSpan();
      policy_.deployments.push_back(std::move(deployment));
    }
  }

  auto TestOf(DeploymentTest::Kind kind) -> DeploymentTest {
    DeploymentTest test;
    test.kind = kind;
    test.span = policy_.span;
    return test;
  }

  auto Range(DeploymentTest::Kind kind, const std::vector<std::int64_t>& facts) -> DeploymentTest {
    DeploymentTest test = TestOf(kind);
    test.low = random_.Chance(50) ? kLowest : random_.Pick(facts) + static_cast<std::int64_t>(random_.Below(2));
    test.high = random_.Chance(50) ? kHighest : random_.Pick(facts) + static_cast<std::int64_t>(random_.Below(2));
    return test;
  }

  auto Word(DeploymentTest::Kind kind, const std::vector<std::string>& words) -> DeploymentTest {
    DeploymentTest test = TestOf(kind);
    test.text = random_.Pick(words);
    return test;
  }

  auto Among(DeploymentTest::Kind kind, std::vector<std::uint32_t> values) -> DeploymentTest {
    DeploymentTest test = TestOf(kind);
    test.values = std::move(values);
    return test;
  }

  auto RandomTest(std::uint32_t depth) -> DeploymentTest {
    using Kind = DeploymentTest::Kind;
    const auto first = static_cast<std::uint8_t>(depth == 0 ? Kind::kProcessedIn : Kind::kTrue);
    const auto last = static_cast<std::uint8_t>(Kind::kOwnRange);
    const std::uint64_t drawn = first + random_.Below(last - first);
    const auto kind = static_cast<Kind>(drawn + (drawn >= static_cast<std::uint64_t>(Kind::kServiceIs) ? 1 : 0));
    switch (kind) {
      case Kind::kTrue:
      case Kind::kServiceIs:  // not drawn: see AddServices
        return TestOf(Kind::kTrue);
      case Kind::kAll:
      case Kind::kAny:
      case Kind::kNot: {
        DeploymentTest test = TestOf(kind);
        const std::uint64_t children = kind == Kind::kNot ? 1 : 1 + random_.Below(3);
        for (std::uint64_t i = 0; i < children; ++i) test.children.push_back(RandomTest(depth - 1));
        return test;
      }
      case Kind::kProcessedIn:
      case Kind::kHeadquarteredIn:
        return Among(kind, SomeCountries());
      case Kind::kVendorIs:
        return Among(kind, SomeIndexes(policy_.vendors.size()));
      case Kind::kModelIs:
        return Among(kind, SomeIndexes(policy_.models.size()));
      case Kind::kDeploymentIs:
        return Among(kind, SomeIndexes(policy_.deployments.size()));
      case Kind::kCertified:
        return Word(kind, kCertifications);
      case Kind::kStatusIs:
        return Word(kind, kStatuses);
      case Kind::kCapable:
        return Word(kind, kCapabilities);
      case Kind::kTagged:
        return Word(kind, kTags);
      case Kind::kPriceIn:
      case Kind::kPriceOut:
        return Range(kind, kPrices);
      case Kind::kFirstToken:
        return Range(kind, kTimes);
      case Kind::kRetention:
        return Range(kind, kDays);
      case Kind::kQuality: {
        DeploymentTest test = Range(kind, kQualities);
        if (random_.Chance(40)) test.text = "code";
        return test;
      }
      case Kind::kContext:
        return Range(kind, kContexts);
      case Kind::kSeenBy:
      case Kind::kSeenOnlyBy:
        return Among(kind, SomeIndexes(policy_.vendors.size()));
      case Kind::kSeenFrom:
      case Kind::kSeenOnlyFrom:
        return Among(kind, SomeCountries());
      case Kind::kOwnIs: {
        DeploymentTest test = Word(kind, kHostings);
        test.property = kHosting;
        return test;
      }
      case Kind::kOwnRange: {
        DeploymentTest test = Range(kind, kCarbons);
        test.property = kCarbon;
        return test;
      }
    }
    std::abort();  // every kind is handled above
  }

  // A test that most deployments pass, so that rules leave something now and then.
  auto MildTest() -> DeploymentTest {
    DeploymentTest test = RandomTest(2);
    if (random_.Chance(50)) return test;
    DeploymentTest mild = TestOf(DeploymentTest::Kind::kAny);
    mild.children.push_back(std::move(test));
    mild.children.push_back(Among(DeploymentTest::Kind::kDeploymentIs, SomeIndexes(policy_.deployments.size())));
    return mild;
  }

  // --- Rules, refusals, routes, promises ----------------------------------------------------------------------

  void AddRules() {
    const std::uint64_t rules = random_.Below(shape_.rules + std::uint64_t{1});
    for (std::uint64_t i = 0; i < rules; ++i) {
      policy_.rules.push_back({.name = NameOf("rule", i),
                               .when = RandomCondition(2),
                               .keep = MildTest(),
                               .because = random_.Chance(50) ? "reason " + std::to_string(i) : "",
                               .span = NextSpan()});
    }
    for (std::uint32_t i = 0; i < policy_.attributes.size(); ++i) AddImpliedRules({i});
  }

  /// Rules that require what an earlier one does, some of no further requests.
  void RepeatSome() {
    for (std::size_t i = 1; i < policy_.rules.size() && shape_.layers > 1; ++i) {
      if (policy_.rules[i].origin != ir::Rule::Origin::kWritten || !extras_.Chance(20)) continue;
      const ir::Rule& earlier = policy_.rules[extras_.Below(i)];
      policy_.rules[i].keep = earlier.keep;
      if (!extras_.Chance(50)) continue;
      Condition both;
      both.kind = Condition::Kind::kAll;
      both.span = policy_.span;
      both.children = {earlier.when, std::move(policy_.rules[i].when)};
      policy_.rules[i].when = std::move(both);
    }
  }

  void AddImpliedRules(AttributeId id) {
    if (!random_.Chance(50)) return;
    const Attribute& attribute = policy_.attributes[id.index];
    ir::Rule rule;
    rule.span = attribute.span;
    rule.when.attribute = id;
    rule.when.span = attribute.span;
    if (attribute.kind == AttributeKind::kAnyOf) {
      const auto member = static_cast<std::uint32_t>(random_.Below(attribute.values.size()));
      rule.name = attribute.name + " needs " + attribute.values[member];
      rule.origin = ir::Rule::Origin::kCapability;
      rule.when.kind = Condition::Kind::kIncludes;
      rule.when.values = {member};
      rule.keep = Word(DeploymentTest::Kind::kCapable, kCapabilities);
      policy_.rules.push_back(std::move(rule));
    } else if (attribute.kind == AttributeKind::kNumber) {
      rule.name = attribute.name + " needs context";
      rule.origin = ir::Rule::Origin::kContext;
      rule.when.kind = Condition::Kind::kInRange;
      rule.when.low = random_.Pick(vocabularies_[id.index].thresholds);
      rule.when.high = kHighest;
      rule.keep = TestOf(DeploymentTest::Kind::kContext);
      rule.keep.low = random_.Pick(kContexts);
      rule.keep.high = kHighest;
      policy_.rules.push_back(std::move(rule));
    }
  }

  // With numbers of their own, so that the rest of the policy does not depend on them. Attributes that a clock, the size of
  // the prompt or what it needs says stay as they are; a set may have several sources.
  void AddServices() {
    std::swap(random_, services_);
    const std::uint64_t services = random_.Below(shape_.services + std::uint64_t{1});
    for (std::uint64_t i = 0; i < services; ++i) {
      ir::Service service;
      service.name = NameOf("service", i);
      service.vendor = {Below32(static_cast<std::uint32_t>(policy_.vendors.size()))};
      service.processed_in = ParseCountry(random_.Pick(kHomes)).value();
      service.status = random_.Pick(kStatuses);
      service.tags = Some(kTags, 30);
      service.retention_days = random_.Chance(70) ? std::optional(Decimal{random_.Pick(kDays)}) : std::nullopt;
      service.own[kHosting] = random_.Pick(kHostings);
      service.answers = {random_.Chance(50) ? SourceKind::kClassifier : SourceKind::kDetector, NameOf("question", i)};
      service.span = NextSpan();
      if (random_.Chance(80)) Ask(service.answers);
      policy_.services.push_back(std::move(service));
    }
    for (ir::Rule& rule : policy_.rules) {
      if (policy_.services.empty() || !random_.Chance(20)) continue;
      DeploymentTest not_those = TestOf(DeploymentTest::Kind::kNot);
      not_those.children.push_back(Among(DeploymentTest::Kind::kServiceIs, SomeIndexes(policy_.services.size())));
      DeploymentTest both = TestOf(DeploymentTest::Kind::kAll);
      both.children = {std::move(rule.keep), std::move(not_those)};
      rule.keep = std::move(both);
    }
    std::swap(random_, services_);
  }

  /// Broken by each that ever sees a prompt.
  void AddPromiseOfServices() {
    std::swap(random_, services_);
    if (!policy_.services.empty() && random_.Chance(50)) {
      ir::Guarantee guarantee;
      guarantee.name = "guarantee_of_services";
      guarantee.when = Constant(Condition::Kind::kTrue);
      guarantee.span = NextSpan();
      DeploymentTest not_those = TestOf(DeploymentTest::Kind::kNot);
      not_those.children.push_back(Among(DeploymentTest::Kind::kServiceIs, SomeIndexes(policy_.services.size())));
      DeploymentTest both = TestOf(DeploymentTest::Kind::kAll);
      both.children = {MildTest(), std::move(not_those)};
      guarantee.promise = ir::EveryDeploymentReached{std::move(both)};
      policy_.guarantees.push_back(std::move(guarantee));
    }
    std::swap(random_, services_);
  }

  void Ask(const ir::Source& question) {
    for (const std::uint32_t i : SomeIndexes(policy_.attributes.size())) {
      Attribute& attribute = policy_.attributes[i];
      const SourceKind kind = attribute.sources.front().kind;
      if (attribute.kind == AttributeKind::kAnyOf) {
        attribute.sources.push_back(question);
      } else if (kind == SourceKind::kHeader || kind == SourceKind::kTenant) {
        attribute.sources = {question};
      }
    }
  }

  void AddRefusals() {
    const std::uint64_t refusals = random_.Below(shape_.refusals + std::uint64_t{1});
    for (std::uint64_t i = 0; i < refusals; ++i) {
      policy_.refusals.push_back({.name = NameOf("refusal", i),
                                  .when = RandomCondition(2),
                                  .reason = random_.Chance(50) ? "not " + std::to_string(i) : "",
                                  .span = NextSpan()});
    }
  }

  void AddRoutes() {
    const std::uint64_t routes = 1 + random_.Below(shape_.routes);
    for (std::uint64_t i = 0; i < routes; ++i) {
      ir::Route route;
      route.name = NameOf("route", i);
      route.when = RandomCondition(2);
      if (i + 1 == routes && random_.Chance(60)) route.when = Constant(Condition::Kind::kTrue);
      const std::uint64_t tiers = 1 + random_.Below(3);
      for (std::uint64_t tier = 0; tier < tiers; ++tier) route.tiers.push_back(RandomTier(tier));
      route.span = NextSpan();
      policy_.routes.push_back(std::move(route));
    }
  }

  auto RandomTier(std::uint64_t index) -> ir::Tier {
    ir::Tier tier;
    tier.label = NameOf("tier", index);
    tier.order = random_.Chance(25) ? TierOrder::kByWeight : static_cast<TierOrder>(random_.Below(5));
    for (std::uint32_t deployment : SomeIndexes(policy_.deployments.size())) {
      tier.candidates.push_back({{deployment}, 1 + Below32(3)});
    }
    // Any order will do for what is tested here, but a real tier keeps to its word.
    const auto key = [&](const ir::Candidate& candidate) -> std::int64_t {
      const ir::Deployment& deployment = policy_.deployments[candidate.deployment.index];
      switch (tier.order) {
        case TierOrder::kAsListed:
        case TierOrder::kByWeight:
          return static_cast<std::int64_t>((candidate.deployment.index * 5) % 7);
        case TierOrder::kCheapest:
          return deployment.price_in.micros + deployment.price_out.micros;
        case TierOrder::kFastest:
          return deployment.first_token_ms.value_or(Decimal{kHighest}).micros;
        case TierOrder::kQuality:
          return -policy_.models[deployment.model.index].quality.value_or(Decimal{}).micros;
      }
      std::abort();  // every order is handled above
    };
    std::ranges::stable_sort(tier.candidates, {}, key);
    if (random_.Chance(35)) tier.limit = 1 + Below32(3);
    if (random_.Chance(40)) tier.within_ms = 200 * (1 + Below32(8));
    if (random_.Chance(40)) tier.retries = Below32(4);
    tier.span = NextSpan();
    return tier;
  }

  void AddGuarantees() {
    const std::uint64_t guarantees = random_.Below(shape_.guarantees + std::uint64_t{1});
    for (std::uint64_t i = 0; i < guarantees; ++i) {
      ir::Guarantee guarantee;
      guarantee.name = NameOf("guarantee", i);
      guarantee.when = random_.Chance(30) ? Constant(Condition::Kind::kTrue) : RandomCondition(2);
      switch (random_.Below(10)) {
        case 0:
          guarantee.promise = ir::EveryDeploymentReached{EasyTest()};
          break;
        case 1:
          guarantee.promise = ir::FirstChoice{EasyTest()};
          break;
        case 2: {
          ir::Served served;
          for (std::uint32_t refusal = 0; refusal < policy_.refusals.size(); ++refusal) {
            if (random_.Chance(70)) served.unless_refused_by.push_back({refusal});
          }
          guarantee.promise = std::move(served);
          break;
        }
        case 3:
        case 5:
        case 6:
          guarantee.promise =
              ir::SurvivesLoss{.unit = static_cast<ir::SurvivesLoss::Unit>(random_.Below(3)), .count = 1 + Below32(2)};
          break;
        case 4: {
          ir::Bounded bounded;
          if (random_.Chance(70)) bounded.attempts = 1 + Below32(6);
          if (!bounded.attempts || random_.Chance(50)) bounded.within_ms = 400 * (1 + Below32(8));
          guarantee.promise = bounded;
          break;
        }
        case 7:
        case 8:
          guarantee.promise = RandomComparison(guarantee.when);
          break;
        case 9:
          if (policy_.limits.answer_tokens == 0 || !ir::PromptAttribute(policy_)) continue;
          guarantee.promise = ir::CostsAtMost{Decimal{std::int64_t{1} << random_.Below(16)}};
          break;
      }
      guarantee.text = "promise " + std::to_string(i);
      guarantee.span = NextSpan();
      policy_.guarantees.push_back(std::move(guarantee));
    }
  }

  // Of some attribute, about which the premise then says nothing.
  auto RandomComparison(Condition& premise) -> ir::Compared {
    using Kind = DeploymentTest::Kind;
    ir::Compared compared;
    compared.attribute = {static_cast<std::uint32_t>(random_.Below(policy_.attributes.size()))};
    compared.value = RandomValue(policy_.attributes[compared.attribute.index]);
    compared.than = RandomValue(policy_.attributes[compared.attribute.index]);
    compared.what = static_cast<ir::Compared::What>(random_.Below(4));
    compared.number = TestOf(random_.Chance(50) ? Kind::kPriceIn : Kind::kPriceOut);
    if (ir::AsksAbout(premise, compared.attribute)) premise = Constant(Condition::Kind::kTrue);
    return compared;
  }

  // Often true of what the rules leave: the test of some rule, or one that is just as mild.
  auto EasyTest() -> DeploymentTest {
    if (!policy_.rules.empty() && random_.Chance(50)) return random_.Pick(policy_.rules).keep;
    return MildTest();
  }

  Random random_;
  Random services_;
  Random extras_;  // of layers and the calendar
  const Shape& shape_;
  ir::Policy policy_;
  std::vector<Vocabulary> vocabularies_;
  std::uint32_t next_span_ = 0;
};

}  // namespace

auto MakeRandomPolicy(std::uint64_t seed, const Shape& shape) -> ir::Policy {
  return Maker(seed, shape).Make();
}

void GivePlaces(ir::Policy& policy) {
  std::uint32_t next = 1;
  const auto give = [&next](const auto& self, ir::Condition& condition) -> void {
    condition.span = {.file = {0}, .begin = next, .end = next + 1};
    ++next;
    for (ir::Condition& child : condition.children) self(self, child);
  };
  for (ir::Rule& rule : policy.rules) give(give, rule.when);
  for (ir::Refusal& refusal : policy.refusals) give(give, refusal.when);
  for (ir::Route& route : policy.routes) give(give, route.when);
  for (ir::Guarantee& guarantee : policy.guarantees) give(give, guarantee.when);
}

auto Sources() -> SourceSet {
  SourceSet sources;
  sources.Add("random.route", std::string(kLines, '\n'));
  return sources;
}

namespace {

/// Each date is of the day of the week that its clock says.
auto IsPossible(const ir::Policy& policy, const ir::Request& request) -> bool {
  for (std::size_t d = 0; d < request.size(); ++d) {
    const auto* date = std::get_if<Date>(&request[d]);
    if (date == nullptr || policy.attributes[d].sources.front().kind != SourceKind::kClock) continue;
    for (std::size_t w = 0; w < request.size(); ++w) {
      const auto* weekday = std::get_if<ir::OneOfValue>(&request[w]);
      if (weekday == nullptr || policy.attributes[w].sources != policy.attributes[d].sources) continue;
      if (WeekdayOf(*date) != weekday->index) return false;
    }
  }
  return true;
}

}  // namespace

auto AllRequests(const ir::Policy& policy) -> std::vector<ir::Request> {
  const ir::ValueClasses classes(policy);
  std::vector<ir::Request> requests;
  std::vector<std::uint16_t> combination(classes.dimensions().size(), 0);
  while (true) {
    ir::Request request = classes.Representative(combination);
    if (IsPossible(policy, request)) requests.push_back(std::move(request));
    std::size_t at = combination.size();
    while (at > 0 && combination[at - 1] + 1U == classes.dimensions()[at - 1].classes) combination[--at] = 0;
    if (at == 0) return requests;
    ++combination[at - 1];
  }
}

auto MakeRandomRequest(const ir::Policy& policy, Random& random) -> ir::Request {
  const ir::ValueClasses classes(policy);
  const auto near_cut = [&](const ir::Dimension& dimension, std::int64_t least, std::int64_t most) -> std::int64_t {
    const std::int64_t start =
        dimension.cuts.empty() || random.Chance(20) ? (random.Chance(50) ? least : most) : random.Pick(dimension.cuts);
    return std::clamp(start + static_cast<std::int64_t>(random.Below(3)) - 1, least, most);
  };
  ir::Request request;
  for (std::uint32_t i = 0; i < policy.attributes.size(); ++i) {
    const Attribute& attribute = policy.attributes[i];
    const ir::Dimension& dimension = classes.dimensions()[classes.FirstDimension({i}).index];
    switch (attribute.kind) {
      case AttributeKind::kOneOf:
        request.emplace_back(ir::OneOfValue{static_cast<std::uint32_t>(random.Below(attribute.values.size()))});
        break;
      case AttributeKind::kAnyOf:
        request.emplace_back(ir::AnyOfValue{random.Below(std::uint64_t{1} << attribute.values.size())});
        break;
      case AttributeKind::kYesNo:
        request.emplace_back(ir::YesNoValue{random.Chance(50)});
        break;
      case AttributeKind::kNumber:
        request.emplace_back(Decimal{near_cut(dimension, 0, attribute.maximum.micros)});
        {
          auto& number = std::get<Decimal>(request.back());
          number.micros -= number.micros % StepOf(attribute.unit);
        }
        break;
      case AttributeKind::kText: {
        std::string text = random.Chance(50) ? random.Pick(kPrefixes) : random.Pick(kTexts);
        if (random.Chance(50)) text += random.Pick(kTexts);
        if (random.Chance(20)) text.resize(random.Below(text.size() + 1));
        request.emplace_back(std::move(text));
        break;
      }
      case AttributeKind::kCountry:
        request.emplace_back(random.Chance(50) ? ParseCountry(random.Pick(kHomes)).value()
                                               : Country{static_cast<std::uint16_t>(random.Below(Countries().size()))});
        break;
      case AttributeKind::kDate:
        request.emplace_back(Date{static_cast<std::int32_t>(near_cut(dimension, kFirstDate.days, kLastDate.days))});
        break;
    }
  }
  return request;
}

}  // namespace route::random_policy
