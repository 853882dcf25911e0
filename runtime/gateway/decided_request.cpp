#include "runtime/gateway/decided_request.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "runtime/signals/clock.h"
#include "runtime/signals/request_contents.h"
#include "runtime/values/letter_case.h"

namespace route {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kBearer = "bearer ";

auto ModelJson(const DeploymentView& deployment, Api api) -> Json {
  if (api == Api::kMessages) {
    return {{"type", "model"}, {"id", deployment.name}, {"display_name", deployment.name}, {"created_at", "1970-01-01T00:00:00Z"}};
  }
  return {{"id", deployment.name}, {"object", "model"}, {"created", 0}, {"owned_by", deployment.vendor}};
}

auto BadKey(std::string message) -> std::unexpected<ApiError> {
  return std::unexpected(ApiError{ApiCode::kInvalidApiKey, std::move(message), ""});
}

/// Why a value that was given did not count, for the attribute that is missing because of it.
auto WhyMissing(const DerivedAttributes& attributes, std::string_view name) -> std::string {
  for (const Ignored& ignored : attributes.ignored) {
    if (ignored.attribute == name) return " (" + ignored.source + ": " + ignored.why + ")";
  }
  return {};
}

auto NamesOf(const Table& table, std::span<const PlanTier> plan) -> std::vector<std::vector<std::string>> {
  std::vector<std::vector<std::string>> names;
  for (const PlanTier& tier : plan) {
    auto& row = names.emplace_back();
    for (const CandidateView& candidate : tier.deployments) {
      row.emplace_back(table.deployments()[candidate.deployment].name);
    }
  }
  return names;
}

auto RouteName(const Table& table, const Decision& decision) -> std::string {
  return decision.route == kNone ? std::string() : std::string(table.routes()[decision.route].name);
}

/// What the shadow bundle says to the same facts and answers; whether that is the same is not known yet.
auto DecideShadow(const Table& table, DerivedAttributes attributes, std::span<const ServiceAnswer> answers) -> ShadowRecord {
  AddServiceAnswers(table, answers, attributes);
  Decision decision;
  decision.outcome = Outcome::kRefused;
  if (!attributes.missing) decision = Decide(table, attributes.values.classes());
  return {std::string(table.hash()),
          std::string(table.policy_version()),
          true,
          std::string(OutcomeName(decision.outcome)),
          RouteName(table, decision),
          NamesOf(table, Plan(table, decision))};
}

/// Which services attributes ask, and what keeps those from it that are not asked.
void AddServices(const Table& table, const ModelRequest& asked, PreparedRequest& prepared) {
  if (table.services().empty() || prepared.known.missing) return;
  const std::uint64_t allowed = ServicesAsked(table, prepared.known.values.classes());
  for (std::uint32_t s = 0; s < table.services().size(); ++s) {
    if (table.services()[s].attributes.empty()) continue;
    ServiceRecord& record = prepared.services.emplace_back();
    record.service = s;
    if (((allowed >> s) & 1U) == 0) record.result = "not_allowed";
  }
  if (!prepared.HasQuestions()) return;
  prepared.text = ReadContents(asked).text;
  if (prepared.text.size() <= kMostServiceText) return;
  for (ServiceRecord& record : prepared.services) {
    if (record.result.empty()) record.result = "text_too_long";
  }
}

void CompareWithShadow(DecidedRequest& request, Metrics& metrics) {
  const Table& table = request.policy->table;
  ShadowRecord& shadow = *request.shadow;
  shadow.same = shadow.outcome == OutcomeName(request.decision.outcome) &&
                shadow.route == RouteName(table, request.decision) && shadow.plan == NamesOf(table, request.plan);
  metrics.Count(shadow.same ? Metrics::Counter::kShadowSame : Metrics::Counter::kShadowDifferent);
}

}  // namespace

auto Authenticate(const TenantRegistry& tenants, std::span<const HeaderField> headers)
    -> std::expected<std::uint32_t, ApiError> {
  std::optional<std::string_view> key;
  for (const HeaderField& header : headers) {
    std::string_view value = header.value;
    if (SameInAnyCase(header.name, "authorization")) {
      if (!SameInAnyCase(value.substr(0, kBearer.size()), kBearer)) {
        return BadKey("the Authorization header must have the form `Bearer KEY`");
      }
      value.remove_prefix(kBearer.size());
    } else if (!SameInAnyCase(header.name, "x-api-key")) {
      continue;
    }
    if (key) return BadKey("the request has more than one API key");
    key = value;
  }
  if (!key) return BadKey("the request has no API key: send it as `Authorization: Bearer KEY` or as `x-api-key: KEY`");
  const auto tenant = tenants.FindByKey(*key);
  if (!tenant) return BadKey("the API key is not known here");
  return *tenant;
}

auto PreparedRequest::HasQuestions() const -> bool {
  return std::ranges::any_of(services, [](const ServiceRecord& service) { return service.result.empty(); });
}

auto PrepareRequest(const GatewayState& state, std::uint32_t caller, ModelRequest asked,
                    std::span<const HeaderField> headers, WallTime now, Random& random) -> PreparedRequest {
  const ServedPolicy& policy = state.PolicyOf(caller);
  const Decimal spent = state.accounts[caller]->Share(DayIn(policy.zone, now));
  const RequestFacts facts{state.tenants.TenantOf(caller), headers, asked, spent,
                           std::chrono::floor<std::chrono::seconds>(now)};
  PreparedRequest prepared{MakeId(now, random), caller, {}, DeriveKnown(policy.table, facts), {}, {}, {}};
  if (const Table* shadow = state.ShadowOf(caller)) prepared.shadow_known = DeriveKnown(*shadow, facts);
  AddServices(policy.table, asked, prepared);
  prepared.asked = std::move(asked);
  return prepared;
}

auto DecideRequest(const GatewayState& state, std::uint32_t caller, ModelRequest asked,
                   std::span<const HeaderField> headers, WallTime now, Random& random) -> DecidedRequest {
  return DecideRequest(state, PrepareRequest(state, caller, std::move(asked), headers, now, random), {}, random);
}

auto DecideRequest(const GatewayState& state, PreparedRequest prepared, std::span<const ServiceAnswer> answers,
                   Random& random) -> DecidedRequest {
  const ServedPolicy& policy = state.PolicyOf(prepared.caller);
  AddServiceAnswers(policy.table, answers, prepared.known);
  std::optional<ShadowRecord> shadow_record;
  if (prepared.shadow_known) {
    shadow_record = DecideShadow(*state.ShadowOf(prepared.caller), std::move(*prepared.shadow_known), answers);
  }
  DecidedRequest request{std::move(prepared.id),
                         prepared.caller,
                         &policy,
                         std::move(prepared.asked),
                         std::move(prepared.known),
                         {},
                         {},
                         {},
                         {},
                         std::move(shadow_record),
                         std::move(prepared.services)};
  if (request.attributes.missing) {
    request.decision.outcome = Outcome::kRefused;
  } else {
    request.decision = Decide(policy.table, request.attributes.values.classes());
    request.plan = Plan(policy.table, request.decision);
    request.drawn = DrawTiers(policy.table, request.plan, random);
  }
  if (request.decision.outcome != Outcome::kRouted) {
    request.reason = ReportOf(request).reason.value_or("");
  }
  if (request.shadow) CompareWithShadow(request, state.process->metrics);
  return request;
}

auto RefusalOf(const DecidedRequest& request) -> std::optional<ApiError> {
  switch (request.decision.outcome) {
    case Outcome::kRouted:
      return std::nullopt;
    case Outcome::kRefused:
      return ApiError{ApiCode::kPolicyRefused, request.reason, ""};
    case Outcome::kUncovered:
      return ApiError{ApiCode::kPolicyUncovered, request.reason, ""};
    case Outcome::kUnservable:
      return ApiError{ApiCode::kPolicyUnservable, request.reason, ""};
  }
  std::abort();
}

auto ReportOf(const DecidedRequest& request) -> DecisionReport {
  const Table& table = request.policy->table;
  if (request.attributes.missing) {
    const std::string_view name = table.attributes()[*request.attributes.missing].name;
    DecisionReport report = ReportMissingAttribute(name);
    report.reason = report.reason.value_or("") + WhyMissing(request.attributes, name);
    return report;
  }
  return Report(table, request.attributes.values.classes(), request.decision);
}

auto DecisionLineOf(const GatewayState& state, const DecidedRequest& request, WallTime now) -> std::string {
  DecisionRecord record;
  record.id = request.id;
  record.time = now;
  record.tenant = state.tenants.TenantOf(request.caller).id;
  record.key = state.tenants.KeyOf(request.caller).name;
  record.asked_model = request.asked.model;
  record.pack = request.policy->pack;
  record.attributes = &request.attributes;
  record.decision = &request.decision;
  record.plan = request.plan;
  record.drawn = request.drawn;
  record.reason = request.reason;
  record.shadow = request.shadow ? &*request.shadow : nullptr;
  record.services = request.services;
  return DecisionLine(request.policy->table, record);
}

auto AskingLineOf(const GatewayState& state, const PreparedRequest& request, WallTime now) -> std::string {
  const ServedPolicy& policy = state.PolicyOf(request.caller);
  std::vector<ServiceRecord> asked;
  for (const ServiceRecord& service : request.services) {
    if (!service.result.empty()) continue;
    asked.push_back(service);
    asked.back().endpoint = policy.services[service.service].endpoint.base_url;
  }
  AskingRecord record;
  record.id = request.id;
  record.time = now;
  record.tenant = state.tenants.TenantOf(request.caller).id;
  record.key = state.tenants.KeyOf(request.caller).name;
  record.services = asked;
  return AskingLine(policy.table, record);
}

auto MakeId(WallTime now, Random& random) -> std::string {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const auto ms =
      static_cast<std::uint64_t>(std::chrono::floor<std::chrono::milliseconds>(now.time_since_epoch()).count());
  const std::uint64_t high = (ms << 16U) | 0x7000U | (random.Bits() & 0x0FFFU);
  const std::uint64_t low = (random.Bits() & 0x3FFF'FFFF'FFFF'FFFFU) | 0x8000'0000'0000'0000U;
  std::string id = "00000000-0000-0000-0000-000000000000";
  unsigned digit = 0;
  for (char& place : id) {
    if (place == '-') continue;
    const std::uint64_t half = digit < 16 ? high : low;
    place = kDigits[(half >> (60U - 4U * (digit % 16U))) & 0xFU];
    ++digit;
  }
  return id;
}

auto ModelList(const Table& table, Api api) -> std::string {
  Json data = Json::array();
  for (const DeploymentView& deployment : table.deployments()) data.push_back(ModelJson(deployment, api));
  if (api != Api::kMessages) return Json{{"object", "list"}, {"data", std::move(data)}}.dump();
  const Json first = data.empty() ? Json(nullptr) : data.front()["id"];
  const Json last = data.empty() ? Json(nullptr) : data.back()["id"];
  return Json{{"data", std::move(data)}, {"has_more", false}, {"first_id", first}, {"last_id", last}}.dump();
}

auto ModelEntry(const Table& table, std::string_view name, Api api) -> std::optional<std::string> {
  for (const DeploymentView& deployment : table.deployments()) {
    if (deployment.name == name) return ModelJson(deployment, api).dump();
  }
  return std::nullopt;
}

}  // namespace route
