#pragma once

#include <expected>

#include "runtime/gateway/api_error.h"
#include "runtime/gateway/state.h"

namespace route {

/// A request's place among those being served: of the process, and of its tenant. Given up when destroyed.
class Place {
 public:
  Place(Place&& other) noexcept;
  auto operator=(Place&&) -> Place& = delete;
  ~Place();

  /// Takes a place for a request of this caller, or says that there is none: `too_many_requests` when the tenant has as
  /// many as it may, else `overloaded`. Costs two atomic additions; so a gateway that is asked for more than it can do
  /// says so at once, instead of letting all requests wait for each other.
  static auto Take(const GatewayState& state, std::uint32_t caller) -> std::expected<Place, ApiError>;

 private:
  Place(std::shared_ptr<GatewayProcess> process, std::shared_ptr<RunningCount> of_tenant);

  std::shared_ptr<GatewayProcess> process_;
  std::shared_ptr<RunningCount> of_tenant_;
};

}  // namespace route
