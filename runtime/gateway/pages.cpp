#include "runtime/gateway/pages.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "runtime/gateway/append.h"
#include "runtime/gateway/decided_request.h"
#include "runtime/gateway/forward.h"
#include "runtime/gateway/pool.h"
#include "runtime/gateway/services.h"
#include "runtime/signals/json_writer.h"
#include "runtime/values/letter_case.h"

namespace asio = boost::asio;

namespace route {
namespace {

/// What of the newer one is translated has the same form in the older.
constexpr auto kAnthropicVersions = std::to_array<std::string_view>({"2023-06-01", "2026-10-21"});

enum class Kind : std::uint8_t { kModel, kDecide, kModels, kHealth, kReady };

struct Page {
  std::string_view path;
  Kind kind;
  Api api;
};

constexpr auto kPages = std::to_array<Page>({{"/v1/chat/completions", Kind::kModel, Api::kChat},
                                             {"/v1/completions", Kind::kModel, Api::kCompletions},
                                             {"/v1/embeddings", Kind::kModel, Api::kEmbeddings},
                                             {"/v1/responses", Kind::kModel, Api::kResponses},
                                             {"/v1/messages", Kind::kModel, Api::kMessages},
                                             {"/v1/route/decide", Kind::kDecide, Api::kChat},
                                             {"/v1/models", Kind::kModels, Api::kChat},
                                             {"/healthz", Kind::kHealth, Api::kChat},
                                             {"/readyz", Kind::kReady, Api::kChat}});

/// What callers of these APIs may look for, and why it is not there.
struct Missing {
  std::string_view prefix;
  std::string_view why;
};
constexpr auto kMissing = std::to_array<Missing>({
    {"/v1/messages/count_tokens",
     "tokens are not counted here: no provider is asked before a decision, and none counts like another"},
    {"/v1/messages/batches", "batches would have to be stored: send each request to POST /v1/messages"},
    {"/v1/responses/", "answers are not stored here: send the whole conversation to POST /v1/responses"},
    {"/v1/conversations", "conversations are not stored here: send the whole conversation to POST /v1/responses"},
});

auto HeaderOf(const RequestHead& head, std::string_view name) -> std::optional<std::string_view> {
  for (const HeaderField& field : head.headers) {
    if (SameInAnyCase(field.name, name)) return field.value;
  }
  return std::nullopt;
}

/// A target in origin form (`/v1/models?x`) or absolute form (`http://host/v1/models?x`) in its parts.
struct Target {
  std::string_view path;
  std::string_view query;
};
auto ReadTarget(std::string_view target) -> Target {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!SameInAnyCase(target.substr(0, scheme.size()), scheme)) continue;
    const std::string_view rest = target.substr(scheme.size());
    const std::size_t end = rest.find_first_of("/?");
    if (end == 0) break;  // names no host
    if (end == std::string_view::npos) return {"/", {}};
    if (rest[end] == '?') return {"/", rest.substr(end + 1)};
    target = rest.substr(end);
    break;
  }
  const std::size_t mark = target.find('?');
  if (mark == std::string_view::npos) return {target, {}};
  return {target.substr(0, mark), target.substr(mark + 1)};
}

auto PageAt(std::string_view path) -> std::optional<Page> {
  const auto found = std::ranges::find(kPages, path, &Page::path);
  if (found != kPages.end()) return *found;
  constexpr std::string_view kOneModel = "/v1/models/";
  if (path.starts_with(kOneModel) && path.size() > kOneModel.size()) return Page{path, Kind::kModels, Api::kChat};
  return std::nullopt;
}

auto TakesBody(Kind kind) -> bool {
  return kind == Kind::kModel || kind == Kind::kDecide;
}

auto NotFound(std::string_view path) -> ApiError {
  const auto known =
      std::ranges::find_if(kMissing, [&](const Missing& missing) { return path.starts_with(missing.prefix); });
  if (known != kMissing.end()) return {ApiCode::kNotFound, std::string(known->why), ""};
  return {ApiCode::kNotFound, "there is nothing at this path: chat completions are at POST /v1/chat/completions", ""};
}

/// `POST /v1/route/decide?api=messages` takes the body of that API. Other parameters may stand beside it, this one only once.
auto ApiInQuery(std::string_view query) -> std::optional<Api> {
  constexpr std::string_view kName = "api=";
  std::optional<Api> api;
  while (!query.empty()) {
    const std::string_view parameter = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), parameter.size() + 1));
    if (!parameter.starts_with(kName)) continue;
    const auto named = ApiNamed(parameter.substr(kName.size()));
    if (!named || api) return std::nullopt;
    api = named;
  }
  return api.value_or(Api::kChat);
}

auto Ok(std::string body) -> Reply {
  Reply reply;
  reply.body = std::move(body);
  return reply;
}

/// The error as an answer, counted.
auto Refuse(const GatewayState& state, Api api, const ApiError& error) -> Reply {
  state.process->metrics.Answered(error.code);
  return ErrorReply(api, error);
}

auto Readiness(const GatewayProcess& process, Phase phase) -> Reply {
  const bool ready = process.log->healthy() && (!process.store || process.store->healthy()) && phase == Phase::kServing;
  Reply reply = Ok(ready ? R"({"status":"ready"})" : R"({"status":"not ready"})");
  reply.status = ready ? 200 : 503;
  return reply;
}

auto Models(const GatewayState& state, std::uint32_t caller, std::string_view path, Api api) -> Reply {
  const Table& table = state.PolicyOf(caller).table;
  if (path == "/v1/models") return Ok(ModelList(table, api));
  const std::string_view name = path.substr(std::string_view("/v1/models/").size());
  if (auto entry = ModelEntry(table, name, api)) return Ok(std::move(*entry));
  return Refuse(state, api, {ApiCode::kNotFound, "the policy has no deployment of this name", "model"});
}

/// What in the headers of a request with a body keeps it from being read.
auto CheckHeaders(const RequestHead& head) -> std::optional<ApiError> {
  const auto coding = HeaderOf(head, "content-encoding");
  if (coding && !coding->empty() && !SameInAnyCase(*coding, "identity")) {
    return ApiError{ApiCode::kInvalidRequest, "the body must not be compressed: send it without Content-Encoding", ""};
  }
  const auto version = HeaderOf(head, "anthropic-version");
  if (version && std::ranges::find(kAnthropicVersions, *version) == kAnthropicVersions.end()) {
    return ApiError{ApiCode::kInvalidRequest,
                    "the versions of Anthropic's API that are spoken here are 2023-06-01 and 2026-10-21", ""};
  }
  return std::nullopt;
}

auto PassedOn(const RequestHead& head) -> std::vector<ForwardedHeader> {
  std::vector<ForwardedHeader> headers;
  for (const char* name : {"traceparent", "tracestate", "anthropic-version", "anthropic-beta"}) {
    const auto value = HeaderOf(head, name);
    if (value && !value->empty()) headers.push_back({name, std::string(*value)});
  }
  return headers;
}

}  // namespace

auto ErrorApiOf(const RequestHead& head) -> Api {
  const std::string_view path = ReadTarget(head.target).path;
  if (path.starts_with("/v1/messages") || HeaderOf(head, "anthropic-version")) return Api::kMessages;
  const auto page = PageAt(path);
  return page ? page->api : Api::kChat;
}

auto JudgeHead(const GatewayState& state, Phase phase, const RequestHead& head)
    -> std::variant<Reply, AdmittedRequest> {
  const Target target = ReadTarget(head.target);
  const Api error_api = ErrorApiOf(head);
  const auto page = PageAt(target.path);
  if (!page) return Refuse(state, error_api, NotFound(target.path));
  const bool takes_body = TakesBody(page->kind);
  if (takes_body ? head.method != "POST" : head.method != "GET" && head.method != "HEAD") {
    const std::string allow = takes_body ? "POST" : "GET, HEAD";
    Reply reply = Refuse(state, error_api, {ApiCode::kMethodNotAllowed, "this path takes " + allow, ""});
    reply.headers.emplace_back("allow", allow);
    return reply;
  }
  if (page->kind == Kind::kHealth) return Ok(R"({"status":"ok"})");
  if (page->kind == Kind::kReady) return Readiness(*state.process, phase);
  const auto caller = Authenticate(state.tenants, head.headers);
  if (!caller) return Refuse(state, error_api, caller.error());
  if (page->kind == Kind::kModels) return Models(state, *caller, target.path, error_api);
  if (const auto problem = CheckHeaders(head)) return Refuse(state, error_api, *problem);
  if (page->kind == Kind::kModel) return AdmittedRequest{page->api, AdmittedRequest::Purpose::kServe, *caller};
  const auto api = ApiInQuery(target.query);
  if (!api) {
    return Refuse(state, error_api,
                  {ApiCode::kInvalidRequest,
                   "`api` in the query must be one of `chat`, `completions`, `embeddings`, `responses` and `messages`, once", ""});
  }
  return AdmittedRequest{*api, AdmittedRequest::Purpose::kDecide, *caller};
}

auto ServeAdmitted(SessionHost& host, const std::shared_ptr<const GatewayState>& state, AdmittedRequest admitted,
                   const RequestHead& head, std::string& body, Responder& responder,
                   const std::shared_ptr<Cancellation>& cancellation) -> asio::awaitable<void> {
  const TimePoint accepted = TimePoint::clock::now();
  std::optional<PreparedRequest> prepared;
  std::optional<RequestError> wrong;
  const std::size_t size = body.size();
  const auto prepare = [&](Random& random) {
    auto asked = ParseModelRequest(admitted.api, body);
    if (!asked) {
      wrong = std::move(asked.error());
      return;
    }
    std::string().swap(body);  // gives its memory back, as an assignment does not
    prepared = PrepareRequest(*state, admitted.caller, std::move(*asked), head.headers, state->process->clock(), random);
  };
  if (size <= kInlineBytes) {
    prepare(host.random());
  } else {
    auto work = [&] {
      SystemRandom random;  // the loop's belongs to the loop's thread
      prepare(random);
    };
    const asio::any_io_executor pool = host.pool();
    co_await RunOnPool(pool, work);
  }
  if (wrong) {
    const Reply reply = Refuse(*state, admitted.api, {ApiCode::kInvalidRequest, wrong->message, wrong->param});
    co_await responder.Send(reply);
    co_return;
  }
  std::vector<ServiceAnswer> answers;
  if (prepared->HasQuestions()) {
    const ServedPolicy& policy = state->PolicyOf(admitted.caller);
    const TimePoint deadline = accepted + Milliseconds(policy.table.limits().deadline_ms);
    const std::vector<Admission> admissions = AdmitServices(policy, *prepared, TimePoint::clock::now(), deadline);
    Durability recorded = Durability::kDurable;
    if (prepared->HasQuestions()) {
      const std::string line = AskingLineOf(*state, *prepared, state->process->clock());
      recorded = co_await Append(host.log(), line);
    }
    if (recorded != Durability::kDurable) {
      GiveUpServices(policy, *prepared, admissions, TimePoint::clock::now());
      const Reply reply = Refuse(*state, admitted.api, {ApiCode::kLogUnavailable, "the decision log cannot be written, and no service is asked without it", ""});
      co_await responder.Send(reply);
      co_return;
    }
    answers = co_await AskServices(*state, *prepared, admissions, host.client(), deadline, *cancellation);
  }
  DecidedRequest decided = DecideRequest(*state, std::move(*prepared), answers, host.random());
  decided.body_bytes = size;
  if (admitted.purpose == AdmittedRequest::Purpose::kDecide) {
    const Reply reply = Ok(ToText(ToJson(ReportOf(decided))));
    co_await responder.Send(reply);
    co_return;
  }
  const std::vector<ForwardedHeader> passed_on = PassedOn(head);
  const ServingThread thread{host.client(), host.inbox(), host.log(), host.random(), host.pool()};
  co_await ServeRequest(*state, thread, decided, passed_on, accepted, responder, *cancellation);
}

}  // namespace route
