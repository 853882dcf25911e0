#include "runtime/table/collection.h"

#include <doctest/doctest.h>

#include <cstring>

#include "runtime/table/writer.h"
#include "tests/table/sample.h"

namespace route {
namespace {

auto BundleNamed(const std::string& name) -> std::vector<std::byte> {
  TableSpec spec = sample::Spec();
  spec.policy_name = name;
  return WriteTable(spec);
}

auto MessageOf(std::span<const std::byte> bytes) -> std::string {
  auto tables = TablesFromBytes(bytes, "the file");
  return tables ? "loaded" : tables.error().message;
}

TEST_CASE("one policy is a bundle as it always was") {
  const std::vector<std::byte> bundle = BundleNamed("acme");
  CHECK(WriteCollection(std::vector<std::vector<std::byte>>{bundle}) == bundle);
  CHECK(TablesFromBytes(bundle, "x").value().size() == 1);
}

TEST_CASE("several policies keep their bytes, their hashes and their order") {
  const std::vector<std::vector<std::byte>> bundles = {BundleNamed("acme"), BundleNamed("zebra"), BundleNamed("zoo")};
  const auto tables = TablesFromBytes(WriteCollection(bundles), "x");
  REQUIRE(tables.has_value());
  REQUIRE(tables->size() == 3);
  for (std::size_t i = 0; i < bundles.size(); ++i) {
    const Table alone = Table::FromBytes(bundles[i]).value();
    CHECK((*tables)[i].policy_name() == alone.policy_name());
    CHECK((*tables)[i].hash() == alone.hash());
  }
}

TEST_CASE("a damaged file is refused, wherever the damage is") {
  const std::vector<std::byte> good = WriteCollection(std::vector{BundleNamed("acme"), BundleNamed("zebra")});
  REQUIRE(MessageOf(good) == "loaded");
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::vector<std::byte> bad = good;
    bad[at] ^= std::byte{0x41};
    REQUIRE_MESSAGE(MessageOf(bad) != "loaded", at);
  }
  for (std::size_t size = 0; size < good.size(); size += 7) {
    REQUIRE_MESSAGE(MessageOf(std::span(good).first(size)) != "loaded", size);
  }
  std::vector<std::byte> longer = good;
  longer.push_back(std::byte{0});
  CHECK(MessageOf(longer) == "the file is not as long as it says: build it again");
  std::vector<std::byte> many = good;
  const std::uint32_t count = 0x7FFFFFFF;
  std::memcpy(many.data() + 12, &count, sizeof(count));
  CHECK(MessageOf(many) == "the file does not hold 2 to 1024 policies");
}

TEST_CASE("policies that are out of order are refused") {
  const std::vector<std::byte> wrong = WriteCollection(std::vector{BundleNamed("zebra"), BundleNamed("acme")});
  CHECK(MessageOf(wrong) == "the file does not hold its policies in the order of their names");
  const std::vector<std::byte> twice = WriteCollection(std::vector{BundleNamed("acme"), BundleNamed("acme")});
  CHECK(MessageOf(twice) == "the file does not hold its policies in the order of their names");
}

}  // namespace
}  // namespace route
