#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/decide/decide.h"
#include "runtime/signals/attributes.h"
#include "runtime/signals/spend.h"
#include "runtime/table/table.h"
#include "runtime/upstream/attempts.h"

/// The lines of the decision log. `docs/gateway.md` describes them. Each function gives one line with its line feed;
/// keys come in one fixed order, so equal facts give equal bytes.
namespace route {

using WallTime = std::chrono::system_clock::time_point;

/// `2026-03-01T09:30:00.250Z`.
auto FormatTime(WallTime time) -> std::string;

/// What a second bundle would have decided.
struct ShadowRecord {
  std::string bundle;  ///< its hash
  std::string version;
  bool same = true;  ///< outcome, route and plan are the same, by name
  std::string outcome;
  std::string route;                           ///< or empty
  std::vector<std::vector<std::string>> plan;  ///< deployments, tier by tier, in the policy's order
};

/// A service that attributes ask, and what became of it for this request.
struct ServiceRecord {
  std::uint32_t service = 0;    ///< index into Table::services()
  std::string endpoint = {};    ///< URL; empty if it was not asked
  std::string_view result;      ///< `answered`, `not_allowed`, `text_too_long`, `cooldown`, `cancelled` or a FailureName
  std::string detail = {};      ///< for operators: why there is no value, or empty
  std::string value = {};       ///< that it gave, as JSON; empty: none
  std::int64_t took_ms = 0;
};

/// That services are about to be shown a prompt.
struct AskingRecord {
  std::string_view id;
  WallTime time;
  std::string_view tenant;
  std::string_view key;
  std::span<const ServiceRecord> services;  ///< those that are asked
};
auto AskingLine(const Table& table, const AskingRecord& record) -> std::string;

struct DecisionRecord {
  std::string_view id;
  WallTime time;
  std::string_view tenant;
  std::string_view key;  ///< the name of the tenant's API key, may be empty
  std::string_view asked_model;
  std::string_view pack;  ///< SHA-256 of the policy's proof pack; empty if none is known
  const DerivedAttributes* attributes = nullptr;
  const Decision* decision = nullptr;
  std::span<const PlanTier> plan;    ///< empty unless routed
  std::span<const DrawnTier> drawn;  ///< one for each tier of the plan
  std::string_view reason;           ///< why not routed
  const ShadowRecord* shadow = nullptr;  ///< none: no second bundle decides too
  std::span<const ServiceRecord> services = {};
};
auto DecisionLine(const Table& table, const DecisionRecord& record) -> std::string;

struct AttemptRecord {
  std::uint32_t deployment = 0;
  std::string endpoint;         ///< base URL
  std::string result;           ///< `served`, `caller_error`, `cancelled` or a FailureName
  std::string detail;           ///< for operators, may be empty
  unsigned http_status = 0;     ///< 0: none arrived
  std::int64_t started_ms = 0;  ///< since the request was accepted
  std::int64_t took_ms = 0;
};

/// A deployment of the plan that was not asked when its turn came.
struct SkipRecord {
  std::uint32_t deployment = 0;
  std::uint32_t tier = 0;      ///< index into Table::tiers()
  std::string_view reason;     ///< `cooldown`, `over_budget` or `same_model`
  std::string detail;          ///< the cooldown's cause, the cap, or the model
  std::int64_t left_ms = 0;    ///< of the cooldown
  std::uint32_t attempts = 0;  ///< made before
};

struct OutcomeRecord {
  std::string_view id;
  WallTime time;
  unsigned status = 0;    ///< of the answer to the caller
  std::string_view code;  ///< of the error, or empty
  std::span<const AttemptRecord> attempts;
  std::span<const SkipRecord> skipped;
  std::optional<std::uint32_t> served_by;  ///< a deployment
  bool stream = false;
  std::optional<TokenUsage> usage;  ///< of a plain answer that reports it
  std::string_view usage_note;      ///< why a reported usage is not usable, or empty
  std::optional<NanoUsd> cost;
};
auto OutcomeLine(const Table& table, const OutcomeRecord& record) -> std::string;

enum class StreamEnd : std::uint8_t {
  kCompleted,
  kInterrupted,  ///< by the upstream, or because the gateway stopped
  kCallerGone,
};

struct UsageRecord {
  std::string_view id;
  WallTime time;
  std::uint32_t deployment = 0;
  StreamEnd end = StreamEnd::kCompleted;
  std::optional<TokenUsage> usage;
  std::string_view usage_note;  ///< why a reported usage is not usable, or empty
  std::optional<NanoUsd> cost;
};
auto UsageLine(const Table& table, const UsageRecord& record) -> std::string;

}  // namespace route
