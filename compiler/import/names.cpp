#include "compiler/import/names.h"

#include <algorithm>
#include <array>

#include "compiler/base/lookalike.h"

namespace route::import {
namespace {

constexpr std::size_t kMostCharacters = 64;

/// Those of grammar/RouteLexer.g4 that `name` of RouteParser.g4 does not take, in alphabetical order. A test compares
/// them.
constexpr std::array<std::string_view, 43> kReserved = {
    "accept", "and", "attribute", "because", "best", "case", "cheapest", "condition", "default", "deployment",
    "deployments", "expect", "fastest", "forbid", "from", "given", "group", "guarantee", "has", "import", "in",
    "includes", "is", "jurisdiction", "limits", "model", "not", "or", "policy", "property", "refuse", "require",
    "route", "rule", "service", "test", "then", "to", "type", "unless", "vendor", "when", "with"};
static_assert(std::ranges::is_sorted(kReserved));

auto IsNameCharacter(char c) -> bool { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

}  // namespace

auto IsReservedWord(std::string_view word) -> bool { return std::ranges::binary_search(kReserved, word); }

auto IsName(std::string_view text) -> bool {
  constexpr std::size_t kLongest = 200;
  auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  if (text.empty() || text.size() > kLongest || !letter(text.front()) || IsReservedWord(text)) return false;
  return std::ranges::all_of(text, [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

auto Identifier(std::string_view text) -> std::string {
  std::string name;
  for (char c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (IsNameCharacter(c)) {
      name += c;
    } else if (!name.empty() && name.back() != '_') {
      name += '_';
    }
    if (name.size() == kMostCharacters) break;
  }
  while (name.ends_with('_')) name.pop_back();
  if (name.empty()) return "unnamed";
  if ((name.front() >= '0' && name.front() <= '9') || IsReservedWord(name)) name.insert(0, "m_");
  return name;
}

auto Namer::Take(std::string_view text) -> std::string {
  std::string wanted = Identifier(text);
  std::string name = wanted;
  for (int next = 2; !looks_.insert(NameSkeleton(name)).second; ++next) name = wanted + "_" + std::to_string(next);
  return name;
}

}  // namespace route::import
