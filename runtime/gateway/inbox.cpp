#include "runtime/gateway/inbox.h"

#include <utility>

#include <boost/asio/post.hpp>

namespace route {

LoopInbox::~LoopInbox() {
  std::unique_lock lock(mutex_);
  came_.wait(lock, [&] { return results_.size() == expected_; });
}

void LoopInbox::Expect() {
  if (expected_++ == 0) busy_.emplace(loop_);
}

void LoopInbox::Put(Result result) {
  const std::lock_guard lock(mutex_);
  results_.push_back(std::move(result));
  came_.notify_one();
  if (results_.size() == 1) boost::asio::post(loop_, [this] { Empty(); });
}

void LoopInbox::Empty() {
  std::vector<Result> results;
  {
    const std::lock_guard lock(mutex_);
    results.swap(results_);
  }
  for (Result& result : results) {
    --expected_;
    result();
  }
  if (expected_ == 0) busy_.reset();
}

}  // namespace route
