#include "runtime/net/signal.h"

#include <utility>

#include "runtime/net/async_token.h"

namespace route {

auto Signal::Wait(Time until) -> boost::asio::awaitable<bool> {
  if (!given_) {
    boost::system::error_code ignored;
    timer_.expires_at(until);
    co_await timer_.async_wait(Token(ignored));
  }
  co_return std::exchange(given_, false);
}

void Signal::Give() {
  given_ = true;
  timer_.cancel();
}

}  // namespace route
