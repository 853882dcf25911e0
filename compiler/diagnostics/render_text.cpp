#include <llvm/Support/Unicode.h>
#include <llvm/Support/raw_ostream.h>

#include <algorithm>

#include "compiler/base/utf8.h"
#include "compiler/diagnostics/render.h"

// The frame is drawn here and not by llvm::SourceMgr::PrintMessage, which prints no caret on a line that holds
// non-ASCII text; LLVM supplies the stream, its colours and the display width of Unicode text.

namespace route::diagnostics {
namespace {

using llvm::raw_ostream;

constexpr std::size_t kTabWidth = 4;
constexpr std::size_t kWrapColumn = 80;
constexpr std::size_t kLongestFrameLine = 160;

/// Text as it is safe to show: tabs become blanks, and characters that would steer a terminal, hide or reorder text are
/// spelled out, so that what is shown is what is there.
auto Printable(std::string_view text) -> std::string {
  std::string result;
  for (std::size_t i = 0; i < text.size();) {
    Utf8Character character = DecodeUtf8(text, i);
    if (character.length == 0) {
      result += "\uFFFD";
      ++i;
      continue;
    }
    if (character.code_point == '\t') {
      result.append(kTabWidth, ' ');
    } else if (character.code_point == '\n' || character.code_point == '\r') {
      result.push_back(' ');
    } else if (IsMisleading(character.code_point)) {
      result += "<" + CodePointName(character.code_point) + ">";
    } else {
      result += text.substr(i, character.length);
    }
    i += character.length;
  }
  return result;
}

/// Columns that text takes on a terminal; text with unprintable characters counts a column for each byte.
auto DisplayWidth(std::string_view text) -> std::size_t {
  int width = llvm::sys::unicode::columnWidthUTF8(llvm::StringRef(text.data(), text.size()));
  return width >= 0 ? static_cast<std::size_t>(width) : text.size();
}

class Coloured {
 public:
  Coloured(raw_ostream& out, raw_ostream::Colors colour) : out_(out) { out_.changeColor(colour, true); }
  Coloured(const Coloured&) = delete;
  auto operator=(const Coloured&) -> Coloured& = delete;
  ~Coloured() { out_.resetColor(); }

 private:
  raw_ostream& out_;
};

class TextRenderer {
 public:
  TextRenderer(const SourceSet& sources, raw_ostream& out) : sources_(sources), out_(out) {}

  void Render(const Diagnostic& diagnostic) {
    gutter_ = GutterWidth(diagnostic);
    bool error = diagnostic.severity == Severity::kError;
    auto colour = error ? raw_ostream::RED : raw_ostream::YELLOW;
    {
      Coloured paint(out_, colour);
      out_ << (error ? "error" : "warning") << "[" << Entry(diagnostic.code).name << "]";
    }
    {
      Coloured paint(out_, raw_ostream::SAVEDCOLOR);
      out_ << ": " << Printable(diagnostic.message) << "\n";
    }
    Frame(diagnostic.span, colour);
    for (const Note& note : diagnostic.notes) {
      Labelled("note", note.message);
      Frame(note.span, raw_ostream::CYAN);
    }
    if (!diagnostic.witness.empty()) {
      std::string request;
      for (const WitnessValue& value : diagnostic.witness) {
        if (!request.empty()) request += "  ";
        request += value.attribute + "=" + value.text;
      }
      Labelled("request", request);
    }
    if (!diagnostic.evidence.empty()) Labelled("so", diagnostic.evidence);
    if (!diagnostic.hint.empty()) Labelled("hint", diagnostic.hint);
    out_ << "\n";
  }

 private:
  auto GutterWidth(const Diagnostic& diagnostic) const -> std::size_t {
    std::uint32_t line = sources_.Begin(diagnostic.span).line;
    for (const Note& note : diagnostic.notes) line = std::max(line, sources_.Begin(note.span).line);
    return std::to_string(line).size();
  }

  void Gutter(const std::string& number) {
    Coloured paint(out_, raw_ostream::BLUE);
    out_ << std::string(gutter_ - number.size(), ' ') << number << " |";
  }

  void Frame(Span span, raw_ostream::Colors colour) {
    const SourceFile& file = sources_.Get(span.file);
    LineColumn begin = file.Locate(span.begin);
    LineColumn end = file.Locate(span.end);
    {
      Coloured paint(out_, raw_ostream::BLUE);
      out_ << std::string(gutter_, ' ') << "--> ";
    }
    out_ << file.path() << ":" << begin.line << ":" << begin.column << "\n";

    std::string_view line = file.Line(begin.line);
    std::size_t from = std::min<std::size_t>(span.begin - file.LineStart(begin.line), line.size());
    std::size_t to = end.line == begin.line ? std::min<std::size_t>(span.end - file.LineStart(begin.line), line.size())
                                            : line.size();
    // A very long line is cut to the part around the caret.
    bool long_line = line.size() > kLongestFrameLine;
    std::size_t first = long_line && from > kLongestFrameLine / 2 ? from - kLongestFrameLine / 2 : 0;
    while (first > 0 && (static_cast<unsigned char>(line[first]) & 0xC0U) == 0x80U) --first;
    std::size_t last = std::min(line.size(), first + kLongestFrameLine);
    while (last < line.size() && (static_cast<unsigned char>(line[last]) & 0xC0U) == 0x80U) ++last;
    to = std::clamp(to, from, last);

    Gutter("");
    out_ << "\n";
    Gutter(std::to_string(begin.line));
    out_ << " " << Printable(line.substr(first, last - first)) << "\n";
    Gutter("");
    std::size_t indent = DisplayWidth(Printable(line.substr(first, from - first)));
    std::size_t width = DisplayWidth(Printable(line.substr(from, to - from)));
    out_ << " " << std::string(indent, ' ');
    {
      Coloured paint(out_, colour);
      out_ << std::string(std::max<std::size_t>(width, 1), '^');
    }
    out_ << "\n";
  }

  /// ` label: words`, broken between words before the wrap column and continued under the first word.
  void Labelled(std::string_view label, std::string_view words) {
    std::string indent(gutter_ + 1, ' ');
    out_ << indent;
    {
      Coloured paint(out_, raw_ostream::CYAN);
      out_ << label;
    }
    out_ << ": ";
    indent.append(label.size() + 2, ' ');
    std::size_t column = indent.size();
    std::size_t at = 0;
    while (at < words.size()) {
      std::size_t next = std::min(words.find(' ', at), words.size());
      // Blanks that follow each other stay together with the word before them.
      std::size_t after = std::min(words.find_first_not_of(' ', next), words.size());
      std::string word = Printable(words.substr(at, next - at));
      if (column + DisplayWidth(word) > kWrapColumn && column > indent.size()) {
        out_ << "\n" << indent;
        column = indent.size();
      }
      out_ << word;
      column += DisplayWidth(word);
      if (after < words.size()) {
        std::size_t blanks = after - next;
        std::size_t following = std::min(words.find(' ', after), words.size()) - after;
        if (column + blanks + following <= kWrapColumn) {
          out_ << std::string(blanks, ' ');
          column += blanks;
        } else {
          out_ << "\n" << indent;
          column = indent.size();
        }
      }
      at = after;
    }
    out_ << "\n";
  }

  const SourceSet& sources_;
  raw_ostream& out_;
  std::size_t gutter_ = 1;
};

}  // namespace

void RenderText(const std::vector<Diagnostic>& diagnostics, const SourceSet& sources, raw_ostream& out) {
  TextRenderer renderer(sources, out);
  for (const Diagnostic& diagnostic : diagnostics) renderer.Render(diagnostic);
}

}  // namespace route::diagnostics
