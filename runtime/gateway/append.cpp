#include "runtime/gateway/append.h"

#include <string>
#include <utility>

#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace asio = boost::asio;

namespace route {

auto Append(LogWriter& log, LoopInbox& inbox, std::string_view lines) -> asio::awaitable<Durability> {
  auto initiate = [&log, &inbox, lines](auto handler) {
    inbox.Expect();
    log.Append(std::string(lines), [&inbox, handler = std::move(handler)](Durability result) mutable {
      inbox.Put([handler = std::move(handler), result]() mutable { std::move(handler)(result); });
    });
  };
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Durability)>(initiate,
                                                                                           asio::use_awaitable);
}

}  // namespace route
