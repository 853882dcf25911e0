#include <llvm/Support/raw_ostream.h>

#include <algorithm>

#include "compiler/diagnostics/render.h"
#include "compiler/diagnostics/words.h"

namespace route::diagnostics {
namespace {

/// Ends a sentence, unless it ends already.
auto Ended(std::string_view words) -> std::string {
  std::string text = Printable(words);
  if (text.empty() || (text.back() != '.' && text.back() != '?' && text.back() != '!')) text += ".";
  return text;
}

auto Sentence(std::string_view words) -> std::string {
  std::string text = Ended(words);
  if (text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - ('a' - 'A'));
  return text;
}

auto Place(const SourceSet& sources, Span span) -> std::string {
  LineColumn begin = sources.Begin(span);
  return Printable(ReportedPath(sources.Get(span.file).path())) + ", line " + std::to_string(begin.line) + ", column " +
         std::to_string(begin.column);
}

/// `the line reads: …`, without the blanks around it and cut where it is very long.
auto LineOf(const SourceSet& sources, Span span) -> std::string {
  constexpr std::size_t kLongest = 300;
  std::string_view line = sources.Get(span.file).Line(sources.Begin(span).line);
  std::size_t begin = std::min(line.find_first_not_of(" \t"), line.size());
  std::size_t end = line.find_last_not_of(" \t") + 1;
  line = line.substr(begin, end > begin ? end - begin : 0);
  if (line.size() <= kLongest) return Printable(line);
  std::size_t cut = kLongest;
  while (cut > 0 && (static_cast<unsigned char>(line[cut]) & 0xC0U) == 0x80U) --cut;
  return Printable(line.substr(0, cut)) + " and so on";
}

}  // namespace

void RenderPlain(const std::vector<Diagnostic>& diagnostics, const SourceSet& sources, llvm::raw_ostream& out) {
  for (const Diagnostic& diagnostic : diagnostics) {
    out << (diagnostic.severity == Severity::kError ? "Error " : "Warning ") << Entry(diagnostic.code).name << " in "
        << Place(sources, diagnostic.span) << ".\n"
        << Sentence(diagnostic.message) << "\n";
    if (std::string line = LineOf(sources, diagnostic.span); !line.empty()) out << "The line reads: " << line << "\n";
    for (const Note& note : diagnostic.notes) {
      out << "Note: in " << Place(sources, note.span) << ": " << Ended(note.message) << "\n";
      if (std::string line = LineOf(sources, note.span); !line.empty()) out << "That line reads: " << line << "\n";
    }
    if (!diagnostic.witness.empty()) {
      std::string request;
      for (const WitnessValue& value : diagnostic.witness) {
        request += (request.empty() ? "" : ", ") + value.attribute + " is " + value.text;
      }
      out << "A request that shows it: " << Printable(request) << ".\n";
    }
    if (!diagnostic.evidence.empty()) out << "What happens: " << Ended(diagnostic.evidence) << "\n";
    if (!diagnostic.hint.empty()) out << "Hint: " << Ended(diagnostic.hint) << "\n";
    out << "\n";
  }
}

}  // namespace route::diagnostics
