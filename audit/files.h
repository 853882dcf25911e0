#pragma once

#include <filesystem>

#include "audit/core.h"

/// Files, and what else than the proofs belongs to a check: the sources' hashes, who signed, the policy that is extended.
/// Nothing here can make a pack acceptable that `CheckPack` rejects.
namespace audit {

/// A file cannot be read.
struct Unreadable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct CheckOptions {
  std::string pack, bundle, sources;  ///< paths
  std::string library;                ///< a folder with the files of the standard library; may be empty
  std::string base;                   ///< a pack of the policy that this one extends; may be empty
  std::string attestation, key;       ///< files; may be empty
};

struct Checked {
  Json pack = {};
  std::string pack_hash = {}, bundle_hash = {};
  std::vector<std::string> verdicts = {};                     ///< as `CheckPack` returns them
  std::vector<std::string> compared = {}, not_compared = {};  ///< files whose hash was compared, and which are not at hand
  std::string base = {};  ///< the policy whose rules all stand in this one; empty if not asked
};

constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 30U;        ///< of a pack, a bundle or a source
constexpr std::uint64_t kMostSignedBytes = std::uint64_t{1} << 21U;  ///< of an attestation or a key

/// Throws Unreadable if there is no such file, or if it has more bytes.
auto ReadBytes(const std::filesystem::path& path, std::uint64_t most = kMostBytes) -> std::string;

/// "The file": checks the envelope, unpacks, and takes nothing but canonical JSON.
auto OpenPack(const std::string& bytes) -> Json;

/// The bundle with this hash: the file itself, or one of the policies of a bundle of several.
auto BundleIn(const std::string& bytes, const std::string& sha256) -> std::string;

/// Checks everything that a pack claims, of the sources too. Throws Rejected, Inconclusive or Unreadable.
auto Check(const CheckOptions& options) -> Checked;

}  // namespace audit
