#pragma once

#include <cstdint>
#include <vector>

#include "generated/RouteLexer.h"

namespace route::syntax {

/// Counts the parentheses and `not`s that stand around a word, for the parser goes a level deeper with each.
class Nesting {
 public:
  /// How many there are once this token, which is no comment, is read.
  auto Enter(std::size_t type) -> std::uint32_t {
    if (type == grammar::RouteLexer::LEFT_PAREN) {
      open_.push_back(negations_ + 1);
      depth_ += negations_ + 1;
    } else if (type == grammar::RouteLexer::RIGHT_PAREN && !open_.empty()) {
      depth_ -= open_.back();
      open_.pop_back();
    }
    negations_ = type == grammar::RouteLexer::NOT ? negations_ + 1 : 0;
    return depth_ + negations_;
  }

 private:
  std::vector<std::uint32_t> open_;  ///< for each open parenthesis: itself and the `not`s right before it
  std::uint32_t depth_ = 0;
  std::uint32_t negations_ = 0;
};

}  // namespace route::syntax
