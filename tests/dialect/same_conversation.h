#pragma once

#include <cstdint>
#include <random>
#include <string>

#include <nlohmann/json.hpp>

/// Random conversations, spelled in each API that can hold them.
namespace route::testing {

struct SameConversation {
  nlohmann::ordered_json chat;
  nlohmann::ordered_json messages;
  nlohmann::ordered_json responses;
};

/// Turns of user and assistant that end with the user: texts, text in parts, images, calls of tools with their results, a
/// system prompt and tool definitions, each now and then. Strings hold quotes, line ends, letters beyond ASCII and
/// personal data.
auto MakeConversation(std::mt19937_64& random) -> SameConversation;

}  // namespace route::testing
