#include <llvm/Support/raw_ostream.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>

#include "compiler/driver/bundle_commands.h"
#include "compiler/driver/exit_codes.h"
#include "compiler/driver/pipeline.h"
#include "compiler/prove/prove.h"
#include "runtime/signature/attestation.h"
#include "runtime/table/collection.h"
#include "runtime/table/sha256.h"

namespace route::driver {
namespace {

constexpr std::uint64_t kMostKeyBytes = 1U << 16U;
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 31U;

auto Fail(const std::string& why) -> int {
  PrintUsageError(why);
  return kWrongUsage;
}

/// The policy of the bundle that a pack is about. Prints why and gives nothing if there is none.
auto Match(const std::string& path, const std::vector<Table>& tables) -> std::optional<ProvedBundle> {
  const auto pack = ReadFile(path, kMostBytes);
  if (!pack) {
    PrintUsageError(pack.error());
    return std::nullopt;
  }
  const auto about = prove::BundleOfPack(*pack);
  if (!about) {
    PrintUsageError("`" + path + "` cannot be used: " + about.error());
    return std::nullopt;
  }
  const auto table = std::ranges::find_if(tables, [&](const Table& each) { return each.hash() == *about; });
  if (table == tables.end()) {
    PrintUsageError("`" + path + "` is about another bundle, whose SHA-256 is " + *about);
    return std::nullopt;
  }
  return ProvedBundle{std::string(table->policy_name()), *about, Sha256Hex(*pack)};
}

}  // namespace

auto AttestCommand(const AttestOptions& options, const CommonOptions& common) -> int {
  const auto bundle = ReadFile(options.bundle, kMostBytes);
  if (!bundle) return Fail(bundle.error());
  const auto tables = TablesFromBytes(std::as_bytes(std::span(*bundle)), "`" + options.bundle + "`");
  if (!tables) return Fail(tables.error().message);
  std::optional<std::string> key;
  if (!options.key.empty()) {
    auto read = ReadFile(options.key, kMostKeyBytes);
    if (!read) return Fail(read.error());
    key = std::move(*read);
  }
  std::vector<ProvedBundle> proved;
  for (const std::string& path : options.packs) {
    auto match = Match(path, *tables);
    if (!match) return kWrongUsage;
    proved.push_back(std::move(*match));
  }
  const auto text = WriteAttestation(proved, key);
  if (!text) return Fail("`" + options.key + "` cannot be used: " + text.error());
  const std::string output = options.output.empty() ? AttestationPath(options.bundle) : options.output;
  if (auto written = WriteFileAtomically(output, *text); !written) return Fail(written.error());
  if (common.format == Format::kJson) {
    nlohmann::ordered_json document = {
        {"schema", "route.attest/1"}, {"attestation", output}, {"signed", key.has_value()}};
    document["proofs"] = nlohmann::ordered_json::array();
    for (const ProvedBundle& each : proved) {
      document["proofs"].push_back({{"policy", each.policy}, {"bundle", each.bundle}, {"pack", each.pack}});
    }
    PrintJson(document);
    return kGood;
  }
  for (const ProvedBundle& each : proved) {
    llvm::outs() << output << ": " << each.policy << ", bundle " << each.bundle << ", pack " << each.pack
                 << (key ? ", signed" : "") << "\n";
  }
  return kGood;
}

}  // namespace route::driver
