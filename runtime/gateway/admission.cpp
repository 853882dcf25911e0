#include "runtime/gateway/admission.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "runtime/values/letter_case.h"

namespace route {

auto BodyBound(std::span<const HeaderField> headers, std::uint64_t most) -> std::uint64_t {
  const auto is_length = [](const HeaderField& header) { return SameInAnyCase(header.name, "content-length"); };
  const auto found = std::ranges::find_if(headers, is_length);
  if (found == headers.end()) return most;
  std::uint64_t length = 0;
  const char* end = found->value.data() + found->value.size();
  const auto read = std::from_chars(found->value.data(), end, length);
  return read.ec == std::errc() && read.ptr == end ? std::min(length, most) : most;
}

Place::Place(std::shared_ptr<GatewayProcess> process, std::shared_ptr<RunningCount> of_tenant, std::uint64_t body_bytes)
    : process_(std::move(process)), of_tenant_(std::move(of_tenant)), body_bytes_(static_cast<std::int64_t>(body_bytes)) {}

Place::Place(Place&& other) noexcept = default;

Place::~Place() {
  if (!process_) return;
  process_->metrics.Change(Metrics::Gauge::kInFlight, -1);
  process_->metrics.Change(Metrics::Gauge::kBodyBytes, -body_bytes_);
  of_tenant_->fetch_sub(1, std::memory_order_relaxed);
}

auto Place::Take(const GatewayState& state, std::uint32_t caller, std::uint64_t body_bytes) -> std::expected<Place, ApiError> {
  const std::uint32_t tenant = state.tenants.callers()[caller].tenant;
  const auto in_all = state.process->metrics.Change(Metrics::Gauge::kInFlight, 1);
  const auto bytes_in_all = state.process->metrics.Change(Metrics::Gauge::kBodyBytes, static_cast<std::int64_t>(body_bytes));
  const auto of_tenant = state.running[tenant]->fetch_add(1, std::memory_order_relaxed) + 1;
  Place place(state.process, state.running[tenant], body_bytes);  // gives back what was counted, should there be no place
  const auto& most = state.tenants.tenants()[tenant].max_in_flight;
  if (most && of_tenant > *most) {
    return std::unexpected(ApiError{ApiCode::kTooManyRequests,
                                    "as many requests are running as you may have: " + std::to_string(*most), ""});
  }
  if (in_all > state.config.max_in_flight) {
    return std::unexpected(ApiError{ApiCode::kOverloaded, "the gateway has as many requests running as it may", ""});
  }
  if (bytes_in_all > static_cast<std::int64_t>(state.config.max_body_bytes_in_flight)) {
    return std::unexpected(
        ApiError{ApiCode::kOverloaded, "the bodies of the requests that the gateway has running leave no room for this one", ""});
  }
  return place;
}

void Place::HasRead(std::uint64_t body_bytes) {
  const auto bytes = static_cast<std::int64_t>(body_bytes);
  process_->metrics.Change(Metrics::Gauge::kBodyBytes, bytes - body_bytes_);
  body_bytes_ = bytes;
}

}  // namespace route
