#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "runtime/signals/api.h"

/// Errors in the form that the clients of each API read.
namespace route {

/// What an error says, in whichever form.
struct ErrorFacts {
  unsigned status = 500;
  std::string message;
  std::string type;   ///< OpenAI's `type`; Anthropic's follows from the status
  std::string code;   ///< or empty
  std::string param;  ///< or empty
};

/// OpenAI's `{"error":{"message","type","param","code"}}`, or Anthropic's `{"type":"error","error":{"type","message"}}`,
/// with the code in it as `details.error_code`.
auto ErrorJson(Api api, const ErrorFacts& facts) -> nlohmann::ordered_json;

/// An error in a stream that had begun, as it goes over the wire.
auto ErrorEventText(Api api, const ErrorFacts& facts) -> std::string;

/// An upstream's body that goes with an error status, read in either form. What is none becomes a sentence about the
/// status.
auto ReadErrorBody(unsigned status, std::string_view body) -> ErrorFacts;

}  // namespace route
