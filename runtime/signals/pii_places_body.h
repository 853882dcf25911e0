// Included once for each kind of processor, with ROUTE_PLACES, the name of what is defined, and ROUTE_LANE_BYTES, 8, 16 or
// 32: as many bytes are read at a time. Everything else is in an unnamed namespace: what is compiled for one kind of
// processor must not be taken for another.

#include "runtime/signals/pii_places.h"

#if ROUTE_LANE_BYTES > 8
#include <immintrin.h>
#endif

namespace route {
namespace {

using Bits = std::uint64_t;

#if ROUTE_LANE_BYTES == 8

/// Eight bytes in a word; what is found has the highest bit of its byte.
using Lane = std::uint64_t;

constexpr auto Each(unsigned byte) -> Lane {
  return 0x0101'0101'0101'0101U * byte;
}

auto Load(const char* from) -> Lane {
  Lane lane = 0;
  for (unsigned i = 0; i < 8; ++i) lane |= Lane{static_cast<unsigned char>(from[i])} << (8 * i);
  return lane;
}
/// `count` bytes from `first` on, all ASCII.
auto InRange(Lane lane, char first, int count) -> Lane {
  const auto least = static_cast<unsigned>(first);
  const Lane low = lane & Each(0x7F);
  const Lane from_first = low + Each(0x80 - least);
  const Lane from_end = low + Each(0x80 - least - static_cast<unsigned>(count));
  return from_first & ~from_end & ~lane & Each(0x80);
}
auto Equal(Lane lane, char c) -> Lane {
  return InRange(lane, c, 1);
}
auto Or(Lane a, Lane b) -> Lane {
  return a | b;
}
auto ToLower(Lane lane) -> Lane {
  return lane | Each(0x20);
}
auto BitsOf(Lane found) -> Bits {
  return (found >> 7U) * 0x0102'0408'1020'4080U >> 56U;  // brings the lowest bit of byte i to bit 56 + i
}

#elif ROUTE_LANE_BYTES == 16

using Lane = __m128i;

auto Load(const char* from) -> Lane {
  return _mm_loadu_si128(reinterpret_cast<const Lane*>(from));
}
/// `count` bytes from `first` on; moved so that the signed comparison orders them as unsigned.
auto InRange(Lane lane, char first, int count) -> Lane {
  const Lane moved = _mm_sub_epi8(lane, _mm_set1_epi8(static_cast<char>(first - 128)));
  return _mm_cmplt_epi8(moved, _mm_set1_epi8(static_cast<char>(count - 128)));
}
auto Equal(Lane lane, char c) -> Lane {
  return _mm_cmpeq_epi8(lane, _mm_set1_epi8(c));
}
auto Or(Lane a, Lane b) -> Lane {
  return _mm_or_si128(a, b);
}
auto ToLower(Lane lane) -> Lane {
  return Or(lane, _mm_set1_epi8(0x20));
}
auto BitsOf(Lane found) -> Bits {
  return static_cast<std::uint32_t>(_mm_movemask_epi8(found));
}

#else

using Lane = __m256i;

auto Load(const char* from) -> Lane {
  return _mm256_loadu_si256(reinterpret_cast<const Lane*>(from));
}
/// `count` bytes from `first` on; moved so that the signed comparison orders them as unsigned.
auto InRange(Lane lane, char first, int count) -> Lane {
  const Lane moved = _mm256_sub_epi8(lane, _mm256_set1_epi8(static_cast<char>(first - 128)));
  return _mm256_cmpgt_epi8(_mm256_set1_epi8(static_cast<char>(count - 128)), moved);
}
auto Equal(Lane lane, char c) -> Lane {
  return _mm256_cmpeq_epi8(lane, _mm256_set1_epi8(c));
}
auto Or(Lane a, Lane b) -> Lane {
  return _mm256_or_si256(a, b);
}
auto ToLower(Lane lane) -> Lane {
  return Or(lane, _mm256_set1_epi8(0x20));
}
auto BitsOf(Lane found) -> Bits {
  return static_cast<std::uint32_t>(_mm256_movemask_epi8(found));
}

#endif

auto Digits(Lane lane) -> Lane {
  return InRange(lane, '0', 10);
}
auto Signs(Lane lane) -> Lane {
  return Or(Equal(lane, '@'), Equal(lane, '+'));
}

/// What each of 64 bytes is, one bit each, the first byte's the lowest.
struct Kinds {
  Bits digits = 0;
  Bits letters = 0;
  Bits blanks = 0;
  Bits hyphens = 0;
  Bits points = 0;
  Bits marks = 0;  // hyphens, points and slashes
  Bits underscores = 0;
  Bits colons = 0;
  Bits signs = 0;
};

auto KindsOf(const char* block) -> Kinds {
  Kinds kinds;
  for (unsigned at = 0; at < kBlock; at += ROUTE_LANE_BYTES) {
    const Lane lane = Load(block + at);
    kinds.digits |= BitsOf(Digits(lane)) << at;
    kinds.letters |= BitsOf(InRange(ToLower(lane), 'a', 26)) << at;
    kinds.blanks |= BitsOf(Equal(lane, ' ')) << at;
    kinds.hyphens |= BitsOf(Equal(lane, '-')) << at;
    kinds.points |= BitsOf(Equal(lane, '.')) << at;
    kinds.marks |= BitsOf(InRange(lane, '-', 3)) << at;
    kinds.underscores |= BitsOf(Equal(lane, '_')) << at;
    kinds.colons |= BitsOf(Equal(lane, ':')) << at;
    kinds.signs |= BitsOf(Signs(lane)) << at;
  }
  return kinds;
}

/// For each byte what is `n` bytes before it.
template <unsigned n>
auto Before(Bits bits) -> Bits {
  static_assert(n <= kBefore);
  return bits << n;
}
/// For each byte what is `n` bytes behind it.
template <unsigned n>
auto After(Bits bits) -> Bits {
  static_assert(n < kBlock - kPlaces - kBefore);
  return bits >> n;
}

/// Bytes from which on `n` are set: `n` is a power of two.
template <unsigned n>
auto Runs(Bits bits) -> Bits {
  if constexpr (n > 1) {
    bits = Runs<n / 2>(bits);
    bits &= After<n / 2>(bits);
  }
  return bits;
}

auto FindPlaces(const char* block) noexcept -> Places {
  const Kinds kinds = KindsOf(block);
  const Bits digits = kinds.digits;
  const Bits letters = kinds.letters;
  const Bits hyphens = kinds.hyphens;
  const Bits gaps = kinds.blanks | hyphens;
  const Bits words = digits | letters;
  const Bits first_digits = digits & ~Before<1>(digits);
  const auto here = [](Bits found) { return found >> kBefore & ((Bits{1} << kPlaces) - 1); };

  Places places;
  places.ibans = here(digits & Before<1>(letters) & Before<2>(letters) & After<1>(digits | gaps));

  const Bits groups = digits | (gaps & Before<1>(digits) & After<1>(digits));
  const Bits eight_of_groups = Runs<8>(groups);
  places.cards = here(eight_of_groups & After<5>(eight_of_groups) & ~Before<1>(groups));

  // What may make up one number, of nine characters at least: words with a mark between, of which all but the first begin
  // with a digit or are a single letter. Two digits begin it, or a letter and a digit (Spain), or it has 16 characters, with
  // or without marks (Italy).
  const Bits marks = kinds.blanks | kinds.marks;
  const Bits single = After<1>(letters) & ~After<2>(words);
  const Bits chains = words | (marks & Before<1>(words) & (After<1>(digits) | single));
  const Bits starts = words & ~Before<1>(words);
  const Bits eight = Runs<8>(chains);
  const Bits nine = eight & After<1>(eight);
  const Bits numbers = nine & (After<1>(digits) | (digits & After<1>(marks)));
  places.ids = here(starts & (numbers | (letters & eight & After<8>(eight))));

  const Bits fresh = first_digits & ~Before<1>(words | kinds.points);
  const Bits four = Runs<4>(digits | kinds.points);
  places.v4 = here(fresh & four & After<3>(four));
  places.v6 = here(fresh & After<4>(kinds.colons) & ~Before<1>(kinds.colons));

  // Added to a run of ones from its first on, a one comes out behind its last: where that is a digit, it is the token's first.
  const Bits joins = letters | hyphens | kinds.underscores;
  const Bits begun = joins & ~Before<1>(joins | digits);
  places.tokens = here((joins + begun) & digits & Before<1>(joins) & Before<2>(joins) & Before<3>(joins));
  places.signs = here(kinds.signs);
  places.keys = here(Runs<4>(hyphens) & After<4>(hyphens) & After<5>(letters));
  return places;
}

auto Skim(const char* from, std::size_t blocks) noexcept -> std::size_t {
  constexpr Bits kLast = Bits{1} << (kBlock - 1);
  for (std::size_t block = 0; block < blocks; ++block) {
    Bits found = 0;
    Bits hyphens = 0;
    for (unsigned at = 0; at < kBlock; at += ROUTE_LANE_BYTES) {
      const Lane lane = Load(from + block * kBlock + at);
      found |= BitsOf(Or(Digits(lane), Signs(lane))) << at;
      hyphens |= BitsOf(Equal(lane, '-')) << at;
    }
    if ((found | (hyphens & (hyphens >> 1U | kLast))) != 0) return block;
  }
  return blocks;
}

}  // namespace

const PlaceFinder ROUTE_PLACES = {FindPlaces, Skim};

}  // namespace route
