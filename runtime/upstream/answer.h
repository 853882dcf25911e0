#pragma once

#include <chrono>
#include <optional>
#include <string_view>
#include <variant>

#include "runtime/upstream/attempts.h"

/// What the head of an upstream's answer means. No input or output.
namespace route {

/// What to do with a status code.
struct Answered {};       ///< 2xx: its content must still prove to be an answer
struct CallerMistake {};  ///< any other 4xx: handed to the caller as it is
using StatusMeaning = std::variant<Answered, CallerMistake, Failure>;
auto MeaningOf(unsigned status) -> StatusMeaning;

/// Reads a `Retry-After` header that gives whole seconds. A date or anything else is ignored; at most a day counts.
auto ParseRetryAfter(std::string_view value) -> std::optional<Milliseconds>;

}  // namespace route
