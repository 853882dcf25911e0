#pragma once

#include <cstddef>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "compiler/prove/outcomes.h"

/// Dividing all requests into boxes, as a tree of cases does.
namespace route::prove {

/// Which of the possible classes of a dimension are asked for: some and not all of them.
struct Question {
  std::uint32_t dimension = 0;
  std::vector<bool> classes;
};

/// The first question of an unknown formula that is not answered in the box.
auto FirstOpen(const Formula& formula, const Box& box) -> Question;

/// A tree whose leaves are the boxes of which `ask` has no question. Nothing if it would have more than `most` leaves, or
/// would be too deep.
auto Divide(const Model& model, std::size_t most, const std::function<std::optional<Question>(const Box&)>& ask)
    -> std::optional<nlohmann::json>;

/// Which dates and days of the week go together.
class Calendars {
 public:
  explicit Calendars(const Model& model);

  /// Whether there is a date with its weekday in the box, for each clock that fills in both.
  auto IsPossible(const Box& box) const -> bool;

  /// A question about a weekday, or a date, of which the box has several. Nothing if there is none left.
  auto Divide(const Box& box) const -> std::optional<Question>;

 private:
  const Model& model_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> pairs_;  // dimensions of a date and of its weekday
};

}  // namespace route::prove
