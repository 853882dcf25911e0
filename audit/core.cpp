#include "audit/core.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>
#include <set>

namespace audit {

void Spend(std::uint64_t work) {
  static std::uint64_t spent = 0;
  if ((spent += work) > kMostWork) throw Inconclusive("the check takes more than 50 thousand million steps");
}

auto Kinds() -> const std::vector<Json>& {
  static const std::vector<Json> kinds = {"one of", "any of", "yes/no", "number", "text", "country", "date"};
  return kinds;
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

auto CountryIndex(const Json& code) -> std::size_t {
  const auto found = std::ranges::find(Countries(), Text(code));
  if (found == Countries().end()) throw Rejected("`" + Text(code) + "` is not the code of a country");
  return static_cast<std::size_t>(found - Countries().begin());
}

auto Text(const Json& text) -> const std::string& {
  if (!text.is_string()) throw Rejected("the core has " + text.dump() + " where a text belongs");
  return text.get_ref<const std::string&>();
}

auto Natural(const Json& number) -> std::uint64_t {
  if (!number.is_number_unsigned() || number.get<std::uint64_t>() >= 0xFFFFFFFF) {
    throw Rejected("the core has " + number.dump() + " where a whole number below 2^32 - 1 belongs");
  }
  return number.get<std::uint64_t>();
}

auto Micros(const Json& number) -> std::int64_t {
  std::string digits = number.is_number_integer() ? number.dump() : Text(number);
  const auto point = digits.find('.');
  const std::size_t places = point == std::string::npos ? 0 : digits.size() - point - 1;
  if (point != std::string::npos) digits.erase(point, 1);
  const std::size_t sign = digits.starts_with('-') ? 1 : 0;
  if (places > 6 || digits.size() == sign || digits.size() > 18 ||
      digits.find_first_not_of("0123456789", sign) != std::string::npos) {
    throw Rejected("the core has " + number.dump() + " where a number belongs");
  }
  std::int64_t value = std::stoll(digits);
  for (std::size_t i = places; i < 6; ++i) {
    if (__builtin_mul_overflow(value, std::int64_t{10}, &value)) throw Rejected(number.dump() + " is too large");
  }
  return value;
}

auto Days(const std::string& date) -> std::int64_t {
  const bool shaped = date.size() == 10 && date[4] == '-' && date[7] == '-';
  const auto part = [&](std::size_t at, std::size_t size) {
    const std::string digits = date.substr(at, size);
    if (digits.find_first_not_of("0123456789") != std::string::npos) throw Rejected("`" + date + "` is not a date");
    return std::stoi(digits);
  };
  if (!shaped) throw Rejected("`" + date + "` is not a date");
  const std::chrono::year_month_day day{std::chrono::year(part(0, 4)),
                                        std::chrono::month(static_cast<unsigned>(part(5, 2))),
                                        std::chrono::day(static_cast<unsigned>(part(8, 2)))};
  if (!day.ok() || part(0, 4) < 1) throw Rejected("`" + date + "` is not a date");
  return std::chrono::sys_days(day).time_since_epoch().count();
}

namespace {

constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

/// The place of a name in a list of objects with a `name`, or of texts.
auto IndexOf(const Json& list, const Json& name) -> std::size_t {
  for (std::size_t i = 0; i < list.size(); ++i) {
    if ((list[i].is_object() ? list[i].at("name") : list[i]) == name) return i;
  }
  throw Rejected("the core names " + name.dump() + ", which it does not declare");
}

auto Contains(const Json& list, const Json& item) -> bool {
  return std::any_of(list.begin(), list.end(), [&](const Json& each) { return each == item; });
}

/// The object has these members and no others; those after `required` may be missing.
void Members(const Json& object, std::size_t required, const std::vector<const char*>& names) {
  std::size_t known = 0;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (object.contains(names[i]))
      ++known;
    else if (i < required)
      throw Rejected("the core has " + object.dump() + ", which lacks `" + names[i] + "`");
  }
  if (known != object.size()) throw Rejected("the core has " + object.dump() + ", which says more than is understood");
}

/// A number, or a date, of an attribute or property of this kind.
auto Number(const Json& value, const std::string& kind) -> std::int64_t {
  return kind == "date" ? Days(Text(value)) : Micros(value);
}
auto End(const Json& range, const char* which, const std::string& kind, std::int64_t otherwise) -> std::int64_t {
  return range.contains(which) ? Number(range[which], kind) : otherwise;
}
auto LeastOf(const Json& attribute) -> std::int64_t {
  return attribute["kind"] == "date" ? Days("0001-01-01") : 0;
}
auto GreatestOf(const Json& attribute) -> std::int64_t {
  return attribute["kind"] == "date" ? Days("9999-12-31") : Micros(attribute.at("maximum"));
}

auto ClassOfText(const Dimension& dimension, const std::string& text) -> std::size_t {
  const auto& [prefixes, texts] = std::tie(dimension.prefixes, dimension.texts);
  const auto named = std::ranges::find(texts, text);
  if (named != texts.end()) return 1 + prefixes.size() + static_cast<std::size_t>(named - texts.begin());
  std::size_t best = 0;
  for (std::size_t i = 0; i < prefixes.size(); ++i) {
    if (text.starts_with(prefixes[i]) && (best == 0 || prefixes[i].size() > prefixes[best - 1].size())) best = 1 + i;
  }
  return best;
}

/// Calls `visit` with each question about one attribute.
template <typename Visit>
void VisitAtoms(const Json& condition, const Visit& visit, std::size_t depth = 0) {
  if (depth > 1000) throw Rejected("a condition is nested too deeply");
  if (condition.is_boolean()) return;
  for (const char* join : {"all", "any"}) {
    if (condition.contains(join))
      return [&] {
        for (const Json& part : condition[join]) VisitAtoms(part, visit, depth + 1);
      }();
  }
  if (condition.contains("not")) return VisitAtoms(condition["not"], visit, depth + 1);
  visit(condition);
}

/// "Value classes": what the conditions tell apart.
auto MakeDimensions(const Json& core, std::vector<std::size_t>& first) -> std::vector<Dimension> {
  const Json& attributes = core.at("attributes");
  std::vector<std::set<std::int64_t>> cuts(attributes.size());
  std::vector<std::set<std::string>> texts(attributes.size()), prefixes(attributes.size());
  std::vector<std::vector<Bits>> countries(attributes.size());
  const auto visit = [&](const Json& atom) {
    const std::size_t i = IndexOf(attributes, atom.at("attribute"));
    const std::string& kind = Text(attributes[i].at("kind"));
    if (kind == "number" || kind == "date") {
      for (const char* end : {"at_least", "below"}) {
        const std::int64_t cut = End(atom, end, kind, kLeast);
        if (LeastOf(attributes[i]) < cut && cut <= GreatestOf(attributes[i])) cuts[i].insert(cut);
      }
    } else if (kind == "text") {
      if (atom.contains("is"))
        texts[i].insert(Text(atom["is"]));
      else
        prefixes[i].insert(Text(atom.at("starts_with")));
    } else if (kind == "country") {
      Bits& members = countries[i].emplace_back(Countries().size());
      for (const Json& code : atom.at("in")) members[CountryIndex(code)] = true;
    }
  };
  for (const char* list : {"rules", "refusals", "routes", "guarantees"}) {
    for (const Json& entry : core.at(list)) VisitAtoms(entry.at("when"), visit);
  }

  std::vector<Dimension> dimensions;
  for (std::size_t i = 0; i < attributes.size(); ++i) {
    first.push_back(dimensions.size());
    const std::string& kind = Text(attributes[i].at("kind"));
    Dimension dimension;
    dimension.name = Text(attributes[i].at("name"));
    if (kind == "any of") {
      for (const Json& member : attributes[i].at("values")) {
        dimensions.push_back({dimension.name + "." + Text(member), 2, {}, {}, {}, {}});
      }
      continue;
    }
    if (kind == "one of") {
      dimension.classes = attributes[i].at("values").size();
    } else if (kind == "yes/no") {
      dimension.classes = 2;
    } else if (kind == "number" || kind == "date") {
      dimension.cuts.assign(cuts[i].begin(), cuts[i].end());
      dimension.classes = 1 + cuts[i].size();
    } else if (kind == "text") {
      dimension.prefixes.assign(prefixes[i].begin(), prefixes[i].end());
      dimension.texts.assign(texts[i].begin(), texts[i].end());
      dimension.classes = 1 + prefixes[i].size() + texts[i].size();
    } else if (kind == "country") {
      std::map<Bits, std::size_t> numbers;
      for (std::size_t country = 0; country < Countries().size(); ++country) {
        Bits memberships;
        for (const Bits& set : countries[i]) memberships.push_back(set[country]);
        dimension.country_class.push_back(numbers.try_emplace(memberships, numbers.size()).first->second);
      }
      dimension.classes = numbers.size();
    } else {
      throw Rejected("attribute `" + dimension.name + "` is of no known kind");
    }
    dimensions.push_back(std::move(dimension));
  }
  return dimensions;
}

auto ReadAtom(const Core& core, const Json& atom) -> Condition {
  const Json& attributes = core.json["attributes"];
  const std::size_t i = IndexOf(attributes, atom.at("attribute"));
  const Json& attribute = attributes[i];
  const std::string& kind = Text(attribute["kind"]);
  Condition condition{.op = Condition::Op::kIn, .parts = {}, .dimension = core.first_dimension[i], .classes = {}};
  if (kind == "any of") condition.dimension += IndexOf(attribute["values"], atom.at("includes"));
  const Dimension& dimension = core.dimensions[condition.dimension];
  Bits& classes = condition.classes;
  classes.assign(dimension.classes, false);
  if (kind == "number" || kind == "date") {
    Members(atom, 1, {"attribute", "at_least", "below"});
    for (std::size_t c = 0; c < classes.size(); ++c) {
      const std::int64_t least = c == 0 ? LeastOf(attribute) : dimension.cuts[c - 1];
      classes[c] = End(atom, "at_least", kind, kLeast) <= least && least < End(atom, "below", kind, kMost);
    }
    return condition;
  }
  if (kind == "text" && atom.contains("starts_with")) {
    Members(atom, 2, {"attribute", "starts_with"});
    for (std::size_t c = 1; c < classes.size(); ++c) {
      const std::size_t prefixes = dimension.prefixes.size();
      const std::string& text = c <= prefixes ? dimension.prefixes[c - 1] : dimension.texts[c - 1 - prefixes];
      classes[c] = text.starts_with(Text(atom["starts_with"]));
    }
    return condition;
  }
  Members(atom, 2, {"attribute", kind == "any of" ? "includes" : kind == "country" ? "in" : "is"});
  if (kind == "one of") {
    for (const Json& value : atom["is"]) classes[IndexOf(attribute["values"], value)] = true;
  } else if (kind == "country") {
    for (const Json& code : atom["in"]) classes[dimension.country_class[CountryIndex(code)]] = true;
  } else if (kind == "text") {
    classes[ClassOfText(dimension, Text(atom["is"]))] = true;
  } else if (kind == "any of" || atom["is"] == true) {
    classes[1] = true;
  } else {
    throw Rejected("the core has " + atom.dump() + ", which is not understood");
  }
  return condition;
}

auto ReadCondition(const Core& core, const Json& json) -> Condition {
  using Op = Condition::Op;
  if (json.is_boolean())
    return {.op = json.get<bool>() ? Op::kAll : Op::kAny, .parts = {}, .dimension = 0, .classes = {}};
  const bool all = json.contains("all"), any = json.contains("any");
  if (!all && !any && !json.contains("not")) return ReadAtom(core, json);
  Members(json, 1, {all ? "all" : any ? "any" : "not"});
  Condition condition{.op = all ? Op::kAll : any ? Op::kAny : Op::kNot, .parts = {}, .dimension = 0, .classes = {}};
  if (!all && !any)
    condition.parts.push_back(ReadCondition(core, json["not"]));
  else
    for (const Json& part : json[all ? "all" : "any"]) condition.parts.push_back(ReadCondition(core, part));
  return condition;
}

/// Whether a test holds of a deployment. A fact that the catalogue does not state makes a comparison on it false.
auto Holds(const Json& core, const Json& test, const Json& deployment) -> bool {
  const auto holds = [&](const Json& part) { return Holds(core, part, deployment); };
  if (test.is_boolean()) return test.get<bool>();
  if (!test.is_object() || test.empty()) throw Rejected("the core has " + test.dump() + " where a test belongs");
  const auto in_range = [&](const Json& fact, const std::string& kind) {
    if (fact.is_null()) return false;
    const std::int64_t value = Number(fact, kind);
    return End(test, "at_least", kind, kLeast) <= value && value < End(test, "below", kind, kMost);
  };
  const auto named = [&](const char* list, const Json& name) -> const Json& {
    return core.at(list)[IndexOf(core.at(list), name)];
  };
  const auto& vendor = named("vendors", deployment.at("vendor"));
  const auto& model = named("models", deployment.at("model"));
  if (test.contains("property")) {
    const Json& own = deployment.at("own");
    const Json fact = own.contains(Text(test["property"])) ? own[Text(test["property"])] : Json();
    Members(test, 1, {"property", "is", "at_least", "below"});
    if (test.contains("is")) return Members(test, 2, {"property", "is"}), fact == test["is"];
    return in_range(fact, Text(named("properties", test["property"]).at("kind")));
  }
  if (test.contains("fact")) {
    Members(test, 1, {"fact", "work", "at_least", "below"});
    const std::string& fact = Text(test["fact"]);
    if (test.contains("work")) {
      if (fact != "quality") throw Rejected("the core has " + test.dump() + ", which is not understood");
      const Json& by_work = model.at("quality_by_work");
      return in_range(by_work.contains(Text(test["work"])) ? by_work[Text(test["work"])] : Json(), "number");
    }
    static const std::set<std::string> known = {"price_in",       "price_out", "first_token_ms",
                                                "retention_days", "quality",   "context_tokens"};
    if (!known.contains(fact)) throw Rejected("`" + fact + "` is not a fact of a deployment");
    return in_range(fact == "quality" || fact == "context_tokens" ? model.at(fact) : deployment.at(fact), "number");
  }
  if (test.size() != 1) throw Rejected("the core has " + test.dump() + ", which says more than is understood");
  const std::string& what = test.begin().key();
  const Json& wanted = test.begin().value();
  if (what == "all") return std::all_of(wanted.begin(), wanted.end(), holds);
  if (what == "any") return std::any_of(wanted.begin(), wanted.end(), holds);
  if (what == "not") return !holds(wanted);
  if (what == "processed_in") return Contains(wanted, deployment.at("processed_in"));
  if (what == "headquartered_in") return Contains(wanted, vendor.at("headquarters"));
  if (what == "vendor" || what == "model") return Contains(wanted, deployment.at(what));
  if (what == "deployment") return Contains(wanted, deployment.at("name"));
  if (what == "certified") return Contains(vendor.at("certifications"), wanted);
  if (what == "status") return deployment.at("status") == wanted;
  if (what == "capability") return Contains(model.at("capabilities"), wanted);
  if (what == "tag") return Contains(model.at("tags"), wanted) || Contains(deployment.at("tags"), wanted);
  const bool by_place = what.ends_with("_from"), only = what.starts_with("seen_only_");
  const auto meant = [&](const Json& who) {
    return Contains(wanted, by_place ? named("vendors", who).at("headquarters") : who);
  };
  if (what != "seen_by" && what != "seen_from" && what != "seen_only_by" && what != "seen_only_from") {
    throw Rejected("the core tests `" + what + "`, which is not understood");
  }
  const Json& seen = deployment.at("seen_by");
  if (seen.is_null()) return false;
  return only ? std::all_of(seen.begin(), seen.end(), meant) : std::any_of(seen.begin(), seen.end(), meant);
}

auto Passing(const Json& core, const Json& test) -> Bits {
  Bits passing;
  for (const Json& deployment : core.at("deployments")) passing.push_back(Holds(core, test, deployment));
  return passing;
}

auto ReadObligation(const Core& core, const Json& guarantee) -> Obligation {
  using Kind = Obligation::Kind;
  const Json& promise = guarantee.at("promise");
  if (promise.size() != 1) throw Rejected("the core has " + promise.dump() + " where a promise belongs");
  const std::string& what = promise.begin().key();
  const Json& says = promise.begin().value();
  Obligation obligation;
  obligation.name = "guarantee " + Text(guarantee.at("name"));
  obligation.when = ReadCondition(core, guarantee.at("when"));
  if (what == "every_deployment_reached" || what == "first_choice") {
    obligation.kind = what == "first_choice" ? Kind::kFirst : Kind::kEvery;
    obligation.passes = Passing(core.json, says);
  } else if (what == "served") {
    Members(says, 1, {"unless_refused_by"});
    obligation.named.assign(core.refusals.size(), false);
    for (const Json& name : says["unless_refused_by"]) obligation.named[IndexOf(core.json["refusals"], name)] = true;
  } else if (what == "survives_loss") {
    Members(says, 2, {"unit", "count"});
    obligation.kind = Kind::kSurvives;
    obligation.count = Natural(says["count"]);
    const Json& deployments = core.json["deployments"];
    for (std::size_t d = 0; d < deployments.size(); ++d) {
      if (says["unit"] == "deployment")
        obligation.unit.push_back(d);
      else if (says["unit"] == "vendor")
        obligation.unit.push_back(IndexOf(core.json["vendors"], deployments[d].at("vendor")));
      else if (says["unit"] == "country")
        obligation.unit.push_back(CountryIndex(deployments[d].at("processed_in")));
      else
        throw Rejected("the core speaks of the loss of " + says["unit"].dump() + ", which is not understood");
    }
  } else if (what == "bounded") {
    Members(says, 2, {"attempts", "within_ms"});
    obligation.kind = Kind::kBounded;
    if (!says["attempts"].is_null()) obligation.attempts = Natural(says["attempts"]);
    if (!says["within_ms"].is_null()) obligation.within = Natural(says["within_ms"]);
  } else {
    throw Rejected("the core promises `" + what + "`, which is not understood");
  }
  return obligation;
}

}  // namespace

Core::Core(const Json& given) : json(given) {
  dimensions = MakeDimensions(json, first_dimension);
  deployments = json.at("deployments").size();
  attempts = Natural(json.at("limits").at("attempts"));
  deadline = Natural(json.at("limits").at("deadline_ms"));
  for (const Json& refusal : json.at("refusals")) refusals.push_back(ReadCondition(*this, refusal.at("when")));
  for (const Json& rule : json.at("rules")) {
    rules.push_back({ReadCondition(*this, rule.at("when")), Passing(json, rule.at("keep"))});
  }
  for (const Json& route : json.at("routes")) {
    Route& made = routes.emplace_back(Route{ReadCondition(*this, route.at("when")), {}});
    for (const Json& tier : route.at("tiers")) {
      Tier& step = made.tiers.emplace_back();
      step.by_weight = tier.at("order") == "by weight";
      for (const Json& candidate : tier.at("candidates")) {
        step.deployments.push_back(IndexOf(json.at("deployments"), candidate.at("deployment")));
      }
      step.limit = tier.at("limit").is_null() ? step.deployments.size() : Natural(tier["limit"]);
      if (step.limit == 0 && !step.deployments.empty()) throw Rejected("a tier takes no deployment at all");
      if (!tier.at("within_ms").is_null()) step.within = Natural(tier["within_ms"]);
      if (!tier.at("retries").is_null()) step.retries = Natural(tier["retries"]);
    }
  }
  obligations.emplace_back();
  obligations[0].name = "coverage";
  obligations[0].named.assign(refusals.size(), true);
  for (const Json& guarantee : json.at("guarantees")) obligations.push_back(ReadObligation(*this, guarantee));
}

}  // namespace audit
