#include <zlib.h>

#include <cadical.hpp>
#include <nlohmann/json.hpp>
#include <optional>
#include <variant>

#include "compiler/base/internal_error.h"
#include "compiler/prove/cases.h"
#include "compiler/prove/cells.h"
#include "compiler/prove/core.h"
#include "compiler/prove/obligation.h"
#include "compiler/prove/prove.h"
#include "runtime/table/sha256.h"

namespace route::prove {
namespace {

constexpr std::string_view kMagic = "\x89RPP\r\n\x1a\n";
constexpr std::uint64_t kVersion = 4;
constexpr std::size_t kMostCases = 65'536;  // where there is nothing but cases
constexpr std::size_t kEnvelopeBytes = 56;

using Json = nlohmann::json;  // whose members are in the order of their names, as RFC 8785 demands

auto VerdictName(Verdict verdict) -> const char* {
  switch (verdict) {
    case Verdict::kProved:
      return "proved";
    case Verdict::kViolated:
      return "violated";
    case Verdict::kUnknown:
      return "unknown";
  }
  std::abort();  // every verdict is handled above
}

template <typename Entry>
auto PlacesOf(const std::vector<Entry>& entries, const SourceSet& sources) -> Json {
  Json places = Json::array();
  for (const Entry& entry : entries) places.push_back({entry.span.file.index, sources.Begin(entry.span).line});
  return places;
}

/// The request that shows that coverage fails: one that no route takes, or whose route is left with nothing.
auto WitnessAgainstCoverage(const verify::VerifyReport& report) -> std::optional<ir::Request> {
  if (!report.uncovered.empty()) return report.uncovered.front().witness;
  if (!report.unservable.empty()) return report.unservable.front().witness;
  return std::nullopt;
}

auto Entry(const Model& model, const Obligation& obligation, Verdict verdict, const std::optional<ir::Request>& witness,
           const Inputs& inputs) -> Json {
  Json entry = {{"name", obligation.name}, {"verdict", VerdictName(verdict)}};
  if (verdict == Verdict::kViolated) entry["witness"] = model.classes.Classify(witness.value());
  if (verdict != Verdict::kProved) return entry;
  const bool has_cells = !std::holds_alternative<ir::CostsAtMost>(obligation.promise) &&
                         !std::holds_alternative<ir::Compared>(obligation.promise);
  if (auto cases = FindCases(model, obligation, has_cells ? inputs.most_cases : kMostCases)) {
    entry["cases"] = std::move(*cases);
  } else if (auto cells = has_cells ? FindCells(model, obligation) : std::nullopt) {
    entry["clauses"] = std::move(*cells);
  } else if (auto more = has_cells ? FindCases(model, obligation, kMostCases) : std::nullopt) {
    entry["cases"] = std::move(*more);
  } else {
    entry["open"] = "a tree of cases that shows it would have more than " + std::to_string(kMostCases) + " leaves";
  }
  return entry;
}

auto Obligations(const ir::Policy& policy, const verify::VerifyReport& report, const Inputs& inputs) -> Json {
  const Model model(policy);
  const std::vector<Obligation> obligations = ObligationsOf(model);
  const auto against = WitnessAgainstCoverage(report);
  Json entries = Json::array();
  entries.push_back(Entry(model, obligations[0], against ? Verdict::kViolated : Verdict::kProved, against, inputs));
  for (std::size_t i = 0; i < report.guarantees.size(); ++i) {
    const verify::GuaranteeResult& result = report.guarantees[i];
    entries.push_back(Entry(model, obligations.at(i + 1), result.verdict, result.witness, inputs));
  }
  return entries;
}

void AppendNumber(std::string& bytes, std::uint64_t number) {
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(number >> (8 * i) & 0xFFU);
}

auto Compress(const std::string& text) -> std::string {
  uLongf size = compressBound(text.size());
  std::string bytes(size, '\0');
  if (compress2(reinterpret_cast<Bytef*>(bytes.data()), &size, reinterpret_cast<const Bytef*>(text.data()), text.size(),
                Z_BEST_COMPRESSION) != Z_OK) {
    throw InternalError("prove: the pack cannot be compressed");
  }
  bytes.resize(size);
  return bytes;
}

auto Seal(const std::string& text) -> std::string {
  std::string content;
  AppendNumber(content, text.size());
  content += Compress(text);
  std::string bytes(kMagic);
  AppendNumber(bytes, kVersion);
  const std::string hex = Sha256Hex(content);
  for (std::size_t i = 0; i < hex.size(); i += 2) bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return bytes + content;
}

}  // namespace

auto WritePack(const ir::Policy& policy, const verify::VerifyReport& report, const Inputs& inputs) -> std::string {
  const SourceSet& sources = *inputs.sources;
  Json files = Json::array();
  for (std::uint32_t i = 0; i < sources.size(); ++i) {
    const SourceFile& file = sources.Get({i});
    files.push_back(
        {{"path", file.path()}, {"sha256", Sha256Hex(file.text())}, {"policy", ir::PolicyOfFile(policy, {i})}});
  }
  const Json pack = {{"core", CoreOf(policy)},
                     {"files", std::move(files)},
                     {"places",
                      {{"rules", PlacesOf(policy.rules, sources)},
                       {"refusals", PlacesOf(policy.refusals, sources)},
                       {"routes", PlacesOf(policy.routes, sources)},
                       {"guarantees", PlacesOf(policy.guarantees, sources)}}},
                     {"bundle", {{"sha256", inputs.bundle_sha256}}},
                     {"tools", {{"routec", inputs.tool_version}, {"cadical", CaDiCaL::Solver::version()}}},
                     {"obligations", Obligations(policy, report, inputs)}};
  return Seal(pack.dump());
}

auto BundleOfPack(const std::string& pack) -> std::expected<std::string, std::string> {
  constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 30U;
  const std::unexpected<std::string> other("it is not a proof pack that this routec writes");
  if (pack.size() < kEnvelopeBytes || !pack.starts_with(kMagic)) return other;
  std::uint64_t size = 0;
  for (std::size_t i = kEnvelopeBytes; i-- > kEnvelopeBytes - 8;) size = size << 8U | static_cast<unsigned char>(pack[i]);
  if (size > kMostBytes) return other;
  std::string text(size, '\0');
  uLongf written = size;
  if (uncompress(reinterpret_cast<Bytef*>(text.data()), &written, reinterpret_cast<const Bytef*>(pack.data() + kEnvelopeBytes),
                 pack.size() - kEnvelopeBytes) != Z_OK) {
    return other;
  }
  const Json json = Json::parse(text, nullptr, false);
  const Json bundle = json.is_object() ? json.value("bundle", Json()) : Json();
  const Json sha256 = bundle.is_object() ? bundle.value("sha256", Json()) : Json();
  if (!sha256.is_string()) return other;
  return sha256.get<std::string>();
}

}  // namespace route::prove
