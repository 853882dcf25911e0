#include <llvm/Support/raw_ostream.h>

#include <nlohmann/json.hpp>

#include "compiler/diagnostics/layout.h"
#include "compiler/diagnostics/render.h"
#include "compiler/driver/choose_policy.h"
#include "compiler/driver/exit_codes.h"
#include "compiler/driver/explain.h"
#include "compiler/driver/pipeline.h"
#include "compiler/explain/confirm.h"
#include "compiler/explain/explain.h"
#include "compiler/explain/from_table.h"
#include "compiler/ir/json.h"
#include "compiler/ir/report.h"
#include "compiler/ir/text.h"
#include "runtime/decide/report.h"

namespace route::driver {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kSchema = "route.explanation/1";

void PrintErrors(const Compilation& compilation, const CommonOptions& common) {
  if (common.format == Format::kJson) {
    PrintJson({{"schema", kSchema}, {"diagnostics", diagnostics::RenderJson(compilation.emitter.diagnostics(), compilation.sources)}});
  } else {
    PrintDiagnostics(compilation, common, Stream::kErr);
  }
}

/// `extra` stands in the JSON document behind the schema.
void PrintDocument(const explain::Document& document, Json extra, const CommonOptions& common) {
  switch (common.format) {
    case Format::kText:
    case Format::kPlain: llvm::outs() << explain::ToText(document, WidthOf(Stream::kOut)); break;
    case Format::kMarkdown: llvm::outs() << explain::ToMarkdown(document); break;
    case Format::kJson: {
      Json whole = {{"schema", kSchema}};
      whole.update(extra);
      whole.update(explain::ToJson(document));
      PrintJson(whole);
      break;
    }
    case Format::kSarif:
    case Format::kGithub:
    case Format::kJunit: throw InternalError("a format that explanations do not have");
  }
  llvm::outs().flush();
}

auto ChangeJson(const ir::Policy& policy, const ir::Request& request, const std::optional<explain::Change>& change) -> Json {
  if (!change) return nullptr;
  const Json now = ir::RequestToJson(policy, request);
  const Json then = ir::RequestToJson(policy, change->request);
  Json rows = Json::array();
  for (AttributeId id : change->attributes) {
    const std::string& name = policy.attributes.at(id.index).name;
    rows.push_back({{"attribute", name}, {"now", now.at(name)}, {"then", then.at(name)}});
  }
  return {{"changes", std::move(rows)}, {"request", then}};
}

}  // namespace

auto ExplainPolicyFile(const ExplainOptions& options, const CommonOptions& common) -> int {
  if (options.what.ends_with(".rtb")) {
    PrintUsageError("a bundle alone is not explained: give a request with `--given`, or name the policy that it was built from");
    return kWrongUsage;
  }
  auto compilation = ReadPolicy(options.what, common);
  if (compilation == nullptr) return kWrongUsage;
  if (compilation->emitter.has_errors()) {
    PrintErrors(*compilation, common);
    return kPolicyHasErrors;
  }
  VerifyPolicy(*compilation, options.limits, common.now());
  const ir::Policy& policy = compilation->policy;
  const verify::VerifyReport* report = compilation->report ? &*compilation->report : nullptr;
  PrintDocument(explain::ExplainPolicy(policy, compilation->sources, report),
                {{"policy", policy.name}, {"version", policy.version}}, common);
  if (compilation->emitter.has_errors()) {
    llvm::errs() << "routec: warning: `" << diagnostics::Printable(options.what) << "` has " << compilation->emitter.error_count()
                 << (compilation->emitter.error_count() == 1 ? " problem" : " problems") << ", which `routec check` shows\n";
  }
  // What the policy does wrong is explained; what is not known about it is no explanation.
  return ExitCodeOf(compilation->emitter.diagnostics(), diagnostics::FailLevel::kNever);
}

namespace {

/// What is explained: a policy and the table that was made of it, or a table and the policy that it stands for.
struct Explained {
  const ir::Policy& policy;
  const SourceSet& sources;
  const Table& table;
};

auto ExplainRequest(const Explained& explained, const std::string& text, const CommonOptions& common) -> int {
  const auto& [policy, sources, table] = explained;
  auto given = ir::ParseGiven(policy, text);
  if (!given) {
    PrintUsageError("--given: " + given.error());
    return kWrongUsage;
  }
  auto request = ir::CompleteRequest(policy, *given, common.now());
  if (!request) {
    const std::string& name = policy.attributes[request.error().index].name;
    PrintDocument({.title = "The request is refused: attribute `" + name + "` has no value and no default.", .sections = {}},
                  {{"decision", ToJson(ReportMissingAttribute(name))}}, common);
    return kGood;
  }
  const ir::Decision decision = explain::DecideTwice(policy, sources, table, *request);
  const auto changes = explain::FindNearestChanges(policy, sources, table, *request, explain::ChangeLimits{});
  Json extra = {{"request", ir::RequestToJson(policy, *request)},
                {"decision", ToJson(ir::Report(policy, sources, decision))},
                {"nearest",
                 {{"outcome", ChangeJson(policy, *request, changes.outcome)},
                  {"route", ChangeJson(policy, *request, changes.route)},
                  {"first_choice", ChangeJson(policy, *request, changes.first_choice)},
                  {"complete", changes.search == explain::NearestChanges::Search::kComplete}}}};
  PrintDocument(explain::ExplainDecision(policy, sources, *request, changes), std::move(extra), common);
  return kGood;
}

auto ExplainByBundle(const ExplainOptions& options, const CommonOptions& common) -> int {
  auto table = LoadPolicy(options.what, options.policy);
  if (!table) return kWrongUsage;
  auto rebuilt = explain::PolicyOf(*table);
  if (!rebuilt) {
    PrintUsageError(rebuilt.error());
    return kWrongUsage;
  }
  return ExplainRequest({rebuilt->policy, rebuilt->sources, *table}, *options.given, common);
}

}  // namespace

auto ExplainDecisionOf(const ExplainOptions& options, const CommonOptions& common) -> int {
  if (options.what.ends_with(".rtb")) return ExplainByBundle(options, common);
  auto compilation = ReadPolicy(options.what, common);
  if (compilation == nullptr) return kWrongUsage;
  // A decision can be explained whether or not the policy keeps its promises.
  compilation->report = verify::VerifyReport{};
  if (compilation->emitter.has_errors() || !LowerPolicy(*compilation)) {
    PrintErrors(*compilation, common);
    return kPolicyHasErrors;
  }
  return ExplainRequest({compilation->policy, compilation->sources, *compilation->table}, *options.given, common);
}

}  // namespace route::driver
