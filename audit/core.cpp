#include "audit/core.h"

#include <algorithm>

namespace audit {

void Need(bool holds, const char* why, const Json& where) {
  if (holds) return;
  const std::string of = where.is_null() ? "" : ": " + where.dump(-1, ' ', true, Json::error_handler_t::replace).substr(0, 1'000);
  throw Rejected(why + of);
}

void Spend(std::uint64_t work) {
  if ((spent += work) > kMostWork) throw Inconclusive("the check takes more than 50 thousand million steps");
}

auto Text(const Json& text) -> const std::string& { return text.get_ref<const std::string&>(); }

auto Natural(const Json& number, std::optional<std::uint64_t> otherwise) -> std::uint64_t {
  if (otherwise && number.is_null()) return *otherwise;
  Need(number.is_number_unsigned() && number < 0xFFFFFFFFU, "there is something else where a small number belongs", number);
  return number.get<std::uint64_t>();
}

namespace {

constexpr std::uint64_t kStep = 64;  // work of something that takes about as long as this many classes
constexpr std::size_t kDaysOfWeek = 7, kMostServices = 64, kMostDimensions = 4'096, kMostClasses = 65'536;
constexpr std::int64_t kFirstDay = -719'162, kLastDay = 2'932'896;  // of the years 1 to 9999

auto Contains(const Json& list, const Json& item) -> bool { return std::find(list.begin(), list.end(), item) != list.end(); }

/// That the classes are those of the attributes' values is for a loader to check.
void AddDimensions(Core& core) {
  const Json &dimensions = core.json.at("dimensions"), &services = core.json.at("services");
  Need(dimensions.size() <= kMostDimensions && services.size() <= kMostServices, "there are too many dimensions or services");
  for (const Json& dimension : dimensions) {
    const std::uint64_t classes = Natural(dimension.at("classes"));
    Need(0 < classes && classes <= kMostClasses, "a dimension has no classes, or too many", dimension);
    core.everything.emplace_back(classes, true);
  }
  for (const Json& attribute : core.json.at("attributes")) {
    const std::uint64_t first = Natural(attribute.at("first_dimension"));
    const Json &sources = attribute.at("sources"), prompt = {{"kind", "request"}, {"argument", "prompt"}};
    if (attribute.at("kind") == "number" && Contains(sources, prompt) && !core.prompt) core.prompt = first;
    for (const Json& date : core.json["attributes"]) {
      const bool is_weekday = attribute["kind"] == "one of" && attribute.at("values").size() == kDaysOfWeek;
      const bool is_same = sources == date.at("sources") && sources.size() == 1 && sources[0].at("kind") == "clock";
      if (is_weekday && is_same && date.at("kind") == "date") core.calendars.emplace_back(Natural(date.at("first_dimension")), first);
    }
  }
}

/// What is known of a condition before services answer: what they say counts as `unknown`, behind a `not` as the opposite.
auto Foreseen(const Json& condition, const Bits& answered, bool unknown) -> Json {
  if (condition.contains("dimension") && !answered.at(Natural(condition["dimension"]))) return condition;
  if (condition.contains("dimension")) return {{unknown ? "all" : "any", Json::array()}};
  if (condition.contains("not")) return {{"not", Foreseen(condition["not"], answered, !unknown)}};
  const char* const op = condition.contains("all") ? "all" : "any";
  Json parts = Json::array();
  for (const Json& part : condition.at(op)) parts.push_back(Foreseen(part, answered, unknown));
  return {{op, parts}};
}

/// Whether only models have what a test asks for, so that it says nothing of services.
auto IsOfModels(const Json& core, const Json& test) -> bool {
  const std::string& fact = Text(test["fact"]);
  const auto asks = [&](const Json& tag) { return Contains(test.at("in"), tag); };
  const auto carries = [&](const Json& service) { return std::ranges::any_of(service.at("tags"), asks); };
  if (fact == "tags") return std::ranges::none_of(core.at("own_tags"), asks) && std::ranges::none_of(core["services"], carries);
  const auto is_that = [&](const Json& each) { return fact == "own " + Text(each.at("name")) && each.at("of_models") == true; };
  const std::string of_models = "model capabilities price_in price_out first_token_ms quality context_tokens ";
  return of_models.find(fact.substr(0, fact.find(' ')) + " ") != std::string::npos || std::ranges::any_of(core.at("properties"), is_that);
}

/// What a test of deployments asks of services. Null if nothing is left of it.
auto OfServices(const Json& core, const Json& test) -> Json {
  if (test.contains("fact")) {
    if (test["fact"] == "name") return {{"any", Json::array()}};
    if (test["fact"] == "service") return {{"fact", "name"}, {"in", test.at("in")}};
    return IsOfModels(core, test) ? Json() : test;
  }
  const std::string op = test.contains("all") ? "all" : test.contains("any") ? "any" : "not";
  Json parts = Json::array();
  for (const Json& part : op == "not" ? Json::array({test.at(op)}) : test[op]) {
    if (const Json left = OfServices(core, part); !left.is_null()) parts.push_back(left);
  }
  return parts.empty() && test != kAlways ? Json() : Json{{op, op == "not" ? parts[0] : parts}};
}

/// Throws unless the same is asked of services as of deployments, as far as it says anything of them.
void CheckPair(const Json& core, const Json& pair) {
  const Json left = OfServices(core, pair.at("deployments")), asked = core["services"].empty() ? Json() : left.is_null() ? kAlways : left;
  Need(pair.value("services", Json()) == asked, "something else is asked of services than of deployments", pair);
}

/// What keeps services from seeing prompts: a refusal all of them, where it applies whatever they say; a rule those that
/// it excludes, where it could apply.
void AddScreens(Core& core) {
  const Json &services = core.json["services"], &deployments = core.json.at("deployments");
  Bits answered(core.everything.size());
  for (const Json& service : services) {
    const Json source = {{"kind", service.at("kind")}, {"argument", service.at("question")}};
    core.asked.push_back(false);
    for (std::size_t d = 0; d < answered.size(); ++d) {
      if (Contains(AttributeOf(core.json, d).at("sources"), source)) core.asked.back() = answered[d] = true;
    }
  }
  Json screens = Json::array();
  for (const int by : {0, 1}) {
    const Json& entries = core.json.at(by == 0 ? "refusals" : "rules");
    for (std::size_t i = 0; i < entries.size(); ++i) {
      Bits keeps(deployments.size(), true);
      std::uint64_t mask = 0;
      for (std::size_t s = 0; s < services.size(); ++s) {
        keeps.push_back(!core.asked[s] || (by == 1 && Holds(entries[i].at("keep").at("services"), services[s])));
        mask |= std::uint64_t{!keeps.back()} << s;
      }
      if (mask == 0) continue;
      core.keeps.push_back(std::move(keeps));
      screens.push_back({{"by", by}, {"index", i}, {"services", mask}, {"when", Foreseen(entries[i].at("when"), answered, by == 1)}});
    }
  }
  core.json["screens"] = std::move(screens);
}

}  // namespace

auto AttributeOf(const Json& core, std::size_t dimension) -> const Json& {
  return core.at("attributes").at(Natural(core.at("dimensions").at(dimension).at("attribute")));
}

auto RangeOf(const Json& attribute, std::size_t number) -> std::pair<std::int64_t, std::int64_t> {
  const Json& cuts = attribute.at("cuts");
  const bool is_date = attribute.at("kind") == "date";
  const std::int64_t last = is_date ? kLastDay : attribute.at("maximum").get<std::int64_t>();
  return {number == 0 ? (is_date ? kFirstDay : 0) : cuts.at(number - 1).get<std::int64_t>(),
          number == cuts.size() ? last + 1 : cuts.at(number).get<std::int64_t>()};
}

auto Holds(const Json& test, const Json& recipient) -> bool {
  Spend(kStep);
  const auto holds = [&](const Json& part) { return Holds(part, recipient); };
  if (!test.contains("fact")) {
    Need(test.size() == 1, "a test is not understood", test);
    if (test.contains("all")) return std::all_of(test["all"].begin(), test["all"].end(), holds);
    if (test.contains("any")) return std::any_of(test["any"].begin(), test["any"].end(), holds);
    return !holds(test.at("not"));
  }
  const Json fact = recipient.value(Text(test["fact"]), Json());
  if (fact.is_null()) return false;
  if (test.contains("at_least") || test.contains("below")) {
    const std::size_t ends = test.count("at_least") + test.count("below");
    Need(fact.is_number_integer() && test.size() == 1 + ends, "a test is not understood", test);
    return test.value("at_least", fact) <= fact && (!test.contains("below") || fact < test["below"]);
  }
  Need(test.size() == 2, "a test is not understood", test);
  const Json facts = fact.is_array() ? fact : Json::array({fact});
  const Json& wanted = test.contains("in") ? test["in"] : test.at("only_in");
  const auto is_wanted = [&](const Json& each) { return Contains(wanted, each); };
  return test.contains("in") ? std::ranges::any_of(facts, is_wanted) : std::ranges::all_of(facts, is_wanted);
}

Core::Core(const Json& given) : json(given) {
  AddDimensions(*this);
  for (const Json& rule : json.at("rules")) {
    Bits& kept = keeps.emplace_back();
    CheckPair(json, rule.at("keep"));
    for (const Json& deployment : json.at("deployments")) kept.push_back(Holds(rule.at("keep").at("deployments"), deployment));
    kept.resize(kept.size() + json["services"].size(), true);
  }
  AddScreens(*this);
  Json refusals = Json::array();
  while (refusals.size() < json.at("refusals").size()) refusals.push_back(refusals.size());
  obligations.push_back({{"name", "coverage"}, {"when", kAlways}, {"promise", {{"served", {{"unless_refused_by", refusals}}}}}});
  for (const Json& guarantee : json.at("guarantees")) {
    const std::string name = "guarantee " + Text(guarantee.at("name"));
    obligations.push_back({{"name", name}, {"when", guarantee.at("when")}, {"promise", guarantee.at("promise")}});
    if (guarantee["promise"].contains("every_deployment_reached")) CheckPair(json, guarantee["promise"].front());
  }
}

}  // namespace audit
