#pragma once

#include <cstddef>
#include <cstdint>

/// Where in a text the forms of the detector `pii` may begin, 45 places at a time. It is compiled for every processor and for
/// those with wider registers; both give the same.
namespace route {

/// As many bytes are looked at together. The first three only stand before places, and the last only behind.
inline constexpr std::size_t kBlock = 64;
inline constexpr std::size_t kBefore = 3;
inline constexpr std::size_t kPlaces = 45;

/// One bit for each place, the first place's the lowest; bits beyond kPlaces are zero.
struct Places {
  std::uint64_t ibans = 0;   ///< the digit behind the country
  std::uint64_t cards = 0;   ///< the first digit of groups
  std::uint64_t ids = 0;     ///< the first character of a word
  std::uint64_t v4 = 0;      ///< the first digit
  std::uint64_t v6 = 0;      ///< the first digit
  std::uint64_t tokens = 0;  ///< the first digit in one, behind at least three other characters
  std::uint64_t signs = 0;   ///< `@` and `+`
  std::uint64_t keys = 0;    ///< the first of five hyphens
};

struct PlaceFinder {
  /// Of the block's bytes from kBefore on. What is before and behind the text must be zero bytes.
  auto (*places)(const char* block) noexcept -> Places;
  /// The first of `blocks` blocks in a row that holds a digit, `@`, `+` or two hyphens in a row, or may with the byte behind
  /// it; or `blocks`.
  auto (*skim)(const char* from, std::size_t blocks) noexcept -> std::size_t;
};

/// A form that begins with letters has a digit among its first characters, as many as this.
inline constexpr std::size_t kFirstDigit = 16;

extern const PlaceFinder kPortablePlaces;
#if defined(__x86_64__)
/// For processors with AVX2.
extern const PlaceFinder kAvx2Places;
#endif

/// The best one for the processor that this runs on.
auto BestPlaces() noexcept -> const PlaceFinder&;

}  // namespace route
