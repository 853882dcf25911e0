#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "compiler/verify/verify.h"
#include "tests/verify/policy_builder.h"

namespace route::verify {
namespace {

auto Count(const std::string& text, const std::string& word) -> int {
  int count = 0;
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++count;
  return count;
}

TEST_CASE("the script asks every question, in balanced scopes") {
  PolicyBuilder b;
  const AttributeId tier = b.AddOneOf("tier", {"free", "silver", "gold"});
  const AttributeId model = b.AddText("model");
  const DeploymentId d = b.AddDeployment("d", b.AddVendor("v", "FR"), "FR");
  b.AddRule("named", TextIs(model, "a|b\\c\nd"), ProcessedIn({"FR"}));
  b.AddRefusal("no_free", Is(tier, {0}));
  b.AddRoute("gold", Is(tier, {2}), {MakeTier("d", {d})});
  b.AddRoute("rest", Always(), {MakeTier("d", {d})});
  b.AddGuarantee("french", Is(tier, {1}), ir::EveryDeploymentReached{ProcessedIn({"FR"})});
  b.AddGuarantee("german", Is(tier, {1}), ir::EveryDeploymentReached{ProcessedIn({"DE"})});
  b.AddGuarantee("served", Is(tier, {1}), ir::Served{{}});

  const std::string script = EmitSmt2(b.Build(), {});
  CHECK(script == EmitSmt2(b.policy, {}));
  CHECK(Count(script, "(push 1)") == Count(script, "(pop 1)"));
  CHECK(Count(script, "(") == Count(script, ")"));
  CHECK(script.find("(declare-const |tier is gold| Bool)") != std::string::npos);
  CHECK(script.find("(declare-const |model is \"a?b?c?d\"| Bool)") != std::string::npos);
  CHECK(script.find("; route gold keeps the promise whatever the request, by the catalogue alone") !=
        std::string::npos);
  // coverage, 2 servability, 2 routes, 1 rule, 1 refusal, premises of 3 guarantees, 2 ways for the second, 4 for the
  // third
  CHECK(Count(script, "(check-sat)") >= 7 + 3 + 2);
  CHECK(std::ranges::none_of(script, [](char c) { return static_cast<unsigned char>(c) > 0x7E; }));
}

}  // namespace
}  // namespace route::verify
