#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "compiler/base/source.h"
#include "compiler/ir/policy.h"

/// A second opinion on every bundle before anybody enforces it.
///
/// `routec build` reads the file that it has written back and compares it with the policy core here: every byte of it has to be
/// accounted for. This code was written from `docs/table-format.md` and `compiler/ir/policy.h` alone; it includes neither the
/// compiler's writer nor the gateway's loader, so that a mistake in one of these is not made twice.
namespace route::recheck {

/// What a bundle states beyond the policy itself.
struct Statement {
  std::string tool_version;
  const SourceSet* sources = nullptr;   ///< the files whose hashes it holds; none if it names no files
  std::uint32_t flags = 0;              ///< 1: verified
  std::vector<std::uint32_t> verdicts;  ///< by guarantee: 0 proved, 1 violated, 2 unknown
};

struct Mismatch {
  enum class Kind : std::uint8_t {
    kDiffers,     ///< the bundle does not say what the policy does
    kTooComplex,  ///< a condition could not be compared within the limit on memory
  };
  Kind kind = Kind::kDiffers;
  std::string message;  ///< where, and what was expected: a sentence without a full stop
};

/// Nothing if `bundle` is this policy, to the bit.
///
/// Names, places, prices, chains and masks are compared as they are. For each refusal, route and rule the terms that the bundle
/// holds are put together again and their union is compared with the policy's condition by decision diagrams, which is exact:
/// it is the same condition for all requests or a mismatch. One pass over the file; a condition in which every attribute is asked for
/// once takes time in proportion to its length (times its logarithm).
auto Compare(std::span<const std::byte> bundle, const ir::Policy& policy, const Statement& statement)
    -> std::optional<Mismatch>;

/// The bundles in a file, which holds one or several: in its order, and with nothing before, between and behind them.
auto Split(std::span<const std::byte> file) -> std::expected<std::vector<std::span<const std::byte>>, Mismatch>;

}  // namespace route::recheck
