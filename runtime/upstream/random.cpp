#include "runtime/upstream/random.h"

#include <cstdio>
#include <cstdlib>

#include <openssl/rand.h>

namespace route {

auto Random::Below(std::uint64_t bound) -> std::uint64_t {
  // The top of the range that `bound` does not divide would favour small numbers: such bits are drawn again.
  const std::uint64_t skip = (0 - bound) % bound;
  for (;;) {
    const std::uint64_t bits = Bits();
    if (bits >= skip) return bits % bound;
  }
}

auto SystemRandom::Bits() -> std::uint64_t {
  if (left_ == 0) {
    if (RAND_bytes(reinterpret_cast<unsigned char*>(block_.data()), static_cast<int>(sizeof block_)) != 1) {
      std::fputs("routegate: the random generator gives no numbers\n", stderr);
      std::abort();
    }
    left_ = block_.size();
  }
  return block_[--left_];
}

}  // namespace route
