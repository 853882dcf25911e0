#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compiler/diagnostics/diagnostic.h"

/// Parts of a message that several formats have in common.
namespace route::diagnostics {

/// `error` or `warning`.
auto SeverityName(Severity severity) -> std::string_view;

/// `tier=free  data=health`: the request that a witness stands for.
auto RequestText(const std::vector<WitnessValue>& witness) -> std::string;

/// Everything that a diagnostic says but its place, one sentence a line: message, evidence, request, hint.
auto WholeMessage(const Diagnostic& diagnostic) -> std::string;

/// The same, and its notes with their places, for formats in which a finding has one place.
auto MessageWithNotes(const Diagnostic& diagnostic, const SourceSet& sources) -> std::string;

/// `policy.route:7`
auto ReportedPlace(Span span, const SourceSet& sources) -> std::string;

/// A file's name for other programs: forward slashes, no `./` and no `a/..`, and relative to the working directory if the
/// file lies below it. `<std.jurisdictions>` stays as it is.
auto ReportedPath(const std::string& path) -> std::string;

/// Stays the same when a policy is edited elsewhere: made of the code, the names involved and the message, never of a
/// place. 32 hexadecimal digits.
auto Fingerprint(const Diagnostic& diagnostic) -> std::string;
auto FingerprintOf(std::string_view code, const std::vector<std::string>& names, std::string_view message) -> std::string;

}  // namespace route::diagnostics
