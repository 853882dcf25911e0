#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "compiler/diff/delta.h"
#include "compiler/diff/explorer.h"

/// For every request, how its decision differs between the first and the last side of a program.
namespace route::diff {

/// Of three sides the one in between has the new catalogue and the old rules, so that each step has one cause.
enum class Cause : std::uint8_t { kUnknown, kCatalogue, kRules, kBoth };

/// What one part of the requests has in common.
struct Difference {
  Delta delta;
  Cause cause = Cause::kUnknown;
  std::vector<std::uint32_t> explained_by;  ///< of `Program::further`, those that hold and speak of this
  friend auto operator==(const Difference&, const Difference&) -> bool = default;
};

/// Does the condition at this place of `Program::further` speak of such a difference?
using SpeaksOf = std::function<bool(std::uint32_t, const Delta&)>;

class Comparison : public Question {
 public:
  static constexpr std::uint32_t kSame = 0;
  static constexpr std::uint32_t kImpossible = 1;
  static constexpr std::uint32_t kFirstDifference = 2;

  Comparison(const Program& program, SpeaksOf speaks_of);

  /// Answers are kSame, kImpossible, or kFirstDifference plus an index into `differences()`.
  auto Look(const Part& part) -> View override;

  auto differences() const -> const std::vector<Difference>& { return differences_; }

 private:
  struct Situation;
  struct Pair;

  auto SituationOf(const Program::Side& side, const Part& part) const -> Situation;
  auto Relate(const Situation& before, const Situation& after) const -> Pair;
  void Follow(const Chain& chain, const Situation& before, const Situation& after, Pair& pair) const;
  auto Decide(const Situation& situation) const -> Decided;
  auto Explain(const Part& part, const Delta& delta, Cause cause) -> View;

  const Program& program_;
  SpeaksOf speaks_of_;
  std::vector<Difference> differences_;
  std::map<std::vector<std::uint64_t>, std::uint32_t> known_;  // index into differences_
};

/// In which order to ask about the dimensions: first those that a difference depends on, then those that decide routes,
/// then those that most terms mention. Any order is right; this one keeps diagrams small.
auto OrderOfDimensions(const Program& program, const std::vector<JointDimension>& dimensions)
    -> std::vector<std::uint32_t>;

/// Does a policy give a request to somebody, or do two of them differ in that?
class Presence : public Question {
 public:
  static constexpr std::uint32_t kNo = 0;  ///< by one side: it does not; by two: both do or neither does
  static constexpr std::uint32_t kImpossible = 1;
  static constexpr std::uint32_t kReached = 2;  ///< by one side: it does; by two: by the second only
  static constexpr std::uint32_t kLost = 3;     ///< by the first only

  /// One or two sides of the program, by index.
  Presence(const Program& program, std::vector<std::size_t> sides) : program_(program), sides_(std::move(sides)) {}

  auto Look(const Part& part) -> View override;

 protected:
  /// Whether a side does, as far as that is settled, and all that it depends on otherwise.
  struct Residual {
    std::optional<bool> reached;
    View depends;
  };
  virtual auto ResidualOf(const Program::Side& side, const Part& part) const -> Residual = 0;
  auto program() const -> const Program& { return program_; }

 private:
  const Program& program_;
  std::vector<std::size_t> sides_;
};

/// Does a policy reach one deployment? What is asked depends on the rules that exclude this deployment alone, so it can be
/// answered where whole decisions have too many parts.
class Reach : public Presence {
 public:
  Reach(const Program& program, std::vector<std::size_t> sides, std::uint32_t deployment)
      : Presence(program, std::move(sides)), deployment_(deployment) {}

 private:
  auto ResidualOf(const Program::Side& side, const Part& part) const -> Residual override;
  auto RelevantIn(const std::vector<Program::Guarded>& routes) const -> DeploymentSet;

  std::uint32_t deployment_;
};

/// Does a policy show the prompt to one service?
class Shown : public Presence {
 public:
  Shown(const Program& program, std::vector<std::size_t> sides, std::string service)
      : Presence(program, std::move(sides)), service_(std::move(service)) {}

 private:
  auto ResidualOf(const Program::Side& side, const Part& part) const -> Residual override;

  std::string service_;
};

}  // namespace route::diff
