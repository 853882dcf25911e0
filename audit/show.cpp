#include "audit/show.h"

#include <filesystem>
#include <map>
#include <sstream>

#include "audit/pack.h"

namespace audit {
namespace {

auto Word(const Json& value) -> std::string {
  return value.is_string() ? Text(value) : value.dump();
}

auto Listed(const Json& values, const std::string& join) -> std::string {
  std::string text;
  for (const Json& value : values) text += (text.empty() ? "" : join) + Word(value);
  return text.empty() ? "nothing" : text;
}

auto RangeText(const Json& range) -> std::string {
  std::string text;
  if (range.contains("at_least")) text += " is at least " + Word(range["at_least"]);
  if (range.contains("below")) text += std::string(text.empty() ? " is" : " and") + " below " + Word(range["below"]);
  return text.empty() ? " is anything" : text;
}

/// `all`, `any` and `not` of conditions and of tests; `say` says one of the others.
template <typename Say>
auto Joined(const Json& json, const Say& say, bool inner = false) -> std::string {
  if (json.is_boolean()) return json == true ? "always" : "never";
  for (const auto& [op, word] : {std::pair("all", " and "), std::pair("any", " or ")}) {
    if (!json.contains(op)) continue;
    std::string text;
    for (const Json& part : json[op]) text += (text.empty() ? "" : word) + Joined(part, say, true);
    if (json[op].empty()) return op == std::string("all") ? "always" : "never";
    return inner && json[op].size() > 1 ? "(" + text + ")" : text;
  }
  return json.contains("not") ? "not (" + Joined(json["not"], say) + ")" : say(json);
}

auto QuestionText(const Json& question) -> std::string {
  const std::string about = Word(question.at("attribute"));
  if (question.contains("includes")) return about + " includes " + Word(question["includes"]);
  if (question.contains("in")) return about + " is " + Listed(question["in"], " or ");
  if (question.contains("starts_with")) return about + " begins with " + question["starts_with"].dump();
  if (!question.contains("is")) return about + RangeText(question);
  if (question["is"].is_string()) return about + " is " + question["is"].dump();
  return about + " is " + (question["is"] == true ? "yes" : Listed(question["is"], " or "));
}

auto TestText(const Json& test) -> std::string {
  static const std::map<std::string, std::string> phrases = {
      {"processed_in", "it is processed in "},
      {"headquartered_in", "its vendor has its headquarters in "},
      {"vendor", "its vendor is "},
      {"model", "its model is "},
      {"deployment", "it is "},
      {"certified", "its vendor is certified for "},
      {"status", "its status is "},
      {"capability", "its model is capable of "},
      {"tag", "it or its model is tagged "},
      {"seen_by", "its data is seen by "},
      {"seen_only_by", "its data is seen by nobody but "},
      {"seen_from", "its data is seen from "},
      {"seen_only_from", "its data is seen from nowhere but "}};
  if (test.contains("property")) {
    return "its " + Word(test["property"]) + (test.contains("is") ? " is " + Word(test["is"]) : RangeText(test));
  }
  if (test.contains("fact")) {
    return "its " + Word(test["fact"]) + (test.contains("work") ? " for " + Word(test["work"]) : "") + RangeText(test);
  }
  const auto phrase = phrases.find(test.begin().key());
  if (phrase == phrases.end()) return test.dump();
  return phrase->second + (test.front().is_array() ? Listed(test.front(), " or ") : Word(test.front()));
}

auto When(const Json& entry) -> std::string {
  return entry.at("when") == true ? "for every request" : "when " + Joined(entry.at("when"), QuestionText);
}

auto TierText(const Json& tier) -> std::string {
  std::string text;
  for (const Json& candidate : tier.at("candidates")) {
    text += (text.empty() ? "" : ", ") + Word(candidate.at("deployment"));
    if (tier.at("order") == "by weight") text += " (weight " + Word(candidate.at("weight")) + ")";
  }
  if (tier["order"] == "by weight") text = "drawn by weight from " + text;
  if (!tier.at("limit").is_null()) text = "the first " + Word(tier["limit"]) + " allowed of " + text;
  if (!tier.at("within_ms").is_null()) text += ", within " + Word(tier["within_ms"]) + " ms";
  if (!tier.at("retries").is_null()) text += ", with " + Word(tier["retries"]) + " more attempts";
  return text;
}

auto PromiseText(const Json& promise) -> std::string {
  const std::string& kind = promise.begin().key();
  const Json& says = promise.front();
  if (kind == "every_deployment_reached") return "of every deployment that may be reached: " + Joined(says, TestText);
  if (kind == "first_choice") return "of the first choice: " + Joined(says, TestText);
  if (kind == "served") return "the request is routed, or refused by " + Listed(says.at("unless_refused_by"), " or ");
  if (kind == "survives_loss")
    return "service survives the loss of any " + Word(says.at("count")) + " " + Word(says.at("unit"));
  if (kind != "bounded") return promise.dump();
  std::string text = "the plan takes";
  if (!says.at("attempts").is_null()) text += " at most " + Word(says["attempts"]) + " attempts";
  if (!says.at("within_ms").is_null()) text += " at most " + Word(says["within_ms"]) + " ms";
  return text;
}

auto Meaning(const std::string& list, const Json& entry) -> std::vector<std::string> {
  if (list == "refusals") return {When(entry) + ", the request is refused"};
  if (list == "rules") return {When(entry) + ", a deployment is allowed only if " + Joined(entry.at("keep"), TestText)};
  if (list == "guarantees") return {"promises: " + GuaranteeText(entry)};
  std::vector<std::string> lines = {"takes: " + When(entry) + " that no route above takes"};
  for (std::size_t i = 0; i < entry.at("tiers").size(); ++i) {
    lines.push_back(std::string(i == 0 ? "tries " : "then ") + TierText(entry["tiers"][i]));
  }
  return lines;
}

auto LimitsText(const Json& limits) -> std::string {
  std::string text = "at most " + Word(limits.at("attempts")) + " attempts and " + Word(limits.at("deadline_ms")) +
                     " ms for a request";
  if (limits.contains("answer_tokens")) text += ", " + Word(limits["answer_tokens"]) + " tokens for its answer";
  if (limits.contains("cost_usd")) text += ", " + Word(limits["cost_usd"]) + " USD for all of its attempts";
  return text + "\n\n";
}

auto AttributeText(const Json& attribute) -> std::string {
  std::string text = "attribute " + Word(attribute.at("name")) + ": " + Word(attribute.at("kind"));
  if (attribute.contains("values")) text += " " + Listed(attribute["values"], ", ");
  if (attribute.contains("maximum")) {
    text += " up to " + Word(attribute["maximum"]);
    if (attribute.at("unit").is_string()) text += " " + Word(attribute["unit"]);
  }
  for (const Json& source : attribute.at("sources")) {
    text += ", from " + Word(source.at("kind"));
    if (source.contains("argument")) text += " " + Word(source["argument"]);
  }
  if (attribute.contains("default"))
    text += ", otherwise " +
            (attribute["default"].is_array() ? Listed(attribute["default"], ", ") : Word(attribute["default"]));
  return text;
}

/// A deployment with every fact that the core states of it, its vendor and its model.
auto DeploymentText(const Json& core, const Json& deployment) -> std::string {
  std::string text = "deployment " + Word(deployment.at("name")) + ":";
  const auto add = [&](const Json& facts) {
    for (const auto& [name, value] : facts.items()) {
      if (value.is_null() || value == "" || value.empty() || name == "name" || name == "provenance") continue;
      text += " " + name + " " + (value.is_array() ? Listed(value, "+") : Word(value)) + ";";
    }
  };
  add(deployment);
  add(core.at("vendors")[IndexOf(core["vendors"], deployment.at("vendor"))]);
  add(core.at("models")[IndexOf(core["models"], deployment.at("model"))]);
  text.back() = ' ';
  return text;
}

/// The lines of the files that are at hand.
class Sources {
 public:
  Sources(const Json& files, const std::string& folder, const std::string& library) : files_(files) {
    for (const Json& file : files) {
      const std::string& path = Text(file.at("path"));
      const bool in_library = path.starts_with("<std.") && path.size() > 6;
      const std::string& root = in_library ? library : folder;
      std::vector<std::string>& lines = lines_.emplace_back();
      if (root.empty()) continue;
      const std::string bytes =
          ReadBytes(root + "/" + (in_library ? path.substr(5, path.size() - 6) + ".route" : path));
      Need(file.at("sha256") == Json(Sha256(bytes)), "this is another file than the one that the pack is about", path);
      std::istringstream in(bytes);
      for (std::string line; std::getline(in, line);) lines.push_back(line);
    }
  }

  /// The declaration that begins at a place: up to an empty line or the next one that is not indented.
  auto At(const Json& place) const -> std::string {
    const std::size_t file = Natural(place.at(0)), first = Natural(place.at(1));
    std::string text = "  from " + Text(files_.at(file).at("path")) + ":" + std::to_string(first) + "\n";
    const std::vector<std::string>& lines = lines_.at(file);
    for (std::size_t i = first; i > 0 && i <= lines.size(); ++i) {
      const std::string& line = lines[i - 1];
      if (i > first && (line.empty() || (line[0] != ' ' && line[0] != '\t' && line[0] != '}'))) break;
      text += "    | " + line + "\n";
    }
    return text;
  }

 private:
  const Json& files_;
  std::vector<std::vector<std::string>> lines_;
};

/// Control characters would tell a terminal something.
auto Printable(std::string text) -> std::string {
  for (char& c : text) {
    if ((static_cast<unsigned char>(c) < 32 && c != '\n') || c == 127) c = '?';
  }
  return text;
}

}  // namespace

auto GuaranteeText(const Json& guarantee) -> std::string {
  return Printable(When(guarantee) + ", " + PromiseText(guarantee.at("promise")));
}

auto Show(const Json& pack, const std::string& folder, const std::string& library) -> std::string {
  const Json& core = pack.at("core");
  const Sources sources(pack.at("files"), folder, library);
  std::string text = "policy " + Word(core.at("policy")) + " " + Word(core.at("version")) + "\n  core sha256 " +
                     Sha256(core.dump()) + "\n\n" + LimitsText(core.at("limits"));
  for (const Json& attribute : core.at("attributes")) text += AttributeText(attribute) + "\n";
  text += "\n";
  for (const Json& deployment : core.at("deployments")) text += DeploymentText(core, deployment) + "\n";
  for (const auto& [list, word] : {std::pair("refusals", "refusal"), std::pair("rules", "rule"),
                                   std::pair("routes", "route"), std::pair("guarantees", "guarantee")}) {
    for (std::size_t i = 0; i < core.at(list).size(); ++i) {
      const Json& entry = core[list][i];
      text +=
          std::string("\n") + word + " " + Word(entry.at("name")) + " (of policy " + Word(entry.at("layer")) + ")\n";
      for (const std::string& line : Meaning(list, entry)) text += "  " + line + "\n";
      text += sources.At(pack.at("places").at(list).at(i));
    }
  }
  return Printable(std::move(text));
}

}  // namespace audit
