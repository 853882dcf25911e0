#include "compiler/diff/explorer.h"

#include <algorithm>
#include <bit>
#include <unordered_map>
#include <utility>

namespace route::diff {
namespace {

using Words = std::vector<std::uint64_t>;

void SetBit(Words& words, std::size_t bit) {
  words[bit / 64] |= std::uint64_t{1} << (bit % 64);
}
void ClearBit(Words& words, std::size_t bit) {
  words[bit / 64] &= ~(std::uint64_t{1} << (bit % 64));
}

struct HashOfWords {
  auto operator()(const Words& words) const -> std::size_t {
    std::uint64_t hash = words.size();
    for (const std::uint64_t word : words) {
      hash = (hash ^ word) * 0x9E37'79B9'7F4A'7C15;
      hash ^= hash >> 32U;
    }
    return hash;
  }
};

template <typename Visit>
void ForEachBit(const Words& words, const Visit& visit) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    for (std::uint64_t word = words[i]; word != 0; word &= word - 1) {
      visit(i * 64 + static_cast<std::size_t>(std::countr_zero(word)));
    }
  }
}

auto LevelSizes(const std::vector<JointDimension>& dimensions, const std::vector<std::uint32_t>& order)
    -> std::vector<std::uint32_t> {
  std::vector<std::uint32_t> sizes;
  for (const std::uint32_t dimension : order) sizes.push_back(dimensions.at(dimension).classes);
  return sizes;
}

}  // namespace

/// One exploration: what it asks, what it may still spend, and the parts that it has met.
struct Explorer::Run {
  Question& question;
  Effort& effort;
  std::unordered_map<Words, NodeId, HashOfWords> seen;
};

// Bits: one for each term, "it can still hold and has constraints to come", then one for each condition, "it holds".
Explorer::Explorer(const Program& program, const std::vector<JointDimension>& dimensions,
                   std::vector<std::uint32_t> order)
    : order_(std::move(order)), diagram_(LevelSizes(dimensions, order_)), conditions_(program.conditions.size()) {
  std::vector<std::uint32_t> level_of(order_.size());
  for (std::uint32_t level = 0; level < order_.size(); ++level) level_of[order_[level]] = level;
  for (ConditionIndex c = 0; c < conditions_; ++c) {
    const auto first = static_cast<std::uint32_t>(owner_.size());
    owner_.resize(owner_.size() + program.conditions[c].size(), c);
    terms_.emplace_back(first, static_cast<std::uint32_t>(owner_.size()));
  }
  flags_ = owner_.size();
  start_.assign((flags_ + conditions_ + 63) / 64, 0);
  Words all(start_.size(), ~std::uint64_t{0});
  for (std::uint32_t level = 0; level < order_.size(); ++level) {
    rows_.emplace_back(diagram_.levels()[level], all);
    mentioned_.push_back(start_);
    settled_.push_back(start_);
  }
  for (ConditionIndex c = 0; c < conditions_; ++c) {
    for (std::size_t i = 0; i < program.conditions[c].size(); ++i) {
      const std::size_t bit = terms_[c].first + i;
      const lower::Term& term = program.conditions[c][i];
      if (term.empty()) {
        SetBit(start_, flags_ + c);
        continue;
      }
      SetBit(start_, bit);
      std::uint32_t last = 0;
      for (const lower::Constraint& constraint : term) {
        const std::uint32_t level = level_of.at(constraint.dimension);
        last = std::max(last, level);
        SetBit(mentioned_[level], bit);
        for (const std::uint16_t barred : constraint.classes.Complement().Members())
          ClearBit(rows_[level][barred], bit);
      }
      SetBit(settled_[last], bit);
    }
  }
}

// Terms without constraints to come have been found to hold; nothing else about their conditions matters.
void Explorer::Settle(std::uint32_t level, Words& live) const {
  for (std::size_t i = 0; i < live.size(); ++i) {
    while (const std::uint64_t word = live[i] & settled_[level][i]) {
      const ConditionIndex c = owner_[i * 64 + static_cast<std::size_t>(std::countr_zero(word))];
      SetBit(live, flags_ + c);
      for (std::uint32_t bit = terms_[c].first; bit < terms_[c].second; ++bit) ClearBit(live, bit);
    }
  }
}

auto Explorer::NextLevel(std::uint32_t level, const Words& live) const -> std::uint32_t {
  for (; level < order_.size(); ++level) {
    for (std::size_t i = 0; i < live.size(); ++i) {
      if ((live[i] & mentioned_[level][i]) != 0) return level;
    }
  }
  return level;
}

auto Explorer::Visit(Run& run, std::uint32_t level, Words live) -> std::optional<NodeId> {
  std::vector<Known> known(conditions_, Known::kFails);
  std::vector<ConditionIndex> alive;
  ForEachBit(live, [&](std::size_t bit) {
    const auto c = bit < flags_ ? owner_[bit] : static_cast<ConditionIndex>(bit - flags_);
    if (known[c] == Known::kFails) alive.push_back(c);
    known[c] = bit < flags_ ? Known::kOpen : Known::kHolds;
  });
  const std::uint64_t cost = 1 + alive.size() / 64;
  if (run.effort.looks < cost) return std::nullopt;
  run.effort.looks -= cost;
  std::ranges::sort(alive);
  Part part;
  part.known_ = &known;
  part.alive_ = &alive;
  Question::View view = run.question.Look(part);
  if (view.answer) return Leaf(*view.answer);

  Words kept(live.size(), 0);
  Words key = std::move(view.settled);
  for (const ConditionIndex c : view.open) {
    for (std::uint32_t bit = terms_[c].first; bit < terms_[c].second; ++bit)
      kept[bit / 64] |= live[bit / 64] & (std::uint64_t{1} << (bit % 64));
  }
  level = NextLevel(level, kept);
  key.push_back(level);
  key.insert(key.end(), kept.begin(), kept.end());
  if (const auto found = run.seen.find(key); found != run.seen.end()) return found->second;
  for (const ConditionIndex c : alive) {
    if (known[c] == Known::kHolds) SetBit(kept, flags_ + c);
  }
  const auto node = Split(run, level, kept);
  if (node) run.seen.emplace(std::move(key), *node);
  return node;
}

auto Explorer::Split(Run& run, std::uint32_t level, const Words& live) -> std::optional<NodeId> {
  const std::uint64_t cost = std::uint64_t{diagram_.levels().at(level)} * live.size();
  if (run.effort.words < cost) return std::nullopt;
  run.effort.words -= cost;
  // Classes that admit the same of what can still hold are one.
  std::unordered_map<Words, std::size_t, HashOfWords> groups;
  std::vector<std::pair<Words, std::vector<bool>>> parts;
  for (std::uint32_t number = 0; number < diagram_.levels()[level]; ++number) {
    Words there = live;
    for (std::size_t i = 0; i < there.size(); ++i) there[i] &= rows_[level][number][i];
    const auto [place, is_new] = groups.try_emplace(there, parts.size());
    if (is_new) parts.emplace_back(std::move(there), std::vector<bool>(diagram_.levels()[level], false));
    parts[place->second].second[number] = true;
  }
  std::vector<Edge> edges;
  for (auto& [there, classes] : parts) {
    Settle(level, there);
    const auto child = Visit(run, level + 1, std::move(there));
    if (!child) return std::nullopt;
    edges.push_back({*child, lower::ClassSet(classes)});
  }
  return diagram_.Node(level, std::move(edges));
}

auto Explorer::Explore(Question& question, Effort& effort) -> std::optional<NodeId> {
  Run run{question, effort, {}};
  return Visit(run, 0, start_);
}

}  // namespace route::diff
