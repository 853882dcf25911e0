#pragma once

#include <expected>
#include <span>
#include <string>

#include "compiler/base/embedded_file.h"
#include "compiler/driver/description.h"

namespace route::driver {

/// What is written by hand in the manual pages, from docs/man: `NAME.mdoc` for a command, and `route.5`.
auto ManualTexts() -> std::span<const EmbeddedFile>;

/// The manual page of a command, or of routec itself, in mdoc: options and arguments from the description; the long
/// description, examples and what else is special from docs/man, an exit status of its own too.
auto ManualPage(const Command& command) -> std::string;

/// `routec-check`, the name of a command's page.
auto ManualName(const Command& command) -> std::string;

/// Writes every page into `folder`, in man1 and man5, over what is there. The error is one sentence fit for a user.
auto WriteManual(const Command& routec, const std::string& folder) -> std::expected<void, std::string>;

}  // namespace route::driver
