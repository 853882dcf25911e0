#pragma once

#include <cstdint>
#include <expected>
#include <span>

#include "runtime/gateway/api_error.h"
#include "runtime/gateway/state.h"
#include "runtime/signals/attributes.h"

namespace route {

/// The most bytes that a body still to be read may have: its `Content-Length`, else what is allowed at most.
auto BodyBound(std::span<const HeaderField> headers, std::uint64_t most) -> std::uint64_t;

/// A request's place among those being served: of the process, and of its tenant. Given up when destroyed.
class Place {
 public:
  Place(Place&& other) noexcept;
  auto operator=(Place&&) -> Place& = delete;
  ~Place();

  /// Takes a place for a request of this caller with room for its body, or says that there is none: `too_many_requests` when
  /// the tenant has as many as it may, else `overloaded`. Costs three atomic additions; so a gateway that is asked for more
  /// than it can do says so at once, instead of letting all requests wait for each other.
  static auto Take(const GatewayState& state, std::uint32_t caller, std::uint64_t body_bytes) -> std::expected<Place, ApiError>;

  /// The body has been read and has so many bytes, at most as many as there was room for.
  void HasRead(std::uint64_t body_bytes);

 private:
  Place(std::shared_ptr<GatewayProcess> process, std::shared_ptr<RunningCount> of_tenant, std::uint64_t body_bytes);

  std::shared_ptr<GatewayProcess> process_;
  std::shared_ptr<RunningCount> of_tenant_;
  std::int64_t body_bytes_;
};

}  // namespace route
