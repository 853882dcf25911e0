#include "tests/fuzz/imported_text.h"

#include <cstdio>
#include <cstdlib>
#include <variant>

#include "compiler/resolve/load.h"
#include "compiler/resolve/resolve.h"

namespace route::fuzz {
namespace {

[[noreturn]] void Fail(const std::string& reason, const std::string& text) {
  std::fprintf(stderr, "%s in:\n%s\n", reason.c_str(), text.c_str());
  std::abort();
}

auto IsExpected(const ast::Declaration& declaration) -> bool {
  return std::holds_alternative<ast::PolicyLine>(declaration) || std::holds_alternative<ast::Attribute>(declaration) ||
         std::holds_alternative<ast::Vendor>(declaration) || std::holds_alternative<ast::Model>(declaration) ||
         std::holds_alternative<ast::Deployment>(declaration) || std::holds_alternative<ast::Group>(declaration) ||
         std::holds_alternative<ast::Refuse>(declaration) || std::holds_alternative<ast::Route>(declaration);
}

}  // namespace

void MustBeSound(const std::string& policy, const std::vector<import::Lint>& lints) {
  SourceSet sources;
  diagnostics::Emitter emitter;
  resolve::LoadedPolicy loaded = resolve::Load(sources, sources.Add("fuzz.route", policy), emitter);
  for (const resolve::LoadedDeclaration& each : loaded.declarations) {
    if (!IsExpected(*each.declaration)) Fail("a declaration of another kind", policy);
  }
  if (!emitter.has_errors()) resolve::Resolve(sources, loaded, {*ParseDate("2026-11-24")}, emitter);
  for (const diagnostics::Diagnostic& diagnostic : emitter.diagnostics()) Fail(diagnostic.message, policy);
  for (const import::Lint& lint : lints) {
    if ((lint.key + lint.message).find('\n') != std::string::npos) Fail("a lint of two lines", lint.message);
  }
}

}  // namespace route::fuzz
