#include "runtime/gateway/services.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <memory>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>

#include "runtime/net/signal.h"
#include "runtime/upstream/answer.h"

namespace asio = boost::asio;

namespace route {
namespace {

constexpr std::string_view kAnswered = "answered";
constexpr std::string_view kCancelled = "cancelled";
constexpr std::string_view kCooldown = "cooldown";

/// One question, from before it is sent until its end.
struct Question {
  const ServiceView* service = nullptr;
  const ReachableService* target = nullptr;
  ServiceRecord* record = nullptr;
  UpstreamRequest request;
  Cancellation cancellation;
  ServiceAnswer answer;
  Admission admission;
  HealthSettings health;
  unsigned status = 0;  // of its answer; 0: none came
  std::optional<Milliseconds> retry_after;
};

/// The questions of one request. The coroutines that ask them keep it alive.
struct Round {
  explicit Round(const asio::any_io_executor& executor) : done(executor) {}

  std::vector<std::unique_ptr<Question>> questions;
  std::size_t open = 0;
  std::exception_ptr thrown;  // by one of them
  Signal done;                // all of them
};

using Body = std::expected<std::string, TransportFailure>;

/// The body of an answer that says something.
auto Exchanged(const GatewayProcess& process, UpstreamClient& client, Question& question, TimePoint deadline)
    -> asio::awaitable<Body> {
  auto opened = co_await client.Post(question.request, deadline, question.cancellation);
  if (!opened) co_return std::unexpected(std::move(opened.error()));
  const std::unique_ptr<Exchange> exchange = std::move(*opened);
  const unsigned status = exchange->status();
  question.status = status;
  question.retry_after =
      ParseRetryAfter(exchange->retry_after(), std::chrono::floor<std::chrono::seconds>(process.clock()));
  if (status < 200 || status >= 300) {
    const StatusMeaning meaning = MeaningOf(status);
    const auto* failure = std::get_if<Failure>(&meaning);
    co_return std::unexpected(
        TransportFailure{failure == nullptr ? Failure::kBroken : *failure, "status " + std::to_string(status)});
  }
  if (!IsJson(exchange->content_type())) {
    co_return std::unexpected(
        TransportFailure{Failure::kGarbage, "the content type is `" + std::string(exchange->content_type()) + "`"});
  }
  co_return co_await ReadBody(*exchange, deadline, kMostServiceAnswer);
}

auto WhyNot(const ServiceView& service, const ServiceRecord& record) -> std::string {
  return "service `" + std::string(service.name) + "`: " + std::string(record.result);
}

auto ResultOf(const ServiceRecord& record) -> ServiceResult {
  if (record.result == kAnswered) return ServiceResult::kAnswered;
  if (record.result == kCancelled) return ServiceResult::kCancelled;
  if (record.result == FailureName(Failure::kTimeout)) return ServiceResult::kTimeout;
  return record.result == FailureName(Failure::kGarbage) ? ServiceResult::kGarbage : ServiceResult::kFailed;
}

/// Tells the service's health how it answered.
void Judge(const Question& question, const Body& body) {
  DeploymentHealth& health = *question.target->health;
  const TimePoint now = TimePoint::clock::now();
  if (question.record->result == kAnswered) return health.Succeeded(now);
  if (question.record->result == kCancelled) return health.GaveUp(question.admission, now);
  const Failure failure = body ? Failure::kGarbage : body.error().failure;
  health.Failed({failure, question.retry_after}, question.status, question.health, now);
}

void Note(Question& question, Body body, std::chrono::microseconds took) {
  ServiceRecord& record = *question.record;
  record.took_ms = std::chrono::duration_cast<Milliseconds>(took).count();
  if (body) {
    auto value = ReadServiceAnswer(*body);
    if (value) {
      record.result = kAnswered;
      record.value = value->dump();
      question.answer.value = std::move(*value);
    } else {
      record.result = FailureName(Failure::kGarbage);
      record.detail = value.error();
    }
  } else {
    record.result = question.cancellation.cancelled() ? kCancelled : FailureName(body.error().failure);
    record.detail = body.error().detail;
  }
  if (!question.answer.value) question.answer.why = WhyNot(*question.service, record);
  if (question.target->health) Judge(question, body);
  if (question.target->metrics) question.target->metrics->Asked(ResultOf(record), took);
}

/// Keeps the round, which has the question.
auto Ask(std::shared_ptr<Round>, const GatewayProcess& process, Question& question, UpstreamClient& client,
         TimePoint deadline) -> asio::awaitable<void> {
  const TimePoint started = TimePoint::clock::now();
  Body body = co_await Exchanged(process, client, question, deadline);
  Note(question, std::move(body),
       std::chrono::duration_cast<std::chrono::microseconds>(TimePoint::clock::now() - started));
}

}  // namespace

auto AdmitServices(const ServedPolicy& policy, PreparedRequest& prepared, TimePoint now, TimePoint deadline)
    -> std::vector<Admission> {
  std::vector<Admission> admissions;
  for (ServiceRecord& record : prepared.services) {
    Admission& admission = admissions.emplace_back();
    const ReachableService& target = policy.services[record.service];
    if (!record.result.empty() || !target.health) continue;
    const TimePoint answer_by = std::min(deadline, now + Milliseconds(policy.table.services()[record.service].within_ms));
    admission = target.health->Admit(Company::kOthers, now, answer_by);
    if (!admission.skip) continue;
    record.result = kCooldown;
    record.detail = std::string(CooldownCauseName(admission.skip->cause)) + ", asked again in " +
                    std::to_string(admission.skip->left.count()) + " ms";
    if (target.metrics) target.metrics->PassedOver();
  }
  return admissions;
}

void GiveUpServices(const ServedPolicy& policy, const PreparedRequest& prepared,
                    const std::vector<Admission>& admissions, TimePoint now) {
  for (std::size_t i = 0; i < admissions.size(); ++i) {
    if (prepared.services[i].result.empty()) policy.services[prepared.services[i].service].health->GaveUp(admissions[i], now);
  }
}

auto AskServices(const GatewayState& state, PreparedRequest& prepared, const std::vector<Admission>& admissions,
                 UpstreamClient& client, TimePoint deadline, Cancellation& cancellation)
    -> asio::awaitable<std::vector<ServiceAnswer>> {
  const ServedPolicy& policy = state.PolicyOf(prepared.caller);
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  auto round = std::make_shared<Round>(executor);
  std::vector<ServiceAnswer> answers;
  for (std::size_t i = 0; i < prepared.services.size(); ++i) {
    ServiceRecord& record = prepared.services[i];
    const ServiceView& service = policy.table.services()[record.service];
    if (record.result == kCooldown) {
      answers.push_back({service.answers.kind, service.answers.argument, std::nullopt, WhyNot(service, record)});
    }
    if (!record.result.empty()) continue;
    auto question = std::make_unique<Question>();
    question->admission = admissions[i];
    question->health = {Milliseconds(state.config.service_cooldown_ms)};
    question->service = &service;
    question->target = &policy.services[record.service];
    question->record = &record;
    record.endpoint = question->target->endpoint.base_url;
    question->answer.kind = question->service->answers.kind;
    question->answer.question = question->service->answers.argument;
    UpstreamRequest& request = question->request;
    request.endpoint = &question->target->endpoint;
    request.path = request.endpoint->path.empty() ? "/" : "";
    if (!question->target->key.empty()) request.authorization = "Bearer " + question->target->key;
    request.body = ServiceQuestion(question->service->answers, prepared.text);
    round->questions.push_back(std::move(question));
  }
  round->open = round->questions.size();
  const TimePoint now = TimePoint::clock::now();
  for (const auto& question : round->questions) {
    const TimePoint until = std::min(deadline, now + Milliseconds(question->service->within_ms));
    asio::co_spawn(executor, Ask(round, *state.process, *question, client, until),
                   [round](const std::exception_ptr& thrown) {
                     if (thrown) round->thrown = thrown;
                     if (--round->open == 0) round->done.Give();
                   });
  }
  cancellation.OnCancel([round, &cancellation] {
    for (const auto& question : round->questions) question->cancellation.Cancel(*cancellation.cause());
  });
  while (round->open > 0) co_await round->done.Wait();
  cancellation.OnCancel({});
  if (round->thrown) std::rethrow_exception(round->thrown);
  for (const auto& question : round->questions) answers.push_back(std::move(question->answer));
  co_return answers;
}

}  // namespace route
