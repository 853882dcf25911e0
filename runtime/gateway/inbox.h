#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>

namespace route {

/// Brings results of other threads' work to the thread of an event loop. All that comes before the loop looks costs one
/// wake-up, so a batch of records that became durable together comes back together. While something is expected, the loop
/// does not end.
class LoopInbox {
 public:
  using Result = std::move_only_function<void()>;

  explicit LoopInbox(boost::asio::any_io_executor loop) : loop_(std::move(loop)) {}
  LoopInbox(const LoopInbox&) = delete;
  auto operator=(const LoopInbox&) -> LoopInbox& = delete;

  /// Waits for what is still expected and drops it. The loop must have ended and must still be there.
  ~LoopInbox();

  /// On the loop's thread: one more result will come.
  void Expect();

  /// From any thread, once for each Expect: calls the function on the loop's thread.
  void Put(Result result);

 private:
  void Empty();

  boost::asio::any_io_executor loop_;
  std::size_t expected_ = 0;  // of the loop's thread
  std::optional<boost::asio::executor_work_guard<boost::asio::any_io_executor>> busy_;
  std::mutex mutex_;
  std::condition_variable came_;
  std::vector<Result> results_;
};

}  // namespace route
