#pragma once

#include <cstdint>
#include <string>

#include "compiler/driver/description.h"

namespace route::driver {

enum class Shell : std::uint8_t { kBash, kZsh, kFish };

/// A script that teaches a shell to complete the command line of routec: commands, options, their values, files by
/// their ending, diagnostic codes.
auto Completions(const Command& routec, Shell shell) -> std::string;

// One file for each shell.
auto BashCompletions(const Command& routec) -> std::string;
auto ZshCompletions(const Command& routec) -> std::string;
auto FishCompletions(const Command& routec) -> std::string;

}  // namespace route::driver
