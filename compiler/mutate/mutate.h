#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "compiler/base/source.h"
#include "compiler/ir/policy.h"
#include "compiler/mutate/mutants.h"
#include "compiler/verify/verify.h"
#include "runtime/table/table.h"
#include "runtime/values/date.h"

/// How much of a policy its own guarantees and tests hold fast: each mutant that they let pass is a slip that nobody
/// would see.
namespace route::mutate {

enum class Fate : std::uint8_t {
  kNoticed,     ///< a test fails, a guarantee is broken, or `routec check` finds an error that was not there
  kSurvived,    ///< decisions change, and nothing says so
  kEquivalent,  ///< no decision changes: it is no mistake, and does not count
  kUnknown,     ///< not found out within the limits
};
auto FateName(Fate fate) -> std::string_view;

/// What changes for which requests, as `routec diff` says it.
struct Effect {
  std::string where;
  std::string what;
  std::string example;  ///< a request; both policies were run on it, on the evaluator and on the table
};

struct Result {
  Kind kind = Kind::kRule;
  Span span;
  std::string what;
  Fate fate = Fate::kUnknown;
  std::vector<std::string> noticed_by;  ///< ``test "an embargo"``, ``guarantee `eu_only` ``, `R0502`; at least these do
  std::optional<Effect> effect;         ///< of a survivor: the change that concerns most requests
};

struct MutationReport {
  std::vector<Result> results;

  auto Count(Fate fate) const -> std::size_t;
  /// Noticed ones in percent of those that are noticed, survive or are unknown, rounded down; 100 if there are none.
  auto Score() const -> std::size_t;
};

struct Options {
  std::vector<Kind> only;  ///< none: all kinds
  verify::Limits limits;
  std::function<void(std::size_t done, std::size_t all)> progress;  ///< may be empty
};

/// The policy must have passed verification, all its tests must pass, and `table` is what it was compiled to. Each
/// mutant is run against the tests first. If none fails it is compared with the policy, and the solver is asked only about
/// guarantees that the difference could break, and only when nothing else has noticed.
auto Run(const ir::Policy& policy, const SourceSet& sources, const Table& table, Moment now, const Options& options)
    -> MutationReport;

}  // namespace route::mutate
