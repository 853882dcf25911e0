// Compiled with -mavx2 -mbmi; empty on other architectures.
#if defined(__x86_64__)
#define ROUTE_KERNEL kAvx2Kernel
#define ROUTE_LANE_BYTES 32
#include "runtime/decide/kernel_body.h"
#endif
