#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "compiler/diagnostics/fixes.h"
#include "compiler/diagnostics/render.h"
#include "compiler/diagnostics/words.h"

// OASIS SARIF 2.1.0. Property names are the standard's.

namespace route::diagnostics {
namespace {

using Json = nlohmann::ordered_json;

/// A path as a URI reference (RFC 3986): what is not allowed in one is percent-encoded, bytewise. A built-in file is a URN.
auto UriOf(const SourceFile& file) -> std::string {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string path = ReportedPath(file.path());
  if (IsBuiltIn(file)) return "urn:route:" + path.substr(1, path.size() - 2);
  std::string uri = path.starts_with('/') ? "file://" : "";
  for (char c : path) {
    auto byte = static_cast<unsigned char>(c);
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                 std::string_view("-._~/").find(c) != std::string_view::npos;
    if (plain) {
      uri.push_back(c);
    } else {
      uri.push_back('%');
      uri.push_back(kHex[byte >> 4U]);
      uri.push_back(kHex[byte & 0xFU]);
    }
  }
  return uri;
}

class SarifRenderer {
 public:
  SarifRenderer(const Report& report, const SourceSet& sources) : report_(report), sources_(sources) {}

  auto Render() const -> Json {
    auto results = Json::array();
    for (const Diagnostic& diagnostic : report_.open) results.push_back(Result(diagnostic, "new"));
    for (const Diagnostic& diagnostic : report_.known) {
      Json result = Result(diagnostic, "unchanged");
      result["suppressions"] = Json::array({{{"kind", "external"}, {"justification", "known to the baseline"}}});
      results.push_back(std::move(result));
    }
    for (const Accepted& accepted : report_.accepted) {
      Json result = Result(accepted.diagnostic, "new");
      result["suppressions"] = Json::array(
          {{{"kind", "inSource"}, {"justification", accepted.reason}, {"location", Location(accepted.span)}}});
      results.push_back(std::move(result));
    }
    Json invocation;
    invocation["executionSuccessful"] = Completed();
    invocation["exitCode"] = report_.exit_code;
    Json run;
    run["tool"]["driver"] = {{"name", report_.tool}, {"semanticVersion", report_.tool_version}, {"rules", Rules()}};
    run["invocations"] = Json::array({std::move(invocation)});
    run["columnKind"] = "unicodeCodePoints";
    run["results"] = std::move(results);
    Json log;
    log["$schema"] = "https://json.schemastore.org/sarif-2.1.0.json";
    log["version"] = "2.1.0";
    log["runs"] = Json::array({std::move(run)});
    return log;
  }

 private:
  /// A run in which a question stayed open has not done all of its work.
  auto Completed() const -> bool {
    return std::ranges::none_of(report_.open, [](const Diagnostic& d) { return d.code == Code::kR0520; });
  }

  auto Rules() const -> Json {
    auto rules = Json::array();
    for (const CatalogueEntry& entry : Catalogue()) {
      std::string title(entry.title);
      std::string name(entry.name);
      Json rule;
      rule["id"] = name;
      rule["shortDescription"]["text"] = title;
      rule["help"]["text"] = name + ": " + title + ". `routec explain " + name + "` says what it means and what to do.";
      if (auto page = report_.pages.find(entry.code); page != report_.pages.end()) rule["help"]["markdown"] = page->second;
      rule["defaultConfiguration"]["level"] = SeverityName(entry.severity);
      rules.push_back(std::move(rule));
    }
    return rules;
  }

  auto Region(Span span) const -> Json {
    LineColumn begin = sources_.Begin(span);
    LineColumn end = sources_.End(span);
    return {{"startLine", begin.line}, {"startColumn", begin.column}, {"endLine", end.line}, {"endColumn", end.column}};
  }

  auto Artifact(FileId file) const -> Json { return {{"uri", UriOf(sources_.Get(file))}}; }

  auto Location(Span span) const -> Json {
    Json location;
    location["physicalLocation"] = {{"artifactLocation", Artifact(span.file)}, {"region", Region(span)}};
    return location;
  }

  auto Result(const Diagnostic& diagnostic, std::string_view state) const -> Json {
    Json result;
    result["ruleId"] = Entry(diagnostic.code).name;
    result["ruleIndex"] = static_cast<std::size_t>(diagnostic.code);
    result["level"] = SeverityName(diagnostic.severity);
    result["message"]["text"] = WholeMessage(diagnostic);
    result["locations"] = Json::array({Location(diagnostic.span)});
    if (!diagnostic.notes.empty()) {
      auto related = Json::array();
      for (const Note& note : diagnostic.notes) {
        Json location = Location(note.span);
        location["id"] = related.size() + 1;
        location["message"]["text"] = note.message;
        related.push_back(std::move(location));
      }
      result["relatedLocations"] = std::move(related);
    }
    result["partialFingerprints"]["route/v1"] = Fingerprint(diagnostic);
    if (report_.baseline == Report::Baseline::kUsed) result["baselineState"] = state;
    if (!diagnostic.fixes.empty()) {
      auto fixes = Json::array();
      for (const Fix& fix : diagnostic.fixes) fixes.push_back(FixOf(fix));
      result["fixes"] = std::move(fixes);
    }
    return result;
  }

  auto FixOf(const Fix& fix) const -> Json {
    std::map<FileId, Json> replacements;
    for (const Edit& edit : fix.edits) {
      Json replacement;
      replacement["deletedRegion"] = Region(edit.span);
      replacement["insertedContent"]["text"] = edit.replacement;
      auto& rows = replacements.try_emplace(edit.span.file, Json::array()).first->second;
      rows.push_back(std::move(replacement));
    }
    auto changes = Json::array();
    for (auto& [file, rows] : replacements) {
      changes.push_back({{"artifactLocation", Artifact(file)}, {"replacements", std::move(rows)}});
    }
    Json row;
    row["description"]["text"] = fix.title;
    row["artifactChanges"] = std::move(changes);
    return row;
  }

  const Report& report_;
  const SourceSet& sources_;
};

}  // namespace

auto RenderSarif(const Report& report, const SourceSet& sources) -> Json {
  return SarifRenderer(report, sources).Render();
}

}  // namespace route::diagnostics
