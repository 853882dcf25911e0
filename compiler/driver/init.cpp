#include "compiler/driver/init.h"

#include <llvm/Support/raw_ostream.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "compiler/driver/exit_codes.h"
#include "compiler/driver/pipeline.h"
#include "compiler/scaffold/scaffold.h"

namespace route::driver {
namespace {

void PrintReport(const InitOptions& options, const std::vector<scaffold::File>& files) {
  nlohmann::ordered_json document;
  document["schema"] = "route.init/1";
  document["written"] = options.action == InitOptions::Action::kWrite;
  document["folder"] = options.folder;
  auto rows = nlohmann::ordered_json::array();
  for (const scaffold::File& file : files) rows.push_back({{"name", file.name}, {"purpose", file.purpose}});
  document["files"] = std::move(rows);
  PrintJson(document);
}

void PrintText(const InitOptions& options, const std::vector<scaffold::File>& files) {
  auto& out = llvm::outs();
  std::size_t width = 0;
  for (const scaffold::File& file : files) width = std::max(width, file.name.size());
  out << (options.action == InitOptions::Action::kWrite ? "wrote to " : "would write to ")
      << (options.folder == "." ? "this folder" : "`" + options.folder + "`") << ":\n";
  for (const scaffold::File& file : files) {
    out << "  " << file.name << std::string(width - file.name.size() + 2, ' ') << file.purpose << "\n";
  }
  if (options.action == InitOptions::Action::kWrite) {
    std::string policy = options.folder == "." ? "policy.route" : options.folder + "/policy.route";
    out << "next: routec check " << policy << "\n";
  }
  out.flush();
}

}  // namespace

auto Init(const InitOptions& options, const CommonOptions& common) -> int {
  if (options.action == InitOptions::Action::kWrite) {
    if (auto written = scaffold::Write(options.folder); !written) {
      PrintUsageError(written.error());
      return kWrongUsage;
    }
  }
  if (common.format == Format::kJson) {
    PrintReport(options, scaffold::Files());
  } else {
    PrintText(options, scaffold::Files());
  }
  return kGood;
}

}  // namespace route::driver
