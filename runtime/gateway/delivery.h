#pragma once

#include <cstdint>
#include <optional>

#include <boost/asio/awaitable.hpp>

#include "runtime/gateway/answerer.h"
#include "runtime/gateway/attempt_end.h"
#include "runtime/gateway/decided_request.h"
#include "runtime/gateway/deployment_turns.h"
#include "runtime/gateway/reply.h"
#include "runtime/gateway/request_money.h"
#include "runtime/gateway/state.h"
#include "runtime/ledger/record.h"
#include "runtime/upstream/client.h"

namespace route {

/// Hands what an upstream answered to the caller: charges it, records it and sends it, in the order that each kind of
/// answer allows.
class Delivery {
 public:
  /// Everything referred to must outlive it.
  Delivery(const GatewayState& state, const DecidedRequest& request, const Cancellation& cancellation,
           Responder& responder, RequestMoney& money, DeploymentTurns& turns, Answerer& answerer);

  /// The cost is recorded and, where it counts towards a cap, kept before the caller sees a byte. Takes the body.
  auto SendPlain(std::uint32_t deployment, PlainServed& served) -> boost::asio::awaitable<void>;

  /// The cost is known, charged and recorded at the end of the stream only, whatever ends it: an exception on the way
  /// to the caller is thrown again after that.
  auto SendStream(std::uint32_t deployment, StreamServed& served) -> boost::asio::awaitable<void>;

  /// Costs nothing. Takes the body.
  auto SendCallerError(CallerErrorAnswer& answer) -> boost::asio::awaitable<void>;

 private:
  auto Relay(std::uint32_t deployment, StreamServed& served) -> boost::asio::awaitable<std::optional<StreamEnd>>;

  const GatewayState& state_;
  const DecidedRequest& request_;
  const Cancellation& cancellation_;
  Responder& responder_;
  RequestMoney& money_;
  DeploymentTurns& turns_;
  Answerer& answerer_;
};

}  // namespace route
