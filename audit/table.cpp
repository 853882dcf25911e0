#include <algorithm>
#include <array>
#include <map>

#include "audit/check.h"
#include "audit/pack.h"
#include "audit/proof.h"

namespace audit {
namespace {

constexpr std::uint64_t kNone = 0xFFFFFFFF, kLineBits = 512, kCellBytes = 64;
constexpr std::size_t kHeader = 64, kSections = 128;

/// The sections of a bundle, in their order. A record has one letter for each field: s string, p place (null if there
/// is none), r range, b u8, h u16, u u32, o u32 that may be none (null), q u64 or i64, z a byte that is zero.
struct Layout {
  std::string_view name, record;
  std::uint64_t alignment = 8;
};
constexpr std::array<Layout, 22> kLayouts = {{{"attributes", "ssbbbzuqrrrrrr"},
                                              {"sources", "sbzzzzzzz"},
                                              {"names", "s"},
                                              {"cuts", "q"},
                                              {"countries", "h"},
                                              {"dimensions", "uuu"},
                                              {"deployments", "ssssssqqhhzzzz"},
                                              {"files", "sss"},
                                              {"rules", "sspuu"},
                                              {"refusals", "ssp"},
                                              {"routes", "spr"},
                                              {"tiers", "sruooo"},
                                              {"candidates", "uu"},
                                              {"guarantees", "sspuzzzz"},
                                              {"levels", "uu"},
                                              {"owners", "u"},
                                              {"lines", "uuu"},
                                              {"columns", "uuuu"},
                                              {"runs", "hh"},
                                              {"masks", "qqqqqqqq", kCellBytes},
                                              {"cells", "qqqqqqqq", kCellBytes},
                                              {"strings", "b"}}};

auto SizeOf(char field) -> std::uint64_t {
  return field == 'b' || field == 'z' ? 1 : field == 'h' ? 2 : field == 'u' || field == 'o' ? 4 : 8;
}

auto RoundUp(std::uint64_t number, std::uint64_t step) -> std::uint64_t {
  return (number + step - 1) / step * step;
}

/// A bundle whose envelope and sections are as they should be. A record is read as the JSON list of its fields.
class Bundle {
 public:
  explicit Bundle(const std::string& bytes) : bytes_(bytes) {
    Need(bytes.starts_with("\x89RTB\r\n\x1a\n") && Unsigned(bytes, 8, 8) == 3, "the bundle is not one of version 3");
    std::uint64_t end = kSections + 8 * kLayouts.size();
    for (std::size_t i = 0; i < kLayouts.size(); ++i) {
      const std::uint64_t begin = RoundUp(end, kLayouts[i].alignment),
                          count = Unsigned(bytes, kSections + 8 * i + 4, 4);
      Need(Unsigned(bytes, kSections + 8 * i, 4) == begin, "the bundle's sections do not follow each other");
      for (; end < begin; ++end) Read("z", end);
      std::uint64_t size = 0;
      for (const char field : kLayouts[i].record) size += SizeOf(field);
      places_.push_back({begin, count, size});
      end += count * size;
    }
    const bool whole = end == bytes.size() && Unsigned(bytes, 16, 8) == end && Unsigned(bytes, 24, 8) == 0;
    Need(whole && Hex(bytes.substr(32, 32)) == Sha256(bytes.substr(kHeader)),
         "the bundle's size or checksum is another one");
    header = Read("sssuuuuuuuuuu", kHeader);
  }

  auto Count(std::string_view section) const -> std::uint64_t { return PlaceOf(section).count; }

  auto Record(std::string_view section, std::uint64_t number) const -> Json {
    const Place& place = PlaceOf(section);
    Need(number < place.count, "the bundle has fewer records than it speaks of", section);
    return Read(kLayouts[static_cast<std::size_t>(&place - places_.data())].record, place.begin + place.size * number);
  }

  /// A word of a cell, or of a mask.
  auto Word(std::string_view section, std::uint64_t cell, std::uint64_t word) const -> std::uint64_t {
    Need(cell < Count(section), "the bundle has fewer cells than it speaks of");
    return Unsigned(bytes_, PlaceOf(section).begin + kCellBytes * cell + 8 * word, 8);
  }

  /// Throws unless the sections have these records.
  void Expect(const std::map<std::string, Json>& sections) const {
    for (const auto& [section, records] : sections) {
      for (std::uint64_t i = 0; i < std::max<std::uint64_t>(Count(section), records.size()); ++i) {
        const Json found = i < Count(section) ? Record(section, i) : Json(),
                   core = i < records.size() ? records[i] : Json();
        Need(found == core, "the bundle and the core differ",
             {section, {"number", i}, {"bundle", found}, {"core", core}});
      }
    }
  }

  Json header;

 private:
  struct Place {
    std::uint64_t begin, count, size;
  };

  auto PlaceOf(std::string_view section) const -> const Place& {
    return places_.at(static_cast<std::size_t>(std::ranges::find(kLayouts, section, &Layout::name) - kLayouts.begin()));
  }

  auto Read(std::string_view layout, std::uint64_t at) const -> Json {
    Json record = Json::array();
    for (const char field : layout) {
      const std::uint64_t value = Unsigned(bytes_, at, SizeOf(field)), low = value & kNone, high = value >> 32U;
      at += SizeOf(field);
      if (field == 's') {
        Need(low + high <= Count("strings"), "the bundle has a string outside of its strings");
        record.push_back(bytes_.substr(PlaceOf("strings").begin + low, high));
      } else if (field == 'p' || field == 'r') {
        record.push_back(field == 'p' && low == kNone && high == 0 ? Json() : Json({low, high}));
      } else if (field == 'z') {
        Need(value == 0, "the bundle has something where nothing belongs");
      } else {
        record.push_back(field == 'o' && value == kNone ? Json() : Json(value));
      }
    }
    return record;
  }

  const std::string& bytes_;
  std::vector<Place> places_;
};

/// Adds records to a section; the range in which they are.
auto Put(Json& section, const std::vector<Json>& records) -> Json {
  const std::size_t first = section.size();
  for (const Json& record : records) section.push_back(record);
  return {first, records.size()};
}

auto DefaultText(const Json& attribute) -> std::string {
  const Json value = attribute.value("default", Json("")), unit = attribute.value("unit", Json());
  std::string text;
  if (value.is_array()) {
    for (const Json& member : value) text += (text.empty() ? "" : ",") + Text(member);
    return text;
  }
  if (value.is_boolean()) return value == true ? "yes" : "no";
  text = value.is_string() ? Text(value) : value.dump();
  if (!attribute.contains("default") || unit.is_null() || unit == "time of day") return text;
  return text + (unit == "%" ? "" : " ") + Text(unit);
}

void CheckAttributes(const Core& core, const Bundle& bundle) {
  const Json kinds = {"one of", "any of", "yes/no", "number", "text", "country", "date"};
  const Json units = {nullptr, "tokens", "ms", "%", "USD", "EUR", "time of day"};
  const Json origins = {"tenant", "header", "request", "classifier", "detector", "budget", "clock"};
  Json attributes = Json::array(), sources = attributes, names = attributes, cuts = attributes, countries = attributes,
       dimensions = attributes;
  for (std::size_t i = 0; i < core.json["attributes"].size(); ++i) {
    const Json& attribute = core.json["attributes"][i];
    const std::string& kind = Text(attribute["kind"]);
    const std::size_t first = core.first_dimension[i];
    const std::vector<Json> values = attribute.value("values", std::vector<Json>());
    for (std::size_t member = 0; member < (kind == "any of" ? values.size() : 1); ++member) {
      dimensions.push_back({i, member, core.dimensions[first + member].values.size()});
    }
    std::vector<Json> from, named, prefixes, texts, thresholds, classes;
    for (const Json& source : attribute.at("sources")) {
      from.push_back({source.value("argument", ""), IndexOf(origins, source.at("kind"))});
    }
    for (const Json& value : values) named.push_back(Json::array({value}));
    for (std::size_t c = 1; kind != "any of" && c < core.dimensions[first].values.size(); ++c) {
      const Json& value = core.dimensions[first].values[c];
      if (kind == "text")
        (value.is_array() ? prefixes : texts).push_back(value.is_array() ? value : Json::array({value}));
      if (kind == "number" || kind == "date") thresholds.push_back(Json::array({value.get<std::uint64_t>()}));
    }
    if (kind == "country") {
      for (const std::size_t each : core.dimensions[first].country_class) classes.push_back(Json::array({each}));
    }
    const Json from_at = Put(sources, from), values_at = Put(names, named), prefixes_at = Put(names, prefixes),
               texts_at = Put(names, texts);
    attributes.push_back({attribute["name"], DefaultText(attribute), IndexOf(kinds, kind),
                          IndexOf(units, attribute.value("unit", Json())), attribute.contains("default") ? 1 : 0, first,
                          static_cast<std::uint64_t>(Micros(attribute.value("maximum", Json(0U)))), from_at, values_at,
                          prefixes_at, texts_at, Put(cuts, thresholds), Put(countries, classes)});
  }
  bundle.Expect({{"attributes", attributes},
                 {"sources", sources},
                 {"names", names},
                 {"cuts", cuts},
                 {"countries", countries},
                 {"dimensions", dimensions}});
}

/// Everything that has a name, and the chains.
void CheckNames(const Core& core, const Json& pack, const Bundle& bundle) {
  const Json orders = {"as listed", "by weight", "cheapest", "fastest", "quality"},
             verdicts = {"proved", "violated", "unknown"};
  Json deployments = Json::array(), files = deployments, routes = deployments, tiers = deployments,
       candidates = deployments;
  Json refusals = deployments, guarantees = deployments;
  const auto place = [&](const char* list, const Json& records) {
    return pack.at("places").at(list).at(records.size());
  };
  const auto country = [&](const Json& code) { return IndexOf(Json(Countries()), code); };
  for (const Json& each : core.json["deployments"]) {
    const Json& vendor = core.json.at("vendors")[IndexOf(core.json["vendors"], each.at("vendor"))];
    deployments.push_back({each.at("name"), each.at("model"), each["vendor"], each.at("endpoint"),
                           each.at(each.at("upstream_model") == "" ? "model" : "upstream_model"), each.at("key_env"),
                           static_cast<std::uint64_t>(Micros(each.at("price_in"))),
                           static_cast<std::uint64_t>(Micros(each.at("price_out"))), country(each.at("processed_in")),
                           country(vendor.at("headquarters"))});
  }
  for (const Json& file : pack.at("files")) files.push_back({file.at("path"), file.at("sha256"), file.at("policy")});
  for (const Json& route : core.json["routes"]) {
    std::vector<Json> chain;
    for (const Json& tier : route["tiers"]) {
      std::vector<Json> entries;
      for (const Json& entry : tier["candidates"]) {
        entries.push_back({IndexOf(core.json["deployments"], entry["deployment"]), Natural(entry.at("weight"))});
      }
      chain.push_back({tier.at("label"), Put(candidates, entries), IndexOf(orders, tier["order"]), tier["limit"],
                       tier["within_ms"], tier["retries"]});
    }
    routes.push_back({route.at("name"), place("routes", routes), Put(tiers, chain)});
  }
  for (const Json& each : core.json["refusals"]) {
    refusals.push_back({each.at("name"), each.at("reason"), place("refusals", refusals)});
  }
  for (const Json& each : core.json["guarantees"]) {
    const Json& verdict = pack.at("obligations").at(guarantees.size() + 1).at("verdict");
    guarantees.push_back(
        {each.at("name"), each.at("text"), place("guarantees", guarantees), IndexOf(verdicts, verdict)});
  }
  bundle.Expect({{"deployments", deployments},
                 {"files", files},
                 {"routes", routes},
                 {"tiers", tiers},
                 {"candidates", candidates},
                 {"refusals", refusals},
                 {"guarantees", guarantees}});
}

/// Rules and the deployments that each of them takes out. Returns each rule's place in the order of the rules' terms.
auto CheckRules(const Core& core, const Json& pack, const Bundle& bundle) -> std::vector<Json> {
  const std::uint64_t cells = RoundUp(core.deployments, kLineBits) / kLineBits;
  Need(bundle.header[10] == cells, "the bundle's masks are of another size");
  Json expected = Json::array();
  std::vector<Json> order;
  for (const Rule& rule : core.rules) {
    const std::size_t i = order.size();
    const Json& json = core.json["rules"][i];
    const std::uint64_t mask = Natural(bundle.Record("rules", i).at(4));
    expected.push_back({json.at("name"), json.at("because"), pack.at("places").at("rules").at(i),
                        json.at("origin") == "written" ? 0 : 1, mask});
    for (std::size_t word = 0; word < 8 * cells; ++word) {
      std::uint64_t out = 0;
      for (std::size_t d = 64 * word; d < std::min(64 * word + 64, core.deployments); ++d) {
        if (!rule.keeps[d]) out |= std::uint64_t{1} << (d % 64);
      }
      Need(bundle.Word("masks", cells * mask + word / 8, word % 8) == out,
           "the bundle and the core differ in what a rule takes out", json["name"]);
    }
    order.push_back({rule.keeps == Bits(core.deployments, true), mask, i});
  }
  bundle.Expect({{"rules", expected}});
  return order;
}

/// Reads terms in their order, line by line.
class TermReader {
 public:
  TermReader(const Core& core, const Bundle& bundle) : core_(core), bundle_(bundle) {}

  /// Reads the next terms, of as many entries, which count from `first`; they may ask for `definitions`. `order` says
  /// in what order the entries' terms come, if not in their own.
  auto Read(std::uint64_t terms, std::uint64_t alignment, std::uint64_t first, std::uint64_t entries,
            const std::vector<Condition>& definitions, const std::vector<Json>& order = {}) -> std::vector<Condition> {
    std::vector<Condition> conditions;
    Json last;
    for (bit_ = RoundUp(bit_, alignment); terms > 0; --terms, ++bit_) {
      const std::uint64_t entry = bundle_.Record("owners", owner_++).at(0).get<std::uint64_t>() - first;
      Need(entry < entries, "the bundle has a term of nothing");
      const Json key = order.empty() ? Json(entry) : order[entry];
      Need(last.is_null() || last <= key, "the bundle has terms out of order");
      last = key;
      conditions.resize(std::max<std::size_t>(conditions.size(), entry + 1), Condition{.op = Condition::Op::kAny});
      conditions[entry].parts.push_back(TermAtBit(definitions));
    }
    conditions.resize(entries, Condition{.op = Condition::Op::kAny});
    return conditions;
  }

  void Finish() {
    CloseLine();
    Need(owner_ == bundle_.Count("owners") && line_ == bundle_.Count("lines"),
         "the bundle has more of a table than its terms");
  }

 private:
  struct Column {
    std::uint64_t dimension;
    std::vector<std::uint64_t> cells;  ///< of each class
  };

  auto TermAtBit(const std::vector<Condition>& definitions) -> Condition {
    if (bit_ / kLineBits == line_) OpenLine();
    const std::uint64_t word = bit_ % kLineBits / 64, mask = std::uint64_t{1} << (bit_ % 64);
    known_[word] |= mask;
    Condition term{.op = Condition::Op::kAll};
    for (const Column& column : columns_) {
      Condition part{.op = Condition::Op::kIn, .dimension = column.dimension};
      for (const std::uint64_t cell : column.cells)
        part.classes.push_back((bundle_.Word("cells", cell, word) & mask) != 0);
      if (part.classes == Bits(part.classes.size(), true)) continue;
      const std::uint64_t definition = column.dimension - core_.dimensions.size();
      if (column.dimension >= core_.dimensions.size()) {
        Need(definition < definitions.size() && part.classes[1],
             "the bundle has a term that asks for no earlier definition");
        part = definitions[definition];
      }
      term.parts.push_back(std::move(part));
    }
    return term;
  }

  void OpenLine() {
    CloseLine();
    const Json line = bundle_.Record("lines", line_++);
    const std::uint64_t first = line[0], columns = line[1].get<std::uint64_t>() + line[2].get<std::uint64_t>();
    for (std::uint64_t i = first; i < first + columns; ++i) {
      const Json record = bundle_.Record("columns", i);
      const std::uint64_t dimension = record[0], first_cell = record[1], first_run = record[2], runs = record[3];
      Column& column = columns_.emplace_back(Column{dimension, {}});
      const std::uint64_t classes = dimension < core_.dimensions.size() ? core_.dimensions[dimension].values.size() : 2;
      for (std::uint64_t c = 0, run = 0; c < classes; ++c) {
        Spend(1);
        while (run < runs && bundle_.Record("runs", first_run + run).at(0) <= c) ++run;
        Need(runs == 0 || run > 0, "the bundle's runs of classes do not begin at the first");
        column.cells.push_back(
            first_cell + (runs == 0 ? c : bundle_.Record("runs", first_run + run - 1).at(1).get<std::uint64_t>()));
      }
    }
  }

  void CloseLine() {
    for (const Column& column : columns_) {
      for (const std::uint64_t cell : column.cells) {
        for (std::uint64_t word = 0; word < known_.size(); ++word) {
          Need((bundle_.Word("cells", cell, word) & ~known_[word]) == 0,
               "the bundle has a bit that stands for no term");
        }
      }
    }
    columns_.clear();
    known_ = {};
  }

  const Core& core_;
  const Bundle& bundle_;
  std::uint64_t bit_ = 0, owner_ = 0, line_ = 0;          // the next of each
  std::vector<Column> columns_;                           // of the line that is read
  std::array<std::uint64_t, kLineBits / 64> known_ = {};  // its bits that are terms
};

/// The first question of an open condition that is open itself.
auto FirstOpen(const Condition& condition, const Box& box) -> const Condition& {
  if (condition.op == Condition::Op::kIn) return condition;
  const auto is_open = [&](const Condition& part) { return Evaluate(part, box) == Truth::kUnknown; };
  return FirstOpen(*std::ranges::find_if(condition.parts, is_open), box);
}

/// Whether two conditions hold of the same requests of the box. Splits it until both are plain.
auto Agree(const Condition& one, const Condition& other, Box& box) -> bool {
  const Truth first = Evaluate(one, box), second = Evaluate(other, box);
  if (first != Truth::kUnknown && second != Truth::kUnknown) return first == second;
  const Condition& open = FirstOpen(first == Truth::kUnknown ? one : other, box);
  const Bits saved = box[open.dimension];
  bool agree = true;
  for (const bool inside : {true, false}) {
    for (std::size_t c = 0; c < saved.size(); ++c) box[open.dimension][c] = saved[c] && open.classes[c] == inside;
    agree = agree && Agree(one, other, box);
  }
  box[open.dimension] = saved;
  return agree;
}

/// The table itself: when every refusal, route and rule applies.
void CheckTerms(const Core& core, const Bundle& bundle, const std::vector<Json>& rule_order) {
  TermReader reader(core, bundle);
  std::vector<Condition> definitions;
  for (std::uint64_t i = 0; i < bundle.Count("levels"); ++i) {
    const Json level = bundle.Record("levels", i);
    std::ranges::move(reader.Read(level[1], kLineBits, definitions.size(), level[0], definitions),
                      std::back_inserter(definitions));
  }
  const Json& header = bundle.header;
  Need(header[6] == definitions.size(), "the bundle has another number of definitions than it says");
  std::vector<Condition> found = reader.Read(header[7], kLineBits, 0, core.refusals.size(), definitions);
  std::ranges::move(reader.Read(header[8], 64, 0, core.routes.size(), definitions), std::back_inserter(found));
  std::ranges::move(reader.Read(header[9], 64, 0, core.rules.size(), definitions, rule_order),
                    std::back_inserter(found));
  reader.Finish();
  std::vector<Condition> wanted = core.refusals;
  for (const Route& route : core.routes) wanted.push_back(route.when);
  for (const Rule& rule : core.rules) wanted.push_back(rule.when);
  Box box = Everything(core);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    Need(Agree(found[i], wanted[i], box), "the bundle and the core differ in when a refusal, route or rule applies", i);
  }
}

}  // namespace

auto CheckTable(const Core& core, const Json& pack, const std::string& bytes) -> std::uint64_t {
  const Bundle bundle(bytes);
  const Json& header = bundle.header;
  const Json& limits = core.json.at("limits");
  const Json expected = {core.json.at("policy"), core.json.at("version"), pack.at("tools").at("routec"), core.attempts,
                         core.deadline, limits.value("answer_tokens", 0), Micros(limits.value("cost_usd", Json(0)))};
  const std::uint64_t cost = header[12].get<std::uint64_t>() * 100;  // from hundredths of a cent
  Need(Json({header[0], header[1], header[2], header[4], header[5], header[11], cost}) == expected,
       "the bundle and the core differ in names, versions or limits", expected);
  const auto& obligations = pack.at("obligations");
  const bool all_proved = std::all_of(obligations.begin(), obligations.end(),
                                      [](const Json& each) { return each.at("verdict") == "proved"; });
  Need(header[3] == 0U || (header[3] == 1U && all_proved), "the bundle says `verified`, and not everything is proved");
  CheckAttributes(core, bundle);
  CheckNames(core, pack, bundle);
  CheckTerms(core, bundle, CheckRules(core, pack, bundle));
  return kLineBits * bundle.Count("cells");
}

}  // namespace audit
