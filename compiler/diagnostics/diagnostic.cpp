#include "compiler/diagnostics/diagnostic.h"

#include <algorithm>
#include <tuple>

namespace route::diagnostics {

auto Catalogue() -> const std::vector<CatalogueEntry>& {
  static const std::vector<CatalogueEntry> entries = {
#define ROUTE_DIAGNOSTIC(code, severity, depth, title) {Code::k##code, #code, Severity::severity, Depth::depth, title},
#include "compiler/diagnostics/catalogue.def"
#undef ROUTE_DIAGNOSTIC
  };
  return entries;
}

auto Entry(Code code) -> const CatalogueEntry& { return Catalogue().at(static_cast<std::size_t>(code)); }

auto IsLookedFor(Code code, Depth depth) -> bool { return Entry(code).depth <= depth; }

Builder::Builder(Code code, Span span, std::string message) {
  diagnostic_.code = code;
  diagnostic_.severity = Entry(code).severity;
  diagnostic_.span = span;
  diagnostic_.message = std::move(message);
}

auto Builder::AddNote(Span span, std::string message) && -> Builder&& {
  diagnostic_.notes.push_back({span, std::move(message)});
  return std::move(*this);
}

auto Builder::WithWitness(std::vector<WitnessValue> witness, std::string evidence) && -> Builder&& {
  diagnostic_.witness = std::move(witness);
  diagnostic_.evidence = std::move(evidence);
  return std::move(*this);
}

auto Builder::WithRules(std::vector<std::string> rules) && -> Builder&& {
  diagnostic_.rules = std::move(rules);
  return std::move(*this);
}

auto Builder::WithHint(std::string hint) && -> Builder&& {
  diagnostic_.hint = std::move(hint);
  return std::move(*this);
}

auto Builder::WithFix(Fix fix) && -> Builder&& {
  diagnostic_.fixes.push_back(std::move(fix));
  return std::move(*this);
}

auto Builder::WithoutFixes() && -> Builder&& {
  diagnostic_.fixes.clear();
  return std::move(*this);
}

void Emitter::Report(Builder&& builder) {
  diagnostics_.push_back(std::move(builder).Take());
  if (diagnostics_.back().severity == Severity::kError) ++errors_;
}

auto Emitter::Extract(const std::function<bool(const Diagnostic&)>& wanted) -> std::vector<Diagnostic> {
  std::vector<Diagnostic> taken;
  std::vector<Diagnostic> kept;
  for (Diagnostic& diagnostic : diagnostics_) {
    bool take = wanted(diagnostic);
    if (take && diagnostic.severity == Severity::kError) --errors_;
    (take ? taken : kept).push_back(std::move(diagnostic));
  }
  diagnostics_ = std::move(kept);
  return taken;
}

void Emitter::SortByPlace() {
  std::stable_sort(diagnostics_.begin(), diagnostics_.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.span.file, a.span.begin) < std::tie(b.span.file, b.span.begin);
  });
}

namespace {

/// Edits (insert, delete, replace, swap of neighbours) from one word to the other.
auto EditDistance(std::string_view from, std::string_view to) -> std::size_t {
  std::vector<std::vector<std::size_t>> cost(from.size() + 1, std::vector<std::size_t>(to.size() + 1));
  for (std::size_t i = 0; i <= from.size(); ++i) {
    for (std::size_t j = 0; j <= to.size(); ++j) {
      if (i == 0 || j == 0) {
        cost[i][j] = i + j;
        continue;
      }
      std::size_t replace = cost[i - 1][j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, replace});
      if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1]) {
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
      }
    }
  }
  return cost[from.size()][to.size()];
}

auto Lower(std::string_view text) -> std::string {
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  return lower;
}

struct Nearest {
  std::string name;
  std::size_t how_many = 0;  ///< candidates at that distance
};

auto FindNearest(std::string_view name, const std::vector<std::string>& candidates) -> Nearest {
  constexpr std::size_t kLongestName = 100;  // the distance costs the product of the lengths
  if (name.size() > kLongestName) return {};
  Nearest best;
  // Every name of one letter is near every other.
  std::size_t best_distance = name.size() < 2 ? 0 : std::max<std::size_t>(1, name.size() / 3);
  for (const std::string& candidate : candidates) {
    if (candidate.size() > kLongestName || candidate == best.name) continue;
    std::size_t distance = Lower(candidate) == Lower(name) ? 0 : EditDistance(name, candidate);
    if (distance < best_distance || (distance == best_distance && best.how_many == 0)) {
      best_distance = distance;
      best = {candidate, 1};
    } else if (distance == best_distance) {
      ++best.how_many;
    }
  }
  return best;
}

}  // namespace

auto NearestName(std::string_view name, const std::vector<std::string>& candidates) -> std::string {
  return FindNearest(name, candidates).name;
}

auto OnlyNearestName(std::string_view name, const std::vector<std::string>& candidates) -> std::string {
  Nearest nearest = FindNearest(name, candidates);
  return nearest.how_many == 1 ? nearest.name : std::string();
}

}  // namespace route::diagnostics
