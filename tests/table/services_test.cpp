#include <doctest/doctest.h>

#include <cstring>
#include <functional>

#include "runtime/decide/decide.h"
#include "runtime/decide/report.h"
#include "runtime/table/layout.h"
#include "runtime/table/writer.h"
#include "tests/table/sample.h"

// A table in version 4: the sample with two services and what keeps them from prompts.
namespace route {
namespace {

using namespace sample;
using Bytes = std::vector<std::byte>;
using Screen = TableSpec::Screen;

constexpr std::uint64_t kTriage = 1;
constexpr std::uint64_t kFinder = 2;

/// `tier` is said by `triage` and has a default; `data`, which a header and a detector say too, by `finder`.
auto SpecWithServices() -> TableSpec {
  TableSpec spec = Spec();
  spec.attributes[kTier].sources = {{SourceKind::kClassifier, "tier"}};
  spec.attributes[kData].sources.push_back({SourceKind::kDetector, "presidio"});
  const Country france = ParseCountry("FR").value();
  spec.services = {{"triage", "v", france, france, "https://t.example/ask", "KEY", {SourceKind::kClassifier, "tier"}, 50},
                   {"finder", "v", france, france, "", "", {SourceKind::kDetector, "presidio"}, 250}};
  spec.screens = {{Screen::By::kRefusal, 0, {{{7, {2}}}}, {0, 1}}, {Screen::By::kRule, 1, {{{5, {2}}}}, {0}}};
  return spec;
}

auto Load(const TableSpec& spec) -> Table {
  auto table = Table::FromBytes(WriteTable(spec));
  REQUIRE_MESSAGE(table.has_value(), table.error().message);
  return std::move(*table);
}

auto MessageOf(const std::function<void(TableSpec&)>& change) -> std::string {
  TableSpec spec = SpecWithServices();
  change(spec);
  const auto table = Table::FromBytes(WriteTable(spec));
  return table ? "loaded" : table.error().message;
}

auto Contains(const std::string& text, const std::string& part) -> bool { return text.find(part) != std::string::npos; }

auto VersionOf(const Bytes& bytes) -> std::uint32_t {
  std::uint32_t version = 0;
  std::memcpy(&version, bytes.data() + 8, sizeof(version));
  return version;
}

TEST_CASE("only a policy with services is written in the newer version") {
  CHECK(VersionOf(WriteTable(Spec())) == layout::kFormatVersion);
  CHECK(VersionOf(WriteTable(SpecWithServices())) == layout::kFormatVersionWithServices);
}

TEST_CASE("services and screens come back from the table") {
  const Table table = Load(SpecWithServices());
  REQUIRE(table.services().size() == 2);
  const ServiceView& triage = table.services()[0];
  CHECK(triage.name == "triage");
  CHECK(triage.endpoint == "https://t.example/ask");
  CHECK(triage.key_env == "KEY");
  CHECK(triage.within_ms == 50);
  CHECK(triage.answers.argument == "tier");
  CHECK(triage.attributes == std::vector<std::uint32_t>{kTier});
  CHECK(table.services()[1].attributes == std::vector<std::uint32_t>{kData});
  CHECK(table.IsAnswered(kTier));
  CHECK(table.IsAnswered(kData));
  CHECK_FALSE(table.IsAnswered(kPrompt));
  REQUIRE(table.screens().size() == 2);
  CHECK(table.screens()[0].services == (kTriage | kFinder));
  CHECK(table.screens()[1].by == ScreenView::By::kRule);
}

TEST_CASE("who is asked depends on the screens alone") {
  const Table table = Load(SpecWithServices());
  std::vector<std::uint16_t> classes(9, 0);
  CHECK(ServicesAsked(table, classes) == (kTriage | kFinder));
  classes[5] = 2;  // a prompt that is too long
  CHECK(ServicesAsked(table, classes) == kFinder);
  CHECK(MatchedScreens(table, classes) == std::vector<std::uint32_t>{1});
  classes[7] = 2;  // under embargo
  CHECK(ServicesAsked(table, classes) == 0);
  classes[5] = 9;
  CHECK(ServicesAsked(table, classes) == 0);  // the table has no such class
  CHECK(ServicesAsked(Load(Spec()), std::vector<std::uint16_t>(9, 0)) == 0);
}

TEST_CASE("a service that no attribute asks is never asked") {
  TableSpec spec = SpecWithServices();
  spec.services[0].answers.argument = "another";
  CHECK(ServicesAsked(Load(spec), std::vector<std::uint16_t>(9, 0)) == kFinder);
}

TEST_CASE("a report names who is asked, and what keeps the others from it") {
  const Table table = Load(SpecWithServices());
  std::vector<std::uint16_t> classes(9, 0);
  classes[5] = 2;
  const DecisionReport report = Report(table, classes, Decide(table, classes));
  REQUIRE(report.services.size() == 2);
  CHECK(report.services[0] == DecisionReport::Service{"triage", {"small_context"}});
  CHECK(report.services[1] == DecisionReport::Service{"finder", {}});
  CHECK(Contains(ToText(report), "triage  not asked, by small_context\n"));
  CHECK(Contains(ToText(report), "finder  asked\n"));
}

TEST_CASE("what services say is completed after the rest") {
  const Table table = Load(SpecWithServices());
  Values values(table);
  REQUIRE(values.SetText(kData, "health").has_value());
  REQUIRE(values.SetText(kPrompt, "10").has_value());
  REQUIRE(values.SetText(kAsked, "x").has_value());
  REQUIRE(values.SetText(kOrigin, "FR").has_value());
  REQUIRE(values.SetText(kToday, "2026-09-01").has_value());
  CHECK_FALSE(values.CompleteKnown().has_value());
  CHECK_FALSE(values.IsSet(kTier));
  values.SetUnanswered(kTier);
  CHECK(values.Text(kTier) == "free");  // its default
  CHECK_FALSE(values.Complete().has_value());
  values.SetUnanswered(kData);  // which has none
  CHECK(values.Complete() == kData);
}

TEST_CASE("the default is added to what others say of a set") {
  TableSpec spec = SpecWithServices();
  spec.attributes[kData].default_text = "financial";
  const Table table = Load(spec);
  Values values(table);
  REQUIRE(values.SetText(kData, "health").has_value());
  values.SetUnanswered(kData);
  CHECK(values.Text(kData) == "health,financial");
}

TEST_CASE("the loader names what is wrong with services") {
  CHECK(MessageOf([](TableSpec&) {}) == "loaded");
  CHECK(Contains(MessageOf([](TableSpec& s) { s.services[1].name = "triage"; }), "two services have the same name"));
  CHECK(Contains(MessageOf([](TableSpec& s) { s.services[1].answers = s.services[0].answers; }), "answers what another one does"));
  CHECK(Contains(MessageOf([](TableSpec& s) { s.services[0].answers = {SourceKind::kHeader, "x"}; }), "neither a classifier nor"));
  CHECK(Contains(MessageOf([](TableSpec& s) { s.services[0].answers = {SourceKind::kDetector, "pii"}; }), "neither a classifier nor"));
  CHECK(Contains(MessageOf([](TableSpec& s) { s.services[0].within_ms = 0; }), "no time for its answer"));
  CHECK(Contains(MessageOf([](TableSpec& s) { s.screens[0].services.clear(); }), "keeps no service"));
  CHECK(Contains(MessageOf([](TableSpec& s) { s.screens[1].index = 99; }), "of no rule or refusal"));
  CHECK(Contains(MessageOf([](TableSpec& s) { std::swap(s.screens[0], s.screens[1]); }), "out of order"));
}

TEST_CASE("whatever a word of it is changed to, the bundle is rejected or works") {
  const Bytes bytes = WriteTable(SpecWithServices());
  std::size_t loaded = 0;
  for (std::size_t offset = 0; offset + 4 <= bytes.size(); offset += 4) {
    for (const std::uint32_t value : {0U, 1U, 2U, 3U, 4U, 64U, 0x80U, 0x7FFFFFFFU, 0xFFFFFFFFU}) {
      Bytes changed = bytes;
      std::memcpy(changed.data() + offset, &value, sizeof(value));
      const auto table = Table::FromBytes(Reseal(std::move(changed)));
      if (!table) continue;
      ++loaded;
      for (std::uint16_t value_class = 0; value_class < 3; ++value_class) {
        const std::vector<std::uint16_t> classes(9, value_class);
        (void)ServicesAsked(*table, classes);
        (void)ToText(Report(*table, classes, Decide(*table, classes)));
      }
    }
  }
  CHECK(loaded > 0);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CHECK_FALSE(Table::FromBytes(Reseal(Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)))).has_value());
  }
}

}  // namespace
}  // namespace route
