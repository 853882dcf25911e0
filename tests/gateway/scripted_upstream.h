#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/asio/write.hpp>

#include "runtime/net/async_token.h"

namespace route::tests {

/// A server on the loop of the test that answers requests with the bytes that it was given, whatever they are.
class ScriptedUpstream {
 public:
  enum class After : unsigned char {
    kNext,   ///< takes the next request
    kClose,  ///< closes the connection
    kReset,  ///< resets it
    kHold,   ///< leaves it open and reads nothing more
  };
  enum class Reads : unsigned char { kAll, kHead };
  struct Turn {
    std::string answer;  ///< may be several, or less than one
    After after = After::kNext;
    Reads reads = Reads::kAll;  ///< of the request before it answers
  };

  ScriptedUpstream(boost::asio::io_context& loop, std::vector<Turn> turns)
      : turns_(std::move(turns)), acceptor_(loop, Tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)) {
    boost::asio::co_spawn(loop, Accept(), boost::asio::detached);
  }

  auto base_url() const -> std::string {
    return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + "/v1";
  }

  std::vector<std::string> requests;  // head and body
  std::size_t connections = 0;
  std::size_t left = 0;  // by the other side, between two requests

 private:
  using Tcp = boost::asio::ip::tcp;

  auto Accept() -> boost::asio::awaitable<void> {
    for (;;) {
      boost::system::error_code error;
      Tcp::socket socket = co_await acceptor_.async_accept(Token(error));
      if (error) co_return;
      ++connections;
      sockets_.push_back(std::make_unique<Tcp::socket>(std::move(socket)));
      boost::asio::co_spawn(acceptor_.get_executor(), Serve(*sockets_.back()), boost::asio::detached);
    }
  }

  auto Serve(Tcp::socket& socket) -> boost::asio::awaitable<void> {
    std::string bytes;
    boost::system::error_code error;
    for (;;) {
      constexpr std::string_view kLength = "Content-Length: ";
      const std::size_t head =
          co_await boost::asio::async_read_until(socket, boost::asio::dynamic_buffer(bytes), "\r\n\r\n", Token(error));
      if (error) {
        ++left;
        co_return;
      }
      if (next_ == turns_.size()) co_return;  // nothing is left to say
      const Turn& turn = turns_[next_++];
      std::size_t size = head;
      if (turn.reads == Reads::kAll) {
        size += std::stoul(bytes.substr(bytes.find(kLength) + kLength.size()));
        const std::size_t missing = size - std::min(size, bytes.size());
        co_await boost::asio::async_read(socket, boost::asio::dynamic_buffer(bytes),
                                         boost::asio::transfer_exactly(missing), Token(error));
        if (error) co_return;
      }
      requests.push_back(bytes.substr(0, size));
      bytes.erase(0, size);
      co_await boost::asio::async_write(socket, boost::asio::buffer(turn.answer), Token(error));
      if (turn.after == After::kHold) co_return;
      if (turn.after == After::kReset) socket.set_option(boost::asio::socket_base::linger(true, 0), error);
      if (turn.after != After::kNext) {
        socket.close(error);
        co_return;
      }
    }
  }

  std::vector<Turn> turns_;
  std::size_t next_ = 0;
  Tcp::acceptor acceptor_;
  std::vector<std::unique_ptr<Tcp::socket>> sockets_;  // which stay open until their turn says otherwise
};

}  // namespace route::tests
