#pragma once

#include <optional>
#include <string>

#include "compiler/driver/commands.h"

namespace route::driver {

/// What `routec explain` is asked about.
struct ExplainOptions {
  std::string what;                  ///< a policy, or a bundle
  std::optional<std::string> given;  ///< a request, whose decision is explained instead of the policy
  verify::Limits limits;
};

/// Explains a whole policy, verified first so that it can be said which promises hold.
auto ExplainPolicyFile(const ExplainOptions& options, const CommonOptions& common) -> int;

/// Explains what a policy decides about the request that is given.
auto ExplainDecisionOf(const ExplainOptions& options, const CommonOptions& common) -> int;

}  // namespace route::driver
