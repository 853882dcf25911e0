#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

/// Small parts of English sentences.
namespace route::ir {

/// The name in backticks.
auto Quoted(std::string_view name) -> std::string;

/// `a`, `a and b`, `a, b and c`; another word can stand before the last. Empty for no parts.
auto Enumerate(const std::vector<std::string>& parts, std::string_view last_word = "and") -> std::string;

/// As `Enumerate`, but of more than `most` parts only so many, and then `and 5 more`.
auto EnumerateSome(const std::vector<std::string>& parts, std::size_t most) -> std::string;

/// `1 rule`, `2 rules`.
auto Counted(std::size_t count, std::string_view noun) -> std::string;

/// The first of each, in order.
template <typename T>
auto Distinct(const std::vector<T>& list) -> std::vector<T> {
  std::vector<T> distinct;
  for (const T& item : list) {
    if (std::ranges::find(distinct, item) == distinct.end()) distinct.push_back(item);
  }
  return distinct;
}

}  // namespace route::ir
