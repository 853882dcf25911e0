#include <nlohmann/json.hpp>

#include "compiler/diagnostics/render.h"

namespace route::diagnostics {
namespace {

auto SeverityName(Severity severity) -> const char* {
  switch (severity) {
    case Severity::kError: return "error";
    case Severity::kWarning: return "warning";
  }
  return "error";
}

void AddPlace(nlohmann::ordered_json& row, const SourceSet& sources, Span span) {
  LineColumn begin = sources.Begin(span);
  LineColumn end = sources.End(span);
  row["file"] = sources.Get(span.file).path();
  row["line"] = begin.line;
  row["column"] = begin.column;
  row["end_line"] = end.line;
  row["end_column"] = end.column;
}

}  // namespace

auto RenderJson(const std::vector<Diagnostic>& diagnostics, const SourceSet& sources) -> nlohmann::ordered_json {
  auto rows = nlohmann::ordered_json::array();
  for (const Diagnostic& diagnostic : diagnostics) {
    nlohmann::ordered_json row;
    row["code"] = Entry(diagnostic.code).name;
    row["severity"] = SeverityName(diagnostic.severity);
    row["message"] = diagnostic.message;
    AddPlace(row, sources, diagnostic.span);
    row["rules"] = diagnostic.rules;
    if (!diagnostic.witness.empty()) {
      auto witness = nlohmann::ordered_json::object();
      for (const WitnessValue& value : diagnostic.witness) {
        witness[value.attribute] = nlohmann::ordered_json::parse(value.json);
      }
      row["witness"] = std::move(witness);
    }
    if (!diagnostic.evidence.empty()) row["evidence"] = diagnostic.evidence;
    if (!diagnostic.notes.empty()) {
      auto notes = nlohmann::ordered_json::array();
      for (const Note& note : diagnostic.notes) {
        nlohmann::ordered_json entry;
        entry["message"] = note.message;
        AddPlace(entry, sources, note.span);
        notes.push_back(std::move(entry));
      }
      row["notes"] = std::move(notes);
    }
    if (!diagnostic.hint.empty()) row["hint"] = diagnostic.hint;
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace route::diagnostics
