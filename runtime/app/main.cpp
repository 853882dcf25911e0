// routegate: enforces a compiled policy in front of model providers. See docs/gateway.md.

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "runtime/gateway/proofs.h"
#include "runtime/gateway/server.h"
#include "runtime/signature/signature.h"
#include "runtime/table/collection.h"

namespace {

constexpr int kGood = 0;
constexpr int kHasErrors = 1;
constexpr int kUnusable = 2;
constexpr int kInternal = 70;

enum class Mode : std::uint8_t { kServe, kCheck };

struct Arguments {
  std::string bundle;
  std::vector<std::string> trusted_keys;  ///< files; with one or more the bundle has to be signed by one of them
  std::string config;
  Mode mode = Mode::kServe;
  route::Unproved unproved = route::Unproved::kRefuse;
};

/// One line of JSON on standard output for whoever supervises the process.
void Announce(const nlohmann::ordered_json& event) {
  std::printf("%s\n", event.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace).c_str());
  std::fflush(stdout);
}

auto Complain(const std::vector<std::string>& problems, int code) -> int {
  for (const std::string& problem : problems) std::fprintf(stderr, "routegate: error: %s\n", problem.c_str());
  return code;
}

void Append(std::vector<std::string>& problems, const std::vector<std::string>& more) {
  problems.insert(problems.end(), more.begin(), more.end());
}

auto ReadEnvironment(const std::string& name) -> std::optional<std::string> {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

auto ReadAll(const std::string& path) -> std::optional<std::string> {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file) return std::nullopt;
  return text;
}

auto Unreadable(const std::string& what) -> std::unexpected<route::LoadError> {
  return std::unexpected(route::LoadError{route::LoadError::Kind::kUnreadable, what});
}

auto ReadKeys(const Arguments& arguments) -> std::expected<std::vector<std::string>, route::LoadError> {
  std::vector<std::string> keys;
  for (const std::string& key : arguments.trusted_keys) {
    auto pem = ReadAll(key);
    if (!pem) return Unreadable("cannot read the trusted key `" + key + "`");
    keys.push_back(std::move(*pem));
  }
  return keys;
}

/// The bundle if it is signed by a trusted key. What is loaded are the very bytes that were checked, so that the file cannot
/// be exchanged in between.
auto LoadTrusted(const Arguments& arguments) -> std::expected<std::vector<route::Table>, route::LoadError> {
  const auto bundle = ReadAll(arguments.bundle);
  if (!bundle) return Unreadable("cannot read `" + arguments.bundle + "`");
  const std::string path = route::SignaturePath(arguments.bundle);
  const auto signature = ReadAll(path);
  if (!signature) return Unreadable("cannot read the signature `" + path + "`, which --trusted-key asks for; `routec sign` writes it");
  const auto keys = ReadKeys(arguments);
  if (!keys) return std::unexpected(keys.error());
  const auto bytes = std::as_bytes(std::span(*bundle));
  if (auto good = route::CheckSignature(bytes, *signature, *keys); !good) {
    return std::unexpected(route::LoadError{route::LoadError::Kind::kMalformed, "`" + path + "`: " + good.error()});
  }
  return route::TablesFromBytes(bytes, "`" + arguments.bundle + "`");
}

auto Run(const Arguments& arguments) -> int {
  std::ifstream file(arguments.config, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file) return Complain({"the configuration `" + arguments.config + "` cannot be read"}, kUnusable);
  auto tables = arguments.trusted_keys.empty() ? route::LoadTables(arguments.bundle) : LoadTrusted(arguments);
  if (!tables && tables.error().kind == route::LoadError::Kind::kUnreadable) {
    return Complain({tables.error().message}, kUnusable);
  }
  const auto keys = ReadKeys(arguments);
  if (!keys) return Complain({keys.error().message}, kUnusable);
  auto config = route::ParseConfig(text, arguments.config);

  std::vector<std::string> problems;
  if (!config) Append(problems, config.error());
  if (!tables) problems.push_back(tables.error().message);
  if (!config || !tables) return Complain(problems, kHasErrors);
  auto policy_of = route::PoliciesOfTenants(*tables, *config, arguments.config);
  if (!policy_of) return Complain(policy_of.error(), kHasErrors);
  Append(problems, route::CheckAgainst(*tables, *policy_of, *config, arguments.config));
  const auto packs = route::PacksOf(*tables, arguments.bundle, *keys, arguments.unproved);
  if (!packs) Append(problems, packs.error());
  std::vector<route::ServedPolicy> policies;
  for (std::size_t i = 0; i < tables->size(); ++i) {
    route::Table& table = (*tables)[i];
    auto deployments = route::ReachDeployments(table, *config, ReadEnvironment);
    if (!deployments) {
      for (const std::string& problem : deployments.error()) {
        if (std::ranges::find(problems, problem) == problems.end()) problems.push_back(problem);
      }
      continue;
    }
    policies.push_back({std::move(table), std::move(*deployments), packs ? (*packs)[i] : std::string()});
  }
  if (!problems.empty()) return Complain(problems, kHasErrors);
  if (arguments.mode == Mode::kCheck) {
    for (const route::ServedPolicy& policy : policies) {
      Announce({{"event", "checked"}, {"policy", policy.table.policy_name()}, {"version", policy.table.policy_version()}});
    }
    return kGood;
  }

  auto log = route::LogWriter::Open(config->decision_log);
  if (!log) return Complain({log.error()}, kHasErrors);
  if (log->torn.bytes > 0) {
    Announce({{"event", "log_tail_cut"}, {"bytes", log->torn.bytes}, {"kept_in", log->torn.kept_in}});
  }
  const auto tenants = config->tenants;
  route::GatewayState state{std::move(policies),
                            std::move(*policy_of),
                            std::move(*config),
                            route::TenantRegistry(tenants),
                            route::SpendBook(tenants.size()),
                            std::move(log->writer),
                            [] { return std::chrono::system_clock::now(); }};
  auto server = route::Server::Start(state, route::ServerTimes{});
  if (!server) return Complain({server.error()}, kHasErrors);
  Announce({{"event", "listening"}, {"address", (*server)->address()}});
  (*server)->Run();
  state.log.reset();  // writes what is waiting
  Announce({{"event", "stopped"}});
  return kGood;
}

}  // namespace

auto main(int argc, char** argv) -> int {
  // A broken connection or a full file shows as an error of the call instead of ending the process.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  Arguments arguments;
  CLI::App app("Serves an OpenAI-compatible API and sends each request only where the policy allows it.", "routegate");
  app.add_option("--bundle", arguments.bundle, "the compiled policy (.rtb)")->required()->type_name("FILE");
  app.add_option("--config", arguments.config, "the gateway's configuration (JSON)")->required()->type_name("FILE");
  app.add_option("--trusted-key", arguments.trusted_keys, "serve only a bundle that is signed by this key, or one of several (PEM)")
      ->type_name("FILE");
  app.add_flag_callback(
      "--allow-unproved", [&] { arguments.unproved = route::Unproved::kAllow; },
      "serve a bundle even if no proof pack of it is known");
  app.add_flag_callback(
      "--check", [&] { arguments.mode = Mode::kCheck; }, "check bundle and configuration, then exit");
  app.set_version_flag("--version", "routegate " ROUTE_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kGood : kUnusable;
  }
  try {
    return Run(arguments);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "routegate: internal error: %s\n", error.what());
    return kInternal;
  }
}
