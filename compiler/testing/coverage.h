#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/base/source.h"
#include "compiler/testing/run.h"

namespace route::testing {

/// One thing that tests can reach.
struct CoverageItem {
  enum class Kind : std::uint8_t {
    kRule,            ///< written rules only: it applies and excludes a deployment, or keeps a service away if it can do nothing else
    kRefusal,         ///< it gives the answer
    kRoute,           ///< it decides
    kTier,            ///< a deployment of it is in the plan
    kDeployment,      ///< it is in the plan
    kConditionHolds,  ///< the named condition holds of the request
    kConditionFails,  ///< it does not
  };
  Kind kind = Kind::kRule;
  std::uint32_t index = 0;    ///< into the policy's list of its kind
  std::uint32_t tier = 0;     ///< kTier: of the route `index`
  Span span;
  std::uint32_t reached = 0;  ///< by how many tests
  std::uint32_t applied = 0;  ///< kRule: in how many tests it applies, whether it excludes something or not
};

/// The rule can keep services from prompts and nothing else: every deployment of the catalogue has what it requires.
auto IsForServicesAlone(const ir::Policy& policy, const ir::Rule& rule) -> bool;

/// What there is to reach, in order of kind and then of place. Only what the policy's own files declare: what it extends
/// has tests of its own, and what is implied or comes from the library needs none.
auto CoverageItems(const ir::Policy& policy, const SourceSet& sources) -> std::vector<CoverageItem>;

/// Adds one to each item that the request reaches.
void CountRun(const ir::Policy& policy, const Run& run, std::vector<CoverageItem>& items);

/// Whether this request reaches the item.
auto Reaches(const ir::Policy& policy, const Run& run, const CoverageItem& item) -> bool;

/// The items with everything counted that the tests reach, passed or failed.
auto MeasureCoverage(const ir::Policy& policy, const SourceSet& sources, const std::vector<TestResult>& results)
    -> std::vector<CoverageItem>;

/// `rule`, `condition`: a word for the kind.
auto KindWord(CoverageItem::Kind kind) -> std::string;

/// ``rule `cost_ceiling` ``, ``tier 2 of route `premium` ``.
auto Described(const ir::Policy& policy, const CoverageItem& item) -> std::string;

/// What reaching an item means, as a sentence: ``tier 2 of route `premium` is in the plan``.
auto Goal(const ir::Policy& policy, const CoverageItem& item) -> std::string;

/// What no test does with an item that none reaches: `applies in no test`.
auto Missing(const CoverageItem& item) -> std::string;

/// How much of a group of items is reached. A percentage is rounded down, so that 100% means all; of nothing it is 100.
struct CoverageShare {
  std::string title;  ///< `rules`, `conditions`, `in all`
  std::size_t reached = 0;
  std::size_t total = 0;
  auto percent() const -> std::size_t { return total == 0 ? 100 : reached * 100 / total; }
};

/// One for each kind that the policy has something of, then `in all`. The two outcomes of a condition count as two.
auto Shares(const std::vector<CoverageItem>& items) -> std::vector<CoverageShare>;

}  // namespace route::testing
