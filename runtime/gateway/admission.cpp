#include "runtime/gateway/admission.h"

#include <utility>

namespace route {

Place::Place(std::shared_ptr<GatewayProcess> process, std::shared_ptr<RunningCount> of_tenant)
    : process_(std::move(process)), of_tenant_(std::move(of_tenant)) {}

Place::Place(Place&& other) noexcept = default;

Place::~Place() {
  if (!process_) return;
  process_->metrics.Change(Metrics::Gauge::kInFlight, -1);
  of_tenant_->fetch_sub(1, std::memory_order_relaxed);
}

auto Place::Take(const GatewayState& state, std::uint32_t caller) -> std::expected<Place, ApiError> {
  const std::uint32_t tenant = state.tenants.callers()[caller].tenant;
  const auto in_all = state.process->metrics.Change(Metrics::Gauge::kInFlight, 1);
  const auto of_tenant = state.running[tenant]->fetch_add(1, std::memory_order_relaxed) + 1;
  Place place(state.process, state.running[tenant]);  // gives back what was counted, should there be no place
  const auto& most = state.tenants.tenants()[tenant].max_in_flight;
  if (most && of_tenant > *most) {
    return std::unexpected(ApiError{ApiCode::kTooManyRequests,
                                    "as many requests are running as you may have: " + std::to_string(*most), ""});
  }
  if (in_all > state.config.max_in_flight) {
    return std::unexpected(ApiError{ApiCode::kOverloaded, "the gateway has as many requests running as it may", ""});
  }
  return place;
}

}  // namespace route
