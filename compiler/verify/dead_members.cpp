#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "compiler/verify/questions.h"
#include "compiler/verify/witness.h"

namespace route::verify {
namespace {

/// Goes through the chains and finds out which of their deployments some request reaches.
class Sweep {
 public:
  explicit Sweep(Encoder& encoder) : encoder_(encoder), state_(encoder.policy().deployments.size(), State::kNotListed) {}

  auto Run() -> Findings<DeadMembers> {
    const auto routes = static_cast<std::uint32_t>(policy().routes.size());
    for (std::uint32_t i = 0; i < routes; ++i) Try({i}, Tiers::kUncounted);
    // A tier that takes so many of a selection lists whatever passes a test; only what others list by themselves matters.
    if (std::ranges::find(state_, State::kListed) != state_.end()) {
      for (std::uint32_t i = 0; i < routes; ++i) Try({i}, Tiers::kCounted);
    }
    for (std::uint32_t i = 0; i < routes; ++i) Report({i});
    return std::move(findings_);
  }

 private:
  enum class State : std::uint8_t { kNotListed, kListed, kReached, kReported };
  enum class Tiers : std::uint8_t { kUncounted, kCounted };

  void Try(RouteId route, Tiers which) {
    for (const ir::Tier& tier : RouteAt(route).tiers) {
      if (tier.limit.has_value() != (which == Tiers::kCounted)) continue;
      std::vector<smt::Term> reached;  // made when first needed: with a count it is large
      for (std::size_t i = 0; i < tier.candidates.size(); ++i) {
        State& state = state_.at(tier.candidates[i].deployment.index);
        if (which == Tiers::kUncounted && state == State::kNotListed) state = State::kListed;
        if (state != State::kListed) continue;
        if (reached.empty()) reached = encoder_.Reached(tier);
        std::vector<smt::Term> assumed = encoder_.Decides(route);
        assumed.push_back(reached[i]);
        switch (encoder_.Ask(assumed)) {
          case smt::Answer::kYes:
            state = State::kReached;
            break;
          case smt::Answer::kNo:
            break;
          case smt::Answer::kUnknown: {
            const std::string& name = policy().deployments.at(tier.candidates[i].deployment.index).name;
            findings_.unanswered.push_back({"can route `" + RouteAt(route).name + "` reach `" + name + "`", tier.span});
            state = State::kReached;  // as far as is known
            break;
          }
        }
      }
    }
  }

  /// The members of the route that nothing reaches. R0503 speaks of a route that decides nothing, R0502 and R0508 of a
  /// tier of which nothing is left.
  void Report(RouteId route) {
    std::vector<DeadMembers> found;
    const std::vector<ir::Tier>& tiers = RouteAt(route).tiers;
    for (std::uint32_t t = 0; t < tiers.size(); ++t) {
      if (tiers[t].limit) continue;
      DeadMembers members{.route = route, .tier = t, .deployments = {}, .rules = {}, .witness = {}};
      bool some_reached = false;
      for (const ir::Candidate& candidate : tiers[t].candidates) {
        const State state = state_.at(candidate.deployment.index);
        if (state == State::kListed) members.deployments.push_back(candidate.deployment);
        some_reached = some_reached || state == State::kReached;
      }
      if (!some_reached || members.deployments.empty()) continue;
      std::ranges::sort(members.deployments);
      found.push_back(std::move(members));
    }
    if (found.empty()) return;
    const smt::Scope scope(encoder_.solver());
    encoder_.solver().Assert(encoder_.solver().And(encoder_.Decides(route)));
    const Smallest smallest = FindSmallest(encoder_);
    if (smallest.answer == smt::Answer::kUnknown) {
      findings_.unanswered.push_back({"which request does route `" + RouteAt(route).name + "` decide", RouteAt(route).span});
    }
    if (smallest.answer != smt::Answer::kYes) return;
    const Replay replay = ReplayWitness(encoder_, smallest.classes);
    for (DeadMembers& members : found) {
      std::erase_if(members.deployments, [&](DeploymentId id) { return state_.at(id.index) == State::kReported; });
      if (members.deployments.empty()) continue;
      for (const DeploymentId id : members.deployments) {
        state_.at(id.index) = State::kReported;
        const auto is_this = [&](const ir::Exclusion& exclusion) { return exclusion.deployment == id; };
        if (replay.decision.route != route || std::ranges::none_of(replay.decision.excluded, is_this)) {
          ThrowUnconfirmed("can any request reach `" + policy().deployments.at(id.index).name + "`");
        }
      }
      members.rules = MinimalRules(policy(), OnlyThese(members), replay.decision.rules);
      members.witness = replay.request;
      findings_.found.push_back(std::move(members));
    }
  }

  auto OnlyThese(const DeadMembers& members) const -> ir::Route {
    ir::Route only = RouteAt(members.route);
    only.tiers = {only.tiers.at(members.tier)};
    std::erase_if(only.tiers.front().candidates, [&](const ir::Candidate& candidate) {
      return !std::ranges::binary_search(members.deployments, candidate.deployment);
    });
    return only;
  }

  auto RouteAt(RouteId id) const -> const ir::Route& { return policy().routes.at(id.index); }
  auto policy() const -> const ir::Policy& { return encoder_.policy(); }

  Encoder& encoder_;
  std::vector<State> state_;  // by deployment
  Findings<DeadMembers> findings_;
};

}  // namespace

auto FindDeadMembers(Encoder& encoder) -> Findings<DeadMembers> { return Sweep(encoder).Run(); }

}  // namespace route::verify
