#include <algorithm>
#include <array>

#include "audit/pack.h"
#include "audit/proof.h"

namespace audit {
namespace {

constexpr std::uint64_t kWordBits = 64, kLineWords = 8, kLineBits = kLineWords * kWordBits;

constexpr std::uint64_t kMostEntries = 1'000'000;

auto RoundUp(std::uint64_t number, std::uint64_t step) -> std::uint64_t { return (number + step - 1) / step * step; }

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

/// A word of a cell of `masks` or `cells`.
auto Word(const Json& cells, std::uint64_t cell, std::uint64_t word) -> std::uint64_t {
  return Unsigned(Text(cells), (kLineWords * cell + word) * sizeof word, sizeof word);
}

/// Throws unless the rule's mask is of the deployments that it takes out.
void CheckMask(const Json& masks, const Bits& keeps, std::uint64_t mask) {
  const std::uint64_t words = RoundUp(keeps.size(), kLineBits) / kWordBits;
  for (std::uint64_t bit = 0; bit < words * kWordBits; ++bit) {
    const std::uint64_t at = mask * words + bit / kWordBits, word = Word(masks, at / kLineWords, at % kLineWords);
    const bool is_out = bit < keeps.size() && !keeps[bit];
    Need((word >> (bit % kWordBits) & 1U) == (is_out ? 1 : 0), "the bundle and the core differ in what a rule takes out", mask);
  }
}

/// Every record of what has a name.
void CheckRecords(const Core& core, const Json& pack, const Json& bundle) {
  Json expected = core.json;
  expected.update(core.json.at("limits"));
  expected.update({{"tool", pack.at("tools").at("routec")}, {"files", pack.at("files")}});
  for (const char* list : {"rules", "refusals", "routes", "guarantees"}) {
    for (std::size_t i = 0; i < expected[list].size(); ++i) expected[list][i]["place"] = pack.at("places").at(list).at(i);
  }
  const Json& header = bundle["header"];
  for (std::size_t i = 0; i < core.obligations.size(); ++i) {
    const Json& verdict = pack.at("obligations").at(i).at("verdict");
    Need(header.at("verified") == false || verdict == "proved", "the bundle says `verified`, and not everything is proved");
    if (i > 0) expected["guarantees"][i - 1]["verdict"] = verdict;
  }
  Need(header.at("mask_cells") == RoundUp(expected["deployments"].size(), kLineBits) / kLineBits, "masks are of another size");
  for (std::size_t i = 0; i < core.keeps.size(); ++i) {
    expected["rules"][i]["mask"] = bundle["rules"].at(i)["mask"];
    CheckMask(bundle["masks"], core.keeps[i], Natural(expected["rules"][i]["mask"]));
  }
  for (const char* name : {"policy", "version", "tool", "attempts", "deadline_ms", "answer_tokens", "cost_hundredth_cents"}) {
    NeedSame(header.at(name), expected.at(name), name);
  }
  for (const char* list : {"attributes", "dimensions", "deployments", "services", "files", "rules", "refusals", "routes", "guarantees"}) {
    NeedSame(bundle[list], expected.at(list), list);
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
    bit_ = RoundUp(bit_, list == "levels" || list == "refusals" ? kLineBits : kWordBits);
    std::uint64_t last = first;
    for (std::uint64_t left = Natural(terms); left > 0; --left, ++bit_) {
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
    CloseLine();
    const bool all = owner_ == bundle_["owners"].size() && line_ == bundle_["lines"].size() && definitions == definitions_.size();
    Need(all, "the bundle has more of a table than its terms");
  }

 private:
  struct Column {
    std::uint64_t dimension;
    std::vector<std::uint64_t> cells;  // of each class
  };

  /// A definition is another dimension, with two classes.
  auto TermAtBit() -> Json {
    if (bit_ / kLineBits == line_) OpenLine();
    const std::uint64_t word = bit_ % kLineBits / kWordBits, mask = std::uint64_t{1} << (bit_ % kWordBits);
    known_.at(word) |= mask;
    Json parts = Json::array();
    for (const auto& [dimension, cells] : columns_) {
      Json classes = Json::array();
      for (std::size_t c = 0; c < cells.size(); ++c) {
        if ((Word(bundle_["cells"], cells[c], word) & mask) != 0) classes.push_back({c, c + 1});
      }
      if (classes.size() == cells.size()) continue;
      const bool named = dimension >= core_.everything.size();
      Need(!named || classes == Json({{1, 2}}), "the bundle has a term that asks a definition for something else");
      parts.push_back(named ? definitions_.at(dimension - core_.everything.size()) : Json{{"dimension", dimension}, {"classes", classes}});
    }
    return {{"all", std::move(parts)}};
  }

  void OpenLine() {
    CloseLine();
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

  void CloseLine() {
    for (const Column& column : columns_) {
      for (std::size_t i = 0; i < column.cells.size() * kLineWords; ++i) {
        const std::uint64_t stray = Word(bundle_["cells"], column.cells[i / kLineWords], i % kLineWords) & ~known_.at(i % kLineWords);
        Need(stray == 0, "the bundle has a bit that stands for no term");
      }
    }
    columns_.clear();
    known_ = {};
  }

  const Core& core_;
  const Json& bundle_;
  std::uint64_t bit_ = 0, owner_ = 0, line_ = 0;      // the next of each
  std::vector<Column> columns_;                       // of the line that is read
  std::array<std::uint64_t, kLineWords> known_ = {};  // its bits that are terms
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
  const Json bundle = ReadBundle(bytes), &header = bundle["header"];
  CheckRecords(core, pack, bundle);
  TermReader reader(core, bundle);
  for (const Json& level : bundle["levels"]) reader.Read("levels", level["terms"], Natural(level["definitions"]));
  Box box = core.everything;
  for (const char* list : {"refusals", "routes", "rules"}) {
    const Json& wanted = core.json[list];
    const std::vector<Json> found = reader.Read(list, header[list], wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      Need(Agree(found[i], wanted[i]["when"], box), "the bundle and the core differ in when this applies", wanted[i]["name"]);
    }
  }
  for (const Json& more : bundle["service_header"]) reader.Read("screens", more["screen_terms"], bundle["screens"].size());
  reader.Finish(header["definitions"]);
}

}  // namespace audit
