#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <iosfwd>
#include <map>
#include <string>
#include <vector>

#include "runtime/decide/decide.h"
#include "runtime/simulate/money.h"

/// What a policy would have done with recorded requests.
///
/// A trace has one JSON object a line: attributes by name, as values are given on a command line (lists of names for an `any of`
/// attribute), `input_tokens` and `output_tokens` for the cost. Other members are left alone. `docs/simulate.md`.
namespace route {

/// Requests that share a fate, and what they would have cost.
struct Tally {
  std::uint64_t requests = 0;
  std::uint64_t input_tokens = 0;
  std::uint64_t output_tokens = 0;
  Money cost;
};

/// What became of the requests under one policy.
struct Simulated {
  std::array<std::uint64_t, 4> outcomes{};    ///< by Outcome
  std::vector<std::uint64_t> missing;         ///< refused, by the attribute that had no value
  std::vector<std::uint64_t> refusals;        ///< refused, by rule
  std::vector<std::uint64_t> routes;          ///< routed or unservable, by route
  std::vector<Tally> deployments;             ///< routed, by the first deployment of the plan
  Money cost;
  std::uint64_t misfits = 0;                  ///< values that were not one of their attribute's
  std::string first_misfit;
  std::uint64_t first_misfit_line = 0;
};

/// Requests with another fate under the other policy. Fates are the name of the first deployment, or what else happens.
struct Change {
  std::uint64_t requests = 0;
  std::uint64_t first_line = 0;  ///< of the trace: an example
  Money cost_before;
  Money cost_after;
};
using Changes = std::map<std::pair<std::string, std::string>, Change>;  // from, to

struct Simulation {
  std::uint64_t requests = 0;
  std::uint64_t unreadable = 0;  ///< lines that are not a record; they count as no request
  std::uint64_t first_unreadable_line = 0;
  std::string first_unreadable;
  Simulated policy;
  std::optional<Simulated> other;
  std::uint64_t plans_changed = 0;  ///< same first deployment, other plan behind it
  Changes changes;
};

struct SimulationInput {
  const Table* table = nullptr;
  const Table* other = nullptr;  ///< may be null
  Moment now;                    ///< what the clock shows where the trace does not say
};

/// Reads the trace to its end, a piece at a time. The error is for a trace that cannot be read or has a line of more than 1 MiB.
auto Simulate(const SimulationInput& input, std::istream& trace) -> std::expected<Simulation, std::string>;

}  // namespace route
