#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/base/source.h"
#include "compiler/ir/policy.h"

/// Small changes to a policy, each of which could have been a slip of the author.
namespace route::mutate {

/// What is changed; `--only` names these.
enum class Kind : std::uint8_t {
  kRule,       ///< a rule is left out
  kRefusal,    ///< a refusal is left out
  kRoute,      ///< a route is left out
  kCondition,  ///< one part of an `and` or an `or` is left out of a condition
  kNegation,   ///< `when` becomes `unless`
  kThreshold,  ///< a bound moves by one unit, either way
  kValue,      ///< one name is left out of a list of them
  kPlace,      ///< a set of countries gains or loses one
  kEffect,     ///< `require` becomes `forbid`, or one part of the test on deployments is left out
  kOrder,      ///< two neighbouring routes, refusals or tiers change places
  kTier,       ///< a tier, or a tier's count, is left out
};
inline constexpr std::size_t kKinds = 11;

/// `rule`, `threshold`.
auto KindName(Kind kind) -> std::string_view;

struct Mutant {
  Kind kind = Kind::kRule;
  Span span;         ///< what is changed
  std::string what;  ///< ``rule `eu_only` is left out``
  ir::Policy policy;
};

/// The mutants of a policy, in the order of its rules, refusals and routes. Only what the policy's own layer declares
/// is changed: what it extends has tests of its own. Tests and guarantees stay what they are, and still mean the routes
/// and refusals that they name.
class Generator {
 public:
  /// `only`: these kinds; empty for all. Both must outlive the generator.
  Generator(const ir::Policy& policy, const SourceSet& sources, const std::vector<Kind>& only);

  auto size() const -> std::size_t { return edits_.size(); }
  auto Make(std::size_t index) const -> Mutant;

 private:
  /// A change that is made when it is wanted: a policy of a thousand rules has ten thousand mutants.
  struct Edit {
    Kind kind = Kind::kRule;
    Span span;
    std::string what;
    std::function<void(ir::Policy&)> apply;
  };
  class Finder;

  const ir::Policy& policy_;
  std::vector<Edit> edits_;
};

}  // namespace route::mutate
