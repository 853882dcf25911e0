#pragma once

#include <cstdint>
#include <expected>
#include <string>

/// Reading files that somebody else names, and telling them apart.
namespace route {

/// What a name may lead to. Who names a file on the command line may name a pipe (`<(…)`) and waits for it; a file that
/// another one names may not keep a program waiting.
enum class FileKind : std::uint8_t { kAny, kRegular };

/// Reads a file for somebody who says in his own words that it is too large: of one with more than `limit` bytes,
/// `limit + 1`. The error is one sentence fit for a user.
auto ReadFileUpTo(const std::string& path, std::uint64_t limit, FileKind kind)
    -> std::expected<std::string, std::string>;

/// The same text for all names of one file that exists, as far as the system tells files apart; otherwise the name.
auto FileIdentity(const std::string& path) -> std::string;

}  // namespace route
