#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "runtime/simulate/simulate.h"

namespace route {

/// What a simulation found, as schema `route.simulate/1`, for people, and as a page for a pull request. `input` is what was given
/// to Simulate. Money is exact and a text.
auto ToJson(const Simulation& simulation, const SimulationInput& input) -> nlohmann::ordered_json;
auto ToText(const Simulation& simulation, const SimulationInput& input) -> std::string;
auto ToMarkdown(const Simulation& simulation, const SimulationInput& input) -> std::string;

}  // namespace route
