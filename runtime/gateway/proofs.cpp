#include "runtime/gateway/proofs.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "runtime/signature/attestation.h"

namespace route {
namespace {

auto ReadProofs(const std::string& path, std::span<const std::string> trusted_pems) -> std::expected<std::vector<ProvedBundle>, std::string> {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file) return std::unexpected("`" + path + "` cannot be read");
  auto proved = ReadAttestation(text, trusted_pems);
  if (!proved) return std::unexpected("`" + path + "` cannot be used: " + proved.error());
  return proved;
}

}  // namespace

auto PacksOf(std::span<const Table> tables, const std::string& bundle_path, std::span<const std::string> trusted_pems, Unproved unproved)
    -> std::expected<std::vector<std::string>, std::vector<std::string>> {
  constexpr const char* kAdvice = "; `routec build --prove` and `routec attest` write it, and --allow-unproved serves the bundle without";
  const std::string path = AttestationPath(bundle_path);
  std::error_code ignored;
  std::vector<ProvedBundle> proved;
  std::vector<std::string> problems;
  if (std::filesystem::exists(path, ignored)) {
    auto read = ReadProofs(path, trusted_pems);
    if (!read) return std::unexpected(std::vector{read.error()});
    proved = *std::move(read);
  } else if (unproved == Unproved::kRefuse) {
    return std::unexpected(std::vector{"there is no `" + path + "`, which names the bundle's proof pack" + kAdvice});
  }
  std::vector<std::string> packs;
  for (const Table& table : tables) {
    const auto found = std::ranges::find(proved, table.hash(), &ProvedBundle::bundle);
    if (found == proved.end() && unproved == Unproved::kRefuse) {
      problems.push_back("`" + path + "` names no proof pack of policy `" + std::string(table.policy_name()) + "` as it is in the bundle" + kAdvice);
    }
    packs.push_back(found == proved.end() ? std::string() : found->pack);
  }
  if (!problems.empty()) return std::unexpected(std::move(problems));
  return packs;
}

}  // namespace route
