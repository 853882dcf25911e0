// Plain streams at their end: Asio tells the end of what the other side sends once, to whoever asks at that moment.

#include <chrono>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <doctest/doctest.h>

#include "runtime/net/stream.h"

namespace {

using namespace route;
namespace asio = boost::asio;
using tcp = asio::ip::tcp;

constexpr std::chrono::seconds kPatience{60};  // until a test fails

/// A stream, and the socket at its other end.
class Pair {
 public:
  Pair() : other(io) {
    tcp::acceptor acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    other.connect(acceptor.local_endpoint());
    stream = MakePlainStream(acceptor.accept());
    stream->ExpireAt(std::chrono::steady_clock::now() + kPatience);
  }

  void Say(std::string_view text) { asio::write(other, asio::buffer(text)); }
  void EndSaying() { other.shutdown(tcp::socket::shutdown_send); }

  /// At once and unread, as an end that is no end.
  void Reset() {
    other.set_option(asio::socket_base::linger(true, 0));
    other.close();
  }

  void Watch() {
    stream->WatchOnce([this](const ByteStream::Error& error) { watch = error; });
  }

  void BeginRead() {
    read.reset();
    asio::co_spawn(
        io, [this]() -> asio::awaitable<void> { read = co_await stream->ReadSome(asio::buffer(bytes)); }, asio::detached);
  }

  using Read = std::expected<std::size_t, ByteStream::Error>;

  auto ReadNow() -> Read {
    BeginRead();
    Run();
    return read.value();
  }

  /// Until nothing waits any more but the stream's time limit.
  void Run() {
    io.restart();
    while (!read && io.run_one() > 0) {
    }
  }

  void RunUntilWatched() {
    io.restart();
    while (!watch && io.run_one() > 0) {
    }
  }

  asio::io_context io{1};
  tcp::socket other;
  std::unique_ptr<ByteStream> stream;
  std::optional<ByteStream::Error> watch;
  std::optional<Read> read;
  char bytes[16] = {};
};

const Pair::Read kEnd = std::unexpected(ByteStream::Error(asio::error::eof));
const Pair::Read kReset = std::unexpected(ByteStream::Error(asio::error::connection_reset));

TEST_CASE("a read after the watch was told of the end ends at once, and so does every later one") {
  Pair pair;
  pair.Watch();
  pair.EndSaying();
  pair.RunUntilWatched();
  CHECK(pair.watch == ByteStream::Error());
  CHECK(pair.stream->Peek() == ByteStream::Incoming::kEnd);
  pair.stream->StopWatching();
  CHECK(pair.ReadNow() == kEnd);
  CHECK(pair.ReadNow() == kEnd);
}

TEST_CASE("a reset that the watch was told of is no end, and no read after it waits either") {
  Pair pair;
  pair.Watch();
  pair.Reset();
  pair.RunUntilWatched();
  CHECK(pair.watch == ByteStream::Error());
  CHECK(pair.stream->Peek() == ByteStream::Incoming::kEnd);
  pair.stream->StopWatching();
  CHECK(pair.ReadNow() == kReset);
  CHECK(pair.ReadNow() == kReset);
}

TEST_CASE("a read that meets a reset ends, and so does every later one") {
  Pair pair;
  pair.BeginRead();
  pair.io.poll();
  pair.Reset();
  pair.Run();
  CHECK(pair.read == kReset);
  CHECK(pair.ReadNow() == kReset);
}

TEST_CASE("a read that begins between the end and the handler of the watch ends, too") {
  // The reactor finds both at once, room to write and the end. It goes on with the write first, which was the last thing
  // to do before the next read.
  Pair pair;
  const std::string block(std::size_t{1} << 16U, 'x');
  std::size_t sent = 0;
  while (const std::size_t taken = pair.stream->TryWrite(asio::buffer(block)).value()) sent += taken;
  pair.Watch();
  asio::co_spawn(
      pair.io,
      [&]() -> asio::awaitable<void> {
        const ByteStream::Error error = co_await pair.stream->Write(asio::buffer(block.data(), 1));
        CHECK_FALSE(error.failed());
        CHECK_FALSE(pair.watch.has_value());
        pair.stream->StopWatching();
        pair.read = co_await pair.stream->ReadSome(asio::buffer(pair.bytes));
      },
      asio::detached);
  pair.io.poll();
  std::string drain(sent, ' ');
  asio::read(pair.other, asio::buffer(drain));
  pair.EndSaying();
  pair.Run();
  CHECK(pair.read == kEnd);
  CHECK(pair.watch.has_value());
}

TEST_CASE("a watch after the end was found is told at once") {
  Pair pair;
  SUBCASE("by another watch") {
    pair.Watch();
    pair.EndSaying();
    pair.RunUntilWatched();
    pair.watch.reset();
  }
  SUBCASE("by a read") {
    pair.EndSaying();
    CHECK(pair.ReadNow() == kEnd);
  }
  pair.Watch();
  pair.RunUntilWatched();
  CHECK(pair.watch == ByteStream::Error());
  CHECK(pair.stream->Peek() == ByteStream::Incoming::kEnd);
}

TEST_CASE("what was said before the end is read before it") {
  Pair pair;
  pair.Watch();
  pair.Say("last words");
  pair.EndSaying();
  pair.RunUntilWatched();
  CHECK(pair.stream->Peek() == ByteStream::Incoming::kBytes);
  pair.stream->StopWatching();
  CHECK(pair.ReadNow() == Pair::Read(10));
  CHECK(pair.ReadNow() == kEnd);
  CHECK(pair.ReadNow() == kEnd);
}

TEST_CASE("a watch that is stopped takes nothing from the reads after it") {
  Pair pair;
  pair.Watch();
  pair.io.poll();
  pair.stream->StopWatching();
  pair.RunUntilWatched();
  CHECK(pair.watch == ByteStream::Error(asio::error::operation_aborted));
  pair.Say("more");
  CHECK(pair.ReadNow() == Pair::Read(4));
}

}  // namespace
