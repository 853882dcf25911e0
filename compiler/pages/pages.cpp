#include "compiler/pages/pages.h"

#include <string>

namespace route::pages {

auto PageOf(std::string_view code) -> std::optional<std::string_view> {
  std::string name = std::string(code) + ".md";
  for (const EmbeddedFile& file : Files()) {
    if (file.name == name) return file.text;
  }
  return std::nullopt;
}

}  // namespace route::pages
