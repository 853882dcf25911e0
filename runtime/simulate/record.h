#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

/// One line of a recorded trace: a JSON object of plain values, read without a copy where that is possible.
namespace route {

/// A member of the object, with its value as it stands in the line.
struct Member {
  enum class Kind : std::uint8_t { kNull, kTrue, kFalse, kNumber, kText, kList };
  std::string_view name;  ///< between the quotes, escapes as they are
  Kind kind = Kind::kNull;
  std::string_view raw;   ///< the whole value; of a text what is between the quotes, of a list between the brackets
};

/// Reads one line into `members`, which is cleared first. Strict JSON, but for what is inside texts and lists, which is not
/// looked at before it is asked for. An object inside the object is an error: a trace is flat. The error is a sentence without a full stop.
auto ReadRecord(std::string_view line, std::vector<Member>& members) -> std::expected<void, std::string>;

/// A text with its escapes resolved, or the texts of a list, joined by commas, as values are given on a command line. Numbers and
/// words as they stand.
auto TextOf(const Member& member) -> std::expected<std::string, std::string>;

}  // namespace route
