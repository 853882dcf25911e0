#include "compiler/lower/terms.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "compiler/ir/evaluate.h"
#include "tests/random_policy/random_policy.h"

namespace route::lower {
namespace {

using ir::Condition;

auto Holds(const std::vector<Term>& terms, const std::vector<std::uint16_t>& classes) -> bool {
  return std::ranges::any_of(terms, [&](const Term& term) {
    return std::ranges::all_of(term, [&](const Constraint& constraint) {
      const auto members = constraint.classes.Members();
      return std::ranges::binary_search(members, classes.at(constraint.dimension));
    });
  });
}

/// A policy with attributes `a0`, `a1`, … that are each one of 70 names, more than a word holds.
auto PolicyOfNames(std::uint32_t attributes) -> ir::Policy {
  ir::Policy policy;
  for (std::uint32_t i = 0; i < attributes; ++i) {
    ir::Attribute attribute;
    attribute.name = "a" + std::to_string(i);
    attribute.kind = AttributeKind::kOneOf;
    for (int k = 0; k < 70; ++k) attribute.values.push_back("v" + std::to_string(k));
    attribute.sources = {{SourceKind::kTenant, ""}};
    policy.attributes.push_back(attribute);
  }
  return policy;
}

auto Is(std::uint32_t attribute, std::vector<std::uint32_t> values) -> Condition {
  Condition condition;
  condition.kind = Condition::Kind::kIsOneOf;
  condition.attribute = {attribute};
  condition.values = std::move(values);
  return condition;
}

auto Join(Condition::Kind kind, std::vector<Condition> children) -> Condition {
  Condition condition;
  condition.kind = kind;
  condition.children = std::move(children);
  return condition;
}

auto All(std::vector<Condition> children) -> Condition {
  return Join(Condition::Kind::kAll, std::move(children));
}
auto Any(std::vector<Condition> children) -> Condition {
  return Join(Condition::Kind::kAny, std::move(children));
}
auto Not(Condition child) -> Condition {
  return Join(Condition::Kind::kNot, {std::move(child)});
}

TEST_CASE("the terms of a condition hold exactly where it does, and none is idle") {
  std::size_t conditions = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const ir::Policy policy = random_policy::MakeRandomPolicy(seed, random_policy::Shape{.requests = 400});
    const ir::ValueClasses classes(policy);
    const auto requests = random_policy::AllRequests(policy);
    std::vector<Condition> tried;
    for (const auto& rule : policy.rules) tried.push_back(rule.when);
    for (const auto& route : policy.routes) tried.push_back(route.when);
    for (const auto& guarantee : policy.guarantees) tried.push_back(guarantee.when);
    tried.push_back(Any(tried));
    tried.push_back(Not(tried.back()));
    for (const Condition& condition : tried) {
      const auto terms = ToTerms(condition, classes, 4096);
      REQUIRE(terms.has_value());
      ++conditions;
      REQUIRE(std::ranges::is_sorted(*terms));
      for (const auto& request : requests) {
        REQUIRE(Holds(*terms, classes.Classify(request)) == ir::Holds(condition, request));
      }
      for (std::size_t i = 0; i < terms->size(); ++i) {
        for (const Constraint& constraint : (*terms)[i]) {
          REQUIRE_FALSE(constraint.classes.IsEmpty());
          REQUIRE_FALSE(constraint.classes.IsFull());
        }
        for (std::size_t k = 0; k < terms->size(); ++k) REQUIRE((i == k || (*terms)[i] != (*terms)[k]));
      }
    }
  }
  CHECK(conditions > 500);
}

TEST_CASE("true, false and what comes down to them") {
  const ir::Policy policy = PolicyOfNames(2);
  const ir::ValueClasses classes(policy);
  const auto count = [&](const Condition& condition) { return ToTerms(condition, classes, 4096).value().size(); };
  Condition never;
  never.kind = Condition::Kind::kFalse;
  const auto always_terms = ToTerms(Condition{}, classes, 4096).value();
  REQUIRE(always_terms.size() == 1);
  CHECK(always_terms[0].empty());
  CHECK(count(never) == 0);
  CHECK(count(Not(Condition{})) == 0);
  CHECK(ToTerms(Not(never), classes, 4096).value() == always_terms);
  CHECK(count(All({Is(0, {1}), Is(0, {2})})) == 0);
  CHECK(ToTerms(Any({Is(0, {1}), Not(Is(0, {1}))}), classes, 4096).value() == always_terms);
  CHECK(ToTerms(Any({Is(0, {1, 69}), Not(Is(0, {1}))}), classes, 4096).value() == always_terms);
}

TEST_CASE("terms are merged in one dimension and dropped where another covers them") {
  const ir::Policy policy = PolicyOfNames(3);
  const ir::ValueClasses classes(policy);
  const auto terms = [&](const Condition& condition) { return ToTerms(condition, classes, 4096).value(); };
  CHECK(terms(Any({Is(0, {1}), Is(0, {68})})) == terms(Is(0, {1, 68})));
  CHECK(terms(Any({Is(0, {1}), All({Is(0, {1}), Is(1, {5})})})) == terms(Is(0, {1})));
  CHECK(terms(Any({All({Is(0, {1}), Is(1, {5})}), All({Is(0, {2}), Is(1, {5})})})) ==
        terms(All({Is(0, {1, 2}), Is(1, {5})})));
  CHECK(terms(Not(All({Not(Is(0, {1})), Not(Is(1, {2}))}))) == terms(Any({Is(0, {1}), Is(1, {2})})));
  CHECK(terms(Any({Is(1, {2}), Is(0, {1})})) == terms(Any({Is(0, {1}), Is(1, {2})})));
}

/// (a0=0 and a1=0) or … over 2n attributes; negated it has 2^n terms.
auto Pairs(std::uint32_t n) -> Condition {
  std::vector<Condition> pairs;
  for (std::uint32_t i = 0; i < n; ++i) pairs.push_back(All({Is(2 * i, {0}), Is(2 * i + 1, {0})}));
  return Any(pairs);
}

TEST_CASE("a condition that needs too many terms is given up") {
  const ir::Policy policy = PolicyOfNames(40);
  const ir::ValueClasses classes(policy);
  CHECK(ToTerms(Pairs(20), classes, 4096).value().size() == 20);
  CHECK(ToTerms(Not(Pairs(8)), classes, 256).value().size() == 256);
  CHECK_FALSE(ToTerms(Not(Pairs(8)), classes, 255).has_value());
  CHECK(ToTerms(Not(Pairs(12)), classes, 4096).value().size() == 4096);
  CHECK_FALSE(ToTerms(Not(Pairs(13)), classes, 4096).has_value());
  CHECK_FALSE(ToTerms(Not(Pairs(20)), classes, 4096).has_value());
  CHECK_FALSE(ToTerms(All({Not(Pairs(20)), Is(0, {0})}), classes, 4096).has_value());
}

}  // namespace
}  // namespace route::lower
