#include "runtime/gateway/append.h"

#include <string>
#include <utility>

#include <boost/asio/async_result.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace asio = boost::asio;

namespace route {

auto Append(LogWriter& log, std::string_view lines) -> asio::awaitable<Durability> {
  auto initiate = [&log, lines](auto handler) {
    auto executor = asio::prefer(asio::get_associated_executor(handler), asio::execution::outstanding_work.tracked);
    log.Append(std::string(lines), [executor, handler = std::move(handler)](Durability result) mutable {
      asio::post(executor, [handler = std::move(handler), result]() mutable { std::move(handler)(result); });
    });
  };
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Durability)>(initiate,
                                                                                           asio::use_awaitable);
}

}  // namespace route
