#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "compiler/testing/coverage.h"
#include "compiler/verify/verify.h"

namespace route::testing {

/// A request that reaches a coverage item, and what the evaluator decides about it.
struct Found {
  enum class Answer : std::uint8_t { kFound, kNone, kUnknown };
  Answer answer = Answer::kUnknown;
  Run run;  ///< when kFound
};

/// Asks the solver for requests. Among those that reach an item it takes one that is served, if there is one, and then
/// one that is like an empty request at `now` in as many attributes as it can see, the first declared before the others.
class WitnessFinder {
 public:
  /// `policy` must outlive the finder.
  WitnessFinder(const ir::Policy& policy, Moment now, const verify::Limits& limits);
  ~WitnessFinder();

  /// One query for each attribute that cannot stay as it is, and a few more. The run is what the evaluator says; that it
  /// reaches the item is for the caller to confirm.
  auto Find(const CoverageItem& item) -> Found;

  /// For each attribute: whether any condition asks about it.
  auto asked_about() const -> const std::vector<bool>&;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace route::testing
