// Messages of HTTP/1 in pieces of any size, as sockets give them.

#include <string>
#include <string_view>

#include <boost/beast/http/error.hpp>
#include <doctest/doctest.h>

#include "runtime/net/http1_reader.h"

namespace {

using namespace route;

/// Gives the reader so many more bytes at a time of what it has not taken. How many bytes the message had.
template <typename Reader>
auto ReadInPieces(Reader& reader, std::string_view text, std::size_t piece) -> std::size_t {
  std::size_t taken = 0;
  for (std::size_t there = 0; !reader.has_all() && taken < text.size();) {
    HttpError error;
    const std::size_t more = reader.Put(text.substr(taken, there - taken), error);
    if (error) REQUIRE(error == boost::beast::http::error::need_more);
    taken += more;
    if (more > 0) continue;
    REQUIRE(there < text.size());
    there = std::min(text.size(), there + piece);
  }
  REQUIRE(reader.has_all());
  return taken;
}

struct Content {
  std::string chunks;
  std::string text;
};
const Content kSome{"5;x=\"y\"\r\nhello\r\n1\r\n \r\n6\r\nworld!\r\n", "hello world!"};
const Content kNone{"", ""};

}  // namespace

TEST_CASE("a message in chunks is the same, however its bytes are cut") {
  for (const Content& content : {kSome, kNone}) {
    for (const std::string end : {"0\r\n\r\n", "000;a\r\n\r\n", "0\r\nX-Sum: 1\r\nY: 2\r\n\r\n"}) {
      const std::string body = content.chunks + end;
      const std::string request = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + body;
      const std::string answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body;
      for (std::size_t piece = 1; piece <= request.size(); ++piece) {
        RequestReader reader(1000, 1000);
        CHECK(ReadInPieces(reader, request + "GET", piece) == request.size());
        CHECK(reader.body() == content.text);
        AnswerReader answers(1000);
        CHECK(ReadInPieces(answers, answer + "HTTP", piece) == answer.size());
        CHECK(answers.body() == content.text);
      }
    }
  }
}

TEST_CASE("what begins no chunk is refused before its end has come") {
  for (const std::string_view bytes : {"-1\r\n", "\r\n", "x\r\n"}) {
    AnswerReader reader(1000);
    HttpError error;
    const std::string_view head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    CHECK(reader.Put(head, error) == head.size());
    reader.Put(bytes, error);
    CHECK(error == boost::beast::http::error::bad_chunk);
  }
}

TEST_CASE("what of a chunk has come is given on, however little that is") {
  AnswerReader reader(1000);
  HttpError error;
  const std::string_view head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  CHECK(reader.Put(head, error) == head.size());
  CHECK(reader.Put("4\r\nab", error) == 3);
  CHECK(reader.Put("ab", error) == 2);
  CHECK(reader.body() == "ab");
  CHECK(reader.Put("c", error) == 1);
  CHECK(reader.body() == "abc");
}
