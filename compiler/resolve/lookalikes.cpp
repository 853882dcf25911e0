#include "compiler/base/lookalike.h"
#include "compiler/resolve/resolver.h"

namespace route::resolve {

using diagnostics::Builder;
using diagnostics::Code;

void Resolver::ReportLookalike(std::string_view kind, const ast::Name& name, const std::string& other, Span other_span) {
  Report(Builder(Code::kR0111, name.span,
                 "the " + std::string(kind) + " `" + name.text + "` looks like `" + other + "`, and they are not the same")
             .WithRules({name.text, other})
             .AddNote(other_span, "`" + other + "` is here")
             .WithHint("write the one that is meant, or give one of them a name that no reader can take for the other"));
}

void Resolver::CheckLookalikes(std::string_view kind, const std::vector<ast::Name>& names) {
  std::map<std::string, const ast::Name*> seen;
  for (const ast::Name& name : names) {
    auto [other, first] = seen.try_emplace(NameSkeleton(name.text), &name);
    if (!first && other->second->text != name.text) {
      ReportLookalike(kind, name, other->second->text, other->second->span);
    }
  }
}

}  // namespace route::resolve
