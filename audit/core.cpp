#include "audit/core.h"

#include <algorithm>

namespace audit {

void Need(bool holds, const char* why, const Json& where) {
  if (holds) return;
  const std::string of = where.is_null() ? "" : ": " + where.dump(-1, ' ', false, Json::error_handler_t::replace);
  throw Rejected(why + of);
}

void Spend(std::uint64_t work) {
  if ((spent += work) > kMostWork) throw Inconclusive("the check takes more than 50 thousand million steps");
}

auto Text(const Json& text) -> const std::string& { return text.get_ref<const std::string&>(); }

auto Natural(const Json& number) -> std::uint64_t {
  Need(number.is_number_unsigned() && number < 0xFFFFFFFFU, "there is something else where a small number belongs", number);
  return number.get<std::uint64_t>();
}

auto NaturalOr(const Json& number, std::uint64_t otherwise) -> std::uint64_t {
  return number.is_null() ? otherwise : Natural(number);
}

namespace {

constexpr std::uint64_t kStep = 64;  // work of something that takes about as long as this many classes
constexpr std::size_t kCountries = 249, kDaysOfWeek = 7;
constexpr std::int64_t kFirstDay = -719'162, kLastDay = 2'932'896;  // of the years 1 to 9999

auto Contains(const Json& list, const Json& item) -> bool { return std::find(list.begin(), list.end(), item) != list.end(); }

/// "Value classes": how many an attribute has, or each member of a set. That there is a value in each is for a loader to check.
auto CountClasses(const Json& attribute) -> std::size_t {
  const std::string& kind = Text(attribute.at("kind"));
  if (kind == "one of") return attribute.at("values").size();
  if (kind == "any of" || kind == "yes/no") return 2;
  if (kind == "text") return 1 + attribute.at("prefixes").size() + attribute.at("texts").size();
  if (kind == "number" || kind == "date") return 1 + attribute.at("cuts").size();
  Need(kind == "country", "an attribute is of no known kind", kind);
  const Json& classes = attribute.at("countries");
  const bool is_whole = classes.size() == kCountries && *std::max_element(classes.begin(), classes.end()) < kCountries;
  Need(is_whole, "there is not a class for each country", attribute);
  return 1 + Natural(*std::max_element(classes.begin(), classes.end()));
}

void AddDimensions(Core& core) {
  const Json& attributes = core.json.at("attributes");
  Json expected = Json::array();
  for (std::size_t i = 0; i < attributes.size(); ++i) {
    const std::size_t classes = CountClasses(attributes[i]), first = expected.size();
    const std::size_t members = attributes[i]["kind"] == "any of" ? attributes[i].at("values").size() : 1;
    Need(classes > 0 && attributes[i].at("first_dimension") == first, "the dimensions are out of order", attributes[i]);
    for (std::size_t m = 0; m < members; ++m) expected.push_back({{"attribute", i}, {"member", m}, {"classes", classes}});
    core.everything.resize(expected.size(), Bits(classes, true));
    const Json &sources = attributes[i].at("sources"), prompt = {{"kind", "request"}, {"argument", "prompt"}};
    if (attributes[i]["kind"] == "number" && Contains(sources, prompt) && !core.prompt) core.prompt = first;
    for (const Json& date : attributes) {
      const bool is_weekday = attributes[i]["kind"] == "one of" && classes == kDaysOfWeek && sources == date.at("sources");
      if (!is_weekday || date.at("kind") != "date" || sources.size() != 1 || sources[0].at("kind") != "clock") continue;
      core.calendars.emplace_back(date.at("first_dimension"), first);
    }
  }
  core.json["dimensions"] = expected;
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

auto Holds(const Json& test, const Json& deployment) -> bool {
  Spend(kStep);
  const auto holds = [&](const Json& part) { return Holds(part, deployment); };
  if (!test.contains("fact")) {
    Need(test.size() == 1, "a test is not understood", test);
    if (test.contains("all")) return std::all_of(test["all"].begin(), test["all"].end(), holds);
    if (test.contains("any")) return std::any_of(test["any"].begin(), test["any"].end(), holds);
    return !holds(test.at("not"));
  }
  const Json fact = deployment.value(Text(test["fact"]), Json());
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
  if (test.contains("in")) return std::any_of(facts.begin(), facts.end(), is_wanted);
  return std::all_of(facts.begin(), facts.end(), is_wanted);
}

Core::Core(const Json& given) : json(given) {
  Need(json.at("routes").is_array() && json.at("limits").is_object(), "the core has no routes or limits");
  AddDimensions(*this);
  for (const Json& rule : json.at("rules")) {
    Bits& kept = keeps.emplace_back();
    for (const Json& deployment : json.at("deployments")) kept.push_back(Holds(rule.at("keep"), deployment));
  }
  Json refusals = Json::array(), always = {{"all", Json::array()}};
  while (refusals.size() < json.at("refusals").size()) refusals.push_back(refusals.size());
  obligations.push_back({{"name", "coverage"}, {"when", always}, {"promise", {{"served", {{"unless_refused_by", refusals}}}}}});
  for (const Json& guarantee : json.at("guarantees")) {
    obligations.push_back({{"when", guarantee.at("when")}, {"promise", guarantee.at("promise")}});
    obligations.back()["name"] = "guarantee " + Text(guarantee.at("name"));
  }
}

}  // namespace audit
