#include "compiler/resolve/shapes.h"

#include <algorithm>
#include <utility>

#include "compiler/resolve/resolver.h"
#include "stdlib/library.h"

namespace route::resolve {

using diagnostics::Builder;
using diagnostics::Code;

Bindings::Bindings(const std::vector<ast::Name>& parameters, const std::vector<ast::Value>& arguments) {
  for (std::size_t i = 0; i < parameters.size(); ++i) arguments_.try_emplace(parameters[i].text, arguments.at(i));
}

auto Bindings::Find(const ast::Name& name) -> const ast::Value* {
  auto found = arguments_.find(name.text);
  if (found == arguments_.end()) return nullptr;
  used_.insert(name.text);
  return &found->second;
}

void Bindings::ApplyTo(ast::Name& name) {
  const ast::Value* argument = Find(name);
  if (argument == nullptr) return;
  if (const auto* other = std::get_if<ast::Name>(argument)) {
    name = *other;
  } else {
    misfits_.push_back(*argument);
  }
}

void Bindings::ApplyTo(std::vector<ast::Value>& values) {
  for (ast::Value& value : values) {
    const auto* name = std::get_if<ast::Name>(&value);
    const ast::Value* argument = name == nullptr ? nullptr : Find(*name);
    if (argument != nullptr) value = *argument;
  }
}

void Bindings::ApplyTo(std::vector<ast::Clause>& clauses) {
  for (ast::Clause& clause : clauses) clause.condition = Apply(std::move(clause.condition));
}

auto Bindings::Apply(ast::Condition condition) -> ast::Condition {
  for (ast::Condition& child : condition.children) child = Apply(std::move(child));
  if (condition.kind != ast::Condition::Kind::kComparison) return condition;
  if (condition.op != ast::Operator::kApply) ApplyTo(condition.subject);
  ApplyTo(condition.values);
  return condition;
}

auto Bindings::Apply(ast::DeploymentTest test) -> ast::DeploymentTest {
  for (ast::DeploymentTest& child : test.children) child = Apply(std::move(child));
  if (test.work) ApplyTo(*test.work);
  ApplyTo(test.values);
  return test;
}

auto Bindings::Apply(ast::Rule rule) -> ast::Rule {
  rule.parameters.clear();
  ApplyTo(rule.clauses);
  for (ast::Effect& effect : rule.effects) effect.test = Apply(std::move(effect.test));
  return rule;
}

auto Bindings::Apply(ast::Guarantee guarantee) -> ast::Guarantee {
  guarantee.parameters.clear();
  if (guarantee.premise) guarantee.premise = Apply(std::move(*guarantee.premise));
  if (auto* every = std::get_if<ast::EveryReached>(&guarantee.promise)) every->test = Apply(std::move(every->test));
  if (auto* never = std::get_if<ast::Never>(&guarantee.promise)) never->test = Apply(std::move(never->test));
  if (auto* first = std::get_if<ast::FirstChoice>(&guarantee.promise)) first->test = Apply(std::move(first->test));
  if (auto* served = std::get_if<ast::Served>(&guarantee.promise)) {
    for (ast::Name& name : served->unless_refused_by) ApplyTo(name);
  }
  if (auto* compared = std::get_if<ast::Compared>(&guarantee.promise)) {
    for (ast::Setting* setting : {&compared->with, &compared->than}) {
      ApplyTo(setting->attribute);
      ApplyTo(setting->values);
    }
    if (compared->work) ApplyTo(*compared->work);
  }
  return guarantee;
}

// --- Of the resolver ------------------------------------------------------------------------------------------------

void Resolver::ReportParameters(const std::vector<ast::Name>& parameters, const std::set<std::string>& used) {
  std::set<std::string> seen;
  for (const ast::Name& parameter : parameters) {
    if (!seen.insert(parameter.text).second) {
      Error(Code::kR0202, parameter.span, "the parameter `" + parameter.text + "` is declared twice", "take one of the two out");
    } else if (!used.contains(parameter.text)) {
      Error(Code::kR0214, parameter.span, "the parameter `" + parameter.text + "` is not used", "take it out, or use it");
    }
  }
}

namespace {

/// `std.rules` of `std.rules.stays_in`; empty if only a name stands there.
auto FileOf(const std::vector<ast::Name>& path) -> std::string {
  std::string file;
  for (std::size_t i = 0; i + 1 < path.size(); ++i) file += (i == 0 ? "" : ".") + path[i].text;
  return file;
}

/// The rules, guarantees or conditions of a file of the library, each of which begins a line. `kind` begins with the word of the
/// declaration.
auto DeclaredIn(std::string_view text, std::string_view kind) -> std::vector<std::string> {
  constexpr std::string_view kOfNames = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
  const std::string begins = "\n" + std::string(kind.substr(0, kind.find(' '))) + " ";
  std::vector<std::string> names;
  for (std::size_t at = text.find(begins); at != std::string_view::npos; at = text.find(begins, at + 1)) {
    const std::string_view rest = text.substr(at + begins.size());
    names.emplace_back(rest.substr(0, rest.find_first_not_of(kOfNames)));
  }
  return names;
}

}  // namespace

void Resolver::UnknownShape(std::string_view kind, const std::vector<ast::Name>& path, const std::vector<std::string>& known) {
  const std::string file = FileOf(path);
  const ast::Name& name = path.back();
  const auto text = stdlib::LibraryFile(file);
  if (!text) return UnknownName(kind, name, known);
  const std::vector<std::string> declared = DeclaredIn(*text, kind);
  if (std::ranges::find(declared, name.text) != declared.end()) {
    Error(Code::kR0201, name.span, "there is no " + std::string(kind) + " `" + name.text + "`", "add `import " + file + "`",
          InsertFix(name.span.file, "import " + file));
    return;
  }
  const std::string nearest = diagnostics::NearestName(name.text, declared);
  std::string hint;
  for (const std::string& each : declared) hint += (hint.empty() ? "`" + file + "` has `" : ", `") + each + "`";
  if (declared.empty()) hint = "`" + file + "` has none";
  if (!nearest.empty()) hint = "did you mean `" + nearest + "`?";
  Error(Code::kR0201, name.span, "there is no " + std::string(kind) + " `" + name.text + "` in `" + file + "`", hint,
        !nearest.empty() && diagnostics::OnlyNearestName(name.text, declared) == nearest ? std::optional(Replace(name.span, nearest))
                                                                                        : std::nullopt);
}

void Resolver::CheckShapesApplied() {
  CheckApplied(rule_shapes_);
  CheckApplied(guarantee_shapes_);
}

auto Resolver::FitArguments(std::string_view kind, const ast::Name& shape, const std::vector<ast::Name>& parameters,
                            const ast::Application& application) -> bool {
  std::string prefix = FileOf(application.path);
  if (!prefix.empty() && sources_.Get(shape.span.file).path() != "<" + prefix + ">") {
    Report(Builder(Code::kR0201, application.span, "the " + std::string(kind) + " `" + shape.text + "` is not in `" + prefix + "`")
               .AddNote(shape.span, "it is declared here"));
    return false;
  }
  if (application.arguments.size() == parameters.size()) return true;
  auto count = [](std::size_t number, const std::string& noun) {
    return (number == 0 ? "no" : std::to_string(number)) + " " + noun + (number == 1 ? "" : "s");
  };
  Report(Builder(Code::kR0214, application.span,
                 "`" + shape.text + "` takes " + count(parameters.size(), "argument") + " and is given " +
                     count(application.arguments.size(), "argument"))
             .AddNote(shape.span, "it is declared here"));
  return false;
}

void Resolver::ReportMisfits(const Bindings& bindings, const ast::Name& shape) {
  for (const ast::Value& argument : bindings.misfits()) {
    Report(Builder(Code::kR0214, ast::SpanOf(argument), "`" + shape.text + "` needs a name here, not `" + TextOf(ast::SpanOf(argument)) + "`")
               .AddNote(shape.span, "it is declared here"));
  }
}

}  // namespace route::resolve
