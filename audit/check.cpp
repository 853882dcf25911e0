#include <algorithm>
#include <functional>
#include <set>

#include "audit/proof.h"

namespace audit {
namespace {

const std::set<std::string> kPromises = {"every_deployment_reached", "first_choice", "served", "survives_loss",
                                         "bounded", "costs_at_most", "compared"};

/// The verdict, if what shows it does.
auto CheckObligation(const Core& core, const Json& obligation, const Json& entry) -> std::string {
  Need(entry.at("name") == obligation["name"], "the pack does not speak of what it should", obligation["name"]);
  const Json &verdict = entry.at("verdict"), &promise = obligation["promise"];
  if (entry.contains("open") || verdict == "unknown") return "open";
  Need(promise.size() == 1 && kPromises.contains(promise.begin().key()), "a promise is not understood", promise);
  Need(verdict == "proved" || verdict == "violated", "there is no such verdict", verdict);
  Box box = core.everything;
  if (verdict == "violated") {
    const Box request = Put(box, 0, box.size(), entry.at("witness"));
    Need(!IsEstablishedIn(core, obligation, request), "a witness does not break what it should", obligation["name"]);
  } else if (entry.contains("cases")) {
    CheckCases(core, obligation, entry["cases"], box);
  } else {
    CheckClauses(core, obligation, entry.at("clauses"));
  }
  return verdict;
}

}  // namespace

auto CheckPack(const Json& pack, const std::string& bundle) -> std::vector<std::string> {
  const Core core(pack.at("core"));
  std::vector<std::string> verdicts;
  const Json& entries = pack.at("obligations");
  Need(entries.size() == core.obligations.size(), "the pack does not speak of coverage and each guarantee once");
  for (const Json& each : core.obligations) verdicts.push_back(CheckObligation(core, each, entries.at(verdicts.size())));
  // The base's refusals come first and its routes last, as their meaning demands.
  const auto layer = [](const Json& entry) { return Natural(entry.at("layer")); };
  Need(std::ranges::is_sorted(core.json["refusals"], {}, layer), "the layers of the refusals are out of order");
  Need(std::ranges::is_sorted(core.json["routes"], std::greater(), layer), "the layers of the routes are out of order");
  Need(pack.at("bundle").at("sha256") == Sha256(bundle), "the bundle is another one than the proof pack is about");
  CheckTable(core, pack, bundle);
  return verdicts;
}

}  // namespace audit
