#include "runtime/ledger/record.h"

#include <cstdlib>

#include <nlohmann/json.hpp>

namespace route {
namespace {

using Json = nlohmann::ordered_json;

auto Line(const Json& record) -> std::string {
  // Header values may hold bytes that are not UTF-8; those become U+FFFD.
  return record.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

auto OrNull(std::string_view text) -> Json {
  return text.empty() ? Json(nullptr) : Json(text);
}

auto OrNull(std::optional<std::uint32_t> number) -> Json {
  return number ? Json(*number) : Json(nullptr);
}

auto ToJson(const std::optional<TokenUsage>& usage) -> Json {
  if (!usage) return nullptr;
  return {{"prompt_tokens", usage->prompt_tokens}, {"completion_tokens", usage->completion_tokens}};
}

auto ToJson(const std::optional<NanoUsd>& cost) -> Json {
  return cost ? Json(FormatUsd(*cost)) : Json(nullptr);
}

auto Place(std::string_view name, const SourcePlace& place) -> Json {
  return {{"name", name}, {"file", place.file}, {"line", place.line}, {"policy", place.policy}};
}

auto AttributesJson(const Table& table, const DerivedAttributes& attributes) -> Json {
  Json json = Json::object();
  for (std::uint32_t i = 0; i < table.attributes().size(); ++i) {
    json[std::string(table.attributes()[i].name)] =
        attributes.values.IsSet(i) ? Json(attributes.values.Text(i)) : Json(nullptr);
  }
  return json;
}

auto IgnoredJson(const DerivedAttributes& attributes) -> Json {
  Json json = Json::array();
  for (const Ignored& ignored : attributes.ignored) {
    json.push_back({{"attribute", ignored.attribute}, {"source", ignored.source}, {"why", ignored.why}});
  }
  return json;
}

auto RulesJson(const Table& table, const DecisionRecord& record) -> Json {
  Json json = Json::array();
  const Decision& decision = *record.decision;
  if (decision.outcome == Outcome::kRefused) {
    if (decision.refusal != kNone) {
      const RefusalView& refusal = table.refusals()[decision.refusal];
      json.push_back(Place(refusal.name, refusal.place));
    }
    return json;
  }
  for (const std::uint32_t rule : MatchedRules(table, record.attributes->values.classes())) {
    json.push_back(Place(table.rules()[rule].name, table.rules()[rule].place));
  }
  return json;
}

auto PlanJson(const Table& table, const DecisionRecord& record) -> Json {
  Json json = Json::array();
  for (std::size_t i = 0; i < record.plan.size(); ++i) {
    const DrawnTier& drawn = record.drawn[i];
    Json deployments = Json::array();
    for (const CandidateView& candidate : record.plan[i].deployments) {
      deployments.push_back({{"name", table.deployments()[candidate.deployment].name}, {"weight", candidate.weight}});
    }
    Json order = Json::array();
    for (const std::uint32_t deployment : drawn.deployments) order.push_back(table.deployments()[deployment].name);
    json.push_back({{"tier", table.tiers()[drawn.tier].label},
                    {"deployments", std::move(deployments)},
                    {"draws", drawn.draws},
                    {"order", std::move(order)},
                    {"within_ms", OrNull(drawn.within_ms)},
                    {"retries", OrNull(drawn.retries)}});
  }
  return json;
}

auto SkippedJson(const Table& table, std::span<const SkipRecord> skipped) -> Json {
  Json json = Json::array();
  for (const SkipRecord& skip : skipped) {
    json.push_back({{"deployment", table.deployments()[skip.deployment].name},
                    {"tier", table.tiers()[skip.tier].label},
                    {"reason", skip.reason},
                    {"detail", OrNull(skip.detail)},
                    {"left_ms", skip.left_ms},
                    {"after_attempts", skip.attempts}});
  }
  return json;
}

auto ShadowJson(const ShadowRecord& shadow) -> Json {
  return {{"bundle", shadow.bundle}, {"version", shadow.version}, {"same", shadow.same},
          {"outcome", shadow.outcome}, {"route", OrNull(shadow.route)}, {"plan", shadow.plan}};
}

auto CalledJson(const Table& table, const ServiceRecord& record) -> Json {
  const ServiceView& service = table.services()[record.service];
  return {{"name", service.name},
          {"vendor", service.vendor},
          {"jurisdiction", CountryCode(service.processed_in)},
          {"endpoint", OrNull(record.endpoint)},
          {"answers", std::string(SourceName(service.answers.kind)) + " " + std::string(service.answers.argument)}};
}

/// The refusals and rules that keep a service from the prompt.
auto KeptBy(const Table& table, std::span<const std::uint32_t> screens, std::uint32_t service) -> Json {
  Json names = Json::array();
  for (const std::uint32_t index : screens) {
    const ScreenView& screen = table.screens()[index];
    if (((screen.services >> service) & 1U) == 0) continue;
    const bool is_rule = screen.by == ScreenView::By::kRule;
    names.push_back(is_rule ? table.rules()[screen.index].name : table.refusals()[screen.index].name);
  }
  return names;
}

auto ServicesJson(const Table& table, const DecisionRecord& record) -> Json {
  Json json = Json::array();
  const std::vector<std::uint32_t> screens = MatchedScreens(table, record.attributes->values.classes());
  for (const ServiceRecord& call : record.services) {
    Json entry = CalledJson(table, call);
    entry["result"] = call.result;
    entry["kept_by"] = KeptBy(table, screens, call.service);
    entry["detail"] = OrNull(call.detail);
    entry["value"] = call.value.empty() ? Json(nullptr) : Json::parse(call.value);
    entry["took_ms"] = call.took_ms;
    json.push_back(std::move(entry));
  }
  return json;
}

auto StreamEndName(StreamEnd end) -> std::string_view {
  switch (end) {
    case StreamEnd::kCompleted:
      return "completed";
    case StreamEnd::kInterrupted:
      return "interrupted";
    case StreamEnd::kCallerGone:
      return "caller_gone";
  }
  std::abort();
}

}  // namespace

auto FormatTime(WallTime time) -> std::string {
  const auto since = std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch());
  const auto days = std::chrono::floor<std::chrono::days>(since);
  std::int64_t rest = (since - days).count();
  const auto pad = [](std::int64_t value, std::size_t width) {
    const std::string text = std::to_string(value);
    return std::string(width > text.size() ? width - text.size() : 0, '0') + text;
  };
  const std::int64_t ms = rest % 1000;
  rest /= 1000;
  return FormatDate(Date{static_cast<std::int32_t>(days.count())}) + "T" + pad(rest / 3600, 2) + ":" +
         pad(rest / 60 % 60, 2) + ":" + pad(rest % 60, 2) + "." + pad(ms, 3) + "Z";
}

auto DecisionLine(const Table& table, const DecisionRecord& record) -> std::string {
  const Decision& decision = *record.decision;
  Json route = nullptr;
  if (decision.route != kNone) {
    const RouteView& view = table.routes()[decision.route];
    route = Place(view.name, view.place);
  }
  Json line = {{"record", "decision"},
               {"id", record.id},
               {"time", FormatTime(record.time)},
               {"policy", table.policy_name()},
               {"version", table.policy_version()},
               {"bundle", table.hash()},
               {"pack", OrNull(record.pack)},
               {"tenant", record.tenant},
               {"key", OrNull(record.key)},
               {"asked_model", record.asked_model},
               {"attributes", AttributesJson(table, *record.attributes)},
               {"ignored", IgnoredJson(*record.attributes)},
               {"outcome", OutcomeName(decision.outcome)},
               {"route", std::move(route)},
               {"rules", RulesJson(table, record)},
               {"plan", PlanJson(table, record)},
               {"reason", OrNull(record.reason)}};
  if (!record.services.empty()) line["services"] = ServicesJson(table, record);
  if (record.shadow != nullptr) line["shadow"] = ShadowJson(*record.shadow);
  return Line(line);
}

auto AskingLine(const Table& table, const AskingRecord& record) -> std::string {
  Json services = Json::array();
  for (const ServiceRecord& call : record.services) services.push_back(CalledJson(table, call));
  return Line({{"record", "asking"},
               {"id", record.id},
               {"time", FormatTime(record.time)},
               {"policy", table.policy_name()},
               {"version", table.policy_version()},
               {"bundle", table.hash()},
               {"tenant", record.tenant},
               {"key", OrNull(record.key)},
               {"services", std::move(services)}});
}

auto OutcomeLine(const Table& table, const OutcomeRecord& record) -> std::string {
  Json attempts = Json::array();
  for (const AttemptRecord& attempt : record.attempts) {
    const DeploymentView& deployment = table.deployments()[attempt.deployment];
    attempts.push_back({{"deployment", deployment.name},
                        {"vendor", deployment.vendor},
                        {"jurisdiction", CountryCode(deployment.processed_in)},
                        {"endpoint", attempt.endpoint},
                        {"result", attempt.result},
                        {"detail", OrNull(attempt.detail)},
                        {"http_status", attempt.http_status == 0 ? Json(nullptr) : Json(attempt.http_status)},
                        {"started_ms", attempt.started_ms},
                        {"took_ms", attempt.took_ms}});
  }
  return Line({{"record", "outcome"},
               {"id", record.id},
               {"time", FormatTime(record.time)},
               {"status", record.status},
               {"code", OrNull(record.code)},
               {"attempts", std::move(attempts)},
               {"skipped", SkippedJson(table, record.skipped)},
               {"served_by", record.served_by ? Json(table.deployments()[*record.served_by].name) : Json(nullptr)},
               {"stream", record.stream},
               {"usage", ToJson(record.usage)},
               {"usage_note", OrNull(record.usage_note)},
               {"cost_usd", ToJson(record.cost)}});
}

auto UsageLine(const Table& table, const UsageRecord& record) -> std::string {
  return Line({{"record", "usage"},
               {"id", record.id},
               {"time", FormatTime(record.time)},
               {"deployment", table.deployments()[record.deployment].name},
               {"end", StreamEndName(record.end)},
               {"usage", ToJson(record.usage)},
               {"usage_note", OrNull(record.usage_note)},
               {"cost_usd", ToJson(record.cost)}});
}

}  // namespace route
