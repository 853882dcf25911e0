#include <llvm/Support/raw_ostream.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "compiler/diagnostics/render.h"
#include "compiler/driver/commands.h"
#include "compiler/driver/exit_codes.h"
#include "compiler/driver/pipeline.h"
#include "compiler/driver/report.h"

namespace route::driver {

auto Test(const TestOptions& options, const CommonOptions& common) -> int {
  auto compilation = ReadPolicy(options.policy, common);
  if (compilation == nullptr) return kWrongUsage;
  if (!compilation->emitter.has_errors()) {
    compilation->tests = RunTests(compilation->policy, common.now(), compilation->emitter);
  }
  const std::vector<TestResult>& results = compilation->tests;

  if (common.format == Format::kJson) {
    nlohmann::ordered_json document;
    document["schema"] = "route.test/1";
    auto rows = nlohmann::ordered_json::array();
    for (const TestResult& result : results) {
      rows.push_back({{"name", result.name}, {"passed", result.verdict == TestResult::Verdict::kPassed}});
    }
    document["tests"] = std::move(rows);
    document["diagnostics"] = diagnostics::RenderJson(compilation->emitter.diagnostics(), compilation->sources);
    PrintJson(document);
  } else if (!IsText(common.format)) {
    int code = compilation->emitter.has_errors() ? kPolicyHasErrors : kGood;
    PrintReport(MakeReport(*compilation, options.policy, code), compilation->sources, common.format);
  } else {
    PrintDiagnostics(*compilation, common, Stream::kOut);
    auto passed = std::ranges::count(results, TestResult::Verdict::kPassed, &TestResult::verdict);
    llvm::outs() << passed << " passed, " << static_cast<std::ptrdiff_t>(results.size()) - passed << " failed\n";
    llvm::outs().flush();
  }
  return compilation->emitter.has_errors() ? kPolicyHasErrors : kGood;
}

}  // namespace route::driver
