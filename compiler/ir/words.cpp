#include "compiler/ir/words.h"

namespace route::ir {

auto Quoted(std::string_view name) -> std::string {
  return "`" + std::string(name) + "`";
}

auto Enumerate(const std::vector<std::string>& parts, std::string_view last_word) -> std::string {
  std::string text;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) text += i + 1 == parts.size() ? " " + std::string(last_word) + " " : ", ";
    text += parts[i];
  }
  return text;
}

auto EnumerateSome(const std::vector<std::string>& parts, std::size_t most) -> std::string {
  if (parts.size() <= most) return Enumerate(parts);
  std::vector<std::string> some(parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(most));
  some.push_back(std::to_string(parts.size() - most) + " more");
  return Enumerate(some);
}

auto Counted(std::size_t count, std::string_view noun) -> std::string {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

}  // namespace route::ir
