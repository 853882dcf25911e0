#include "compiler/diagnostics/words.h"

#include <llvm/ADT/StringExtras.h>
#include <llvm/Support/SHA256.h>

#include <filesystem>

namespace route::diagnostics {

auto SeverityName(Severity severity) -> std::string_view {
  switch (severity) {
    case Severity::kError: return "error";
    case Severity::kWarning: return "warning";
  }
  return "error";
}

auto RequestText(const std::vector<WitnessValue>& witness) -> std::string {
  std::string text;
  for (const WitnessValue& value : witness) text += (text.empty() ? "" : "  ") + value.attribute + "=" + value.text;
  return text;
}

auto WholeMessage(const Diagnostic& diagnostic) -> std::string {
  std::string text = diagnostic.message;
  if (!diagnostic.witness.empty()) text += "\nRequest: " + RequestText(diagnostic.witness);
  if (!diagnostic.evidence.empty()) text += "\nSo: " + diagnostic.evidence;
  if (!diagnostic.hint.empty()) text += "\nHint: " + diagnostic.hint;
  return text;
}

auto MessageWithNotes(const Diagnostic& diagnostic, const SourceSet& sources) -> std::string {
  std::string text = WholeMessage(diagnostic);
  for (const Note& note : diagnostic.notes) text += "\n" + ReportedPlace(note.span, sources) + ": " + note.message;
  return text;
}

auto ReportedPlace(Span span, const SourceSet& sources) -> std::string {
  return ReportedPath(sources.Get(span.file).path()) + ":" + std::to_string(sources.Begin(span).line);
}

auto ReportedPath(const std::string& path) -> std::string {
  if (path.starts_with('<')) return path;
  std::filesystem::path normal = std::filesystem::path(path).lexically_normal();
  std::error_code error;
  std::filesystem::path here = std::filesystem::current_path(error);
  if (normal.is_absolute() && !error) {
    std::filesystem::path relative = normal.lexically_relative(here);
    if (!relative.empty() && *relative.begin() != "..") normal = relative;
  }
  return normal.generic_string();
}

auto Fingerprint(const Diagnostic& diagnostic) -> std::string {
  return FingerprintOf(Entry(diagnostic.code).name, diagnostic.rules, diagnostic.message);
}

auto FingerprintOf(std::string_view code, const std::vector<std::string>& names, std::string_view message) -> std::string {
  constexpr std::size_t kBytes = 16;
  // Each part with its length before it, so that no two lists of parts give the same text.
  std::string text;
  auto add = [&](std::string_view part) { text += std::to_string(part.size()) + ":" + std::string(part); };
  add(code);
  add(message);
  for (const std::string& name : names) add(name);
  llvm::SHA256 hash;
  hash.update(llvm::StringRef(text));
  auto digest = hash.final();
  return llvm::toHex(llvm::ArrayRef<std::uint8_t>(digest.data(), kBytes), true);
}

}  // namespace route::diagnostics
