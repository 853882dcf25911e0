#include <doctest/doctest.h>

#include <random>

#include "compiler/verify/verify.h"
#include "tests/verify/policy_builder.h"

namespace route::verify {
namespace {

/// Routes that each take a random corner of a space of 3^`kAttributes` requests: nothing to be seen at a glance.
auto Tangle() -> PolicyBuilder {
  constexpr std::uint32_t kAttributes = 30;
  constexpr int kRoutes = 240;
  PolicyBuilder b;
  std::mt19937 random(7);
  for (std::uint32_t i = 0; i < kAttributes; ++i) b.AddOneOf("a" + std::to_string(i), {"x", "y", "z"});
  const VendorId vendor = b.AddVendor("v", "FR");
  const DeploymentId d = b.AddDeployment("d", vendor, "FR");
  const DeploymentId e = b.AddDeployment("e", vendor, "US");
  const auto corner = [&] {
    std::vector<ir::Condition> sides;
    for (int i = 0; i < 3; ++i)
      sides.push_back(
          Is({static_cast<std::uint32_t>(random() % kAttributes)}, {static_cast<std::uint32_t>(random() % 3)}));
    return All(std::move(sides));
  };
  for (int i = 0; i < kRoutes; ++i) {
    b.AddRule("rule" + std::to_string(i), corner(), Among({random() % 2 == 0 ? d : e}));
    b.AddRoute("route" + std::to_string(i), corner(), {MakeTier("both", {d, e})});
  }
  b.AddGuarantee("french", Always(), ir::EveryDeploymentReached{ProcessedIn({"FR"})});
  b.AddGuarantee("served", Always(), ir::Served{{}});
  return b;
}

TEST_CASE("a limit that is too small is reported as such, question by question") {
  const PolicyBuilder b = Tangle();
  const VerifyReport report = Verify(b.Build(), {.rlimit = 1});
  CHECK(report.uncovered.empty());
  CHECK(report.unservable.empty());
  // What contradicts itself may be known without a step.
  for (const DeadRoute& dead : report.dead_routes) CHECK(dead.never_matches);
  CHECK(report.dead_rules.empty());
  REQUIRE_FALSE(report.unanswered.empty());
  CHECK(report.unanswered[0].question == "is every request that is not refused taken by a route");
  REQUIRE(report.guarantees.size() == 2);
  for (const GuaranteeResult& result : report.guarantees) {
    CHECK(result.verdict == Verdict::kUnknown);
    CHECK_FALSE(result.witness);
    CHECK_FALSE(result.vacuous);
  }
  CHECK_FALSE(report.passed());
}

TEST_CASE("the same policy gives the same report") {
  const PolicyBuilder b = Tangle();
  const VerifyReport one = Verify(b.Build(), {});
  const VerifyReport two = Verify(b.Build(), {});
  REQUIRE(one.uncovered.size() == two.uncovered.size());
  for (std::size_t i = 0; i < one.uncovered.size(); ++i) CHECK(one.uncovered[i].witness == two.uncovered[i].witness);
  REQUIRE(one.unservable.size() == two.unservable.size());
  CHECK_FALSE(one.unservable.empty());
  for (std::size_t i = 0; i < one.unservable.size(); ++i) {
    CHECK(one.unservable[i].witness == two.unservable[i].witness);
    CHECK(one.unservable[i].rules == two.unservable[i].rules);
  }
  REQUIRE(one.dead_routes.size() == two.dead_routes.size());
  for (std::size_t i = 0; i < one.dead_routes.size(); ++i) {
    CHECK(one.dead_routes[i].hidden_by == two.dead_routes[i].hidden_by);
  }
  for (std::size_t i = 0; i < one.guarantees.size(); ++i) {
    CHECK(one.guarantees[i].witness == two.guarantees[i].witness);
    CHECK(one.guarantees[i].explanation == two.guarantees[i].explanation);
  }
}

TEST_CASE("a policy without attributes has one request") {
  PolicyBuilder b;
  const DeploymentId d = b.AddDeployment("d", b.AddVendor("v", "FR"), "FR");
  b.AddRoute("all", Always(), {MakeTier("d", {d})});
  b.AddGuarantee("french", Always(), ir::EveryDeploymentReached{ProcessedIn({"FR"})});
  CHECK(Verify(b.Build(), {}).passed());
  b.AddRule("none", Always(), ProcessedIn({"DE"}));
  const VerifyReport report = Verify(b.Build(), {});
  REQUIRE(report.unservable.size() == 1);
  CHECK(report.unservable[0].witness.empty());
  CHECK(report.guarantees[0].verdict == Verdict::kProved);
}

}  // namespace
}  // namespace route::verify
