#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <vector>

#include "runtime/table/table.h"

namespace route {

/// Whether a policy may be served of which no proof pack is known.
enum class Unproved : std::uint8_t { kRefuse, kAllow };

/// For each of a bundle's policies the SHA-256 of its proof pack, out of the file beside the bundle (`runtime/signature/attestation.h`);
/// empty where that is unknown and may be. With trusted keys (PEM texts) the file has to be signed by one of them. The errors are
/// complete sentences without a full stop. The pack itself is not read: whoever wants to be convinced gives it to `routeaudit`.
auto PacksOf(std::span<const Table> tables, const std::string& bundle_path, std::span<const std::string> trusted_pems, Unproved unproved)
    -> std::expected<std::vector<std::string>, std::vector<std::string>>;

}  // namespace route
