#pragma once

#include <string>
#include <utility>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "runtime/gateway/inbox.h"
#include "runtime/ledger/writer.h"

namespace route {

/// The decision log for the requests of one event loop. What they append while the loop goes through what is ready reaches
/// the writer together: it is woken once, and one sync is for all of them. On the loop's thread.
class LoopLog {
 public:
  LoopLog(boost::asio::any_io_executor loop, LoopInbox& inbox, LogWriter& log)
      : loop_(std::move(loop)), inbox_(inbox), log_(log) {}
  LoopLog(const LoopLog&) = delete;
  auto operator=(const LoopLog&) -> LoopLog& = delete;

  /// Hands over what a loop that was stopped has left.
  ~LoopLog() { HandOver(); }

  /// As LogWriter::Append, but `done` is called on the loop's thread.
  void Append(std::string lines, LogWriter::Done done);

 private:
  void HandOver();

  boost::asio::any_io_executor loop_;
  LoopInbox& inbox_;
  LogWriter& log_;
  std::vector<LogWriter::Lines> waiting_;
};

}  // namespace route
