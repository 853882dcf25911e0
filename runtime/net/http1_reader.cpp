#include "runtime/net/http1_reader.h"

#include <algorithm>

#include <boost/beast/http/error.hpp>

#include "runtime/values/letter_case.h"

namespace http = boost::beast::http;

namespace route {
namespace {

constexpr std::size_t kUsualHead = 1024;
constexpr std::uint64_t kTrustedLength = 64 * 1024;  // for which room is made on the other side's word alone

}  // namespace

template <bool IsRequest>
Http1Reader<IsRequest>::Http1Reader(std::uint32_t most_head, std::optional<std::uint64_t> most_body)
    : most_head_(most_head) {
  this->header_limit(most_head);
  this->body_limit(most_body ? boost::optional<std::uint64_t>(*most_body) : boost::none);
  text_.reserve(kUsualHead);
}

/// Beast's own limit holds for what it has not yet taken of a head, so that short lines without end pass it, and for
/// neither the extensions nor the trailers of chunks.
template <bool IsRequest>
auto Http1Reader<IsRequest>::Put(std::string_view bytes, HttpError& error) -> std::size_t {
  const bool in_head = !has_head();
  // Once Beast has seen the last chunk's size it asserts that there are five bytes, which is so after another chunk; an
  // empty body that comes a byte at a time has them only at its end.
  constexpr std::string_view kEmpty = "0\r\n\r\n";
  if (!in_head && !has_all() && this->chunked() && !has_chunks_ && bytes.size() < kEmpty.size() && bytes.starts_with('0')) {
    error = http::error::need_more;
    return 0;
  }
  const std::size_t taken = this->put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
  const bool needs_more = error && error == http::error::need_more;
  const std::size_t waiting = needs_more ? bytes.size() - taken : 0;
  if (in_head) head_ += taken;
  const bool too_long = in_head ? head_ + waiting > most_head_ : taken == 0 && waiting > most_head_;
  if (too_long && (!error || waiting > 0)) error = http::error::header_limit;
  return taken;
}

template <bool IsRequest>
auto Http1Reader<IsRequest>::fields() const -> std::vector<std::pair<std::string_view, std::string_view>> {
  std::vector<std::pair<std::string_view, std::string_view>> fields;
  fields.reserve(fields_.size());
  for (const Field& field : fields_) fields.emplace_back(NameOf(field), ValueOf(field));
  return fields;
}

template <bool IsRequest>
auto Http1Reader<IsRequest>::Count(std::string_view name) const -> std::size_t {
  return static_cast<std::size_t>(
      std::ranges::count_if(fields_, [&](const Field& field) { return SameInAnyCase(NameOf(field), name); }));
}

template <bool IsRequest>
auto Http1Reader<IsRequest>::Find(std::string_view name) const -> std::optional<std::string_view> {
  const auto found = std::ranges::find_if(fields_, [&](const Field& field) { return SameInAnyCase(NameOf(field), name); });
  return found == fields_.end() ? std::nullopt : std::optional(ValueOf(*found));
}

template <bool IsRequest>
void Http1Reader<IsRequest>::on_field_impl(http::field, View name, View value, HttpError&) {
  if (has_fields_) return;
  const std::size_t begin = text_.size();
  text_.append(name.data(), name.size()).append(value.data(), value.size());
  fields_.push_back({begin, begin + name.size(), text_.size()});
}

template <bool IsRequest>
void Http1Reader<IsRequest>::on_body_init_impl(const boost::optional<std::uint64_t>& length, HttpError&) {
  if (length) body_.reserve(static_cast<std::size_t>(std::min(*length, kTrustedLength)));
}

template <bool IsRequest>
auto Http1Reader<IsRequest>::on_body_impl(View piece, HttpError&) -> std::size_t {
  body_.append(piece.data(), piece.size());
  return piece.size();
}

/// Beast takes any byte between the quotes of an extension, even a line feed, which other readers take for a line's end.
template <bool IsRequest>
void Http1Reader<IsRequest>::on_chunk_header_impl(std::uint64_t, View extensions, HttpError& error) {
  has_chunks_ = true;
  const auto is_control = [](char c) { return (c >= '\0' && c < ' ' && c != '\t') || c == '\x7F'; };
  if (std::ranges::any_of(extensions, is_control)) error = http::error::bad_chunk_extension;
}

template class Http1Reader<true>;
template class Http1Reader<false>;

void RequestReader::on_request_impl(http::verb, boost::beast::string_view method, boost::beast::string_view target,
                                    int version, HttpError&) {
  text_.append(method.data(), method.size()).append(target.data(), target.size());
  method_size_ = method.size();
  target_size_ = target.size();
  version_ = version;
}

auto IsBadHttp(const HttpError& error) -> bool {
  return error.category() == http::make_error_code(http::error::end_of_stream).category() &&
         error != http::error::end_of_stream && error != http::error::partial_message;
}

}  // namespace route
