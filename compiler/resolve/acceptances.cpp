#include "compiler/resolve/acceptances.h"

#include <algorithm>
#include <optional>

#include "compiler/diagnostics/fixes.h"

namespace route::resolve {
namespace {

using diagnostics::Builder;
using diagnostics::Code;

auto WarningCalled(const SourceSet& sources, const ast::Name& name, diagnostics::Emitter& emitter) -> std::optional<Code> {
  const auto& catalogue = diagnostics::Catalogue();
  auto entry = std::ranges::find(catalogue, name.text, &diagnostics::CatalogueEntry::name);
  if (entry == catalogue.end()) {
    std::vector<std::string> warnings;
    for (const auto& each : catalogue) {
      if (each.severity == diagnostics::Severity::kWarning) warnings.emplace_back(each.name);
    }
    Builder builder(Code::kR0404, name.span, "there is no code `" + name.text + "`");
    std::string nearest = diagnostics::OnlyNearestName(name.text, warnings);
    if (nearest.empty()) {
      emitter.Report(std::move(builder).WithHint("a code stands in brackets before its message, for example `R0504`"));
    } else {
      emitter.Report(std::move(builder)
                         .WithHint("did you mean `" + nearest + "`?")
                         .WithFix(diagnostics::Replace(sources, name.span, nearest)));
    }
    return std::nullopt;
  }
  if (entry->severity == diagnostics::Severity::kError) {
    emitter.Report(Builder(Code::kR0404, name.span, "`" + name.text + "` is an error, and no error can be accepted")
                       .WithHint("correct what it says: only warnings can be accepted"));
    return std::nullopt;
  }
  if (entry->code == Code::kR0405) {
    emitter.Report(Builder(Code::kR0404, name.span, "`" + name.text + "` speaks of acceptances and cannot be accepted itself")
                       .WithHint("take out the acceptance that accepts nothing"));
    return std::nullopt;
  }
  return entry->code;
}

}  // namespace

auto FindAcceptances(const SourceSet& sources, const LoadedPolicy& loaded, diagnostics::Emitter& emitter)
    -> std::vector<diagnostics::Acceptance> {
  std::vector<diagnostics::Acceptance> acceptances;
  for (const LoadedDeclaration& each : loaded.declarations) {
    const auto* declared = std::get_if<ast::Accept>(each.declaration);
    if (declared == nullptr) continue;
    auto code = WarningCalled(sources, declared->code, emitter);
    if (!code) continue;
    if (declared->because.text.find_first_not_of(' ') == std::string::npos) {
      emitter.Report(Builder(Code::kR0404, declared->because.span, "an acceptance needs a reason")
                         .WithHint("say why, for whoever reads this later"));
      continue;
    }
    diagnostics::Acceptance acceptance;
    acceptance.code = *code;
    acceptance.reason = declared->because.text;
    acceptance.span = declared->code.span;
    for (const ast::Name& subject : declared->subjects) acceptance.subjects.push_back({subject.text, subject.span, 0});
    acceptances.push_back(std::move(acceptance));
  }
  return acceptances;
}

}  // namespace route::resolve
