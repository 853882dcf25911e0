#pragma once

#include <span>
#include <string_view>

namespace route {

/// A file that is part of the program: its name, relative to the folder that it stands in, and its bytes. Written by
/// route_embed of cmake/RouteTargets.cmake; sorted by name.
struct EmbeddedFile {
  std::string_view name;
  std::string_view text;
};

}  // namespace route
