#include "runtime/signals/json.h"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <utility>
#include <vector>

#include <simdjson.h>

namespace route {
namespace {

using Json = nlohmann::ordered_json;

/// Half of a pair of surrogates as if it were a character, which UTF-8 does not know.
auto HoldsSurrogate(std::string_view text) -> bool {
  for (std::size_t at = text.find('\xED'); at != std::string_view::npos; at = text.find('\xED', at + 1)) {
    if (at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) >= 0xA0) return true;
  }
  return false;
}

/// The keys of the objects that are open, the outermost first, to find those that occur twice.
class OpenKeys {
 public:
  void Begin() { begins_.push_back(ends_.size()); }
  void Add(std::string_view key) {
    text_ += key;
    ends_.push_back(text_.size());
  }

  /// The innermost object ends: one of its keys that occurs more than once.
  auto End() -> std::optional<std::string> {
    const std::size_t begin = begins_.back();
    if (auto twice = ends_.size() - begin <= kFew ? TwiceAmongFew(begin) : TwiceAmongMany(begin)) {
      return std::string(*twice);
    }
    begins_.pop_back();
    ends_.resize(begin);
    text_.resize(begin == 0 ? 0 : ends_.back());
    return std::nullopt;
  }

 private:
  using Found = std::optional<std::string_view>;
  static constexpr std::size_t kFew = 12;

  auto KeyAt(std::size_t i) const -> std::string_view {
    const std::size_t start = i == 0 ? 0 : ends_[i - 1];
    return std::string_view(text_).substr(start, ends_[i] - start);
  }

  auto TwiceAmongFew(std::size_t begin) const -> Found {
    for (std::size_t i = begin + 1; i < ends_.size(); ++i) {
      for (std::size_t j = begin; j < i; ++j) {
        if (KeyAt(i) == KeyAt(j)) return KeyAt(i);
      }
    }
    return std::nullopt;
  }

  auto TwiceAmongMany(std::size_t begin) -> Found {
    sorted_.clear();
    for (std::size_t i = begin; i < ends_.size(); ++i) sorted_.push_back(KeyAt(i));
    std::ranges::sort(sorted_);
    const auto twice = std::ranges::adjacent_find(sorted_);
    return twice == sorted_.end() ? std::nullopt : Found(*twice);
  }

  std::string text_;                  // of all keys, one behind the other
  std::vector<std::size_t> ends_;     // of each key in it
  std::vector<std::size_t> begins_;   // of each open object, the number of keys before it
  std::vector<std::string_view> sorted_;
};

/// Builds the value while nlohmann's reader walks the text. Keys are appended without a search and checked for repeats
/// when their object ends, because an ordered object looks a key up in linear time.
class Builder {
 public:
  Builder(JsonLimits limits, std::uint32_t kept_depth) : limits_(limits), kept_depth_(kept_depth) {}

  // The names and parameters of these functions are nlohmann's SAX interface.
  auto null() -> bool { return Add(nullptr); }
  auto boolean(bool value) -> bool { return Add(value); }
  auto number_integer(Json::number_integer_t value) -> bool { return Add(value); }
  auto number_unsigned(Json::number_unsigned_t value) -> bool { return Add(value); }
  auto number_float(Json::number_float_t value, const std::string& /*text*/) -> bool { return Add(value); }
  auto string(std::string_view value) -> bool { return Drops() ? Count() : Add(std::string(value)); }
  auto binary(Json::binary_t& /*value*/) -> bool { return Fail("binary values are not JSON"); }
  auto start_object(std::size_t size) -> bool {
    keys_.Begin();
    return Open(WithRoom<Json::object_t>(Json::object(), size));
  }
  auto start_array(std::size_t size) -> bool { return Open(WithRoom<Json::array_t>(Json::array(), size)); }
  auto key(std::string_view name) -> bool {
    keys_.Add(name);
    if (!Drops()) key_ = name;
    return true;
  }
  auto end_object() -> bool {
    if (const auto twice = keys_.End()) {
      return Fail("the key `" + twice->substr(0, 64) + "` occurs twice in one object");
    }
    return end_array();
  }
  auto end_array() -> bool {
    --depth_;
    if (open_.size() > depth_) open_.pop_back();
    return true;
  }
  auto parse_error(std::size_t position, const std::string& /*token*/, const nlohmann::detail::exception& /*error*/)
      -> bool {
    error_.offset = position == 0 ? 0 : position - 1;
    return Fail("not valid JSON at byte " + std::to_string(position));
  }

  auto Take() -> Json { return std::move(root_); }
  auto error() const -> const JsonError& { return error_; }

 private:
  auto Fail(std::string message) -> bool {
    error_.message = std::move(message);
    return false;
  }

  /// For so many members or elements, if nlohmann's reader, which does not know how many will come, did not call. An ordered
  /// object that has to grow copies its members with all that is below them, because their keys are constant.
  template <typename Container>
  auto WithRoom(Json container, std::size_t size) const -> Json {
    constexpr auto kUnknown = static_cast<std::size_t>(-1);
    const bool is_kept = depth_ < kept_depth_;
    if (is_kept && size != kUnknown) container.get_ref<Container&>().reserve(std::min<std::size_t>(size, limits_.values));
    return container;
  }

  /// Whether what comes now lies in a container of which only a trace is kept.
  auto Drops() const -> bool { return depth_ > kept_depth_; }

  auto Count() -> bool {
    if (++values_ > limits_.values) return Fail("more than " + std::to_string(limits_.values) + " values");
    // The trace: an array that is not empty holds one null.
    if (depth_ == kept_depth_ + 1 && traced_->is_array() && traced_->empty()) traced_->push_back(nullptr);
    return true;
  }

  auto Add(Json value) -> bool {
    if (Drops()) return Count();
    return Place(std::move(value)) != nullptr;
  }

  auto Open(Json value) -> bool {
    if (depth_ >= limits_.depth) return Fail("nested more than " + std::to_string(limits_.depth) + " deep");
    if (Drops()) {
      if (!Count()) return false;
    } else {
      Json* placed = Place(std::move(value));
      if (placed == nullptr) return false;
      if (depth_ < kept_depth_) {
        open_.push_back(placed);
      } else {
        traced_ = placed;
      }
    }
    ++depth_;
    return true;
  }

  auto Place(Json value) -> Json* {
    if (++values_ > limits_.values) {
      Fail("more than " + std::to_string(limits_.values) + " values");
      return nullptr;
    }
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    Json& parent = *open_.back();
    if (parent.is_array()) return &parent.get_ref<Json::array_t&>().emplace_back(std::move(value));
    auto& object = parent.get_ref<Json::object_t&>();
    object.emplace_back(std::move(key_), std::move(value));
    return &object.back().second;
  }

  JsonLimits limits_;
  std::uint32_t kept_depth_;
  Json root_;
  std::vector<Json*> open_;  // those kept, from the root down; an element's address holds while it is open
  Json* traced_ = nullptr;   // the container below the last of these, of which a trace is kept
  std::size_t depth_ = 0;    // of all that are open
  OpenKeys keys_;
  std::string key_;
  std::uint32_t values_ = 0;
  JsonError error_;
};

/// What simdjson read, given to the builder as nlohmann's reader would. False when the builder refuses it, or when the two
/// readers might not agree.
auto Walk(simdjson::dom::element element, Builder& builder) -> bool {
  using Type = simdjson::dom::element_type;
  switch (element.type()) {
    case Type::OBJECT: {
      const simdjson::dom::object object(element);
      if (!builder.start_object(object.size())) return false;
      for (const auto& [name, value] : object) {
        if (HoldsSurrogate(name) || !builder.key(name) || !Walk(value, builder)) return false;
      }
      return builder.end_object();
    }
    case Type::ARRAY: {
      const simdjson::dom::array array(element);
      if (!builder.start_array(array.size())) return false;
      for (const auto& value : array) {
        if (!Walk(value, builder)) return false;
      }
      return builder.end_array();
    }
    case Type::STRING: {
      const std::string_view text(element);
      return !HoldsSurrogate(text) && builder.string(text);
    }
    case Type::INT64: {
      const std::int64_t number{element};
      return number < 0 ? builder.number_integer(number) : builder.number_unsigned(static_cast<std::uint64_t>(number));
    }
    case Type::UINT64:
      return builder.number_unsigned(std::uint64_t(element));
    case Type::DOUBLE:
      return builder.number_float(double(element), {});
    case Type::BOOL:
      return builder.boolean(bool(element));
    case Type::NULL_VALUE:
      return builder.null();
  }
  std::abort();
}

/// Reads the text with simdjson, which is ten times as fast. What it does not take, or what is wrong by our limits, is for
/// nlohmann's reader to judge: so there is one opinion on what is JSON, and one form of its errors.
auto ParseFast(std::string_view text, JsonLimits limits, std::uint32_t kept_depth) -> std::optional<Json> {
  constexpr std::size_t kKeptBytes = std::size_t{1} << 17U;  // longer texts do not leave their memory with the thread
  thread_local simdjson::dom::parser kept;
  std::optional<simdjson::dom::parser> own;
  simdjson::dom::parser& parser = text.size() <= kKeptBytes ? kept : own.emplace();
  const auto parsed = parser.parse(text.data(), text.size(), true);
  if (parsed.error() != simdjson::SUCCESS) return std::nullopt;
  Builder builder(limits, kept_depth);
  if (!Walk(parsed.value_unsafe(), builder)) return std::nullopt;
  return builder.Take();
}

auto Parse(std::string_view text, JsonLimits limits, std::uint32_t kept_depth)
    -> std::expected<nlohmann::ordered_json, JsonError> {
  if (auto fast = ParseFast(text, limits, kept_depth)) return std::move(*fast);
  // nlohmann's reader takes a zero byte between two tokens for the end of the text.
  if (const std::size_t zero = text.find('\0'); zero != std::string_view::npos) {
    return std::unexpected(JsonError{zero, "not valid JSON at byte " + std::to_string(zero + 1)});
  }
  Builder builder(limits, kept_depth);
  if (!Json::sax_parse(text.begin(), text.end(), &builder)) return std::unexpected(builder.error());
  return builder.Take();
}

}  // namespace

auto ParseJson(std::string_view text, JsonLimits limits) -> std::expected<nlohmann::ordered_json, JsonError> {
  return Parse(text, limits, limits.depth);
}

auto SkimJson(std::string_view text, JsonLimits limits, std::uint32_t depth)
    -> std::expected<nlohmann::ordered_json, JsonError> {
  return Parse(text, limits, depth);
}

auto LineOf(std::string_view text, std::size_t offset) -> std::size_t {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  return 1 + static_cast<std::size_t>(std::ranges::count(before, '\n'));
}

}  // namespace route
