#pragma once

#include <chrono>
#include <string>
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
  void Append(std::string lines, LogWriter::Done done);

  /// Runs the loop until nothing is left for it to do, and gives the writer what is waiting whenever the loop would go to
  /// sleep.
  void Run(boost::asio::io_context& loop);

 private:
  void HandOver();

  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::microseconds kLongestWait{500};

  LoopInbox& inbox_;
  LogWriter& log_;
  std::vector<LogWriter::Lines> waiting_;
  Clock::time_point first_came_;  // of those that are waiting
};

}  // namespace route
