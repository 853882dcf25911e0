#include <llvm/Support/raw_ostream.h>

#include <algorithm>

#include "compiler/base/utf8.h"
#include "compiler/diagnostics/layout.h"
#include "compiler/diagnostics/render.h"
#include "compiler/diagnostics/words.h"

// The frame is drawn here and not by llvm::SourceMgr::PrintMessage, which prints no caret on a line that holds
// non-ASCII text; LLVM supplies the stream, its colours and the display width of Unicode text.

namespace route::diagnostics {
namespace {

using llvm::raw_ostream;

class Coloured {
 public:
  Coloured(raw_ostream& out, raw_ostream::Colors colour) : out_(out) { out_.changeColor(colour, true); }
  Coloured(const Coloured&) = delete;
  auto operator=(const Coloured&) -> Coloured& = delete;
  ~Coloured() { out_.resetColor(); }

 private:
  raw_ostream& out_;
};

/// One line of source, cut to what fits: the part around what is marked, with `…` where something is left out.
struct Excerpt {
  std::string text;
  std::size_t caret = 0;   ///< columns before the mark
  std::size_t length = 1;  ///< columns of the mark
};

auto IsContinuation(char byte) -> bool { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

/// `from` and `to` are the bytes of the line that are marked. Costs no more for a line of many megabytes.
auto Cut(std::string_view line, std::size_t from, std::size_t to, std::size_t width) -> Excerpt {
  // No character is longer than four bytes, so what lies further away cannot be shown.
  std::size_t low = from > 4 * width ? from - 4 * width : 0;
  while (low > 0 && IsContinuation(line[low])) --low;
  std::size_t high = std::min(line.size(), from + 4 * width);
  while (high < line.size() && IsContinuation(line[high])) ++high;

  struct Cell {
    std::string text;
    std::size_t begin;  // columns before it
    std::size_t end;
  };
  std::vector<Cell> cells;
  std::size_t columns = 0;
  std::size_t mark_begin = 0;
  std::size_t mark_end = 0;
  for (std::size_t i = low; i < high;) {
    std::size_t length = std::max<std::size_t>(DecodeUtf8(line, i).length, 1);
    std::string text = Printable(line.substr(i, length));
    std::size_t end = columns + DisplayWidth(text);
    cells.push_back({std::move(text), columns, end});
    if (i <= from) mark_begin = i + length <= from ? end : columns;
    if (i < to) mark_end = end;
    columns = end;
    i += length;
  }
  mark_end = std::max(mark_end, mark_begin + 1);

  std::size_t first = 0;
  if (low > 0 || mark_end >= width) {
    // What is marked comes first; to the left of it stands up to a third of what fits, or more if the line ends sooner.
    first = mark_begin - std::min(mark_begin, width / 3);
    if (high == line.size()) first = std::min(first, columns - std::min(columns, width - 1));
  }
  if (low == 0 && high == line.size() && columns <= width) first = 0;
  Excerpt excerpt;
  std::size_t room = width;
  if (low > 0 || first > 0) {
    excerpt.text = "…";
    --room;
  }
  bool more = high < line.size() || columns - first > room;
  if (more) --room;
  std::size_t left = width - room - (more ? 1 : 0);
  for (const Cell& cell : cells) {
    if (cell.begin >= first && cell.end <= first + room) excerpt.text += cell.text;
  }
  if (more) excerpt.text += "…";
  excerpt.caret = left + mark_begin - first;
  excerpt.length = std::max<std::size_t>(std::min(mark_end, first + room) - mark_begin, 1);
  return excerpt;
}

class TextRenderer {
 public:
  TextRenderer(const SourceSet& sources, raw_ostream& out, std::size_t width)
      : sources_(sources), out_(out), width_(width) {}

  void Render(const Diagnostic& diagnostic) {
    gutter_ = GutterWidth(diagnostic);
    bool error = diagnostic.severity == Severity::kError;
    auto colour = error ? raw_ostream::RED : raw_ostream::YELLOW;
    std::string label = std::string(error ? "error" : "warning") + "[" + std::string(Entry(diagnostic.code).name) + "]";
    {
      Coloured paint(out_, colour);
      out_ << label;
    }
    {
      Coloured paint(out_, raw_ostream::SAVEDCOLOR);
      out_ << ": " << Wrap(diagnostic.message, label.size() + 2, label.size() + 2, width_) << "\n";
    }
    Frame(diagnostic.span, colour);
    for (const Note& note : diagnostic.notes) {
      Labelled("note", note.message);
      Frame(note.span, raw_ostream::CYAN);
    }
    if (!diagnostic.witness.empty()) Labelled("request", RequestText(diagnostic.witness));
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
    out_ << Printable(file.path()) << ":" << begin.line << ":" << begin.column << "\n";

    std::string_view line = file.Line(begin.line);
    std::size_t from = std::min<std::size_t>(span.begin - file.LineStart(begin.line), line.size());
    std::size_t to = end.line == begin.line ? std::min<std::size_t>(span.end - file.LineStart(begin.line), line.size())
                                            : line.size();
    Excerpt excerpt = Cut(line, from, std::max(from, to), width_ - gutter_ - 3);
    Gutter("");
    out_ << "\n";
    Gutter(std::to_string(begin.line));
    out_ << (excerpt.text.empty() ? "" : " ") << excerpt.text << "\n";
    Gutter("");
    out_ << " " << std::string(excerpt.caret, ' ');
    {
      Coloured paint(out_, colour);
      out_ << std::string(excerpt.length, '^');
    }
    out_ << "\n";
  }

  /// ` label: words`, broken between words and continued under the first word.
  void Labelled(std::string_view label, std::string_view words) {
    std::size_t indent = gutter_ + 1 + label.size() + 2;
    out_ << std::string(gutter_ + 1, ' ');
    {
      Coloured paint(out_, raw_ostream::CYAN);
      out_ << label;
    }
    out_ << ": " << Wrap(words, indent, indent, width_) << "\n";
  }

  const SourceSet& sources_;
  raw_ostream& out_;
  std::size_t width_;
  std::size_t gutter_ = 1;
};

}  // namespace

void RenderText(const std::vector<Diagnostic>& diagnostics, const SourceSet& sources, raw_ostream& out,
                std::size_t width) {
  TextRenderer renderer(sources, out, width);
  for (const Diagnostic& diagnostic : diagnostics) renderer.Render(diagnostic);
}

}  // namespace route::diagnostics
