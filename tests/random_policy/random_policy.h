#pragma once

#include <cstdint>
#include <vector>

#include "compiler/base/source.h"
#include "compiler/ir/policy.h"

/// Small random policies for tests that compare one engine with another on every request there is.
namespace route::random_policy {

/// A stream of pseudo-random numbers (splitmix64) that is the same on every machine.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  auto Next() -> std::uint64_t;

  /// A number from 0 to `count - 1`; `count` must not be 0.
  auto Below(std::uint64_t count) -> std::uint64_t;

  /// True in `percent` of a hundred cases.
  auto Chance(std::uint32_t percent) -> bool { return Below(100) < percent; }

  template <typename T>
  auto Pick(const std::vector<T>& from) -> const T& {
    return from.at(Below(from.size()));
  }

 private:
  std::uint64_t state_;
};

/// The most of each kind of thing that a policy gets.
struct Shape {
  std::uint32_t attributes = 6;
  std::uint32_t deployments = 8;
  std::uint32_t rules = 6;
  std::uint32_t refusals = 2;
  std::uint32_t routes = 5;
  std::uint32_t guarantees = 6;
  std::uint32_t services = 0;     ///< without any, a policy is the same as one of which none was asked for
  std::uint32_t layers = 1;       ///< among which rules, refusals, routes and promises are divided
  std::uint32_t weekdays = 0;     ///< of a hundred policies so many have a date and a day of the week of one clock
  std::uint64_t requests = 1500;  ///< up to classes; fewer attributes or thresholds where it would be more
};

/// A well-formed policy. Over many seeds every kind of attribute, condition, deployment test, tier, promise and implied
/// rule turns up, thresholds at and beyond the bounds of attributes included. Equal arguments give equal policies.
auto MakeRandomPolicy(std::uint64_t seed, const Shape& shape) -> ir::Policy;

/// Gives each `and`, `or` and part of a condition of rules, refusals, routes and promises a place of its own, as in a text.
void GivePlaces(ir::Policy& policy);

/// The files that the spans of these policies point into.
auto Sources() -> SourceSet;

/// One request for each combination of classes that is possible, in the order of their class vectors: smallest first. A
/// date of another day of the week than that of its clock is not.
auto AllRequests(const ir::Policy& policy) -> std::vector<ir::Request>;

/// Any request, mostly with values on or next to the policy's thresholds and names.
auto MakeRandomRequest(const ir::Policy& policy, Random& random) -> ir::Request;

}  // namespace route::random_policy
