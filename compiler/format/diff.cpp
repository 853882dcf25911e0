#include "compiler/format/diff.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace route::format {
namespace {

constexpr std::size_t kContext = 3;

struct Line {
  std::string_view text;          ///< with its line end
  std::uint64_t text_before = 0;  ///< bytes that are not blanks, from the beginning of the file
};

auto IsBlank(char c) -> bool {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

auto Lines(std::string_view text) -> std::vector<Line> {
  std::vector<Line> lines;
  std::uint64_t before = 0;
  while (!text.empty()) {
    std::string_view line = text.substr(0, std::min(text.find('\n'), text.size() - 1) + 1);
    lines.push_back({line, before});
    before += static_cast<std::uint64_t>(std::ranges::count_if(line, [](char c) { return !IsBlank(c); }));
    text.remove_prefix(line.size());
  }
  return lines;
}

/// A step from the old text to the new one.
struct Edit {
  char sign = ' ';  ///< `-` and `+`, or a blank for a line that stays
  std::string_view line;
};

auto Edits(const std::vector<Line>& before, const std::vector<Line>& after) -> std::vector<Edit> {
  std::vector<Edit> edits;
  std::vector<Edit> added;  // after what is removed at the same place
  auto keep_order = [&] {
    edits.insert(edits.end(), added.begin(), added.end());
    added.clear();
  };
  for (std::size_t i = 0, j = 0; i < before.size() || j < after.size();) {
    bool removes = i < before.size();
    bool adds = j < after.size();
    if (removes && adds) {
      const Line& old_line = before[i];
      const Line& new_line = after[j];
      if (old_line.text_before == new_line.text_before && old_line.text == new_line.text) {
        keep_order();
        edits.push_back({' ', old_line.text});
        ++i, ++j;
        continue;
      }
      // The line that lies further back goes first; of two at one place, a blank line.
      auto rank = [](const Line& line) {
        return std::pair(line.text_before, std::ranges::all_of(line.text, IsBlank) ? 0 : 1);
      };
      removes = rank(old_line) <= rank(new_line);
      adds = rank(new_line) <= rank(old_line);
    }
    if (removes) edits.push_back({'-', before[i++].text});
    if (adds) added.push_back({'+', after[j++].text});
  }
  keep_order();
  return edits;
}

/// `12,3`; a range of no lines names the line before it.
auto RangeText(std::size_t first, std::size_t count) -> std::string {
  if (count == 1) return std::to_string(first + 1);
  return std::to_string(count == 0 ? first : first + 1) + "," + std::to_string(count);
}

auto Changes(const Edit& edit) -> bool {
  return edit.sign != ' ';
}

}  // namespace

auto UnifiedDiff(const std::string& old_name, const std::string& new_name, std::string_view before,
                 std::string_view after) -> std::string {
  if (before == after) return {};
  std::string diff = "--- " + old_name + "\n+++ " + new_name + "\n";
  std::vector<Edit> edits = Edits(Lines(before), Lines(after));
  std::size_t old_line = 0;
  std::size_t new_line = 0;
  auto at = edits.begin();
  auto advance = [&](auto end) {
    for (; at != end; ++at) {
      old_line += at->sign == '+' ? 0 : 1;
      new_line += at->sign == '-' ? 0 : 1;
    }
  };
  while (true) {
    auto change = std::find_if(at, edits.end(), Changes);
    if (change == edits.end()) return diff;
    advance(change - std::min<std::ptrdiff_t>(change - at, kContext));
    // The hunk ends where more lines stay than the context of two changes.
    auto end = change;
    std::size_t same = 0;
    for (auto next = change; next != edits.end() && same <= 2 * kContext; ++next) {
      same = Changes(*next) ? 0 : same + 1;
      if (Changes(*next)) end = next + 1;
    }
    end += std::min<std::ptrdiff_t>(edits.end() - end, kContext);
    std::size_t old_first = old_line;
    std::size_t new_first = new_line;
    std::string body;
    for (auto edit = at; edit != end; ++edit) {
      body += edit->sign;
      body += edit->line;
      if (!edit->line.ends_with('\n')) body += "\n\\ No newline at end of file\n";
    }
    advance(end);
    diff += "@@ -" + RangeText(old_first, old_line - old_first) + " +" + RangeText(new_first, new_line - new_first) +
            " @@\n";
    diff += body;
  }
}

}  // namespace route::format
