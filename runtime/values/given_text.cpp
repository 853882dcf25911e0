#include "runtime/values/given_text.h"

#include <algorithm>
#include <utility>

namespace route {
namespace {

auto IsBlank(char c) -> bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

}  // namespace

auto SplitGiven(std::string_view text) -> std::expected<std::vector<GivenText>, std::string> {
  std::vector<GivenText> pairs;
  std::size_t at = 0;
  while (true) {
    while (at < text.size() && IsBlank(text[at])) ++at;
    if (at == text.size()) return pairs;

    GivenText pair;
    while (at < text.size() && text[at] != '=' && !IsBlank(text[at])) pair.name += text[at++];
    if (at == text.size() || text[at] != '=') {
      return std::unexpected("`" + pair.name + "` has no value; write `attribute=value`");
    }
    ++at;
    if (at < text.size() && text[at] == '"') {
      ++at;
      while (at < text.size() && text[at] != '"') {
        if (text[at] == '\\' && at + 1 < text.size()) ++at;
        pair.value += text[at++];
      }
      if (at == text.size()) return std::unexpected("the value of `" + pair.name + "` lacks its closing quote");
      ++at;
      if (at < text.size() && !IsBlank(text[at])) {
        return std::unexpected("the value of `" + pair.name + "` goes on after its closing quote");
      }
    } else {
      while (at < text.size() && !IsBlank(text[at])) pair.value += text[at++];
    }
    if (std::ranges::any_of(pairs, [&](const GivenText& other) { return other.name == pair.name; })) {
      return std::unexpected("`" + pair.name + "` is given twice");
    }
    pairs.push_back(std::move(pair));
  }
}

}  // namespace route
