#include <llvm/Support/raw_ostream.h>

#include <chrono>
#include <exception>
#include <string>
#include <string_view>

#include "compiler/driver/command_line.h"
#include "compiler/driver/exit_codes.h"
#include "compiler/driver/pipeline.h"

namespace {

using namespace route;
using namespace route::driver;

auto Today() -> Date {
  auto days = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
  return {static_cast<std::int32_t>(days.time_since_epoch().count())};
}

auto RunRoutec(int argc, char** argv) -> int {
  // Tools ask for the version again and again, so it is answered before the options are even described.
  if (argc == 2 && std::string_view(argv[1]) == "--version") {
    llvm::outs() << ToolVersion() << "\n";
    return kGood;
  }
  CommandLine line(Today());
  AddCheckCommands(line);
  AddDecideCommands(line);
  AddTestCommands(line);
  AddLanguageCommands(line);
  AddDiffCommands(line);
  AddExplainCommands(line);
  AddProjectCommands(line);
  AddImportCommands(line);
  AddFmtCommand(line);
  int code = line.Run(argc, argv);
  llvm::outs().flush();
  if (llvm::outs().has_error()) {
    std::string reason = llvm::outs().error().message();
    llvm::outs().clear_error();
    PrintUsageError("cannot write to standard output: " + reason);
    return kWrongUsage;
  }
  return code;
}

}  // namespace

auto main(int argc, char** argv) -> int {
  try {
    return RunRoutec(argc, argv);
  } catch (const std::exception& error) {
    llvm::errs() << "routec: internal error: " << error.what()
                 << "\nThis is a bug in routec, not in your policy; please report it with the policy that shows it.\n";
    return kInternalError;
  }
}
