#pragma once

#include <cstddef>
#include <exception>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace route {

inline constexpr std::size_t kInlineBytes = 64 * 1024;  ///< work on longer texts would hold up the event loop

/// Runs the work on the pool and comes back to the coroutine's own executor. What the work throws is thrown again here.
template <typename Work>
auto RunOnPool(const boost::asio::any_io_executor& pool, Work& work) -> boost::asio::awaitable<void> {
  namespace asio = boost::asio;
  std::exception_ptr thrown;
  auto initiate = [&](auto handler) {
    auto executor = asio::prefer(asio::get_associated_executor(handler), asio::execution::outstanding_work.tracked);
    asio::post(pool, [executor, &work, &thrown, handler = std::move(handler)]() mutable {
      try {
        work();
      } catch (...) {
        thrown = std::current_exception();
      }
      asio::post(executor, [handler = std::move(handler)]() mutable { std::move(handler)(); });
    });
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(initiate, asio::use_awaitable);
  if (thrown) std::rethrow_exception(thrown);
}

/// The same for work on a text of so many bytes; a short one is not worth the way.
template <typename Work>
auto RunBySize(const boost::asio::any_io_executor& pool, std::size_t bytes, Work& work)
    -> boost::asio::awaitable<void> {
  if (bytes > kInlineBytes) co_return co_await RunOnPool(pool, work);
  work();
}

}  // namespace route
