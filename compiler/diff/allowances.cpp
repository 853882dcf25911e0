#include "compiler/diff/allowances.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "compiler/diagnostics/diagnostic.h"

namespace route::diff {
namespace {

constexpr std::array<std::string_view, kAspects> kNames = {"narrower", "wider",     "first_choice", "chain",
                                                           "answer",   "catalogue", "reading",      "limits", "services"};
constexpr std::string_view kAny = "any";

auto IsBlank(char c) -> bool {
  return c == ' ' || c == '\t' || c == '\r';
}

auto Trimmed(std::string_view text) -> std::string_view {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  return text;
}

/// The offset of a word that stands by itself and outside double quotes.
auto FindWord(std::string_view text, std::string_view word) -> std::optional<std::size_t> {
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '\\') {
      ++i;
      continue;
    }
    if (text[i] == '"') quoted = !quoted;
    const bool begins = i == 0 || IsBlank(text[i - 1]);
    const bool ends =
        i + word.size() == text.size() || (i + word.size() < text.size() && IsBlank(text[i + word.size()]));
    if (!quoted && begins && ends && text.substr(i, word.size()) == word) return i;
  }
  return std::nullopt;
}

auto WithoutComment(std::string_view line) -> std::string_view {
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (quoted && line[i] == '\\') {
      ++i;
      continue;
    }
    if (line[i] == '"') quoted = !quoted;
    if (line[i] == '#' && !quoted) return line.substr(0, i);
  }
  return line;
}

/// What stands between two of a line's words, which is cut off.
auto TakeFrom(std::string_view& line, std::string_view word) -> std::optional<std::string_view> {
  const auto place = FindWord(line, word);
  if (!place) return std::nullopt;
  const std::string_view behind = Trimmed(line.substr(*place + word.size()));
  line = Trimmed(line.substr(0, *place));
  return behind;
}

auto SplitAtCommas(std::string_view list) -> std::vector<std::string> {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t comma = list.find(',');
    parts.emplace_back(Trimmed(list.substr(0, comma)));
    if (comma == std::string_view::npos) return parts;
    list.remove_prefix(comma + 1);
  }
}

auto ReadAspects(std::string_view list) -> std::expected<std::vector<Aspect>, std::string> {
  std::vector<Aspect> aspects;
  for (const std::string& word : SplitAtCommas(list)) {
    if (word == kAny) {
      for (std::size_t i = 0; i < kAspects; ++i) aspects.push_back(static_cast<Aspect>(i));
      continue;
    }
    const auto* found = std::ranges::find(kNames, word);
    if (found == kNames.end()) {
      std::vector<std::string> known(kNames.begin(), kNames.end());
      known.emplace_back(kAny);
      const std::string nearest = diagnostics::NearestName(word, known);
      std::string all;
      for (const std::string& name : known) all += (all.empty() ? "`" : ", `") + name + "`";
      return std::unexpected("`" + word + "` is not a kind of change; " +
                             (nearest.empty() ? "there are " + all : "did you mean `" + nearest + "`?"));
    }
    aspects.push_back(static_cast<Aspect>(found - kNames.begin()));
  }
  return aspects;
}

/// The text of a literal, which ends the line.
auto ReadQuoted(std::string_view literal) -> std::optional<std::string> {
  if (literal.size() < 2 || literal.front() != '"' || literal.back() != '"') return std::nullopt;
  literal = literal.substr(1, literal.size() - 2);
  std::string text;
  for (std::size_t i = 0; i < literal.size(); ++i) {
    if (literal[i] == '"') return std::nullopt;
    if (literal[i] == '\\' && ++i == literal.size()) return std::nullopt;
    text += literal[i];
  }
  return text;
}

auto ReadLine(std::string_view line) -> std::expected<Allowance, std::string> {
  Allowance allowance;
  const auto reason = TakeFrom(line, "because");
  const auto because = reason ? ReadQuoted(*reason) : std::nullopt;
  if (!because || because->empty()) {
    return std::unexpected(R"(an intended change ends with its reason: `because "…"`)");
  }
  allowance.because = *because;
  if (const auto condition = TakeFrom(line, "when")) {
    if (condition->empty()) return std::unexpected("a condition is missing behind `when`");
    allowance.condition = std::string(*condition);
  }
  if (const auto names = TakeFrom(line, "of")) {
    allowance.deployments = SplitAtCommas(*names);
    if (std::ranges::any_of(allowance.deployments, &std::string::empty)) {
      return std::unexpected("a deployment is missing behind `of` or beside a comma");
    }
  }
  const auto kinds = TakeFrom(line, "allow");
  if (!kinds || !line.empty()) {
    return std::unexpected(R"(a line reads `allow KINDS [of DEPLOYMENTS] [when CONDITION] because "…"`)");
  }
  auto aspects = ReadAspects(*kinds);
  if (!aspects) return std::unexpected(std::move(aspects.error()));
  allowance.aspects = std::move(*aspects);
  const auto is_about_requests = [](Aspect aspect) {
    return aspect != Aspect::kCatalogue && aspect != Aspect::kReading && aspect != Aspect::kLimits;
  };
  if (!allowance.condition.empty() && std::ranges::none_of(allowance.aspects, is_about_requests)) {
    return std::unexpected(
        "a change of the catalogue, of how requests are read or of limits takes no condition: leave `when` out");
  }
  return allowance;
}

auto NamesOf(const std::vector<std::uint32_t>& indexes, const std::vector<std::string>& deployments)
    -> std::vector<std::string> {
  std::vector<std::string> names;
  for (const std::uint32_t index : indexes) names.push_back(deployments.at(index));
  return names;
}

}  // namespace

auto AspectName(Aspect aspect) -> std::string_view {
  return kNames.at(static_cast<std::size_t>(aspect));
}

auto Allowance::Allows(Aspect aspect) const -> bool {
  return std::ranges::find(aspects, aspect) != aspects.end();
}

auto Allowance::SpeaksOf(const std::string& deployment) const -> bool {
  return deployments.empty() || std::ranges::find(deployments, deployment) != deployments.end();
}

auto ConcernsOf(const Delta& delta, const std::vector<std::string>& deployments) -> std::vector<Concern> {
  std::vector<Concern> concerns;
  if (!delta.lost.empty()) concerns.push_back({Aspect::kNarrower, NamesOf(delta.lost, deployments)});
  if (!delta.gained.empty()) concerns.push_back({Aspect::kWider, NamesOf(delta.gained, deployments)});
  if (delta.first) {
    std::vector<std::uint32_t> changed;
    for (const auto& [mine, other] : {*delta.first, std::pair(delta.first->second, delta.first->first)}) {
      for (const ir::Candidate& candidate : mine) {
        const bool in_both = std::ranges::find(other, candidate) != other.end();
        if (!in_both) changed.push_back(candidate.deployment.index);
      }
    }
    std::ranges::sort(changed);
    const auto repeats = std::ranges::unique(changed);
    changed.erase(repeats.begin(), repeats.end());
    concerns.push_back({Aspect::kFirstChoice, NamesOf(changed, deployments)});
  }
  if (delta.chain) concerns.push_back({Aspect::kChain, {}});
  if (delta.ends) concerns.push_back({Aspect::kAnswer, {}});
  return concerns;
}

auto AllowsSome(const Allowance& allowance, const Concern& concern) -> bool {
  if (!allowance.Allows(concern.aspect)) return false;
  return concern.deployments.empty() ||
         std::ranges::any_of(concern.deployments, [&](const std::string& name) { return allowance.SpeaksOf(name); });
}

auto AllowTogether(const std::vector<const Allowance*>& lines, const Concern& concern) -> bool {
  const auto is_allowed = [&](const std::string& name) {
    return std::ranges::any_of(lines,
                               [&](const Allowance* line) { return line->Allows(concern.aspect) && line->SpeaksOf(name); });
  };
  if (!concern.deployments.empty()) return std::ranges::all_of(concern.deployments, is_allowed);
  return std::ranges::any_of(lines, [&](const Allowance* line) { return line->Allows(concern.aspect); });
}

auto ReadAllowances(std::string_view text) -> std::expected<std::vector<Allowance>, std::string> {
  std::vector<Allowance> allowances;
  for (std::uint32_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    const std::string_view line = Trimmed(WithoutComment(text.substr(0, end)));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty()) continue;
    auto allowance = ReadLine(line);
    if (!allowance) return std::unexpected(std::to_string(number) + ": " + allowance.error());
    allowance->line = number;
    allowances.push_back(std::move(*allowance));
  }
  return allowances;
}

}  // namespace route::diff
