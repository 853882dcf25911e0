#include "compiler/diff/count.h"

#include <doctest/doctest.h>

namespace route::diff {
namespace {

TEST_CASE("counts are exact beyond 64 bits") {
  Count count(1);
  for (int i = 0; i < 30; ++i) count.MultiplyBy(1'000);
  CHECK(count.Text(Count::Groups::kNone) == "1" + std::string(90, '0'));
  count.Add(Count(999'999'999'999));
  CHECK(count.Text(Count::Groups::kNone) == "1" + std::string(78, '0') + std::string(12, '9'));
  count.MultiplyBy(0);
  CHECK(count.IsZero());
  CHECK(count == Count());
}

TEST_CASE("digits come in groups of three") {
  CHECK(Count().Text(Count::Groups::kThousands) == "0");
  CHECK(Count(999).Text(Count::Groups::kThousands) == "999");
  CHECK(Count(1'000).Text(Count::Groups::kThousands) == "1,000");
  CHECK(Count(123'456'789'012).Text(Count::Groups::kThousands) == "123,456,789,012");
}

TEST_CASE("counts are ordered by size") {
  CHECK(Count(2) < Count(10));
  CHECK(Count(1'000'000'000) > Count(999'999'999));
  CHECK(Count(7) == Count(7));
}

}  // namespace
}  // namespace route::diff
