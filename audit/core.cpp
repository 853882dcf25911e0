#include "audit/core.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>
#include <set>

namespace audit {

void Need(bool holds, const char* why) {
  if (!holds) throw Rejected(why);
}

void Need(bool holds, const char* why, const Json& where) {
  if (!holds) throw Rejected(std::string(why) + ": " + where.dump(-1, ' ', false, Json::error_handler_t::replace));
}

auto Spent() -> std::uint64_t& {
  static std::uint64_t spent = 0;
  return spent;
}

void Spend(std::uint64_t work) {
  if ((Spent() += work) > kMostWork) throw Inconclusive("the check takes more than 50 thousand million steps");
}

auto Countries() -> const std::vector<std::string>& {
  static const std::string codes =
      "ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCHCICKCLCMCNCOCRCUCVCWCXCY"
      "CZDEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHUIDIEILIMINIOIQIRISIT"
      "JEJMJOJPKEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZNANCNENFNGNI"
      "NLNONPNRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPWPYQARERORSRURWSASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTK"
      "TLTMTNTOTRTTTVTWTZUAUGUMUSUYUZVAVCVEVGVIVNVUWFWSYEYTZAZMZW";
  static const auto list = [] {
    std::vector<std::string> all;
    for (std::size_t i = 0; i < codes.size(); i += 2) all.push_back(codes.substr(i, 2));
    return all;
  }();
  return list;
}

auto IndexOf(const Json& list, const Json& name) -> std::size_t {
  Spend(list.size());
  const auto found = std::find_if(list.begin(), list.end(), [&](const Json& entry) {
    return (entry.is_object() ? entry.at("name") : entry) == name;
  });
  Need(found != list.end(), "the core names something that it does not declare", name);
  return static_cast<std::size_t>(found - list.begin());
}

auto Text(const Json& text) -> const std::string& {
  Need(text.is_string(), "there is something else where a text belongs", text);
  return text.get_ref<const std::string&>();
}

auto Natural(const Json& number) -> std::uint64_t {
  Need(number.is_number_unsigned() && number < 0xFFFFFFFFU, "there is something else where a small number belongs",
       number);
  return number.get<std::uint64_t>();
}

auto Micros(const Json& number) -> std::int64_t {
  std::string digits = number.is_number_integer() ? number.dump() : Text(number);
  const std::size_t point = std::min(digits.find('.'), digits.size()), sign = digits.starts_with('-') ? 1 : 0;
  if (point < digits.size()) digits.erase(point, 1);
  Need(digits.size() > sign && digits.size() <= 18 && digits.find_first_not_of("0123456789", sign) == std::string::npos,
       "there is something else where a number belongs", number);
  std::int64_t value = std::stoll(digits);
  for (std::size_t places = digits.size() - point; places < 6; ++places) {
    Need(!__builtin_mul_overflow(value, std::int64_t{10}, &value), "a number is too large", number);
  }
  Need(digits.size() - point <= 6, "a number has too many digits", number);
  return value;
}

namespace {

constexpr std::uint64_t kStep = 64;  // work of something that takes about as long as this many classes
constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

/// Days since 1970-01-01.
auto Days(const std::string& date) -> std::int64_t {
  Need(date.size() == 10 && date[4] == '-' && date[7] == '-', "there is something else where a date belongs", date);
  const auto part = [&](std::size_t at, std::size_t size) {
    const std::string digits = date.substr(at, size);
    Need(digits.find_first_not_of("0123456789") == std::string::npos, "this is not a date", date);
    return std::stoi(digits);
  };
  const std::chrono::year_month_day day{std::chrono::year(part(0, 4)),
                                        std::chrono::month(static_cast<unsigned>(part(5, 2))),
                                        std::chrono::day(static_cast<unsigned>(part(8, 2)))};
  Need(day.ok() && part(0, 4) > 0, "this is not a date", date);
  return std::chrono::sys_days(day).time_since_epoch().count();
}

auto Contains(const Json& list, const Json& item) -> bool {
  return std::find(list.begin(), list.end(), item) != list.end();
}

/// The object has at least one of these members, and no others.
void NeedOnly(const Json& object, const std::vector<std::string>& names) {
  const auto known = std::ranges::count_if(names, [&](const std::string& name) { return object.contains(name); });
  Need(object.is_object() && known > 0 && static_cast<std::size_t>(known) == object.size(), "this is not understood",
       object);
}

/// An end of a range of numbers or dates.
auto End(const Json& range, const char* which, bool is_date, std::int64_t otherwise) -> std::int64_t {
  if (!range.contains(which)) return otherwise;
  return is_date ? Days(Text(range[which])) : Micros(range[which]);
}

auto IsInRange(const Json& range, bool is_date, std::int64_t value) -> bool {
  return End(range, "at_least", is_date, kLeast) <= value && value < End(range, "below", is_date, kMost);
}

// --- Conditions ------------------------------------------------------------------------------------------------------

auto IsDate(const Json& attribute) -> bool {
  return attribute.at("kind") == "date";
}

/// The questions about each attribute, by its name.
using Questions = std::map<std::string, std::vector<Json>>;

void Collect(const Json& condition, Questions& questions) {
  if (condition.contains("attribute")) return questions[Text(condition["attribute"])].push_back(condition);
  if (!condition.is_structured()) return;
  for (const Json& part : condition) Collect(part, questions);
}

/// Whether a question about an attribute is answered with yes by a value (see `Dimension`).
auto Satisfies(const Json& question, const Json& attribute, const Json& value) -> bool {
  const std::string& kind = Text(attribute.at("kind"));
  if (kind == "number" || kind == "date") {
    NeedOnly(question, {"attribute", "at_least", "below"});
    return IsInRange(question, IsDate(attribute), value.get<std::int64_t>());
  }
  Need(question.size() == 2, "this is not understood", question);
  if (kind == "one of") return Contains(question.at("is"), value);
  if (kind == "country") return Contains(question.at("in"), value);
  if (kind == "text" && question.contains("starts_with")) {
    return !value.is_null() && Text(value.is_array() ? value[0] : value).starts_with(Text(question["starts_with"]));
  }
  if (kind == "text") return question.at("is") == value;
  Need(kind == "any of" || question.at("is") == true, "this is not understood", question);
  return value == true;
}

/// "Value classes": a value of each class of an attribute that is not a set.
auto ClassesOf(const Json& attribute, const std::vector<Json>& questions) -> std::vector<Json> {
  const std::string& kind = Text(attribute.at("kind"));
  if (kind == "one of") return attribute.at("values");
  if (kind == "yes/no") return {false, true};
  if (kind == "text") {
    std::set<std::string> prefixes, texts;
    for (const Json& question : questions) {
      if (question.contains("is")) texts.insert(Text(question["is"]));
      if (question.contains("starts_with")) prefixes.insert(Text(question["starts_with"]));
    }
    std::vector<Json> values = {nullptr};
    for (const std::string& prefix : prefixes) values.push_back(Json::array({prefix}));
    values.insert(values.end(), texts.begin(), texts.end());
    return values;
  }
  Need(kind == "number" || kind == "date", "an attribute is of no known kind", attribute);
  const std::int64_t least = IsDate(attribute) ? Days("0001-01-01") : 0;
  const std::int64_t most = IsDate(attribute) ? Days("9999-12-31") : Micros(attribute.at("maximum"));
  std::set<std::int64_t> cuts = {least};
  for (const Json& question : questions) {
    for (const char* end : {"at_least", "below"}) {
      const std::int64_t cut = End(question, end, IsDate(attribute), least);
      if (least < cut && cut <= most) cuts.insert(cut);
    }
  }
  return {cuts.begin(), cuts.end()};
}

auto CountryDimension(const std::string& name, const std::vector<Json>& questions) -> Dimension {
  Dimension dimension{name, {}, {}};
  std::map<Bits, std::size_t> numbers;
  for (const std::string& country : Countries()) {
    Bits members;
    for (const Json& question : questions) members.push_back(Contains(question.at("in"), country));
    const auto [entry, is_new] = numbers.try_emplace(members, numbers.size());
    dimension.country_class.push_back(entry->second);
    if (is_new) dimension.values.emplace_back(country);
  }
  return dimension;
}

void AddDimensions(Core& core) {
  Questions questions;
  for (const char* list : {"rules", "refusals", "routes", "guarantees"}) {
    for (const Json& entry : core.json.at(list)) Collect(entry.at("when"), questions);
  }
  for (const Json& attribute : core.json.at("attributes")) {
    Need(attribute.value("values", Json({0U, 1U})) != Json::array(), "an attribute has no values", attribute);
    const std::string& name = Text(attribute.at("name"));
    core.first_dimension.push_back(core.dimensions.size());
    if (attribute.at("kind") == "any of") {
      for (const Json& member : attribute.at("values")) {
        core.dimensions.push_back({name + "." + Text(member), {false, true}, {}});
      }
    } else if (attribute["kind"] == "country") {
      core.dimensions.push_back(CountryDimension(name, questions[name]));
    } else {
      core.dimensions.push_back({name, ClassesOf(attribute, questions[name]), {}});
    }
  }
}

auto ReadCondition(const Core& core, const Json& json) -> Condition {
  using Op = Condition::Op;
  Condition condition;
  if (json.is_boolean()) {
    condition.op = json == true ? Op::kAll : Op::kAny;
  } else if (json.contains("attribute")) {
    const std::size_t i = IndexOf(core.json["attributes"], json["attribute"]);
    const Json& attribute = core.json["attributes"][i];
    condition.op = Op::kIn;
    condition.dimension = core.first_dimension[i];
    if (attribute["kind"] == "any of") condition.dimension += IndexOf(attribute["values"], json.at("includes"));
    Spend(kStep * core.dimensions[condition.dimension].values.size());
    for (const Json& value : core.dimensions[condition.dimension].values) {
      condition.classes.push_back(Satisfies(json, attribute, value));
    }
  } else {
    Need(json.size() == 1, "this is not understood", json);
    condition.op = json.contains("all") ? Op::kAll : json.contains("any") ? Op::kAny : Op::kNot;
    if (condition.op == Op::kNot) return condition.parts.push_back(ReadCondition(core, json.at("not"))), condition;
    for (const Json& part : json.front()) condition.parts.push_back(ReadCondition(core, part));
  }
  return condition;
}

// --- Tests of deployments
// ----------------------------------------------------------------------------------------------

auto Named(const Core& core, const char* list, const Json& name) -> const Json& {
  return core.json.at(list)[IndexOf(core.json.at(list), name)];
}

/// The words that the catalogue states of a deployment; null if it states nothing.
auto WordsOf(const Core& core, const Json& deployment, const std::string& about) -> Json {
  const Json& vendor = Named(core, "vendors", deployment.at("vendor"));
  const Json& model = Named(core, "models", deployment.at("model"));
  if (about == "deployment") return Json::array({deployment.at("name")});
  if (about == "headquartered_in") return Json::array({vendor.at("headquarters")});
  if (about == "certified") return vendor.at("certifications");
  if (about == "capability") return model.at("capabilities");
  if (about == "seen_by" || about == "seen_only_by") return deployment.at("seen_by");
  if (about == "tag") {
    Json tags = model.at("tags");
    for (const Json& tag : deployment.at("tags")) tags.push_back(tag);
    return tags;
  }
  if (about == "seen_from" || about == "seen_only_from") {
    Json places = deployment.at("seen_by");
    for (Json& who : places) who = Named(core, "vendors", who).at("headquarters");
    return places;
  }
  Need(Contains({"processed_in", "vendor", "model", "status"}, about), "a test is not understood", about);
  return Json::array({deployment.at(about)});
}

/// The number or date that the catalogue states of a deployment, or the word of a property; null if it states nothing.
auto FactOf(const Core& core, const Json& deployment, const Json& test) -> Json {
  if (test.contains("property")) return deployment.at("own").value(Text(test["property"]), Json());
  const std::string& fact = Text(test.at("fact"));
  const Json& model = Named(core, "models", deployment.at("model"));
  if (test.contains("work") && fact == "quality") return model.at("quality_by_work").value(Text(test["work"]), Json());
  Need(!test.contains("work"), "a test is not understood", test);
  if (fact == "quality" || fact == "context_tokens") return model.at(fact);
  Need(Contains({"price_in", "price_out", "first_token_ms", "retention_days"}, fact), "a test is not understood", test);
  return deployment.at(fact);
}

auto Holds(const Core& core, const Json& test, const Json& deployment) -> bool {
  Spend(kStep);
  const auto holds = [&](const Json& part) { return Holds(core, part, deployment); };
  if (test.is_boolean()) return test == true;
  if (test.contains("property") || test.contains("fact")) {
    const bool is_own = test.contains("property");
    const Json fact = FactOf(core, deployment, test);
    NeedOnly(test, {is_own ? "property" : "fact", is_own ? "is" : "work", "at_least", "below"});
    if (test.contains("is")) return Need(test.size() == 2, "a test is not understood", test), fact == test["is"];
    if (fact.is_null()) return false;
    const bool is_date = is_own && IsDate(Named(core, "properties", test["property"]));
    return IsInRange(test, is_date, is_date ? Days(Text(fact)) : Micros(fact));
  }
  Need(test.is_object() && test.size() == 1, "a test is not understood", test);
  const std::string& what = test.begin().key();
  const Json& wanted = test.front();
  if (what == "all") return std::all_of(wanted.begin(), wanted.end(), holds);
  if (what == "any") return std::any_of(wanted.begin(), wanted.end(), holds);
  if (what == "not") return !holds(wanted);
  const auto is_wanted = [&](const Json& word) { return wanted.is_array() ? Contains(wanted, word) : wanted == word; };
  const Json words = WordsOf(core, deployment, what);
  if (words.is_null()) return false;
  return what.starts_with("seen_only_") ? std::all_of(words.begin(), words.end(), is_wanted)
                                        : std::any_of(words.begin(), words.end(), is_wanted);
}

auto Passing(const Core& core, const Json& test) -> Bits {
  Bits passing;
  for (const Json& deployment : core.json.at("deployments")) passing.push_back(Holds(core, test, deployment));
  return passing;
}

// --- Chains and promises
// -----------------------------------------------------------------------------------------------

auto ReadTier(const Core& core, const Json& json) -> Tier {
  Tier tier;
  tier.by_weight = json.at("order") == "by weight";
  for (const Json& candidate : json.at("candidates")) {
    tier.deployments.push_back(IndexOf(core.json.at("deployments"), candidate.at("deployment")));
  }
  tier.limit = json.at("limit").is_null() ? tier.deployments.size() : Natural(json["limit"]);
  Need(tier.limit > 0 || tier.deployments.empty(), "a tier takes no deployment at all", json);
  tier.within = json.at("within_ms").is_null() ? core.deadline : Natural(json["within_ms"]);
  tier.retries = json.at("retries").is_null() ? 0 : Natural(json["retries"]);
  return tier;
}

auto ReadObligation(const Core& core, const Json& guarantee) -> Obligation {
  using Kind = Obligation::Kind;
  const Json& promise = guarantee.at("promise");
  Need(promise.is_object() && promise.size() == 1, "a promise is not understood", promise);
  const std::string& what = promise.begin().key();
  const Json& says = promise.front();
  Obligation obligation;
  obligation.name = "guarantee " + Text(guarantee.at("name"));
  obligation.when = ReadCondition(core, guarantee.at("when"));
  if (what == "every_deployment_reached" || what == "first_choice") {
    obligation.kind = what == "first_choice" ? Kind::kFirst : Kind::kEvery;
    obligation.passes = Passing(core, says);
  } else if (what == "served") {
    NeedOnly(says, {"unless_refused_by"});
    obligation.kind = Kind::kServed;
    for (const Json& refusal : core.json["refusals"]) {
      obligation.named.push_back(Contains(says["unless_refused_by"], refusal.at("name")));
    }
  } else if (what == "survives_loss") {
    NeedOnly(says, {"unit", "count"});
    obligation.kind = Kind::kSurvives;
    obligation.count = Natural(says.at("count"));
    const std::string fact = says.at("unit") == "deployment" ? "name"
                             : says["unit"] == "country"     ? "processed_in"
                                                             : "vendor";
    Need(fact != "vendor" || says["unit"] == "vendor", "a promise is not understood", promise);
    for (const Json& deployment : core.json["deployments"]) obligation.unit.push_back(deployment.at(fact));
  } else if (what == "bounded") {
    NeedOnly(says, {"attempts", "within_ms"});
    obligation.kind = Kind::kBounded;
    if (!says.at("attempts").is_null()) obligation.attempts = Natural(says["attempts"]);
    if (!says.at("within_ms").is_null()) obligation.within = Natural(says["within_ms"]);
  }
  return obligation;
}

}  // namespace

Core::Core(const Json& given) : json(given) {
  AddDimensions(*this);
  deployments = json.at("deployments").size();
  attempts = Natural(json.at("limits").at("attempts"));
  deadline = Natural(json.at("limits").at("deadline_ms"));
  for (const Json& refusal : json.at("refusals")) refusals.push_back(ReadCondition(*this, refusal.at("when")));
  for (const Json& rule : json.at("rules")) {
    rules.push_back({ReadCondition(*this, rule.at("when")), Passing(*this, rule.at("keep"))});
  }
  for (const Json& route : json.at("routes")) {
    routes.push_back({ReadCondition(*this, route.at("when")), {}});
    for (const Json& tier : route.at("tiers")) routes.back().tiers.push_back(ReadTier(*this, tier));
  }
  obligations.push_back({.kind = Obligation::Kind::kServed, .name = "coverage", .named = Bits(refusals.size(), true)});
  for (const Json& guarantee : json.at("guarantees")) obligations.push_back(ReadObligation(*this, guarantee));
}

}  // namespace audit
