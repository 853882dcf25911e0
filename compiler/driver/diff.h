#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "compiler/diff/cost.h"
#include "compiler/diff/diff.h"
#include "compiler/driver/commands.h"
#include "compiler/driver/pipeline.h"
#include "compiler/explain/from_table.h"

namespace route::driver {

struct DiffOptions {
  std::string before;  ///< a policy or a bundle
  std::string after;
  std::string policy;                ///< which of several in a bundle; may be empty
  std::optional<std::string> allow;  ///< a file of intended changes
  diff::Tokens tokens;
  std::size_t most = 20;  ///< changes that text and Markdown show
  verify::Limits limits;
};
auto Diff(const DiffOptions& options, const CommonOptions& common) -> int;

/// A policy that is compared, from its source or from a bundle.
struct ComparedPolicy {
  std::string path;
  std::unique_ptr<Compilation> compilation;   ///< of a source
  std::optional<explain::FromTable> rebuilt;  ///< of a bundle
  std::optional<Table> table;                 ///< of a bundle

  auto side() const -> diff::Side;
};

/// What was found, and what its words need.
struct ComparedPolicies {
  const ComparedPolicy& before;
  const ComparedPolicy& after;
  const diff::DiffReport& report;
  const diff::Options& options;
  const DiffOptions& command;
};

/// Reads and compiles a policy or loads a bundle. Otherwise the exit code, after saying why.
auto ReadCompared(const std::string& path, const std::string& policy, const CommonOptions& common)
    -> std::expected<ComparedPolicy, int>;

/// The old rules over the new catalogue, so that what the catalogue changes can be told from what rules do; nothing if
/// the two do not go together.
auto ReadBetween(const std::string& before, const std::string& after, const CommonOptions& common)
    -> std::unique_ptr<Compilation>;

/// The allowances of a file with their conditions, into the options; false, after saying why, if they cannot be read.
auto ReadAllowed(const DiffOptions& command, const ComparedPolicy& before, const ComparedPolicy& after,
                 const CommonOptions& common, diff::Options& options) -> bool;

/// Prints the whole report to standard output.
void PrintDiff(const ComparedPolicies& compared, const CommonOptions& common);

}  // namespace route::driver
