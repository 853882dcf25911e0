#pragma once

#include <string>

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace route::driver {

/// What is wrong with a command line, and what to write instead: the nearest command or option, the values that an
/// option takes, what is missing. `routec` has just thrown `error`. One sentence or two, with the user's words as they
/// are.
auto DescribeUsageError(const CLI::App& routec, const CLI::ParseError& error) -> std::string;

}  // namespace route::driver
