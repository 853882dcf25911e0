#include <cstdlib>

#include "audit/proof.h"

namespace audit {
namespace {

using Clause = std::vector<int>;

constexpr std::uint64_t kLiteral = 250;  // work of keeping one

/// A literal of a clause, or an outcome of a cell.
auto Signed(const Json& number) -> int {
  Need(number.is_number_integer() && number != 0 && -0x7FFFFFFF <= number && number <= 0x7FFFFFFF, "this is no literal", number);
  return number.get<int>();
}

/// The clauses that say "this is a request, and it belongs to no cell", and then those that follow from them.
class Clauses {
 public:
  Clauses(const Core& core, const Json& obligation, const Json& cells) {
    for (const Bits& classes : core.everything) AddDimension(classes.size());
    const auto literal = [&](const Json& condition) { return Literal(condition); };
    const Clause outcomes = OutcomesOf<int>(core, obligation["when"], literal, [&](const Clause& rules) { return -Or(rules); });
    for (const Json& cell : cells) {
      Clause outside;
      for (const Json& number : cell) outside.push_back(number < 0 ? outcomes.at(-Signed(number) - 1) : -outcomes.at(Signed(number) - 1));
      Add(std::move(outside));
    }
  }

  /// Adds the clause of a step, which must follow by propagation over the clauses that it names. Whether it is the contradiction.
  auto Follow(const Json& step) -> bool {
    values_.resize(1U + static_cast<std::size_t>(variables_));
    Clause lemma;
    for (const Json& literal : step.at(0)) {
      lemma.push_back(Signed(literal));
      Need(!IsRefuted({-lemma.back()}), "a proof has a clause that is always true");
    }
    bool refuted = false;
    for (const Json& hint : step.at(1)) {
      Need(!refuted, "a step of a proof does not follow");
      refuted = IsRefuted(clauses_.at(Natural(hint)));
    }
    Need(refuted, "a step of a proof does not follow");
    for (const int literal : set_) values_[std::abs(literal)] = 0;
    set_.clear();
    Add(lemma);
    return lemma.empty();
  }

 private:
  void Add(Clause clause) {
    Spend(kLiteral * clause.size());
    clauses_.push_back(std::move(clause));
  }

  /// A literal that is true exactly when all of `parts` are.
  auto And(Clause parts) -> int {
    if (parts.size() == 1) return parts[0];
    Clause all = {++variables_};
    for (const int part : parts) {
      Add({-all[0], part});
      all.push_back(-part);
    }
    Add(all);
    return all[0];
  }

  auto Or(Clause parts) -> int {
    for (int& part : parts) part = -part;
    return -And(std::move(parts));
  }

  /// A variable for each class but the first: the request is in this class or a later one.
  void AddDimension(std::size_t count) {
    Clause& from = from_.emplace_back();
    while (from.size() + 1 < count) from.push_back(++variables_);
    for (std::size_t c = 1; c < from.size(); ++c) Add({-from[c], from[c - 1]});
  }

  auto Literal(const Json& condition) -> int {
    Clause parts;
    if (condition.contains("dimension")) {
      const Clause& from = from_.at(Natural(condition["dimension"]));
      for (const Json& run : condition.at("classes")) {
        Clause both;
        if (run.at(0) != 0) both.push_back(from.at(Natural(run[0]) - 1));
        if (run.at(1) != from.size() + 1) both.push_back(-from.at(Natural(run[1]) - 1));
        parts.push_back(And(std::move(both)));
      }
      return Or(std::move(parts));
    }
    if (condition.contains("not")) return -Literal(condition["not"]);
    for (const Json& part : condition.at(condition.contains("all") ? "all" : "any")) parts.push_back(Literal(part));
    return condition.contains("all") ? And(std::move(parts)) : Or(std::move(parts));
  }

  /// Whether all literals are false; if one is left open it becomes true. Rejects anything else.
  auto IsRefuted(const Clause& clause) -> bool {
    Spend(clause.size());
    int open = 0;
    for (const int literal : clause) {
      const int value = values_.at(std::abs(literal)) * (literal < 0 ? -1 : 1);
      Need(value < 0 || (value == 0 && (open == 0 || open == literal)), "a step of a proof does not follow");
      if (value == 0) open = literal;
    }
    if (open == 0) return true;
    values_[std::abs(open)] = open < 0 ? -1 : 1;
    set_.push_back(open);
    return false;
  }

  int variables_ = 0;
  std::vector<Clause> clauses_;
  std::vector<Clause> from_;         // the variables of each dimension
  std::vector<signed char> values_;  // of each variable: 1 true, -1 false, 0 open
  Clause set_;                       // the literals that are true
};

}  // namespace

void CheckClauses(const Core& core, const Json& obligation, const Json& certificate) {
  Need(!obligation["promise"].contains("compared"), "there are no cells of a comparison", obligation["name"]);
  const auto open = [](const auto&) { return kUnknown; };
  const auto unknown = OutcomesOf<Truth>(core, obligation["when"], open, open);
  for (const Json& cell : certificate.at("cells")) {
    Outcomes outcomes = unknown;
    for (const Json& number : cell) outcomes.at(std::abs(Signed(number)) - 1) = number < 0 ? kFalse : kTrue;
    Need(IsKept(core, obligation["promise"], outcomes, core.everything), "a cell does not establish what it should", obligation["name"]);
  }
  Clauses clauses(core, obligation, certificate["cells"]);
  bool contradiction = false;
  for (const Json& step : certificate.at("proof")) contradiction = clauses.Follow(step);
  Need(contradiction, "a proof does not end with its contradiction", obligation["name"]);
}

}  // namespace audit
