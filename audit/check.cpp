#include "audit/check.h"

#include "audit/cases.h"
#include "audit/clauses.h"
#include "audit/pack.h"
#include "audit/table.h"

namespace audit {
namespace {

/// Runs the request of a violated obligation, which is given by its classes, through the core.
void CheckWitness(const Core& core, const Obligation& obligation, const Json& witness) {
  Box box = Everything(core);
  if (witness.size() != box.size()) throw Rejected(obligation.name + ": the witness is malformed");
  for (std::size_t d = 0; d < box.size(); ++d) {
    const std::uint64_t number = Natural(witness[d]);
    if (number >= box[d].size()) throw Rejected(obligation.name + ": the witness is malformed");
    box[d].assign(box[d].size(), false);
    box[d][number] = true;
  }
  if (IsEstablished(core, obligation, OutcomesIn(core, obligation, box))) {
    throw Rejected(obligation.name + ": the witness does not break it");
  }
}

auto CheckObligation(const Core& core, const Obligation& obligation, const Json& entry) -> Finding {
  if (entry.at("name") != obligation.name) {
    throw Rejected("the pack speaks of " + entry["name"].dump() + " where " + obligation.name + " belongs");
  }
  Finding finding{&obligation, Text(entry.at("verdict")), ""};
  if (finding.verdict == "proved" && entry.contains("cases")) {
    finding.how = "cases: " + std::to_string(CheckCases(core, obligation, entry["cases"]));
  } else if (finding.verdict == "proved") {
    CheckClauses(core, obligation, entry.at("clauses"));
    finding.how = "clausal proof: " + std::to_string(entry["clauses"]["cells"].size()) + " cells, " +
                  std::to_string(entry["clauses"]["proof"].size()) + " steps";
  } else if (finding.verdict == "violated") {
    CheckWitness(core, obligation, entry.at("witness"));
    finding.how = "witness run again";
  } else if (finding.verdict != "unknown") {
    throw Rejected(obligation.name + ": there is no verdict " + entry["verdict"].dump());
  }
  return finding;
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
    if (Sha256(bytes) != file.at("sha256"))
      throw Rejected(path + " is another file than the one that the pack is about");
    checked.compared.push_back(path);
  }
}

/// The base's refusals come first, its routes last, as their meaning demands; everything stands in a layer that there
/// is.
void CheckLayers(const Json& core) {
  for (const auto& [list, step] : {std::pair("refusals", 1), std::pair("routes", -1), std::pair("rules", 0)}) {
    std::ptrdiff_t last = step < 0 ? static_cast<std::ptrdiff_t>(core.at("layers").size()) : -1;
    for (const Json& entry : core.at(list)) {
      std::ptrdiff_t layer = 0;
      while (core["layers"].at(static_cast<std::size_t>(layer)).at("name") != entry.at("layer")) ++layer;
      if (step * layer < step * last) throw Rejected(std::string("the layers of the ") + list + " are out of order");
      last = layer;
    }
  }
}

}  // namespace

auto Check(const CheckOptions& options) -> Checked {
  const std::string bytes = ReadBytes(options.pack), bundles = ReadBytes(options.bundle);
  Json pack = OpenPack(bytes);
  Core core(pack.at("core"));
  Checked checked{std::move(pack), std::move(core), Sha256(bytes), "", {}, 0, {}, {}};
  const Json& obligations = checked.pack.at("obligations");
  if (obligations.size() != checked.core.obligations.size()) {
    throw Rejected("the pack does not speak of coverage and each guarantee of the core, once each");
  }
  CheckLayers(checked.core.json);
  for (std::size_t i = 0; i < obligations.size(); ++i) {
    checked.findings.push_back(CheckObligation(checked.core, checked.core.obligations[i], obligations[i]));
  }
  checked.bundle_hash = Text(checked.pack.at("bundle").at("sha256"));
  checked.table_bits = CheckTable(checked.core, checked.pack, BundleIn(bundles, checked.bundle_hash));
  CheckSources(options, checked);
  return checked;
}

}  // namespace audit
