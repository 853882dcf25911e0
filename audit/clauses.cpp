#include "audit/clauses.h"

#include <cstdlib>

#include "audit/cases.h"

namespace audit {
namespace {

constexpr std::size_t kMostLiterals = 200'000'000;

/// Writes clauses. A gate is a variable that is true exactly when all of its parts are.
class Writer {
 public:
  void Add(Clause clause) {
    literals_ += clause.size();
    if (literals_ > kMostLiterals) throw Inconclusive("an obligation needs more than 200 million literals");
    cnf.clauses.push_back(std::move(clause));
  }
  auto Fresh() -> int { return ++cnf.variables; }
  auto And(Clause parts) -> int {
    if (parts.size() == 1) return parts[0];
    const int gate = Fresh();
    for (int& part : parts) {
      Add({-gate, part});
      part = -part;
    }
    parts.insert(parts.begin(), gate);
    Add(std::move(parts));
    return gate;
  }
  auto Or(Clause parts) -> int {
    for (int& part : parts) part = -part;
    return -And(std::move(parts));
  }
  /// A dimension's classes: exactly one of them.
  auto OneOf(std::size_t count) -> Clause {
    Clause classes(count);
    for (int& each : classes) each = Fresh();
    Add(classes);
    int earlier = classes[0];
    for (std::size_t c = 1; c < count; ++c) {
      Add({-earlier, -classes[c]});
      if (c + 1 < count) earlier = Or({earlier, classes[c]});
    }
    return classes;
  }
  auto Is(const Condition& condition, const std::vector<Clause>& classes) -> int {
    Clause parts;
    for (const Condition& part : condition.parts) parts.push_back(Is(part, classes));
    for (std::size_t c = 0; c < condition.classes.size(); ++c) {
      if (condition.classes[c]) parts.push_back(classes[condition.dimension][c]);
    }
    if (condition.op == Condition::Op::kNot) return -parts[0];
    return condition.op == Condition::Op::kAll ? And(std::move(parts)) : Or(std::move(parts));
  }

  Cnf cnf;

 private:
  std::size_t literals_ = 0;
};

/// The outcome that a number of a cell speaks of, counted from 0.
auto OutcomeOf(const Json& number, std::size_t outcomes) -> std::size_t {
  const std::int64_t value = number.is_number_integer() ? number.get<std::int64_t>() : 0;
  const auto outcome = value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  if (outcome == 0 || outcome > outcomes) throw Rejected("a cell speaks of an outcome that there is not");
  return outcome - 1;
}

/// Whether all of the clause is false. Throws unless it is, or one literal is left, which becomes true.
auto Propagate(const Clause& clause, std::vector<signed char>& values, Clause& trail) -> bool {
  int left = 0;
  for (const int literal : clause) {
    const int value =
        literal < 0 ? -values[static_cast<std::size_t>(-literal)] : values[static_cast<std::size_t>(literal)];
    if (value > 0 || (value == 0 && left != 0 && left != literal))
      throw Rejected("a step of a clausal proof does not follow");
    if (value == 0) left = literal;
  }
  if (left == 0) return true;
  values[static_cast<std::size_t>(std::abs(left))] = left < 0 ? -1 : 1;
  trail.push_back(std::abs(left));
  return false;
}

}  // namespace

auto Encode(const Core& core, const Obligation& obligation, const Json& cells) -> Cnf {
  Writer writer;
  std::vector<Clause> classes;
  for (const Dimension& dimension : core.dimensions) classes.push_back(writer.OneOf(dimension.classes));
  Clause outcomes = {writer.Is(obligation.when, classes)}, rules;
  for (const Condition& refusal : core.refusals) outcomes.push_back(writer.Is(refusal, classes));
  for (const Route& route : core.routes) outcomes.push_back(writer.Is(route.when, classes));
  for (const Rule& rule : core.rules) rules.push_back(writer.Is(rule.when, classes));
  for (std::size_t d = 0; d < core.deployments; ++d) {
    Clause excluding;
    for (std::size_t r = 0; r < rules.size(); ++r) {
      if (!core.rules[r].keeps[d]) excluding.push_back(-rules[r]);
    }
    outcomes.push_back(writer.And(std::move(excluding)));
  }
  for (const Json& cell : cells) {
    Clause outside;
    for (const Json& number : cell) {
      const int outcome = outcomes[OutcomeOf(number, outcomes.size())];
      outside.push_back(number.get<std::int64_t>() < 0 ? outcome : -outcome);
    }
    writer.Add(std::move(outside));
  }
  return std::move(writer.cnf);
}

void Replay(const Cnf& cnf, const Json& proof) {
  std::vector<Clause> lemmas;
  std::vector<signed char> values(static_cast<std::size_t>(cnf.variables) + 1);  // 1 true, -1 false, 0 open
  for (const Json& step : proof) {
    Clause lemma, trail;
    for (const Json& number : step.at(0)) {
      const std::int64_t literal = number.get<std::int64_t>();
      if (literal == 0 || literal > cnf.variables || literal < -cnf.variables) {
        throw Rejected("a clausal proof names a variable that there is not");
      }
      lemma.push_back(static_cast<int>(literal));
      if (Propagate({-lemma.back()}, values, trail)) throw Rejected("a clausal proof has a clause that is always true");
    }
    bool conflict = false;
    for (const Json& number : step.at(1)) {
      if (conflict) throw Rejected("a step of a clausal proof goes on after its conflict");
      const std::uint64_t hint = Natural(number);
      if (hint >= cnf.clauses.size() + lemmas.size()) throw Rejected("a clausal proof uses a clause that there is not");
      conflict =
          Propagate(hint < cnf.clauses.size() ? cnf.clauses[hint] : lemmas[hint - cnf.clauses.size()], values, trail);
    }
    if (!conflict) throw Rejected("a step of a clausal proof does not follow");
    if (lemma.empty()) return;
    for (const int variable : trail) values[static_cast<std::size_t>(variable)] = 0;
    lemmas.push_back(std::move(lemma));
  }
  throw Rejected("a clausal proof ends before its contradiction");
}

void CheckClauses(const Core& core, const Obligation& obligation, const Json& certificate) {
  for (const Json& cell : certificate.at("cells")) {
    Outcomes outcomes(1 + core.refusals.size() + core.routes.size() + core.deployments, Truth::kUnknown);
    for (const Json& number : cell) {
      outcomes[OutcomeOf(number, outcomes.size())] = number.get<std::int64_t>() < 0 ? Truth::kFalse : Truth::kTrue;
    }
    if (!IsEstablished(core, obligation, outcomes)) throw Rejected(obligation.name + ": a cell does not establish it");
  }
  Replay(Encode(core, obligation, certificate["cells"]), certificate.at("proof"));
}

}  // namespace audit
