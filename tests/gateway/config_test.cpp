// The configuration, deployments' endpoints and keys, and decisions up to the log line.

#include <map>
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "runtime/gateway/config.h"
#include "runtime/gateway/decided_request.h"
#include "runtime/gateway/deployments.h"
#include "runtime/table/sha256.h"
#include "tests/gateway/make_bundle.h"

namespace {

using namespace route;

auto Sample() -> Table {
  auto table = Table::FromBytes(testing::SamplePolicy(testing::Verified::kYes));
  REQUIRE(table.has_value());
  return std::move(*table);
}

auto Problems(const std::string& text) -> std::vector<std::string> {
  const auto config = ParseConfig(text, "g.json");
  return config ? std::vector<std::string>{} : config.error();
}

const std::string kHash(64, 'a');
const std::string kTenants = R"("tenants":[{"id":"t","key_sha256":")" + kHash + R"("}])";

/// A configuration that is right but for `more`.
auto With(const std::string& more) -> std::string {
  return R"({"decision_log":"log",)" + kTenants + (more.empty() ? "" : "," + more) + "}";
}

class Dice final : public Random {
 public:
  auto Bits() -> std::uint64_t override { return 0xFEDC'BA98'7654'3210U; }
};

}  // namespace

TEST_CASE("a whole configuration") {
  const auto config =
      ParseConfig(R"({"listen":"[::1]:0","threads":3,"decision_log":"d","tenants":[{"id":"t","key_sha256":")" +
                      std::string(64, 'A') + R"(","attributes":{"tier":"gold"},"spend_cap_usd":"100.00"}],
      "endpoints":{"paris":"http://x/v1"},"max_body_bytes":2048,"connect_timeout_ms":5,
      "backoff_ms":7,"allow_unverified":true})",
                  "g.json");
  REQUIRE(config.has_value());
  CHECK(config->listen.host == "::1");
  CHECK(config->listen.port == 0);
  CHECK(config->threads == 3);
  CHECK(config->tenants[0].keys[0].sha256 == kHash);
  CHECK(config->tenants[0].caps == std::vector<Cap>{{{100'000'000'000}, Period::kTotal, AtCap::kPolicy}});
  CHECK(config->endpoints.at("paris") == "http://x/v1");
  CHECK(config->max_body_bytes == 2048);
  CHECK(config->unverified == GatewayConfig::Unverified::kAllow);
  CHECK(Problems(With("")).empty());
}

TEST_CASE("what is wrong with a configuration is said in full") {
  const auto one = [](const std::string& text) {
    const auto problems = Problems(text);
    REQUIRE_MESSAGE(problems.size() == 1, text);
    return problems[0];
  };
  CHECK(one("{\n \"listen\": }").starts_with("g.json:2: not valid JSON"));
  CHECK(one("[]") == "g.json: must be a JSON object");
  CHECK(one(With(R"("a/b~":1)")).starts_with("g.json: /a~1b~0: is not a key of the configuration"));
  CHECK(one(With(R"("threads":0)")) == "g.json: /threads: must be a whole number from 1 to 1024");
  CHECK(one(With(R"("threads":1.5)")).starts_with("g.json: /threads:"));
  for (const char* listen :
       {"\"8080\"", "\"localhost:1\"", "\"1.2.3.4:\"", "\"1.2.3.4:70000\"", "\"1.2.3.4:-1\"", "5"}) {
    CHECK(one(With("\"listen\":" + std::string(listen))).starts_with("g.json: /listen: "));
  }
  CHECK(one(With(R"("allow_unverified":"yes")")).starts_with("g.json: /allow_unverified:"));
  CHECK(one(With(R"("endpoints":{"a":"ftp://x"})")).starts_with("g.json: /endpoints/a: a base URL starts with"));
  const auto tenant = [&](const std::string& list) { return one(R"({"decision_log":"log","tenants":)" + list + "}"); };
  CHECK(tenant("[]").starts_with("g.json: /tenants: must be an array"));
  CHECK(tenant(R"([{"id":"t"}])") ==
        "g.json: /tenants/0/key_sha256: is missing: give the tenant `key_sha256`, or several `keys`");
  CHECK(tenant(R"([{"id":"t","key_sha256":"abc"}])").starts_with("g.json: /tenants/0/key_sha256: must be the SHA-256"));
  CHECK(tenant(R"([{"id":"t","key_sha256":")" + kHash + R"(","key":"x"}])")
            .starts_with("g.json: /tenants/0/key: is not a key"));
  for (const char* cap : {"\"0\"", "\"-1\"", "5", "\"1.0000001\"", "\"lots\""}) {
    CHECK(tenant(R"([{"id":"t","key_sha256":")" + kHash + R"(","spend_cap_usd":)" + cap + "}]")
              .starts_with("g.json: /tenants/0/spend_cap_usd: must be an amount"));
  }
  CHECK(Problems("{}").size() == 2);
  const auto twice = Problems(R"({"decision_log":"log","tenants":[{"id":"t","key_sha256":")" + kHash +
                              R"("},{"id":"t","key_sha256":")" + kHash + R"("}]})");
  REQUIRE(twice.size() == 2);
  CHECK(twice[0].starts_with("g.json: /tenants/1/id: `t` is the id of another tenant"));
  CHECK(twice[1].starts_with("g.json: /tenants/1/key_sha256: is the key of another tenant"));
}

TEST_CASE("keys, caps, bounds and the administrator's socket") {
  const auto config = ParseConfig(R"({"decision_log":"d","cooldown_ms":0,"service_cooldown_ms":4,"stream_silence_ms":5,"stream_idle_ms":6,
      "max_in_flight":7,"max_connections":8,"max_body_bytes_in_flight":20000000,
      "spend_store":"s","assumed_answer_tokens":9,"admin":{"listen":"unix:/run/a","token_sha256":")" +
                                      kHash + R"("},
      "tenants":[{"id":"t","caps":[{"usd":"1.5","per":"day"},{"usd":"9","per":"month","at_cap":"policy"}],"max_in_flight":3,
                  "keys":[{"name":"a","key_sha256":")" +
                                      kHash + R"("},
                          {"name":"b","key_sha256":")" +
                                      std::string(64, 'b') + R"(","caps":[{"usd":"1","per":"total"}]}]}]})",
                                  "g.json");
  REQUIRE(config.has_value());
  CHECK(config->cooldown_ms == 0);
  CHECK(config->service_cooldown_ms == 4);
  CHECK(config->stream_silence_ms == 5);
  CHECK(config->stream_idle_ms == 6);
  CHECK(config->max_in_flight == 7);
  CHECK(config->max_connections == 8);
  CHECK(config->max_body_bytes_in_flight == 20'000'000);
  CHECK(config->spend_store == "s");
  CHECK(config->assumed_answer_tokens == 9);
  CHECK(config->admin->listen.unix_path == "/run/a");
  const Tenant& tenant = config->tenants[0];
  CHECK(tenant.caps == std::vector<Cap>{{{1'500'000'000}, Period::kDay, AtCap::kRefuse},
                                        {{9'000'000'000}, Period::kMonth, AtCap::kPolicy}});
  CHECK(tenant.max_in_flight == 3U);
  CHECK(tenant.keys[1].name == "b");
  CHECK(tenant.keys[1].caps == std::vector<Cap>{{{1'000'000'000}, Period::kTotal, AtCap::kRefuse}});

  const auto first = [&](const std::string& text) {
    const auto problems = Problems(text);
    REQUIRE_MESSAGE(!problems.empty(), text);
    return problems[0];
  };
  const std::string token = R"(","token_sha256":")" + kHash + R"("})";
  CHECK(first(With(R"("admin":{"listen":"0.0.0.0:1)" + token))
            .starts_with("g.json: /admin/listen: must be a loopback address"));
  CHECK(
      first(With(R"("admin":{"listen":"unix:)" + token)).starts_with("g.json: /admin/listen: must name a Unix socket"));
  CHECK(first(With(R"("admin":{"listen":"127.0.0.1:1"})")) == "g.json: /admin/token_sha256: is missing");
  CHECK(first(With(R"("stream_idle_ms":0)")) == "g.json: /stream_idle_ms: must be a whole number from 1 to 86400000");
  CHECK(first(With(R"("max_body_bytes_in_flight":10485759)")) ==
        "g.json: /max_body_bytes_in_flight: is less than `max_body_bytes`, so a body of that size would never be read: make it "
        "10485760 or more");
  CHECK(first(With(R"("max_body_bytes_in_flight":"1G")")) ==
        "g.json: /max_body_bytes_in_flight: must be a whole number from 1024 to 1099511627776");
  CHECK(first(With(R"("admin":{"secret":1})")).starts_with("g.json: /admin/secret: is not a key of `admin`"));
  const auto tenants = [&](const std::string& more) {
    return first(R"({"decision_log":"log","tenants":[{"id":"t",)" + more + "}]}");
  };
  const std::string key = R"("key_sha256":")" + kHash + "\"";
  CHECK(tenants(key + R"(,"caps":[{"usd":"1","per":"week"}])") ==
        "g.json: /tenants/0/caps/0/per: must be one of `day`, `month`, `total`");
  CHECK(tenants(key + R"(,"caps":[{"usd":"1"}])") == "g.json: /tenants/0/caps/0/per: is missing");
  CHECK(tenants(key + R"(,"caps":[{"usd":"99999999999","per":"day"}])")
            .starts_with("g.json: /tenants/0/caps/0/usd: must be an amount"));
  CHECK(tenants(key + R"(,"caps":[{"usd":"1","per":"day","soft":true}])")
            .starts_with("g.json: /tenants/0/caps/0/soft: is not a key"));
  CHECK(tenants(key + R"(,"caps":{})").starts_with("g.json: /tenants/0/caps: must be an array"));
  CHECK(tenants(key + R"(,"keys":[{"name":"a","key_sha256":")" + std::string(64, 'c') + R"("}])")
            .starts_with("g.json: /tenants/0/key_sha256: cannot stand beside `keys`"));
  CHECK(tenants(R"("keys":[{"name":"a",)" + key + R"(},{"name":"a","key_sha256":")" + std::string(64, 'c') + R"("}])")
            .starts_with("g.json: /tenants/0/keys/1/name: `a` is the name of another key"));
  CHECK(tenants(R"("keys":[])").starts_with("g.json: /tenants/0/keys: must be an array"));
}

TEST_CASE("what a running gateway cannot take over is named") {
  GatewayConfig running;
  GatewayConfig wanted;
  wanted.cooldown_ms = 1;
  wanted.endpoints = {{"a", "b"}};
  CHECK(WhatNeedsARestart(running, wanted, "g.json").empty());
  wanted.threads = 9;
  wanted.decision_log = "other";
  const auto problems = WhatNeedsARestart(running, wanted, "g.json");
  REQUIRE(problems.size() == 2);
  CHECK(problems[0].starts_with("g.json: /threads: cannot change while the gateway runs"));
}

TEST_CASE("deployments need an endpoint and their key") {
  const Table table = Sample();
  GatewayConfig config;
  config.endpoints = {
      {"paris", "http://127.0.0.1:1/v1"}, {"berlin", "http://127.0.0.1:2/v1"}, {"virginia", "https://v/v1"}};
  std::map<std::string, std::string> variables = {{"PARIS_KEY", "p"}, {"BERLIN_KEY", "b"}, {"VIRGINIA_KEY", "v"}};
  const Environment environment = [&](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
  const auto good = ReachDeployments(table, config, environment);
  REQUIRE(good.has_value());
  CHECK((*good)[1].key == "b");
  CHECK((*good)[2].endpoint.host == "v");
  config.endpoints.erase("berlin");
  variables.erase("PARIS_KEY");
  variables["VIRGINIA_KEY"] = "line\nend";
  const auto bad = ReachDeployments(table, config, environment);
  REQUIRE_FALSE(bad.has_value());
  CHECK(bad.error().size() == 3);
}

TEST_CASE("keys") {
  const TenantRegistry tenants({{"t", {{"", Sha256Hex(std::string_view("good"))}}, {}}});
  const auto code = [&](std::vector<HeaderField> headers) {
    const auto tenant = Authenticate(tenants, headers);
    return tenant ? "" : std::string(CodeName(tenant.error().code));
  };
  CHECK(code({{"Authorization", "Bearer good"}}).empty());
  CHECK(code({{"authorization", "bearer good"}}).empty());
  CHECK(code({}) == "invalid_api_key");
  CHECK(code({{"authorization", "Basic good"}}) == "invalid_api_key");
  CHECK(code({{"authorization", "Bearer bad"}}) == "invalid_api_key");
  CHECK(code({{"authorization", "Bearer"}}) == "invalid_api_key");
  CHECK(code({{"authorization", "Bearer good"}, {"Authorization", "Bearer good"}}) == "invalid_api_key");
}

TEST_CASE("from a request to its decision record") {
  std::vector<ServedPolicy> policies;
  policies.push_back({Sample(), std::vector<ReachableDeployment>(3)});
  GatewayConfig config;
  config.tenants = {{"acme", {{"ci", kHash}}, {{"tier", "gold"}}}};
  const auto made = MakeState(std::move(policies), {0}, std::move(config), std::make_shared<GatewayProcess>());
  const GatewayState& state = *made;
  Dice dice;
  const WallTime now{std::chrono::milliseconds(1'772'357'400'250)};
  const auto decide = [&](const std::string& model, const std::vector<HeaderField>& headers) {
    auto chat = ParseModelRequest(Api::kChat, R"({"model":")" + model + R"(","messages":[{"content":"secret words"}]})");
    return DecideRequest(state, 0, std::move(*chat), headers, now, dice);
  };
  const auto record = [&](const DecidedRequest& request) {
    const std::string line = DecisionLineOf(state, request, now);
    CHECK(line.ends_with("}\n"));
    CHECK_FALSE(line.contains("secret"));
    return nlohmann::ordered_json::parse(line);
  };
  SUBCASE("routed") {
    const std::vector<HeaderField> headers = {{"x-data-class", "health"}};
    const auto request = decide("m", headers);
    CHECK_FALSE(RefusalOf(request).has_value());
    CHECK(request.id == "019ca8bb-b6ba-7210-bedc-ba9876543210");
    const auto json = record(request);
    CHECK(json["time"] == "2026-03-01T09:30:00.250Z");
    CHECK(json["route"] ==
          nlohmann::ordered_json(
              {{"name", "everything_else"}, {"file", "policy.route"}, {"line", 50}, {"policy", "sample"}}));
    CHECK(json["rules"][0]["name"] == "personal_stays");
    CHECK(json["rules"][0]["line"] == 31);
    CHECK(json["plan"].size() == 2);
    CHECK(json["attributes"]["data"] == "health");
    CHECK(json["attributes"]["today"] == "2026-03-01");
    CHECK(json["bundle"] == state.policies[0].table.hash());
    std::string keys;
    for (const auto& [key, value] : json.items()) keys += key + " ";
    CHECK(keys ==
          "record id time policy version bundle pack tenant key asked_model attributes ignored outcome route rules plan "
          "reason ");
  }
  SUBCASE("refused by a rule") {
    const auto request = decide("banned", {});
    CHECK(RefusalOf(request)->message == "this model is banned");
    CHECK(CodeName(RefusalOf(request)->code) == "policy_refused");
    CHECK(record(request)["rules"][0]["line"] == 40);
  }
  SUBCASE("refused for want of a value") {
    const std::vector<HeaderField> headers = {{"x-data-class", "nonsense"}};
    const auto request = decide("m", headers);
    CHECK(
        RefusalOf(request)->message.starts_with("attribute `data` has no value and no default (header x-data-class: "));
    CHECK(record(request)["attributes"]["tier"] == "gold");
  }
  SUBCASE("unservable") {
    const std::vector<HeaderField> headers = {{"x-route-workload", "legal"}};
    const auto request = decide("m", headers);
    CHECK(CodeName(RefusalOf(request)->code) == "policy_unservable");
    CHECK(record(request)["route"]["name"] == "everything_else");
  }
}
