#include <cstdlib>

#include "audit/proof.h"

namespace audit {
namespace {

using Clause = std::vector<int>;

/// The clauses that say "this is a request, and it belongs to no cell".
class Encoding {
 public:
  Encoding(const Core& core, const Obligation& obligation, const Json& cells) {
    for (const Dimension& dimension : core.dimensions) AddDimension(dimension.values.size());
    Clause outcomes = {Literal(obligation.when)}, rules;
    for (const Condition& refusal : core.refusals) outcomes.push_back(Literal(refusal));
    for (const Route& route : core.routes) outcomes.push_back(Literal(route.when));
    for (const Rule& rule : core.rules) rules.push_back(Literal(rule.when));
    for (std::size_t d = 0; d < core.deployments; ++d) {
      Clause spared;
      for (std::size_t r = 0; r < rules.size(); ++r) {
        if (!core.rules[r].keeps[d]) spared.push_back(-rules[r]);
      }
      outcomes.push_back(And(std::move(spared)));
    }
    for (const Json& cell : cells) {
      Clause outside;
      for (const int number : cell) outside.push_back(number < 0 ? outcomes[-number - 1] : -outcomes[number - 1]);
      Add(std::move(outside));
    }
  }

  int variables = 0;
  std::vector<Clause> clauses;

 private:
  void Add(Clause clause) {
    literals_ += clause.size();
    if (literals_ > 200'000'000) throw Inconclusive("an obligation needs more than 200 million literals");
    clauses.push_back(std::move(clause));
  }

  /// A literal that is true exactly when all of `parts` are.
  auto And(Clause parts) -> int {
    if (parts.size() == 1) return parts[0];
    const int gate = ++variables;
    Clause all = {gate};
    for (const int part : parts) {
      Add({-gate, part});
      all.push_back(-part);
    }
    Add(std::move(all));
    return gate;
  }

  auto Or(Clause parts) -> int {
    for (int& part : parts) part = -part;
    return -And(std::move(parts));
  }

  /// A dimension's classes: exactly one of them.
  void AddDimension(std::size_t count) {
    Clause& classes = classes_.emplace_back();
    for (std::size_t c = 0; c < count; ++c) classes.push_back(++variables);
    Add(classes);
    int earlier = classes.at(0);
    for (std::size_t c = 1; c < count; ++c) {
      Add({-earlier, -classes[c]});
      if (c + 1 < count) earlier = Or({earlier, classes[c]});
    }
  }

  auto Literal(const Condition& condition) -> int {
    Clause parts;
    for (const Condition& part : condition.parts) parts.push_back(Literal(part));
    for (std::size_t c = 0; c < condition.classes.size(); ++c) {
      if (condition.classes[c]) parts.push_back(classes_[condition.dimension][c]);
    }
    if (condition.op == Condition::Op::kNot) return -parts[0];
    return condition.op == Condition::Op::kAll ? And(std::move(parts)) : Or(std::move(parts));
  }

  std::size_t literals_ = 0;
  std::vector<Clause> classes_;  // for each dimension
};

/// Follows a proof. Each step is a clause that follows from those before by propagation over the clauses that it names.
class Replay {
 public:
  explicit Replay(const Encoding& encoding)
      : clauses_(encoding.clauses), values_(1U + static_cast<std::size_t>(encoding.variables)) {}

  /// Whether the step's clause is the contradiction.
  auto Follow(const Json& step) -> bool {
    Clause lemma;
    for (const Json& number : step.at(0)) {
      const auto literal = number.get<std::int64_t>();
      Need(literal != 0 && std::abs(literal) < static_cast<std::int64_t>(values_.size()),
           "a proof names a variable that there is not");
      lemma.push_back(static_cast<int>(literal));
      Need(!IsRefuted({-lemma.back()}), "a proof has a clause that is always true");
    }
    bool refuted = false;
    for (const Json& hint : step.at(1)) {
      Need(!refuted && Natural(hint) < clauses_.size(), "a step of a proof does not follow");
      refuted = IsRefuted(clauses_[Natural(hint)]);
    }
    Need(refuted, "a step of a proof does not follow");
    for (const int literal : set_) values_[static_cast<std::size_t>(std::abs(literal))] = 0;
    set_.clear();
    clauses_.push_back(std::move(lemma));
    return clauses_.back().empty();
  }

 private:
  /// Whether all literals are false; if one is left open it becomes true. Rejects anything else.
  auto IsRefuted(const Clause& clause) -> bool {
    Spend(clause.size());
    int open = 0;
    for (const int literal : clause) {
      const int value = values_[static_cast<std::size_t>(std::abs(literal))] * (literal < 0 ? -1 : 1);
      Need(value < 0 || (value == 0 && (open == 0 || open == literal)), "a step of a proof does not follow");
      if (value == 0) open = literal;
    }
    if (open == 0) return true;
    values_[static_cast<std::size_t>(std::abs(open))] = open < 0 ? -1 : 1;
    set_.push_back(open);
    return false;
  }

  std::vector<Clause> clauses_;
  std::vector<signed char> values_;  // of each variable: 1 true, -1 false, 0 open
  Clause set_;                       // the literals that are true
};

}  // namespace

void CheckClauses(const Core& core, const Obligation& obligation, const Json& certificate) {
  const std::size_t count = 1 + core.refusals.size() + core.routes.size() + core.deployments;
  for (const Json& cell : certificate.at("cells")) {
    Outcomes outcomes(count, Truth::kUnknown);
    for (const Json& number : cell) {
      const auto outcome = number.get<std::int64_t>();
      Need(outcome != 0 && std::abs(outcome) <= static_cast<std::int64_t>(count),
           "a cell speaks of an outcome that there is not");
      outcomes[static_cast<std::size_t>(std::abs(outcome)) - 1] = outcome < 0 ? Truth::kFalse : Truth::kTrue;
    }
    Need(IsEstablished(core, obligation, outcomes), "a cell does not establish what it should", obligation.name);
  }
  Replay replay(Encoding(core, obligation, certificate["cells"]));
  for (const Json& step : certificate.at("proof")) {
    if (replay.Follow(step)) return;
  }
  throw Rejected("a proof ends before its contradiction");
}

}  // namespace audit
