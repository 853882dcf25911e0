#pragma once

#include <optional>
#include <string_view>

#include "runtime/upstream/attempts.h"

namespace route {

/// Some errors that name the caller's request as the cause are about the model that was asked: its context window is
/// too small for the prompt (`kTooLong`), or its provider's content policy refuses it (`kContent`). Another deployment
/// of the plan may answer then. Recognised by the error's code or type, else by the beginning of its message, as
/// OpenAI, Azure, Anthropic, Mistral, Google and vLLM write them. Nothing for every other error.
auto RecogniseCallerError(unsigned status, std::string_view body) -> std::optional<Failure>;

}  // namespace route
