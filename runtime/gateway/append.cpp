#include "runtime/gateway/append.h"

#include <utility>

#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace asio = boost::asio;

namespace route {

auto Append(LoopLog& log, std::string_view lines) -> asio::awaitable<Durability> {
  auto initiate = [&log, lines](auto handler) {
    log.Append(lines, [handler = std::move(handler)](Durability result) mutable { std::move(handler)(result); });
  };
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Durability)>(initiate,
                                                                                           asio::use_awaitable);
}

}  // namespace route
