#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/dialect/carry.h"
#include "runtime/signals/tenants.h"
#include "runtime/table/table.h"

namespace route {

/// Where somebody listens.
struct ListenAddress {
  std::string host = "127.0.0.1";  ///< a numeric address; empty for a Unix socket
  std::uint16_t port = 8080;       ///< 0: any free one
  std::string unix_path = {};      ///< of a Unix socket

  friend auto operator==(const ListenAddress&, const ListenAddress&) -> bool = default;
};

struct AdminConfig {
  ListenAddress listen;      ///< a loopback address or a Unix socket
  std::string token_sha256;  ///< 64 lower-case hexadecimal digits

  friend auto operator==(const AdminConfig&, const AdminConfig&) -> bool = default;
};

/// The files that the gateway shows itself to callers with, as PEM.
struct TlsFiles {
  std::string certificate;  ///< its own first, then those that lead to an authority
  std::string key;

  friend auto operator==(const TlsFiles&, const TlsFiles&) -> bool = default;
};

/// `gateway.json`. `docs/gateway.md` describes every key.
struct GatewayConfig {
  ListenAddress listen;
  std::optional<TlsFiles> tls;  ///< none: callers come without encryption
  std::uint32_t threads = 0;  ///< 0: one for each core
  std::string decision_log;
  std::vector<Tenant> tenants;
  std::map<std::string, std::string> endpoints;  ///< base URL by deployment
  std::map<std::string, ApiSet> speaks;          ///< the APIs of deployments; others speak kOpenAiCompatible
  std::uint64_t max_body_bytes = 10ULL * 1024 * 1024;
  std::uint64_t max_body_bytes_in_flight = 1024ULL * 1024 * 1024;  ///< of all requests being served; at least max_body_bytes
  std::uint32_t connect_timeout_ms = 2000;
  std::uint32_t backoff_ms = 100;
  std::uint32_t cooldown_ms = 5000;            ///< 0: no deployment is ever left out
  std::uint32_t service_cooldown_ms = 5000;    ///< 0: no service is ever left out
  std::uint32_t stream_silence_ms = 120'000;   ///< that a begun stream may send no byte
  std::uint32_t stream_idle_ms = 600'000;      ///< that a begun stream may send no event that says anything
  std::uint32_t max_in_flight = 10'000;        ///< requests being served at a time
  std::uint32_t max_connections = 20'000;      ///< of callers
  std::string spend_store;                     ///< empty: next to the decision log
  std::uint32_t assumed_answer_tokens = 4096;  ///< reserved for an answer whose request sets no limit
  std::optional<AdminConfig> admin;
  enum class Unverified : std::uint8_t { kRefuse, kAllow };
  Unverified unverified = Unverified::kRefuse;
};

/// Reads the text of a configuration. `name` is the file's name for messages. On failure gives every problem, each as
/// `gateway.json: /tenants/0/id: what is wrong: what to do`. Unknown keys are problems.
auto ParseConfig(std::string_view text, const std::string& name)
    -> std::expected<GatewayConfig, std::vector<std::string>>;

/// For each caller the index of its policy; or what is wrong, in the same form: a bundle with several policies needs
/// each tenant to name one, and a name must be one of the bundle's.
auto PoliciesOfTenants(std::span<const Table> policies, const GatewayConfig& config, const std::string& name)
    -> std::expected<std::vector<std::uint32_t>, std::vector<std::string>>;

/// What a running gateway cannot take over from a new configuration, in the same form: where it listens and writes, and
/// its number of threads.
auto WhatNeedsARestart(const GatewayConfig& running, const GatewayConfig& wanted, const std::string& name)
    -> std::vector<std::string>;

/// What in the configuration does not fit the bundle: tenants' attributes, endpoints of unknown deployments, a bundle
/// that was not verified, attributes that cannot be derived. In the same form.
auto CheckAgainst(std::span<const Table> policies, const std::vector<std::uint32_t>& policy_of,
                  const GatewayConfig& config, const std::string& name) -> std::vector<std::string>;

}  // namespace route
