#include "runtime/table/table.h"

#include <doctest/doctest.h>

#include <bit>
#include <cstdio>
#include <cstring>
#include <functional>
#include <nlohmann/json.hpp>

#include "runtime/decide/decide.h"
#include "runtime/decide/report.h"
#include "runtime/table/layout.h"
#include "runtime/table/sha256.h"
#include "runtime/table/writer.h"
#include "tests/table/sample.h"
#include "tests/table/temporary_file.h"

namespace route {
namespace {

using Bytes = std::vector<std::byte>;
using Kind = LoadError::Kind;

auto Sample() -> Bytes {
  return WriteTable(sample::Spec());
}

/// splitmix64
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  auto Next() -> std::uint64_t {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EB;
    return z ^ (z >> 31U);
  }

 private:
  std::uint64_t state_;
};

/// Does everything that a program can do with a table, on a few requests.
void Exercise(const Table& table, std::uint64_t seed) {
  Random random(seed);
  for (int i = 0; i < 8; ++i) {
    Values values(table);
    const char* const texts[] = {"gold", "personal", "yes", "9000", "gpt-4x", "FR", "2026-09-01", "personal,health"};
    for (std::uint32_t a = 0; a < table.attributes().size(); ++a) {
      (void)values.SetText(a, texts[random.Next() % std::size(texts)]);
      (void)values.Text(a);
    }
    (void)values.CompleteAsMeasured(Date{20'000});
    const Decision decision = Decide(table, values.classes());
    (void)Plan(table, decision);
    const DecisionReport report = Report(table, values.classes(), decision);
    (void)ToText(report);
    (void)ToJson(report);
  }
  std::vector<std::uint16_t> wild;
  for (int i = 0; i < 9; ++i) wild.push_back(static_cast<std::uint16_t>(random.Next()));
  CHECK(Decide(table, wild).outcome == Outcome::kRefused);
}

auto KindOf(Bytes bytes) -> std::optional<Kind> {
  auto table = Table::FromBytes(std::move(bytes));
  if (table) return std::nullopt;
  CHECK_FALSE(table.error().message.empty());
  return table.error().kind;
}

template <typename T>
auto Get(const Bytes& bytes, std::size_t offset) -> T {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof(value));
  return value;
}

template <typename T>
void Put(Bytes& bytes, std::size_t offset, T value) {
  std::memcpy(bytes.data() + offset, &value, sizeof(value));
}

auto HeaderOf(const Bytes& bytes) -> layout::Header {
  return Get<layout::Header>(bytes, sizeof(layout::Envelope));
}

auto OffsetOf(const Bytes& bytes, layout::SectionId id) -> std::size_t {
  return HeaderOf(bytes).sections[static_cast<std::size_t>(id)].offset;
}

/// The message of a sample whose bytes `change` has changed and whose checksum is right again.
auto MessageAfter(const std::function<void(Bytes&)>& change) -> std::string {
  Bytes bytes = Sample();
  change(bytes);
  auto table = Table::FromBytes(Reseal(std::move(bytes)));
  if (table) return "loaded";
  CHECK(table.error().kind == Kind::kMalformed);
  return table.error().message;
}

auto MessageOf(const std::function<void(TableSpec&)>& change) -> std::string {
  TableSpec spec = sample::Spec();
  change(spec);
  auto table = Table::FromBytes(WriteTable(spec));
  if (table) return "loaded";
  CHECK(table.error().kind == Kind::kMalformed);
  return table.error().message;
}

auto Contains(const std::string& text, const std::string& part) -> bool {
  return text.find(part) != std::string::npos;
}

TEST_CASE("what the writer was given comes back from the table") {
  const Table table = sample::Make();
  const TableSpec spec = sample::Spec();
  CHECK(table.policy_name() == "sample");
  CHECK(table.policy_version() == "2026.11");
  CHECK(table.tool_version() == "0.1.0");
  CHECK(table.verified());
  CHECK(table.limits().attempts == 4);
  CHECK(table.limits().deadline_ms == 20'000);
  CHECK(table.limits().answer_tokens == 8'000);
  CHECK(table.limits().cost_hundredth_cents == 12'500);
  CHECK(table.hash() == Sha256Hex(std::span<const std::byte>(Sample())));

  REQUIRE(table.attributes().size() == spec.attributes.size());
  std::uint32_t dimension = 0;
  for (std::size_t i = 0; i < spec.attributes.size(); ++i) {
    const AttributeView& view = table.attributes()[i];
    const auto& entry = spec.attributes[i];
    CHECK(view.name == entry.name);
    CHECK(view.kind == entry.kind);
    CHECK(view.unit == entry.unit);
    CHECK(view.maximum == entry.maximum);
    CHECK(std::vector<std::string>(view.values.begin(), view.values.end()) == entry.values);
    REQUIRE(view.sources.size() == entry.sources.size());
    for (std::size_t k = 0; k < entry.sources.size(); ++k) {
      CHECK(view.sources[k].kind == entry.sources[k].kind);
      CHECK(view.sources[k].argument == entry.sources[k].argument);
    }
    CHECK(view.has_default == entry.default_text.has_value());
    CHECK(view.default_text == entry.default_text.value_or(""));
    CHECK(view.first_dimension == dimension);
    CHECK(FirstDimension(spec, i) == dimension);
    CHECK(table.FindAttribute(entry.name) == i);
    dimension += static_cast<std::uint32_t>(DimensionCount(entry));
  }
  CHECK(table.FindAttribute("nobody") == kNone);

  REQUIRE(table.deployments().size() == spec.deployments.size());
  for (std::size_t i = 0; i < spec.deployments.size(); ++i) {
    const DeploymentView& view = table.deployments()[i];
    const auto& entry = spec.deployments[i];
    CHECK(view.name == entry.name);
    CHECK(view.model == entry.model);
    CHECK(view.vendor == entry.vendor);
    CHECK(view.processed_in == entry.processed_in);
    CHECK(view.headquarters == entry.headquarters);
    CHECK(view.price_in == entry.price_in);
    CHECK(view.price_out == entry.price_out);
    CHECK(view.endpoint == entry.endpoint);
    CHECK(view.upstream_model == entry.upstream_model);
    CHECK(view.key_env == entry.key_env);
  }

  REQUIRE(table.rules().size() == 4);
  CHECK(table.rules()[0].name == "eu_only");
  CHECK(table.rules()[0].because == "GDPR chapter V");
  CHECK(table.rules()[0].place.file == "policy.route");
  CHECK(table.rules()[0].place.line == 20);
  CHECK_FALSE(table.rules()[0].implied);
  CHECK(table.rules()[1].implied);
  CHECK(table.rules()[2].place.file == "caf\u00e9.route");
  CHECK(table.rules()[3].place.file.empty());
  CHECK(table.rules()[3].place.line == 0);

  REQUIRE(table.refusals().size() == 2);
  CHECK(table.refusals()[0].reason == "not available in your region");
  CHECK(table.refusals()[1].reason.empty());

  REQUIRE(table.routes().size() == 4);
  CHECK(table.routes()[1].name == "small");
  CHECK(table.routes()[1].place.line == 31);
  CHECK(table.routes()[1].first_tier == 2);
  CHECK(table.routes()[1].tier_count == 1);
  REQUIRE(table.tiers().size() == 5);
  CHECK(table.tiers()[0].label == "frontier");
  CHECK(table.tiers()[0].order == TierOrder::kByWeight);
  CHECK(table.tiers()[0].within_ms == 800);
  CHECK(table.tiers()[0].limit == kNone);
  CHECK(table.tiers()[0].retries == kNone);
  REQUIRE(table.tiers()[0].candidates.size() == 2);
  CHECK(table.tiers()[0].candidates[0].weight == 3);
  CHECK(table.tiers()[2].limit == 1);
  CHECK(table.tiers()[2].retries == 2);

  REQUIRE(table.guarantees().size() == 2);
  CHECK(table.guarantees()[1].verdict == Verdict::kViolated);
  CHECK(table.guarantees()[1].text == "every request is served");
  REQUIRE(table.sources().size() == 2);
  CHECK(table.sources()[1].path == "caf\u00e9.route");
  CHECK(table.sources()[1].sha256 == std::string(64, '0'));
}

TEST_CASE("the same spec gives the same bytes, and a file loads as its bytes do") {
  const Bytes bytes = Sample();
  CHECK(bytes == Sample());
  CHECK(Reseal(bytes) == bytes);
  const TemporaryFile file(bytes);
  auto table = Table::Load(file.path());
  REQUIRE(table.has_value());
  CHECK(table->hash() == sample::Make().hash());
  Table moved = std::move(*table);
  Exercise(moved, 1);
}

TEST_CASE("tables without attributes, deployments, rules or anything load too") {
  TableSpec spec;
  auto empty = Table::FromBytes(WriteTable(spec));
  REQUIRE(empty.has_value());
  CHECK(Decide(*empty, {}).outcome == Outcome::kUncovered);

  spec.rules = {{"nobody", "", {}, false, {{}}, {}}};
  spec.routes = {{"all", {}, {{}}, {{"none", TierOrder::kAsListed, kNone, kNone, kNone, {}}}}};
  auto table = Table::FromBytes(WriteTable(spec));
  REQUIRE(table.has_value());
  CHECK(Decide(*table, {}).outcome == Outcome::kUnservable);
  CHECK(MatchedRules(*table, {}) == std::vector<std::uint32_t>{0});
}

TEST_CASE("a row has one bit for each term, through more than one word and cache line") {
  // 700 routes, the i-th for the i-th value of a `one of` with 700 values, and as many rules in the other direction.
  TableSpec spec;
  constexpr std::uint16_t kCount = 700;
  TableSpec::Attribute attribute;
  attribute.name = "which";
  attribute.kind = AttributeKind::kOneOf;
  attribute.sources = {{SourceKind::kTenant, ""}};
  for (std::uint16_t i = 0; i < kCount; ++i) {
    attribute.values.push_back("v" + std::to_string(i));
    spec.deployments.push_back({.name = "d" + std::to_string(i),
                                .model = "m",
                                .vendor = "v",
                                .processed_in = {},
                                .headquarters = {},
                                .price_in = {},
                                .price_out = {},
                                .endpoint = "",
                                .upstream_model = "m",
                                .key_env = ""});
  }
  spec.attributes = {attribute};
  for (std::uint16_t i = 0; i < kCount; ++i) {
    const std::string number = std::to_string(i);
    spec.routes.push_back(
        {"route" + number, {}, {{{0, {i}}}}, {{"t", TierOrder::kAsListed, kNone, kNone, kNone, {{i, 1}}}}});
    const auto other = static_cast<std::uint16_t>(kCount - 1 - i);
    spec.rules.push_back({"rule" + number, "", {}, false, {{{0, {other}}}}, {i}});
  }
  auto table = Table::FromBytes(WriteTable(spec));
  REQUIRE(table.has_value());
  for (std::uint16_t i = 0; i < kCount; ++i) {
    const std::uint16_t classes[] = {i};
    const Decision decision = Decide(*table, classes);
    const std::uint32_t excluded = kCount - 1U - i;
    CHECK(decision.outcome == Outcome::kRouted);
    CHECK(decision.route == i);
    CHECK_FALSE(decision.Allows(excluded));
    CHECK(MatchedRules(*table, classes) == std::vector<std::uint32_t>{excluded});
  }
}

TEST_CASE("every kind of load error") {
  CHECK(Table::Load("no/such/file.rtb").error().kind == Kind::kUnreadable);
  CHECK(Table::Load("/").error().kind == Kind::kUnreadable);
  CHECK(KindOf({}) == Kind::kNotABundle);
  Bytes bytes = Sample();
  bytes[1] = std::byte{'X'};
  CHECK(KindOf(bytes) == Kind::kNotABundle);
  bytes = Sample();
  for (const std::uint32_t version : {0U, layout::kFormatVersion - 1, layout::kFormatVersionWithServices + 1, ~0U}) {
    Put<std::uint32_t>(bytes, 8, version);
    CHECK(KindOf(bytes) == Kind::kVersion);
  }
  bytes = Sample();
  bytes.pop_back();
  CHECK(KindOf(bytes) == Kind::kTruncated);
  bytes = Sample();
  bytes.back() ^= std::byte{1};
  CHECK(KindOf(bytes) == Kind::kChecksum);
  bytes = Sample();
  bytes.push_back(std::byte{0});
  CHECK(KindOf(bytes) == Kind::kMalformed);
  const TemporaryFile file(Bytes{});
  auto empty = Table::Load(file.path());
  REQUIRE_FALSE(empty.has_value());
  CHECK(empty.error().kind == Kind::kNotABundle);
  CHECK(Contains(empty.error().message, file.path()));
}

TEST_CASE("a bundle cut off at any length is rejected") {
  const Bytes bytes = Sample();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const Bytes part(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    const auto kind = KindOf(part);
    REQUIRE(kind.has_value());
    CHECK(*kind == (size == 0 ? Kind::kNotABundle : Kind::kTruncated));
    // And with an envelope that admits it, as far as there is one.
    CHECK(KindOf(Reseal(part)).has_value());
  }
}

TEST_CASE("any changed byte is noticed") {
  const Bytes bytes = Sample();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (const unsigned change : {0x01U, 0x80U, 0xFFU}) {
      Bytes changed = bytes;
      changed[i] ^= static_cast<std::byte>(change);
      const auto kind = KindOf(changed);
      REQUIRE(kind.has_value());
      if (i >= sizeof(layout::Envelope)) CHECK(*kind == Kind::kChecksum);
    }
  }
}

TEST_CASE("whatever a word is changed to, the bundle is rejected or works") {
  const Bytes bytes = Sample();
  Random random(7);
  std::size_t loaded = 0;
  for (std::size_t offset = 0; offset + 4 <= bytes.size(); offset += 4) {
    const auto was = Get<std::uint32_t>(bytes, offset);
    for (const std::uint32_t value :
         {0U, 1U, was + 1, was - 1, was * 2, was ^ 0x80U, was ^ 0x80000000U, 0x7FFFFFFFU, 0xFFFFFFFFU,
          static_cast<std::uint32_t>(random.Next()), static_cast<std::uint32_t>(random.Next() % 256)}) {
      Bytes changed = bytes;
      Put(changed, offset, value);
      const auto table = Table::FromBytes(Reseal(std::move(changed)));
      if (!table) continue;
      ++loaded;
      Exercise(*table, offset);
    }
  }
  CHECK(loaded > 0);  // a changed price, bit of a row or letter of a name is still a table
}

TEST_CASE("random bytes behind a true envelope are rejected or work") {
  Random random(11);
  const Bytes bytes = Sample();
  for (int round = 0; round < 3000; ++round) {
    Bytes changed = bytes;
    const std::uint64_t changes = 1 + random.Next() % 8;
    for (std::uint64_t i = 0; i < changes; ++i) {
      const std::size_t at = sizeof(layout::Envelope) + random.Next() % (bytes.size() - sizeof(layout::Envelope));
      changed[at] = static_cast<std::byte>(random.Next());
    }
    const auto table = Table::FromBytes(Reseal(std::move(changed)));
    if (table) Exercise(*table, random.Next());
  }
}

TEST_CASE("the loader names what is wrong") {
  using layout::SectionId;
  const auto word = [](SectionId id, std::size_t entry_offset, std::uint32_t value) {
    return MessageAfter([=](Bytes& bytes) { Put(bytes, OffsetOf(bytes, id) + entry_offset, value); });
  };
  CHECK(Contains(MessageAfter([](Bytes& bytes) { Put<std::uint32_t>(bytes, 12, 1); }), "reserved field"));
  CHECK(Contains(MessageAfter([](Bytes& bytes) { Put<std::uint64_t>(bytes, 24, 1); }), "reserved field"));
  CHECK(Contains(MessageAfter([](Bytes& bytes) { bytes.resize(200); }), "ends within its header"));
  CHECK(Contains(MessageAfter([](Bytes& bytes) { bytes.resize(bytes.size() + 8); }), "after the last section"));
  CHECK(Contains(MessageAfter([](Bytes& bytes) { Put(bytes, 64 + 24, 2U); }), "unknown flags"));
  CHECK(Contains(MessageAfter([](Bytes& bytes) { Put(bytes, 64 + 60, 1U); Put(bytes, 64 + 56, 0U); }), "no attempt has a worst case"));
  CHECK(Contains(MessageAfter([](Bytes& bytes) { Put(bytes, 64 + 52, 2U); }), "as wide as the deployments"));
  CHECK(Contains(MessageAfter([](Bytes& bytes) { Put(bytes, 64 + 64, 300U); }), "section 0 is not where"));
  CHECK(Contains(MessageAfter([](Bytes& bytes) { Put(bytes, 64 + 68, 0x1000'0000U); }), "section 0 ends after"));
  CHECK(Contains(MessageAfter([](Bytes& bytes) { bytes.back() = std::byte{0xC3}; }), "not UTF-8"));
  CHECK(Contains(MessageAfter([](Bytes& bytes) {
                   const std::size_t cells = OffsetOf(bytes, SectionId::kCells);
                   Put<std::uint64_t>(bytes, cells, ~std::uint64_t{0});
                 }),
                 "column 0 has a bit for no term"));
  CHECK(Contains(MessageAfter([](Bytes& bytes) {
                   const std::size_t masks = OffsetOf(bytes, SectionId::kMasks);
                   Put<std::uint64_t>(bytes, masks, 1U << 4U);
                 }),
                 "mask 0 has a bit for no deployment"));
  CHECK(Contains(word(SectionId::kAttributes, 0, 0x4000'0000), "attribute 0 has a text out of bounds"));
  CHECK(Contains(word(SectionId::kAttributes, 16, 0x0001'0007), "attribute 0 has an unknown kind"));
  CHECK(Contains(word(SectionId::kAttributes, 16, 0x0001'0700), "attribute 0 has an unknown unit"));
  CHECK(Contains(word(SectionId::kAttributes, 20, 3), "wrong first dimension"));
  CHECK(Contains(word(SectionId::kAttributes, 32, 1), "list that does not follow"));
  CHECK(Contains(word(SectionId::kSources, 8, 7), "unknown kind of source"));
  CHECK(Contains(word(SectionId::kDimensions, 8, 4), "dimension 0 does not fit"));
  CHECK(Contains(word(SectionId::kDeployments, 64, 249), "unknown country"));
  CHECK(Contains(word(SectionId::kDeployments, 52, 0x8000'0000), "price below zero"));
  CHECK(Contains(word(SectionId::kRules, 16, 2), "rule 0 has a place"));
  CHECK(Contains(word(SectionId::kRules, 20, 0), "rule 0 has a place"));
  CHECK(Contains(word(SectionId::kRules, 28, 1), "mask that is not numbered"));
  CHECK(Contains(word(SectionId::kRoutes, 20, 0), "route 0 has no tier"));
  CHECK(Contains(word(SectionId::kTiers, 16, 5), "unknown order"));
  CHECK(Contains(word(SectionId::kTiers, 20, 0), "limit of zero"));
  CHECK(Contains(word(SectionId::kCandidates, 0, 4), "candidate that is no deployment"));
  CHECK(Contains(word(SectionId::kCandidates, 4, 0), "weight out of range"));
  CHECK(Contains(word(SectionId::kCandidates, 8, 0), "same candidate twice"));
  CHECK(Contains(word(SectionId::kGuarantees, 24, 3), "unknown verdict"));
  CHECK(Contains(word(SectionId::kOwners, 0, 1), "loaded"));  // the first refusal's term given to the second
  CHECK(Contains(word(SectionId::kOwners, 0, 2), "owner does not exist or is out of order"));
  CHECK(Contains(word(SectionId::kOwners, 24, 3), "owner does not exist or is out of order"));
  CHECK(Contains(word(SectionId::kLines, 0, 1), "line 0 has columns that do not follow"));
  CHECK(Contains(word(SectionId::kLines, 4, 1), "belongs to no line"));
  CHECK(Contains(word(SectionId::kLines, 8, 100), "line 0 has columns that do not follow"));
  CHECK(Contains(word(SectionId::kColumns, 0, 99), "column 0 has a dimension that does not exist"));
  CHECK(Contains(word(SectionId::kColumns, 4, 1), "column 0 does not follow"));
  CHECK(Contains(word(SectionId::kColumns, 12, 1), "column 0 has runs and is direct"));
}

TEST_CASE("the loader notices a spec that cannot be") {
  CHECK(MessageOf([](TableSpec&) {}) == "loaded");
  CHECK(Contains(MessageOf([](TableSpec& s) { s.attributes[0].default_text = "bronze"; }), "default of attribute 0"));
  CHECK(Contains(MessageOf([](TableSpec& s) { s.attributes[1].name = "tier"; }), "attributes have the same name"));
  CHECK(Contains(MessageOf([](TableSpec& s) { s.attributes[0].values[1] = "free"; }), "same name twice"));
  CHECK(Contains(MessageOf([](TableSpec& s) { s.attributes[0].sources.clear(); }), "has no source"));
  CHECK(Contains(MessageOf([](TableSpec& s) { s.attributes[0].unit = Unit::kUsd; }), "unit or maximum"));
  CHECK(Contains(MessageOf([](TableSpec& s) { std::swap(s.attributes[3].cuts[0], s.attributes[3].cuts[1]); }),
                 "thresholds out of order"));
  CHECK(Contains(MessageOf([](TableSpec& s) { s.attributes[3].cuts[0] = 0; }), "threshold outside its range"));
  CHECK(Contains(MessageOf([](TableSpec& s) { s.attributes[3].maximum = Decimal::FromInteger(100'000); }),
                 "threshold outside its range"));
  CHECK(Contains(MessageOf([](TableSpec& s) { s.attributes[4].texts[1] = "gpt-4o"; }), "texts out of order"));
  CHECK(Contains(MessageOf([](TableSpec& s) { s.attributes[4].prefixes[0] = ""; }), "empty prefix"));
  CHECK(Contains(MessageOf([](TableSpec& s) { s.attributes[5].country_class[0] = 1; }), "country classes"));
  CHECK(Contains(MessageOf([](TableSpec& s) { s.attributes[2].values = {"a"}; }), "names that does not fit"));
  CHECK(Contains(MessageOf([](TableSpec& s) { s.attributes[2].texts = {"a"}; }), "texts that do not fit"));
  CHECK(Contains(MessageOf([](TableSpec& s) { s.attributes[2].cuts = {5}; }), "thresholds that do not fit"));
  CHECK(
      Contains(MessageOf([](TableSpec& s) { s.deployments[1].name = "eu_large"; }), "deployments have the same name"));
  CHECK(Contains(MessageOf([](TableSpec& s) { s.deployments[1].upstream_model = ""; }), "names no model"));
  CHECK(Contains(MessageOf([](TableSpec& s) { s.files[0].sha256 = "abc"; }), "not 64 hexadecimal digits"));
  CHECK(Contains(MessageOf([](TableSpec& s) { s.files[0].policy.clear(); }), "file 0 belongs to no policy"));
  CHECK(Contains(MessageOf([](TableSpec& s) { s.routes[0].tiers.clear(); }), "route 0 has no tier"));
  CHECK(Contains(MessageOf([](TableSpec& s) { s.routes[0].name = "\xC3("; }), "not UTF-8"));
  CHECK(Contains(MessageOf([](TableSpec& s) {
                   s.deployments.resize(kMaxDeployments + 1, s.deployments[0]);
                   for (std::size_t i = 0; i < s.deployments.size(); ++i) s.deployments[i].name = std::to_string(i);
                 }),
                 "1025 deployments"));
  CHECK(Contains(MessageOf([](TableSpec& s) {
                   for (std::size_t i = 0; i < kMaxDimensions; ++i) {
                     s.attributes.push_back(s.attributes[2]);
                     s.attributes.back().name = "more" + std::to_string(i);
                   }
                 }),
                 "4105 dimensions"));
}

TEST_CASE("UTF-8 is what Unicode says it is") {
  const auto loads = [](const char* name) {
    return MessageOf([=](TableSpec& spec) { spec.policy_name = name; }) == "loaded";
  };
  for (const char* good : {"\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
                           "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    CHECK(loads(good));
  }
  for (const char* bad : {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
                          "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xC2(", "\xE2\x82("}) {
    CHECK_FALSE(loads(bad));
  }
}

TEST_CASE("SHA-256 is the one of FIPS 180-4") {
  CHECK(Sha256Hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(Sha256Hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace route
