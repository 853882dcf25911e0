#define ROUTE_KERNEL kPortableKernel
#define ROUTE_LANE_BYTES 16
#include "runtime/decide/kernel_body.h"

namespace route {

auto BestKernel() noexcept -> const Kernel& {
#if defined(__x86_64__)
  // The first processors with AVX-512 slow down where it is used; those that have VBMI2 too do not.
  if (__builtin_cpu_supports("avx512vbmi2")) return kAvx512Kernel;
  if (__builtin_cpu_supports("avx2")) return kAvx2Kernel;
#endif
  return kPortableKernel;
}

}  // namespace route
