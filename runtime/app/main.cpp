// routegate: enforces a compiled policy in front of model providers. See docs/gateway.md.

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "runtime/gateway/load.h"
#include "runtime/gateway/server.h"

namespace {

constexpr int kGood = 0;
constexpr int kHasErrors = 1;
constexpr int kUnusable = 2;
constexpr int kInternal = 70;

enum class Mode : std::uint8_t { kServe, kCheck };

struct Arguments {
  route::GatewayFiles files;
  Mode mode = Mode::kServe;
  route::Enforcement enforcement = route::Enforcement::kServe;
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

auto ReadEnvironment(const std::string& name) -> std::optional<std::string> {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

/// The files as they are now, for a process that runs with another configuration already.
auto Reload(const Arguments& arguments, const route::GatewayConfig& running,
            const std::shared_ptr<route::GatewayProcess>& process)
    -> std::expected<std::shared_ptr<const route::GatewayState>, std::vector<std::string>> {
  auto loaded = route::LoadGeneration(arguments.files, ReadEnvironment);
  if (!loaded) return std::unexpected(std::move(loaded.error().list));
  auto problems = route::WhatNeedsARestart(running, loaded->config, arguments.files.config);
  if (!problems.empty()) return std::unexpected(std::move(problems));
  return route::MakeState(std::move(*loaded), process, arguments.enforcement);
}

/// Shells and service managers begin with a low limit, for programs that use select(2), and let everybody raise it.
void OpenAsManyFilesAsAllowed() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
}

auto Serve(const Arguments& arguments, route::LoadedGeneration loaded) -> int {
  OpenAsManyFilesAsAllowed();
  auto opened = route::OpenProcess(loaded.config);
  if (!opened) return Complain({opened.error()}, kHasErrors);
  if (opened->restored.bytes > 0) {
    Announce({{"event", opened->restored.kept_in.empty() ? "log_restored" : "journal_of_another_log"},
              {"bytes", opened->restored.bytes},
              {"kept_in", opened->restored.kept_in}});
  }
  if (opened->torn.bytes > 0) {
    Announce({{"event", "log_tail_cut"}, {"bytes", opened->torn.bytes}, {"kept_in", opened->torn.kept_in}});
  }
  const auto process = std::move(opened->process);
  const route::GatewayConfig config = loaded.config;
  const route::ServerHooks hooks{[&] { return Reload(arguments, config, process); }, Announce};
  {
    auto state = route::MakeState(std::move(loaded), process, arguments.enforcement);
    auto server = route::Server::Start(std::move(state), route::ServerTimes{}, hooks);
    if (!server) return Complain({server.error()}, kHasErrors);
    nlohmann::ordered_json listening = {{"event", "listening"}, {"address", (*server)->address()}};
    if (const std::string admin = (*server)->admin_address(); !admin.empty()) listening["admin"] = admin;
    Announce(listening);
    (*server)->Run();
  }
  process->log.reset();  // writes what is waiting
  process->store.reset();
  Announce({{"event", "stopped"}});
  return kGood;
}

auto Run(const Arguments& arguments) -> int {
  auto loaded = route::LoadGeneration(arguments.files, ReadEnvironment);
  if (!loaded) {
    const bool unreadable = loaded.error().kind == route::LoadProblems::Kind::kUnreadable;
    return Complain(loaded.error().list, unreadable ? kUnusable : kHasErrors);
  }
  if (arguments.mode == Mode::kServe) return Serve(arguments, std::move(*loaded));
  for (const route::ServedPolicy& policy : loaded->policies) {
    Announce(
        {{"event", "checked"}, {"policy", policy.table.policy_name()}, {"version", policy.table.policy_version()}});
  }
  return kGood;
}

}  // namespace

auto main(int argc, char** argv) -> int {
  // A broken connection or a full file shows as an error of the call instead of ending the process.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  Arguments arguments;
  CLI::App app("Serves an OpenAI-compatible API and sends each request only where the policy allows it.", "routegate");
  app.add_option("--bundle", arguments.files.bundle, "the compiled policy (.rtb)")->required()->type_name("FILE");
  app.add_option("--config", arguments.files.config, "the gateway's configuration (JSON)")
      ->required()
      ->type_name("FILE");
  app.add_option("--trusted-key", arguments.files.trusted_keys,
                 "serve only a bundle that is signed by this key, or one of several (PEM)")
      ->type_name("FILE");
  app.add_option("--shadow", arguments.files.shadow,
                 "a second bundle that decides too; differences are recorded and counted")
      ->type_name("FILE");
  app.add_flag_callback(
      "--dry-run", [&] { arguments.enforcement = route::Enforcement::kDryRun; },
      "decide, record and answer the decision; send nothing to an upstream");
  app.add_flag_callback(
      "--allow-unproved", [&] { arguments.files.unproved = route::Unproved::kAllow; },
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
