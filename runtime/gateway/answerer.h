#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>

#include "runtime/gateway/api_error.h"
#include "runtime/gateway/decided_request.h"
#include "runtime/gateway/loop_log.h"
#include "runtime/gateway/reply.h"
#include "runtime/gateway/state.h"
#include "runtime/gateway/tried.h"
#include "runtime/ledger/record.h"

namespace route {

/// Writes the records of one request and sends its answer. Whoever sends one has recorded the outcome before.
class Answerer {
 public:
  /// Everything referred to must outlive it. To be used on the loop whose log it is.
  Answerer(GatewayProcess& process, const DecidedRequest& request, const Tried& tried, LoopLog& log,
           Responder& responder);

  /// The outcome so far. `status` is of the answer to the caller, `code` of an error or empty. Refers to what was
  /// tried.
  auto Outcome(unsigned status, std::string_view code) const -> OutcomeRecord;

  /// The same as a line of the log.
  auto OutcomeText(unsigned status, std::string_view code) const -> std::string;

  /// False when the lines are not durable: the caller has been told, and nothing more may be done for the request.
  auto Record(const std::string& lines) -> boost::asio::awaitable<bool>;

  /// Writes lines that no answer waits for.
  auto RecordLast(const std::string& lines) -> boost::asio::awaitable<Durability>;

  /// Adds what every answer says about its decision, and about the deployment that gave it if one did.
  auto WithHeaders(Reply reply, std::optional<std::uint32_t> deployment = std::nullopt) const -> Reply;

  /// Counts the answer, under `code` if it is an error of the gateway's own, and sends it.
  auto Send(const Reply& reply, std::optional<ApiCode> code) -> boost::asio::awaitable<Responder::Sent>;

  /// Counts the answer and sends its headers.
  auto Begin(const Reply& reply) -> boost::asio::awaitable<Responder::Sent>;

  /// Sends the error, whose outcome has been recorded or cannot be.
  auto SendError(const ApiError& error) -> boost::asio::awaitable<void>;

  /// Records that the error is the outcome and sends it.
  auto AnswerError(const ApiError& error) -> boost::asio::awaitable<void>;

 private:
  GatewayProcess& process_;
  const DecidedRequest& request_;
  const Tried& tried_;
  LoopLog& log_;
  Responder& responder_;
};

}  // namespace route
