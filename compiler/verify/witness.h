#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/ir/evaluate.h"
#include "compiler/verify/encode.h"

namespace route::verify {

/// Whether some request satisfies the solver's assertions and, if so, the classes of the smallest: least in the first
/// dimension, among those least in the second, and so on.
///
/// If the solver gives up while a smaller request is looked for, any that it knows stands. About six queries for each
/// dimension that is not in its first class.
struct Smallest {
  smt::Answer answer = smt::Answer::kUnknown;
  std::vector<std::uint16_t> classes;  ///< when kYes
  bool is_smallest = false;            ///< the solver did not give up on the way
};
auto FindSmallest(Encoder& encoder) -> Smallest;

/// Whichever request comes first, in one query.
auto FindAny(Encoder& encoder) -> Smallest;

/// A witness made concrete, and what the evaluator says about it.
struct Replay {
  ir::Request request;
  ir::Decision decision;
};
auto ReplayWitness(const Encoder& encoder, const std::vector<std::uint16_t>& classes) -> Replay;

/// Ends the run: the evaluator does not confirm what the solver found about the question.
[[noreturn]] void ThrowUnconfirmed(const std::string& question);

}  // namespace route::verify
