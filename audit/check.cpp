#include <algorithm>
#include <functional>
#include <set>

#include "audit/pack.h"
#include "audit/proof.h"

namespace audit {
namespace {

const std::set<std::string> kPromises = {"every_deployment_reached", "first_choice", "served", "survives_loss",
                                         "bounded", "costs_at_most", "compared"};

/// The verdict, if what shows it does.
auto CheckObligation(const Core& core, const Json& obligation, const Json& entry) -> std::string {
  Need(entry.at("name") == obligation["name"], "the pack does not speak of what it should", obligation["name"]);
  const Json &verdict = entry.at("verdict"), &promise = obligation["promise"];
  const bool is_about_services = !core.json.at("services").empty() && promise.contains("every_deployment_reached");
  if (entry.contains("open") || verdict == "unknown" || is_about_services) return "open";  // whom services ask is not checked yet
  Need(promise.size() == 1 && kPromises.contains(promise.begin().key()), "a promise is not understood", promise);
  Need(verdict == "proved" || verdict == "violated", "there is no such verdict", verdict);
  Box box = core.everything;
  if (verdict == "violated") {
    const Json& witness = entry.at("witness");  // the class in each dimension
    for (std::size_t d = 0; d < box.size(); ++d) {
      box[d].assign(box[d].size(), false);
      box[d].at(Natural(witness.at(d))) = true;
    }
    Need(!IsEstablishedIn(core, obligation, box), "a witness does not break what it should", obligation["name"]);
  } else if (entry.contains("cases")) {
    CheckCases(core, obligation, entry["cases"], box);
  } else {
    CheckClauses(core, obligation, entry.at("clauses"));
  }
  return verdict;
}

/// The base's refusals come first and its routes last, as their meaning demands. Everything stands in a layer that there is.
void CheckLayers(const Json& core) {
  const auto layer = [&](const Json& entry) {
    Need(Natural(entry.at("layer")) < core.at("layers").size(), "there is no such layer", entry["layer"]);
    return Natural(entry["layer"]);
  };
  Need(std::ranges::is_sorted(core.at("refusals"), {}, layer), "the layers of the refusals are out of order");
  Need(std::ranges::is_sorted(core.at("routes"), std::greater(), layer), "the layers of the routes are out of order");
  for (const Json& rule : core.at("rules")) layer(rule);
}

}  // namespace

auto CheckPack(const Json& pack, const std::string& bundle) -> std::vector<std::string> {
  const Core core(pack.at("core"));
  std::vector<std::string> verdicts;
  const std::size_t count = core.obligations.size();
  Need(pack.at("obligations").size() == count, "the pack does not speak of coverage and each guarantee once");
  for (std::size_t i = 0; i < count; ++i) verdicts.push_back(CheckObligation(core, core.obligations[i], pack["obligations"].at(i)));
  CheckLayers(core.json);
  Need(pack.at("bundle").at("sha256") == Sha256(bundle), "the bundle is another one than the proof pack is about");
  CheckTable(core, pack, bundle);
  return verdicts;
}

}  // namespace audit
