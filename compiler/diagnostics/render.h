#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "compiler/base/source.h"
#include "compiler/diagnostics/diagnostic.h"
#include "compiler/diagnostics/layout.h"
#include "compiler/diagnostics/report.h"

namespace llvm {
class raw_ostream;
}

namespace route::diagnostics {

/// Compiler style: the message with its code, the line it speaks of with a caret below, notes at other places,
/// the witness, a hint. Colours follow the stream's own setting (`raw_ostream::enable_colors`). Nothing is wider than
/// `width` but a word that is wider itself, such as a long file name; source lines are cut around the caret.
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
void RenderText(const std::vector<Diagnostic>& diagnostics, const SourceSet& sources, llvm::raw_ostream& out,
                std::size_t width = kDefaultWidth);

/// For screen readers and logs: whole sentences in the order in which they are read, one a line, never broken; no frames,
/// carets, colours or drawn lines.
void RenderPlain(const std::vector<Diagnostic>& diagnostics, const SourceSet& sources, llvm::raw_ostream& out);

/// The `diagnostics` array of `check --format json`; places count from 1, columns in code points, ends exclusive.
auto RenderJson(const std::vector<Diagnostic>& diagnostics, const SourceSet& sources) -> nlohmann::ordered_json;

/// The `accepted` array of `check --format json`: diagnostics with a `reason`.
auto RenderAcceptedJson(const std::vector<Accepted>& accepted, const SourceSet& sources) -> nlohmann::ordered_json;

/// A log in SARIF 2.1.0: every code as a rule, findings with their fixes and fingerprints, what is accepted or known to a
/// baseline as suppressed results. Columns count code points, from 1; ends are exclusive.
auto RenderSarif(const Report& report, const SourceSet& sources) -> nlohmann::ordered_json;

/// JUnit XML as GitLab and Jenkins read it: one case for each guarantee, each test, each question that verification asks
/// and each finding.
void RenderJunit(const Report& report, const SourceSet& sources, llvm::raw_ostream& out);

/// Workflow commands of GitHub Actions, one annotation for each open finding.
void RenderGithub(const Report& report, const SourceSet& sources, llvm::raw_ostream& out);

}  // namespace route::diagnostics
