#pragma once

#include <cstddef>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>

namespace route {

/// Bounds what one HTTP/1.1 message takes besides its body. Beast's own limit holds for what it has not yet taken of a
/// head, so that short lines without end pass it, and for neither the extensions nor the trailers of chunks.
class HeadBound {
 public:
  /// For a head and again for the extensions of a chunk, or the trailers: so many bytes, and for the latter what one
  /// read brings beyond.
  explicit HeadBound(std::size_t most) : most_(most) {}

  /// Gives `parser`, always the same, what is there and returns how much it took. `error` is set as by its `put`, or is
  /// `header_limit`.
  template <typename Parser>
  auto Put(Parser& parser, boost::asio::const_buffer bytes, boost::system::error_code& error) -> std::size_t {
    namespace http = boost::beast::http;
    const bool in_head = !parser.is_header_done();
    const std::size_t taken = parser.put(bytes, error);
    const std::size_t waiting = error == http::error::need_more ? bytes.size() - taken : 0;
    if (in_head) head_ += taken;
    const bool too_long = in_head ? head_ + waiting > most_ : taken == 0 && waiting > most_;
    if (too_long && (!error || waiting > 0)) error = http::error::header_limit;
    return taken;
  }

 private:
  std::size_t most_;
  std::size_t head_ = 0;  // bytes of the head that were taken
};

}  // namespace route
