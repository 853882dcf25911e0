// What is at each path, without a server.

#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "runtime/gateway/pages.h"
#include "tests/gateway/one_request.h"

namespace asio = boost::asio;

namespace {

using namespace route;
using namespace route::tests;

TEST_CASE("pages: the text of a request is not kept beside what was read of it") {
  OneRequest one;
  OneHost host(one);
  std::string body = R"({"model":"m","messages":[{"role":"user","content":")" + std::string(50'000, 'x') + "\"}]}";
  const RequestHead head{"POST", "/v1/route/decide", {}};
  const AdmittedRequest admitted{Api::kChat, AdmittedRequest::Purpose::kDecide, 0};
  const auto cancellation = std::make_shared<Cancellation>();
  one.Run([&]() -> asio::awaitable<void> {
    const std::shared_ptr<const GatewayState> state = one.state;
    co_await ServeAdmitted(host, state, admitted, head, body, one.caller, cancellation);
  });
  CHECK(one.caller.calls == std::vector<std::string>{"send 200"});
  CHECK(body.empty());
  CHECK(body.capacity() < 100);
}

}  // namespace
