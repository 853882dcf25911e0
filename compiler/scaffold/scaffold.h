#pragma once

#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/base/embedded_file.h"

/// A policy project to begin with: what `routec init` writes. The files stand in compiler/scaffold/files.
namespace route::scaffold {

/// The files by their names on disk.
auto EmbeddedFiles() -> std::span<const EmbeddedFile>;

struct File {
  std::string name;          ///< as it is written, relative to the project's folder
  std::string_view purpose;  ///< in a few words
  std::string_view text;
};

/// What is written, in the order in which a reader should open it.
auto Files() -> std::vector<File>;

/// Writes the files into a folder, which is created if it is not there, its parents too. Overwrites nothing: a name
/// that exists, whatever it is, is an error, and then nothing is written. Takes back what it has written if a later
/// file cannot be. The error is one sentence, or several lines, fit for a user.
auto Write(const std::string& folder) -> std::expected<void, std::string>;

}  // namespace route::scaffold
