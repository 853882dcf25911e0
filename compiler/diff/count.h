#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

namespace route::diff {

/// An exact number of requests, however large: the product of a policy's value classes soon passes 64 bits.
class Count {
 public:
  Count() = default;
  explicit Count(std::uint64_t value);

  void Add(const Count& other);
  void MultiplyBy(std::uint32_t factor);

  auto IsZero() const -> bool { return digits_.empty(); }

  /// In decimal digits, three to a group if `groups` says so: `1,234,567`.
  enum class Groups : std::uint8_t { kNone, kThousands };
  auto Text(Groups groups) const -> std::string;

  friend auto operator==(const Count&, const Count&) -> bool = default;
  friend auto operator<=>(const Count& left, const Count& right) -> std::strong_ordering;

 private:
  std::vector<std::uint32_t> digits_;  // in base 10^9, the lowest first, the highest not 0
};

}  // namespace route::diff
