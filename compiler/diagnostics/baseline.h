#pragma once

#include <cstddef>
#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/diagnostics/diagnostic.h"

/// The findings that were there when a policy came under checks, so that only new ones count (schema `route.baseline/1`).
namespace route::diagnostics {

struct BaselineEntry {
  std::string code;
  std::vector<std::string> names;
  std::string message;
  std::size_t count = 1;  ///< how many findings have this code, these names and this message
};

/// By fingerprint.
using Baseline = std::map<std::string, BaselineEntry>;

/// Whether a baseline may hold findings with this code: what verification finds and facts that are old, but never a
/// guarantee that does not hold (R0510) or a question without an answer (R0520), and nothing that is wrong with the text.
auto IsForBaseline(Code code) -> bool;

/// The findings that a baseline can hold.
auto MakeBaseline(const std::vector<Diagnostic>& findings) -> Baseline;

/// A file's text: JSON, sorted by code, names and message. The same findings give the same bytes.
auto WriteBaseline(const Baseline& baseline) -> std::string;

/// Reads what WriteBaseline wrote. The error is one sentence without a full stop: no JSON, another schema, an entry that
/// does not match its fingerprint or that no baseline can hold.
auto ReadBaseline(std::string_view text) -> std::expected<Baseline, std::string>;

/// Divides findings into those that a baseline knows and the others. Of several that look the same, as many are known as
/// the baseline counts.
struct Compared {
  std::vector<Diagnostic> known;
  std::vector<BaselineEntry> gone;  ///< in the baseline and found no more; `count` says how many
};
auto TakeKnown(Emitter& emitter, Baseline baseline) -> Compared;

}  // namespace route::diagnostics
