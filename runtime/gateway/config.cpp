#include "runtime/gateway/config.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <set>

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
    return config;
  }

  auto problems() const -> const std::vector<std::string>& { return problems_; }

 private:
  void ReadKey(GatewayConfig& config, const std::string& key, const Json& value) {
    const std::string at = "/" + Escaped(key);
    if (key == "listen") {
      ReadListen(config, at, value);
    } else if (key == "threads") {
      config.threads = static_cast<std::uint32_t>(Number(at, value, 1, 1024).value_or(1));
    } else if (key == "decision_log") {
      config.decision_log = Text(at, value);
    } else if (key == "tenants") {
      ReadTenants(config, at, value);
    } else if (key == "endpoints") {
      ReadEndpoints(config, at, value);
    } else if (key == "max_body_bytes") {
      config.max_body_bytes = Number(at, value, 1024, std::uint64_t{1} << 30U).value_or(1024);
    } else if (key == "connect_timeout_ms") {
      config.connect_timeout_ms = static_cast<std::uint32_t>(Number(at, value, 1, 600'000).value_or(1));
    } else if (key == "backoff_ms") {
      config.backoff_ms = static_cast<std::uint32_t>(Number(at, value, 1, 60'000).value_or(1));
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

  void ReadListen(GatewayConfig& config, const std::string& at, const Json& value) {
    const std::string text = Text(at, value);
    if (text.empty()) return;
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
    if (!fits || port > std::numeric_limits<std::uint16_t>::max()) {
      return Complain(at, "must be a numeric address and a port, such as \"127.0.0.1:8080\" or \"[::1]:0\"");
    }
    config.listen_host = host;
    config.listen_port = static_cast<std::uint16_t>(port);
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
        tenant.key_sha256 = ReadKeyHash(place, field);
      } else if (key == "policy") {
        tenant.policy = Text(place, field);
      } else if (key == "attributes") {
        ReadAttributes(tenant, place, field);
      } else if (key == "spend_cap_usd") {
        tenant.spend_cap = ReadCap(place, field);
      } else {
        Complain(place, "is not a key of a tenant: it has `id`, `key_sha256`, `policy`, `attributes` and `spend_cap_usd`");
      }
    }
    for (const char* needed : {"id", "key_sha256"}) {
      if (!value.contains(needed)) Complain(at + "/" + needed, "is missing");
    }
    config.tenants.push_back(std::move(tenant));
  }

  auto ReadKeyHash(const std::string& at, const Json& value) -> std::string {
    std::string hash = value.is_string() ? value.get<std::string>() : "";
    std::ranges::transform(hash, hash.begin(),
                           [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c; });
    if (hash.size() != 64 || !IsLowerHex(hash)) {
      Complain(at,
               "must be the SHA-256 of the tenant's API key as 64 hexadecimal digits: "
               "`printf %s \"$KEY\" | sha256sum` prints it");
    } else if (!hashes_.insert(hash).second) {
      Complain(at, "is the key of another tenant too: give each its own");
    }
    return hash;
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

  auto ReadCap(const std::string& at, const Json& value) -> std::optional<Decimal> {
    const auto cap = value.is_string() ? ParseDecimal(value.get_ref<const std::string&>()) : Decimal{};
    if (!cap || cap->micros <= 0) {
      Complain(at,
               "must be an amount above zero as a string, such as \"100.00\", with at most six digits after the point");
      return std::nullopt;
    }
    return *cap;
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
    const std::string& wanted = config.tenants[i].policy;
    const std::string at = name + ": /tenants/" + std::to_string(i) + "/policy: ";
    const auto found = std::ranges::find(policies, wanted, &Table::policy_name);
    if (wanted.empty() && policies.size() == 1) {
      policy_of.push_back(0);
    } else if (wanted.empty()) {
      problems.push_back(at + "is missing, and the bundle holds several policies: name one of " + known);
    } else if (found == policies.end()) {
      problems.push_back(at + "the bundle has no policy `" + wanted + "`: it has " + known);
    } else {
      policy_of.push_back(static_cast<std::uint32_t>(found - policies.begin()));
    }
  }
  if (!problems.empty()) return std::unexpected(std::move(problems));
  return policy_of;
}

auto CheckAgainst(std::span<const Table> policies, const std::vector<std::uint32_t>& policy_of, const GatewayConfig& config,
                  const std::string& name) -> std::vector<std::string> {
  std::vector<std::string> problems;
  for (const Table& policy : policies) {
    // A bundle of one policy needs no name to say which.
    const std::string which = policies.size() == 1 ? "the bundle" : "the bundle's policy `" + std::string(policy.policy_name()) + "`";
    if (!policy.verified() && config.unverified == GatewayConfig::Unverified::kRefuse) {
      problems.push_back(which +
                         " was built without a passing verification: build it again without `--unverified`, or set `" +
                         name + "`'s /allow_unverified to true");
    }
    for (const std::string& problem : CheckSources(policy)) problems.push_back(which + ": " + problem);
  }
  for (std::size_t i = 0; i < config.tenants.size(); ++i) {
    for (const auto& [attribute, value] : config.tenants[i].attributes) {
      if (const auto problem = CheckTenantValue(policies[policy_of[i]], attribute, value)) {
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
    if (!known) {
      problems.push_back(name + ": /endpoints/" + Escaped(deployment) + ": the bundle has no deployment of this name");
    }
  }
  return problems;
}

}  // namespace route
