// Compiled with -mavx512f -mbmi; empty on other architectures.
#if defined(__x86_64__)
#define ROUTE_KERNEL kAvx512Kernel
#define ROUTE_LANE_BYTES 64
#include "runtime/decide/kernel_body.h"
#endif
