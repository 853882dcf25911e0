// The decision log's part on an event loop.

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <doctest/doctest.h>

#include "runtime/gateway/loop_log.h"
#include "tests/gateway/log_folder.h"

namespace {

using namespace route;
namespace asio = boost::asio;

TEST_CASE("a loop that never goes to sleep gives the writer its records all the same") {
  const tests::Folder folder;
  auto opened = tests::OpenLog(folder.File("log"));
  asio::io_context loop{1};
  LoopInbox inbox(loop.get_executor());
  LoopLog log(inbox, *opened.writer);
  std::optional<Durability> result;
  log.Append("{\"record\":\"decision\"}\n", [&](Durability durability) { result = durability; });
  // As a stream that always has something to read.
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  const std::function<void()> busy = [&] {
    if (!result && std::chrono::steady_clock::now() < patience) asio::post(loop, busy);
  };
  asio::post(loop, busy);
  log.Run(loop);
  CHECK(result == Durability::kDurable);
  CHECK(std::chrono::steady_clock::now() < patience);
}

}  // namespace
