#pragma once

#include <chrono>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

namespace route {

/// Lets one coroutine of a thread wait for another one's word. A word that comes before the wait ends the next wait.
class Signal {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit Signal(const boost::asio::any_io_executor& executor) : timer_(executor) {}

  /// False when the time is over first. The signal must outlive the wait.
  auto Wait(Time until = Time::max()) -> boost::asio::awaitable<bool>;

  void Give();

 private:
  boost::asio::steady_timer timer_;
  bool given_ = false;
};

}  // namespace route
