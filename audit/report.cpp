#include "audit/report.h"

#include <chrono>
#include <map>
#include <set>

#include "audit/show.h"

namespace audit {
namespace {

/// Facts of the catalogue, by their name in the core, in words.
const std::map<std::string, std::string> kFacts = {
    {"processed_in", "where each deployment is processed"},
    {"headquartered_in", "where each vendor has its headquarters"},
    {"vendor", "which vendor runs each deployment"},
    {"model", "which model each deployment serves"},
    {"deployment", ""},
    {"certified", "what each vendor is certified for"},
    {"status", "which deployments are previews or deprecated"},
    {"capability", "what each model is capable of"},
    {"tag", "the tags and licences of models and deployments"},
    {"price_in", "prices for tokens in"},
    {"price_out", "prices for tokens out"},
    {"first_token_ms", "times to the first token"},
    {"retention_days", "how long each deployment keeps data"},
    {"quality", "how good each model is"},
    {"context_tokens", "context windows"},
    {"seen_by", "which vendors can see the data"},
    {"seen_only_by", "which vendors can see the data"},
    {"seen_from", "which vendors can see the data, and where these have their headquarters"},
    {"seen_only_from", "which vendors can see the data, and where these have their headquarters"},
};

/// Adds the facts that a test reads.
void AddFacts(const Json& test, std::set<std::string>& facts) {
  if (test.is_array()) {
    for (const Json& part : test) AddFacts(part, facts);
  }
  if (!test.is_object()) return;
  if (test.contains("property")) facts.insert("the author's own property `" + Text(test["property"]) + "`");
  for (const auto& [name, value] : test.items()) {
    const auto fact = kFacts.find(name == "fact" ? Text(value) : name);
    if (fact != kFacts.end() && !fact->second.empty()) facts.insert(fact->second);
    if (name == "all" || name == "any" || name == "not") AddFacts(value, facts);
  }
}

auto FactsUsed(const Json& core) -> std::set<std::string> {
  std::set<std::string> facts;
  for (const Json& rule : core["rules"]) AddFacts(rule["keep"], facts);
  for (const Json& guarantee : core["guarantees"]) {
    const Json& promise = guarantee["promise"];
    for (const char* kind : {"every_deployment_reached", "first_choice"}) {
      if (promise.contains(kind)) AddFacts(promise[kind], facts);
    }
    if (promise.contains("survives_loss")) {
      const Json& unit = promise["survives_loss"]["unit"];
      if (unit != "deployment") facts.insert(kFacts.at(unit == "vendor" ? "vendor" : "processed_in"));
    }
  }
  return facts;
}

auto NumberText(const Json& of, const Json& attribute) -> std::string {
  const auto value = of.get<std::int64_t>();
  if (attribute["kind"] == "date") {
    const std::chrono::year_month_day day{std::chrono::sys_days(std::chrono::days(value))};
    char text[32];
    std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(day.year()), static_cast<unsigned>(day.month()),
                  static_cast<unsigned>(day.day()));
    return text;
  }
  std::string digits = std::to_string(value / 1'000'000);
  if (value % 1'000'000 != 0) digits += "." + std::to_string(1'000'000 + value % 1'000'000).substr(1);
  const Json unit = attribute.value("unit", Json());
  return unit.is_string() ? digits + " " + (unit == "time of day" ? "minutes after midnight" : Text(unit)) : digits;
}

/// One class of a dimension in words.
auto ClassText(const Core& core, std::size_t dimension, std::size_t number) -> std::string {
  std::size_t i = core.first_dimension.size() - 1;
  while (core.first_dimension[i] > dimension) --i;
  const Json& attribute = core.json["attributes"][i];
  const std::string& kind = Text(attribute["kind"]);
  const Dimension& here = core.dimensions[dimension];
  const Json& value = here.values[number];
  if (kind == "any of" || kind == "yes/no") return here.name + (value == true ? " yes" : " no");
  if (kind == "number" || kind == "date") {
    std::string text = here.name;
    if (number > 0) text += " from " + NumberText(value, attribute);
    if (number + 1 < here.values.size()) text += " below " + NumberText(here.values[number + 1], attribute);
    return here.values.size() == 1 ? text + " anything" : text;
  }
  if (kind != "text") return here.name + " " + Text(value);
  if (value.is_null()) return here.name + " a text that no rule names";
  return here.name + (value.is_array() ? " beginning with \"" + Text(value[0]) : " \"" + Text(value)) + "\"";
}

auto WitnessText(const Core& core, const Json& witness) -> std::string {
  std::string text;
  for (std::size_t d = 0; d < witness.size(); ++d) {
    text += (d == 0 ? "" : ", ") + ClassText(core, d, witness[d].get<std::size_t>());
  }
  return text.empty() ? "any request" : text;
}

auto Sentence(const Core& core, std::size_t obligation) -> std::string {
  if (obligation == 0) return "coverage: every request is routed, or refused by name";
  const Json& guarantee = core.json["guarantees"][obligation - 1];
  return "guarantee " + Text(guarantee["name"]) + ": " + Text(guarantee["text"]);
}

auto Claims(const Json& core) -> std::string {
  std::string claims;
  for (const Json& attribute : core["attributes"]) {
    for (const Json& source : attribute["sources"]) {
      if (source["kind"] != "header" &&
          (source["kind"] != "request" || source.value("argument", "prompt") == "prompt" ||
           source.value("argument", "") == "needs")) {
        continue;
      }
      claims +=
          "  " + Text(attribute["name"]) + ": " + Text(source["kind"]) + " " + source.value("argument", "") + "\n";
    }
  }
  return claims;
}

/// The findings with one verdict, or nothing.
auto Section(const Checked& checked, Finding::Verdict verdict, const std::string& title) -> std::string {
  std::string text;
  for (std::size_t i = 0; i < checked.findings.size(); ++i) {
    const Finding& finding = checked.findings[i];
    if (finding.verdict != verdict) continue;
    text += "  " + Sentence(checked.core, i) + "  [" + finding.how + "]\n";
    if (i > 0) text += "    that is: " + GuaranteeText(checked.core.json["guarantees"][i - 1]) + "\n";
    if (verdict == Finding::Verdict::kViolated) {
      text += "    broken by: " + WitnessText(checked.core, checked.pack["obligations"][i]["witness"]) + "\n";
    }
  }
  return text.empty() ? text : title + "\n" + text;
}

}  // namespace

auto Report(const Checked& checked) -> std::string {
  const Json& core = checked.core.json;
  std::string text = "policy " + Text(core["policy"]) + " " + Text(core["version"]) + "\n  pack    sha256 " +
                     checked.pack_hash + "\n  bundle  sha256 " + checked.bundle_hash + "\n\n";
  text += Section(checked, Finding::Verdict::kProved,
                  "established, for every request that has a value for each attribute (without one, and without a "
                  "default, it is refused)");
  text += "  the bundle decides as the policy core does: all " + std::to_string(checked.table_bits) +
          " bits of its table and every record were compared\n";
  if (core["layers"].size() > 1) {
    text += "  layers: " + std::to_string(core["rules"].size()) +
            " rules, each of which can only take deployments away, so no layer loosens what another forbids\n";
  }
  if (!checked.base.empty()) {
    text += "  every rule, refusal and guarantee of " + checked.base +
            " stands here as in its own pack: no request is allowed a deployment that it forbids\n";
  }
  text += "  " + std::to_string(checked.compared.size()) + " source files are those that the pack is about\n\n";
  if (const std::string section = Section(checked, Finding::Verdict::kViolated, "refuted"); !section.empty())
    text += section + "\n";
  if (const std::string section = Section(checked, Finding::Verdict::kOpen, "NOT ESTABLISHED"); !section.empty()) {
    text += section + "\n";
  }
  text += "on these assumptions\n";
  for (const std::string& fact : FactsUsed(core)) text += "  the catalogue is right about " + fact + "\n";
  for (const std::string& path : checked.not_compared) {
    text += "  " + path + " is the file of the standard library that it was read as (give --library to compare it)\n";
  }
  text += "  the core says what the sources say: read both\n\n";
  if (const std::string claims = Claims(core); !claims.empty()) {
    text += "claimed by callers, and proved for whatever they claim\n" + claims + "\n";
  }
  text +=
      "not established by any proof\n"
      "  that vendors process where the catalogue says, and do with the data what they promise\n"
      "  that detectors and classifiers recognise what they should, and that callers' claims are true\n"
      "  which program and which bundle a gateway runs: compare its bundle's hash with the one above\n";
  return text;
}

}  // namespace audit
