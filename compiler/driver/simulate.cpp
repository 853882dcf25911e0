#include "runtime/simulate/simulate.h"

#include <llvm/Support/raw_ostream.h>

#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "compiler/driver/bundle_commands.h"
#include "compiler/driver/choose_policy.h"
#include "compiler/driver/exit_codes.h"
#include "compiler/driver/pipeline.h"
#include "runtime/simulate/report.h"

namespace route::driver {
namespace {

auto Run(const SimulationInput& input, const std::string& path) -> std::expected<Simulation, std::string> {
  if (path == "-") return Simulate(input, std::cin);
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::unexpected("the file cannot be opened");
  return Simulate(input, file);
}

void Print(const Simulation& simulation, const SimulationInput& input, Format format) {
  if (format == Format::kJson) {
    PrintJson(ToJson(simulation, input));
  } else {
    llvm::outs() << (format == Format::kMarkdown ? ToMarkdown(simulation, input) : ToText(simulation, input));
  }
}

}  // namespace

auto SimulateCommand(const SimulateOptions& options, const CommonOptions& common) -> int {
  auto table = LoadPolicy(options.bundle, options.policy);
  if (!table) return kWrongUsage;
  std::optional<Table> other;
  if (!options.against.empty()) {
    other = LoadPolicy(options.against, options.policy);
    if (!other) return kWrongUsage;
  }
  const SimulationInput input{.table = &*table, .other = other ? &*other : nullptr, .now = common.now()};
  auto simulation = Run(input, options.trace);
  if (!simulation) {
    PrintUsageError("`" + options.trace + "`: " + simulation.error());
    return kWrongUsage;
  }
  Print(*simulation, input, common.format);
  return simulation->unreadable == 0 ? kGood : kWrongUsage;
}

}  // namespace route::driver
