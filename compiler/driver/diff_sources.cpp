#include <algorithm>
#include <utility>
#include <variant>

#include "compiler/base/read_file.h"
#include "compiler/driver/diff.h"
#include "compiler/driver/exit_codes.h"
#include "compiler/resolve/resolve.h"
#include "compiler/syntax/parse.h"

// Policies that nobody wrote: the old rules over a new catalogue, and a policy with the conditions of intended changes.

namespace route::driver {
namespace {

auto IsCatalogue(const resolve::LoadedDeclaration& declaration) -> bool {
  return std::holds_alternative<ast::Vendor>(*declaration.declaration) ||
         std::holds_alternative<ast::Model>(*declaration.declaration) ||
         std::holds_alternative<ast::Deployment>(*declaration.declaration) ||
         std::holds_alternative<ast::Property>(*declaration.declaration);
}

/// Takes the catalogue out of one policy and puts that of another in its place.
auto WithCatalogueOf(resolve::LoadedPolicy policy, resolve::LoadedPolicy other) -> resolve::LoadedPolicy {
  std::erase_if(policy.declarations, IsCatalogue);
  for (resolve::LoadedDeclaration declaration : other.declarations) {
    declaration.layer = std::min(declaration.layer, policy.layers - 1);
    if (IsCatalogue(declaration)) policy.declarations.push_back(declaration);
  }
  std::ranges::stable_sort(policy.declarations, {}, &resolve::LoadedDeclaration::layer);
  policy.file_layers.resize(std::max(policy.file_layers.size(), other.file_layers.size()), policy.layers - 1);
  // The root file stays the last one. Moving a file leaves its declarations where they are.
  std::ranges::move(policy.files, std::back_inserter(other.files));
  policy.files = std::move(other.files);
  return policy;
}

/// The name that the condition of an allowance has while it is resolved.
auto ConditionName(std::uint32_t line) -> std::string {
  return "intended_change_of_line_" + std::to_string(line);
}

/// Policy text that has each condition on the line on which the file of allowances has it.
auto ConditionsText(const std::vector<diff::Allowance>& allowances) -> std::string {
  std::string text;
  std::uint32_t line = 1;
  for (const diff::Allowance& allowance : allowances) {
    if (allowance.condition.empty()) continue;
    text.append(allowance.line - line, '\n');
    line = allowance.line;
    text += "condition " + ConditionName(line) + " = " + allowance.condition;
  }
  return text + "\n";
}

/// The error in terms of the file of allowances.
void PrintConditionError(const Compilation& compilation, FileId file) {
  for (const diagnostics::Diagnostic& diagnostic : compilation.emitter.diagnostics()) {
    if (diagnostic.span.file != file || diagnostic.severity != diagnostics::Severity::kError) continue;
    PrintUsageError(compilation.sources.Describe(diagnostic.span) + ": " + diagnostic.message +
                    (diagnostic.hint.empty() ? "" : "; " + diagnostic.hint));
    return;
  }
  PrintUsageError("the conditions of the intended changes do not go with the new policy");
}

auto Names(const ir::Policy& policy, const std::string& name) -> bool {
  return std::ranges::find(policy.deployments, name, &ir::Deployment::name) != policy.deployments.end() ||
         std::ranges::find(policy.services, name, &ir::Service::name) != policy.services.end();
}

/// False, after saying so, if an allowance names a deployment or service that neither policy has.
auto KnowsDeployments(const DiffOptions& command, const ComparedPolicy& before, const ComparedPolicy& after,
                      const std::vector<diff::Allowance>& allowances) -> bool {
  for (const diff::Allowance& allowance : allowances) {
    for (const std::string& name : allowance.deployments) {
      if (Names(*before.side().policy, name) || Names(*after.side().policy, name)) continue;
      std::vector<std::string> known;
      for (const ir::Deployment& deployment : after.side().policy->deployments) known.push_back(deployment.name);
      const std::string nearest = diagnostics::NearestName(name, known);
      PrintUsageError(*command.allow + ":" + std::to_string(allowance.line) + ": neither policy has a deployment or service `" +
                      name + "`" + (nearest.empty() ? "" : "; did you mean `" + nearest + "`?"));
      return false;
    }
  }
  return true;
}

auto ResolveConditions(const DiffOptions& command, const CommonOptions& common, diff::Options& options) -> bool {
  auto compilation = ReadSyntax(command.after);
  if (compilation == nullptr) return false;
  const FileId file = compilation->sources.Add(*command.allow, ConditionsText(options.allowances));
  ast::File tree = syntax::Parse(compilation->sources, file, compilation->emitter);
  resolve::LoadedPolicy& loaded = compilation->loaded;
  for (const ast::Declaration& declaration : tree.declarations)
    loaded.declarations.push_back({&declaration, loaded.layers - 1});
  loaded.files.insert(loaded.files.begin(), std::move(tree));
  loaded.file_layers.resize(compilation->sources.size(), loaded.layers - 1);
  compilation->policy = resolve::Resolve(compilation->sources, loaded, {common.today}, compilation->emitter);
  if (compilation->emitter.has_errors()) {
    PrintConditionError(*compilation, file);
    return false;
  }
  ir::Condition always;
  for (const diff::Allowance& allowance : options.allowances) {
    const auto& conditions = compilation->policy.conditions;
    const auto found = std::ranges::find(conditions, ConditionName(allowance.line), &ir::NamedCondition::name);
    options.conditions.push_back(allowance.condition.empty() ? always : found->condition);
  }
  return true;
}

}  // namespace

auto ReadBetween(const std::string& before, const std::string& after, const CommonOptions& common)
    -> std::unique_ptr<Compilation> {
  auto compilation = ReadSyntax(before);
  if (compilation == nullptr || compilation->emitter.has_errors()) return nullptr;
  auto text = ReadFileUpTo(after, syntax::kMaxFileBytes, FileKind::kAny);
  if (!text) return nullptr;
  const FileId root = compilation->sources.Add(after, std::move(*text));
  resolve::LoadedPolicy other = resolve::Load(compilation->sources, root, compilation->emitter);
  if (compilation->emitter.has_errors()) return nullptr;
  compilation->loaded = WithCatalogueOf(std::move(compilation->loaded), std::move(other));
  compilation->policy =
      resolve::Resolve(compilation->sources, compilation->loaded, {common.today}, compilation->emitter);
  if (compilation->emitter.has_errors()) return nullptr;
  return compilation;
}

auto ReadAllowed(const DiffOptions& command, const ComparedPolicy& before, const ComparedPolicy& after,
                 const CommonOptions& common, diff::Options& options) -> bool {
  constexpr std::uint64_t kMostBytes = 1 << 20;
  const auto text = ReadFile(*command.allow, kMostBytes);
  if (!text) {
    PrintUsageError(text.error());
    return false;
  }
  auto allowances = diff::ReadAllowances(*text);
  if (!allowances) {
    PrintUsageError(*command.allow + ":" + allowances.error());
    return false;
  }
  options.allowances = std::move(*allowances);
  if (!KnowsDeployments(command, before, after, options.allowances)) return false;
  const bool has_conditions =
      std::ranges::any_of(options.allowances, [](const auto& each) { return !each.condition.empty(); });
  if (!has_conditions) {
    options.conditions.assign(options.allowances.size(), ir::Condition{});
    return true;
  }
  if (after.rebuilt) {
    PrintUsageError(
        "a condition of an intended change needs the new policy's source, which a bundle does not hold: name the "
        "`.route` file");
    return false;
  }
  return ResolveConditions(command, common, options);
}

}  // namespace route::driver
