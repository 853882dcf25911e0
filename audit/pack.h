#pragma once

#include <filesystem>

#include "audit/core.h"

/// Files: the pack's envelope, hashes, the bundle.
namespace audit {

/// A file cannot be read.
struct Unreadable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

auto ReadBytes(const std::filesystem::path& path) -> std::string;
auto Hex(const std::string& bytes) -> std::string;     ///< two lower-case digits for each byte
auto Sha256(const std::string& bytes) -> std::string;  ///< 64 of them

/// An unsigned number of `size` bytes, little-endian, at an offset. Throws Rejected beyond the end.
auto Unsigned(const std::string& bytes, std::uint64_t at, std::size_t size) -> std::uint64_t;

/// "The file": checks the envelope, unpacks, and takes nothing but canonical JSON.
auto OpenPack(const std::string& bytes) -> Json;

/// The bundle with this hash: the file itself, or one of the policies of a bundle of several.
auto BundleIn(const std::string& bytes, const std::string& sha256) -> std::string;

}  // namespace audit
