#include <algorithm>

#include "compiler/resolve/resolver.h"

// Layers: a policy that extends another may only narrow it. What the base says stays as it is, because names cannot be
// declared anew, rules only ever take deployments away, and the catalogue, which says what can be reached at all, is the
// base's. So the allowed set can only shrink, and the places where a policy could widen it are errors here.

namespace route::resolve {

using diagnostics::Builder;
using diagnostics::Code;

void Resolver::SetLayers() {
  policy_.file_layers = loaded_.file_layers;
  std::vector<const ast::PolicyLine*> lines(loaded_.layers, nullptr);
  for (const LoadedDeclaration& each : loaded_.declarations) {
    const auto* line = std::get_if<ast::PolicyLine>(each.declaration);
    if (line == nullptr) continue;
    const ast::PolicyLine*& first = lines[each.layer];
    if (first == nullptr) {
      first = line;
    } else {
      Report(Builder(Code::kR0402, line->name.span, "this is the second `policy` line")
                 .AddNote(first->name.span, "the first is here")
                 .WithHint("an imported file has none, unless the policy `extends` it: `policy " + first->name.text +
                           " extends " + line->name.text + "`"));
    }
  }
  for (const ast::PolicyLine* line : lines) {
    ir::Layer layer;
    if (line != nullptr) {
      layer = {line->name.text, line->version ? line->version->text : "", line->name.span};
      bool again = std::ranges::find(policy_.layers, layer.name, &ir::Layer::name) != policy_.layers.end();
      if (again) Error(Code::kR0202, layer.span, "the policy extends one of the same name", "give it another name");
    }
    policy_.layers.push_back(std::move(layer));
  }
  if (lines.back() == nullptr) {
    policy_.span = loaded_.files.empty() ? Span{} : Span{loaded_.files.back().id, 0, 0};
    policy_.layers.back().span = policy_.span;
    const std::string begin = "begin it with, for example, `policy acme version \"1\"`";
    Error(Code::kR0401, policy_.span, "this file has no `policy` line",
          IsPart() ? begin + ", or, if policies import it, check one of those" : begin);
    return;
  }
  policy_.name = policy_.layers.back().name;
  policy_.version = policy_.layers.back().version;
  policy_.span = policy_.layers.back().span;
}

/// A file that says something and is no policy, such as a catalogue.
auto Resolver::IsPart() const -> bool {
  return policy_.layers.back().name.empty() && !loaded_.declarations.empty();
}

void Resolver::CheckLayers() {
  for (const LoadedDeclaration& each : loaded_.declarations) {
    if (each.layer == 0) continue;
    auto refuse = [&](std::string_view what, const ast::Name& name) {
      Report(Builder(Code::kR0407, name.span, "the " + std::string(what) + " `" + name.text + "` would be reached by `" +
                                                  policy_.layers[each.layer].name + "` and not by `" +
                                                  policy_.layers[each.layer - 1].name + "`, which it extends")
                 .AddNote(policy_.layers[each.layer - 1].span, "the policy that is extended")
                 .WithHint("a policy only narrows what it extends: declare the " + std::string(what) + " there"));
    };
    if (const auto* vendor = std::get_if<ast::Vendor>(each.declaration)) refuse("vendor", vendor->name);
    if (const auto* model = std::get_if<ast::Model>(each.declaration)) refuse("model", model->name);
    if (const auto* deployment = std::get_if<ast::Deployment>(each.declaration)) refuse("deployment", deployment->name);
    if (const auto* service = std::get_if<ast::Service>(each.declaration)) refuse("service", service->name);
  }
}

}  // namespace route::resolve
