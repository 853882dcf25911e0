#include "compiler/diff/program.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <utility>

#include "compiler/ir/screens.h"
#include "compiler/lower/lower.h"

namespace route::diff {

auto DeploymentSet::IsEmpty() const -> bool {
  return std::ranges::all_of(words_, [](std::uint64_t word) { return word == 0; });
}

auto DeploymentSet::Meets(const DeploymentSet& other) const -> bool {
  for (std::size_t i = 0; i < words_.size(); ++i) {
    if ((words_[i] & other.words_[i]) != 0) return true;
  }
  return false;
}

auto DeploymentSet::Members() const -> std::vector<std::uint32_t> {
  std::vector<std::uint32_t> members;
  for (std::size_t i = 0; i < words_.size(); ++i) {
    for (std::uint64_t word = words_[i]; word != 0; word &= word - 1) {
      members.push_back(static_cast<std::uint32_t>(i * 64 + static_cast<std::size_t>(std::countr_zero(word))));
    }
  }
  return members;
}

auto DeploymentSet::operator|=(const DeploymentSet& other) -> DeploymentSet& {
  for (std::size_t i = 0; i < words_.size(); ++i) words_[i] |= other.words_[i];
  return *this;
}

auto DeploymentSet::operator&=(const DeploymentSet& other) -> DeploymentSet& {
  for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= other.words_[i];
  return *this;
}

auto DeploymentSet::operator-=(const DeploymentSet& other) -> DeploymentSet& {
  for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= ~other.words_[i];
  return *this;
}

auto DeploymentSet::operator^=(const DeploymentSet& other) -> DeploymentSet& {
  for (std::size_t i = 0; i < words_.size(); ++i) words_[i] ^= other.words_[i];
  return *this;
}

namespace {

/// The index of `entry` in the list, at whose end it is put if it is not there yet.
template <typename T>
auto IndexOf(std::vector<T>& list, const T& entry) -> std::uint32_t {
  const auto found = std::ranges::find(list, entry);
  const auto index = static_cast<std::uint32_t>(found - list.begin());
  if (found == list.end()) list.push_back(entry);
  return index;
}

class Maker {
 public:
  explicit Maker(const JointSpace& space) : space_(space) {}

  auto Make(const std::vector<FurtherCondition>& further) -> std::expected<Program, TooManyTerms> {
    for (std::size_t side = space_.sides(); side-- > 0;) {
      for (const ir::Deployment& deployment : space_.policy(side).deployments)
        IndexOf(program_.deployments, deployment.name);
    }
    program_.impossible = Add(0, {}, space_.Impossible());
    for (std::size_t side = 0; side < space_.sides(); ++side) AddSide(side);
    for (const FurtherCondition& each : further) {
      program_.further.push_back(Add(each.side, each.condition.span, space_.Translate(each.side, each.condition)));
    }
    if (error_) return std::unexpected(*error_);
    return std::move(program_);
  }

 private:
  auto Add(std::size_t side, Span span, const ir::Condition& condition) -> ConditionIndex {
    auto terms = lower::ToTerms(condition, space_.synthetic_classes(), kMaxTermsPerCondition);
    if (!terms) {
      if (!error_) error_ = TooManyTerms{side, span};
      return 0;
    }
    const auto [place, is_new] = known_.try_emplace(*terms, static_cast<ConditionIndex>(program_.conditions.size()));
    if (is_new) program_.conditions.push_back(std::move(*terms));
    return place->second;
  }

  void AddSide(std::size_t index) {
    const ir::Policy& policy = space_.policy(index);
    Program::Side side;
    for (const MissingValue& missing : space_.MissingValues(index)) {
      const std::string& name = policy.attributes.at(missing.attribute.index).name;
      const Answer answer{.name = "", .reason = "attribute `" + name + "` has no value and no default"};
      side.refusals.push_back({Add(index, {}, missing.when), IndexOf(program_.answers, answer)});
    }
    for (const ir::Refusal& refusal : policy.refusals) {
      const Answer answer{.name = refusal.name, .reason = refusal.reason};
      side.refusals.push_back({Translated(index, refusal.when, refusal.span), IndexOf(program_.answers, answer)});
    }
    for (const ir::Route& route : policy.routes) {
      side.routes.push_back(
          {Translated(index, route.when, route.span), IndexOf(program_.chains, ChainOf(policy, route))});
    }
    for (const ir::Rule& rule : policy.rules) {
      DeploymentSet excluded(program_.deployments.size());
      for (std::uint32_t i = 0; i < policy.deployments.size(); ++i) {
        if (!ir::Holds(rule.keep, policy, {i})) excluded.Insert(Joint(policy, {i}));
      }
      if (excluded.IsEmpty()) continue;
      const ConditionIndex condition = Translated(index, rule.when, rule.span);
      side.rules.try_emplace(condition, DeploymentSet(program_.deployments.size())).first->second |= excluded;
    }
    AddServices(index, side);
    program_.sides.push_back(std::move(side));
  }

  /// Of complete requests: one that lacks a value which a service should have said is refused after the service has seen it, but
  /// then so does the same request with the value.
  void AddServices(std::size_t index, Program::Side& side) {
    const ir::Policy& policy = space_.policy(index);
    std::vector<ConditionIndex> missing;
    for (const MissingValue& each : space_.MissingValues(index)) {
      if (!policy.services.empty()) missing.push_back(Add(index, {}, each.when));
    }
    for (std::uint32_t s = 0; s < policy.services.size(); ++s) {
      if (!ir::AskedFor(policy, {s}).empty()) side.services[policy.services[s].name] = missing;
    }
    for (const ir::Screen& screen : ir::ScreensOf(policy)) {
      const ConditionIndex condition = Translated(index, screen.when, screen.when.span);
      for (const ServiceId service : screen.services) side.services.at(policy.services[service.index].name).push_back(condition);
    }
  }

  auto Translated(std::size_t side, const ir::Condition& condition, Span span) -> ConditionIndex {
    return Add(side, span, space_.Translate(side, condition));
  }

  auto Joint(const ir::Policy& policy, DeploymentId deployment) -> std::uint32_t {
    return IndexOf(program_.deployments, policy.deployments.at(deployment.index).name);
  }

  auto ChainOf(const ir::Policy& policy, const ir::Route& route) -> Chain {
    Chain chain;
    for (const ir::Tier& tier : route.tiers) {
      const bool by_weight = tier.order == TierOrder::kByWeight;
      ChainTier joint{.draw = by_weight ? ChainTier::Draw::kByWeight : ChainTier::Draw::kInOrder,
                      .candidates = {},
                      .limit = tier.limit,
                      .within_ms = tier.within_ms,
                      .retries = tier.retries};
      for (const ir::Candidate& candidate : tier.candidates) {
        joint.candidates.push_back({{Joint(policy, candidate.deployment)}, by_weight ? candidate.weight : 1});
      }
      chain.push_back(std::move(joint));
    }
    return chain;
  }

  const JointSpace& space_;
  Program program_;
  std::map<std::vector<lower::Term>, ConditionIndex> known_;
  std::optional<TooManyTerms> error_;
};

}  // namespace

auto MakeProgram(const JointSpace& space, const std::vector<FurtherCondition>& further)
    -> std::expected<Program, TooManyTerms> {
  return Maker(space).Make(further);
}

}  // namespace route::diff
