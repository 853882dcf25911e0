#include <llvm/Support/raw_ostream.h>

#include <nlohmann/json.hpp>

#include "compiler/driver/commands.h"
#include "compiler/driver/exit_codes.h"
#include "compiler/driver/pipeline.h"
#include "compiler/ir/json.h"
#include "compiler/syntax/dump.h"
#include "compiler/verify/verify.h"
#include "runtime/table/dump.h"

namespace route::driver {

auto Dump(const DumpOptions& options, const CommonOptions& common) -> int {
  auto compilation = options.phase == Phase::kAst ? ReadSyntax(options.policy) : ReadPolicy(options.policy, common);
  if (compilation == nullptr) return kWrongUsage;
  if (options.phase == Phase::kTable && !compilation->emitter.has_errors()) {
    // What is wrong with the policy is no reason not to look at its table.
    compilation->report = verify::VerifyReport{};
  }
  if (compilation->emitter.has_errors()) {
    PrintDiagnostics(*compilation, common, Stream::kErr);
    return kPolicyHasErrors;
  }
  auto& out = llvm::outs();
  switch (options.phase) {
    case Phase::kAst:
      for (const ast::File& file : compilation->loaded.files) out << syntax::Dump(file, compilation->sources);
      break;
    case Phase::kIr: PrintJson(ir::ToJson(compilation->policy)); break;
    case Phase::kSmt: out << verify::EmitSmt2(compilation->policy); break;
    case Phase::kTable: {
      if (!LowerPolicy(*compilation)) {
        PrintDiagnostics(*compilation, common, Stream::kErr);
        return kPolicyHasErrors;
      }
      auto table = Table::FromBytes(std::move(compilation->bundle));
      if (!table) throw InternalError(table.error().message);
      out << DumpTable(*table);
      break;
    }
  }
  out.flush();
  return kGood;
}

}  // namespace route::driver
