#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include "compiler/base/source.h"
#include "compiler/ir/policy.h"
#include "compiler/verify/verify.h"

namespace route::prove {

struct Inputs {
  const SourceSet* sources = nullptr;
  std::string tool_version;      ///< `routec 0.1.0`
  std::string bundle_sha256;     ///< of the bundle that was made from the same policy and report
  std::size_t most_cases = 256;  ///< leaves of a tree of cases, above which a clausal proof is written
};

/// The bytes of a proof pack (`docs/proof-pack.md`): the policy core, and for coverage and each guarantee a
/// certificate, or the report's witness if it is violated. The report must answer every question. Throws InternalError
/// if what the report says cannot be shown, which means that one of the two is wrong. The same inputs give the same
/// bytes.
auto WritePack(const ir::Policy& policy, const verify::VerifyReport& report, const Inputs& inputs) -> std::string;

/// The SHA-256 of the bundle that a pack says it is about; nothing else of the pack is looked at. The error is a sentence without a full
/// stop.
auto BundleOfPack(const std::string& pack) -> std::expected<std::string, std::string>;

}  // namespace route::prove
