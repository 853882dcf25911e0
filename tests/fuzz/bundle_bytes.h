#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "runtime/table/layout.h"
#include "runtime/table/writer.h"

namespace route {

/// Tries bytes as a bundle: as they are, and with the version and the checksum that they should have, so that what lies behind
/// those checks is reached, and a corpus is not worthless once there is another version.
template <typename Try>
void TryAsBundle(const std::uint8_t* data, std::size_t size, Try&& attempt) {
  std::vector<std::byte> bytes(size);
  if (size > 0) std::memcpy(bytes.data(), data, size);
  attempt(bytes);
  if (size < sizeof(layout::Envelope)) return;
  const std::uint32_t version = layout::kFormatVersion;
  std::memcpy(bytes.data() + offsetof(layout::Envelope, version), &version, sizeof(version));
  attempt(Reseal(std::move(bytes)));
}

}  // namespace route
