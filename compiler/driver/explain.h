#pragma once

#include <string>
#include <string_view>

#include "compiler/driver/commands.h"

namespace route::driver {

/// What `routec explain` is asked about.
struct ExplainOptions {
  std::string what;
};

/// Is this written like a diagnostic code, `R` and four digits? It need not be one that exists.
auto IsWrittenLikeACode(std::string_view text) -> bool;

/// Prints the page of a code. A code that does not exist is wrong usage, and the message names what it may have been.
auto ExplainCode(const std::string& code, const CommonOptions& common) -> int;

}  // namespace route::driver
