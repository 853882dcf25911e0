#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "compiler/diff/joint_space.h"
#include "compiler/diff/program.h"
#include "compiler/verify/verify.h"

namespace route::diff {

/// Does a request reach less than before, does one reach more? By the solver, for policies whose differences have more
/// parts than can be listed. Whether anything else differs is not asked.
struct Solved {
  enum class Answer : std::uint8_t { kNo, kYes, kUnknown };
  struct Direction {
    Answer answer = Answer::kUnknown;
    std::optional<std::vector<std::uint16_t>>
        witness;  ///< of kYes: the smallest, by dimension; or as small as it had become
  };
  Direction loses;
  Direction gains;
};
auto Solve(const JointSpace& space, const Program& program, const verify::Limits& limits) -> Solved;

}  // namespace route::diff
