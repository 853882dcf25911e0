#include "compiler/diff/diagram.h"

#include <doctest/doctest.h>

namespace route::diff {
namespace {

using lower::ClassSet;

/// Leaf 1 where the first level is 1, or the second is 2; the third says nothing.
auto Sample(Diagram& diagram) -> NodeId {
  const NodeId second =
      diagram.Node(1, {{Leaf(0), ClassSet({true, true, false})}, {Leaf(1), ClassSet({false, false, true})}});
  return diagram.Node(0, {{second, ClassSet({true, false})}, {Leaf(1), ClassSet({false, true})}});
}

TEST_CASE("equal parts are one node, and a question that makes no difference is none") {
  Diagram diagram({2, 3, 5});
  const NodeId root = Sample(diagram);
  CHECK(Sample(diagram) == root);
  CHECK(diagram.size() == 2);
  CHECK(diagram.Node(0, {{root, ClassSet({true, false})}, {root, ClassSet({false, true})}}) == root);
}

TEST_CASE("counts take the levels that are left out into account") {
  Diagram diagram({2, 3, 5});
  const auto counts = diagram.CountLeaves(Sample(diagram));
  CHECK(counts.at(0) == Count(10));
  CHECK(counts.at(1) == Count(20));
}

TEST_CASE("a region is covered by cubes that could not be larger") {
  Diagram diagram({2, 3, 5});
  const Region region(diagram, Sample(diagram), {false, true});
  CHECK(region.Size() == Count(20));
  const auto cover = region.CoverBy(10);
  REQUIRE(cover.cubes.size() == 2);
  CHECK(cover.rest.IsZero());
  for (const Cube& cube : cover.cubes) {
    CHECK(region.Contains(cube));
    CHECK(cube[2].IsFull());
    CHECK((cube[0].IsFull() || cube[1].IsFull()));
  }
  const auto first = region.CoverBy(1);
  CHECK(first.cubes.size() == 1);
  CHECK(!first.rest.IsZero());
}

TEST_CASE("the smallest member depends on the order in which levels are compared") {
  Diagram diagram({2, 3, 5});
  const Region region(diagram, Sample(diagram), {false, true});
  CHECK(region.Smallest({0, 1, 2}).value() == std::vector<std::uint16_t>{0, 2, 0});
  CHECK(region.Smallest({1, 0, 2}).value() == std::vector<std::uint16_t>{1, 0, 0});
}

TEST_CASE("what is removed is gone") {
  Diagram diagram({2, 3, 5});
  Region region(diagram, Sample(diagram), {false, true});
  region.Remove({ClassSet({false, true}), diagram.AllClasses(1), diagram.AllClasses(2)});
  CHECK(region.Size() == Count(5));
  region.Remove({diagram.AllClasses(0), diagram.AllClasses(1), diagram.AllClasses(2)});
  CHECK(region.IsEmpty());
  CHECK(!region.Smallest({0, 1, 2}));
}

}  // namespace
}  // namespace route::diff
