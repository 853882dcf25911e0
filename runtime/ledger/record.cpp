#include "runtime/ledger/record.h"

#include <cstdlib>
#include <string>

#include <nlohmann/json.hpp>

#include "runtime/signals/json_writer.h"

namespace route {
namespace {

/// A record of this kind, with what all of them begin with.
auto Begin(std::string_view kind, std::string_view id, WallTime time) -> JsonWriter {
  JsonWriter json;
  json.BeginObject().Key("record").Text(kind).Key("id").Text(id).Key("time").Text(FormatTime(time));
  return json;
}

auto End(JsonWriter& json) -> std::string {
  return json.EndObject().End("\n").Take();
}

void NumberOrNull(JsonWriter& json, std::optional<std::uint32_t> number) {
  if (number) {
    json.Number(std::uint64_t{*number});
  } else {
    json.Null();
  }
}

/// What an answer used, the note on it and what it cost.
void WriteUse(JsonWriter& json, const std::optional<TokenUsage>& usage, std::string_view note,
              const std::optional<NanoUsd>& cost) {
  json.Key("usage");
  if (usage) {
    json.BeginObject().Key("prompt_tokens").Number(usage->prompt_tokens);
    json.Key("completion_tokens").Number(usage->completion_tokens).EndObject();
  } else {
    json.Null();
  }
  json.Key("usage_note").TextOrNull(note);
  json.Key("cost_usd");
  if (cost) {
    json.Text(FormatUsd(*cost));
  } else {
    json.Null();
  }
}

void WritePlace(JsonWriter& json, std::string_view name, const SourcePlace& place) {
  json.BeginObject().Key("name").Text(name).Key("file").Text(place.file);
  json.Key("line").Number(std::uint64_t{place.line}).Key("policy").Text(place.policy).EndObject();
}

void WriteAttributes(JsonWriter& json, const Table& table, const DerivedAttributes& attributes) {
  json.Key("attributes").BeginObject();
  for (std::uint32_t i = 0; i < table.attributes().size(); ++i) {
    json.KeyOf(table.attributes()[i].name);
    if (attributes.values.IsSet(i)) {
      json.Text(attributes.values.Text(i));
    } else {
      json.Null();
    }
  }
  json.EndObject().Key("ignored").BeginArray();
  for (const Ignored& ignored : attributes.ignored) {
    json.BeginObject().Key("attribute").Text(ignored.attribute);
    json.Key("source").Text(ignored.source).Key("why").Text(ignored.why).EndObject();
  }
  json.EndArray();
}

void WriteRules(JsonWriter& json, const Table& table, const DecisionRecord& record) {
  json.Key("rules").BeginArray();
  const Decision& decision = *record.decision;
  if (decision.outcome != Outcome::kRefused) {
    for (const std::uint32_t rule : MatchedRules(table, record.attributes->values.classes())) {
      WritePlace(json, table.rules()[rule].name, table.rules()[rule].place);
    }
  } else if (decision.refusal != kNone) {
    const RefusalView& refusal = table.refusals()[decision.refusal];
    WritePlace(json, refusal.name, refusal.place);
  }
  json.EndArray();
}

void WritePlan(JsonWriter& json, const Table& table, const DecisionRecord& record) {
  json.Key("plan").BeginArray();
  for (std::size_t i = 0; i < record.plan.size(); ++i) {
    const DrawnTier& drawn = record.drawn[i];
    json.BeginObject().Key("tier").Text(table.tiers()[drawn.tier].label).Key("deployments").BeginArray();
    for (const CandidateView& candidate : record.plan[i].deployments) {
      json.BeginObject().Key("name").Text(table.deployments()[candidate.deployment].name);
      json.Key("weight").Number(std::uint64_t{candidate.weight}).EndObject();
    }
    json.EndArray().Key("draws").BeginArray();
    for (const std::uint64_t draw : drawn.draws) json.Number(draw);
    json.EndArray().Key("order").BeginArray();
    for (const std::uint32_t deployment : drawn.deployments) json.Text(table.deployments()[deployment].name);
    json.EndArray().Key("within_ms");
    NumberOrNull(json, drawn.within_ms);
    json.Key("retries");
    NumberOrNull(json, drawn.retries);
    json.EndObject();
  }
  json.EndArray();
}

void WriteShadow(JsonWriter& json, const ShadowRecord& shadow) {
  json.Key("shadow").BeginObject().Key("bundle").Text(shadow.bundle).Key("version").Text(shadow.version);
  json.Key("same").Bool(shadow.same).Key("outcome").Text(shadow.outcome).Key("route").TextOrNull(shadow.route);
  json.Key("plan").BeginArray();
  for (const auto& tier : shadow.plan) {
    json.BeginArray();
    for (const std::string& deployment : tier) json.Text(deployment);
    json.EndArray();
  }
  json.EndArray().EndObject();
}

void WriteAttempts(JsonWriter& json, const Table& table, std::span<const AttemptRecord> attempts) {
  json.Key("attempts").BeginArray();
  for (const AttemptRecord& attempt : attempts) {
    const DeploymentView& deployment = table.deployments()[attempt.deployment];
    json.BeginObject().Key("deployment").Text(deployment.name).Key("vendor").Text(deployment.vendor);
    json.Key("jurisdiction").Text(CountryCode(deployment.processed_in)).Key("endpoint").Text(attempt.endpoint);
    json.Key("result").Text(attempt.result).Key("detail").TextOrNull(attempt.detail).Key("http_status");
    NumberOrNull(json, attempt.http_status == 0 ? std::nullopt : std::optional<std::uint32_t>(attempt.http_status));
    json.Key("started_ms").Number(attempt.started_ms).Key("took_ms").Number(attempt.took_ms).EndObject();
  }
  json.EndArray();
}

void WriteSkipped(JsonWriter& json, const Table& table, std::span<const SkipRecord> skipped) {
  json.Key("skipped").BeginArray();
  for (const SkipRecord& skip : skipped) {
    json.BeginObject().Key("deployment").Text(table.deployments()[skip.deployment].name);
    json.Key("tier").Text(table.tiers()[skip.tier].label).Key("reason").Text(skip.reason);
    json.Key("detail").TextOrNull(skip.detail).Key("left_ms").Number(skip.left_ms);
    json.Key("after_attempts").Number(std::uint64_t{skip.attempts}).EndObject();
  }
  json.EndArray();
}

/// A service and where it runs; leaves the object open.
void WriteCalled(JsonWriter& json, const Table& table, const ServiceRecord& record) {
  const ServiceView& service = table.services()[record.service];
  json.BeginObject().Key("name").Text(service.name).Key("vendor").Text(service.vendor);
  json.Key("jurisdiction").Text(CountryCode(service.processed_in)).Key("endpoint").TextOrNull(record.endpoint);
  json.Key("answers").Text(std::string(SourceName(service.answers.kind)) + " " + std::string(service.answers.argument));
}

/// The refusals and rules that keep a service from the prompt.
void WriteKeptBy(JsonWriter& json, const Table& table, std::span<const std::uint32_t> screens, std::uint32_t service) {
  json.Key("kept_by").BeginArray();
  for (const std::uint32_t index : screens) {
    const ScreenView& screen = table.screens()[index];
    if (((screen.services >> service) & 1U) == 0) continue;
    const bool is_rule = screen.by == ScreenView::By::kRule;
    json.Text(is_rule ? table.rules()[screen.index].name : table.refusals()[screen.index].name);
  }
  json.EndArray();
}

void WriteServices(JsonWriter& json, const Table& table, const DecisionRecord& record) {
  json.Key("services").BeginArray();
  const std::vector<std::uint32_t> screens = MatchedScreens(table, record.attributes->values.classes());
  for (const ServiceRecord& call : record.services) {
    WriteCalled(json, table, call);
    json.Key("result").Text(call.result);
    WriteKeptBy(json, table, screens, call.service);
    json.Key("detail").TextOrNull(call.detail).Key("value");
    if (call.value.empty()) {
      json.Null();
    } else {
      json.Value(nlohmann::ordered_json::parse(call.value));
    }
    json.Key("took_ms").Number(call.took_ms).EndObject();
  }
  json.EndArray();
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
  const std::int64_t ms = (since - days).count();
  std::string text = FormatDate(Date{static_cast<std::int32_t>(days.count())});
  text.reserve(text.size() + std::string_view("T00:00:00.000Z").size());
  const auto add = [&](char before, std::int64_t value, std::int64_t tens) {
    text += before;
    for (; tens > 0; tens /= 10) text += static_cast<char>('0' + value / tens % 10);
  };
  add('T', ms / 3'600'000, 10);
  add(':', ms / 60'000 % 60, 10);
  add(':', ms / 1000 % 60, 10);
  add('.', ms % 1000, 100);
  return text += 'Z';
}

auto DecisionLine(const Table& table, const DecisionRecord& record) -> std::string {
  const Decision& decision = *record.decision;
  JsonWriter json = Begin("decision", record.id, record.time);
  json.Key("policy").Text(table.policy_name()).Key("version").Text(table.policy_version());
  json.Key("bundle").Text(table.hash()).Key("pack").TextOrNull(record.pack);
  json.Key("tenant").Text(record.tenant).Key("key").TextOrNull(record.key);
  json.Key("asked_model").Text(record.asked_model);
  WriteAttributes(json, table, *record.attributes);
  json.Key("outcome").Text(OutcomeName(decision.outcome)).Key("route");
  if (decision.route == kNone) {
    json.Null();
  } else {
    WritePlace(json, table.routes()[decision.route].name, table.routes()[decision.route].place);
  }
  WriteRules(json, table, record);
  WritePlan(json, table, record);
  json.Key("reason").TextOrNull(record.reason);
  if (!record.services.empty()) WriteServices(json, table, record);
  if (record.shadow != nullptr) WriteShadow(json, *record.shadow);
  return End(json);
}

auto AskingLine(const Table& table, const AskingRecord& record) -> std::string {
  JsonWriter json = Begin("asking", record.id, record.time);
  json.Key("policy").Text(table.policy_name()).Key("version").Text(table.policy_version());
  json.Key("bundle").Text(table.hash()).Key("tenant").Text(record.tenant).Key("key").TextOrNull(record.key);
  json.Key("services").BeginArray();
  for (const ServiceRecord& call : record.services) {
    WriteCalled(json, table, call);
    json.EndObject();
  }
  json.EndArray();
  return End(json);
}

auto OutcomeLine(const Table& table, const OutcomeRecord& record) -> std::string {
  JsonWriter json = Begin("outcome", record.id, record.time);
  json.Key("status").Number(std::uint64_t{record.status}).Key("code").TextOrNull(record.code);
  WriteAttempts(json, table, record.attempts);
  WriteSkipped(json, table, record.skipped);
  json.Key("served_by").TextOrNull(record.served_by ? table.deployments()[*record.served_by].name : std::string_view());
  json.Key("stream").Bool(record.stream);
  WriteUse(json, record.usage, record.usage_note, record.cost);
  return End(json);
}

auto UsageLine(const Table& table, const UsageRecord& record) -> std::string {
  JsonWriter json = Begin("usage", record.id, record.time);
  json.Key("deployment").Text(table.deployments()[record.deployment].name).Key("end").Text(StreamEndName(record.end));
  WriteUse(json, record.usage, record.usage_note, record.cost);
  return End(json);
}

}  // namespace route
