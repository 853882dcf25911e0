#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "compiler/recheck/recheck.h"

/// Numbers in a bundle's bytes. What is not as it has to be is thrown as a `Mismatch`, which `Compare` returns.
namespace route::recheck {

[[noreturn]] void Differs(const std::string& message);

/// Differs unless both are equal. `what` is the name of the thing in messages.
void Expect(std::uint64_t found, std::uint64_t expected, std::string_view what);

/// Little-endian numbers one after the other, from some offset on.
class Record {
 public:
  Record(std::span<const std::byte> bytes, std::uint64_t offset) : bytes_(bytes), next_(offset) {}

  auto U8() -> std::uint8_t { return static_cast<std::uint8_t>(Take(1)); }
  auto U16() -> std::uint16_t { return static_cast<std::uint16_t>(Take(2)); }
  auto U32() -> std::uint32_t { return static_cast<std::uint32_t>(Take(4)); }
  auto U64() -> std::uint64_t { return Take(8); }

 private:
  auto Take(unsigned size) -> std::uint64_t;

  std::span<const std::byte> bytes_;
  std::uint64_t next_;
};

}  // namespace route::recheck
