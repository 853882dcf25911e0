#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "compiler/base/source.h"
#include "compiler/diagnostics/diagnostic.h"

namespace llvm {
class raw_ostream;
}

namespace route::diagnostics {

/// Compiler style: the message with its code, the line it speaks of with a caret below, notes at other places,
/// the witness, a hint. Colours follow the stream's own setting (`raw_ostream::enable_colors`).
///
///     error[R0502]: no deployment is left for some requests that route `legal` takes
///       --> policy.route:61:7
///        |
///     61 | route legal when workload is legal to legal_pool
///        |       ^^^^^
///      note: `data_stays_in_the_eu` excludes `gpt_us`
///       --> policy.route:40:6
///        …
///      request: tier=free data=health workload=legal
///      so:   …
///      hint: …
void RenderText(const std::vector<Diagnostic>& diagnostics, const SourceSet& sources, llvm::raw_ostream& out);

/// The `diagnostics` array of `check --format json`; places count from 1, columns in code points, ends exclusive.
auto RenderJson(const std::vector<Diagnostic>& diagnostics, const SourceSet& sources) -> nlohmann::ordered_json;

}  // namespace route::diagnostics
