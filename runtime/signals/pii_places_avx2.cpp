// Compiled with -mavx2 -mbmi; empty on other architectures.
#if defined(__x86_64__)
#define ROUTE_PLACES kAvx2Places
#define ROUTE_LANE_BYTES 32
#include "runtime/signals/pii_places_body.h"
#endif
