#include "runtime/gateway/loop_log.h"

#include <utility>

namespace route {

void LoopLog::Append(std::string_view lines, LogWriter::Done done) {
  const auto now = Clock::now();
  if (done_.empty()) first_came_ = now;
  lines_ += lines;
  done_.push_back(std::move(done));
  if (now - first_came_ >= kLongestWait || lines_.size() >= kMostWaiting) HandOver();
}

void LoopLog::Run(boost::asio::io_context& loop) {
  while (!loop.stopped()) {
    // All that is ready, and what that makes ready: a stream that never pauses does so for ever.
    while (loop.poll_one() > 0) {
      if (!done_.empty() && Clock::now() - first_came_ >= kLongestWait) break;
    }
    HandOver();
    loop.run_one();
  }
}

void LoopLog::HandOver() {
  if (done_.empty()) return;
  inbox_.Expect();
  log_.Append(std::exchange(lines_, {}), [this, all = std::exchange(done_, {})](Durability result) mutable {
    inbox_.Put([all = std::move(all), result]() mutable {
      for (LogWriter::Done& done : all) done(result);
    });
  });
}

}  // namespace route
