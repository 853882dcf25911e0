#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "runtime/gateway/deployments.h"
#include "runtime/gateway/proofs.h"
#include "runtime/gateway/state.h"

/// From files to a generation that can be served: at the start, and again for every reload.
namespace route {

struct GatewayFiles {
  std::string bundle;
  std::string shadow;  ///< a second bundle that decides too, or empty
  std::string config;
  std::vector<std::string> trusted_keys;  ///< with one or more the bundles have to be signed by one of them
  Unproved unproved = Unproved::kRefuse;  ///< the bundle, never the shadow, which serves nobody
};

struct LoadProblems {
  enum class Kind : std::uint8_t {
    kErrors,      ///< what the files say is wrong
    kUnreadable,  ///< a file cannot be read
  };
  Kind kind = Kind::kErrors;
  std::vector<std::string> list;  ///< all of them, each fit for a user
};

/// A generation whose parts have not met the process yet.
struct LoadedGeneration {
  std::vector<ServedPolicy> policies;
  std::vector<std::uint32_t> policy_of;
  std::vector<std::optional<Table>> shadows;
  GatewayConfig config;
  std::shared_ptr<TlsContext> tls;
};

/// Reads and checks everything. Writes nothing.
auto LoadGeneration(const GatewayFiles& files, const Environment& environment)
    -> std::expected<LoadedGeneration, LoadProblems>;

/// The generation as the process serves it.
auto MakeState(LoadedGeneration loaded, std::shared_ptr<GatewayProcess> process, Enforcement enforcement)
    -> std::shared_ptr<const GatewayState>;

/// Opens the decision log and the spend store, and takes what the store kept into the book. The store is there even
/// when no tenant has a cap yet, since a reload may bring one.
struct OpenedProcess {
  std::shared_ptr<GatewayProcess> process;
  Restored restored;  ///< of the log
  LogWriter::TornTail torn;
};
auto OpenProcess(const GatewayConfig& config) -> std::expected<OpenedProcess, std::string>;

}  // namespace route
