#include <algorithm>
#include <string>

#include "compiler/resolve/resolver.h"

namespace route::resolve {

using diagnostics::Builder;
using diagnostics::Code;

void Resolver::ReportUnused(std::string_view kind, const Symbols& symbols, std::string_view hint) {
  if (options_.unused == Options::Unused::kIgnore) return;
  for (const auto& [name, span] : symbols.Unused()) {
    if (!IsInRootFile(span)) continue;
    Report(Builder(Code::kR0412, span, "nothing uses the " + std::string(kind) + " `" + name + "`")
               .WithRules({name})
               .WithHint(std::string(hint)));
  }
}

void Resolver::CheckConditionsUsed() {
  ReportUnused("condition", condition_names_, "take it out, or write its name where its words stand");
}

void Resolver::CheckUsed() {
  for (const ir::Attribute& attribute : policy_.attributes) {
    const auto is_of_request = [](const ir::Source& source) { return source.kind == SourceKind::kRequest; };
    // What a request needs and how long it is binds it without being named.
    if (std::ranges::any_of(attribute.sources, is_of_request)) attribute_names_.Find(attribute.name);
  }
  ReportUnused("attribute", attribute_names_,
               "no rule, refusal, route or promise asks for it: take it out, or keep it for the decision log alone");
  ReportUnused("group", group_names_, "take it out, or send a route to it");
  ReportUnused("model", model_names_, "no deployment serves it: take it out");
  ReportUnused("vendor", vendor_names_, "no deployment is its own and no rule names it: take it out");
  ReportUnused("jurisdiction", jurisdiction_names_, "take it out, or name it in a rule");
  ReportUnused("type", type_names_, "take it out, or give it to an attribute");
}

}  // namespace route::resolve
