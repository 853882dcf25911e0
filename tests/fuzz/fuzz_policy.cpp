// Any bytes as a policy: reading, resolving and printing them neither crashes nor hangs, and what resolves without an
// error is well formed and can be evaluated.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "compiler/ir/check.h"
#include "compiler/ir/evaluate.h"
#include "compiler/resolve/load.h"
#include "compiler/resolve/resolve.h"
#include "compiler/syntax/dump.h"

extern "C" auto LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) -> int {
  using namespace route;
  SourceSet sources;
  diagnostics::Emitter emitter;
  FileId root = sources.Add("fuzz.route", std::string(reinterpret_cast<const char*>(data), size));
  resolve::LoadedPolicy loaded = resolve::Load(sources, root, emitter);
  for (const ast::File& file : loaded.files) syntax::Dump(file, sources);
  if (emitter.has_errors()) return 0;
  Date today = *ParseDate("2026-11-24");
  ir::Policy policy = resolve::Resolve(sources, loaded, {today}, emitter);
  if (emitter.has_errors()) return 0;
  if (auto faults = ir::CheckWellFormed(policy); !faults.empty()) {
    std::fprintf(stderr, "not well formed: %s\n", faults[0].c_str());
    std::abort();
  }
  if (auto request = ir::CompleteRequest(policy, {}, today)) ir::Evaluate(policy, *request);
  return 0;
}
