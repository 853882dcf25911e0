#include "runtime/gateway/answerer.h"

#include <algorithm>
#include <utility>

#include "runtime/gateway/append.h"

namespace asio = boost::asio;

namespace route {
namespace {

void SetRetryAfter(Reply& reply, Milliseconds left) {
  const auto seconds = std::max<std::int64_t>(1, (left.count() + 999) / 1000);
  for (auto& [name, value] : reply.headers) {
    if (name == "retry-after") value = std::to_string(seconds);
  }
}

}  // namespace

Answerer::Answerer(GatewayProcess& process, const DecidedRequest& request, const Tried& tried, LoopLog& log,
                   Responder& responder)
    : process_(process), request_(request), tried_(tried), log_(log), responder_(responder) {}

auto Answerer::Outcome(unsigned status, std::string_view code) const -> OutcomeRecord {
  OutcomeRecord record;
  record.id = request_.id;
  record.time = process_.clock();
  record.status = status;
  record.code = code;
  record.attempts = tried_.attempts();
  record.skipped = tried_.skipped();
  record.stream = request_.asked.stream;
  return record;
}

auto Answerer::OutcomeText(unsigned status, std::string_view code) const -> std::string {
  return OutcomeLine(request_.policy->table, Outcome(status, code));
}

auto Answerer::Record(const std::string& lines) -> asio::awaitable<bool> {
  const Durability result = co_await Append(log_, lines);
  if (result == Durability::kDurable) co_return true;
  const ApiError error{ApiCode::kLogUnavailable,
                       "the decision log cannot be written, and nothing is answered without it", ""};
  co_await SendError(error);
  co_return false;
}

auto Answerer::RecordLast(const std::string& lines) -> asio::awaitable<Durability> {
  return Append(log_, lines);
}

auto Answerer::WithHeaders(Reply reply, std::optional<std::uint32_t> deployment) const -> Reply {
  const Table& table = request_.policy->table;
  auto& headers = reply.headers;
  headers.emplace_back("x-route-decision-id", request_.id);
  headers.emplace_back("x-route-policy",
                       HeaderSafe(std::string(table.policy_name()) + "@" + std::string(table.policy_version())));
  if (request_.decision.route != kNone) {
    headers.emplace_back("x-route-rule", HeaderSafe(table.routes()[request_.decision.route].name));
  } else if (request_.decision.refusal != kNone) {
    headers.emplace_back("x-route-rule", HeaderSafe(table.refusals()[request_.decision.refusal].name));
  }
  if (deployment) {
    const DeploymentView& view = table.deployments()[*deployment];
    headers.emplace_back("x-route-deployment", HeaderSafe(view.name));
    headers.emplace_back("x-route-vendor", HeaderSafe(view.vendor));
    headers.emplace_back("x-route-jurisdiction", std::string(CountryCode(view.processed_in)));
  }
  headers.emplace_back("x-route-attempts", std::to_string(tried_.attempts().size()));
  return reply;
}

auto Answerer::Send(const Reply& reply, std::optional<ApiCode> code) -> asio::awaitable<Responder::Sent> {
  process_.metrics.Answered(code);
  return responder_.Send(reply);
}

auto Answerer::Begin(const Reply& reply) -> asio::awaitable<Responder::Sent> {
  process_.metrics.Answered(std::nullopt);
  return responder_.Begin(reply);
}

auto Answerer::SendError(const ApiError& error) -> asio::awaitable<void> {
  Reply reply = WithHeaders(ErrorReply(request_.asked.api, error));
  if (tried_.soonest() && error.code == ApiCode::kUpstreamUnavailable) SetRetryAfter(reply, *tried_.soonest());
  co_await Send(reply, error.code);
}

auto Answerer::AnswerError(const ApiError& error) -> asio::awaitable<void> {
  const std::string line = OutcomeText(StatusOf(error.code), CodeName(error.code));
  if (!co_await Record(line)) co_return;
  co_await SendError(error);
}

}  // namespace route
