#include "runtime/gateway/config.h"

#include <algorithm>
#include <initializer_list>
#include <limits>
#include <optional>
#include <set>
#include <utility>

#include <boost/asio/ip/address.hpp>

#include "runtime/signals/attributes.h"
#include "runtime/signals/json.h"
#include "runtime/upstream/endpoint.h"

namespace route {
namespace {

using Json = nlohmann::ordered_json;

/// A key as a part of a JSON pointer.
auto Escaped(std::string_view key) -> std::string {
  std::string text;
  for (const char c : key) {
    if (c == '~') {
      text += "~0";
    } else if (c == '/') {
      text += "~1";
    } else {
      text += c;
    }
  }
  return text;
}

auto IsLowerHex(std::string_view text) -> bool {
  return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

/// Reads the configuration and collects what is wrong with it.
class Reader {
 public:
  explicit Reader(const std::string& name) : name_(name) {}

  auto Read(const Json& root) -> GatewayConfig {
    GatewayConfig config;
    if (!root.is_object()) {
      Complain("", "must be a JSON object");
      return config;
    }
    for (const auto& [key, value] : root.items()) ReadKey(config, key, value);
    if (!root.contains("decision_log")) {
      Complain("/decision_log", "is missing: name the file that decision records are appended to");
    }
    if (!root.contains("tenants")) Complain("/tenants", "is missing: list who may send requests");
    if (config.max_body_bytes_in_flight < config.max_body_bytes) {
      Complain("/max_body_bytes_in_flight", "is less than `max_body_bytes`, so a body of that size would never be read: make it " +
                                                std::to_string(config.max_body_bytes) + " or more");
    }
    return config;
  }

  auto problems() const -> const std::vector<std::string>& { return problems_; }

 private:
  void ReadKey(GatewayConfig& config, const std::string& key, const Json& value) {
    const std::string at = "/" + Escaped(key);
    if (key == "listen") {
      config.listen = ReadListen(at, value);
    } else if (key == "tls") {
      ReadTls(config, at, value);
    } else if (key == "admin") {
      ReadAdmin(config, at, value);
    } else if (key == "spend_store") {
      config.spend_store = Text(at, value);
    } else if (key == "cooldown_ms") {
      config.cooldown_ms = Number32(at, value, 0, 86'400'000);
    } else if (key == "service_cooldown_ms") {
      config.service_cooldown_ms = Number32(at, value, 0, 86'400'000);
    } else if (key == "stream_silence_ms") {
      config.stream_silence_ms = Number32(at, value, 1, 86'400'000);
    } else if (key == "stream_idle_ms") {
      config.stream_idle_ms = Number32(at, value, 1, 86'400'000);
    } else if (key == "max_in_flight") {
      config.max_in_flight = Number32(at, value, 1, 1'000'000);
    } else if (key == "max_connections") {
      config.max_connections = Number32(at, value, 1, 1'000'000);
    } else if (key == "assumed_answer_tokens") {
      config.assumed_answer_tokens = Number32(at, value, 1, 10'000'000);
    } else if (key == "threads") {
      config.threads = Number32(at, value, 1, 1024);
    } else if (key == "decision_log") {
      config.decision_log = Text(at, value);
    } else if (key == "tenants") {
      ReadTenants(config, at, value);
    } else if (key == "endpoints") {
      ReadEndpoints(config, at, value);
    } else if (key == "max_body_bytes") {
      config.max_body_bytes = Number(at, value, 1024, std::uint64_t{1} << 30U).value_or(1024);
    } else if (key == "max_body_bytes_in_flight") {
      config.max_body_bytes_in_flight = Number(at, value, 1024, std::uint64_t{1} << 40U).value_or(std::uint64_t{1} << 40U);
    } else if (key == "connect_timeout_ms") {
      config.connect_timeout_ms = Number32(at, value, 1, 600'000);
    } else if (key == "backoff_ms") {
      config.backoff_ms = Number32(at, value, 1, 60'000);
    } else if (key == "allow_unverified") {
      if (!value.is_boolean()) {
        Complain(at, "must be true or false");
      } else if (value.get<bool>()) {
        config.unverified = GatewayConfig::Unverified::kAllow;
      }
    } else {
      Complain(at, "is not a key of the configuration: remove it, or see docs/gateway.md for the keys");
    }
  }

  auto ReadListen(const std::string& at, const Json& value) -> ListenAddress {
    const std::string text = Text(at, value);
    const std::size_t colon = text.rfind(':');
    std::string host = text.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    boost::system::error_code error;
    boost::asio::ip::make_address(host, error);
    std::uint32_t port = 0;
    const std::string digits = colon == std::string::npos ? "" : text.substr(colon + 1);
    bool fits = !error && !digits.empty() && digits.size() <= 5;
    for (const char c : digits) {
      fits = fits && c >= '0' && c <= '9';
      port = port * 10 + static_cast<std::uint32_t>(c - '0');
    }
    if (!text.empty() && (!fits || port > std::numeric_limits<std::uint16_t>::max())) {
      Complain(at, "must be a numeric address and a port, such as \"127.0.0.1:8080\" or \"[::1]:0\"");
    }
    return {host, static_cast<std::uint16_t>(port), {}};
  }

  void ReadTls(GatewayConfig& config, const std::string& at, const Json& value) {
    if (!value.is_object()) return Complain(at, "must be an object with `certificate` and `key`, which name files");
    TlsFiles files;
    for (const auto& [key, field] : value.items()) {
      const std::string place = at + "/" + Escaped(key);
      if (key == "certificate") {
        files.certificate = Text(place, field);
      } else if (key == "key") {
        files.key = Text(place, field);
      } else {
        Complain(place, "is not a key of `tls`: it has `certificate` and `key`");
      }
    }
    Need(at, value, {"certificate", "key"});
    config.tls = std::move(files);
  }

  void ReadAdmin(GatewayConfig& config, const std::string& at, const Json& value) {
    if (!value.is_object()) return Complain(at, "must be an object with `listen` and `token_sha256`");
    AdminConfig admin;
    for (const auto& [key, field] : value.items()) {
      const std::string place = at + "/" + Escaped(key);
      if (key == "listen") {
        admin.listen = ReadAdminListen(place, field);
      } else if (key == "token_sha256") {
        admin.token_sha256 = ReadHash(place, field, "TOKEN", "the administrator's token");
      } else {
        Complain(place, "is not a key of `admin`: it has `listen` and `token_sha256`");
      }
    }
    Need(at, value, {"listen", "token_sha256"});
    config.admin = std::move(admin);
  }

  auto ReadAdminListen(const std::string& at, const Json& value) -> ListenAddress {
    constexpr std::string_view kUnix = "unix:";
    constexpr std::size_t kLongestPath = 107;  // of a Unix socket on Linux
    const std::string text = value.is_string() ? value.get<std::string>() : "";
    if (!text.starts_with(kUnix)) {
      const ListenAddress listen = ReadListen(at, value);
      boost::system::error_code error;
      const auto address = boost::asio::ip::make_address(listen.host, error);
      if (!error && !address.is_loopback()) {
        Complain(at,
                 "must be a loopback address or a Unix socket such as \"unix:/run/routegate/admin.sock\": whoever "
                 "reaches it can stop the gateway");
      }
      return listen;
    }
    const std::string path = text.substr(kUnix.size());
    if (path.empty() || path.size() > kLongestPath || path.contains('\0')) {
      Complain(at, "must name a Unix socket by a path of at most 107 bytes");
    }
    return {"", 0, path};
  }

  void Need(const std::string& at, const Json& value, std::initializer_list<const char*> keys) {
    for (const char* key : keys) {
      if (!value.contains(key)) Complain(at + "/" + key, "is missing");
    }
  }

  void ReadTenants(GatewayConfig& config, const std::string& at, const Json& value) {
    if (!value.is_array() || value.empty()) return Complain(at, "must be an array with at least one tenant");
    for (std::size_t i = 0; i < value.size(); ++i) ReadTenant(config, at + "/" + std::to_string(i), value[i]);
  }

  void ReadTenant(GatewayConfig& config, const std::string& at, const Json& value) {
    if (!value.is_object()) return Complain(at, "must be an object with `id` and `key_sha256`");
    Tenant tenant;
    for (const auto& [key, field] : value.items()) {
      const std::string place = at + "/" + Escaped(key);
      if (key == "id") {
        tenant.id = Text(place, field);
        if (!tenant.id.empty() && !ids_.insert(tenant.id).second) {
          Complain(place, "`" + tenant.id + "` is the id of another tenant too: give each its own");
        }
      } else if (key == "key_sha256") {
        tenant.keys.push_back({"", ReadKeyHash(place, field), {}});
      } else if (key == "keys") {
        ReadKeys(tenant, place, field);
      } else if (key == "policy") {
        tenant.policy = Text(place, field);
      } else if (key == "attributes") {
        ReadAttributes(tenant, place, field);
      } else if (key == "spend_cap_usd") {
        if (const auto amount = ReadAmount(place, field))
          tenant.caps.push_back({*amount, Period::kTotal, AtCap::kPolicy});
      } else if (key == "caps") {
        ReadCaps(tenant.caps, place, field);
      } else if (key == "max_in_flight") {
        tenant.max_in_flight = Number32(place, field, 1, 1'000'000);
      } else {
        Complain(place,
                 "is not a key of a tenant: it has `id`, `key_sha256` or `keys`, `policy`, `attributes`, `caps`, "
                 "`spend_cap_usd` and `max_in_flight`");
      }
    }
    Need(at, value, {"id"});
    if (value.contains("keys") == value.contains("key_sha256")) {
      Complain(at + "/key_sha256", value.contains("keys")
                                       ? "cannot stand beside `keys`: give it a name there"
                                       : "is missing: give the tenant `key_sha256`, or several `keys`");
    }
    config.tenants.push_back(std::move(tenant));
  }

  void ReadKeys(Tenant& tenant, const std::string& at, const Json& value) {
    if (!value.is_array() || value.empty()) return Complain(at, "must be an array with at least one key");
    std::set<std::string> names;
    for (std::size_t i = 0; i < value.size(); ++i) {
      const std::string place = at + "/" + std::to_string(i);
      if (!value[i].is_object()) {
        Complain(place, "must be an object with `name` and `key_sha256`");
        continue;
      }
      ApiKey key = ReadKey(place, value[i]);
      if (!key.name.empty() && !names.insert(key.name).second) {
        Complain(place + "/name", "`" + key.name + "` is the name of another key of the tenant too: give each its own");
      }
      tenant.keys.push_back(std::move(key));
    }
  }

  auto ReadKey(const std::string& at, const Json& value) -> ApiKey {
    ApiKey key;
    for (const auto& [name, field] : value.items()) {
      const std::string place = at + "/" + Escaped(name);
      if (name == "name") {
        key.name = Text(place, field);
      } else if (name == "key_sha256") {
        key.sha256 = ReadKeyHash(place, field);
      } else if (name == "caps") {
        ReadCaps(key.caps, place, field);
      } else {
        Complain(place, "is not a key of an API key: it has `name`, `key_sha256` and `caps`");
      }
    }
    Need(at, value, {"name", "key_sha256"});
    return key;
  }

  void ReadCaps(std::vector<Cap>& caps, const std::string& at, const Json& value) {
    if (!value.is_array()) return Complain(at, "must be an array of objects with `usd` and `per`");
    for (std::size_t i = 0; i < value.size(); ++i) {
      const std::string place = at + "/" + std::to_string(i);
      if (value[i].is_object()) {
        caps.push_back(ReadCap(place, value[i]));
      } else {
        Complain(place, "must be an object with `usd` and `per`");
      }
    }
  }

  auto ReadCap(const std::string& at, const Json& value) -> Cap {
    Cap cap;
    for (const auto& [key, field] : value.items()) {
      const std::string place = at + "/" + Escaped(key);
      if (key == "usd") {
        cap.amount = ReadAmount(place, field).value_or(NanoUsd{});
      } else if (key == "per") {
        cap.period =
            Choice<Period>(place, field, {{"day", Period::kDay}, {"month", Period::kMonth}, {"total", Period::kTotal}});
      } else if (key == "at_cap") {
        cap.at_cap = Choice<AtCap>(place, field, {{"refuse", AtCap::kRefuse}, {"policy", AtCap::kPolicy}});
      } else {
        Complain(place, "is not a key of a cap: it has `usd`, `per` and `at_cap`");
      }
    }
    Need(at, value, {"usd", "per"});
    return cap;
  }

  template <typename Value>
  auto Choice(const std::string& at, const Json& value,
              std::initializer_list<std::pair<std::string_view, Value>> choices) -> Value {
    std::string names;
    for (const auto& [name, meaning] : choices) {
      if (value.is_string() && value.get_ref<const std::string&>() == name) return meaning;
      names += (names.empty() ? "`" : ", `") + std::string(name) + "`";
    }
    Complain(at, "must be one of " + names);
    return choices.begin()->second;
  }

  auto ReadKeyHash(const std::string& at, const Json& value) -> std::string {
    std::string hash = ReadHash(at, value, "KEY", "the tenant's API key");
    if (!hash.empty() && !hashes_.insert(hash).second) {
      Complain(at, "is the key of another tenant too, or another key of this one: give each its own");
    }
    return hash;
  }

  /// Empty if it is none.
  auto ReadHash(const std::string& at, const Json& value, const std::string& variable, const std::string& of_what)
      -> std::string {
    std::string hash = value.is_string() ? value.get<std::string>() : "";
    std::ranges::transform(hash, hash.begin(),
                           [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c; });
    if (hash.size() == 64 && IsLowerHex(hash)) return hash;
    Complain(at, "must be the SHA-256 of " + of_what + " as 64 hexadecimal digits: `printf %s \"$" + variable +
                     "\" | sha256sum` prints it");
    return {};
  }

  void ReadAttributes(Tenant& tenant, const std::string& at, const Json& value) {
    if (!value.is_object()) return Complain(at, "must be an object of attribute names and values");
    for (const auto& [name, field] : value.items()) {
      const std::string place = at + "/" + Escaped(name);
      if (field.is_string()) {
        tenant.attributes.emplace_back(name, field.get<std::string>());
      } else if (field.is_boolean()) {
        tenant.attributes.emplace_back(name, field.get<bool>() ? "yes" : "no");
      } else if (field.is_number_integer()) {
        tenant.attributes.emplace_back(name, field.dump());
      } else {
        Complain(place, "must be a string, a whole number, true or false: write other numbers and lists as strings");
      }
    }
  }

  auto ReadAmount(const std::string& at, const Json& value) -> std::optional<NanoUsd> {
    constexpr std::int64_t kMostMicros = std::numeric_limits<std::int64_t>::max() / 1000;
    const auto amount = value.is_string() ? ParseDecimal(value.get_ref<const std::string&>()) : Decimal{};
    if (amount && amount->micros > 0 && amount->micros <= kMostMicros) return NanoUsd{amount->micros * 1000};
    Complain(
        at,
        "must be an amount above zero as a string, such as \"100.00\", with at most six digits after the point, and "
        "below nine billion");
    return std::nullopt;
  }

  void ReadEndpoints(GatewayConfig& config, const std::string& at, const Json& value) {
    if (!value.is_object()) return Complain(at, "must be an object of deployment names and base URLs");
    for (const auto& [name, field] : value.items()) {
      const std::string place = at + "/" + Escaped(name);
      if (!field.is_object()) {
        ReadUrl(config, name, place, field);
        continue;
      }
      for (const auto& [key, part] : field.items()) {
        if (key == "url") {
          ReadUrl(config, name, place + "/url", part);
        } else if (key == "speaks") {
          config.speaks.emplace(name, ReadApis(place + "/speaks", part));
        } else {
          Complain(place + "/" + Escaped(key), "is not a key of an endpoint: it takes `url` and `speaks`");
        }
      }
    }
  }

  void ReadUrl(GatewayConfig& config, const std::string& name, const std::string& at, const Json& value) {
    const std::string url = Text(at, value);
    if (url.empty()) return;
    if (const auto endpoint = ParseEndpoint(url); !endpoint) Complain(at, endpoint.error());
    config.endpoints.emplace(name, url);
  }

  auto ReadApis(const std::string& at, const Json& value) -> ApiSet {
    ApiSet apis;
    if (!value.is_array() || value.empty()) {
      Complain(at, "must be an array with at least one API, such as [\"messages\"]");
      return apis;
    }
    for (std::size_t i = 0; i < value.size(); ++i) {
      const auto api = value[i].is_string() ? ApiNamed(value[i].get_ref<const std::string&>()) : std::nullopt;
      if (api) {
        apis.Add(*api);
      } else {
        Complain(at + "/" + std::to_string(i), "must be `chat`, `completions`, `embeddings`, `responses` or `messages`");
      }
    }
    return apis;
  }

  auto Text(const std::string& at, const Json& value) -> std::string {
    if (value.is_string() && !value.get_ref<const std::string&>().empty()) return value.get<std::string>();
    Complain(at, "must be a string that is not empty");
    return {};
  }

  auto Number(const std::string& at, const Json& value, std::uint64_t least, std::uint64_t most)
      -> std::optional<std::uint64_t> {
    if (value.is_number_unsigned()) {
      const auto number = value.get<std::uint64_t>();
      if (number >= least && number <= most) return number;
    }
    Complain(at, "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    return std::nullopt;
  }

  auto Number32(const std::string& at, const Json& value, std::uint32_t least, std::uint32_t most) -> std::uint32_t {
    return static_cast<std::uint32_t>(Number(at, value, least, most).value_or(least));
  }

  void Complain(const std::string& at, const std::string& what) {
    problems_.push_back(name_ + ": " + (at.empty() ? "" : at + ": ") + what);
  }

  const std::string& name_;
  std::vector<std::string> problems_;
  std::set<std::string> ids_;
  std::set<std::string> hashes_;
};

}  // namespace

auto ParseConfig(std::string_view text, const std::string& name)
    -> std::expected<GatewayConfig, std::vector<std::string>> {
  const auto root = ParseJson(text, JsonLimits{});
  if (!root) {
    const auto line = LineOf(text, root.error().offset);
    const std::string place = root.error().offset == 0 ? "" : ":" + std::to_string(line);
    return std::unexpected(std::vector{name + place + ": " + root.error().message});
  }
  Reader reader(name);
  GatewayConfig config = reader.Read(*root);
  if (!reader.problems().empty()) return std::unexpected(reader.problems());
  return config;
}

auto PoliciesOfTenants(std::span<const Table> policies, const GatewayConfig& config, const std::string& name)
    -> std::expected<std::vector<std::uint32_t>, std::vector<std::string>> {
  std::vector<std::uint32_t> policy_of;
  std::vector<std::string> problems;
  std::string known;
  for (const Table& policy : policies) known += (known.empty() ? "`" : ", `") + std::string(policy.policy_name()) + "`";
  for (std::size_t i = 0; i < config.tenants.size(); ++i) {
    const std::size_t callers = config.tenants[i].keys.size();
    const std::string& wanted = config.tenants[i].policy;
    const std::string at = name + ": /tenants/" + std::to_string(i) + "/policy: ";
    const auto found = std::ranges::find(policies, wanted, &Table::policy_name);
    if (wanted.empty() && policies.size() == 1) {
      policy_of.insert(policy_of.end(), callers, 0);
    } else if (wanted.empty()) {
      problems.push_back(at + "is missing, and the bundle holds several policies: name one of " + known);
    } else if (found == policies.end()) {
      problems.push_back(at + "the bundle has no policy `" + wanted + "`: it has " + known);
    } else {
      policy_of.insert(policy_of.end(), callers, static_cast<std::uint32_t>(found - policies.begin()));
    }
  }
  if (!problems.empty()) return std::unexpected(std::move(problems));
  return policy_of;
}

auto WhatNeedsARestart(const GatewayConfig& running, const GatewayConfig& wanted, const std::string& name)
    -> std::vector<std::string> {
  std::vector<std::string> problems;
  const auto same = [&](std::string_view key, const auto& was, const auto& is) {
    if (was == is) return;
    problems.push_back(name + ": /" + std::string(key) +
                       ": cannot change while the gateway runs: restart it, or put the old value back");
  };
  same("listen", running.listen, wanted.listen);
  same("threads", running.threads, wanted.threads);
  same("decision_log", running.decision_log, wanted.decision_log);
  same("spend_store", running.spend_store, wanted.spend_store);
  same("connect_timeout_ms", running.connect_timeout_ms, wanted.connect_timeout_ms);
  same("max_connections", running.max_connections, wanted.max_connections);
  same("admin", running.admin, wanted.admin);
  return problems;
}

auto CheckAgainst(std::span<const Table> policies, const std::vector<std::uint32_t>& policy_of,
                  const GatewayConfig& config, const std::string& name) -> std::vector<std::string> {
  std::vector<std::string> problems;
  for (const Table& policy : policies) {
    // A bundle of one policy needs no name to say which.
    const std::string which =
        policies.size() == 1 ? "the bundle" : "the bundle's policy `" + std::string(policy.policy_name()) + "`";
    if (!policy.verified() && config.unverified == GatewayConfig::Unverified::kRefuse) {
      problems.push_back(which +
                         " was built without a passing verification: build it again without `--unverified`, or set `" +
                         name + "`'s /allow_unverified to true");
    }
    for (const std::string& problem : CheckSources(policy)) problems.push_back(which + ": " + problem);
  }
  std::size_t caller = 0;  // the first of the tenant
  for (std::size_t i = 0; i < config.tenants.size(); caller += config.tenants[i++].keys.size()) {
    for (const auto& [attribute, value] : config.tenants[i].attributes) {
      if (const auto problem = CheckTenantValue(policies[policy_of[caller]], attribute, value)) {
        problems.push_back(name + ": /tenants/" + std::to_string(i) + "/attributes/" + Escaped(attribute) + ": " +
                           *problem);
      }
    }
  }
  std::set<std::string> named;
  for (const auto& [deployment, url] : config.endpoints) named.insert(deployment);
  for (const auto& [deployment, apis] : config.speaks) named.insert(deployment);
  for (const std::string& deployment : named) {
    const bool known = std::ranges::any_of(policies, [&](const Table& policy) {
      return std::ranges::find(policy.deployments(), deployment, &DeploymentView::name) != policy.deployments().end();
    });
    const bool is_service = !config.speaks.contains(deployment) && std::ranges::any_of(policies, [&](const Table& policy) {
      return std::ranges::find(policy.services(), deployment, &ServiceView::name) != policy.services().end();
    });
    if (!known && !is_service) {
      problems.push_back(name + ": /endpoints/" + Escaped(deployment) + ": the bundle has no deployment of this name");
    }
  }
  return problems;
}

}  // namespace route
