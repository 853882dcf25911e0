#include <algorithm>
#include <cstdint>
#include <set>
#include <string>

#include "compiler/resolve/resolver.h"

namespace route::resolve {

using diagnostics::Builder;
using diagnostics::Code;

namespace {

/// The service that is shown prompts for the sake of this attribute and of others that nothing asks for; null if there is none.
auto AskedForNothing(const ir::Policy& policy, const std::string& attribute, const std::set<std::string>& unused)
    -> const ir::Service* {
  for (std::uint32_t i = 0; i < policy.services.size(); ++i) {
    std::set<std::string> asked;
    for (const AttributeId id : ir::AskedFor(policy, {i})) asked.insert(policy.attributes.at(id.index).name);
    if (asked.contains(attribute) && std::ranges::includes(unused, asked)) return &policy.services[i];
  }
  return nullptr;
}

}  // namespace

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
  if (options_.unused != Options::Unused::kIgnore) {
    const std::string why = "no rule, refusal, route or promise asks for it";
    std::set<std::string> unused;
    for (const auto& [name, span] : attribute_names_.Unused()) unused.insert(name);
    for (const auto& [name, span] : attribute_names_.Unused()) {
      if (!IsInRootFile(span)) continue;
      const ir::Service* service = AskedForNothing(policy_, name, unused);
      Report(Builder(Code::kR0412, span, "nothing uses the attribute `" + name + "`")
                 .WithRules({name})
                 .WithHint(service == nullptr
                               ? why + ": take it out, or keep it for the decision log alone"
                               : why + ", and yet service `" + service->name + "` is shown every prompt that it may see, to answer " +
                                     "it: take it out, unless the decision log is worth that"));
    }
  }
  ReportUnused("group", group_names_, "take it out, or send a route to it");
  ReportUnused("model", model_names_, "no deployment serves it: take it out");
  ReportUnused("vendor", vendor_names_, "no deployment is its own and no rule names it: take it out");
  ReportUnused("jurisdiction", jurisdiction_names_, "take it out, or name it in a rule");
  ReportUnused("type", type_names_, "take it out, or give it to an attribute");
}

}  // namespace route::resolve
