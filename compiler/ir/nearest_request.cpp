#include "compiler/ir/nearest_request.h"

#include "compiler/base/internal_error.h"

namespace route::ir {
namespace {

/// A class of numbers or days: low <= value < high.
struct Interval {
  std::int64_t low = 0;
  std::int64_t high = 0;
};

auto IntervalOf(const Dimension& dimension, std::uint16_t wanted, Interval all) -> Interval {
  return {.low = wanted == 0 ? all.low : dimension.cuts.at(wanted - 1U),
          .high = wanted < dimension.cuts.size() ? dimension.cuts[wanted] : all.high};
}

/// Nearest to `near`, which lies outside; a multiple of `step` if there is one.
auto Nearest(Interval interval, std::int64_t near, std::int64_t step) -> std::int64_t {
  if (near < interval.low) {
    const std::int64_t up = interval.low % step == 0 ? interval.low : (interval.low / step + 1) * step;
    return up < interval.high ? up : interval.low;
  }
  const std::int64_t down = (interval.high - 1) / step * step;
  return down >= interval.low ? down : interval.high - 1;
}

}  // namespace

auto NearestRequest(const Policy& policy, const ValueClasses& classes, const std::vector<std::uint16_t>& wanted,
                    const Request& near) -> Request {
  const std::vector<std::uint16_t> present = classes.Classify(near);
  Request request = classes.Representative(wanted);
  for (std::uint32_t i = 0; i < policy.attributes.size(); ++i) {
    const Attribute& attribute = policy.attributes[i];
    const std::size_t first = classes.FirstDimension({i}).index;
    const std::size_t count = attribute.kind == AttributeKind::kAnyOf ? attribute.values.size() : 1;
    bool same = true;
    for (std::size_t d = first; d < first + count; ++d) same = same && wanted.at(d) == present[d];
    if (same) {
      request[i] = near.at(i);
      continue;
    }
    const auto& dimension = classes.dimensions()[first];
    if (attribute.kind == AttributeKind::kNumber) {
      const Interval interval = IntervalOf(dimension, wanted[first], {0, attribute.maximum.micros + 1});
      request[i] = Decimal{Nearest(interval, std::get<Decimal>(near[i]).micros, Decimal::kScale)};
    } else if (attribute.kind == AttributeKind::kDate) {
      const Interval interval = IntervalOf(dimension, wanted[first], {kFirstDate.days, std::int64_t{kLastDate.days} + 1});
      request[i] = Date{static_cast<std::int32_t>(Nearest(interval, std::get<Date>(near[i]).days, 1))};
    }
  }
  if (classes.Classify(request) != wanted) throw InternalError("a request does not have the classes that it was made for");
  return request;
}

}  // namespace route::ir
