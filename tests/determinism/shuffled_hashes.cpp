// Preloaded by determinism_test.py: std::hash of texts with another seed in each run, so that whatever goes by the
// order of an unordered container shows. The seed is the number in ROUTE_HASH_SEED.
#include <cstddef>
#include <cstdlib>

namespace std {

size_t _Hash_bytes(const void* bytes, size_t size, size_t seed);  // what libstdc++ calls for std::hash<std::string>

size_t _Hash_bytes(const void* bytes, size_t size, size_t seed) {
  static const size_t own = [] {
    const char* number = getenv("ROUTE_HASH_SEED");
    return number == nullptr ? size_t{0} : strtoul(number, nullptr, 10) * 0x9E3779B97F4A7C15U;
  }();
  size_t hash = seed ^ own ^ 0xCBF29CE484222325U;
  for (size_t i = 0; i < size; ++i) hash = (hash ^ static_cast<const unsigned char*>(bytes)[i]) * 0x100000001B3U;
  return hash ^ (hash >> 29U);
}

}  // namespace std
