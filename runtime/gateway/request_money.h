#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "runtime/dialect/usage.h"
#include "runtime/gateway/decided_request.h"
#include "runtime/gateway/inbox.h"
#include "runtime/gateway/metrics.h"
#include "runtime/gateway/state.h"
#include "runtime/spend/account.h"
#include "runtime/spend/store.h"

namespace route {

/// An entry on its way into the spend store.
class Keeping {
 public:
  /// `executor` is of the thread whose inbox it is; the wait must be there. Store and inbox must outlive what they
  /// expect.
  Keeping(SpendStore& store, LoopInbox& inbox, SpendEntry entry, const boost::asio::any_io_executor& executor);

  /// Waits for the end of it.
  auto Wait() -> boost::asio::awaitable<SpendStore::Kept>;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// The money of one request: what an attempt may cost, what is set aside for it, and what it has cost.
///
///     auto set_aside = money.SetAside(deployment);
///     if (!set_aside) { /* do not ask it, for this reason */ }
///     money.Begin();  // it is asked
///     auto settled = money.Settle(usage, seen);  // it served; else money.GiveBack()
///     auto keeping = money.Keep(settled.entry, executor);
class RequestMoney {
 public:
  /// Everything referred to must outlive it.
  RequestMoney(const GatewayState& state, const DecidedRequest& request, LoopInbox& inbox);

  /// False: spend counts towards a cap and cannot be kept, so nothing may be spent.
  auto CanSpend() const -> bool;

  /// Works out ahead what takes long for a long request. May run on another thread while nothing else is called.
  void Prepare();

  struct Refused {
    SkipReason reason = SkipReason::kBudget;  ///< or kCostLimit
    std::string detail;                       ///< the cap or the limit
  };
  /// Sets the most aside that an answer of the deployment can cost.
  auto SetAside(std::uint32_t deployment) -> std::expected<void, Refused>;

  /// The attempt begins: whatever becomes of it, it counts towards the policy's limit for a request.
  void Begin();

  /// Nothing was spent of what was set aside.
  void GiveBack() { set_aside_.reset(); }

  struct Settled {
    SpendEntry entry;
    std::string note;  ///< as Charge::note
  };
  /// Charges an answer to what was set aside, and counts it. `answer_bytes` of text were seen; without usable usage
  /// they are what it cost.
  auto Settle(const ReportedUsage& usage, std::uint64_t answer_bytes) -> Settled;

  /// Has the entry kept if it counts towards a cap; nothing else has to survive.
  auto Keep(const SpendEntry& entry, const boost::asio::any_io_executor& executor) -> std::optional<Keeping>;

 private:
  struct ForAttempt {
    std::uint32_t deployment = 0;
    NanoUsd worst;
    Reservation reservation;
  };

  auto FitsCostLimit(NanoUsd worst) const -> bool;
  auto WorstCost(std::uint32_t deployment) -> NanoUsd;
  auto PromptBound() -> std::int64_t;
  auto AnswerBound() const -> std::int64_t;
  auto Today() const -> Date;

  const GatewayState& state_;
  GatewayProcess& process_;
  SpendAccount& account_;
  const DecidedRequest& request_;
  LoopInbox& inbox_;
  Limits limits_;
  NanoUsd begun_cost_;                   // of all attempts, each at its worst; counted under a cost limit
  std::optional<ForAttempt> set_aside_;  // for the attempt that is running or has served
  std::optional<std::int64_t> prompt_bound_;
  std::optional<TokenUsage> worst_usage_;
};

}  // namespace route
