#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/base/source.h"

/// What the compiler tells its user: typed, collected first, rendered last.
namespace route::diagnostics {

enum class Severity : std::uint8_t { kError, kWarning };

/// How much a run looks for: `kAudit` is what `routec check --audit` asks on top of everything that `kCheck` asks.
enum class Depth : std::uint8_t { kCheck, kAudit };

/// One row for each message that the compiler can give; see catalogue.def.
enum class Code : std::uint16_t {
#define ROUTE_DIAGNOSTIC(code, severity, depth, title) k##code,
#include "compiler/diagnostics/catalogue.def"
#undef ROUTE_DIAGNOSTIC
};

struct CatalogueEntry {
  Code code;
  std::string_view name;   ///< `R0501`
  Severity severity;
  Depth depth;             ///< of the shallowest run that looks for it
  std::string_view title;  ///< what the code is about, in a few words
};

auto Catalogue() -> const std::vector<CatalogueEntry>&;
auto Entry(Code code) -> const CatalogueEntry&;

/// Whether a run of this depth looks for it.
auto IsLookedFor(Code code, Depth depth) -> bool;

/// Another place that has to do with the problem.
struct Note {
  Span span;
  std::string message;
};

/// A concrete request that shows the problem: each attribute's name and value as policy text writes it.
/// `json` is the value as a JSON text, for the machine-readable output.
struct WitnessValue {
  std::string attribute;
  std::string text;
  std::string json;
};

/// Text to put in the place of a span; an empty span is a place to insert at, an empty replacement a deletion.
struct Edit {
  Span span;
  std::string replacement;
};

/// A correction that surely does what the hint says, so that a machine may make it. Its edits do not overlap.
struct Fix {
  std::string title;  ///< what it does: `write `tier` instead of `teir``
  std::vector<Edit> edits;
};

struct Diagnostic {
  Code code{};
  Severity severity = Severity::kError;
  Span span;
  std::string message;              ///< lower-case first word, no full stop, names in backticks
  std::vector<Note> notes;
  std::vector<WitnessValue> witness;  ///< every attribute of the request; empty when there is no witness
  std::string evidence;             ///< what happens to the witness, one sentence without a full stop; may be empty
  std::vector<std::string> rules;   ///< names of the rules, routes or guarantees that are involved
  std::string hint;                 ///< what to do; may be empty
  std::vector<Fix> fixes;           ///< alternatives, the best first
};

/// Builds one diagnostic; `Emitter::Report` takes it.
class Builder {
 public:
  Builder(Code code, Span span, std::string message);

  auto AddNote(Span span, std::string message) && -> Builder&&;
  auto WithWitness(std::vector<WitnessValue> witness, std::string evidence) && -> Builder&&;
  auto WithRules(std::vector<std::string> rules) && -> Builder&&;
  auto WithHint(std::string hint) && -> Builder&&;
  auto WithFix(Fix fix) && -> Builder&&;
  auto WithoutFixes() && -> Builder&&;

  auto Take() && -> Diagnostic { return std::move(diagnostic_); }

 private:
  Diagnostic diagnostic_;
};

/// Collects diagnostics in the order in which they are reported.
class Emitter {
 public:
  void Report(Builder&& builder);

  auto diagnostics() const -> const std::vector<Diagnostic>& { return diagnostics_; }
  auto error_count() const -> std::size_t { return errors_; }
  auto has_errors() const -> bool { return errors_ > 0; }

  /// Takes out those of which `wanted` holds, in order, and returns them.
  auto Extract(const std::function<bool(const Diagnostic&)>& wanted) -> std::vector<Diagnostic>;

  /// Orders by file, then place; equal places keep the order in which they were reported.
  void SortByPlace();

 private:
  std::vector<Diagnostic> diagnostics_;
  std::size_t errors_ = 0;
};

/// `did you mean` for names: the candidate nearest to `name` (Damerau-Levenshtein distance of at most a third of its
/// length, at least 1; one that differs only in case comes first), the first of equals; empty when none is near.
auto NearestName(std::string_view name, const std::vector<std::string>& candidates) -> std::string;

/// The same, but empty when two candidates are equally near: what may be put in the place of `name` unasked.
auto OnlyNearestName(std::string_view name, const std::vector<std::string>& candidates) -> std::string;

}  // namespace route::diagnostics
