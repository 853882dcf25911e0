#pragma once

#include <functional>
#include <variant>
#include <vector>

#include "compiler/verify/encode.h"

/// What deleting a rule or a refusal would show to services. One that decides nothing can still keep them from prompts, since
/// what counts for them is what it could do before they answer.
namespace route::verify {

/// Which of the others that keep services from prompts are still there.
using IsLeft = std::function<bool(const Encoder::Screen&)>;

/// What the rule or refusal keeps from prompts, and when; null if no service ever.
auto ScreenOf(const Encoder& encoder, const std::variant<RefusalId, RuleId>& by) -> const Encoder::Screen*;

/// The services that see some prompt, as far as is known, once this one is deleted, and do not see it before. One question for
/// each service that it is about. `is_left` is not asked about this one itself.
auto KeptAlone(Encoder& encoder, const std::variant<RefusalId, RuleId>& by, const IsLeft& is_left) -> std::vector<ServiceId>;

/// A smallest set of those that are left, as pointers into `encoder.screens()`, which keeps services from whatever prompt the rule
/// keeps them from. Takes for granted that all of them do. Those for which `is_preferred` stay sooner.
auto Keepers(Encoder& encoder, RuleId rule, const IsLeft& is_left, const IsLeft& is_preferred)
    -> std::vector<const Encoder::Screen*>;

}  // namespace route::verify
