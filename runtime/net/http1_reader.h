#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>

/// Messages of HTTP/1 (RFC 9112) out of their bytes, however these are cut. Beast knows the grammar; what it finds is kept
/// here in one text instead of an object for each header.
namespace route {

using HttpError = boost::system::error_code;

/// What requests and answers have in common. Headers are kept as they came, names in their case and their order; those
/// that follow a body in chunks are read over.
template <bool IsRequest>
class Http1Reader : protected boost::beast::http::basic_parser<IsRequest> {
 public:
  using Base = boost::beast::http::basic_parser<IsRequest>;

  /// Takes some of the bytes, and says how many: no further than the end of the head, then no further than the end of the
  /// message. `need_more` is an error here like any other: with these bytes alone it cannot go on.
  /// A head, and the extensions of a chunk or the trailers, beyond the limit are `header_limit`.
  auto Put(std::string_view bytes, HttpError& error) -> std::size_t;

  /// The other side sends nothing more. An error unless that ends the message.
  void PutEnd(HttpError& error) { this->put_eof(error); }

  auto has_begun() const -> bool { return this->got_some(); }
  auto has_head() const -> bool { return this->is_header_done(); }
  auto has_all() const -> bool { return this->is_done(); }
  auto keeps_alive() const -> bool { return this->keep_alive(); }

  /// 10 or 11.
  auto version() const -> int { return version_; }

  /// Views that hold as long as the reader. Only after the head.
  auto fields() const -> std::vector<std::pair<std::string_view, std::string_view>>;

  /// How often a header occurs, and its value where it does first. `name` in any case.
  auto Count(std::string_view name) const -> std::size_t;
  auto Find(std::string_view name) const -> std::optional<std::string_view>;

  /// As much of the body as has come. Whoever takes it away makes room.
  auto body() -> std::string& { return body_; }

 protected:
  Http1Reader(std::uint32_t most_head, std::optional<std::uint64_t> most_body);

  int version_ = 0;
  std::string text_;  // of the head

 private:
  struct Field {
    std::size_t name = 0;   // where in the text it begins
    std::size_t value = 0;  // where its value does
    std::size_t end = 0;
  };
  auto NameOf(const Field& field) const -> std::string_view {
    return std::string_view(text_).substr(field.name, field.value - field.name);
  }
  auto ValueOf(const Field& field) const -> std::string_view {
    return std::string_view(text_).substr(field.value, field.end - field.value);
  }

  using View = boost::beast::string_view;
  void on_field_impl(boost::beast::http::field, View name, View value, HttpError&) override;
  void on_header_impl(HttpError&) override { has_fields_ = true; }
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, HttpError&) override;
  auto on_body_impl(View piece, HttpError&) -> std::size_t override;
  void on_chunk_header_impl(std::uint64_t, View extensions, HttpError& error) override;
  auto on_chunk_body_impl(std::uint64_t, View piece, HttpError& error) -> std::size_t override {
    return on_body_impl(piece, error);
  }
  void on_finish_impl(HttpError&) override {}

  std::size_t most_head_;
  std::size_t head_ = 0;  // bytes of the head that were taken
  std::vector<Field> fields_;
  bool has_fields_ = false;  // all of them: what comes after is a trailer
  bool has_chunks_ = false;  // one at least, the empty one at the end aside
  std::string body_;
};

class RequestReader final : public Http1Reader<true> {
 public:
  RequestReader(std::uint32_t most_head, std::uint64_t most_body) : Http1Reader(most_head, most_body) {}

  auto method() const -> std::string_view { return std::string_view(text_).substr(0, method_size_); }
  auto target() const -> std::string_view { return std::string_view(text_).substr(method_size_, target_size_); }

 private:
  void on_request_impl(boost::beast::http::verb, boost::beast::string_view method, boost::beast::string_view target,
                       int version, HttpError&) override;
  void on_response_impl(int, boost::beast::string_view, int, HttpError&) override {}

  std::size_t method_size_ = 0;
  std::size_t target_size_ = 0;
};

class AnswerReader final : public Http1Reader<false> {
 public:
  /// Bodies may be of any length.
  explicit AnswerReader(std::uint32_t most_head) : Http1Reader(most_head, std::nullopt) {}

  auto status() const -> unsigned { return status_; }

  /// Only the end of the connection will end the body.
  auto ends_with_connection() const -> bool { return need_eof(); }

 private:
  void on_request_impl(boost::beast::http::verb, boost::beast::string_view, boost::beast::string_view, int,
                       HttpError&) override {}
  void on_response_impl(int status, boost::beast::string_view, int version, HttpError&) override {
    status_ = static_cast<unsigned>(status);
    version_ = version;
  }

  unsigned status_ = 0;
};

/// Whether the error is one of HTTP's grammar, and not of the connection or of what is missing yet.
auto IsBadHttp(const HttpError& error) -> bool;

}  // namespace route
