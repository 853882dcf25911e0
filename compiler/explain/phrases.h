#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "compiler/ir/policy.h"

/// The policy core in plain English: parts of sentences.
///
/// Every construct of the core has words of its own. Names stand in backticks, values as policy text writes them. What
/// mixes `and` and `or` stands in parentheses, so that each phrase can be read in one way only.
namespace route::explain {

/// Whether a phrase says that something holds or that it does not.
enum class Sense : std::uint8_t { kAffirmed, kDenied };

/// An interval `low <= number < high` of an attribute or of a fact, which is a number in millionths or a count of days.
struct Interval {
  std::int64_t low = 0;
  std::int64_t high = 0;
  AttributeKind kind = AttributeKind::kNumber;  ///< kNumber or kDate
  Unit unit = Unit::kNone;
};

/// `at least 100%`, `more than 1 USD and at most 5 USD`, `2026-08-02 or later`; denied: `less than 100%`.
auto IntervalPhrase(const Interval& interval, Sense sense) -> std::string;

class Phrases {
 public:
  /// `policy` must outlive the phrases.
  explicit Phrases(const ir::Policy& policy) : policy_(&policy) {}

  /// `` `tier` is gold or platinum``: about the request.
  auto Condition(const ir::Condition& condition, Sense sense = Sense::kAffirmed) -> std::string;

  /// ``it is processed in `EU` and its vendor is not `openai` ``: about a deployment, "it".
  auto Test(const ir::DeploymentTest& test, Sense sense = Sense::kAffirmed) -> std::string;

  /// `` `EU` or CH``: jurisdictions where the countries are theirs, and the rest by their codes; `last_word` stands before
  /// the last.
  auto Places(const std::vector<std::uint32_t>& countries, const std::string& last_word) -> std::string;

  /// The jurisdictions that phrases have named so far, as indexes into the policy's list.
  auto named_jurisdictions() const -> const std::set<std::uint32_t>& { return named_; }

 private:
  /// Words and how they are joined, which tells whether they need parentheses beside others.
  struct Part {
    enum class Joined : std::uint8_t { kNot, kAnd, kOr };
    std::string text;
    Joined joined = Joined::kNot;
  };

  auto ConditionPart(const ir::Condition& condition, Sense sense) -> Part;
  auto TogetherPart(const ir::Condition& condition, Sense sense) -> Part;
  auto AtomText(const ir::Condition& atom, Sense sense) -> std::string;
  auto TestPart(const ir::DeploymentTest& test, Sense sense) -> Part;
  auto FactText(const ir::DeploymentTest& test, Sense sense) -> std::string;
  auto VendorNames(const ir::DeploymentTest& test) const -> std::vector<std::string>;
  static auto Join(const std::vector<Part>& parts, Part::Joined joined) -> Part;

  const ir::Policy* policy_;
  std::set<std::uint32_t> named_;
};

}  // namespace route::explain
