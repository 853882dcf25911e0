#pragma once

#include "audit/core.h"

/// The policy core in sentences. Nothing here decides anything; two cores that mean the same by other classes give the same
/// sentences.
namespace audit {

/// The values of a class, or of each class of a request.
auto ClassText(const Json& core, std::size_t dimension, std::size_t number) -> std::string;

auto GuaranteeText(const Json& core, const Json& guarantee) -> std::string;

/// What an entry of `refusals`, `rules`, `guarantees` or `routes` says, in one sentence or several.
auto Meaning(const Json& core, const std::string& list, const Json& entry) -> std::vector<std::string>;

auto LimitsText(const Json& limits) -> std::string;
auto AttributeText(const Json& attribute) -> std::string;

/// A deployment's or a service's name, and every fact that the core states of it.
auto FactsText(const Json& core, const Json& recipient) -> std::string;

/// Control characters would tell a terminal something.
auto Printable(std::string text) -> std::string;

}  // namespace audit
