#include "compiler/resolve/resolve.h"

#include "compiler/ir/classes.h"
#include "compiler/resolve/resolver.h"

namespace route::resolve {

using diagnostics::Code;

// Declarations are taken kind by kind, each of which speaks only of the kinds before it, so names of one kind may be used
// above the declaration of another. Within a kind the order is that of the text: a jurisdiction or a group that another
// one uses stands above it.
auto Resolver::Run() -> ir::Policy {
  SetLayers();
  CheckLayers();
  ForEach<ast::LimitsBlock>(&Resolver::SetLimits);
  ForEach<ast::Jurisdiction>(&Resolver::AddJurisdiction);
  ForEach<ast::NamedType>(&Resolver::AddNamedType);
  ForEach<ast::Service>(&Resolver::AddQuestion);
  ForEach<ast::Attribute>(&Resolver::AddAttribute);
  CheckLimits();
  ForEach<ast::NamedCondition>(&Resolver::AddCondition);
  ForEach<ast::Property>(&Resolver::AddProperty);
  ForEach<ast::Vendor>(&Resolver::AddVendor);
  ForEach<ast::Model>(&Resolver::AddModel);
  ForEach<ast::Deployment>(&Resolver::AddDeployment);
  ForEach<ast::Service>(&Resolver::AddService);
  CheckPropertyNames();
  ForEach<ast::Group>(&Resolver::AddGroup);
  std::size_t errors = emitter_.error_count();
  ForEach<ast::Rule>(&Resolver::AddRuleShape);
  ForEach<ast::Rule>(&Resolver::AddRule);
  ForEach<ast::Refuse>(&Resolver::AddRefusal);
  ForEach<ast::Route>(&Resolver::AddRoute);
  OrderRoutes();
  ForEach<ast::Guarantee>(&Resolver::AddGuaranteeShape);
  ForEach<ast::Guarantee>(&Resolver::AddGuarantee);
  CheckShapesApplied();
  CheckServed();
  ForEach<ast::Test>(&Resolver::AddTest);
  AddImpliedRules();
  CheckConditionsUsed();
  if (emitter_.error_count() == errors) ForEach<ast::NamedCondition>(&Resolver::KeepCondition);
  CheckUsed();

  if (policy_.deployments.empty() && !IsPart()) {
    Error(Code::kR0401, policy_.span, "this policy has no deployment", "declare at least one with `deployment NAME serves MODEL { … }`");
  }
  if (policy_.routes.empty() && !IsPart()) {
    Error(Code::kR0401, policy_.span, "this policy has no route", "add one, for example `route everything_else to NAME`");
  }
  if (policy_.deployments.size() > kMaxDeployments) {
    Error(Code::kR0208, policy_.deployments[kMaxDeployments].span,
          "a policy may have at most " + std::to_string(kMaxDeployments) + " deployments");
  }
  CheckServices();
  if (!emitter_.has_errors()) CheckClasses();
  return std::move(policy_);
}

void Resolver::CheckClasses() {
  constexpr std::uint32_t kMaxClasses = 65'536;  // a class is a 16-bit number
  ir::ValueClasses classes(policy_);
  if (classes.dimensions().size() > kMaxDimensions) {
    Error(Code::kR0208, policy_.span, "the attributes have " + std::to_string(classes.dimensions().size()) +
                                          " dimensions (one each, and for `any of` one for each value)",
          "at most " + std::to_string(kMaxDimensions) + " are possible");
  }
  for (const ir::Dimension& dimension : classes.dimensions()) {
    if (dimension.classes <= kMaxClasses) continue;
    const ir::Attribute& attribute = policy_.attributes[dimension.attribute.index];
    Error(Code::kR0208, attribute.span,
          "the conditions tell " + std::to_string(dimension.classes) + " classes of `" + attribute.name + "` apart",
          "at most " + std::to_string(kMaxClasses) + " are possible: name fewer values");
  }
}

auto Resolve(const SourceSet& sources, const LoadedPolicy& loaded, const Options& options, diagnostics::Emitter& emitter)
    -> ir::Policy {
  return Resolver(sources, loaded, options, emitter).Run();
}

}  // namespace route::resolve
