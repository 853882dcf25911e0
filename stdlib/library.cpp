#include "stdlib/library.h"

namespace route::stdlib {
namespace {

auto ImportName(const EmbeddedFile& file) -> std::string {
  return "std." + std::string(file.name.substr(0, file.name.rfind('.')));
}

}  // namespace

auto LibraryFile(std::string_view name) -> std::optional<std::string_view> {
  for (const EmbeddedFile& file : Texts()) {
    if (ImportName(file) == name) return file.text;
  }
  return std::nullopt;
}

auto LibraryFiles() -> const std::vector<std::string>& {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> result;
    for (const EmbeddedFile& file : Texts()) result.push_back(ImportName(file));
    return result;
  }();
  return names;
}

}  // namespace route::stdlib
