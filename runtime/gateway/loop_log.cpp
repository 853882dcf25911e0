#include "runtime/gateway/loop_log.h"

#include <boost/asio/post.hpp>

namespace route {

void LoopLog::Append(std::string lines, LogWriter::Done done) {
  inbox_.Expect();
  waiting_.push_back({std::move(lines), [this, done = std::move(done)](Durability result) mutable {
                        inbox_.Put([done = std::move(done), result]() mutable { done(result); });
                      }});
  // What is posted now comes after all that is ready.
  if (waiting_.size() == 1) boost::asio::post(loop_, [this] { HandOver(); });
}

void LoopLog::HandOver() {
  log_.Append(std::exchange(waiting_, {}));
}

}  // namespace route
