#pragma once

#include <expected>
#include <nlohmann/json.hpp>
#include <string>

#include "compiler/driver/commands.h"
#include "compiler/driver/pipeline.h"

/// What `routec check` can say about its proofs besides the verdicts.
namespace route::driver {

struct ExplainedProof {
  std::string text;  ///< lines for a person
  nlohmann::ordered_json json;
};

/// The rules and refusals that carry the proof of the guarantee that `--why` names. The error says that there is no such
/// guarantee. The policy must have been verified.
auto ExplainGuarantee(const Compilation& compilation, const CheckOptions& options)
    -> std::expected<ExplainedProof, std::string>;

/// Writes what `--save-tests` and `--emit-smt2` ask for, if the policy could be verified. False, after saying so on
/// standard error, if something cannot be written.
auto WriteProofFiles(const Compilation& compilation, const CheckOptions& options, Date today) -> bool;

}  // namespace route::driver
