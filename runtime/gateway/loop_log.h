#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "runtime/gateway/inbox.h"
#include "runtime/ledger/writer.h"

namespace route {

/// The decision log for the requests of one event loop. What they append while the loop has something to do reaches the
/// writer together: it is woken once, and one sync is for all of them. On the loop's thread.
class LoopLog {
 public:
  LoopLog(LoopInbox& inbox, LogWriter& log) : inbox_(inbox), log_(log) {}
  LoopLog(const LoopLog&) = delete;
  auto operator=(const LoopLog&) -> LoopLog& = delete;

  /// Hands over what a loop that was stopped has left.
  ~LoopLog() { HandOver(); }

  /// As LogWriter::Append, but `done` is called on the loop's thread. A busy loop holds the lines back for kLongestWait.
  void Append(std::string_view lines, LogWriter::Done done);

  /// Runs the loop until nothing is left for it to do, and gives the writer what is waiting whenever the loop would go to
  /// sleep, or after kLongestWait if it never does.
  void Run(boost::asio::io_context& loop);

 private:
  void HandOver();

  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::microseconds kLongestWait{500};
  static constexpr std::size_t kMostWaiting = std::size_t{128} << 10U;  // bytes

  LoopInbox& inbox_;
  LogWriter& log_;
  std::string lines_;                  // what is waiting, as one append
  std::vector<LogWriter::Done> done_;  // for each of those that it came from
  Clock::time_point first_came_;
};

}  // namespace route
