#include "tests/gateway/one_request.h"

#include <filesystem>
#include <sstream>

#include <doctest/doctest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <nlohmann/json.hpp>

#include "runtime/net/signal.h"
#include "runtime/table/sha256.h"
#include "tests/gateway/make_bundle.h"

namespace asio = boost::asio;

namespace route::tests {
namespace {

const std::string kTenant = "acme";

auto MakeOne(const Folder& folder, const OneRequest::Options& options, HeldStore*& store)
    -> std::shared_ptr<GatewayState> {
  const std::uint32_t answer_tokens = options.cost_hundredth_cents == 0 ? 0 : 1000;  // which a limit of cost needs
  const Limits limits{6, 4000, answer_tokens, options.cost_hundredth_cents};
  auto table = Table::FromBytes(testing::SamplePolicy(testing::Verified::kYes, limits));
  REQUIRE(table.has_value());
  GatewayConfig config;
  config.tenants = {{kTenant, {{"", Sha256Hex(std::string_view("key"))}}, {}, options.caps}};
  config.cooldown_ms = 60'000;
  auto process = std::make_shared<GatewayProcess>();
  process->log = std::move(OpenLog(folder.File("log")).writer);
  auto held = std::make_unique<HeldStore>();
  store = held.get();
  process->store = std::move(held);
  process->clock = [] { return WallTime(std::chrono::sys_days(std::chrono::year(2026) / 11 / 24)); };
  std::vector<ReachableDeployment> deployments(3);
  for (auto& deployment : deployments) {
    deployment.endpoint = *ParseEndpoint(options.base_url);
    deployment.key = "secret";
    deployment.speaks = options.speaks;
  }
  std::vector<ServedPolicy> policies;
  policies.push_back({std::move(*table), std::move(deployments)});
  return MakeState(std::move(policies), {0}, std::move(config), std::move(process));
}

}  // namespace

void HeldStore::Add(SpendEntry entry, Done done) {
  entries.push_back(std::move(entry));
  if (at_once) return done(*at_once);
  held_.push_back(std::move(done));
}

void HeldStore::Answer(Kept kept) {
  for (Done& done : std::exchange(held_, {})) done(kept);
}

auto Caller::Note(std::string call) -> Sent {
  const Sent sent = on_call(call);
  calls.push_back(std::move(call));
  return sent;
}

auto Caller::Send(const Reply& sent) -> asio::awaitable<Sent> {
  reply = sent;
  co_return Note("send " + std::to_string(sent.status));
}

auto Caller::Begin(const Reply& begun) -> asio::awaitable<Sent> {
  reply = begun;
  co_return Note("begin " + std::to_string(begun.status));
}

auto Caller::Write(std::string_view piece) -> asio::awaitable<Sent> {
  if (piece.empty()) co_return Sent::kYes;
  co_return Note("write " + std::string(piece));
}

auto Caller::End() -> asio::awaitable<Sent> {
  co_return Note("end");
}

OneRequest::OneRequest(Options options) : state(MakeOne(folder, options, store)) {
  process = state->process;
  inbox.emplace(loop->get_executor());
  log.emplace(*inbox, *process->log);
  client.emplace(loop->get_executor(), UpstreamClient::Options{});
  auto asked = ParseModelRequest(options.api, options.body);
  REQUIRE(asked.has_value());
  SystemRandom random;
  request.emplace(DecideRequest(*state, 0, std::move(*asked), {}, process->clock(), random));
  request->body_bytes = options.body.size();
  REQUIRE(request->decision.outcome == Outcome::kRouted);
}

OneRequest::~OneRequest() {
  Drop();
}

void OneRequest::Run(std::function<asio::awaitable<void>()> work) {
  Start(std::move(work));
  loop->restart();
  log->Run(*loop);
  CHECK(has_ended);
  if (thrown) std::rethrow_exception(thrown);
}

void OneRequest::Start(std::function<asio::awaitable<void>()> work) {
  has_ended = false;
  thrown = nullptr;
  asio::post(*loop, [this, work = std::move(work)] {
    asio::co_spawn(*loop, work, [this](const std::exception_ptr& failure) {
      has_ended = true;
      thrown = failure;
    });
  });
}

void OneRequest::RunUntil(const std::function<bool()>& done) {
  while (!done()) {
    loop->restart();
    asio::steady_timer look(*loop, std::chrono::milliseconds(1));
    look.async_wait([this](const boost::system::error_code&) { loop->stop(); });
    log->Run(*loop);
  }
}

void OneRequest::Drop() {
  if (!loop) return;
  store->Answer(SpendStore::Kept::kNo);  // the inbox waits for it
  // The coroutines' frames go with the loop, while all that they refer to is still there.
  log.reset();
  process->log.reset();  // answers what was appended
  client.reset();
  inbox.reset();
  loop.reset();
}

auto OneRequest::Records() const -> std::vector<std::string> {
  std::vector<std::string> records;
  std::istringstream lines(Read(folder.File("log")));
  for (std::string line; std::getline(lines, line);) {
    const auto record = nlohmann::json::parse(line);
    std::string text = record["record"];
    if (text == "outcome") text += " " + record["status"].dump();
    if (text == "usage") text += " " + record["end"].get<std::string>();
    records.push_back(std::move(text));
  }
  return records;
}

void OneRequest::BreakLog() const {
  REQUIRE(std::filesystem::remove(folder.File("log")));
}

auto OneRequest::Sums() const -> SpendSums {
  for (const SpendBook::Row& row : process->spend.Rows()) {
    if (row.tenant == kTenant && !row.key) return row.sums;
  }
  FAIL("there is no such tenant");
  return {};
}

auto OneRequest::Answered(std::string_view code) const -> std::string {
  const std::string page = process->metrics.Render({});
  const std::string name = "routegate_answers_total{code=\"" + std::string(code) + "\"} ";
  const std::size_t at = page.find(name);
  REQUIRE(at != std::string::npos);
  return page.substr(at + name.size(), page.find('\n', at) - at - name.size());
}

auto ReadyExchange::Read(TimePoint) -> asio::awaitable<Got> {
  if (next_ == pieces_.size()) co_return std::string();
  Piece& piece = pieces_[next_++];
  if (!piece) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    Signal never(executor);
    co_await never.Wait();
  }
  co_return std::move(*piece);
}

}  // namespace route::tests
