#define ROUTE_PLACES kPortablePlaces
#ifdef __SSE2__
#define ROUTE_LANE_BYTES 16
#else
#define ROUTE_LANE_BYTES 8
#endif
#include "runtime/signals/pii_places_body.h"

namespace route {

auto BestPlaces() noexcept -> const PlaceFinder& {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) return kAvx2Places;
#endif
  return kPortablePlaces;
}

}  // namespace route
