#include "runtime/gateway/deployment_asker.h"

#include <chrono>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

#include "runtime/dialect/errors.h"
#include "runtime/dialect/plain_answer.h"
#include "runtime/gateway/pool.h"
#include "runtime/signals/json_writer.h"
#include "runtime/upstream/answer.h"
#include "runtime/upstream/caller_error.h"

namespace asio = boost::asio;

namespace route {
namespace {

constexpr std::size_t kMostAnswerBytes = std::size_t{64} << 20U;
constexpr std::size_t kMostErrorBytes = std::size_t{1} << 20U;
constexpr std::string_view kAnthropicVersion = "2023-06-01";

auto Fail(const TransportFailure& failure, unsigned status) -> AttemptFailed {
  return {{failure.failure, std::nullopt}, status, failure.detail};
}

auto Garbage(unsigned status, std::string detail) -> AttemptFailed {
  return {{Failure::kGarbage, std::nullopt}, status, std::move(detail)};
}

}  // namespace

DeploymentAsker::DeploymentAsker(const GatewayProcess& process, UpstreamClient& client, asio::any_io_executor pool,
                                 DecidedRequest& request, const std::vector<ForwardedHeader>& headers,
                                 Cancellation& cancellation)
    : process_(process),
      client_(client),
      pool_(std::move(pool)),
      request_(request),
      headers_(headers),
      cancellation_(cancellation),
      carrier_(request.asked),
      context_{request.asked.body, request.id,
               std::chrono::duration_cast<std::chrono::seconds>(process.clock().time_since_epoch()).count()} {}

auto DeploymentAsker::WayTo(std::uint32_t deployment) -> std::expected<Api, std::string> {
  return carrier_.WayTo(request_.policy->deployments[deployment].speaks);
}

auto DeploymentAsker::Ask(const StartAttempt& start) -> asio::awaitable<AttemptEnd> {
  const ReachableDeployment& target = request_.policy->deployments[start.deployment];
  sent_in_ = WayTo(start.deployment).value();
  sending_.endpoint = &target.endpoint;
  sending_.path = ApiPath(sent_in_);
  SetHeaders(target);
  auto write = [&] {
    sending_.body = carrier_.Body(sent_in_, request_.policy->table.deployments()[start.deployment].upstream_model);
  };
  co_await RunBySize(pool_, request_.body_bytes, write);
  auto opened = co_await client_.Post(sending_, start.answer_by, cancellation_);
  if (!opened) co_return Fail(opened.error(), 0);
  std::unique_ptr<Exchange> exchange = std::move(*opened);
  const unsigned status = exchange->status();
  const StatusMeaning meaning = MeaningOf(status);
  if (const auto* failure = std::get_if<Failure>(&meaning)) co_return FailureOf(*failure, *exchange);
  if (std::holds_alternative<CallerMistake>(meaning)) co_return co_await ReadMistake(start, *exchange);
  if (request_.asked.stream) co_return co_await ReadStreamStart(start, exchange);

  if (!IsJson(exchange->content_type())) {
    co_return Garbage(status, "the content type of an answer is `" + std::string(exchange->content_type()) + "`");
  }
  // The caller sees nothing of it before its last byte, so all of it has the time of the tier.
  auto body = co_await ReadBody(*exchange, start.answer_by, kMostAnswerBytes);
  if (!body) co_return Fail(body.error(), status);
  std::expected<PlainServed, std::string> served;
  auto read = [&] { served = ReadServed(status, std::move(*body)); };
  const std::size_t size = body->size();
  co_await RunBySize(pool_, size, read);
  if (!served) co_return Garbage(status, served.error());
  co_return std::move(*served);
}

/// What the upstream is sent besides the body.
void DeploymentAsker::SetHeaders(const ReachableDeployment& target) {
  sending_.headers.clear();
  bool has_version = false;
  for (const ForwardedHeader& header : headers_) {
    if (header.name.starts_with("anthropic-") && sent_in_ != Api::kMessages) continue;
    // What is translated is written for the version below, whatever the caller's.
    const bool is_version = header.name == "anthropic-version";
    if (is_version && request_.asked.api != Api::kMessages) continue;
    has_version = has_version || is_version;
    sending_.headers.push_back(header);
  }
  if (sent_in_ == Api::kMessages) {
    if (!has_version) sending_.headers.push_back({"anthropic-version", std::string(kAnthropicVersion)});
    if (!target.key.empty()) sending_.headers.push_back({"x-api-key", target.key});
  }
  sending_.authorization = sent_in_ == Api::kMessages || target.key.empty() ? "" : "Bearer " + target.key;
}

auto DeploymentAsker::FailureOf(Failure failure, const Exchange& exchange) const -> AttemptFailed {
  const unsigned status = exchange.status();
  const bool may_wait = status == 429 || status == 503;
  const auto after =
      may_wait ? ParseRetryAfter(exchange.retry_after(), std::chrono::floor<std::chrono::seconds>(process_.clock()))
               : std::nullopt;
  return {{failure, after}, status, ""};
}

/// An error that names the request as the cause, unless it is about the model: then others may serve it.
auto DeploymentAsker::ReadMistake(const StartAttempt& start, Exchange& exchange) -> asio::awaitable<AttemptEnd> {
  const unsigned status = exchange.status();
  auto body = co_await ReadBody(exchange, start.answer_by, kMostErrorBytes);
  if (!body) co_return Fail(body.error(), status);
  const auto about_model = RecogniseCallerError(status, *body);
  CallerErrorAnswer answer{start.deployment, status, std::string(exchange.content_type()), std::move(*body)};
  if (sent_in_ != request_.asked.api) {
    answer.content_type = "application/json";
    answer.body = ToText(ErrorJson(request_.asked.api, ReadErrorBody(status, answer.body)));
  }
  if (!about_model) co_return answer;
  co_return AttemptFailed{{*about_model, std::nullopt}, status, "", std::move(answer)};
}

auto DeploymentAsker::ReadStreamStart(const StartAttempt& start, std::unique_ptr<Exchange>& exchange)
    -> asio::awaitable<AttemptEnd> {
  const unsigned status = exchange->status();
  if (!IsEventStream(exchange->content_type())) {
    co_return Garbage(status, "the content type of a stream is `" + std::string(exchange->content_type()) + "`");
  }
  StreamServed served{status, std::move(exchange), StreamCarrier(sent_in_, request_.asked.api, context_), {}};
  while (served.carrier.state() == StreamCarrier::State::kWaiting) {
    const auto bytes = co_await served.exchange->Read(start.answer_by);
    if (!bytes) co_return Fail(bytes.error(), status);
    if (bytes->empty()) co_return Garbage(status, "the stream ended before its first event");
    served.carrier.Feed(*bytes);
    served.meter.Feed(*bytes);
  }
  if (served.carrier.state() == StreamCarrier::State::kGarbage) {
    co_return Garbage(status, "the first event of the stream is no part of an answer");
  }
  co_return AttemptEnd(std::move(served));
}

/// The answer as the caller gets it, or why it is none.
auto DeploymentAsker::ReadServed(unsigned status, std::string body) const -> std::expected<PlainServed, std::string> {
  if (sent_in_ == request_.asked.api) {
    auto usage = CheckPlainAnswer(sent_in_, body);
    if (!usage) return std::unexpected(std::move(usage.error()));
    return PlainServed{status, std::move(body), std::move(*usage)};
  }
  const auto answer = ReadPlainAnswer(sent_in_, body);
  if (!answer) return std::unexpected(answer.error());
  const auto translated = TranslateAnswer(sent_in_, answer->body, request_.asked.api, context_);
  if (!translated) return std::unexpected(translated.error());
  return PlainServed{status, ToText(*translated), answer->usage};
}

}  // namespace route
