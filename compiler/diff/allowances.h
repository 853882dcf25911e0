#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/diff/delta.h"

/// Changes that are meant, as a file states them for `routec diff --allow`:
///
///     # one a line; what stands behind # is a comment
///     allow narrower, first_choice of gpt_us when data includes health because "the data protection officer asked for
///     it" allow catalogue of large_paris because "price list of November"
///
/// Kinds, then the deployments that may be concerned (any, if none are named), then a condition on the request in the
/// words of the new policy (any request, if there is none), then the reason.
namespace route::diff {

/// One thing that a change of a request's decision, or of a catalogue, does.
enum class Aspect : std::uint8_t {
  kNarrower,     ///< a deployment is reached no more
  kWider,        ///< a deployment is reached that was not
  kFirstChoice,  ///< another one is tried first
  kChain,        ///< the same ones in another order, by other weights, or with another budget
  kAnswer,       ///< what becomes of a request, or which answer refuses it
  kCatalogue,    ///< facts about a deployment
  kReading,      ///< how a request's attributes are read
  kLimits,       ///< the limits on every request
  kServices,     ///< facts about a service, or whose prompts it sees
};
inline constexpr std::size_t kAspects = 9;

auto AspectName(Aspect aspect) -> std::string_view;

struct Allowance {
  std::uint32_t line = 0;
  std::vector<Aspect> aspects;           ///< `any` is all of them
  std::vector<std::string> deployments;  ///< or services; none: any
  std::string condition;                 ///< policy text; empty: any request
  std::string because;

  auto Allows(Aspect aspect) const -> bool;
  auto SpeaksOf(const std::string& deployment) const -> bool;
};

/// Every aspect of a difference with the deployments that it concerns; of an answer, none.
struct Concern {
  Aspect aspect;
  std::vector<std::string> deployments;
};
auto ConcernsOf(const Delta& delta, const std::vector<std::string>& deployments) -> std::vector<Concern>;

/// Does this line allow the concern for one of its deployments at least, whatever its condition says?
auto AllowsSome(const Allowance& allowance, const Concern& concern) -> bool;

/// Do these lines together allow the concern: each of its deployments by one of them?
auto AllowTogether(const std::vector<const Allowance*>& lines, const Concern& concern) -> bool;

/// The error names line and remedy: `3: …`.
auto ReadAllowances(std::string_view text) -> std::expected<std::vector<Allowance>, std::string>;

}  // namespace route::diff
