#include <llvm/Support/raw_ostream.h>

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
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
  return line.Run(argc, argv);
}

auto RunSafely(int argc, char** argv) -> int {
  try {
    return RunRoutec(argc, argv);
  } catch (const std::exception& error) {
    llvm::errs() << "routec: internal error: " << error.what()
                 << "\nThis is a bug in routec, not in your policy; please report it with the policy that shows it.\n";
    return kInternalError;
  }
}

/// A stream that is closed would be opened again as the first file that is written, and messages would go into it. It is
/// opened so that using it fails instead.
void TakeStandardStreams() {
  for (int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(stream, F_GETFD) >= 0) continue;
    ::open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

/// The exit code of a run whose results were to be printed: nobody has them who could not be told.
auto AfterPrinting(int code) -> int {
  bool printed = true;
  llvm::outs().flush();
  if (llvm::outs().has_error()) {
    std::string reason = llvm::outs().error().message();
    llvm::outs().clear_error();
    PrintUsageError("cannot write to standard output: " + reason);
    printed = false;
  }
  if (llvm::errs().has_error()) {
    llvm::errs().clear_error();
    printed = false;
  }
  return printed || code == kInternalError ? code : kWrongUsage;
}

}  // namespace

auto main(int argc, char** argv) -> int {
  TakeStandardStreams();
  // A write beyond the size that a file may have shall fail, so that it can be said and cleaned up after.
  std::signal(SIGXFSZ, SIG_IGN);
  return AfterPrinting(RunSafely(argc, argv));
}
