#pragma once

#include <string>

#include "compiler/base/source.h"
#include "compiler/diagnostics/report.h"
#include "compiler/driver/commands.h"
#include "compiler/driver/pipeline.h"

namespace route::driver {

/// What is known about a compilation, for PrintReport. The findings are those that its emitter holds.
auto MakeReport(const Compilation& compilation, const std::string& policy, int exit_code) -> diagnostics::Report;

/// Prints a report in one of the formats for other programs to standard output. JSON and text have more to say than a
/// report holds, so each command prints them itself.
void PrintReport(const diagnostics::Report& report, const SourceSet& sources, Format format);

}  // namespace route::driver
