#include "audit/check.h"

#include <algorithm>

#include "audit/attestation.h"
#include "audit/pack.h"
#include "audit/proof.h"

namespace audit {
namespace {

/// Runs the request of a violated obligation, which is given by its classes, through the core.
void CheckWitness(const Core& core, const Obligation& obligation, const Json& witness) {
  Box box = Everything(core);
  Need(witness.size() == box.size(), "a witness is malformed", obligation.name);
  for (std::size_t d = 0; d < box.size(); ++d) {
    box[d].assign(box[d].size(), false);
    Need(Natural(witness[d]) < box[d].size(), "a witness is malformed", obligation.name);
    box[d][witness[d]] = true;
  }
  const bool broken = obligation.kind != Obligation::Kind::kOther &&
                      !IsEstablished(core, obligation, OutcomesIn(core, obligation, box));
  Need(broken, "a witness does not break what it should", obligation.name);
}

auto CheckObligation(const Core& core, const Obligation& obligation, const Json& entry) -> Finding {
  Need(entry.at("name") == obligation.name, "the pack does not speak of what it should", obligation.name);
  const Json& verdict = entry.at("verdict");
  if (entry.contains("open")) return {Finding::Verdict::kOpen, Text(entry["open"])};
  if (verdict == "unknown") return {Finding::Verdict::kOpen, "routec found no answer"};
  if (verdict == "violated") {
    CheckWitness(core, obligation, entry.at("witness"));
    return {Finding::Verdict::kViolated, "the request was decided again"};
  }
  Need(verdict == "proved", "there is no such verdict", verdict);
  if (entry.contains("cases")) {
    Box box = Everything(core);
    return {Finding::Verdict::kProved, "cases: " + std::to_string(CheckCases(core, obligation, entry["cases"], box))};
  }
  const Json& clauses = entry.at("clauses");
  CheckClauses(core, obligation, clauses);
  return {Finding::Verdict::kProved, "clausal proof: " + std::to_string(clauses["cells"].size()) + " cells, " +
                                         std::to_string(clauses["proof"].size()) + " steps"};
}

void CheckSources(const CheckOptions& options, Checked& checked) {
  for (const Json& file : checked.pack.at("files")) {
    const std::string& path = Text(file.at("path"));
    const bool in_library = path.starts_with("<std.") && path.ends_with(">");
    if (in_library && options.library.empty()) {
      checked.not_compared.push_back(path);
      continue;
    }
    const std::string bytes = ReadBytes(in_library ? options.library + "/" + path.substr(5, path.size() - 6) + ".route"
                                                   : options.sources + "/" + path);
    Need(file.at("sha256") == Json(Sha256(bytes)), "this is another file than the one that the pack is about", path);
    checked.compared.push_back(path);
  }
}

/// The base's refusals come first and its routes last, as their meaning demands. Everything stands in a layer that
/// there is.
void CheckLayers(const Json& core) {
  for (const auto& [list, step] : {std::pair("refusals", 1), std::pair("routes", -1), std::pair("rules", 0)}) {
    std::ptrdiff_t last = step < 0 ? static_cast<std::ptrdiff_t>(core.at("layers").size()) : -1;
    for (const Json& entry : core.at(list)) {
      const auto layer = static_cast<std::ptrdiff_t>(IndexOf(core["layers"], entry.at("layer")));
      Need(step * layer >= step * last, "the layers are out of order", list);
      last = layer;
    }
  }
}

/// What the base says is never allowed stands in this core as it does in the base's own, under the base's name: its
/// rules, refusals and guarantees. Only that makes its promises about what is not allowed hold here too.
void CheckBase(const Json& core, const Json& base) {
  for (const char* list : {"rules", "refusals", "guarantees"}) {
    for (const Json& entry : base.at(list)) {
      if (entry.value("origin", "written") != "written") continue;
      const bool kept = std::find(core.at(list).begin(), core.at(list).end(), entry) != core[list].end();
      Need(kept, "the base has something that this policy lacks", {list, entry.at("name")});
    }
  }
  for (const Json& entry : core.at("deployments")) {
    for (const Json& known : base.at("deployments")) {
      Need(known.at("name") != entry.at("name") || known == entry, "a deployment has other facts in the base",
           entry["name"]);
    }
  }
}

}  // namespace

auto CheckPack(const Json& given, const std::string& bundle) -> Checked {
  Checked checked{given, Core(given.at("core")), {}, 0, "", "", {}, {}, ""};
  const Json& obligations = checked.pack.at("obligations");
  Need(obligations.size() == checked.core.obligations.size(),
       "the pack does not speak of coverage and each guarantee once");
  CheckLayers(checked.core.json);
  for (std::size_t i = 0; i < obligations.size(); ++i) {
    checked.findings.push_back(CheckObligation(checked.core, checked.core.obligations[i], obligations[i]));
  }
  checked.table_bits = CheckTable(checked.core, checked.pack, bundle);
  return checked;
}

auto Check(const CheckOptions& options) -> Checked {
  const std::string bytes = ReadBytes(options.pack), bundles = ReadBytes(options.bundle);
  const Json pack = OpenPack(bytes);
  const std::string& bundle_hash = Text(pack.at("bundle").at("sha256"));
  Checked checked = CheckPack(pack, BundleIn(bundles, bundle_hash));
  checked.pack_hash = Sha256(bytes);
  checked.bundle_hash = bundle_hash;
  CheckSources(options, checked);
  if (!options.attestation.empty()) {
    const std::string key = options.key.empty() ? "" : ReadBytes(options.key);
    CheckAttestation(ReadBytes(options.attestation), key, checked.bundle_hash, checked.pack_hash);
  }
  if (!options.base.empty()) {
    const Json base = OpenPack(ReadBytes(options.base));
    CheckBase(checked.core.json, base.at("core"));
    checked.base = Text(base["core"].at("policy"));
  }
  return checked;
}

}  // namespace audit
