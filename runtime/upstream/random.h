#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace route {

/// Where draws come from. Tests give their own.
class Random {
 public:
  virtual ~Random() = default;

  /// 64 bits, each as likely 0 as 1.
  virtual auto Bits() -> std::uint64_t = 0;

  /// A number below `bound`, each as likely. `bound` is at least 1.
  auto Below(std::uint64_t bound) -> std::uint64_t;
};

/// Numbers that nobody can predict, from OpenSSL's generator, fetched in blocks. For one thread.
class SystemRandom final : public Random {
 public:
  auto Bits() -> std::uint64_t override;

 private:
  std::array<std::uint64_t, 64> block_{};
  std::size_t left_ = 0;
};

}  // namespace route
