#include "compiler/verify/hulls.h"

#include <algorithm>
#include <cstdlib>
#include <optional>

namespace route::verify {
namespace {

constexpr std::uint32_t kFewClasses = 4;

auto RangesOf(const std::vector<bool>& wanted, bool value) -> ClassRanges {
  ClassRanges ranges;
  for (std::uint32_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i] != value) continue;
    if (!ranges.empty() && ranges.back().second == i) {
      ++ranges.back().second;
    } else {
      ranges.emplace_back(i, i + 1);
    }
  }
  return ranges;
}

auto Intersection(const ClassRanges& one, const ClassRanges& other) -> ClassRanges {
  ClassRanges both;
  for (auto a = one.begin(), b = other.begin(); a != one.end() && b != other.end();) {
    const std::uint32_t first = std::max(a->first, b->first);
    const std::uint32_t last = std::min(a->second, b->second);
    if (first < last) both.emplace_back(first, last);
    (a->second < b->second ? a : b)++;
  }
  return both;
}

auto Union(ClassRanges one, const ClassRanges& other) -> ClassRanges {
  one.insert(one.end(), other.begin(), other.end());
  std::ranges::sort(one);
  ClassRanges either;
  for (const auto& [first, last] : one) {
    if (!either.empty() && first <= either.back().second) {
      either.back().second = std::max(either.back().second, last);
    } else {
      either.emplace_back(first, last);
    }
  }
  return either;
}

auto SizeOf(const ClassRanges& ranges) -> std::uint32_t {
  std::uint32_t size = 0;
  for (const auto& [first, last] : ranges) size += last - first;
  return size;
}

auto Nothing() -> Hull {
  return {.sides = {{0, {}}}, .is_exact = true};
}

void Restrict(Hull& hull, const Hull& by) {
  for (const auto& [dimension, ranges] : by.sides) {
    const auto [place, is_new] = hull.sides.try_emplace(dimension, ranges);
    if (!is_new) place->second = Intersection(place->second, ranges);
  }
  hull.is_exact = hull.is_exact && by.is_exact;
}

// The box around two boxes. It has corners that belong to neither, unless they differ in one side only.
void Extend(Hull& hull, const Hull& by) {
  if (by.IsEmpty()) return;
  if (hull.IsEmpty()) {
    hull = by;
    return;
  }
  std::uint32_t sides = 0;
  std::map<std::uint32_t, ClassRanges> around;
  for (const auto& [dimension, ranges] : hull.sides) {
    const auto other = by.sides.find(dimension);
    if (other == by.sides.end()) {
      ++sides;
      continue;
    }
    if (ranges != other->second) ++sides;
    around.emplace(dimension, Union(ranges, other->second));
  }
  for (const auto& [dimension, ranges] : by.sides) {
    if (!hull.sides.contains(dimension)) ++sides;
  }
  hull.sides = std::move(around);
  hull.is_exact = hull.is_exact && by.is_exact && sides <= 1;
}

enum class Wanted : std::uint8_t { kHolds, kDoesNot };

auto HullOf(const ir::Condition& condition, const ir::ValueClasses& classes, Wanted wanted) -> Hull {
  using Kind = ir::Condition::Kind;
  const bool holds = wanted == Wanted::kHolds;
  switch (condition.kind) {
    case Kind::kTrue:
      return holds ? Hull() : Nothing();
    case Kind::kFalse:
      return holds ? Nothing() : Hull();
    case Kind::kNot:
      return HullOf(condition.children.at(0), classes, holds ? Wanted::kDoesNot : Wanted::kHolds);
    case Kind::kAll:
    case Kind::kAny: {
      const bool restricts = (condition.kind == Kind::kAll) == holds;
      Hull hull = HullOf(condition.children.at(0), classes, wanted);
      for (std::size_t i = 1; i < condition.children.size(); ++i) {
        const Hull child = HullOf(condition.children[i], classes, wanted);
        restricts ? Restrict(hull, child) : Extend(hull, child);
      }
      return hull;
    }
    case Kind::kIsOneOf:
    case Kind::kIncludes:
    case Kind::kIsYes:
    case Kind::kInRange:
    case Kind::kTextIs:
    case Kind::kStartsWith:
    case Kind::kInCountries:
      return {.sides = {{classes.DimensionOf(condition).index, RangesOf(classes.Satisfying(condition), holds)}},
              .is_exact = true};
  }
  std::abort();  // every kind is handled above
}

/// The dimension in which the hull has fewest classes, if they are few.
auto NarrowSide(const Hull& hull) -> std::optional<std::uint32_t> {
  std::optional<std::uint32_t> narrow;
  std::uint32_t fewest = kFewClasses + 1;
  for (const auto& [dimension, ranges] : hull.sides) {
    if (SizeOf(ranges) >= fewest) continue;
    narrow = dimension;
    fewest = SizeOf(ranges);
  }
  return narrow;
}

}  // namespace

auto Hull::IsEmpty() const -> bool {
  return std::ranges::any_of(sides, [](const auto& side) { return side.second.empty(); });
}

auto HullOf(const ir::Condition& condition, const ir::ValueClasses& classes) -> Hull {
  return HullOf(condition, classes, Wanted::kHolds);
}

auto Meet(const Hull& one, const Hull& other) -> bool {
  if (one.IsEmpty() || other.IsEmpty()) return false;
  for (const auto& [dimension, ranges] : one.sides) {
    const auto side = other.sides.find(dimension);
    if (side != other.sides.end() && Intersection(ranges, side->second).empty()) return false;
  }
  return true;
}

auto Common(Hull one, const Hull& other) -> Hull {
  Restrict(one, other);
  return one;
}

HullIndex::HullIndex(std::vector<Hull> hulls) : hulls_(std::move(hulls)) {
  for (std::uint32_t number = 0; number < hulls_.size(); ++number) {
    const std::optional<std::uint32_t> side = NarrowSide(hulls_[number]);
    if (!side) {
      wide_.push_back(number);
      continue;
    }
    for (const auto& [first, last] : hulls_[number].sides.at(*side)) {
      for (std::uint32_t value_class = first; value_class < last; ++value_class) {
        narrow_[*side][value_class].push_back(number);
      }
    }
  }
}

auto HullIndex::Meeting(const Hull& hull, std::uint32_t end) const -> std::vector<std::uint32_t> {
  std::vector<std::uint32_t> meeting;
  const auto try_all = [&](const std::vector<std::uint32_t>& numbers) {
    for (const std::uint32_t number : numbers) {
      if (number >= end) return;
      if (Meet(hull, hulls_[number])) meeting.push_back(number);
    }
  };
  try_all(wide_);
  for (const auto& [dimension, by_class] : narrow_) {
    const auto side = hull.sides.find(dimension);
    const ClassRanges everything{{0, 0xFFFFFFFF}};
    for (const auto& [first, last] : side == hull.sides.end() ? everything : side->second) {
      for (auto at = by_class.lower_bound(first); at != by_class.end() && at->first < last; ++at) try_all(at->second);
    }
  }
  std::ranges::sort(meeting);
  meeting.erase(std::ranges::unique(meeting).begin(), meeting.end());
  return meeting;
}

}  // namespace route::verify
