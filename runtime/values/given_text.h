#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace route {

/// One `name=value` of a request as a person types it.
struct GivenText {
  std::string name;
  std::string value;  ///< without its quotes
};

/// Takes `tier=gold data=personal,health asked_model="gpt 5"` apart: pairs divided by blanks, values in double quotes
/// where they hold blanks, `\` before a quote or a backslash inside quotes. A name given twice is an error. The error is
/// a sentence without a full stop.
auto SplitGiven(std::string_view text) -> std::expected<std::vector<GivenText>, std::string>;

}  // namespace route
