#include "runtime/gateway/request_money.h"

#include <utility>

#include "runtime/gateway/cost.h"
#include "runtime/net/signal.h"
#include "runtime/signals/clock.h"
#include "runtime/signals/request_contents.h"

namespace asio = boost::asio;

namespace route {

struct Keeping::State {
  explicit State(const asio::any_io_executor& executor) : done(executor) {}
  Signal done;
  std::optional<SpendStore::Kept> kept;
};

Keeping::Keeping(SpendStore& store, LoopInbox& inbox, SpendEntry entry, const asio::any_io_executor& executor)
    : state_(std::make_shared<State>(executor)) {
  inbox.Expect();
  store.Add(std::move(entry), [&inbox, state = state_](SpendStore::Kept kept) mutable {
    inbox.Put([state = std::move(state), kept] {
      state->kept = kept;
      state->done.Give();
    });
  });
}

auto Keeping::Wait() -> asio::awaitable<SpendStore::Kept> {
  while (!state_->kept) co_await state_->done.Wait();
  co_return *state_->kept;
}

RequestMoney::RequestMoney(const GatewayState& state, const DecidedRequest& request, LoopInbox& inbox)
    : state_(state),
      process_(*state.process),
      account_(*state.accounts[request.caller]),
      request_(request),
      inbox_(inbox),
      limits_(request.policy->table.limits()) {}

auto RequestMoney::CanSpend() const -> bool {
  return !account_.has_caps() || !process_.store || process_.store->healthy();
}

void RequestMoney::Prepare() {
  if (account_.has_caps() || limits_.cost_hundredth_cents != 0) static_cast<void>(PromptBound());
}

auto RequestMoney::SetAside(std::uint32_t deployment) -> std::expected<void, Refused> {
  const NanoUsd worst = WorstCost(deployment);
  if (!FitsCostLimit(worst)) {
    return std::unexpected(Refused{SkipReason::kCostLimit, FormatUsd(CostLimitOf(limits_)) + " USD for a request"});
  }
  auto reserved = account_.Reserve(worst, Today());
  if (!reserved) return std::unexpected(Refused{SkipReason::kBudget, std::move(reserved.error())});
  set_aside_ = ForAttempt{deployment, worst, std::move(*reserved)};
  return {};
}

void RequestMoney::Begin() {
  if (limits_.cost_hundredth_cents > 0) begun_cost_.amount += set_aside_->worst.amount;
}

auto RequestMoney::Settle(const ReportedUsage& usage, std::uint64_t answer_bytes) -> Settled {
  const DeploymentView& view = request_.policy->table.deployments()[set_aside_->deployment];
  DeploymentMetrics& metrics = *request_.policy->deployments[set_aside_->deployment].metrics;
  Charge charge = ChargeFor(usage, usage.tokens ? 0 : PromptBound(), answer_bytes);
  const NanoUsd cost = CostOf(charge.usage, view.price_in, view.price_out);
  if (usage.tokens) metrics.Used(*usage.tokens);
  metrics.Cost(cost);
  SpendEntry entry = set_aside_->reservation.Settle(cost, Today());
  set_aside_.reset();
  return {std::move(entry), std::move(charge.note)};
}

auto RequestMoney::Keep(const SpendEntry& entry, const asio::any_io_executor& executor) -> std::optional<Keeping> {
  if (!process_.store || !account_.has_caps()) return std::nullopt;
  return Keeping(*process_.store, inbox_, entry, executor);
}

/// Whether the attempts that were begun, each at its worst, leave room for one more under the policy's limit.
auto RequestMoney::FitsCostLimit(NanoUsd worst) const -> bool {
  return limits_.cost_hundredth_cents == 0 || worst.amount <= CostLimitOf(limits_).amount - begun_cost_.amount;
}

/// The most that an answer of this deployment can cost; nothing where neither a cap nor a limit asks for it.
auto RequestMoney::WorstCost(std::uint32_t deployment) -> NanoUsd {
  if (!account_.has_caps() && limits_.cost_hundredth_cents == 0) return {};
  if (!worst_usage_) worst_usage_ = {PromptBound(), AnswerBound()};
  const DeploymentView& view = request_.policy->table.deployments()[deployment];
  return CostOf(*worst_usage_, view.price_in, view.price_out);
}

auto RequestMoney::PromptBound() -> std::int64_t {
  if (!prompt_bound_) prompt_bound_ = ReadContents(request_.asked).prompt_tokens;
  return *prompt_bound_;
}

/// Embeddings are no answer in tokens.
auto RequestMoney::AnswerBound() const -> std::int64_t {
  if (request_.asked.api == Api::kEmbeddings) return 0;
  return AnswerTokenBound(request_.asked.body, state_.config.assumed_answer_tokens);
}

auto RequestMoney::Today() const -> Date {
  return DayIn(request_.policy->zone, process_.clock());
}

}  // namespace route
