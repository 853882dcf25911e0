#include "audit/table.h"

#include <algorithm>

#include "audit/cases.h"
#include "audit/pack.h"

namespace audit {
namespace {

constexpr std::uint64_t kVersion = 2, kNone = 0xFFFFFFFF, kMostSteps = 2'000'000;
constexpr std::size_t kHeader = 64, kSections = 0x80;
enum Section {
  kAttributes,
  kSources,
  kNames,
  kCuts,
  kCountries,
  kDimensions,
  kDeployments,
  kFiles,
  kRules,
  kRefusals,
  kRoutes,
  kTiers,
  kCandidates,
  kGuarantees,
  kOwners,
  kMasks,
  kRows,
  kStrings,
  kCount
};

/// The records of a bundle, as JSON. A layout has one letter for each field: s string, p place (null if there is none),
/// r range, b u8, h u16, u u32, o u32 that may be none (null), q u64 or i64.
class Bundle {
 public:
  explicit Bundle(const std::string& bytes) : bytes_(bytes) {}

  auto U32(std::uint64_t at) const -> std::uint64_t { return Unsigned(bytes_, at, 4); }
  auto U64(std::uint64_t at) const -> std::uint64_t { return Unsigned(bytes_, at, 8); }
  auto Begin(Section section) const -> std::uint64_t { return U32(kSections + 8U * section); }
  auto Size(Section section) const -> std::uint64_t { return U32(kSections + 8U * section + 4); }

  auto Read(const std::string& layout, std::uint64_t at) const -> Json {
    Json record = Json::array();
    for (const char field : layout) {
      const std::size_t size = field == 'b' ? 1 : field == 'h' ? 2 : field == 'u' || field == 'o' ? 4 : 8;
      const std::uint64_t first = Unsigned(bytes_, at, size), low = first & kNone, high = first >> 32U;
      if (field == 's') {
        if (low + high > Size(kStrings)) throw Rejected("the bundle has a string outside of its strings");
        record.push_back(bytes_.substr(std::min<std::uint64_t>(Begin(kStrings) + low, bytes_.size()), high));
      } else if (field == 'p' || field == 'r') {
        record.push_back(field == 'p' && low == kNone ? Json() : Json({low, high}));
      } else {
        record.push_back(field == 'o' && first == kNone ? Json() : Json(first));
      }
      at += size;
    }
    return record;
  }

  auto ReadAll(Section section, const std::string& layout, std::size_t record) const -> Json {
    Json records = Json::array();
    for (std::uint64_t i = 0; i < Size(section); ++i) records.push_back(Read(layout, Begin(section) + i * record));
    return records;
  }

 private:
  const std::string& bytes_;
};

void Same(const char* what, const Json& bundle, const Json& core) {
  if (bundle == core) return;
  std::size_t i = 0;
  while (i < bundle.size() && i < core.size() && bundle[i] == core[i]) ++i;
  const auto at = [&](const Json& list) {
    return i < list.size() ? list[i].dump(-1, ' ', false, Json::error_handler_t::replace) : "nothing";
  };
  throw Rejected(std::string("the bundle and the core differ in the ") + what + ", number " + std::to_string(i) +
                 ": the bundle has " + at(bundle) + ", the core " + at(core));
}

/// The place of `value` in a closed list of words.
auto NumberOf(const Json& value, const std::vector<Json>& words) -> std::size_t {
  const auto found = std::ranges::find(words, value);
  if (found == words.end()) throw Rejected("the core has " + value.dump() + ", which a bundle cannot say");
  return static_cast<std::size_t>(found - words.begin());
}

/// The next `count` entries of a section.
auto Next(std::size_t& used, std::size_t count) -> Json {
  used += count;
  return {used - count, count};
}

auto DefaultText(const Json& attribute) -> std::string {
  const Json value = attribute.value("default", Json(""));
  std::string text;
  if (value.is_array()) {
    for (const Json& member : value) text += (text.empty() ? "" : ",") + Text(member);
    return text;
  }
  if (value.is_boolean()) return value == true ? "yes" : "no";
  text = value.is_string() ? Text(value) : value.dump();
  const Json unit = attribute.value("unit", Json());
  if (!attribute.contains("default") || unit.is_null() || unit == "time of day") return text;
  return text + (unit == "%" ? "" : " ") + Text(unit);
}

void CheckAttributes(const Core& core, const Bundle& bundle) {
  const std::vector<Json> kinds = {"one of", "any of", "yes/no", "number", "text", "country", "date"};
  const std::vector<Json> units = {nullptr, "tokens", "ms", "%", "USD", "EUR", "time of day"};
  const std::vector<Json> origins = {"tenant", "header", "request", "classifier", "detector", "budget", "clock"};
  Json attributes = Json::array(), sources = Json::array(), names = Json::array(), cuts = Json::array();
  Json countries = Json::array(), dimensions = Json::array();
  std::size_t rows = 0, sources_used = 0, names_used = 0, cuts_used = 0, countries_used = 0;
  for (std::size_t i = 0; i < core.json["attributes"].size(); ++i) {
    const Json& attribute = core.json["attributes"][i];
    const Json values = attribute.value("values", Json::array());
    const bool is_set = attribute["kind"] == "any of";
    const std::size_t first = core.first_dimension[i], members = is_set ? values.size() : 1;
    const Dimension plain = is_set ? Dimension() : core.dimensions[first];
    for (const Json& source : attribute.at("sources")) {
      sources.push_back({source.value("argument", ""), NumberOf(source.at("kind"), origins)});
    }
    for (const Json& value : values) names.push_back({value});
    for (const auto* list : {&plain.prefixes, &plain.texts})
      for (const std::string& text : *list) names.push_back({text});
    for (const std::int64_t cut : plain.cuts) cuts.push_back({static_cast<std::uint64_t>(cut)});
    for (const std::size_t country : plain.country_class) countries.push_back({country});
    for (std::size_t member = 0; member < members; ++member) {
      const std::size_t classes = core.dimensions[first + member].classes;
      dimensions.push_back({i, member, classes, rows});
      rows += classes;
    }
    const Json maximum =
        attribute.contains("maximum") ? Json(static_cast<std::uint64_t>(Micros(attribute["maximum"]))) : Json(0U);
    const Json values_at = Next(names_used, values.size()), prefixes_at = Next(names_used, plain.prefixes.size());
    attributes.push_back({attribute["name"], DefaultText(attribute), NumberOf(attribute["kind"], kinds),
                          NumberOf(attribute.value("unit", Json()), units), attribute.contains("default") ? 1 : 0, 0,
                          first, maximum, Next(sources_used, attribute["sources"].size()), values_at, prefixes_at,
                          Next(names_used, plain.texts.size()), Next(cuts_used, plain.cuts.size()),
                          Next(countries_used, plain.country_class.size())});
  }
  Same("attributes", bundle.ReadAll(kAttributes, "ssbbbbuqrrrrrr", 80), attributes);
  Same("sources of attributes", bundle.ReadAll(kSources, "sb", 16), sources);
  Same("names", bundle.ReadAll(kNames, "s", 8), names);
  Same("thresholds", bundle.ReadAll(kCuts, "q", 8), cuts);
  Same("countries", bundle.ReadAll(kCountries, "h", 2), countries);
  Same("dimensions", bundle.ReadAll(kDimensions, "uuuu", 16), dimensions);
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
  Same("deployments", bundle.ReadAll(kDeployments, "ssssssqqhh", 72), deployments);
  Same("files", bundle.ReadAll(kFiles, "sss", 24), files);
}

void CheckChains(const Core& core, const Json& pack, const Bundle& bundle) {
  const std::vector<Json> orders = {"as listed", "by weight", "cheapest", "fastest", "quality"};
  const std::vector<Json> verdicts = {"proved", "violated", "unknown"};
  Json routes = Json::array(), tiers = Json::array(), candidates = Json::array(), refusals = Json::array(),
       guarantees = Json::array();
  std::size_t tiers_used = 0, candidates_used = 0;
  const auto place = [&](const char* list, std::size_t i) { return pack.at("places").at(list).at(i); };
  for (std::size_t i = 0; i < core.routes.size(); ++i) {
    const Json& route = core.json["routes"][i];
    routes.push_back({route.at("name"), place("routes", i), Next(tiers_used, route["tiers"].size())});
    for (std::size_t t = 0; t < core.routes[i].tiers.size(); ++t) {
      const Json& tier = route["tiers"][t];
      tiers.push_back({tier.at("label"), Next(candidates_used, tier["candidates"].size()),
                       NumberOf(tier["order"], orders), tier["limit"], tier["within_ms"], tier["retries"]});
      for (std::size_t c = 0; c < tier["candidates"].size(); ++c) {
        candidates.push_back({core.routes[i].tiers[t].deployments[c], Natural(tier["candidates"][c].at("weight"))});
      }
    }
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
  Same("routes", bundle.ReadAll(kRoutes, "spr", 24), routes);
  Same("tiers", bundle.ReadAll(kTiers, "sruooo", 32), tiers);
  Same("candidates", bundle.ReadAll(kCandidates, "uu", 8), candidates);
  Same("refusals", bundle.ReadAll(kRefusals, "ssp", 24), refusals);
  Same("guarantees", bundle.ReadAll(kGuarantees, "sspu", 32), guarantees);
}

/// Rules and the deployments that each of them takes out.
void CheckMasks(const Core& core, const Json& pack, const Bundle& bundle, std::uint64_t words) {
  Json rules = bundle.ReadAll(kRules, "sspuu", 32), expected = Json::array();
  if (words < (core.deployments + 63) / 64) throw Rejected("the bundle's masks are too short");
  for (std::size_t i = 0; i < core.rules.size(); ++i) {
    const Json& rule = core.json["rules"][i];
    expected.push_back({rule.at("name"), rule.at("because"), pack.at("places").at("rules").at(i),
                        rule.at("origin") == "written" ? 0 : 1});
    if (i >= rules.size() || rules[i][4] >= bundle.Size(kMasks)) throw Rejected("the bundle lacks a rule or its mask");
    const std::uint64_t mask = bundle.Begin(kMasks) + 8 * words * rules[i][4].get<std::uint64_t>();
    rules[i].erase(4);
    for (std::size_t d = 0; d < 64 * words; ++d) {
      const bool out = (bundle.U64(mask + 8 * (d / 64)) >> (d % 64) & 1U) != 0;
      if (out != (d < core.deployments && !core.rules[i].keeps[d])) {
        throw Rejected("the bundle and the core differ in what rule " + Text(rule["name"]) + " takes out");
      }
    }
  }
  Same("rules", rules, expected);
}

/// Whether the terms, of which one must hold, hold of the same requests of the box as the condition does.
auto Agree(const Condition& condition, const std::vector<const Box*>& terms, Box& box, std::uint64_t& steps) -> bool {
  if (++steps > kMostSteps) throw Inconclusive("a condition and its terms take more than two million steps to compare");
  const Truth truth = Evaluate(condition, box);
  std::vector<const Box*> live;
  std::size_t split = box.size();
  for (const Box* term : terms) {
    std::size_t partly = box.size();
    bool meets = true;
    for (std::size_t d = 0; d < box.size() && meets; ++d) {
      meets = Meets((*term)[d], box[d]);
      if (meets && partly == box.size() && !Includes((*term)[d], box[d])) partly = d;
    }
    if (!meets) continue;
    if (partly == box.size() && truth != Truth::kUnknown) return truth == Truth::kTrue;
    live.push_back(term);
    if (split == box.size()) split = partly;
  }
  if (live.empty() && truth != Truth::kUnknown) return truth == Truth::kFalse;
  Bits some;
  if (split < box.size()) {
    some =
        (**std::ranges::find_if(live, [&](const Box* term) { return !Includes((*term)[split], box[split]); }))[split];
  } else {
    const Condition* atom = &condition;
    while (atom->op != Condition::Op::kIn) {
      atom = &*std::ranges::find_if(atom->parts,
                                    [&](const Condition& part) { return Evaluate(part, box) == Truth::kUnknown; });
    }
    split = atom->dimension;
    some = atom->classes;
  }
  const Bits saved = box[split];
  bool agree = true;
  for (const bool inside : {true, false}) {
    for (std::size_t c = 0; c < saved.size(); ++c) box[split][c] = saved[c] && some[c] == inside;
    agree = agree && Agree(condition, live, box, steps);
  }
  box[split] = saved;
  return agree;
}

/// The table itself: the terms of every refusal, route and rule.
void CheckRows(const Core& core, const Bundle& bundle, const std::vector<std::uint64_t>& counts, std::uint64_t words) {
  std::vector<std::uint64_t> bits;  // of each term, in a row
  std::uint64_t word = 0;
  for (const std::uint64_t count : counts) {
    for (std::uint64_t i = 0; i < count; ++i) bits.push_back(64 * word + i);
    word += (count + 63) / 64;
  }
  std::vector<Box> terms(bits.size());
  std::uint64_t at = bundle.Begin(kRows);
  if (words < word || (core.dimensions.empty() ? 0 : words * 8) > bundle.Size(kRows) * 8 + 8)
    throw Rejected("the bundle's rows are too short");
  for (const Dimension& dimension : core.dimensions) {
    for (Box& box : terms) box.emplace_back(dimension.classes);
    for (std::size_t c = 0; c < dimension.classes; ++c, at += 8 * words) {
      std::uint64_t set = 0;
      for (std::uint64_t w = 0; w < words; ++w)
        set += static_cast<std::uint64_t>(__builtin_popcountll(bundle.U64(at + 8 * w)));
      for (std::size_t t = 0; t < bits.size(); ++t) {
        if ((bundle.U64(at + 8 * (bits[t] / 64)) >> (bits[t] % 64) & 1U) == 0) continue;
        terms[t].back()[c] = true;
        --set;
      }
      if (set != 0) throw Rejected("the bundle has a bit that stands for no term");
    }
  }
  if (at != bundle.Begin(kRows) + 8 * bundle.Size(kRows)) throw Rejected("the bundle has more rows than classes");

  std::uint64_t term = 0;
  const auto compare = [&](const auto& list, std::uint64_t count, const char* names) {
    const std::uint64_t end = term + count;
    for (std::size_t i = 0; i < list.size(); ++i) {
      std::vector<const Box*> own;
      for (; term < end && bundle.U32(bundle.Begin(kOwners) + 4 * term) == i; ++term) own.push_back(&terms[term]);
      Box box = Everything(core);
      std::uint64_t steps = 0;
      if (!Agree(list[i], own, box, steps)) {
        throw Rejected("the bundle and the core differ in when this one of the " + std::string(names) +
                       " applies: " + core.json[names][i]["name"].dump());
      }
    }
    if (term != end) throw Rejected("the bundle has terms out of order, or of nothing");
  };
  std::vector<Condition> routes, rules;
  for (const Route& route : core.routes) routes.push_back(route.when);
  for (const Rule& rule : core.rules) rules.push_back(rule.when);
  compare(core.refusals, counts[0], "refusals");
  compare(routes, counts[1], "routes");
  compare(rules, counts[2], "rules");
}

}  // namespace

auto CheckTable(const Core& core, const Json& pack, const std::string& bytes) -> std::uint64_t {
  const Bundle bundle(bytes);
  if (!bytes.starts_with("\x89RTB\r\n\x1a\n") || bundle.U32(8) != kVersion) {
    throw Rejected("the bundle is not a bundle of version 2, the only one that is understood");
  }
  std::uint64_t end = kHeader + 208;
  const std::size_t sizes[kCount] = {80, 16, 8, 8, 2, 16, 72, 24, 32, 24, 24, 32, 8, 32, 4, 8, 8, 1};
  for (int i = 0; i < kCount; ++i) {
    const auto section = static_cast<Section>(i);
    const std::uint64_t step = section == kRows ? 64 : 8, begin = (end + step - 1) / step * step;
    if (bundle.Begin(section) != begin) throw Rejected("the bundle's sections do not follow each other");
    end = begin + sizes[i] * bundle.Size(section);
  }
  if (end != bytes.size() || bundle.U64(16) != end) throw Rejected("the bundle has another size than it says");
  const Json header = bundle.Read("sssuuuuuuuu", kHeader);
  const bool all_proved =
      std::ranges::all_of(pack.at("obligations"), [](const Json& each) { return each.at("verdict") == "proved"; });
  Same("header", Json({header[0], header[1], header[2], header[4], header[5]}),
       Json({core.json.at("policy"), core.json.at("version"), pack.at("tools").at("routec"), core.attempts,
             core.deadline}));
  if (header[3] != 0U && (header[3] != 1U || !all_proved))
    throw Rejected("the bundle says `verified`, and not everything is proved");
  const auto words = header[9].get<std::uint64_t>();
  CheckAttributes(core, bundle);
  CheckCatalogue(core, pack, bundle);
  CheckChains(core, pack, bundle);
  CheckMasks(core, pack, bundle, header[10].get<std::uint64_t>());
  CheckRows(core, bundle,
            {header[6].get<std::uint64_t>(), header[7].get<std::uint64_t>(), header[8].get<std::uint64_t>()}, words);
  return 64 * bundle.Size(kRows);
}

}  // namespace audit
