#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <vector>

#include "compiler/base/source.h"
#include "compiler/ir/policy.h"
#include "compiler/verify/verify.h"

namespace route::lower {

struct Provenance {
  std::string tool_version;
  /// Every file that the policy was read from, for its name and hash in the bundle.
  const SourceSet* sources = nullptr;
  /// Something is wrong that no report of verification says, such as a test that fails.
  bool has_errors = false;
};

struct LowerError {
  std::string message;  ///< which limit of the table was passed, by what
  Span span;            ///< the rule, route or refusal at fault
  std::string hint;     ///< what to do; may be empty
};

/// The bundle's bytes for a policy and the report of its verification. The same input gives the same bytes.
///
/// A report that did not pass, and any other error, gives a bundle that says "unverified", which a gateway refuses unless
/// told otherwise.
/// Terms and bytes are in proportion to the policy's conditions. Fails when a limit of the format is passed.
auto Lower(const ir::Policy& policy, const verify::VerifyReport& report, const Provenance& provenance)
    -> std::expected<std::vector<std::byte>, LowerError>;

}  // namespace route::lower
