#include "compiler/prove/divide.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "compiler/ir/clock.h"

namespace route::prove {
namespace {

constexpr std::size_t kDeepest = 500;

class Tree {
 public:
  Tree(const Model& model, std::size_t most, const std::function<std::optional<Question>(const Box&)>& ask)
      : box_(Everything(model)), most_(most), ask_(ask) {}

  auto Grow(std::size_t depth) -> std::optional<nlohmann::json> {
    const auto question = ask_(box_);
    if (!question) {
      if (++leaves_ > most_) return std::nullopt;
      return true;
    }
    if (depth == kDeepest) return std::nullopt;
    nlohmann::json classes = nlohmann::json::array();
    std::vector<bool>& possible = box_[question->dimension];
    const std::vector<bool> saved = possible;
    for (std::size_t c = 0; c < saved.size(); ++c) {
      if (saved[c] && question->classes[c]) classes.push_back(c);
    }
    nlohmann::json node = {question->dimension, classes};
    for (const bool inside : {true, false}) {
      for (std::size_t c = 0; c < saved.size(); ++c) possible[c] = saved[c] && question->classes[c] == inside;
      auto branch = Grow(depth + 1);
      if (!branch) return branch;
      node.push_back(std::move(*branch));
    }
    possible = saved;
    return node;
  }

 private:
  Box box_;
  std::size_t most_;
  std::size_t leaves_ = 0;
  const std::function<std::optional<Question>(const Box&)>& ask_;
};

}  // namespace

auto FirstOpen(const Formula& formula, const Box& box) -> Question {
  if (formula.op == Formula::Op::kIn) return {formula.dimension, formula.classes};
  const auto is_open = [&](const Formula& part) { return Evaluate(part, box) == Truth::kUnknown; };
  return FirstOpen(*std::ranges::find_if(formula.parts, is_open), box);
}

auto Divide(const Model& model, std::size_t most, const std::function<std::optional<Question>(const Box&)>& ask)
    -> std::optional<nlohmann::json> {
  return Tree(model, most, ask).Grow(0);
}

Calendars::Calendars(const Model& model) : model_(model) {
  for (const ir::ClockPair& pair : ir::ClockPairs(*model.policy)) {
    pairs_.emplace_back(model.classes.FirstDimension(pair.date).index, model.classes.FirstDimension(pair.weekday).index);
  }
}

auto Calendars::IsPossible(const Box& box) const -> bool {
  return std::ranges::all_of(pairs_, [&](const auto& pair) {
    const auto& [date, weekday] = pair;
    for (std::uint32_t c = 0; c < box[date].size(); ++c) {
      const ir::DayRange days = ir::DaysOf(model_.classes.dimensions()[date], c);
      for (std::uint32_t w = 0; box[date][c] && w < box[weekday].size(); ++w) {
        if (box[weekday][w] && ir::FirstOn(w, days)) return true;
      }
    }
    return false;
  });
}

auto Calendars::Divide(const Box& box) const -> std::optional<Question> {
  for (const auto& [date, weekday] : pairs_) {
    for (const std::uint32_t dimension : {weekday, date}) {
      if (std::ranges::count(box[dimension], true) < 2) continue;
      Question one{dimension, std::vector<bool>(box[dimension].size())};
      one.classes[static_cast<std::size_t>(std::ranges::find(box[dimension], true) - box[dimension].begin())] = true;
      return one;
    }
  }
  return std::nullopt;
}

}  // namespace route::prove
