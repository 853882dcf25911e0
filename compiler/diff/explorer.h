#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "compiler/diff/diagram.h"
#include "compiler/diff/program.h"

/// From questions about requests to diagrams of their answers.
///
/// The explorer splits the requests level by level, keeping for each part the terms that can still hold there. A
/// question looks at a part and says its answer, or which conditions the answer still depends on. What it does not
/// depend on is forgotten, so that parts which differ only in that are one: the diagram grows with what makes a
/// difference and not with the policy.
namespace route::diff {

/// What is known of a condition for a part of the requests.
enum class Known : std::uint8_t { kFails, kOpen, kHolds };

class Part {
 public:
  auto Of(ConditionIndex condition) const -> Known { return known_->at(condition); }
  /// The conditions that do not fail, ascending.
  auto Alive() const -> const std::vector<ConditionIndex>& { return *alive_; }

 private:
  friend class Explorer;
  const std::vector<Known>* known_ = nullptr;
  const std::vector<ConditionIndex>* alive_ = nullptr;
};

class Question {
 public:
  Question() = default;
  virtual ~Question() = default;
  Question(const Question&) = delete;
  auto operator=(const Question&) -> Question& = delete;

  struct View {
    std::optional<std::uint32_t> answer;  ///< the same for every request of the part
    std::vector<ConditionIndex> open;     ///< otherwise: the open conditions that it depends on
    std::vector<std::uint64_t> settled;   ///< and all that it depends on besides, in any form
  };
  virtual auto Look(const Part& part) -> View = 0;
};

/// How much work may go into one diagram. Steps, not time, so that the same input always gives the same output.
struct Effort {
  std::uint64_t looks = 100'000;     ///< a look at a part counts once more for each 64 conditions that can still hold
  std::uint64_t words = 40'000'000;  ///< of 64 terms, combined with what a class admits
};

class Explorer {
 public:
  /// `order`: the dimension of each level.
  Explorer(const Program& program, const std::vector<JointDimension>& dimensions, std::vector<std::uint32_t> order);

  auto order() const -> const std::vector<std::uint32_t>& { return order_; }
  auto diagram() const -> const Diagram& { return diagram_; }

  /// The diagram of the answers, or nothing if that takes more than `effort`, from which what it took is subtracted.
  auto Explore(Question& question, Effort& effort) -> std::optional<NodeId>;

 private:
  using Words = std::vector<std::uint64_t>;
  struct Run;

  auto Visit(Run& run, std::uint32_t level, Words live) -> std::optional<NodeId>;
  auto Split(Run& run, std::uint32_t level, const Words& live) -> std::optional<NodeId>;
  void Settle(std::uint32_t level, Words& live) const;
  auto NextLevel(std::uint32_t level, const Words& live) const -> std::uint32_t;

  std::vector<std::uint32_t> order_;
  Diagram diagram_;
  std::size_t conditions_ = 0;
  std::vector<ConditionIndex> owner_;     // of each term
  std::vector<std::vector<Words>> rows_;  // [level][class]: the terms that it admits, and all flags
  std::vector<Words> mentioned_;          // [level]: the terms that constrain it
  std::vector<Words> settled_;            // [level]: the terms whose last constraint it is
  std::vector<std::pair<std::uint32_t, std::uint32_t>> terms_;  // of each condition: first bit, end
  std::size_t flags_ = 0;                                       // bit of "condition 0 holds"
  Words start_;
};

}  // namespace route::diff
