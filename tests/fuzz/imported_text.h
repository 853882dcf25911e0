#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compiler/import/lint.h"

/// What holds of everything that an import writes, whatever it read.
namespace route::fuzz {

/// Ends the program, with the reason on standard error, unless the text is a policy without errors that declares
/// vendors, models, deployments, groups, one attribute, a refusal and routes and nothing else, and every lint stands on
/// one line.
void MustBeSound(const std::string& policy, const std::vector<import::Lint>& lints);

}  // namespace route::fuzz
