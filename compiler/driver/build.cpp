#include <llvm/Support/raw_ostream.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>

#include "compiler/diagnostics/layout.h"
#include "compiler/diagnostics/render.h"
#include "compiler/driver/commands.h"
#include "compiler/driver/exit_codes.h"
#include "compiler/driver/kept_verdicts.h"
#include "compiler/driver/pipeline.h"
#include "compiler/recheck/recheck.h"
#include "runtime/signature/attestation.h"
#include "runtime/table/collection.h"
#include "runtime/table/sha256.h"

namespace route::driver {
namespace {

using Compilations = std::vector<std::unique_ptr<Compilation>>;

/// Reads every policy; nothing, after saying why, if one cannot be read or if they do not fit into one bundle.
auto ReadPolicies(const BuildOptions& options, const CommonOptions& common) -> std::optional<Compilations> {
  Compilations compilations;
  for (const std::string& path : options.policies) {
    auto compilation = ReadPolicy(path, common);
    if (compilation == nullptr) return std::nullopt;
    const bool pack_is_source = options.pack && IsPolicyFile(*compilation, *options.pack);
    if (pack_is_source || IsPolicyFile(*compilation, options.output)) {
      PrintUsageError("`" + (pack_is_source ? *options.pack : options.output) + "` is a file of the policy itself; name another one to write to");
      return std::nullopt;
    }
    compilations.push_back(std::move(compilation));
  }
  std::ranges::stable_sort(compilations, {}, [](const auto& each) { return each->policy.name; });
  auto same = std::ranges::adjacent_find(compilations, {}, [](const auto& each) { return each->policy.name; });
  if (same != compilations.end() && !(*same)->policy.name.empty()) {
    PrintUsageError("two of the policies are called `" + (*same)->policy.name + "`; a bundle tells its policies apart by name");
    return std::nullopt;
  }
  if (compilations.size() > kMaxPolicies) {
    PrintUsageError("a bundle holds at most " + std::to_string(kMaxPolicies) + " policies");
    return std::nullopt;
  }
  return compilations;
}

void PrintText(const Compilations& compilations, const BuildOptions& options, const CommonOptions& common,
               const std::vector<Table>& written) {
  for (const auto& compilation : compilations) PrintDiagnostics(*compilation, common, Stream::kErr);
  if (written.empty()) llvm::errs() << "nothing was written\n";
  for (std::size_t i = 0; i < written.size(); ++i) {
    const Table& table = written[i];
    llvm::outs() << diagnostics::Printable(options.output) << ": " << table.policy_name() << (table.policy_version().empty() ? "" : " ")
                 << table.policy_version() << ", " << compilations[i]->bundle.size() << " bytes, "
                 << (table.verified() ? "verified" : "NOT VERIFIED") << ", sha256 " << table.hash() << "\n";
  }
}

void Describe(const Compilation& compilation, const Table& table, nlohmann::ordered_json& row) {
  row["policy"] = table.policy_name();
  row["version"] = table.policy_version();
  row["verified"] = table.verified();
  row["bytes"] = compilation.bundle.size();
  row["sha256"] = table.hash();
}

void PrintReport(const Compilations& compilations, const BuildOptions& options, const std::vector<Table>& written) {
  nlohmann::ordered_json document;
  document["schema"] = "route.build/1";
  document["written"] = !written.empty();
  if (!written.empty()) document["bundle"] = options.output;
  if (written.size() == 1) Describe(*compilations[0], written[0], document);
  if (written.size() > 1) {
    document["policies"] = nlohmann::ordered_json::array();
    for (std::size_t i = 0; i < written.size(); ++i) {
      Describe(*compilations[i], written[i], document["policies"].emplace_back(nlohmann::ordered_json::object()));
    }
  }
  auto accepted = nlohmann::ordered_json::array();
  auto diagnostics = nlohmann::ordered_json::array();
  for (const auto& compilation : compilations) {
    for (auto& row : diagnostics::RenderAcceptedJson(compilation->accepted, compilation->sources)) {
      accepted.push_back(std::move(row));
    }
    for (auto& row : diagnostics::RenderJson(compilation->emitter.diagnostics(), compilation->sources)) {
      diagnostics.push_back(std::move(row));
    }
  }
  document["accepted"] = std::move(accepted);
  document["diagnostics"] = std::move(diagnostics);
  PrintJson(document);
}

}  // namespace

auto StatementOf(const Compilation& compilation) -> recheck::Statement {
  recheck::Statement statement{.tool_version = ToolVersion(), .sources = &compilation.sources, .flags = 0, .verdicts = {}};
  bool proved = true;
  for (std::uint32_t i = 0; i < compilation.policy.guarantees.size(); ++i) {
    auto verdict = Verdict::kUnknown;
    for (const verify::GuaranteeResult& result : compilation.report->guarantees) {
      if (result.guarantee == GuaranteeId{i}) verdict = result.verdict;
    }
    statement.verdicts.push_back(static_cast<std::uint32_t>(verdict));
    proved = proved && verdict == Verdict::kProved;
  }
  statement.flags = proved && compilation.report->passed() && !compilation.emitter.has_errors() ? 1 : 0;
  return statement;
}

/// Compares every bit of what is to be written with the policies, by code that has nothing to do with the code that made it.
/// False, after saying why, if a condition is too complex to be compared; any difference is a bug in this program.
auto Recheck(const std::vector<std::byte>& bytes, const Compilations& compilations) -> bool {
  auto bundles = recheck::Split(bytes);
  if (!bundles) throw InternalError("the bundle is not as it should be: " + bundles.error().message);
  if (bundles->size() != compilations.size()) throw InternalError("the bundle has another number of policies");
  for (std::size_t i = 0; i < compilations.size(); ++i) {
    auto mismatch = recheck::Compare((*bundles)[i], compilations[i]->policy, StatementOf(*compilations[i]));
    if (!mismatch) continue;
    if (mismatch->kind == recheck::Mismatch::Kind::kDiffers) {
      throw InternalError("the bundle does not say what the policy does: " + mismatch->message);
    }
    PrintUsageError("the bundle could not be compared with policy `" + compilations[i]->policy.name +
                    "`, and nothing was written: " + mismatch->message);
    return false;
  }
  return true;
}

/// What has been written is what was checked.
void ReadBack(const std::string& path, const std::vector<std::byte>& bytes) {
  auto text = ReadFile(path, bytes.size());
  if (!text) throw InternalError("the bundle that was written cannot be read back: " + text.error());
  if (!std::ranges::equal(std::as_bytes(std::span(*text)), bytes)) {
    throw InternalError("`" + path + "` does not hold the bytes that were written to it; do not use it");
  }
}

auto Build(const BuildOptions& options, const CommonOptions& common) -> int {
  if (options.pack && options.policies.size() > 1) {
    PrintUsageError("--prove takes one policy; write the packs of several with `routec prove`, one by one");
    return kWrongUsage;
  }
  if (options.pack && options.pack == options.output) {
    PrintUsageError("the bundle and the proof pack cannot be one file");
    return kWrongUsage;
  }
  auto compilations = ReadPolicies(options, common);
  if (!compilations) return kWrongUsage;
  int code = kGood;
  bool complete = true;
  std::vector<std::vector<std::byte>> bundles;
  KeptVerdicts verdicts(options.cache);
  for (auto& compilation : *compilations) {
    VerifyPolicy(*compilation, options.limits, common.now(), verdicts.cache());
    int own = ExitCodeOf(compilation->emitter.diagnostics(), diagnostics::FailLevel::kError);
    if (own == kPolicyHasErrors || code == kGood) code = own;
    complete = complete && !compilation->bundle.empty();
    bundles.push_back(compilation->bundle);
  }
  verdicts.Keep();
  std::vector<Table> written;
  std::string pack;
  bool wanted = code == kGood || options.unverified == BuildOptions::Unverified::kAllow;
  if (wanted && complete) {
    if (options.pack) pack = MakePack(*compilations->front());
    if (options.pack && pack.empty()) {
      PrintUsageError("a question was left unanswered, so there is no proof pack; nothing was written");
      return kInconclusive;
    }
    std::vector<std::byte> bytes = WriteCollection(bundles);
    if (!Recheck(bytes, *compilations)) return kInconclusive;
    auto stored = WriteFileAtomically(options.output, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    if (stored && options.pack) stored = WriteFileAtomically(*options.pack, pack);
    if (stored && options.pack) {
      const ProvedBundle proved{compilations->front()->policy.name, std::string(compilations->front()->table->hash()), Sha256Hex(pack)};
      stored = WriteFileAtomically(AttestationPath(options.output), WriteAttestation(std::span(&proved, 1), std::nullopt).value());
    }
    if (!stored) {
      PrintUsageError(stored.error());
      return kWrongUsage;
    }
    ReadBack(options.output, bytes);
    auto tables = LoadTables(options.output);
    if (!tables) throw InternalError("the bundle that was written does not load: " + tables.error().message);
    written = std::move(*tables);
    code = kGood;
  }
  if (common.format == Format::kJson) {
    PrintReport(*compilations, options, written);
  } else {
    PrintText(*compilations, options, common, written);
  }
  return code;
}

}  // namespace route::driver
