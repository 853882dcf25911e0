#include <nlohmann/json.hpp>

#include "compiler/diagnostics/render.h"
#include "compiler/diagnostics/words.h"

namespace route::diagnostics {
namespace {

using Json = nlohmann::ordered_json;

void AddPlace(Json& row, const SourceSet& sources, Span span) {
  LineColumn begin = sources.Begin(span);
  LineColumn end = sources.End(span);
  row["file"] = ReportedPath(sources.Get(span.file).path());
  row["line"] = begin.line;
  row["column"] = begin.column;
  row["end_line"] = end.line;
  row["end_column"] = end.column;
}

auto FixesOf(const Diagnostic& diagnostic, const SourceSet& sources) -> Json {
  auto fixes = Json::array();
  for (const Fix& fix : diagnostic.fixes) {
    auto edits = Json::array();
    for (const Edit& edit : fix.edits) {
      Json row;
      AddPlace(row, sources, edit.span);
      row["replacement"] = edit.replacement;
      edits.push_back(std::move(row));
    }
    fixes.push_back({{"title", fix.title}, {"edits", std::move(edits)}});
  }
  return fixes;
}

auto RowOf(const Diagnostic& diagnostic, const SourceSet& sources) -> Json {
  Json row;
  row["code"] = Entry(diagnostic.code).name;
  row["severity"] = SeverityName(diagnostic.severity);
  row["message"] = diagnostic.message;
  AddPlace(row, sources, diagnostic.span);
  row["rules"] = diagnostic.rules;
  if (!diagnostic.witness.empty()) {
    auto witness = Json::object();
    for (const WitnessValue& value : diagnostic.witness) witness[value.attribute] = Json::parse(value.json);
    row["witness"] = std::move(witness);
  }
  if (!diagnostic.evidence.empty()) row["evidence"] = diagnostic.evidence;
  if (!diagnostic.notes.empty()) {
    auto notes = Json::array();
    for (const Note& note : diagnostic.notes) {
      Json entry;
      entry["message"] = note.message;
      AddPlace(entry, sources, note.span);
      notes.push_back(std::move(entry));
    }
    row["notes"] = std::move(notes);
  }
  if (!diagnostic.hint.empty()) row["hint"] = diagnostic.hint;
  if (!diagnostic.fixes.empty()) row["fixes"] = FixesOf(diagnostic, sources);
  return row;
}

}  // namespace

auto RenderJson(const std::vector<Diagnostic>& diagnostics, const SourceSet& sources) -> Json {
  auto rows = Json::array();
  for (const Diagnostic& diagnostic : diagnostics) rows.push_back(RowOf(diagnostic, sources));
  return rows;
}

auto RenderAcceptedJson(const std::vector<Accepted>& accepted, const SourceSet& sources) -> Json {
  auto rows = Json::array();
  for (const Accepted& each : accepted) {
    Json row = RowOf(each.diagnostic, sources);
    row["reason"] = each.reason;
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace route::diagnostics
