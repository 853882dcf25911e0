#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compiler/driver/commands.h"
#include "compiler/driver/pipeline.h"
#include "compiler/mutate/mutate.h"

namespace route::driver {

struct MutateOptions {
  std::string policy;
  std::vector<std::string> only;            ///< names of kinds; none: all
  std::optional<std::uint32_t> fail_under;  ///< the least score that is good enough, in percent
  enum class Verbosity : std::uint8_t { kSurvivors, kEachMutant };
  Verbosity verbosity = Verbosity::kSurvivors;
  verify::Limits limits;
};
auto Mutate(const MutateOptions& options, const CommonOptions& common) -> int;

/// Prints the whole report to standard output.
void PrintMutation(const Compilation& compilation, const mutate::MutationReport& report, const MutateOptions& options,
                   const CommonOptions& common);

}  // namespace route::driver
