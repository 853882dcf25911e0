#pragma once

#include "audit/files.h"

namespace audit {

/// What is established, for which policy, on which assumptions, and what is not: in plain words, for a terminal.
auto Report(const Checked& checked) -> std::string;

}  // namespace audit
