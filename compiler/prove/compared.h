#pragma once

#include <optional>

#include "compiler/prove/divide.h"

namespace route::prove {

/// What stands in the way of a promise that compares each request with the same request but for one attribute.
class Comparison {
 public:
  /// The obligation's promise is one that compares.
  Comparison(const Model& model, const Obligation& obligation);

  /// A question that divides the box; nothing if the promise is kept by every request of it. Throws InternalError if one
  /// breaks it.
  auto Ask(const Box& box) const -> std::optional<Question>;

 private:
  /// One of the two requests: the box with one value of the attribute, and what is known of it.
  struct Side {
    Box box;
    Outcomes outcomes;
  };

  auto SideOf(const Box& box, const ir::Value& value) const -> Side;
  auto AsksAboutIt(const Formula& formula) const -> bool;
  auto Keeps(const Side& with, const Side& than) const -> bool;

  /// Of a promise about what is allowed: nothing if it is kept.
  auto AskAboutAllowed(const Side& with, const Side& than) const -> std::optional<Question>;

  /// What is open of the plan of one side; nothing if it is known.
  auto AskAboutPlan(const Side& side) const -> std::optional<Question>;

  const Model& model_;
  const Obligation& obligation_;
  const ir::Compared& promise_;
  std::uint32_t first_, end_;  // the attribute's dimensions
};

}  // namespace route::prove
