#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "compiler/ir/evaluate.h"
#include "compiler/verify/questions.h"
#include "compiler/verify/witness.h"
#include "runtime/values/schema.h"

namespace route::verify {
namespace {

constexpr std::uint32_t kMostClasses = 64;

/// Nobody but the caller says what the value is.
auto IsClaimed(const ir::Attribute& attribute) -> bool {
  return std::ranges::all_of(attribute.sources, [](const ir::Source& source) {
    return SourceTrust(source.kind, source.argument) == Trust::kClaimed;
  });
}

/// The gains by one attribute.
class Gains {
 public:
  Gains(Encoder& encoder, AttributeId attribute)
      : encoder_(encoder), attribute_(attribute), is_mentioned_(encoder.policy().rules.size(), false) {
    const std::vector<ir::Rule>& rules = encoder.policy().rules;
    for (std::uint32_t i = 0; i < rules.size(); ++i) is_mentioned_[i] = ir::AsksAbout(rules[i].when, attribute);
  }

  auto AnyRule() const -> bool { return std::ranges::find(is_mentioned_, true) != is_mentioned_.end(); }

  /// "With that class instead, neither request is refused, and a deployment is allowed that was not or a service sees the
  /// prompt that did not."
  auto Gain(const Encoder::FixedClass& fixed) const -> smt::Term {
    smt::Solver& solver = encoder_.solver();
    const ir::Policy& policy = encoder_.policy();
    std::vector<smt::Term> ways;
    for (const Encoder::Alike& alike : encoder_.alike()) {
      const auto is_mentioned = [&](RuleId rule) { return is_mentioned_[rule.index]; };
      if (std::ranges::none_of(alike.excluding, is_mentioned)) continue;
      std::vector<smt::Term> allowed_then;
      for (const RuleId rule : alike.excluding) {
        const smt::Term applies = is_mentioned(rule) ? encoder_.EncodeWith(policy.rules[rule.index].when, fixed)
                                                     : encoder_.Matches(rule);
        allowed_then.push_back(solver.Not(applies));
      }
      ways.push_back(
          solver.And({solver.Not(encoder_.Allowed(alike.deployments.front())), solver.And(allowed_then)}));
    }
    for (std::uint32_t i = 0; i < policy.services.size(); ++i) ways.push_back(ServiceGain({i}, fixed));
    std::vector<smt::Term> all{encoder_.NotRefused(), solver.Or(ways)};
    for (const ir::Refusal& refusal : policy.refusals) all.push_back(solver.Not(encoder_.EncodeWith(refusal.when, fixed)));
    return solver.And(all);
  }

 private:
  auto ServiceGain(ServiceId service, const Encoder::FixedClass& fixed) const -> smt::Term {
    smt::Solver& solver = encoder_.solver();
    if (encoder_.Asked(service) == smt::kFalse) return smt::kFalse;
    std::vector<smt::Term> all{solver.Not(encoder_.Asked(service))};
    for (const Encoder::Screen& screen : encoder_.screens()) {
      if (std::ranges::find(screen.meaning->services, service) == screen.meaning->services.end()) continue;
      all.push_back(solver.Not(encoder_.EncodeWith(screen.meaning->when, fixed)));
    }
    return solver.And(all);
  }

  Encoder& encoder_;
  AttributeId attribute_;
  std::vector<bool> is_mentioned_;
};

/// The classes that somebody could give instead, the default's first.
auto OtherClasses(const Encoder& encoder, AttributeId attribute, ir::DimensionId dimension, ValueGain::How how)
    -> std::vector<std::uint32_t> {
  std::vector<std::uint32_t> classes;
  const std::optional<ir::Value>& fallback = encoder.policy().attributes.at(attribute.index).fallback;
  if (fallback) {
    const std::vector<std::uint16_t> any(encoder.classes().dimensions().size(), 0);
    ir::Request request = encoder.classes().Representative(any);
    request.at(attribute.index) = *fallback;
    classes.push_back(encoder.classes().Classify(request).at(dimension.index));
  }
  if (how == ValueGain::How::kMissing) return classes;
  const std::uint32_t count = encoder.classes().dimensions().at(dimension.index).classes;
  for (std::uint32_t i = 0; i < (count <= kMostClasses ? count : 1); ++i) {
    if (std::ranges::find(classes, i) == classes.end()) classes.push_back(i);
  }
  return classes;
}

/// Adds what kept them to `rules`.
auto ServicesGained(const ir::Decision& before, const ir::Decision& after, std::set<RuleId>& rules) -> std::vector<ServiceId> {
  const std::vector<ServiceId> asked = ir::ServicesAsked(after);
  std::vector<ServiceId> gained;
  for (const ir::ServiceUse& use : before.services) {
    if (use.is_asked() || std::ranges::find(asked, use.service) == asked.end()) continue;
    gained.push_back(use.service);
    rules.insert(use.rules.begin(), use.rules.end());
  }
  return gained;
}

auto Describe(const Encoder& encoder, ValueGain gain, const std::vector<std::uint16_t>& classes,
              const Encoder::FixedClass& fixed) -> ValueGain {
  const ir::Policy& policy = encoder.policy();
  std::vector<std::uint16_t> instead = classes;
  instead.at(fixed.dimension.index) = static_cast<std::uint16_t>(fixed.value_class);
  const Replay before = ReplayWitness(encoder, classes);
  const Replay after = ReplayWitness(encoder, instead);
  std::set<RuleId> rules;
  for (std::uint32_t i = 0; i < policy.deployments.size(); ++i) {
    const auto excludes = [&](const ir::Exclusion& exclusion) { return exclusion.deployment == DeploymentId{i}; };
    if (std::ranges::none_of(before.decision.excluded, excludes)) continue;
    if (std::ranges::any_of(after.decision.excluded, excludes)) continue;
    gain.gained.push_back({i});
    for (const ir::Exclusion& exclusion : before.decision.excluded) {
      if (excludes(exclusion)) rules.insert(exclusion.by);
    }
  }
  gain.services = ServicesGained(before.decision, after.decision, rules);
  if ((gain.gained.empty() && gain.services.empty()) || before.decision.refusal || after.decision.refusal) {
    ThrowUnconfirmed("can another value of `" + policy.attributes.at(gain.attribute.index).name + "` be allowed more");
  }
  gain.witness = before.request;
  gain.instead = after.request;
  gain.rules.assign(rules.begin(), rules.end());
  return gain;
}

}  // namespace

auto FindValueGains(Encoder& encoder) -> Findings<ValueGain> {
  const ir::Policy& policy = encoder.policy();
  Findings<ValueGain> findings;
  const auto dimensions = static_cast<std::uint32_t>(encoder.classes().dimensions().size());
  for (std::uint32_t a = 0; a < policy.attributes.size(); ++a) {
    const ir::Attribute& attribute = policy.attributes[a];
    const auto how = IsClaimed(attribute) ? ValueGain::How::kClaimed : ValueGain::How::kMissing;
    const Gains gains(encoder, {a});
    if (!gains.AnyRule() || (how == ValueGain::How::kMissing && !attribute.fallback)) continue;
    bool is_found = false;
    for (std::uint32_t d = encoder.classes().FirstDimension({a}).index;
         d < dimensions && encoder.classes().dimensions()[d].attribute == AttributeId{a} && !is_found; ++d) {
      for (const std::uint32_t value_class : OtherClasses(encoder, {a}, {d}, how)) {
        const Encoder::FixedClass fixed{{d}, value_class};
        const smt::Scope scope(encoder.solver());
        encoder.solver().Assert(gains.Gain(fixed));
        const Smallest smallest = FindSmallest(encoder);
        if (smallest.answer == smt::Answer::kUnknown) {
          findings.unanswered.push_back({"can another value of `" + attribute.name + "` be allowed more", attribute.span});
        }
        if (smallest.answer != smt::Answer::kYes) continue;
        ValueGain gain;
        gain.how = how;
        gain.attribute = {a};
        findings.found.push_back(Describe(encoder, std::move(gain), smallest.classes, fixed));
        is_found = true;
        break;
      }
    }
  }
  return findings;
}

}  // namespace route::verify
