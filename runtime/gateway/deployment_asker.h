#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "runtime/dialect/answers.h"
#include "runtime/dialect/carry.h"
#include "runtime/gateway/attempt_end.h"
#include "runtime/gateway/decided_request.h"
#include "runtime/gateway/state.h"
#include "runtime/upstream/client.h"

namespace route {

/// Asks one deployment after another the same request, each in an API that it speaks, and reads what comes back. Knows
/// nothing of health, money and the caller.
class DeploymentAsker {
 public:
  /// `pool` is for work on long texts. Of `headers` those of Anthropic's API go only to upstreams that speak it.
  /// Everything referred to must outlive the asker.
  DeploymentAsker(const GatewayProcess& process, UpstreamClient& client, boost::asio::any_io_executor pool,
                  DecidedRequest& request, const std::vector<ForwardedHeader>& headers, Cancellation& cancellation);

  /// The API in which the deployment is asked, or why there is none. The first time for an API translates the request.
  auto WayTo(std::uint32_t deployment) -> std::expected<Api, std::string>;

  /// Asks the deployment, to which there must be a way, at most until `start.answer_by`: a plain answer is read to its
  /// end, a stream to its first event. What was served must not outlive the asker.
  auto Ask(const StartAttempt& start) -> boost::asio::awaitable<AttemptEnd>;

 private:
  void SetHeaders(const ReachableDeployment& target);
  auto FailureOf(Failure failure, const Exchange& exchange) const -> AttemptFailed;
  auto ReadMistake(const StartAttempt& start, Exchange& exchange) -> boost::asio::awaitable<AttemptEnd>;
  auto ReadStreamStart(const StartAttempt& start, std::unique_ptr<Exchange>& exchange)
      -> boost::asio::awaitable<AttemptEnd>;
  auto ReadServed(unsigned status, std::string body) const -> std::expected<PlainServed, std::string>;

  const GatewayProcess& process_;
  UpstreamClient& client_;
  boost::asio::any_io_executor pool_;
  DecidedRequest& request_;
  const std::vector<ForwardedHeader>& headers_;
  Cancellation& cancellation_;
  RequestCarrier carrier_;
  AnswerContext context_;
  Api sent_in_ = Api::kChat;  // of the deployment that is asked
  UpstreamRequest sending_;
};

}  // namespace route
