#pragma once

#include <string>
#include <vector>

#include "compiler/explain/phrases.h"
#include "compiler/ir/policy.h"

/// Whole sentences about the parts of a policy, without what stands before or after them.
namespace route::explain {

/// `one of free, silver and gold`: what values the attribute can have.
auto KindPhrase(const ir::Attribute& attribute) -> std::string;

/// ``the caller's header `x-data-class` (claimed)``: where a value comes from, and whether the gateway found it out itself.
auto SourcePhrase(const ir::Source& source) -> std::string;

/// Everything about an attribute, in sentences.
auto AttributeSentences(const ir::Attribute& attribute) -> std::string;

/// Everything about a deployment: place, vendor, price, who sees the data, and every other fact that is stated.
auto DeploymentSentences(const ir::Policy& policy, const ir::Deployment& deployment) -> std::string;

/// Everything about a service: what it says, place, vendor, who sees the data, how long it is waited for.
auto ServiceSentences(const ir::Policy& policy, ServiceId service) -> std::string;

/// ``When `data` includes health, a deployment may answer only if it is processed in `EU`.``
auto RuleSentence(const ir::Rule& rule, Phrases& phrases) -> std::string;

auto RefusalSentence(const ir::Refusal& refusal, Phrases& phrases) -> std::string;

/// `` `economy`: the 3 cheapest that are allowed of `a`, `b` and `c` ``.
auto TierPhrase(const ir::Policy& policy, const ir::Tier& tier) -> std::string;

/// ``When `tier` is platinum, the request goes to …; if none of these answers within 2 s, to …``. The first of a policy and
/// those after it differ in how they say that there is no condition.
enum class RoutePlace : std::uint8_t { kFirst, kLater };
auto RouteSentence(const ir::Policy& policy, const ir::Route& route, RoutePlace place, Phrases& phrases) -> std::string;

auto GuaranteeSentence(const ir::Policy& policy, const ir::Guarantee& guarantee, Phrases& phrases) -> std::string;

/// `A request makes at most 6 attempts, and …`
auto LimitsSentence(const Limits& limits) -> std::string;

}  // namespace route::explain
