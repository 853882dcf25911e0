#include "compiler/diagnostics/baseline.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>

#include "compiler/diagnostics/words.h"

namespace route::diagnostics {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kSchema = "route.baseline/1";

auto Sorted(const Baseline& baseline) -> std::vector<BaselineEntry> {
  std::vector<BaselineEntry> entries;
  for (const auto& [fingerprint, entry] : baseline) entries.push_back(entry);
  std::ranges::sort(entries, {}, [](const BaselineEntry& e) { return std::tie(e.code, e.names, e.message); });
  return entries;
}

auto FindCode(std::string_view name) -> const CatalogueEntry* {
  auto found = std::ranges::find(Catalogue(), name, &CatalogueEntry::name);
  return found == Catalogue().end() ? nullptr : &*found;
}

/// One entry of the file; the error says what is wrong with it.
auto ReadEntry(const Json& row) -> std::expected<std::pair<std::string, BaselineEntry>, std::string> {
  constexpr std::size_t kMostFindings = 1'000'000;
  BaselineEntry entry;
  std::string fingerprint;
  std::size_t count = 0;
  try {
    entry.code = row.at("code").get<std::string>();
    entry.names = row.at("names").get<std::vector<std::string>>();
    entry.message = row.at("message").get<std::string>();
    fingerprint = row.at("fingerprint").get<std::string>();
    if (!row.at("count").is_number_unsigned()) return std::unexpected("has a `count` that is no number");
    count = row.at("count").get<std::size_t>();
  } catch (const nlohmann::json::exception&) {
    return std::unexpected("lacks one of `code`, `names`, `message`, `fingerprint` and `count`");
  }
  if (count == 0 || count > kMostFindings) return std::unexpected("has a `count` that is out of range");
  entry.count = count;
  if (FingerprintOf(entry.code, entry.names, entry.message) != fingerprint) {
    return std::unexpected("does not match its fingerprint: it was changed by hand");
  }
  // A code that this version no longer knows is merely found no more.
  const CatalogueEntry* known = FindCode(entry.code);
  if (known != nullptr && !IsForBaseline(known->code)) return std::unexpected("is of a kind that no baseline can hold");
  return std::pair(std::move(fingerprint), std::move(entry));
}

}  // namespace

auto IsForBaseline(Code code) -> bool {
  if (code == Code::kR0510 || code == Code::kR0520) return false;
  // Only the smallest of such requests is told, so that an old gap would hide each new one.
  if (code == Code::kR0501 || code == Code::kR0502) return false;
  return code == Code::kR0305 || Entry(code).name.starts_with("R05");
}

auto MakeBaseline(const std::vector<Diagnostic>& findings) -> Baseline {
  Baseline baseline;
  for (const Diagnostic& finding : findings) {
    if (!IsForBaseline(finding.code)) continue;
    auto [entry, is_new] = baseline.try_emplace(
        Fingerprint(finding), BaselineEntry{std::string(Entry(finding.code).name), finding.rules, finding.message, 1});
    if (!is_new) ++entry->second.count;
  }
  return baseline;
}

auto WriteBaseline(const Baseline& baseline) -> std::string {
  auto rows = Json::array();
  for (const BaselineEntry& entry : Sorted(baseline)) {
    rows.push_back({{"code", entry.code},
                    {"names", entry.names},
                    {"message", entry.message},
                    {"count", entry.count},
                    {"fingerprint", FingerprintOf(entry.code, entry.names, entry.message)}});
  }
  Json document;
  document["schema"] = kSchema;
  document["findings"] = std::move(rows);
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

auto ReadBaseline(std::string_view text) -> std::expected<Baseline, std::string> {
  Json document = Json::parse(text, nullptr, false);
  if (!document.is_object() || !document.contains("schema") || document["schema"] != kSchema ||
      !document.contains("findings") || !document["findings"].is_array()) {
    return std::unexpected("this is no baseline: a JSON object with the schema `" + std::string(kSchema) + "`");
  }
  Baseline baseline;
  for (std::size_t i = 0; i < document["findings"].size(); ++i) {
    auto entry = ReadEntry(document["findings"][i]);
    if (!entry) return std::unexpected("finding " + std::to_string(i + 1) + " " + entry.error());
    if (!baseline.insert(std::move(*entry)).second) {
      return std::unexpected("finding " + std::to_string(i + 1) + " is there twice");
    }
  }
  return baseline;
}

auto TakeKnown(Emitter& emitter, Baseline baseline) -> Compared {
  Compared result;
  result.known = emitter.Extract([&](const Diagnostic& finding) {
    if (!IsForBaseline(finding.code)) return false;
    auto entry = baseline.find(Fingerprint(finding));
    if (entry == baseline.end() || entry->second.count == 0) return false;
    --entry->second.count;
    return true;
  });
  std::erase_if(baseline, [](const auto& each) { return each.second.count == 0; });
  result.gone = Sorted(baseline);
  return result;
}

}  // namespace route::diagnostics
