#include "audit/report.h"

#include <map>
#include <set>

#include "audit/words.h"

namespace audit {
namespace {

/// Facts of the catalogue, by their name in the core, in words.
const std::map<std::string, std::string> kFacts = {
    {"processed_in", "where each deployment is processed"},
    {"headquarters", "where each vendor has its headquarters"},
    {"vendor", "which vendor runs each deployment"},
    {"model", "which model each deployment serves"},
    {"certified", "what each vendor is certified for"},
    {"status", "which deployments are previews or deprecated"},
    {"capabilities", "what each model is capable of"},
    {"tags", "the tags and licences of models and deployments"},
    {"price_in", "prices for tokens in"},
    {"price_out", "prices for tokens out"},
    {"first_token_ms", "times to the first token"},
    {"retention_days", "how long each deployment keeps data"},
    {"quality", "how good each model is"},
    {"context_tokens", "context windows"},
    {"seen_by", "which vendors can see the data"},
    {"seen_from", "which vendors can see the data, and where these have their headquarters"},
};

void AddFact(const std::string& name, std::set<std::string>& facts) {
  if (name.starts_with("own ")) facts.insert("the author's own property `" + name.substr(4) + "`");
  const auto fact = kFacts.find(name.starts_with("quality ") ? "quality" : name);
  if (fact != kFacts.end()) facts.insert(fact->second);
}

/// Adds the facts that a test, or all that is in a promise, reads.
void AddFacts(const Json& json, std::set<std::string>& facts) {
  if (!json.is_structured()) return;
  for (const char* name : {"fact", "of"}) {
    if (json.is_object() && json.contains(name) && json[name].is_string()) AddFact(Text(json[name]), facts);
  }
  if (json.is_object() && json.contains("costs_at_most")) {
    AddFact("price_in", facts);
    AddFact("price_out", facts);
  }
  for (const Json& part : json) AddFacts(part, facts);
}

auto FactsUsed(const Json& core) -> std::set<std::string> {
  std::set<std::string> facts;
  for (const Json& rule : core["rules"]) AddFacts(rule["keep"], facts);
  for (const Json& guarantee : core["guarantees"]) AddFacts(guarantee["promise"], facts);
  return facts;
}

auto WitnessText(const Json& core, const Json& witness) -> std::string {
  std::string text;
  for (std::size_t d = 0; d < witness.size(); ++d) text += (d == 0 ? "" : ", ") + ClassText(core, d, Natural(witness[d]));
  return text.empty() ? "any request" : text;
}

auto Sentence(const Json& core, std::size_t obligation) -> std::string {
  if (obligation == 0) return "coverage: every request is routed, or refused by name";
  const Json& guarantee = core["guarantees"][obligation - 1];
  return "guarantee " + Text(guarantee["name"]) + ": " + Text(guarantee["text"]);
}

auto Claims(const Json& core) -> std::string {
  std::string claims;
  for (const Json& attribute : core["attributes"]) {
    for (const Json& source : attribute["sources"]) {
      if (source["kind"] != "header" &&
          (source["kind"] != "request" || source["argument"] == "prompt" || source["argument"] == "needs")) {
        continue;
      }
      claims +=
          "  " + Text(attribute["name"]) + ": " + Text(source["kind"]) + " " + Text(source["argument"]) + "\n";
    }
  }
  return claims;
}

auto Size(const Json& tree) -> std::size_t { return tree == true ? 1 : Size(tree.at(2)) + Size(tree.at(3)); }

/// What an entry of the pack shows its verdict by.
auto How(const Json& entry) -> std::string {
  if (entry.contains("open")) return Text(entry["open"]);
  if (entry["verdict"] == "unknown") return "routec found no answer";
  if (entry["verdict"] == "violated") return "the request was decided again";
  if (entry.contains("cases")) return "cases: " + std::to_string(Size(entry["cases"]));
  const Json& clauses = entry["clauses"];
  return "clausal proof: " + std::to_string(clauses["cells"].size()) + " cells, " + std::to_string(clauses["proof"].size()) + " steps";
}

/// What has one verdict, or nothing.
auto Section(const Checked& checked, const Json& core, const std::string& verdict, const std::string& title) -> std::string {
  std::string text;
  for (std::size_t i = 0; i < checked.verdicts.size(); ++i) {
    const Json& entry = checked.pack["obligations"][i];
    if (checked.verdicts[i] != verdict) continue;
    text += "  " + Sentence(core, i) + "  [" + How(entry) + "]\n";
    if (i > 0) text += "    that is: " + GuaranteeText(core, core["guarantees"][i - 1]) + "\n";
    if (verdict == "violated") text += "    broken by: " + WitnessText(core, entry["witness"]) + "\n";
  }
  return text.empty() ? text : title + "\n" + text;
}

}  // namespace

auto Report(const Checked& checked) -> std::string {
  const Json core = Core(checked.pack["core"]).json;
  std::string text = "policy " + Text(core["policy"]) + " " + Text(core["version"]) + "\n  pack    sha256 " +
                     checked.pack_hash + "\n  bundle  sha256 " + checked.bundle_hash + "\n\n";
  text += Section(checked, core, "proved",
                  "established, for every request that has a value for each attribute (without one, and without a "
                  "default, it is refused)");
  text += "  the bundle decides as the policy core does: every bit of its table and every record were compared\n";
  if (core["layers"].size() > 1) {
    text += "  layers: " + std::to_string(core["rules"].size()) +
            " rules, each of which can only take deployments away, so no layer loosens what another forbids\n";
  }
  if (!checked.base.empty()) {
    text += "  every rule, refusal and guarantee of " + checked.base +
            " stands here as in its own pack: no request is allowed a deployment that it forbids\n";
  }
  const std::size_t compared = checked.compared.size();
  text += "  " + std::to_string(compared) + (compared == 1 ? " source file is the one" : " source files are those") +
          " that the pack is about\n\n";
  if (const std::string section = Section(checked, core, "violated", "refuted"); !section.empty())
    text += section + "\n";
  if (const std::string section = Section(checked, core, "open", "NOT ESTABLISHED"); !section.empty()) {
    text += section + "\n";
  }
  text += "on these assumptions\n";
  for (const std::string& fact : FactsUsed(core)) text += "  the catalogue is right about " + fact + "\n";
  if (!core["services"].empty()) text += "  the catalogue is right about the same of each service\n";
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
