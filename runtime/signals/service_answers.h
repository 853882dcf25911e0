#pragma once

#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "runtime/signals/attributes.h"
#include "runtime/table/table.h"

/// What services are asked, and what their answers mean. `docs/gateway.md` describes the protocol. No input or output.
namespace route {

/// A longer text is not shown to services: it could not be known whether they read all of it.
inline constexpr std::size_t kMostServiceText = std::size_t{1} << 20U;
inline constexpr std::size_t kMostServiceAnswer = std::size_t{64} << 10U;

/// The body of a question: `{"classifier":"difficulty","text":"…"}`, or with `detector`.
auto ServiceQuestion(const SourceView& asked, std::string_view text) -> std::string;

/// The value in `{"value": …}`. The error is in words that can follow a colon.
auto ReadServiceAnswer(std::string_view body) -> std::expected<nlohmann::ordered_json, std::string>;

/// What became of the question for one classifier or detector.
struct ServiceAnswer {
  SourceKind kind = SourceKind::kClassifier;
  std::string_view question;
  std::optional<nlohmann::ordered_json> value;
  std::string why;  ///< there is no value
};

/// Gives each attribute that services say the values of the answers, and completes it: a service that gave no value, or one
/// that does not fit, counts as the default; without one the attribute is missing. Names that a detector reports and an
/// attribute does not declare add nothing. A question that is not among the answers was not asked.
void AddServiceAnswers(const Table& table, std::span<const ServiceAnswer> answers, DerivedAttributes& attributes);

}  // namespace route
