#include "compiler/driver/pipeline.h"

#include <llvm/Support/raw_ostream.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "compiler/base/read_file.h"
#include "compiler/base/utf8.h"
#include "compiler/diagnostics/layout.h"
#include "compiler/diagnostics/render.h"
#include "compiler/driver/exit_codes.h"
#include "compiler/explain/confirm.h"
#include "compiler/ir/check.h"
#include "compiler/resolve/acceptances.h"
#include "compiler/resolve/resolve.h"
#include "compiler/syntax/parse.h"
#include "compiler/testing/run.h"
#include "compiler/verify/diagnose.h"

namespace route::driver {

using diagnostics::Builder;
using diagnostics::Code;

auto ToolVersion() -> std::string { return "routec " ROUTE_VERSION; }

void PrintUsageError(const std::string& sentence) {
  llvm::errs() << "routec: error: " << diagnostics::Printable(sentence) << "\n";
}

auto ReadSyntax(const std::string& path) -> std::unique_ptr<Compilation> {
  for (std::size_t i = 0; i < path.size();) {
    std::uint32_t length = DecodeUtf8(path, i).length;
    if (length == 0) {
      PrintUsageError("the name of the policy file is not UTF-8, and bundles and messages name their sources: rename it");
      return nullptr;
    }
    i += length;
  }
  // One byte more than the parser takes is enough for the parser to say how large a file may be.
  auto text = ReadFileUpTo(path, syntax::kMaxFileBytes, FileKind::kAny);
  if (!text) {
    PrintUsageError(text.error());
    return nullptr;
  }
  auto compilation = std::make_unique<Compilation>();
  FileId root = compilation->sources.Add(path, std::move(*text));
  compilation->loaded = resolve::Load(compilation->sources, root, compilation->emitter);
  return compilation;
}

namespace {

void TakeAccepted(Compilation& compilation) {
  for (auto& accepted : diagnostics::TakeAccepted(compilation.emitter, compilation.acceptances)) {
    compilation.accepted.push_back(std::move(accepted));
  }
}

}  // namespace

auto ReadPolicy(const std::string& path, const CommonOptions& common) -> std::unique_ptr<Compilation> {
  auto compilation = ReadSyntax(path);
  if (compilation == nullptr) return compilation;
  if (compilation->emitter.has_errors()) {
    compilation->emitter.SortByPlace();
    return compilation;
  }
  compilation->policy =
      resolve::Resolve(compilation->sources, compilation->loaded, {common.today, common.unused}, compilation->emitter);
  compilation->acceptances = resolve::FindAcceptances(compilation->sources, compilation->loaded, compilation->emitter);
  TakeAccepted(*compilation);
  compilation->emitter.SortByPlace();
  if (compilation->emitter.has_errors()) return compilation;
  if (auto faults = ir::CheckWellFormed(compilation->policy); !faults.empty()) {
    throw InternalError("the policy core is not well formed: " + faults.front());
  }
  return compilation;
}

namespace {

auto Witnesses(const verify::VerifyReport& report) -> std::set<ir::Request> {
  std::set<ir::Request> witnesses;
  for (const auto& finding : report.uncovered) witnesses.insert(finding.witness);
  for (const auto& finding : report.unservable) witnesses.insert(finding.witness);
  for (const auto& finding : report.dead_tiers) witnesses.insert(finding.witness);
  for (const auto& finding : report.dearer_spills) witnesses.insert({finding.witness, finding.below});
  for (const auto& finding : report.dead_members) witnesses.insert(finding.witness);
  for (const auto& finding : report.value_gains) witnesses.insert({finding.witness, finding.instead});
  for (const auto& finding : report.single_losses) witnesses.insert(finding.witness);
  for (const auto& result : report.guarantees) {
    if (result.witness) witnesses.insert(*result.witness);
    if (result.compared_with) witnesses.insert(*result.compared_with);
  }
  return witnesses;
}

/// The table must decide each witness as the evaluator does; otherwise one of them is wrong and nothing may be shown.
void ConfirmWitnesses(const Compilation& compilation, const Table& table) {
  for (const ir::Request& witness : Witnesses(*compilation.report)) {
    explain::DecideTwice(compilation.policy, compilation.sources, table, witness);
  }
}

}  // namespace

auto LowerPolicy(Compilation& compilation) -> bool {
  lower::Provenance provenance{ToolVersion(), &compilation.sources, compilation.emitter.has_errors()};
  auto bytes = lower::Lower(compilation.policy, *compilation.report, provenance);
  if (!bytes) {
    compilation.emitter.Report(
        Builder(Code::kR0601, bytes.error().span, bytes.error().message).WithHint(bytes.error().hint));
    return false;
  }
  auto table = Table::FromBytes(*bytes);
  if (!table) throw InternalError("the bundle that was written does not load: " + table.error().message);
  ConfirmWitnesses(compilation, *table);
  compilation.bundle = std::move(*bytes);
  compilation.table.emplace(std::move(*table));
  return true;
}

void VerifyPolicy(Compilation& compilation, const verify::Limits& limits, Moment now, verify::VerdictCache* cache) {
  if (compilation.emitter.has_errors()) return;
  verify::Limits from_today = limits;
  from_today.today = now.date;
  compilation.report = verify::Verify(compilation.policy, from_today, cache);
  if (limits.depth == verify::Limits::Depth::kAudit) compilation.depth = diagnostics::Depth::kAudit;
  if (!LowerPolicy(compilation)) {
    compilation.report.reset();
    return;
  }
  verify::Diagnose(compilation.policy, compilation.sources, *compilation.report, compilation.emitter);
  compilation.tests = testing::RunTests(compilation.policy, compilation.sources, now, compilation.emitter);
  TakeAccepted(compilation);
  // An unanswered question may have had an accepted finding for its answer.
  bool all_answered = std::ranges::find(compilation.emitter.diagnostics(), Code::kR0520, &diagnostics::Diagnostic::code) ==
                      compilation.emitter.diagnostics().end();
  if (all_answered) diagnostics::ReportUnused(compilation.acceptances, compilation.depth, compilation.emitter);
  // A test that fails is known only now, and the bundle must not say "verified".
  if (compilation.report->passed() && compilation.emitter.has_errors()) LowerPolicy(compilation);
  compilation.emitter.SortByPlace();
}

auto IsPolicyFile(const Compilation& compilation, const std::string& path) -> bool {
  return std::ranges::any_of(compilation.loaded.files, [&](const ast::File& file) {
    return IsSameFile(compilation.sources.Get(file.id).path(), path);
  });
}

auto ExitCodeOf(const std::vector<diagnostics::Diagnostic>& findings, diagnostics::FailLevel level) -> int {
  bool inconclusive = false;
  for (const diagnostics::Diagnostic& finding : findings) {
    if (diagnostics::Fails(finding, level)) return kPolicyHasErrors;
    inconclusive = inconclusive || finding.code == Code::kR0520;
  }
  return inconclusive ? kInconclusive : kGood;
}

auto WidthOf(Stream stream) -> std::size_t {
  constexpr std::size_t kNarrowest = 60;
  constexpr std::size_t kWidest = 120;
  struct winsize size{};
  int descriptor = stream == Stream::kOut ? STDOUT_FILENO : STDERR_FILENO;
  if (::isatty(descriptor) == 0 || ::ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) {
    return diagnostics::kDefaultWidth;
  }
  return std::clamp<std::size_t>(size.ws_col, kNarrowest, kWidest);
}

void PrintJson(const nlohmann::ordered_json& document) {
  llvm::outs() << document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << "\n";
  llvm::outs().flush();
}

void SetColours(llvm::raw_fd_ostream& out, const CommonOptions& common) {
  out.enable_colors(common.colour == Colour::kAlways || (common.colour == Colour::kAuto && out.has_colors()));
}

void PrintDiagnostics(const Compilation& compilation, const CommonOptions& common, Stream stream) {
  llvm::raw_fd_ostream& out = stream == Stream::kOut ? llvm::outs() : llvm::errs();
  if (common.format == Format::kPlain) {
    diagnostics::RenderPlain(compilation.emitter.diagnostics(), compilation.sources, out);
    out.flush();
    return;
  }
  SetColours(out, common);
  diagnostics::RenderText(compilation.emitter.diagnostics(), compilation.sources, out, WidthOf(stream));
  out.flush();
}

}  // namespace route::driver
