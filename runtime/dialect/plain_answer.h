#pragma once

#include <expected>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "runtime/dialect/usage.h"

namespace route {

/// An answer that comes in one piece.
struct PlainAnswer {
  nlohmann::ordered_json body;
  ReportedUsage usage;
};

/// Reads a body that should be an answer of this API, or says why it is none. What it must hold:
///
///     chat, completions   an array `choices`, not empty
///     embeddings          an array `data`, not empty, of which each element has an `embedding`, not empty
///     responses           an array `output`, not empty unless `status` is `incomplete`; no other status than that and
///                         `completed`
///     messages            `type` `message`, an array `content` and a `stop_reason`
auto ReadPlainAnswer(Api api, std::string_view body) -> std::expected<PlainAnswer, std::string>;

/// The same checks of an answer that is passed on as it came: gives its usage alone, for a fraction of the cost.
auto CheckPlainAnswer(Api api, std::string_view body) -> std::expected<ReportedUsage, std::string>;

}  // namespace route
