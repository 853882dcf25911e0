#include "compiler/prove/elaborate.h"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <sstream>
#include <utility>

#include "compiler/base/internal_error.h"

namespace route::prove {
namespace {

constexpr std::uint32_t kAssumed = 0xFFFFFFFF;  // the reason of a literal that a clause's negation sets

class Propagator {
 public:
  explicit Propagator(int variables)
      : watches_(2 * (static_cast<std::size_t>(variables) + 1)),
        values_(static_cast<std::size_t>(variables) + 1),
        reasons_(static_cast<std::size_t>(variables) + 1),
        marked_(static_cast<std::size_t>(variables) + 1) {}

  /// Adds a clause and what follows from it. Its number is the next one. Returns the hints of a contradiction, if that
  /// follows.
  auto Add(Clause clause) -> std::optional<std::vector<std::uint32_t>> {
    const auto id = static_cast<std::uint32_t>(clauses_.size());
    std::ranges::sort(clause);
    clause.erase(std::unique(clause.begin(), clause.end()), clause.end());
    // Literals that are not false come first, so that the two that are watched are open as long as any two are.
    std::ranges::stable_partition(clause, [&](int literal) { return Value(literal) >= 0; });
    clauses_.push_back(std::move(clause));
    const Clause& added = clauses_.back();
    if (added.size() > 1) {
      Watches(added[0]).push_back(id);
      Watches(added[1]).push_back(id);
    }
    if (added.empty() || Value(added[0]) < 0) return Explain(id);
    if ((added.size() == 1 || Value(added[1]) < 0) && Value(added[0]) == 0) {
      Set(added[0], id);
      if (const auto conflict = Propagate()) return Explain(*conflict);
    }
    return std::nullopt;
  }

  /// The hints by which a clause follows from those that there are. Throws if it does not.
  auto Derive(const Clause& clause) -> std::vector<std::uint32_t> {
    const std::size_t before = trail_.size();
    std::optional<std::uint32_t> conflict;
    std::vector<std::uint32_t> hints;
    for (const int literal : clause) {
      if (Value(literal) == 0) Set(-literal, kAssumed);
    }
    for (const int literal : clause) {
      // A literal that is true already: the clause that made it so is the contradiction.
      if (Value(literal) > 0 && !conflict) conflict = reasons_[Variable(literal)];
    }
    if (!conflict) conflict = Propagate();
    if (!conflict || *conflict == kAssumed)
      throw InternalError("prove: a step of the solver's proof does not follow by unit propagation");
    std::vector<std::pair<int, std::uint32_t>> assumed;
    for (const int literal : clause)
      assumed.emplace_back(literal, std::exchange(reasons_[Variable(literal)], kAssumed));
    hints = Explain(*conflict);
    std::ranges::reverse(assumed);
    for (const auto& [literal, reason] : assumed) reasons_[Variable(literal)] = reason;
    while (trail_.size() > before) {
      values_[Variable(trail_.back())] = 0;
      trail_.pop_back();
    }
    next_ = before;
    return hints;
  }

 private:
  static auto Variable(int literal) -> std::size_t { return static_cast<std::size_t>(std::abs(literal)); }
  auto Value(int literal) const -> int {
    return literal < 0 ? -values_[Variable(literal)] : values_[Variable(literal)];
  }
  auto Watches(int literal) -> std::vector<std::uint32_t>& {
    return watches_[2 * Variable(literal) + (literal < 0 ? 1 : 0)];
  }

  void Set(int literal, std::uint32_t reason) {
    values_[Variable(literal)] = literal < 0 ? -1 : 1;
    reasons_[Variable(literal)] = reason;
    trail_.push_back(literal);
  }

  /// Goes on from where it stopped; the clause that is false, if one is.
  auto Propagate() -> std::optional<std::uint32_t> {
    for (; next_ < trail_.size(); ++next_) {
      const int falsified = -trail_[next_];
      std::vector<std::uint32_t>& watching = Watches(falsified);
      std::size_t kept = 0;
      for (std::size_t i = 0; i < watching.size(); ++i) {
        const std::uint32_t id = watching[i];
        Clause& clause = clauses_[id];
        if (clause[0] == falsified) std::swap(clause[0], clause[1]);
        const auto other =
            std::find_if(clause.begin() + 2, clause.end(), [&](int literal) { return Value(literal) >= 0; });
        if (Value(clause[0]) <= 0 && other != clause.end()) {
          std::swap(clause[1], *other);
          Watches(clause[1]).push_back(id);
          continue;
        }
        watching[kept++] = id;
        if (Value(clause[0]) > 0) continue;
        if (Value(clause[0]) == 0) {
          Set(clause[0], id);
          continue;
        }
        std::copy(watching.begin() + static_cast<std::ptrdiff_t>(i) + 1, watching.end(),
                  watching.begin() + static_cast<std::ptrdiff_t>(kept));
        watching.resize(kept + watching.size() - i - 1);
        return id;
      }
      watching.resize(kept);
    }
    return std::nullopt;
  }

  /// The clauses that make `conflict` false, in the order in which they became units, and it.
  auto Explain(std::uint32_t conflict) -> std::vector<std::uint32_t> {
    std::vector<std::uint32_t> hints = {conflict};
    const auto mark = [&](std::uint32_t id) {
      for (const int literal : clauses_[id]) marked_[Variable(literal)] = true;
    };
    mark(conflict);
    for (std::size_t i = trail_.size(); i-- > 0;) {
      const std::size_t variable = Variable(trail_[i]);
      if (!marked_[variable]) continue;
      marked_[variable] = false;
      if (reasons_[variable] == kAssumed) continue;
      hints.push_back(reasons_[variable]);
      mark(reasons_[variable]);
      marked_[variable] = false;
    }
    std::ranges::reverse(hints);
    return hints;
  }

  std::vector<std::vector<std::uint32_t>> watches_;
  std::vector<Clause> clauses_;
  std::vector<signed char> values_;
  std::vector<std::uint32_t> reasons_;
  std::vector<bool> marked_;
  std::vector<int> trail_;
  std::size_t next_ = 0;
};

/// Every step up to the contradiction.
auto Follow(int variables, const std::vector<Clause>& given, const std::string& drat) -> std::vector<Step> {
  Propagator propagator(variables);
  for (const Clause& clause : given) {
    if (auto hints = propagator.Add(clause)) return {{{}, std::move(*hints)}};
  }
  std::vector<Step> steps;
  std::istringstream lines(drat);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('d')) continue;
    std::istringstream words(line);
    Clause clause;
    for (int literal = 0; words >> literal && literal != 0;) clause.push_back(literal);
    if (clause.empty()) break;
    steps.push_back({clause, propagator.Derive(clause)});
    if (auto hints = propagator.Add(std::move(clause))) {
      steps.push_back({{}, std::move(*hints)});
      return steps;
    }
  }
  throw InternalError("prove: the solver's proof ends before its contradiction");
}

}  // namespace

auto Elaborate(int variables, const std::vector<Clause>& given, const std::string& drat) -> std::vector<Step> {
  std::vector<Step> steps = Follow(variables, given, drat);
  const auto first = static_cast<std::uint32_t>(given.size());
  std::vector<bool> needed(steps.size());
  needed.back() = true;
  for (std::size_t i = steps.size(); i-- > 0;) {
    if (!needed[i]) continue;
    for (const std::uint32_t hint : steps[i].hints) {
      if (hint >= first) needed[hint - first] = true;
    }
  }
  std::vector<std::uint32_t> number(steps.size());
  std::vector<Step> kept;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (!needed[i]) continue;
    number[i] = first + static_cast<std::uint32_t>(kept.size());
    for (std::uint32_t& hint : steps[i].hints) {
      if (hint >= first) hint = number[hint - first];
    }
    kept.push_back(std::move(steps[i]));
  }
  return kept;
}

}  // namespace route::prove
