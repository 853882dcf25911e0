#include "compiler/verify/witness.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "compiler/verify/verify.h"

namespace route::verify {

namespace {

/// Fixes one dimension after another. Most end in their first class, so it asks for as many of those at a time as can
/// be.
class Minimizer {
 public:
  explicit Minimizer(Encoder& encoder) : encoder_(encoder), size_(encoder.classes().dimensions().size()) {}

  /// Nothing if the solver gave up. The assertions must be satisfiable.
  auto Run() -> std::optional<std::vector<std::uint16_t>> {
    while (classes_.size() < size_ && !gave_up_) {
      const std::size_t end = EndOfFirstClasses();
      while (classes_.size() < end) Fix(0);
      if (end < size_) Fix(SmallestClass());
    }
    return gave_up_ ? std::nullopt : std::optional(classes_);
  }

 private:
  /// The largest `end` such that all dimensions from the one that is next up to it can be in their first class.
  auto EndOfFirstClasses() -> std::size_t {
    std::size_t possible = classes_.size();
    std::size_t impossible = size_ + 1;  // of which it is not known before it is tried
    while (possible + 1 < impossible && !gave_up_) {
      const std::size_t end = impossible > size_ ? size_ : possible + (impossible - possible) / 2;
      std::vector<smt::Term> assumptions = fixed_;
      std::vector<std::size_t> dimension_of(fixed_.size(), 0);
      for (std::size_t i = classes_.size(); i < end; ++i) {
        for (const smt::Term literal : encoder_.IsClass(Id(i), 0)) {
          assumptions.push_back(literal);
          dimension_of.push_back(i);
        }
      }
      if (CanBe(assumptions)) {
        possible = end;
      } else {
        impossible = end;
        if (!encoder_.solver().Core().empty()) {
          impossible = std::min(end, dimension_of.at(encoder_.solver().Core().back()) + 1);
        }
      }
    }
    return possible;
  }

  /// Of the next dimension, which cannot be in its first class.
  auto SmallestClass() -> std::uint16_t {
    const std::size_t dimension = classes_.size();
    std::uint32_t low = 1;
    std::uint32_t high = encoder_.classes().dimensions()[dimension].classes - 1;
    while (low < high && !gave_up_) {
      const std::uint32_t middle = low + (high - low) / 2;
      std::vector<smt::Term> assumptions = fixed_;
      for (const smt::Term literal : encoder_.IsBefore(Id(dimension), middle + 1)) assumptions.push_back(literal);
      if (CanBe(assumptions)) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return static_cast<std::uint16_t>(low);
  }

  void Fix(std::uint16_t value_class) {
    for (const smt::Term literal : encoder_.IsClass(Id(classes_.size()), value_class)) fixed_.push_back(literal);
    classes_.push_back(value_class);
  }

  auto CanBe(const std::vector<smt::Term>& assumptions) -> bool {
    const smt::Answer answer = encoder_.solver().Check(assumptions);
    if (answer == smt::Answer::kUnknown) gave_up_ = true;
    return answer == smt::Answer::kYes;
  }

  static auto Id(std::size_t dimension) -> ir::DimensionId { return {static_cast<std::uint32_t>(dimension)}; }

  Encoder& encoder_;
  std::size_t size_;
  std::vector<std::uint16_t> classes_;  // of the dimensions that are fixed
  std::vector<smt::Term> fixed_;        // the same as literals
  bool gave_up_ = false;
};

}  // namespace

namespace {

auto FindAnyAnew(Encoder& encoder) -> Smallest {
  const smt::Answer answer = encoder.solver().Check({});
  if (answer != smt::Answer::kYes) return {answer, {}, answer == smt::Answer::kNo};
  return {answer, encoder.ModelClasses(), false};
}

auto FindSmallestAnew(Encoder& encoder) -> Smallest {
  const smt::Answer answer = encoder.solver().Check({});
  if (answer != smt::Answer::kYes) return {answer, {}, answer == smt::Answer::kNo};
  if (auto smallest = Minimizer(encoder).Run()) return {answer, std::move(*smallest), true};
  // Some question on the way was too hard; whether there is a request at all was not.
  const Smallest any = FindAnyAnew(encoder);
  return any.answer == smt::Answer::kYes ? any : Smallest{};
}

/// The answer of a cache as far as it can be one: its classes are looked up in tables.
auto IsPossible(const Encoder& encoder, const CachedAnswer& answer) -> bool {
  const std::vector<ir::Dimension>& dimensions = encoder.classes().dimensions();
  if (!answer.exists) return answer.classes.empty();
  if (answer.classes.size() != dimensions.size()) return false;
  for (std::size_t i = 0; i < dimensions.size(); ++i) {
    if (answer.classes[i] >= dimensions[i].classes) return false;
  }
  return true;
}

using Wanted = Encoder::Wanted;

auto FindAnew(Encoder& encoder, Wanted wanted) -> Smallest {
  return wanted == Wanted::kSmallest ? FindSmallestAnew(encoder) : FindAnyAnew(encoder);
}

auto FindOrRemember(Encoder& encoder, Wanted wanted) -> Smallest {
  VerdictCache* cache = encoder.cache();
  if (cache == nullptr) return FindAnew(encoder, wanted);
  const QuestionKey key = encoder.KeyOfClasses(wanted);
  if (const CachedAnswer* known = cache->Find(key); known != nullptr && IsPossible(encoder, *known)) {
    return {known->exists ? smt::Answer::kYes : smt::Answer::kNo, known->classes};
  }
  Smallest found = FindAnew(encoder, wanted);
  // One that could not be made smaller within the limit is not kept either: it need not be the smallest.
  const bool is_kept = wanted == Wanted::kSmallest ? found.is_smallest : found.answer != smt::Answer::kUnknown;
  if (is_kept) cache->Add(key, {.exists = found.answer == smt::Answer::kYes, .classes = found.classes});
  return found;
}

auto Find(Encoder& encoder, Wanted wanted) -> Smallest {
  Smallest found = FindOrRemember(encoder, wanted);
  encoder.Record({}, found.answer);
  return found;
}

}  // namespace

auto FindSmallest(Encoder& encoder) -> Smallest { return Find(encoder, Wanted::kSmallest); }

auto FindAny(Encoder& encoder) -> Smallest { return Find(encoder, Wanted::kAny); }

auto ReplayWitness(const Encoder& encoder, const std::vector<std::uint16_t>& classes) -> Replay {
  ir::Request request = encoder.classes().Representative(classes);
  ir::Decision decision = ir::Evaluate(encoder.policy(), request);
  return {std::move(request), std::move(decision)};
}

void ThrowUnconfirmed(const std::string& question) {
  throw InternalError("the evaluator does not confirm the solver's answer to: " + question);
}

}  // namespace route::verify
