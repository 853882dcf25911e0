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

/// Reads a `Retry-After` header: whole seconds, or a date, which is measured from `now`. Anything else is ignored; at most a
/// day counts.
auto ParseRetryAfter(std::string_view value, std::chrono::sys_seconds now) -> std::optional<Milliseconds>;

/// `text/event-stream`, with or without parameters, in any case.
auto IsEventStream(std::string_view content_type) -> bool;

/// `application/json` or another type that ends in `+json`, with or without parameters, in any case; also no type at all.
auto IsJson(std::string_view content_type) -> bool;

}  // namespace route
