#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/ir/policy.h"

/// What two catalogues say differently, apart from what rules make of it.
namespace route::diff {

/// A fact about a deployment, its vendor and its model included, in the words of policy text. Empty: not stated.
struct FactChange {
  std::string fact;  ///< `price in`, `processed in`, `headquarters`
  std::string before;
  std::string after;
};

struct DeploymentChange {
  std::string deployment;
  enum class Kind : std::uint8_t { kAdded, kRemoved, kChanged };
  Kind kind = Kind::kChanged;
  std::vector<FactChange> facts;  ///< kChanged: at least one
};

/// Which facts are compared: a bundle holds places, prices and what a gateway needs for its calls, and no others.
enum class Compared : std::uint8_t { kAllFacts, kFactsOfBundles };

/// In the order of the new catalogue, then those that were removed. A date or a source of a fact is no fact.
auto CompareCatalogues(const ir::Policy& before, const ir::Policy& after, Compared compared)
    -> std::vector<DeploymentChange>;

/// The same of one service, which a policy has. `deployment` is its name; kChanged without facts: they are the same.
auto CompareService(const ir::Policy& before, const ir::Policy& after, const std::string& name, Compared compared)
    -> DeploymentChange;

/// How requests are read, and what holds for all: attributes, and limits.
struct FrameChange {
  enum class Kind : std::uint8_t { kAttribute, kLimits };
  Kind kind = Kind::kAttribute;
  std::string subject;  ///< the attribute, or `attempts` or `deadline`
  std::string before;   ///< empty: it was not there
  std::string after;
};
auto CompareFrames(const ir::Policy& before, const ir::Policy& after) -> std::vector<FrameChange>;

}  // namespace route::diff
