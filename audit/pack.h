#pragma once

#include "audit/core.h"

/// Bytes, hashes, the pack's text.
namespace audit {

auto Hex(const std::string& bytes) -> std::string;     ///< two lower-case digits for each byte
auto Sha256(const std::string& bytes) -> std::string;  ///< 64 of them

/// An unsigned number of `size` bytes, little-endian, at an offset. Throws Rejected beyond the end.
auto Unsigned(const std::string& bytes, std::uint64_t at, std::size_t size) -> std::uint64_t;

/// A bundle whose envelope, sections and records are as `docs/table-format.md` (version 3) says, as JSON: `header`, and each
/// section that is not a range of another as a list. A record is an object of its fields, or the field itself if it has just
/// one without a name. Numbers that stand for words are these words, strings and ranges are what they point at, and what may
/// be none is null. `masks` and `cells` are their bytes. Throws Rejected.
auto ReadBundle(const std::string& bytes) -> Json;

/// A pack's text: nothing but canonical JSON, with integers below 2^63 and not nested deeply.
auto ReadPack(const std::string& text) -> Json;

}  // namespace audit
