#include "compiler/pages/render_page.h"

#include <llvm/Support/raw_ostream.h>

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/base/display_width.h"

namespace route::pages {
namespace {

using llvm::raw_ostream;

enum class Style : std::uint8_t { kPlain, kCode, kStrong };

/// A run of characters in one style. Words are made of pieces, and lines break only between words.
struct Piece {
  std::string text;
  Style style = Style::kPlain;
};
using Word = std::vector<Piece>;

constexpr std::size_t kLongestUnbrokenCode = 30;

auto Columns(const Word& word) -> std::size_t {
  std::size_t columns = 0;
  for (const Piece& piece : word) columns += DisplayWidth(piece.text);
  return columns;
}

/// Divides the text of a paragraph into words, and reads what Markdown marks within it.
class WordReader {
 public:
  explicit WordReader(std::string_view text) : text_(text) {}

  auto Read() && -> std::vector<Word> {
    while (at_ < text_.size()) {
      if (text_[at_] == '`') {
        std::size_t end = Find("`", at_ + 1);
        AddCode(text_.substr(at_, end + 1 - at_));
        at_ = end + 1;
      } else if (text_.substr(at_).starts_with("**")) {
        strong_ = !strong_;
        at_ += 2;
      } else if (std::size_t end = LinkEnd(); end != 0) {
        at_ = end;
      } else {
        Add(text_.substr(at_, 1), strong_ ? Style::kStrong : Style::kPlain);
        ++at_;
      }
    }
    EndWord();
    return std::move(words_);
  }

 private:
  auto Find(std::string_view what, std::size_t from) const -> std::size_t {
    std::size_t found = text_.find(what, from);
    return found == std::string_view::npos ? text_.size() - 1 : found;
  }

  /// At `[text](target)`: reads the text as words and gives the place after it; else 0.
  auto LinkEnd() -> std::size_t {
    if (text_[at_] != '[') return 0;
    std::size_t middle = text_.find("](", at_);
    std::size_t end = middle == std::string_view::npos ? middle : text_.find(')', middle);
    if (end == std::string_view::npos) return 0;
    for (char c : text_.substr(at_ + 1, middle - at_ - 1)) Add({&c, 1}, Style::kPlain);
    return end + 1;
  }

  /// A short piece of code stays on one line, a long one breaks at its blanks.
  void AddCode(std::string_view code) {
    if (code.size() <= kLongestUnbrokenCode) return Put(code, Style::kCode);
    for (char c : code) Add({&c, 1}, Style::kCode);
  }

  void Add(std::string_view text, Style style) {
    if (text == " ") return EndWord();
    Put(text, style);
  }

  void Put(std::string_view text, Style style) {
    if (word_.empty() || word_.back().style != style) word_.push_back({"", style});
    word_.back().text += text;
  }

  void EndWord() {
    if (!word_.empty()) words_.push_back(std::move(word_));
    word_.clear();
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool strong_ = false;
  Word word_;
  std::vector<Word> words_;
};

class PageRenderer {
 public:
  PageRenderer(std::size_t width, raw_ostream& out) : width_(width), out_(out) {}

  void Line(std::string_view line) {
    if (line.starts_with("```")) {
      EndBlock();
      if (!in_code_) Gap();
      in_code_ = !in_code_;
      return;
    }
    if (in_code_) return Code(line);
    if (line.starts_with("<!--")) return;
    if (line.empty()) return EndBlock();
    if (line.starts_with("#")) return Heading(line.substr(line.find_first_not_of("# ")));
    if (line.starts_with("- ")) {
      bool follows = block_is_item_;
      EndBlock();
      gap_before_block_ = !follows;
      block_is_item_ = true;
      block_ = line.substr(2);
      return;
    }
    if (block_.empty()) gap_before_block_ = true;
    if (!block_.empty()) block_ += ' ';
    block_ += line.substr(line.find_first_not_of(' '));
  }

  void EndBlock() {
    if (!block_.empty()) {
      if (gap_before_block_) Gap();
      if (block_is_item_) out_ << "- ";
      Wrapped(WordReader(block_).Read(), block_is_item_ ? 2 : 0);
    }
    block_.clear();
    block_is_item_ = false;
  }

 private:
  /// An empty line between blocks, and none before the first.
  void Gap() {
    if (anything_) out_ << "\n";
    anything_ = true;
  }

  void Heading(std::string_view text) {
    EndBlock();
    Gap();
    out_.changeColor(raw_ostream::SAVEDCOLOR, true);
    out_ << text;
    out_.resetColor();
    out_ << "\n";
  }

  void Code(std::string_view line) {
    if (line.empty()) {
      out_ << "\n";
      return;
    }
    out_ << "    ";
    out_.changeColor(raw_ostream::CYAN);
    out_ << line;
    out_.resetColor();
    out_ << "\n";
  }

  void Wrapped(const std::vector<Word>& words, std::size_t indent) {
    std::size_t column = indent;
    bool at_start = true;
    for (const Word& word : words) {
      std::size_t columns = Columns(word);
      if (!at_start && column + 1 + columns > width_) {
        out_ << "\n" << std::string(indent, ' ');
        column = indent;
        at_start = true;
      }
      if (!at_start) {
        out_ << ' ';
        ++column;
      }
      for (const Piece& piece : word) Styled(piece);
      column += columns;
      at_start = false;
    }
    out_ << "\n";
  }

  void Styled(const Piece& piece) {
    switch (piece.style) {
      case Style::kPlain:
        out_ << piece.text;
        return;
      case Style::kCode:
        out_.changeColor(raw_ostream::CYAN);
        break;
      case Style::kStrong:
        out_.changeColor(raw_ostream::SAVEDCOLOR, true);
        break;
    }
    out_ << piece.text;
    out_.resetColor();
  }

  std::size_t width_;
  raw_ostream& out_;
  std::string block_;  ///< the paragraph or list item that is being read
  bool block_is_item_ = false;
  bool gap_before_block_ = true;
  bool in_code_ = false;
  bool anything_ = false;
};

}  // namespace

void RenderPage(std::string_view markdown, std::size_t width, raw_ostream& out) {
  PageRenderer renderer(width, out);
  while (!markdown.empty()) {
    std::size_t end = markdown.find('\n');
    renderer.Line(markdown.substr(0, end));
    markdown.remove_prefix(end == std::string_view::npos ? markdown.size() : end + 1);
  }
  renderer.EndBlock();
}

}  // namespace route::pages
