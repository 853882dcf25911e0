#include "compiler/verify/kept_services.h"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "compiler/verify/minimal_set.h"

namespace route::verify {
namespace {

auto IsAbout(const Encoder::Screen& screen, ServiceId service) -> bool {
  return std::ranges::binary_search(screen.meaning->services, service);
}

}  // namespace

auto ScreenOf(const Encoder& encoder, const std::variant<RefusalId, RuleId>& by) -> const Encoder::Screen* {
  for (const Encoder::Screen& screen : encoder.screens()) {
    if (screen.meaning->by == by) return &screen;
  }
  return nullptr;
}

auto KeptAlone(Encoder& encoder, const std::variant<RefusalId, RuleId>& by, const IsLeft& is_left) -> std::vector<ServiceId> {
  std::vector<ServiceId> kept;
  const Encoder::Screen* own = ScreenOf(encoder, by);
  if (own == nullptr || own->holds == smt::kFalse) return kept;
  for (const ServiceId service : own->meaning->services) {
    std::vector<smt::Term> alone{own->holds};
    for (const Encoder::Screen& other : encoder.screens()) {
      if (&other != own && IsAbout(other, service) && is_left(other)) alone.push_back(smt::Negated(other.holds));
    }
    if (encoder.Ask(alone) != smt::Answer::kNo) kept.push_back(service);
  }
  return kept;
}

auto Keepers(Encoder& encoder, RuleId rule, const IsLeft& is_left, const IsLeft& is_preferred)
    -> std::vector<const Encoder::Screen*> {
  const Encoder::Screen* own = ScreenOf(encoder, rule);
  if (own == nullptr || own->holds == smt::kFalse) return {};
  std::vector<const Encoder::Screen*> others;
  for (const Encoder::Screen& other : encoder.screens()) {
    if (&other != own && is_left(other)) others.push_back(&other);
  }
  std::ranges::stable_partition(others, [&](const Encoder::Screen* other) { return is_preferred(*other); });

  smt::Solver& solver = encoder.solver();
  const auto contradict = [&](const std::vector<std::size_t>& kept, std::size_t count) -> std::optional<std::size_t> {
    std::vector<smt::Term> shown;
    for (const ServiceId service : own->meaning->services) {
      std::vector<smt::Term> none;
      const auto deny = [&](std::size_t i) {
        if (IsAbout(*others[i], service)) none.push_back(solver.Not(others[i]->holds));
      };
      for (std::size_t i = 0; i < count; ++i) deny(i);
      for (const std::size_t i : kept) deny(i);
      shown.push_back(solver.And(none));
    }
    return encoder.Ask({own->holds, solver.Or(shown)}) == smt::Answer::kNo ? std::optional(count) : std::nullopt;
  };
  std::vector<const Encoder::Screen*> keepers;
  for (const std::size_t i : MinimalSet(others.size(), contradict)) keepers.push_back(others[i]);
  return keepers;
}

}  // namespace route::verify
