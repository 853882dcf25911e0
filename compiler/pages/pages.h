#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "compiler/base/embedded_file.h"

/// The pages of docs/diagnostics, built into the program: what each code means, why it matters and what to do.
namespace route::pages {

/// The pages by their names on disk, `R0501.md` for example.
auto Files() -> std::span<const EmbeddedFile>;

/// The Markdown text of a code's page; nothing if the code has none.
auto PageOf(std::string_view code) -> std::optional<std::string_view>;

}  // namespace route::pages
