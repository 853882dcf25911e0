#pragma once

#include <cstdint>
#include <string>

#include "compiler/driver/commands.h"

namespace route::driver {

struct InitOptions {
  std::string folder = ".";
  enum class Action : std::uint8_t { kWrite, kList };
  Action action = Action::kWrite;
};

/// Writes a policy project to begin with, or lists what would be written.
auto Init(const InitOptions& options, const CommonOptions& common) -> int;

}  // namespace route::driver
