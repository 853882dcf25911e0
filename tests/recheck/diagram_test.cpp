#include "compiler/recheck/diagram.h"

#include <doctest/doctest.h>

#include "compiler/recheck/recheck.h"

namespace route::recheck {
namespace {

using Node = Diagrams::Node;

auto IsOne(Diagrams& diagrams, std::uint32_t dimension) -> Node { return diagrams.InClasses(dimension, 2, {{1, 2}}); }

TEST_CASE("equal sets are one node") {
  Diagrams d;
  const Node low = d.InClasses(0, 10, {{0, 4}});
  const Node high = d.InClasses(0, 10, {{4, 10}});
  CHECK(d.Any({low, high}) == Diagrams::kEverything);
  CHECK(d.All({low, high}) == Diagrams::kNothing);
  CHECK(d.Not(low) == high);
  CHECK(d.Not(Diagrams::kNothing) == Diagrams::kEverything);
  CHECK(d.Any({d.InClasses(0, 10, {{2, 3}}), d.InClasses(0, 10, {{3, 7}, {9, 10}})}) == d.InClasses(0, 10, {{2, 7}, {9, 10}}));
  CHECK(d.All({}) == Diagrams::kEverything);
  CHECK(d.Any({}) == Diagrams::kNothing);
  CHECK(d.InClasses(3, 5, {{0, 5}}) == Diagrams::kEverything);
  CHECK(d.InClasses(3, 5, {}) == Diagrams::kNothing);
}

TEST_CASE("De Morgan and distribution over several dimensions") {
  Diagrams d;
  const Node a = IsOne(d, 0);
  const Node b = IsOne(d, 1);
  const Node c = d.InClasses(2, 5, {{1, 2}, {4, 5}});
  CHECK(d.Not(d.All({a, b, c})) == d.Any({d.Not(a), d.Not(b), d.Not(c)}));
  CHECK(d.All({a, d.Any({b, c})}) == d.Any({d.All({a, b}), d.All({a, c})}));
  CHECK(d.All({a, d.Any({b, c})}) != d.Any({d.All({a, b}), c}));
  CHECK(d.Any({d.All({a, b}), d.All({d.Not(a), b})}) == b);
}

TEST_CASE("a condition that pairs dimensions far apart is given up instead of filling the memory") {
  Diagrams d(50'000);
  for (std::uint32_t i = 0; i < 60; ++i) IsOne(d, i);  // fixes an order in which each pair is far apart
  std::vector<Node> pairs;
  for (std::uint32_t i = 0; i < 30; ++i) pairs.push_back(d.Any({IsOne(d, i), IsOne(d, i + 30)}));
  CHECK_THROWS_AS(d.All(pairs), Mismatch);
}

}  // namespace
}  // namespace route::recheck
