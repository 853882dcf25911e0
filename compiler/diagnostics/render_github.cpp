#include <llvm/Support/raw_ostream.h>

#include "compiler/diagnostics/fixes.h"
#include "compiler/diagnostics/render.h"
#include "compiler/diagnostics/words.h"

// ::error file=…,line=…,col=…,endLine=…,endColumn=…,title=…::message
// A runner unescapes %25, %0D and %0A everywhere, and %3A and %2C in properties. It drops columns, with a complaint, where
// the lines differ.

namespace route::diagnostics {
namespace {

auto EscapeMessage(std::string_view text) -> std::string {
  std::string escaped;
  for (char c : text) {
    if (c == '%') {
      escaped += "%25";
    } else if (c == '\r') {
      escaped += "%0D";
    } else if (c == '\n') {
      escaped += "%0A";
    } else {
      escaped.push_back(c);
    }
  }
  return escaped;
}

auto EscapeProperty(std::string_view text) -> std::string {
  std::string escaped;
  for (char c : EscapeMessage(text)) {
    if (c == ':') {
      escaped += "%3A";
    } else if (c == ',') {
      escaped += "%2C";
    } else {
      escaped.push_back(c);
    }
  }
  return escaped;
}

/// Each line made safe to show.
auto Lines(const std::string& text) -> std::string {
  std::string result;
  std::size_t at = 0;
  while (true) {
    std::size_t end = text.find('\n', at);
    result += Printable(text.substr(at, end == std::string::npos ? end : end - at));
    if (end == std::string::npos) return result;
    result += "\n";
    at = end + 1;
  }
}

}  // namespace

void RenderGithub(const Report& report, const SourceSet& sources, llvm::raw_ostream& out) {
  for (const Diagnostic& diagnostic : report.open) {
    const SourceFile& file = sources.Get(diagnostic.span.file);
    LineColumn begin = sources.Begin(diagnostic.span);
    LineColumn end = sources.End(diagnostic.span);
    out << "::" << SeverityName(diagnostic.severity) << " ";
    if (!IsBuiltIn(file)) {
      out << "file=" << EscapeProperty(Printable(ReportedPath(file.path()))) << ",line=" << begin.line;
      if (end.line == begin.line) out << ",col=" << begin.column;
      out << ",endLine=" << end.line;
      if (end.line == begin.line) out << ",endColumn=" << end.column;
      out << ",";
    }
    const CatalogueEntry& entry = Entry(diagnostic.code);
    out << "title=" << EscapeProperty(std::string(entry.name) + ": " + std::string(entry.title))
        << "::" << EscapeMessage(Lines(MessageWithNotes(diagnostic, sources))) << "\n";
  }
}

}  // namespace route::diagnostics
