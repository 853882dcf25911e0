#include "runtime/decide/decide.h"

#include <algorithm>
#include <array>
#include <bit>

#include "runtime/decide/kernel.h"
#include "runtime/decide/walk.h"
#include "runtime/table/impl.h"

namespace route {
namespace {

const Kernel& kKernel = BestKernel();

/// Eight classes side by side.
typedef std::uint16_t Eight __attribute__((vector_size(16), aligned(2), may_alias));
typedef std::uint64_t Two __attribute__((vector_size(16)));

/// Is none of `count` classes above its limit?
auto AllWithin(const std::uint16_t* given, const std::uint16_t* limits, std::size_t count) noexcept -> bool {
  std::size_t d = 0;
  Two above{};
  for (; d + 8 <= count; d += 8) {
    above |= Two(*reinterpret_cast<const Eight*>(given + d) > *reinterpret_cast<const Eight*>(limits + d));
  }
  bool within = (above[0] | above[1]) == 0;
  for (; d < count; ++d) within &= given[d] <= limits[d];
  return within;
}

auto Fits(const TableBits& table, std::span<const std::uint16_t> classes) noexcept -> bool {
  return classes.size() == table.dimensions && AllWithin(classes.data(), table.last_class, classes.size());
}

struct Square {
  Eight list[8];
};

/// From eight lists of eight classes to those that have one of each: three times the first half is interleaved with the second.
auto Transposed(Square square) noexcept -> Square {
  for (int round = 0; round < 3; ++round) {
    const Square old = square;
    for (std::size_t i = 0; i < 4; ++i) {
      square.list[2 * i] = __builtin_shufflevector(old.list[i], old.list[i + 4], 0, 8, 1, 9, 2, 10, 3, 11);
      square.list[2 * i + 1] = __builtin_shufflevector(old.list[i], old.list[i + 4], 4, 12, 5, 13, 6, 14, 7, 15);
    }
  }
  return square;
}

/// The classes of requests that follow each other, taken from columns: those of request `i` begin at `i * stride`.
class Rows {
 public:
  Rows(std::span<const std::uint16_t* const> columns, std::size_t first, std::size_t requests) noexcept
      : stride_((columns.size() + 7) / 8 * 8) {
    std::size_t d = 0;
    for (; requests == kBlockRequests && d + 8 <= columns.size(); d += 8) {
      Square square;
      for (std::size_t k = 0; k < 8; ++k) square.list[k] = *reinterpret_cast<const Eight*>(columns[d + k] + first);
      square = Transposed(square);
      for (std::size_t i = 0; i < 8; ++i) *reinterpret_cast<Eight*>(&classes_[i * stride_ + d]) = square.list[i];
    }
    for (; d < columns.size(); ++d) {
      for (std::size_t i = 0; i < requests; ++i) classes_[i * stride_ + d] = columns[d][first + i];
    }
  }

  auto Of(std::size_t request) const noexcept -> const std::uint16_t* { return &classes_[request * stride_]; }

 private:
  static_assert(kBlockRequests == 8 && kMaxDimensions % 8 == 0);
  std::size_t stride_;
  std::array<std::uint16_t, kBlockRequests * kMaxDimensions> classes_;
};

auto OutcomeOf(const Answer& answer) noexcept -> Outcome {
  if (answer.refusal != kNone) return Outcome::kRefused;
  if (answer.route == kNone) return Outcome::kUncovered;
  return answer.reaches ? Outcome::kRouted : Outcome::kUnservable;
}

auto DecideFitting(const TableBits& table, const std::uint16_t* classes) noexcept -> Decision {
  Decision decision;
  Answer answer{.allowed = decision.allowed.data()};
  kKernel.decide(table, classes, answer);
  decision.outcome = OutcomeOf(answer);
  decision.refusal = answer.refusal;
  decision.route = answer.route;
  return decision;
}

/// Of a request with classes that the table does not have.
auto NothingFits() noexcept -> Decision {
  Decision decision;
  decision.outcome = Outcome::kRefused;
  return decision;
}

/// Calls `visit` with each owner of a term of the part that holds, once, in the order of the terms: those of one owner follow
/// each other.
template <typename Visit>
void ForEachMatched(const TableBits& table, const TermPart& part, std::span<const std::uint16_t> classes,
                    Visit visit) noexcept(noexcept(visit(0U))) {
  if (!Fits(table, classes)) return;
  constexpr std::uint32_t kChunk = 512;
  std::array<std::uint64_t, kChunk> terms;
  std::uint32_t last = kNone;
  for (std::uint32_t first = 0; first < part.words; first += kChunk) {
    const std::uint32_t count = std::min(kChunk, part.words - first);
    kKernel.terms(table, classes.data(), part.first_word + first, count, terms.data());
    for (std::uint32_t i = 0; i < count; ++i) {
      for (std::uint64_t word = terms[i]; word != 0; word &= word - 1) {
        const std::uint32_t owner = part.owners[std::size_t{first + i} * 64 + static_cast<std::size_t>(std::countr_zero(word))];
        if (owner != last) visit(owner);
        last = owner;
      }
    }
  }
}

}  // namespace

auto Decide(const Table& table, std::span<const std::uint16_t> classes) noexcept -> Decision {
  const TableBits& bits = table.impl().bits;
  return Fits(bits, classes) ? DecideFitting(bits, classes.data()) : NothingFits();
}

void DecideBlock(const Table& table, std::span<const std::uint16_t* const> columns, std::size_t first,
                 std::span<Decision> decisions) noexcept {
  const TableBits& bits = table.impl().bits;
  if (columns.size() != bits.dimensions) {
    std::ranges::fill(decisions, NothingFits());
    return;
  }
  const Rows rows(columns, first, decisions.size());
  for (std::size_t i = 0; i < decisions.size(); ++i) {
    const std::span<const std::uint16_t> classes(rows.Of(i), columns.size());
    ::new (&decisions[i]) Decision(Fits(bits, classes) ? DecideFitting(bits, classes.data()) : NothingFits());
  }
}

auto DimensionCount(const Table& table) noexcept -> std::size_t { return table.impl().bits.dimensions; }

auto CopyMatchedRules(const Table& table, std::span<const std::uint16_t> classes, std::span<std::uint32_t> rules) noexcept
    -> std::size_t {
  std::size_t count = 0;
  const TableBits& bits = table.impl().bits;
  ForEachMatched(bits, bits.rules, classes, [&](std::uint32_t) noexcept { ++count; });
  if (count > rules.size()) return count;
  std::size_t next = 0;
  ForEachMatched(bits, bits.rules, classes, [&](std::uint32_t rule) noexcept { rules[next++] = rule; });
  std::ranges::sort(rules.first(count));
  return count;
}

auto MatchedRules(const Table& table, std::span<const std::uint16_t> classes) -> std::vector<std::uint32_t> {
  std::vector<std::uint32_t> rules;
  const TableBits& bits = table.impl().bits;
  ForEachMatched(bits, bits.rules, classes, [&](std::uint32_t rule) { rules.push_back(rule); });
  std::ranges::sort(rules);
  return rules;
}

auto MatchedScreens(const Table& table, std::span<const std::uint16_t> classes) -> std::vector<std::uint32_t> {
  std::vector<std::uint32_t> screens;
  const TableBits& bits = table.impl().bits;
  ForEachMatched(bits, bits.screens, classes, [&](std::uint32_t screen) { screens.push_back(screen); });
  return screens;
}

auto ServicesAsked(const Table& table, std::span<const std::uint16_t> classes) noexcept -> std::uint64_t {
  const TableImpl& impl = table.impl();
  std::uint64_t asked = 0;
  if (!Fits(impl.bits, classes)) return asked;
  for (std::size_t i = 0; i < impl.services.size(); ++i) {
    if (!impl.services[i].attributes.empty()) asked |= std::uint64_t{1} << i;
  }
  ForEachMatched(impl.bits, impl.bits.screens, classes,
                 [&](std::uint32_t screen) noexcept { asked &= ~impl.screens[screen].services; });
  return asked;
}

auto RuleExcludes(const Table& table, std::uint32_t rule, std::uint32_t deployment) -> bool {
  const TableImpl& impl = table.impl();
  if (rule >= impl.rules.size() || deployment >= impl.deployments.size()) return false;
  return impl.Excludes(rule, deployment);
}

auto FirstPlanned(const Table& table, const Decision& decision) noexcept -> std::uint32_t {
  std::uint32_t first = kNone;
  ForEachPlanned(table, decision, [&](std::uint32_t, const CandidateView& candidate) noexcept {
    first = candidate.deployment;
    return false;
  });
  return first;
}

auto Plan(const Table& table, const Decision& decision) -> std::vector<PlanTier> {
  std::vector<PlanTier> plan;
  ForEachPlanned(table, decision, [&](std::uint32_t tier, const CandidateView& candidate) {
    if (plan.empty() || plan.back().tier != tier) plan.push_back({.tier = tier, .deployments = {}});
    plan.back().deployments.push_back(candidate);
    return true;
  });
  return plan;
}

}  // namespace route
