#include "audit/words.h"

#include <algorithm>
#include <chrono>
#include <map>

#include "audit/proof.h"

namespace audit {
namespace {

auto Word(const Json& value) -> std::string { return value.is_string() ? Text(value) : value.dump(); }

auto CountryCode(std::uint64_t index) -> std::string {
  static const std::string codes =
      "ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCHCICKCLCMCNCOCRCUCVCWCXCYCZDEDJDKDM"
      "DODZECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHUIDIEILIMINIOIQIRISITJEJMJOJPKEKGKHKIKMKN"
      "KPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZNANCNENFNGNINLNONPNRNUNZOMPAPEPFPGPHPKPLPM"
      "PNPRPSPTPWPYQARERORSRURWSASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZUAUGUMUSUYUZVAVCVEVGVI"
      "VNVUWFWSYEYTZAZMZW";
  Need(index < codes.size() / 2, "there is no such country", index);
  return codes.substr(2 * index, 2);
}

auto Joined(const std::vector<std::string>& words, const std::string& join) -> std::string {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : join) + word;
  return text.empty() ? "nothing" : text;
}

auto Listed(const Json& values, const std::string& join) -> std::string {
  std::vector<std::string> words;
  for (const Json& value : values) words.push_back(Word(value));
  return Joined(words, join);
}

auto DateText(std::int64_t days) -> std::string {
  const std::chrono::year_month_day day{std::chrono::sys_days(std::chrono::days(days))};
  char text[32];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(day.year()), static_cast<unsigned>(day.month()),
                static_cast<unsigned>(day.day()));
  return text;
}

/// A number in millionths of its unit.
auto NumberText(std::int64_t micros, const std::string& unit = "") -> std::string {
  const std::uint64_t size = micros < 0 ? 0U - static_cast<std::uint64_t>(micros) : static_cast<std::uint64_t>(micros);
  if (unit == "time of day") {
    char text[32];
    std::snprintf(text, sizeof text, "%02u:%02u", static_cast<unsigned>(size / 60'000'000), static_cast<unsigned>(size / 1'000'000 % 60));
    return text;
  }
  std::string digits = (micros < 0 ? "-" : "") + std::to_string(size / 1'000'000);
  std::string places = std::to_string(1'000'000 + size % 1'000'000).substr(1);
  while (places.ends_with('0')) places.pop_back();
  if (!places.empty()) digits += "." + places;
  return digits + (unit.empty() || unit == "%" ? "" : " ") + unit;
}

auto ValueText(const Json& of, std::int64_t value) -> std::string {
  return of.at("kind") == "date" ? DateText(value) : NumberText(value, Text(of.at("unit")));
}

/// `below 5`, or `at most 5` of a number below 5.000001.
template <typename Say>
auto BelowText(std::int64_t end, const Say& say) -> std::string {
  const bool is_whole = NumberText(end - 1).size() < NumberText(end).size() && end % 10 != 0;
  return is_whole ? "at most " + say(end - 1) : "below " + say(end);
}

// --- Conditions ----------------------------------------------------------------------------------------------------------

/// The values of some classes of a number or a date: the ranges that they make.
auto RangesText(const Json& attribute, const Json& runs) -> std::string {
  const std::string& name = Text(attribute.at("name"));
  const std::int64_t least = RangeOf(attribute, 0).first, end = RangeOf(attribute, attribute.at("cuts").size()).second;
  std::vector<std::string> words;
  for (const Json& run : runs) {
    const std::int64_t first = RangeOf(attribute, Natural(run.at(0))).first, past = RangeOf(attribute, Natural(run.at(1)) - 1).second;
    std::string word = name + " is ";
    if (first > least) word += "at least " + ValueText(attribute, first);
    const auto say = [&](std::int64_t value) { return ValueText(attribute, value); };
    if (past < end) word += (first > least ? " and " : "") + (attribute["kind"] == "date" ? "below " + say(past) : BelowText(past, say));
    words.push_back(first == least && past == end ? name + " is anything" : word);
  }
  return Joined(words, " or ");
}

/// The longest of the attribute's prefixes that a text begins with, other than itself; their number if there is none.
auto ParentOf(const std::vector<std::string>& prefixes, const std::string& text, bool is_prefix) -> std::size_t {
  std::size_t parent = prefixes.size();
  for (std::size_t p = 0; p < prefixes.size(); ++p) {
    const bool longer = parent == prefixes.size() || prefixes[p].size() > prefixes[parent].size();
    if (text.starts_with(prefixes[p]) && longer && !(is_prefix && prefixes[p] == text)) parent = p;
  }
  return parent;
}

/// Texts: where a beginning or a text is in the set and what it is part of is not, or the other way round.
auto TextsText(const Json& attribute, const Bits& in) -> std::string {
  const std::vector<std::string> prefixes = attribute.at("prefixes"), texts = attribute.at("texts");
  std::vector<std::string> words;
  if (in[0]) words.emplace_back("is any text");
  const auto add = [&](const std::string& text, std::size_t number, bool is_prefix) {
    const std::size_t parent = ParentOf(prefixes, text, is_prefix);
    if (in[number] == in[parent == prefixes.size() ? 0 : 1 + parent]) return;
    words.push_back((in[number] ? "" : "but not ") + std::string(is_prefix ? "begins with " : "is ") + Json(text).dump());
  };
  for (std::size_t i = 0; i < prefixes.size(); ++i) add(prefixes[i], 1 + i, true);
  for (std::size_t i = 0; i < texts.size(); ++i) add(texts[i], 1 + prefixes.size() + i, false);
  return Text(attribute.at("name")) + " " + (words.empty() ? "is nothing" : Joined(words, " or "));
}

auto QuestionText(const Json& core, const Json& question) -> std::string {
  const std::size_t dimension = Natural(question.at("dimension"));
  const Json& attribute = AttributeOf(core, dimension);
  const std::string &kind = Text(attribute.at("kind")), &name = Text(attribute.at("name"));
  if (kind == "number" || kind == "date") return RangesText(attribute, question.at("classes"));
  const Bits in = ClassesIn(question, Natural(core.at("dimensions").at(dimension).at("classes")));
  if (kind == "text") return TextsText(attribute, in);
  if (kind == "any of" || kind == "yes/no") {
    const std::size_t member = dimension - Natural(attribute.at("first_dimension"));
    const std::string what = kind == "any of" ? name + " includes " + Word(attribute.at("values").at(member)) : name + " is yes";
    return in.at(0) == in.at(1) ? (in[0] ? "always" : "never") : in[1] ? what : "not (" + what + ")";
  }
  std::vector<std::string> words;
  for (std::size_t i = 0; kind == "country" && i < attribute.at("countries").size(); ++i) {
    if (in.at(Natural(attribute["countries"][i]))) words.push_back(CountryCode(i));
  }
  for (std::size_t i = 0; kind == "one of" && i < in.size(); ++i) {
    if (in[i]) words.push_back(Word(attribute.at("values").at(i)));
  }
  return name + " is " + Joined(words, " or ");
}

/// `all`, `any` and `not` of conditions and of tests; `say` says one of the others.
template <typename Say>
auto PartsText(const Json& json, const Say& say, bool inner = false) -> std::string {
  for (const auto& [op, word] : {std::pair("all", " and "), std::pair("any", " or ")}) {
    if (!json.contains(op)) continue;
    std::vector<std::string> parts;
    for (const Json& part : json[op]) parts.push_back(PartsText(part, say, true));
    if (parts.empty()) return op == std::string("all") ? "always" : "never";
    return inner && parts.size() > 1 ? "(" + Joined(parts, word) + ")" : Joined(parts, word);
  }
  return json.contains("not") ? "not (" + PartsText(json["not"], say) + ")" : say(json);
}

auto When(const Json& core, const Json& entry) -> std::string {
  const std::string text = PartsText(entry.at("when"), [&](const Json& question) { return QuestionText(core, question); });
  return text == "always" ? "for every request" : "when " + text;
}

// --- Tests, promises, chains -----------------------------------------------------------------------------------------------

auto FactText(const Json& core, const std::string& fact, const Json& value) -> std::string {
  if (value.is_array()) {
    std::vector<std::string> words;
    for (const Json& each : value) words.push_back(FactText(core, fact, each));
    return Joined(words, " or ");
  }
  if (!value.is_number() || fact == "within_ms") return Word(value);
  if (fact == "processed_in" || fact == "headquarters" || fact == "seen_from") return CountryCode(Natural(value));
  for (const Json& property : core.at("properties")) {
    if (fact == "own " + Text(property.at("name"))) return ValueText(property, value);
  }
  return NumberText(value, fact.starts_with("price_") ? "USD" : "");
}

auto TestText(const Json& core, const Json& test) -> std::string {
  static const std::map<std::string, std::string> phrases = {{"processed_in", "it is processed in "},
                                                             {"headquarters", "its vendor has its headquarters in "},
                                                             {"vendor", "its vendor is "},
                                                             {"model", "its model is "},
                                                             {"name", "it is "},
                                                             {"certified", "its vendor is certified for "},
                                                             {"status", "its status is "},
                                                             {"capabilities", "its model is capable of "},
                                                             {"tags", "it or its model is tagged "},
                                                             {"seen_by", "its data is seen by "},
                                                             {"seen_from", "its data is seen from "}};
  const std::string& fact = Text(test.at("fact"));
  const std::string name = "its " + (fact.starts_with("own ") ? fact.substr(4) : fact) + " is ";
  const auto phrase = phrases.find(fact);
  if (test.contains("in")) return (phrase == phrases.end() ? name : phrase->second) + FactText(core, fact, test["in"]);
  if (test.contains("only_in")) {
    const std::string only = fact == "seen_from" ? "nowhere but " : fact == "seen_by" ? "nobody but " : "only ";
    return (phrase == phrases.end() ? name : phrase->second) + only + FactText(core, fact, test["only_in"]);
  }
  std::vector<std::string> ends;
  const auto say = [&](std::int64_t value) { return FactText(core, fact, value); };
  if (test.contains("at_least")) ends.push_back("at least " + FactText(core, fact, test["at_least"]));
  if (test.contains("below")) ends.push_back(BelowText(test["below"].get<std::int64_t>(), say));
  return name + Joined(ends, " and ");
}

auto TestsText(const Json& core, const Json& test) -> std::string {
  return PartsText(test, [&](const Json& each) { return TestText(core, each); });
}

auto ComparedText(const Json& core, const Json& says) -> std::string {
  const Json& attribute = core.at("attributes").at(Natural(says.at("attribute")));
  const std::size_t first = Natural(attribute.at("first_dimension"));
  const auto request = [&](const Json& classes) {
    std::vector<std::string> words;
    for (std::size_t i = 0; i < classes.size(); ++i) words.push_back(ClassText(core, first + i, Natural(classes[i])));
    return "the request with " + Joined(words, ", ");
  };
  const std::string one = request(says.at("value")), other = "the same request with" + request(says.at("than")).substr(16);
  if (says.at("what") == "allowed") return one + " is allowed every deployment that " + other + " is";
  if (says["what"] == "served") return one + " is routed if " + other + " is";
  const std::string how = says["what"] == "first_choice_at_least" ? " at least" : " at most";
  return "the first choice of " + one + " has" + how + " the " + Word(says.at("fact")) + " of that of " + other + ", if both are routed";
}

auto PromiseText(const Json& core, const Json& promise) -> std::string {
  const std::string& kind = promise.begin().key();
  const Json& says = promise.front();
  if (kind == "every_deployment_reached") {
    const std::string deployment = TestsText(core, says.at("deployments")), reached = "of every deployment that may be reached";
    if (!says.contains("services")) return reached + ": " + deployment;
    const std::string service = TestsText(core, says["services"]), seeing = "every service that may see the prompt";
    if (service == deployment) return reached + ", and of " + seeing + ": " + service;
    return reached + ": " + deployment + "; of " + seeing + ": " + service;
  }
  if (kind == "first_choice") return "of the first choice: " + TestsText(core, says);
  if (kind == "served") {
    std::vector<std::string> names;
    for (const Json& refusal : says.at("unless_refused_by")) names.push_back(Word(core.at("refusals").at(Natural(refusal)).at("name")));
    return "the request is routed, or refused by " + Joined(names, " or ");
  }
  if (kind == "survives_loss") {
    const std::string of = says.at("of") == "name" ? "deployment" : says["of"] == "processed_in" ? "country" : "vendor";
    return "service survives the loss of any " + Word(says.at("count")) + " " + of;
  }
  if (kind == "costs_at_most") return "all attempts together cost at most " + NumberText(says.at("usd"), "USD");
  if (kind == "compared") return ComparedText(core, says);
  if (kind != "bounded") return promise.dump();
  std::string text = "the plan takes";
  if (!says.at("attempts").is_null()) text += " at most " + Word(says["attempts"]) + " attempts";
  if (!says.at("within_ms").is_null()) text += " at most " + Word(says["within_ms"]) + " ms";
  return text;
}

auto TierText(const Json& core, const Json& tier) -> std::string {
  std::vector<std::string> names;
  for (const Json& candidate : tier.at("candidates")) {
    names.push_back(Word(core.at("deployments").at(Natural(candidate.at("deployment"))).at("name")));
    if (tier.at("order") == "by weight") names.back() += " (weight " + Word(candidate.at("weight")) + ")";
  }
  std::string text = Joined(names, ", ");
  if (tier["order"] == "by weight") text = "drawn by weight from " + text;
  if (!tier.at("limit").is_null()) text = "the first " + Word(tier["limit"]) + " allowed of " + text;
  if (!tier.at("within_ms").is_null()) text += ", within " + Word(tier["within_ms"]) + " ms";
  if (!tier.at("retries").is_null()) text += ", with " + Word(tier["retries"]) + " more attempts";
  return text;
}

}  // namespace

auto ClassText(const Json& core, std::size_t dimension, std::size_t number) -> std::string {
  const Json& attribute = AttributeOf(core, dimension);
  const std::string &kind = Text(attribute.at("kind")), &name = Text(attribute.at("name"));
  if (kind == "number" || kind == "date") return RangesText(attribute, {{number, number + 1}});
  if (kind == "yes/no") return name + (number == 1 ? " yes" : " no");
  if (kind == "one of") return name + " " + Word(attribute.at("values").at(number));
  if (kind == "any of") {
    const Json& member = attribute.at("values").at(dimension - Natural(attribute.at("first_dimension")));
    return name + "." + Word(member) + (number == 1 ? " yes" : " no");
  }
  if (kind == "country") {
    const Json& countries = attribute.at("countries");
    const auto found = std::find(countries.begin(), countries.end(), number);
    Need(found != countries.end(), "a class has no country", attribute);
    return name + " " + CountryCode(static_cast<std::uint64_t>(found - countries.begin()));
  }
  const std::size_t prefixes = attribute.at("prefixes").size();
  if (number == 0) return name + " a text that no rule names";
  if (number <= prefixes) return name + " beginning with " + attribute["prefixes"].at(number - 1).dump();
  return name + " " + attribute.at("texts").at(number - 1 - prefixes).dump();
}

auto GuaranteeText(const Json& core, const Json& guarantee) -> std::string {
  return Printable(When(core, guarantee) + ", " + PromiseText(core, guarantee.at("promise")));
}

auto Meaning(const Json& core, const std::string& list, const Json& entry) -> std::vector<std::string> {
  if (list == "refusals") {
    const bool has_services = !core.at("services").empty();
    return {When(core, entry) + ", the request is refused" +
            (has_services ? "; where that is so whatever services answer, none sees the prompt" : "")};
  }
  if (list == "rules") {
    const Json& keep = entry.at("keep");
    const std::string deployment = TestsText(core, keep.at("deployments"));
    std::vector<std::string> lines = {When(core, entry) + ", a deployment is allowed only if " + deployment};
    const std::string service = keep.contains("services") ? TestsText(core, keep["services"]) : "always";
    const std::string seeing = "where it could apply, whatever services answer, a service may see the prompt only if ";
    if (service != "always") lines.push_back(seeing + (service == deployment ? "that holds of it" : service));
    return lines;
  }
  if (list == "guarantees") return {"promises: " + GuaranteeText(core, entry)};
  std::vector<std::string> lines = {"takes: " + When(core, entry) + " that no route above takes"};
  for (const Json& tier : entry.at("tiers")) lines.push_back((lines.size() == 1 ? "tries " : "then ") + TierText(core, tier));
  return lines;
}

auto LimitsText(const Json& limits) -> std::string {
  std::string text = "at most " + Word(limits.at("attempts")) + " attempts and " + Word(limits.at("deadline_ms")) + " ms for a request";
  if (limits.at("answer_tokens") != 0) text += ", " + Word(limits["answer_tokens"]) + " tokens for its answer";
  const std::uint64_t cost = Natural(limits.at("cost_hundredth_cents"));
  if (cost != 0) text += ", " + NumberText(static_cast<std::int64_t>(cost) * 100, "USD") + " for all of its attempts";
  return text;
}

auto AttributeText(const Json& attribute) -> std::string {
  std::string text = "attribute " + Word(attribute.at("name")) + ": " + Word(attribute.at("kind"));
  if (!attribute.at("values").empty()) text += " " + Listed(attribute["values"], ", ");
  if (attribute["kind"] == "number") text += " up to " + NumberText(attribute.at("maximum"), Text(attribute.at("unit")));
  for (const Json& source : attribute.at("sources")) {
    text += ", from " + Word(source.at("kind"));
    if (source.at("argument") != "") text += " " + Word(source["argument"]);
  }
  const std::string otherwise = Word(attribute.at("default"));
  if (attribute.at("has_default") == true) text += ", otherwise " + (otherwise.empty() ? "nothing" : otherwise);
  return text;
}

auto FactsText(const Json& core, const Json& recipient) -> std::string {
  std::vector<std::string> facts;
  for (const auto& [name, value] : recipient.items()) {
    if ((value == Json::array() && !name.starts_with("seen_")) || value == "" || name == "name") continue;
    const std::string fact = name.starts_with("own ") ? name.substr(4) : name;
    facts.push_back(fact + " " + FactText(core, name, value));
  }
  return Word(recipient.at("name")) + ": " + Joined(facts, "; ");
}

auto Printable(std::string text) -> std::string {
  for (char& c : text) {
    if ((static_cast<unsigned char>(c) < 32 && c != '\n') || c == 127) c = '?';
  }
  return text;
}

}  // namespace audit
