#pragma once

#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "runtime/signals/api.h"
#include "runtime/signals/spend.h"

namespace route {

/// What an answer says about its tokens. Without both numbers, each whole and not negative, it is not usable.
struct ReportedUsage {
  std::optional<TokenUsage> tokens;
  std::string problem;  ///< why a `usage` that was there is not usable; else empty
};

/// Reads the object `usage` of an answer of this API. Anthropic counts tokens that it wrote to or read from its cache
/// apart from the others: they are added up. Embeddings have no tokens of an answer.
auto ReadUsage(Api api, const nlohmann::ordered_json& usage) -> ReportedUsage;

}  // namespace route
