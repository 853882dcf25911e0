#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What an import noticed about its input, and what it did about it.
namespace route::import {

enum class LintKind : std::uint8_t {
#define ROUTE_LINT(enumerator, name, summary) enumerator,
#include "compiler/import/lint.def"
#undef ROUTE_LINT
};

enum class LintAction : std::uint8_t {
  kLeftOut,    ///< the row, or the setting, is not in the catalogue, for this or another reason
  kCorrected,  ///< it is there, and differs from what the input says
  kKept,       ///< it is there as the input says
};

struct Lint {
  LintKind kind;
  LintAction action;
  std::uint32_t line = 0;  ///< where the row begins, counted from 1
  std::string key;         ///< of the row, printable
  std::string message;     ///< the situation
};

/// Where a lint is about: a row, an entry or a setting.
struct Subject {
  std::uint32_t line = 0;
  std::string key;
};

/// What was noticed so far.
class Lints {
 public:
  /// The message says the situation; what was done is the action's to say. The subject's key may be any text.
  void Add(LintKind kind, LintAction action, const Subject& subject, std::string message);
  auto all() const -> const std::vector<Lint>& { return all_; }
  /// A row of which some lints are kept or corrected was left out in the end: those from the given one on say so.
  void LeaveOutFrom(std::size_t first);
  /// All of them by line, and in order of finding on one line.
  auto TakeSorted() -> std::vector<Lint>;

 private:
  std::vector<Lint> all_;
};

/// `price-too-high`: stable, for scripts.
auto LintName(LintKind kind) -> std::string_view;
/// What such rows have in common, for the summary.
auto LintSummary(LintKind kind) -> std::string_view;
/// `left out`, `corrected`, `kept`
auto ActionName(LintAction action) -> std::string_view;

struct LintCount {
  LintKind kind;
  LintAction action;
  std::size_t count;
};
/// How many there are of each, in the order of `LintKind` and `LintAction`; those of which there are none are not
/// listed.
auto CountLints(const std::vector<Lint>& lints) -> std::vector<LintCount>;

}  // namespace route::import
