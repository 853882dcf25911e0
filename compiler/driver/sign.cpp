#include <llvm/Support/raw_ostream.h>

#include <nlohmann/json.hpp>
#include <span>

#include "compiler/driver/bundle_commands.h"
#include "compiler/driver/exit_codes.h"
#include "compiler/driver/pipeline.h"
#include "runtime/signature/signature.h"
#include "runtime/table/collection.h"

namespace route::driver {
namespace {

constexpr std::uint64_t kMostKeyBytes = 1U << 16U;
constexpr std::uint64_t kMostBundleBytes = std::uint64_t{1} << 31U;

}  // namespace

/// Signs only what a gateway could load, so that nobody vouches for a file that was damaged on its way.
auto SignCommand(const SignOptions& options, const CommonOptions& common) -> int {
  const auto bundle = ReadFile(options.bundle, kMostBundleBytes);
  const auto key = ReadFile(options.key, kMostKeyBytes);
  if (!bundle || !key) {
    PrintUsageError(bundle ? key.error() : bundle.error());
    return kWrongUsage;
  }
  const auto bytes = std::as_bytes(std::span(*bundle));
  const auto tables = TablesFromBytes(bytes, "`" + options.bundle + "`");
  if (!tables) {
    PrintUsageError(tables.error().message);
    return kWrongUsage;
  }
  const auto signature = SignBundle(bytes, *key);
  if (!signature) {
    PrintUsageError("`" + options.key + "` cannot be used: " + signature.error());
    return kWrongUsage;
  }
  const std::string output = options.output.empty() ? SignaturePath(options.bundle) : options.output;
  if (auto written = WriteFileAtomically(output, *signature); !written) {
    PrintUsageError(written.error());
    return kWrongUsage;
  }
  const std::string by = PublicKeyHex(*key).value();
  if (common.format == Format::kJson) {
    PrintJson({{"schema", "route.sign/1"}, {"bundle", options.bundle}, {"signature", output}, {"key", by}});
  } else {
    llvm::outs() << output << ": " << options.bundle << ", signed by key " << by << "\n";
  }
  return kGood;
}

}  // namespace route::driver
