#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "runtime/table/writer.h"

namespace route {

/// Tries bytes as a bundle: as they are, and with a checksum that fits them, so that what lies behind that check is reached.
template <typename Try>
void TryAsBundle(const std::uint8_t* data, std::size_t size, Try&& attempt) {
  std::vector<std::byte> bytes(size);
  if (size > 0) std::memcpy(bytes.data(), data, size);
  attempt(bytes);
  if (size >= 64) attempt(Reseal(std::move(bytes)));
}

}  // namespace route
