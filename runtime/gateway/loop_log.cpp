#include "runtime/gateway/loop_log.h"

#include <utility>

namespace route {

void LoopLog::Append(std::string lines, LogWriter::Done done) {
  inbox_.Expect();
  waiting_.push_back({std::move(lines), [this, done = std::move(done)](Durability result) mutable {
                        inbox_.Put([done = std::move(done), result]() mutable { done(result); });
                      }});
  const auto now = Clock::now();
  if (waiting_.size() == 1) first_came_ = now;
  if (now - first_came_ >= kLongestWait) HandOver();
}

void LoopLog::Run(boost::asio::io_context& loop) {
  while (!loop.stopped()) {
    loop.poll();  // all that is ready, and what that makes ready
    HandOver();
    loop.run_one();
  }
}

void LoopLog::HandOver() {
  if (!waiting_.empty()) log_.Append(std::exchange(waiting_, {}));
}

}  // namespace route
