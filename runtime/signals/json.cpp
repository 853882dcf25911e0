#include "runtime/signals/json.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace route {
namespace {

using Json = nlohmann::ordered_json;

/// Builds the value while nlohmann's reader walks the text. Keys are appended without a search and checked for repeats
/// when their object ends, because an ordered object looks a key up in linear time.
class Builder {
 public:
  explicit Builder(JsonLimits limits) : limits_(limits) {}

  // The names and parameters of these functions are nlohmann's SAX interface.
  auto null() -> bool { return Add(nullptr); }
  auto boolean(bool value) -> bool { return Add(value); }
  auto number_integer(Json::number_integer_t value) -> bool { return Add(value); }
  auto number_unsigned(Json::number_unsigned_t value) -> bool { return Add(value); }
  auto number_float(Json::number_float_t value, const std::string& /*text*/) -> bool { return Add(value); }
  auto string(std::string& value) -> bool { return Add(std::move(value)); }
  auto binary(Json::binary_t& /*value*/) -> bool { return Fail("binary values are not JSON"); }
  auto start_object(std::size_t /*size*/) -> bool { return Open(Json::object()); }
  auto start_array(std::size_t /*size*/) -> bool { return Open(Json::array()); }
  auto key(std::string& name) -> bool {
    key_ = std::move(name);
    return true;
  }
  auto end_object() -> bool {
    const auto& object = open_.back()->get_ref<const Json::object_t&>();
    std::vector<std::string_view> names;
    names.reserve(object.size());
    for (const auto& [name, value] : object) names.push_back(name);
    std::ranges::sort(names);
    if (const auto twice = std::ranges::adjacent_find(names); twice != names.end()) {
      return Fail("the key `" + std::string(twice->substr(0, 64)) + "` occurs twice in one object");
    }
    open_.pop_back();
    return true;
  }
  auto end_array() -> bool {
    open_.pop_back();
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

  auto Add(Json value) -> bool { return Place(std::move(value)) != nullptr; }

  auto Open(Json value) -> bool {
    if (open_.size() >= limits_.depth) return Fail("nested more than " + std::to_string(limits_.depth) + " deep");
    Json* placed = Place(std::move(value));
    if (placed == nullptr) return false;
    open_.push_back(placed);
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
  Json root_;
  std::vector<Json*> open_;  // from the root down; an element's address holds while it is open
  std::string key_;
  std::uint32_t values_ = 0;
  JsonError error_;
};

}  // namespace

auto ParseJson(std::string_view text, JsonLimits limits) -> std::expected<nlohmann::ordered_json, JsonError> {
  // nlohmann's reader takes a zero byte between two tokens for the end of the text.
  if (const std::size_t zero = text.find('\0'); zero != std::string_view::npos) {
    return std::unexpected(JsonError{zero, "not valid JSON at byte " + std::to_string(zero + 1)});
  }
  Builder builder(limits);
  if (!Json::sax_parse(text.begin(), text.end(), &builder)) return std::unexpected(builder.error());
  return builder.Take();
}

auto LineOf(std::string_view text, std::size_t offset) -> std::size_t {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  return 1 + static_cast<std::size_t>(std::ranges::count(before, '\n'));
}

}  // namespace route
