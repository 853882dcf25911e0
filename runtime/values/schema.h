#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace route {

/// The kinds of attribute that a request can have. The numbers are part of the bundle format.
enum class AttributeKind : std::uint8_t {
  kOneOf = 0,    ///< exactly one of a closed list of names
  kAnyOf = 1,    ///< any subset of a closed list of at most 64 names
  kYesNo = 2,
  kNumber = 3,   ///< a Decimal between 0 and a declared maximum
  kText = 4,     ///< any UTF-8 text; a value that no rule names is one class
  kCountry = 5,  ///< an ISO 3166-1 country
  kDate = 6,     ///< a civil date
};

/// The unit of a number attribute. Numbers of different units never compare. Part of the bundle format.
enum class Unit : std::uint8_t {
  kNone = 0,
  kTokens = 1,
  kMilliseconds = 2,  ///< written `ms` or `s`; values are milliseconds
  kPercent = 3,
  kUsd = 4,
  kEur = 5,
  kTimeOfDay = 6,     ///< written `22:30`; values are whole minutes since midnight
};

/// The least difference between two numbers of this unit, in millionths: tokens and minutes of the day are whole.
auto StepOf(Unit unit) -> std::int64_t;

/// Where an attribute's value comes from. Part of the bundle format.
enum class SourceKind : std::uint8_t {
  kTenant = 0,      ///< the tenant's entry in the registry
  kHeader = 1,      ///< a request header, named by the argument; claimed by the caller
  kRequest = 2,     ///< measured on the body (`prompt`, `needs`) or a body field, named by the argument
  kClassifier = 3,  ///< an external classifier, named by the argument
  kDetector = 4,    ///< a detector that reads the prompt (`pii`), named by the argument
  kBudget = 5,      ///< the tenant's spend as a share of its cap
  kClock = 6,       ///< the gateway's clock, in the time zone that the argument names; UTC if it names none
};

enum class Trust : std::uint8_t {
  kMeasured,  ///< established by the gateway
  kClaimed,   ///< chosen by the caller
};

/// The word that policy text uses for a unit: `tokens`, `ms`, `%`, `USD`, `EUR`, or nothing.
auto UnitName(Unit unit) -> std::string_view;
auto SourceName(SourceKind kind) -> std::string_view;
auto KindName(AttributeKind kind) -> std::string_view;

/// Headers and free body fields are claimed. `prompt` and `needs` are read off the body that is sent on, so
/// a caller cannot claim them without sending them: they are measured.
auto SourceTrust(SourceKind kind, std::string_view argument) -> Trust;

/// The detector that every gateway has. Any other one is a service.
inline constexpr std::string_view kBuiltInDetector = "pii";

/// Does only a service outside the gateway say this: a classifier, or a detector that is not built in? It may say nothing.
auto ComesFromService(SourceKind kind, std::string_view argument) -> bool;

/// Does this source say something of every request, so that a set which it adds nothing to is known to be empty? True of
/// the built-in detector and of what a request needs; a header, a tenant's entry or a service may say nothing at all.
auto AlwaysMeasures(SourceKind kind, std::string_view argument) -> bool;

/// What the gateway can tell that a request's body uses, as names of the request fact `needs`, in a fixed order:
///   tools      `tools` or `functions` is not empty, or a message carries a tool call or its result
///   vision     a message holds an image
///   json       `response_format` asks for JSON
///   audio, files   a message holds one; `audio` also where `modalities` names it
///   streaming  `stream` is true
///   logprobs   `logprobs` is true
///   reasoning  `reasoning_effort` is given
///   embeddings the request is one for embeddings
auto KnownNeeds() -> std::span<const std::string_view>;

/// In which order the deployments of a tier are tried. Part of the bundle format.
enum class TierOrder : std::uint8_t {
  kAsListed = 0,
  kByWeight = 1,   ///< drawn at random in proportion to the weights, without replacement
  kCheapest = 2,   ///< least USD for a million tokens in and a million out together
  kFastest = 3,    ///< least time to the first token
  kQuality = 4,    ///< highest quality
};

/// What became of a request. Part of the bundle format and of the JSON output.
enum class Outcome : std::uint8_t {
  kRouted = 0,
  kRefused = 1,      ///< a `refuse` rule matched, or an attribute without a default was missing
  kUncovered = 2,    ///< no route matched
  kUnservable = 3,   ///< a route matched and every deployment of its chain is excluded
};

auto OutcomeName(Outcome outcome) -> std::string_view;

/// The limits that every request is held to, whatever its route.
struct Limits {
  std::uint32_t attempts = 6;          ///< attempts at most, over the whole chain
  std::uint32_t deadline_ms = 30'000;  ///< milliseconds from accepting the request to the first byte of an answer
  std::uint32_t answer_tokens = 0;     ///< tokens of one answer at most; 0: no limit is stated
  /// Hundredths of a US cent for all attempts together, each counted at its worst; 0: no limit is stated. Only with
  /// `answer_tokens`, without which an attempt has no worst case.
  std::uint32_t cost_hundredth_cents = 0;

  friend auto operator==(const Limits&, const Limits&) -> bool = default;
};

}  // namespace route
