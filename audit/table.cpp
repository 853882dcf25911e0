#include <algorithm>

#include "audit/proof.h"

namespace audit {
namespace {

constexpr std::uint64_t kWordBits = 64, kLineBits = 512, kMostEntries = 1'000'000;

/// Throws unless the core has all that the bundle has.
void NeedSame(const Json& bundle, const Json& core, const std::string& where) {
  const bool is_list = bundle.is_array() && core.is_array() && bundle.size() == core.size();
  if (bundle.is_object()) {
    for (const auto& [name, value] : bundle.items()) NeedSame(value, core.at(name), where + " " + name);
  } else if (is_list) {
    for (std::size_t i = 0; i < bundle.size(); ++i) NeedSame(bundle[i], core[i], where + " " + std::to_string(i));
  } else {
    Need(bundle == core, "the bundle and the core differ", {{"in", where}, {"bundle", bundle}, {"core", core}});
  }
}

/// A bit of a cell of `masks` or `cells`, or of those that follow it.
auto BitOf(const Json& cells, std::uint64_t cell, std::uint64_t bit) -> bool {
  return (Unsigned(Text(cells), cell * kLineBits / 8 + bit / 8, 1) >> bit % 8 & 1U) != 0;
}

/// Every record of what has a name, and the rules' masks.
void CheckRecords(const Core& core, const Json& pack, const Json& bundle) {
  Json expected = core.json;
  expected.update(core.json.at("limits"));
  expected.update({{"tool", pack.at("tools").at("routec")}, {"files", pack.at("files")}});
  for (const char* list : {"rules", "refusals", "routes", "guarantees"}) {
    for (std::size_t i = 0; i < expected[list].size(); ++i) expected[list][i]["place"] = pack.at("places").at(list).at(i);
  }
  for (std::size_t i = 0; i < core.obligations.size(); ++i) {
    const Json& verdict = pack.at("obligations").at(i).at("verdict");
    Need(bundle.at("verified") == false || verdict == "proved", "the bundle says `verified`, and not everything is proved");
    if (i > 0) expected["guarantees"][i - 1]["verdict"] = verdict;
  }
  const std::uint64_t deployments = expected["deployments"].size(), cells = (deployments + kLineBits - 1) / kLineBits;
  expected["mask_cells"] = cells;
  for (std::size_t i = 0; i < expected["rules"].size(); ++i) {
    const std::uint64_t mask = Natural(expected["rules"][i]["mask"] = bundle["rules"].at(i)["mask"]);
    for (std::uint64_t bit = 0; bit < cells * kLineBits; ++bit) {
      const bool is_out = bit < deployments && !core.keeps[i][bit];
      Need(BitOf(bundle["masks"], mask * cells, bit) == is_out, "the bundle and the core differ in what a rule takes out", mask);
    }
  }
  for (const char* name : {"policy", "version", "tool", "attempts", "deadline_ms", "answer_tokens", "cost_hundredth_cents",
                           "mask_cells", "attributes", "dimensions", "deployments", "services", "files", "rules", "refusals",
                           "routes", "guarantees", "screens"}) {
    NeedSame(bundle.at(name), expected.at(name), name);
  }
}

/// Reads terms in their order, line by line, as conditions.
class TermReader {
 public:
  TermReader(const Core& core, const Json& bundle) : core_(core), bundle_(bundle) {}

  /// Reads the next terms, which are those of a list of as many entries. Returns when each entry applies.
  auto Read(const std::string& list, const Json& terms, std::uint64_t entries) -> std::vector<Json> {
    std::vector<Json> conditions(entries, {{"any", Json::array()}});
    Need(entries <= kMostEntries, "the bundle speaks of too many definitions", entries);
    const std::uint64_t first = list == "levels" ? definitions_.size() : 0;
    Align(list == "levels" || list == "refusals" ? kLineBits : kWordBits);
    for (std::uint64_t left = Natural(terms), last = first; left > 0; --left, ++bit_) {
      const std::uint64_t owner = Natural(bundle_["owners"].at(owner_++));
      Need(first <= owner && (last <= owner || list == "rules"), "the bundle has terms out of order");
      last = owner;
      conditions.at(owner - first)["any"].push_back(TermAtBit());
    }
    if (list == "levels") definitions_.insert(definitions_.end(), conditions.begin(), conditions.end());
    return conditions;
  }

  /// Throws unless those were all terms, of which there are so many definitions.
  void Finish(const Json& definitions) {
    Align(kLineBits);
    const bool all = owner_ == bundle_["owners"].size() && line_ == bundle_["lines"].size() && definitions == definitions_.size();
    Need(all, "the bundle has more of a table than its terms");
  }

 private:
  using Column = std::pair<std::uint64_t, std::vector<std::uint64_t>>;  // a dimension, and the cell of each of its classes

  /// A definition is another dimension, with two classes.
  auto TermAtBit() -> Json {
    if (bit_ / kLineBits == line_) OpenLine();
    Json parts = Json::array();
    for (const auto& [dimension, cells] : columns_) {
      Json classes = Json::array();
      for (std::size_t c = 0; c < cells.size(); ++c) {
        if (BitOf(bundle_["cells"], cells[c], bit_ % kLineBits)) classes.push_back({c, c + 1});
      }
      if (classes.size() == cells.size()) continue;
      const bool named = dimension >= core_.everything.size();
      Need(!named || classes == Json({{1, 2}}), "the bundle has a term that asks a definition for something else");
      parts.push_back(named ? definitions_.at(dimension - core_.everything.size()) : Json{{"dimension", dimension}, {"classes", classes}});
    }
    return {{"all", std::move(parts)}};
  }

  void OpenLine() {
    columns_.clear();
    const Json& line = bundle_["lines"].at(line_++);
    const std::uint64_t first = Natural(line["first"]), end = first + Natural(line["direct"]) + Natural(line["searched"]);
    for (std::uint64_t i = first; i < end; ++i) {
      const Json& column = bundle_["columns"].at(i);
      const std::uint64_t dimension = Natural(column["dimension"]), runs = Natural(column["runs"]);
      const std::uint64_t classes = dimension < core_.everything.size() ? core_.everything[dimension].size() : 2;
      std::vector<std::uint64_t> cells;
      for (std::uint64_t run = 0; run < runs; ++run) {
        const Json& record = bundle_["runs"].at(Natural(column["run"]) + run);
        Need(run == 0 ? record["first"] == 0 : record["first"] >= cells.size(), "the bundle's runs do not ascend");
        cells.resize(std::min(Natural(record["first"]), classes), cells.empty() ? 0 : cells.back());
        cells.push_back(Natural(column["cell"]) + Natural(record["cell"]));
      }
      for (std::uint64_t c = 0; runs == 0 && c < classes; ++c) cells.push_back(Natural(column["cell"]) + c);
      cells.resize(classes, cells.empty() ? 0 : cells.back());
      Spend(classes);
      columns_.push_back({dimension, std::move(cells)});
    }
  }

  /// Goes on to the next multiple, over bits that stand for no term.
  void Align(std::uint64_t bits) {
    for (; bit_ % bits != 0; ++bit_) {
      for (const auto& [dimension, cells] : columns_) {
        const auto is_set = [&](std::uint64_t cell) { return BitOf(bundle_["cells"], cell, bit_ % kLineBits); };
        Need(std::ranges::none_of(cells, is_set), "the bundle has a bit that stands for no term");
      }
    }
  }

  const Core& core_;
  const Json& bundle_;
  std::uint64_t bit_ = 0, owner_ = 0, line_ = 0;  // the next of each
  std::vector<Column> columns_;                   // of the line that is read
  std::vector<Json> definitions_;
};

/// The first question of an open condition that is open itself.
auto FirstOpen(const Json& condition, const Box& box) -> const Json& {
  if (condition.contains("dimension")) return condition;
  const Json& parts = condition.front();
  if (condition.contains("not")) return FirstOpen(parts, box);
  return FirstOpen(*std::find_if(parts.begin(), parts.end(), [&](const Json& part) { return Evaluate(part, box) == kUnknown; }), box);
}

/// Whether two conditions hold of the same requests of the box. Splits it until both are plain.
auto Agree(const Json& one, const Json& other, Box& box) -> bool {
  const Truth first = Evaluate(one, box), second = Evaluate(other, box);
  if (first != kUnknown && second != kUnknown) return first == second;
  const Json& open = FirstOpen(first == kUnknown ? one : other, box);
  Bits& possible = box[Natural(open["dimension"])];
  const Bits saved = possible, asked = ClassesIn(open, saved.size());
  bool agree = true;
  for (const bool inside : {true, false}) {
    for (std::size_t c = 0; c < saved.size(); ++c) possible[c] = saved[c] && asked[c] == inside;
    agree = agree && Agree(one, other, box);
  }
  possible = saved;
  return agree;
}

}  // namespace

void CheckTable(const Core& core, const Json& pack, const std::string& bytes) {
  const Json bundle = ReadBundle(bytes);
  CheckRecords(core, pack, bundle);
  TermReader reader(core, bundle);
  for (const Json& level : bundle["levels"]) reader.Read("levels", level["terms"], Natural(level["definitions"]));
  Box box = core.everything;
  for (const std::string list : {"refusals", "routes", "rules", "screens"}) {
    const Json& wanted = core.json[list];
    const std::vector<Json> found = reader.Read(list, bundle[list + "_terms"], wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      Need(Agree(found[i], wanted[i]["when"], box), "the bundle and the core differ in when this applies", wanted[i].value("name", list));
    }
  }
  reader.Finish(bundle["definitions"]);
}

}  // namespace audit
