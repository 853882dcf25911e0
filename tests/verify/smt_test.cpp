#include "compiler/verify/smt/solver.h"

#include <doctest/doctest.h>

namespace route::smt {
namespace {

constexpr std::uint32_t kPlenty = 50'000'000;

TEST_CASE("constants fold away") {
  Solver solver(kPlenty);
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
  Solver solver(kPlenty);
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
  Solver solver(kPlenty);
  const Term x = solver.Variable("x");
  {
    const Scope scope(solver);
    solver.Assert(solver.Not(x));
    CHECK(solver.Check({x}) == Answer::kNo);
  }
  CHECK(solver.Check({x}) == Answer::kYes);
}

TEST_CASE("a definition means its formula both ways") {
  Solver solver(kPlenty);
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
  Solver solver(20'000);
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
  Solver solver(kPlenty);
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

}  // namespace
}  // namespace route::smt
