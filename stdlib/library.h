#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/base/embedded_file.h"

/// The `.route` files of this folder, built into the program so that `import std.…` needs no installed files.
namespace route::stdlib {

/// The files by their names on disk, `jurisdictions.route` for example.
auto Texts() -> std::span<const EmbeddedFile>;

/// The text of `std.NAME`, for example `std.jurisdictions`; nothing if there is no such file.
auto LibraryFile(std::string_view name) -> std::optional<std::string_view>;

/// Every name that LibraryFile knows, sorted.
auto LibraryFiles() -> const std::vector<std::string>&;

}  // namespace route::stdlib
