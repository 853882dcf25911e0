#include "compiler/verify/smt/solver.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <random>

namespace route::smt {
namespace {

constexpr std::uint32_t kPlenty = 50'000'000;

TEST_CASE("constants fold away") {
  Solver solver(EngineKind::kBoth, kPlenty);
  const Term x = solver.Variable("x");
  CHECK(solver.And({}) == kTrue);
  CHECK(solver.Or({}) == kFalse);
  CHECK(solver.And({kTrue, x, x}) == x);
  CHECK(solver.Or({kFalse, x}) == x);
  CHECK(solver.And({x, kFalse}) == kFalse);
  CHECK(solver.Or({x, kTrue}) == kTrue);
  CHECK(solver.Not(kTrue) == kFalse);
  CHECK(solver.Not(solver.Not(x)) == x);
  CHECK(solver.Define("named", kTrue) == kTrue);
}

TEST_CASE("answers, models and cores") {
  Solver solver(EngineKind::kBoth, kPlenty);
  const Term x = solver.Variable("x");
  const Term y = solver.Variable("y");
  const Term z = solver.Variable("z");
  solver.Assert(solver.Or({solver.Not(x), y}));

  REQUIRE(solver.Check({x}) == Answer::kYes);
  CHECK(solver.IsTrue(x));
  CHECK(solver.IsTrue(y));

  REQUIRE(solver.Check({z, x, solver.Not(y)}) == Answer::kNo);
  CHECK(solver.Core() == std::vector<std::size_t>{1, 2});
  REQUIRE(solver.Check({z, kFalse}) == Answer::kNo);
  CHECK(solver.Core() == std::vector<std::size_t>{1});
  CHECK(solver.Check({z, kTrue}) == Answer::kYes);
}

TEST_CASE("a scope takes back what it asserted") {
  Solver solver(EngineKind::kBoth, kPlenty);
  const Term x = solver.Variable("x");
  {
    const Scope scope(solver);
    solver.Assert(solver.Not(x));
    CHECK(solver.Check({x}) == Answer::kNo);
  }
  CHECK(solver.Check({x}) == Answer::kYes);
}

TEST_CASE("a definition means its formula both ways") {
  Solver solver(EngineKind::kBoth, kPlenty);
  const Term x = solver.Variable("x");
  const Term y = solver.Variable("y");
  const Term both = solver.Define("both", solver.And({x, y}));
  CHECK(solver.Check({both, solver.Not(x)}) == Answer::kNo);
  CHECK(solver.Check({x, y, solver.Not(both)}) == Answer::kNo);
  CHECK(solver.Check({x, solver.Not(both)}) == Answer::kYes);
}

// Twelve pigeons in eleven holes: hard for any solver that only resolves clauses.
TEST_CASE("a limit that is too small gives no answer, and the solver lives on") {
  constexpr int kHoles = 11;
  Solver solver(EngineKind::kBoth, 20'000);
  std::vector<std::vector<Term>> sits(kHoles + 1);
  for (int pigeon = 0; pigeon <= kHoles; ++pigeon) {
    for (int hole = 0; hole < kHoles; ++hole) {
      sits[static_cast<std::size_t>(pigeon)].push_back(
          solver.Variable("pigeon " + std::to_string(pigeon) + " hole " + std::to_string(hole)));
    }
  }
  const Term x = solver.Variable("x");
  {
    const Scope scope(solver);
    for (const std::vector<Term>& holes : sits) solver.Assert(solver.Or(holes));
    for (std::size_t hole = 0; hole < kHoles; ++hole) {
      for (std::size_t a = 0; a <= kHoles; ++a) {
        for (std::size_t b = 0; b < a; ++b) {
          solver.Assert(solver.Or({solver.Not(sits[a][hole]), solver.Not(sits[b][hole])}));
        }
      }
    }
    CHECK(solver.Check({}) == Answer::kUnknown);
    CHECK(solver.Check({}) == Answer::kUnknown);
  }
  CHECK(solver.Check({x}) == Answer::kYes);
  CHECK(solver.Check({x, solver.Not(x)}) == Answer::kNo);
}

TEST_CASE("the script declares and asserts what is in force, in order") {
  Solver solver(EngineKind::kBoth, kPlenty);
  const Term x = solver.Variable("tier is gold");
  const Term y = solver.Variable("y");
  solver.Assert(solver.Or({x, y}));
  {
    const Scope scope(solver);
    solver.Assert(x);
  }
  CHECK(solver.ToSmt2() ==
        "(declare-const |tier is gold| Bool)\n"
        "(declare-const y Bool)\n"
        "(assert (or |tier is gold| y))\n");
}

/// Formulas that know their own truth, so that a model can be tried.
struct Formula {
  Term term;
  std::function<bool(const std::vector<bool>&)> holds;
};

// Every answer is compared with Z3's (kBoth throws otherwise), every model is put into the formulas, and every core is
// asked about by itself; with scopes, so that what one question leaves behind meets the next.
TEST_CASE("what an engine forgets is nothing that is asserted, in any scope") {
  for (const EngineKind kind : {EngineKind::kSat, EngineKind::kZ3, EngineKind::kBoth}) {
    Solver solver(kind, 1'000'000);
    const std::vector<Term> row = solver.Row({"at least 1", "at least 2"});
    const std::vector<Term> choice = solver.Choice({"red", "green"});
    const Term name = solver.Define("named", solver.And({row[1], choice[0]}));
    solver.Assert(solver.Not(choice[1]));
    solver.Push();
    solver.Assert(row[1]);
    CHECK(solver.Check({}) == Answer::kYes);
    solver.Forget();
    CHECK(solver.Check({solver.Not(row[0])}) == Answer::kNo);
    CHECK(solver.Check({solver.Not(name)}) == Answer::kNo);
    CHECK(solver.Check({name}) == Answer::kYes);
    CHECK(solver.IsTrue(choice[0]));
    solver.Pop();
    CHECK(solver.Check({solver.Not(row[0])}) == Answer::kYes);
    CHECK(solver.Check({choice[1]}) == Answer::kNo);
  }
}

TEST_CASE("random circuits: both engines agree, models are models, cores contradict") {
  int satisfiable = 0;
  int contradictory = 0;
  for (unsigned seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    Solver solver(EngineKind::kBoth, kPlenty);
    std::vector<Term> inputs = solver.Row({"r1", "r2", "r3", "r4"});
    for (const Term term : solver.Choice({"c1", "c2", "c3"})) inputs.push_back(term);
    for (int i = 0; i < 5; ++i) inputs.push_back(solver.Variable("v" + std::to_string(i)));
    std::vector<Formula> formulas;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      formulas.push_back({inputs[i], [i](const std::vector<bool>& values) { return values[i]; }});
    }
    for (int i = 0; i < 25; ++i) {
      std::vector<Formula> children;
      for (unsigned k = 0; k < 2 + random() % 3; ++k) {
        Formula child = formulas[random() % formulas.size()];
        if (random() % 2 == 0) {
          child = {solver.Not(child.term), [f = child.holds](const std::vector<bool>& values) { return !f(values); }};
        }
        children.push_back(child);
      }
      std::vector<Term> terms;
      for (const Formula& child : children) terms.push_back(child.term);
      const bool is_and = random() % 2 == 0;
      const auto holds = [children, is_and](const std::vector<bool>& values) {
        const auto holds_of = [&](const Formula& child) { return child.holds(values); };
        return is_and ? std::ranges::all_of(children, holds_of) : std::ranges::any_of(children, holds_of);
      };
      Term made = is_and ? solver.And(terms) : solver.Or(terms);
      if (random() % 3 == 0) made = solver.Define("d" + std::to_string(i), made);
      formulas.push_back({made, holds});
    }
    std::vector<Formula> asserted;
    for (int question = 0; question < 30; ++question) {
      const bool in_scope = random() % 2 == 0;
      if (in_scope) {
        solver.Push();
        asserted.push_back(formulas[random() % formulas.size()]);
        solver.Assert(asserted.back().term);
      }
      std::vector<Formula> assumed;
      std::vector<Term> assumptions;
      for (unsigned k = 0; k < random() % 5; ++k) {
        Formula formula = formulas[random() % formulas.size()];
        if (random() % 2 == 0) {
          formula = {solver.Not(formula.term), [f = formula.holds](const std::vector<bool>& values) { return !f(values); }};
        }
        assumed.push_back(formula);
        assumptions.push_back(formula.term);
      }
      const Answer answer = solver.Check(assumptions);
      REQUIRE(answer != Answer::kUnknown);
      if (answer == Answer::kYes) {
        ++satisfiable;
        std::vector<bool> values;
        for (const Term input : inputs) values.push_back(solver.IsTrue(input));
        for (int i = 1; i < 4; ++i) REQUIRE((!values[i] || values[i - 1]));
        REQUIRE(values[4] + values[5] + values[6] == 1);
        for (const Formula& formula : assumed) REQUIRE(formula.holds(values));
        for (const Formula& formula : asserted) REQUIRE(formula.holds(values));
      } else {
        ++contradictory;
        std::vector<Term> core;
        for (const std::size_t i : solver.Core()) core.push_back(assumptions.at(i));
        REQUIRE(std::ranges::is_sorted(solver.Core()));
        REQUIRE(solver.Check(core) == Answer::kNo);
      }
      if (in_scope && random() % 3 != 0) {
        solver.Pop();
        asserted.pop_back();
      } else if (in_scope && asserted.size() > 3) {
        while (!asserted.empty()) {
          solver.Pop();
          asserted.pop_back();
        }
      }
    }
  }
  CHECK(satisfiable > 1000);
  CHECK(contradictory > 500);
}

}  // namespace
}  // namespace route::smt
