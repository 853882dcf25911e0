#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "compiler/driver/commands.h"

namespace route::driver {

/// What `routec explain` is asked about.
struct ExplainOptions {
  std::string what;                  ///< a code, a policy or a bundle
  std::string policy;                ///< which of several in a bundle; may be empty
  std::optional<std::string> given;  ///< a request, whose decision is explained instead of the policy
  verify::Limits limits;
};

/// Is this written like a diagnostic code, `R` and four digits? It need not be one that exists.
auto IsWrittenLikeACode(std::string_view text) -> bool;

/// Prints the page of a code. A code that does not exist is wrong usage, and the message names what it may have been.
auto ExplainCode(const std::string& code, const CommonOptions& common) -> int;

/// Explains a whole policy, verified first so that it can be said which promises hold.
auto ExplainPolicyFile(const ExplainOptions& options, const CommonOptions& common) -> int;

/// Explains what a policy or a bundle decides about the request that is given.
auto ExplainDecisionOf(const ExplainOptions& options, const CommonOptions& common) -> int;

}  // namespace route::driver
