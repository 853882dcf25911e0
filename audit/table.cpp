#include "audit/table.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "audit/cases.h"
#include "audit/pack.h"

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
    if (!bytes.starts_with("\x89RTB\r\n\x1a\n") || Unsigned(bytes, 8, 8) != 3) {
      throw Rejected("the bundle is not a bundle of version 3, the only one that is understood");
    }
    std::uint64_t end = kSections + 8 * kLayouts.size();
    for (std::size_t i = 0; i < kLayouts.size(); ++i) {
      const std::uint64_t begin = RoundUp(end, kLayouts[i].alignment);
      for (; end < begin; ++end) Read("z", end);
      if (Unsigned(bytes, kSections + 8 * i, 4) != begin)
        throw Rejected("the bundle's sections do not follow each other");
      std::uint64_t record = 0;
      for (const char field : kLayouts[i].record) record += SizeOf(field);
      places_.push_back({begin, Unsigned(bytes, kSections + 8 * i + 4, 4), record});
      end += record * places_.back().count;
    }
    const std::string checksum = bytes.substr(32, 32);
    if (end != bytes.size() || Unsigned(bytes, 16, 8) != end || Unsigned(bytes, 24, 8) != 0 ||
        Hex(checksum) != Sha256(bytes.substr(kHeader))) {
      throw Rejected("the bundle is damaged: it has another size or checksum than it says");
    }
  }

  auto Header() const -> Json { return Read("sssuuuuuuuuzzzzzzzz", kHeader); }

  auto Count(std::string_view section) const -> std::uint64_t { return PlaceOf(section).count; }

  auto Record(std::string_view section, std::uint64_t number) const -> Json {
    const Place& place = PlaceOf(section);
    if (number >= place.count) throw Rejected("the bundle speaks of more " + std::string(section) + " than it has");
    return Read(kLayouts[static_cast<std::size_t>(&place - places_.data())].record, place.begin + place.size * number);
  }

  /// A word of a cell, or of a mask.
  auto Word(std::string_view section, std::uint64_t cell, std::uint64_t word) const -> std::uint64_t {
    if (cell >= Count(section)) throw Rejected("the bundle speaks of more " + std::string(section) + " than it has");
    return Unsigned(bytes_, PlaceOf(section).begin + kCellBytes * cell + 8 * word, 8);
  }

  /// Throws unless the section has these records.
  void Expect(std::string_view section, const Json& records) const {
    for (std::uint64_t i = 0; i < std::max<std::uint64_t>(Count(section), records.size()); ++i) {
      const Json found = i < Count(section) ? Record(section, i) : Json(),
                 core = i < records.size() ? records[i] : Json();
      if (found == core) continue;
      throw Rejected("the bundle and the core differ in the " + std::string(section) + ", number " + std::to_string(i) +
                     ": the bundle has " + found.dump(-1, ' ', false, Json::error_handler_t::replace) + ", the core " +
                     core.dump());
    }
  }

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
        if (low + high > Count("strings")) throw Rejected("the bundle has a string outside of its strings");
        record.push_back(bytes_.substr(PlaceOf("strings").begin + low, high));
      } else if (field == 'p' || field == 'r') {
        record.push_back(field == 'p' && low == kNone && high == 0 ? Json() : Json({low, high}));
      } else if (field != 'z') {
        record.push_back(field == 'o' && value == kNone ? Json() : Json(value));
      } else if (value != 0) {
        throw Rejected("the bundle has something at byte " + std::to_string(at - 1) + ", where nothing belongs");
      }
    }
    return record;
  }

  const std::string& bytes_;
  std::vector<Place> places_;
};

/// The place of `value` in a closed list of words.
auto NumberOf(const Json& value, const std::vector<Json>& words) -> std::size_t {
  const auto found = std::ranges::find(words, value);
  if (found == words.end()) throw Rejected("the core has " + value.dump() + ", which a bundle cannot say");
  return static_cast<std::size_t>(found - words.begin());
}

/// Adds records to a section; the range in which they are.
auto Put(Json& section, const std::vector<Json>& records) -> Json {
  const std::size_t first = section.size();
  for (const Json& record : records) section.push_back(record);
  return {first, records.size()};
}

template <typename Field>
auto RecordsOf(const std::vector<Field>& fields) -> std::vector<Json> {
  std::vector<Json> records;
  for (const Field& field : fields) records.push_back(Json::array({field}));
  return records;
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
  const std::vector<Json> units = {nullptr, "tokens", "ms", "%", "USD", "EUR", "time of day"};
  const std::vector<Json> origins = {"tenant", "header", "request", "classifier", "detector", "budget", "clock"};
  Json attributes = Json::array(), sources = Json::array(), names = Json::array(), cuts = Json::array();
  Json countries = Json::array(), dimensions = Json::array();
  for (std::size_t i = 0; i < core.json["attributes"].size(); ++i) {
    const Json& attribute = core.json["attributes"][i];
    const std::vector<Json> values = attribute.value("values", std::vector<Json>());
    const bool is_set = attribute["kind"] == "any of";
    const std::size_t first = core.first_dimension[i], members = is_set ? values.size() : 1;
    const Dimension plain = is_set ? Dimension() : core.dimensions[first];
    for (std::size_t member = 0; member < members; ++member) {
      dimensions.push_back({i, member, core.dimensions[first + member].classes});
    }
    std::vector<Json> from;
    for (const Json& source : attribute.at("sources")) {
      from.push_back({source.value("argument", ""), NumberOf(source.at("kind"), origins)});
    }
    const auto maximum = static_cast<std::uint64_t>(Micros(attribute.value("maximum", Json(0U))));
    const std::vector<std::uint64_t> thresholds(plain.cuts.begin(), plain.cuts.end());
    const Json from_at = Put(sources, from), values_at = Put(names, RecordsOf(values));
    const Json prefixes_at = Put(names, RecordsOf(plain.prefixes)), texts_at = Put(names, RecordsOf(plain.texts));
    attributes.push_back({attribute["name"], DefaultText(attribute), NumberOf(attribute["kind"], Kinds()),
                          NumberOf(attribute.value("unit", Json()), units), attribute.contains("default") ? 1 : 0,
                          first, maximum, from_at, values_at, prefixes_at, texts_at, Put(cuts, RecordsOf(thresholds)),
                          Put(countries, RecordsOf(plain.country_class))});
  }
  bundle.Expect("attributes", attributes);
  bundle.Expect("sources", sources);
  bundle.Expect("names", names);
  bundle.Expect("cuts", cuts);
  bundle.Expect("countries", countries);
  bundle.Expect("dimensions", dimensions);
}

void CheckCatalogue(const Core& core, const Json& pack, const Bundle& bundle) {
  Json deployments = Json::array(), files = Json::array(), headquarters = Json::object();
  for (const Json& vendor : core.json.at("vendors")) headquarters[Text(vendor.at("name"))] = vendor.at("headquarters");
  for (const Json& d : core.json["deployments"]) {
    deployments.push_back({d.at("name"), d.at("model"), d.at("vendor"), d.at("endpoint"),
                           d.at(d.at("upstream_model") == "" ? "model" : "upstream_model"), d.at("key_env"),
                           static_cast<std::uint64_t>(Micros(d.at("price_in"))),
                           static_cast<std::uint64_t>(Micros(d.at("price_out"))), CountryIndex(d.at("processed_in")),
                           CountryIndex(headquarters.at(Text(d["vendor"])))});
  }
  for (const Json& file : pack.at("files")) files.push_back({file.at("path"), file.at("sha256"), file.at("policy")});
  bundle.Expect("deployments", deployments);
  bundle.Expect("files", files);
}

void CheckChains(const Core& core, const Json& pack, const Bundle& bundle) {
  const std::vector<Json> orders = {"as listed", "by weight", "cheapest", "fastest", "quality"};
  const std::vector<Json> verdicts = {"proved", "violated", "unknown"};
  Json routes = Json::array(), tiers = Json::array(), candidates = Json::array(), refusals = Json::array();
  Json guarantees = Json::array();
  const auto place = [&](const char* list, std::size_t i) { return pack.at("places").at(list).at(i); };
  for (std::size_t i = 0; i < core.routes.size(); ++i) {
    const Json& route = core.json["routes"][i];
    std::vector<Json> chain;
    for (std::size_t t = 0; t < core.routes[i].tiers.size(); ++t) {
      const Json& tier = route["tiers"][t];
      std::vector<Json> entries;
      for (std::size_t c = 0; c < tier["candidates"].size(); ++c) {
        entries.push_back({core.routes[i].tiers[t].deployments[c], Natural(tier["candidates"][c].at("weight"))});
      }
      chain.push_back({tier.at("label"), Put(candidates, entries), NumberOf(tier["order"], orders), tier["limit"],
                       tier["within_ms"], tier["retries"]});
    }
    routes.push_back({route.at("name"), place("routes", i), Put(tiers, chain)});
  }
  for (std::size_t i = 0; i < core.refusals.size(); ++i) {
    const Json& refusal = core.json["refusals"][i];
    refusals.push_back({refusal.at("name"), refusal.at("reason"), place("refusals", i)});
  }
  for (std::size_t i = 0; i < core.json["guarantees"].size(); ++i) {
    const Json& guarantee = core.json["guarantees"][i];
    const std::size_t verdict = NumberOf(pack.at("obligations").at(i + 1).at("verdict"), verdicts);
    guarantees.push_back({guarantee.at("name"), guarantee.at("text"), place("guarantees", i), verdict});
  }
  bundle.Expect("routes", routes);
  bundle.Expect("tiers", tiers);
  bundle.Expect("candidates", candidates);
  bundle.Expect("refusals", refusals);
  bundle.Expect("guarantees", guarantees);
}

/// Rules and the deployments that each of them takes out. Returns each rule's place in the order of the rules' terms.
auto CheckRules(const Core& core, const Json& pack, const Bundle& bundle, std::uint64_t cells) -> std::vector<Json> {
  if (cells != RoundUp(core.deployments, kLineBits) / kLineBits)
    throw Rejected("the bundle's masks are of another size");
  Json expected = Json::array();
  std::vector<Json> order;
  for (std::size_t i = 0; i < core.rules.size(); ++i) {
    const Json& rule = core.json["rules"][i];
    const Json mask = bundle.Record("rules", i).at(4);
    expected.push_back({rule.at("name"), rule.at("because"), pack.at("places").at("rules").at(i),
                        rule.at("origin") == "written" ? 0 : 1, mask});
    std::vector<std::uint64_t> out(8 * cells);
    for (std::size_t d = 0; d < core.deployments; ++d) {
      if (!core.rules[i].keeps[d]) out[d / 64] |= std::uint64_t{1} << (d % 64);
    }
    for (std::size_t word = 0; word < out.size(); ++word) {
      if (bundle.Word("masks", cells * Natural(mask) + word / 8, word % 8) != out[word]) {
        throw Rejected("the bundle and the core differ in what rule " + Text(rule["name"]) + " takes out");
      }
    }
    order.push_back({core.rules[i].keeps == Bits(core.deployments, true), mask, i});
  }
  bundle.Expect("rules", expected);
  return order;
}

/// Reads terms in their order, line by line.
class TermReader {
 public:
  TermReader(const Core& core, const Bundle& bundle) : core_(core), bundle_(bundle) {}

  /// The next terms, of entries that count from `first` and may ask for as many definitions. `order` says in what order
  /// the entries' terms come, if not in their own.
  auto Read(std::uint64_t terms, std::uint64_t alignment, std::uint64_t first, std::uint64_t entries,
            std::uint64_t definitions, const std::vector<Json>& order = {}) -> std::vector<Condition> {
    std::vector<Condition> conditions;
    Json last;
    bit_ = RoundUp(bit_, alignment);
    for (; terms > 0; --terms, ++bit_) {
      const std::uint64_t entry = bundle_.Record("owners", owner_++).at(0).get<std::uint64_t>() - first;
      if (entry >= entries) throw Rejected("the bundle has a term of nothing");
      const Json key = order.empty() ? Json(entry) : order[entry];
      if (!last.is_null() && key < last) throw Rejected("the bundle has terms out of order");
      conditions.resize(entries, Condition{.op = Condition::Op::kAny});
      conditions[entry].parts.push_back(NextTerm(definitions));
      last = key;
    }
    conditions.resize(entries, Condition{.op = Condition::Op::kAny});
    return conditions;
  }

  /// Throws unless everything that the bundle has of a table was used.
  void Finish() {
    CloseLine();
    if (owner_ != bundle_.Count("owners") || line_ != bundle_.Count("lines") || column_ != bundle_.Count("columns") ||
        run_ != bundle_.Count("runs") || cell_ != bundle_.Count("cells")) {
      throw Rejected("the bundle has more of a table than its terms need");
    }
  }

 private:
  struct Column {
    std::uint64_t dimension;
    std::vector<std::uint64_t> cells;  ///< of each class
  };

  auto NextTerm(std::uint64_t definitions) -> Condition {
    if (bit_ / kLineBits == line_) OpenLine();
    const std::uint64_t word = bit_ % kLineBits / 64, mask = std::uint64_t{1} << (bit_ % 64);
    known_[word] |= mask;
    Condition term{.op = Condition::Op::kAll};
    for (const Column& column : columns_) {
      Condition admitted{.op = Condition::Op::kIn, .dimension = column.dimension};
      for (const std::uint64_t cell : column.cells) {
        admitted.classes.push_back((bundle_.Word("cells", cell, word) & mask) != 0);
      }
      if (Includes(admitted.classes, Bits(column.cells.size(), true))) continue;
      if (column.dimension >= core_.dimensions.size() + definitions) {
        throw Rejected("the bundle has a term that asks for a later definition");
      }
      term.parts.push_back(std::move(admitted));
    }
    return term;
  }

  void OpenLine() {
    CloseLine();
    const Json line = bundle_.Record("lines", line_++);
    const std::uint64_t direct = line[1], columns = direct + line[2].get<std::uint64_t>();
    if (line[0] != column_) throw Rejected("the bundle's columns do not follow each other");
    for (std::uint64_t i = 0; i < columns; ++i) {
      const Json record = bundle_.Record("columns", column_++);
      const std::uint64_t dimension = record[0], runs = record[3];
      const bool ascends = i == 0 || i == direct || columns_.back().dimension < dimension;
      if (!ascends || record[1] != cell_ || record[2] != run_ || (runs == 0) != (i < direct)) {
        throw Rejected("the bundle's columns do not follow each other");
      }
      const bool real = dimension < core_.dimensions.size();
      columns_.push_back({dimension, CellsOf(real ? core_.dimensions[dimension].classes : 2, runs)});
    }
  }

  /// The cells of the next column, which has this many runs, or is a direct one.
  auto CellsOf(std::uint64_t classes, std::uint64_t runs) -> std::vector<std::uint64_t> {
    std::vector<std::uint64_t> cells;
    std::uint64_t used = 0;
    for (std::uint64_t i = 0; i < (runs == 0 ? classes : runs); ++i) {
      const Json run = runs == 0 ? Json({i, i}) : bundle_.Record("runs", run_++);
      const std::uint64_t first = run[0], cell = run[1];
      if (first >= classes || cell > used || (i == 0 ? first != 0 : first < cells.size())) {
        throw Rejected("the bundle's runs of classes do not follow each other");
      }
      used = std::max(used, cell + 1);
      if (i > 0) cells.resize(first, cells.back());
      cells.push_back(cell_ + cell);
    }
    cells.resize(classes, cells.back());
    cell_ += used;
    return cells;
  }

  void CloseLine() {
    for (const Column& column : columns_) {
      for (const std::uint64_t cell : column.cells) {
        for (std::uint64_t word = 0; word < known_.size(); ++word) {
          if ((bundle_.Word("cells", cell, word) & ~known_[word]) != 0) {
            throw Rejected("the bundle has a bit that stands for no term");
          }
        }
      }
    }
    columns_.clear();
    known_ = {};
  }

  const Core& core_;
  const Bundle& bundle_;
  std::uint64_t bit_ = 0, owner_ = 0, line_ = 0, column_ = 0, run_ = 0, cell_ = 0;  // the next of each
  std::vector<Column> columns_;                                                     // of the line that is read
  std::array<std::uint64_t, kLineBits / 64> known_ = {};                            // its bits that are terms
};

/// Compares conditions of the core with what the table has for them.
class Comparison {
 public:
  Comparison(const Core& core, const std::vector<Condition>& definitions)
      : dimensions_(core.dimensions.size()), definitions_(definitions), box_(Everything(core)) {
    box_.resize(dimensions_ + definitions.size(), Bits(2, true));
  }

  void Compare(const Condition& wanted, const Condition& found, const Json& name) {
    needed_.clear();
    Need(found);
    if (!Agree(wanted, found)) {
      throw Rejected("the bundle and the core differ in when " + name.dump() + " applies");
    }
  }

 private:
  void Need(const Condition& condition) {
    for (const Condition& part : condition.parts) Need(part);
    if (condition.op != Condition::Op::kIn || condition.dimension < dimensions_) return;
    if (needed_.insert(condition.dimension).second) Need(definitions_[condition.dimension - dimensions_]);
  }

  /// Whether the two hold of the same requests of the box. Splits it until both are plain.
  auto Agree(const Condition& wanted, const Condition& found) -> bool {
    for (const std::size_t definition : needed_) {
      const Truth holds = Evaluate(definitions_[definition - dimensions_], box_);
      box_[definition] = {holds != Truth::kTrue, holds != Truth::kFalse};
    }
    const Truth by_core = Evaluate(wanted, box_), by_table = Evaluate(found, box_);
    if (by_core != Truth::kUnknown && by_table != Truth::kUnknown) return by_core == by_table;
    const Condition& open = FirstOpen(by_table == Truth::kUnknown ? found : wanted);
    const Bits saved = box_[open.dimension];
    bool agree = true;
    for (const bool inside : {true, false}) {
      for (std::size_t c = 0; c < saved.size(); ++c) {
        box_[open.dimension][c] = saved[c] && open.classes[c] == inside;
      }
      agree = agree && Agree(wanted, found);
    }
    box_[open.dimension] = saved;
    return agree;
  }

  /// The first question of an open condition that is open itself.
  auto FirstOpen(const Condition& condition) const -> const Condition& {
    if (condition.op != Condition::Op::kIn) {
      return FirstOpen(*std::ranges::find_if(
          condition.parts, [&](const Condition& part) { return Evaluate(part, box_) == Truth::kUnknown; }));
    }
    return condition.dimension < dimensions_ ? condition : FirstOpen(definitions_[condition.dimension - dimensions_]);
  }

  std::size_t dimensions_;
  const std::vector<Condition>& definitions_;
  Box box_;
  std::set<std::size_t> needed_;  // dimensions of definitions, each after those that it asks for
};

/// The table itself: when every refusal, route and rule applies.
void CheckTerms(const Core& core, const Bundle& bundle, const Json& header, const std::vector<Json>& rule_order) {
  TermReader reader(core, bundle);
  std::vector<Condition> definitions;
  for (std::uint64_t i = 0; i < bundle.Count("levels"); ++i) {
    const Json level = bundle.Record("levels", i);
    const std::uint64_t before = definitions.size();
    std::ranges::move(reader.Read(level[1], kLineBits, before, level[0], before), std::back_inserter(definitions));
  }
  const std::uint64_t known = definitions.size();
  if (header[6] != known) throw Rejected("the bundle has another number of definitions than it says");
  const auto refusals = reader.Read(header[7], kLineBits, 0, core.refusals.size(), known);
  const auto routes = reader.Read(header[8], 64, 0, core.routes.size(), known);
  const auto rules = reader.Read(header[9], 64, 0, core.rules.size(), known, rule_order);
  reader.Finish();
  Comparison comparison(core, definitions);
  const auto name = [&](const char* list, std::size_t i) { return core.json[list][i]["name"]; };
  for (std::size_t i = 0; i < refusals.size(); ++i)
    comparison.Compare(core.refusals[i], refusals[i], name("refusals", i));
  for (std::size_t i = 0; i < routes.size(); ++i) comparison.Compare(core.routes[i].when, routes[i], name("routes", i));
  for (std::size_t i = 0; i < rules.size(); ++i) comparison.Compare(core.rules[i].when, rules[i], name("rules", i));
}

}  // namespace

auto CheckTable(const Core& core, const Json& pack, const std::string& bytes) -> std::uint64_t {
  const Bundle bundle(bytes);
  const Json header = bundle.Header();
  const Json says = {header[0], header[1], header[2], header[4], header[5]};
  const Json expected = {core.json.at("policy"), core.json.at("version"), pack.at("tools").at("routec"), core.attempts,
                         core.deadline};
  const bool all_proved =
      std::ranges::all_of(pack.at("obligations"), [](const Json& each) { return each.at("verdict") == "proved"; });
  if (says != expected) throw Rejected("the bundle and the core differ in names, versions or limits");
  if (header[3] != 0U && (header[3] != 1U || !all_proved)) {
    throw Rejected("the bundle says `verified`, and not everything is proved");
  }
  CheckAttributes(core, bundle);
  CheckCatalogue(core, pack, bundle);
  CheckChains(core, pack, bundle);
  CheckTerms(core, bundle, header, CheckRules(core, pack, bundle, header[10]));
  return kLineBits * bundle.Count("cells");
}

}  // namespace audit
