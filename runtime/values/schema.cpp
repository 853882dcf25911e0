#include "runtime/values/schema.h"

#include "runtime/values/decimal.h"

#include <array>
#include <cstdlib>

namespace route {

auto StepOf(Unit unit) -> std::int64_t {
  return unit == Unit::kTokens || unit == Unit::kTimeOfDay ? Decimal::kScale : 1;
}

auto UnitName(Unit unit) -> std::string_view {
  switch (unit) {
    case Unit::kNone:
      return "";
    case Unit::kTokens:
      return "tokens";
    case Unit::kMilliseconds:
      return "ms";
    case Unit::kPercent:
      return "%";
    case Unit::kUsd:
      return "USD";
    case Unit::kTimeOfDay:
      return "";
    case Unit::kEur:
      return "EUR";
  }
  std::abort();  // every unit is handled above
}

auto SourceName(SourceKind kind) -> std::string_view {
  switch (kind) {
    case SourceKind::kTenant:
      return "tenant";
    case SourceKind::kHeader:
      return "header";
    case SourceKind::kRequest:
      return "request";
    case SourceKind::kClassifier:
      return "classifier";
    case SourceKind::kDetector:
      return "detector";
    case SourceKind::kBudget:
      return "budget";
    case SourceKind::kClock:
      return "clock";
  }
  std::abort();  // every source is handled above
}

auto KindName(AttributeKind kind) -> std::string_view {
  switch (kind) {
    case AttributeKind::kOneOf:
      return "one of";
    case AttributeKind::kAnyOf:
      return "any of";
    case AttributeKind::kYesNo:
      return "yes/no";
    case AttributeKind::kNumber:
      return "number";
    case AttributeKind::kText:
      return "text";
    case AttributeKind::kCountry:
      return "country";
    case AttributeKind::kDate:
      return "date";
  }
  std::abort();  // every kind is handled above
}

auto SourceTrust(SourceKind kind, std::string_view argument) -> Trust {
  switch (kind) {
    case SourceKind::kHeader:
      return Trust::kClaimed;
    case SourceKind::kRequest:
      return argument == "prompt" || argument == "needs" ? Trust::kMeasured : Trust::kClaimed;
    case SourceKind::kTenant:
    case SourceKind::kClassifier:
    case SourceKind::kDetector:
    case SourceKind::kBudget:
    case SourceKind::kClock:
      return Trust::kMeasured;
  }
  std::abort();  // every source is handled above
}

auto ComesFromService(SourceKind kind, std::string_view argument) -> bool {
  return kind == SourceKind::kClassifier || (kind == SourceKind::kDetector && argument != kBuiltInDetector);
}

auto AlwaysMeasures(SourceKind kind, std::string_view argument) -> bool {
  return (kind == SourceKind::kDetector && argument == kBuiltInDetector) || (kind == SourceKind::kRequest && argument == "needs");
}

auto KnownNeeds() -> std::span<const std::string_view> {
  static constexpr std::array<std::string_view, 9> kNames = {"tools", "vision",    "json",     "audio",
                                                             "files", "streaming", "logprobs", "reasoning", "embeddings"};
  return kNames;
}

auto OutcomeName(Outcome outcome) -> std::string_view {
  switch (outcome) {
    case Outcome::kRouted:
      return "routed";
    case Outcome::kRefused:
      return "refused";
    case Outcome::kUncovered:
      return "uncovered";
    case Outcome::kUnservable:
      return "unservable";
  }
  std::abort();  // every outcome is handled above
}

}  // namespace route
