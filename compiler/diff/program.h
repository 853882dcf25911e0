#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "compiler/base/source.h"
#include "compiler/diff/joint_space.h"
#include "compiler/ir/policy.h"
#include "compiler/lower/terms.h"

/// Several policies in one form, so that what they have in common is one thing: conditions as terms over the joint
/// classes, deployments by name, rules as sets of deployments that they exclude, chains by what they do and not what
/// they are called.
namespace route::diff {

using ConditionIndex = std::uint32_t;

/// A set of the deployments of all policies.
class DeploymentSet {
 public:
  explicit DeploymentSet(std::size_t deployments) : words_((deployments + 63) / 64, 0) {}

  void Insert(std::uint32_t deployment) { words_[deployment / 64] |= std::uint64_t{1} << (deployment % 64); }
  auto Has(std::uint32_t deployment) const -> bool {
    return ((words_[deployment / 64] >> (deployment % 64)) & 1U) != 0;
  }
  auto IsEmpty() const -> bool;
  auto Meets(const DeploymentSet& other) const -> bool;
  auto Members() const -> std::vector<std::uint32_t>;
  auto words() const -> const std::vector<std::uint64_t>& { return words_; }

  auto operator|=(const DeploymentSet& other) -> DeploymentSet&;
  auto operator&=(const DeploymentSet& other) -> DeploymentSet&;
  auto operator-=(const DeploymentSet& other) -> DeploymentSet&;
  auto operator^=(const DeploymentSet& other) -> DeploymentSet&;
  friend auto operator<=>(const DeploymentSet&, const DeploymentSet&) = default;

 private:
  std::vector<std::uint64_t> words_;
};

struct ChainTier {
  enum class Draw : std::uint8_t { kInOrder, kByWeight };
  Draw draw = Draw::kInOrder;
  std::vector<ir::Candidate>
      candidates;  ///< `deployment` is an index into `Program::deployments`; weights count if drawn
  std::optional<std::uint32_t> limit;
  std::optional<std::uint32_t> within_ms;
  std::optional<std::uint32_t> retries;
  friend auto operator==(const ChainTier&, const ChainTier&) -> bool = default;
};
using Chain = std::vector<ChainTier>;

/// An answer that is no deployment.
struct Answer {
  std::string name;    ///< of the refusal
  std::string reason;  ///< may be empty
  friend auto operator==(const Answer&, const Answer&) -> bool = default;
};

struct Program {
  struct Guarded {
    ConditionIndex condition = 0;
    std::uint32_t what = 0;  ///< index into `answers` or `chains`
    friend auto operator==(const Guarded&, const Guarded&) -> bool = default;
  };
  struct Side {
    std::vector<Guarded> refusals;
    std::vector<Guarded> routes;                    ///< as the policy's
    std::map<ConditionIndex, DeploymentSet> rules;  ///< what each condition excludes; never nothing
    /// For each service that attributes ask, by name: the conditions each of which keeps it from the prompt.
    std::map<std::string, std::vector<ConditionIndex>> services;
  };

  std::vector<std::string> deployments;  ///< by name: the last policy's in order, then those that only others have
  std::vector<std::vector<lower::Term>> conditions;  ///< all different; an empty one never holds
  std::vector<Answer> answers;
  std::vector<Chain> chains;
  std::vector<Side> sides;
  ConditionIndex impossible = 0;        ///< holds of combinations that are no request
  std::vector<ConditionIndex> further;  ///< of the conditions that were given beside the policies
};

/// A condition that has more terms than this in the joint space is not compared.
inline constexpr std::size_t kMaxTermsPerCondition = 4096;

/// Which condition has more than `kMaxTermsPerCondition`.
struct TooManyTerms {
  std::size_t side = 0;
  Span span;
};

auto MakeProgram(const JointSpace& space, const std::vector<FurtherCondition>& further)
    -> std::expected<Program, TooManyTerms>;

}  // namespace route::diff
