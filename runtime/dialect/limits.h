#pragma once

#include "runtime/signals/json.h"

namespace route {

/// Of what an upstream sends: room for the log probabilities of a long answer.
inline constexpr JsonLimits kAnswerLimits{.depth = 64, .values = 4'000'000};

}  // namespace route
