#include "runtime/gateway/load.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <span>
#include <utility>

#include "runtime/net/stream.h"
#include "runtime/signature/signature.h"
#include "runtime/table/collection.h"

namespace route {
namespace {

auto ReadAll(const std::string& path) -> std::optional<std::string> {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file) return std::nullopt;
  return text;
}

auto Unreadable(const std::string& what) -> std::unexpected<LoadError> {
  return std::unexpected(LoadError{LoadError::Kind::kUnreadable, what});
}

auto ReadKeys(const std::vector<std::string>& paths) -> std::expected<std::vector<std::string>, LoadError> {
  std::vector<std::string> keys;
  for (const std::string& path : paths) {
    auto pem = ReadAll(path);
    if (!pem) return Unreadable("cannot read the trusted key `" + path + "`");
    keys.push_back(std::move(*pem));
  }
  return keys;
}

/// The bundle if it is signed by a trusted key. What is loaded are the very bytes that were checked, so that the file
/// cannot be exchanged in between.
auto LoadTrusted(const std::string& path, const std::vector<std::string>& keys)
    -> std::expected<std::vector<Table>, LoadError> {
  const auto bundle = ReadAll(path);
  if (!bundle) return Unreadable("cannot read `" + path + "`");
  const std::string signature_path = SignaturePath(path);
  const auto signature = ReadAll(signature_path);
  if (!signature) {
    return Unreadable("cannot read the signature `" + signature_path +
                      "`, which --trusted-key asks for; `routec sign` writes it");
  }
  const auto bytes = std::as_bytes(std::span(*bundle));
  if (auto good = CheckSignature(bytes, *signature, keys); !good) {
    return std::unexpected(LoadError{LoadError::Kind::kMalformed, "`" + signature_path + "`: " + good.error()});
  }
  return TablesFromBytes(bytes, "`" + path + "`");
}

/// `keys` are PEM texts; without one any bundle is good.
auto LoadBundle(const std::string& path, const std::vector<std::string>& keys)
    -> std::expected<std::vector<Table>, LoadError> {
  // A bundle is read, never mapped: a file that is written anew in place must not change a table in use.
  if (!keys.empty()) return LoadTrusted(path, keys);
  const auto bundle = ReadAll(path);
  if (!bundle) return Unreadable("cannot read `" + path + "`");
  return TablesFromBytes(std::as_bytes(std::span(*bundle)), "`" + path + "`");
}

void Append(std::vector<std::string>& problems, const std::vector<std::string>& more) {
  for (const std::string& problem : more) {
    if (std::ranges::find(problems, problem) == problems.end()) problems.push_back(problem);
  }
}

/// For each policy the shadow bundle's policy of the same name; of a bundle with one policy, that one.
auto MatchShadows(std::span<const ServedPolicy> policies, std::vector<Table> shadow)
    -> std::vector<std::optional<Table>> {
  std::vector<std::optional<Table>> matched(policies.size());
  if (policies.size() == 1 && shadow.size() == 1) {
    matched[0] = std::move(shadow[0]);
    return matched;
  }
  for (Table& table : shadow) {
    for (std::size_t i = 0; i < policies.size(); ++i) {
      if (policies[i].table.policy_name() == table.policy_name()) {
        matched[i] = std::move(table);
        break;
      }
    }
  }
  return matched;
}

auto Fail(const LoadError& error) -> std::unexpected<LoadProblems> {
  const bool unreadable = error.kind == LoadError::Kind::kUnreadable;
  return std::unexpected(
      LoadProblems{unreadable ? LoadProblems::Kind::kUnreadable : LoadProblems::Kind::kErrors, {error.message}});
}

auto Fail(std::vector<std::string> problems) -> std::unexpected<LoadProblems> {
  return std::unexpected(LoadProblems{LoadProblems::Kind::kErrors, std::move(problems)});
}

/// Certificate and key, if the configuration names them.
auto LoadTls(const GatewayConfig& config, const std::string& name)
    -> std::expected<std::shared_ptr<TlsContext>, std::string> {
  if (!config.tls) return nullptr;
  const auto problem = [&](const char* key, const std::string& what) {
    return std::unexpected(name + ": /tls/" + key + ": " + what);
  };
  const auto certificate = ReadAll(config.tls->certificate);
  if (!certificate) return problem("certificate", "the file `" + config.tls->certificate + "` cannot be read");
  const auto key = ReadAll(config.tls->key);
  if (!key) return problem("key", "the file `" + config.tls->key + "` cannot be read");
  auto context = TlsContext::ForServers(*certificate, *key);
  if (context) return std::move(*context);
  if (context.error().part == TlsContext::Problem::Part::kCertificate) {
    return problem("certificate", "the file `" + config.tls->certificate +
                                      "` holds no chain of certificates in PEM: " + context.error().why);
  }
  return problem("key", "the file `" + config.tls->key +
                            "` holds no private key, without password in PEM, of the certificate: " + context.error().why);
}

auto DefaultSpendStore(const GatewayConfig& config) -> std::string {
  return config.spend_store.empty() ? config.decision_log + ".spend" : config.spend_store;
}

}  // namespace

auto LoadGeneration(const GatewayFiles& files, const Environment& environment)
    -> std::expected<LoadedGeneration, LoadProblems> {
  const auto text = ReadAll(files.config);
  if (!text)
    return Fail(LoadError{LoadError::Kind::kUnreadable, "the configuration `" + files.config + "` cannot be read"});
  const auto keys = ReadKeys(files.trusted_keys);
  if (!keys) return Fail(keys.error());
  auto tables = LoadBundle(files.bundle, *keys);
  if (!tables && tables.error().kind == LoadError::Kind::kUnreadable) return Fail(tables.error());
  auto config = ParseConfig(*text, files.config);

  std::vector<std::string> problems;
  if (!config) Append(problems, config.error());
  if (!tables) problems.push_back(tables.error().message);
  if (!config || !tables) return Fail(std::move(problems));
  auto policy_of = PoliciesOfTenants(*tables, *config, files.config);
  if (!policy_of) return Fail(std::move(policy_of.error()));
  Append(problems, CheckAgainst(*tables, *policy_of, *config, files.config));
  const auto packs = PacksOf(*tables, files.bundle, *keys, files.unproved);
  if (!packs) Append(problems, packs.error());
  LoadedGeneration loaded;
  auto tls = LoadTls(*config, files.config);
  if (!tls) problems.push_back(std::move(tls.error()));
  for (std::size_t i = 0; i < tables->size(); ++i) {
    Table& table = (*tables)[i];
    auto deployments = ReachDeployments(table, *config, environment);
    if (!deployments) {
      Append(problems, deployments.error());
      continue;
    }
    auto services = ReachServices(table, *config, environment);
    if (!services) {
      Append(problems, services.error());
      continue;
    }
    loaded.policies.push_back(
        {std::move(table), std::move(*deployments), packs ? (*packs)[i] : std::string(), std::move(*services)});
  }
  if (!problems.empty()) return Fail(std::move(problems));
  if (!files.shadow.empty()) {
    auto shadow = LoadBundle(files.shadow, *keys);
    if (!shadow) return Fail(shadow.error());
    for (const Table& table : *shadow) {
      for (const std::string& problem : CheckSources(table)) problems.push_back("the shadow bundle: " + problem);
    }
    if (!problems.empty()) return Fail(std::move(problems));
    loaded.shadows = MatchShadows(loaded.policies, std::move(*shadow));
  }
  loaded.tls = std::move(*tls);
  loaded.policy_of = std::move(*policy_of);
  loaded.config = std::move(*config);
  return loaded;
}

auto MakeState(LoadedGeneration loaded, std::shared_ptr<GatewayProcess> process, Enforcement enforcement)
    -> std::shared_ptr<const GatewayState> {
  auto state =
      MakeState(std::move(loaded.policies), std::move(loaded.policy_of), std::move(loaded.config), std::move(process));
  state->shadows = std::move(loaded.shadows);
  state->enforcement = enforcement;
  state->tls = std::move(loaded.tls);
  return state;
}

auto OpenProcess(const GatewayConfig& config) -> std::expected<OpenedProcess, std::string> {
  auto log = LogWriter::Open(config.decision_log);
  if (!log) return std::unexpected(std::move(log.error()));
  auto process = std::make_shared<GatewayProcess>();
  process->log = std::move(log->writer);
  auto store = OpenSpendStore(DefaultSpendStore(config));
  if (!store) return std::unexpected(std::move(store.error()));
  for (const SpendEntry& entry : store->kept) process->spend.For(entry.tenant)->Add(entry.key, entry.day, entry.amount);
  process->store = std::move(store->store);
  return OpenedProcess{std::move(process), std::move(log->restored), std::move(log->torn)};
}

}  // namespace route
