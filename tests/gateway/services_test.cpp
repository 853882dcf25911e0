// What services are asked and what their health learns of it, over real connections.

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "runtime/gateway/services.h"
#include "runtime/table/writer.h"
#include "tests/gateway/scripted_upstream.h"

namespace asio = boost::asio;

namespace {

using namespace route;
using namespace route::tests;
using Turns = std::vector<ScriptedUpstream::Turn>;

constexpr std::chrono::seconds kPatience{60};  // until a test fails
constexpr Milliseconds kCooldown{5000};

/// One service, which says how risky a prompt is.
auto WithService() -> Table {
  TableSpec spec;
  spec.policy_name = "asked";
  spec.tool_version = "test";
  spec.verified = true;
  spec.files = {{"policy.route", std::string(64, 'a'), "asked"}};
  TableSpec::Attribute risk;
  risk.name = "risk";
  risk.kind = AttributeKind::kOneOf;
  risk.values = {"low", "high"};
  risk.default_text = "high";
  risk.sources = {{SourceKind::kClassifier, "risk"}};
  spec.attributes = {risk};
  const Country france = *ParseCountry("FR");
  TableSpec::Deployment paris;
  paris.name = paris.model = paris.upstream_model = "paris";
  paris.vendor = "v";
  paris.processed_in = paris.headquarters = france;
  paris.key_env = "KEY";
  spec.deployments = {paris};
  spec.services = {{"triage", "v", france, france, "", "KEY", {SourceKind::kClassifier, "risk"}, 60'000}};
  TableSpec::Tier tier;
  tier.candidates = {{0, 1}};
  spec.routes = {{"everything", {0, 1}, {{}}, {tier}}};
  auto table = Table::FromBytes(WriteTable(spec));
  REQUIRE_MESSAGE(table.has_value(), table.error());
  return std::move(*table);
}

/// A request about which the service is asked.
class Round {
 public:
  explicit Round(Turns turns) : upstream_(std::make_unique<ScriptedUpstream>(loop_, std::move(turns))) {
    GatewayConfig config;
    config.tenants = {{"acme", {{"", std::string(64, 'a')}}, {}}};
    config.service_cooldown_ms = kCooldown.count();
    auto process = std::make_shared<GatewayProcess>();
    process->clock = [this] {
      if (clock_fails) throw std::runtime_error("by way of example");
      return WallTime(std::chrono::sys_days(std::chrono::year(2090) / 3 / 1));
    };
    std::vector<ServedPolicy> policies;
    std::vector<ReachableDeployment> deployments(1);
    deployments[0].endpoint = *ParseEndpoint("http://127.0.0.1:1");
    policies.push_back({WithService(), std::move(deployments), "", {{*ParseEndpoint(upstream_->base_url())}}});
    state_ = MakeState(std::move(policies), {0}, std::move(config), std::move(process));
  }

  auto Ask() -> std::vector<ServiceAnswer> {
    auto asked = ParseModelRequest(Api::kChat, R"({"model":"m","messages":[{"role":"user","content":"hello"}]})");
    SystemRandom random;
    prepared = PrepareRequest(*state_, 0, std::move(*asked), {}, state_->process->clock(), random);
    const TimePoint now = TimePoint::clock::now();
    const auto admissions = AdmitServices(state_->policies[0], *prepared, now, now + kPatience);
    REQUIRE(prepared->HasQuestions());
    clock_fails = fails_when_asked;
    std::vector<ServiceAnswer> answers;
    std::exception_ptr thrown;
    asio::co_spawn(
        loop_,
        [&]() -> asio::awaitable<void> {
          answers = co_await AskServices(*state_, *prepared, admissions, client_, now + kPatience, cancellation_);
        },
        [&](const std::exception_ptr& failure) {
          thrown = failure;
          loop_.stop();
        });
    loop_.restart();
    loop_.run();
    if (thrown) std::rethrow_exception(thrown);
    return answers;
  }

  auto health() const -> DeploymentHealth& { return *state_->policies[0].services[0].health; }

  std::optional<PreparedRequest> prepared;
  bool fails_when_asked = false;
  bool clock_fails = false;

 private:
  asio::io_context loop_{1};
  std::unique_ptr<ScriptedUpstream> upstream_;
  UpstreamClient client_{loop_.get_executor(), {}};
  Cancellation cancellation_;
  std::shared_ptr<GatewayState> state_;
};

auto Busy(const std::string& retry_after) -> Turns {
  return {{"HTTP/1.1 429 X\r\nRetry-After: " + retry_after + "\r\nContent-Length: 0\r\n\r\n"}};
}

}  // namespace

TEST_CASE("services: an answer is taken, and nothing is held against the service") {
  Round round(Turns{{"HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{\"value\":\"low\"}"}});
  const auto answers = round.Ask();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].value == "low");
  CHECK(round.prepared->services.at(0).result == "answered");
  CHECK_FALSE(round.health().Cooldown(TimePoint::clock::now()).has_value());
}

TEST_CASE("services: a date to be asked again at is read by the process's clock") {
  Round round(Busy("Wed, 01 Mar 2090 00:00:30 GMT"));
  CHECK_FALSE(round.Ask().at(0).value.has_value());
  const auto cooldown = round.health().Cooldown(TimePoint::clock::now());
  REQUIRE(cooldown.has_value());
  CHECK(cooldown->cause == CooldownCause::kRateLimited);
  CHECK(cooldown->left > kCooldown);
  CHECK(cooldown->left <= std::chrono::seconds(30));
}

TEST_CASE("services: an exception while one is asked ends the request, which would wait for ever else") {
  Round round(Busy("1"));
  round.fails_when_asked = true;
  CHECK_THROWS_WITH(round.Ask(), "by way of example");
}
