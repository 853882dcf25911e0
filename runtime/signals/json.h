#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace route {

/// What a JSON text of a stranger may hold at most, so that reading it stays cheap.
struct JsonLimits {
  std::uint32_t depth = 64;        ///< objects and arrays inside each other
  std::uint32_t values = 250'000;  ///< values of any kind, over the whole text
};

struct JsonError {
  std::size_t offset = 0;  ///< the byte at which reading stopped, from 0
  std::string message;     ///< what is wrong, in words that can follow a colon
};

/// Reads one JSON text and keeps the order of keys. Fails on invalid JSON or UTF-8, on a key that occurs twice in an
/// object (two readers could each believe another value) and beyond the limits. Time is n log n in the text's length.
auto ParseJson(std::string_view text, JsonLimits limits) -> std::expected<nlohmann::ordered_json, JsonError>;

/// The same for a reader who needs only what is on top: all of the text is checked, but of objects and arrays inside of
/// more than `depth` others nothing is kept except whether an array is empty: one that is not holds a null.
auto SkimJson(std::string_view text, JsonLimits limits, std::uint32_t depth)
    -> std::expected<nlohmann::ordered_json, JsonError>;

/// The line of a byte offset, from 1.
auto LineOf(std::string_view text, std::size_t offset) -> std::size_t;

}  // namespace route
