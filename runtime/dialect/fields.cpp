#include "runtime/dialect/fields.h"

#include "runtime/signals/json.h"

namespace route {

using Json = nlohmann::ordered_json;

auto Member(const Json& object, std::string_view name) -> const Json* {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(name);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

auto TextMember(const Json& object, std::string_view name) -> std::string_view {
  const Json* member = Member(object, name);
  return member != nullptr && member->is_string() ? std::string_view(member->get_ref<const std::string&>())
                                                  : std::string_view{};
}

auto ArrayMember(const Json& object, std::string_view name) -> const Json& {
  static const Json kNothing = Json::array();
  const Json* member = Member(object, name);
  return member != nullptr && member->is_array() ? *member : kNothing;
}

auto ObjectInText(std::string_view text) -> std::optional<Json> {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return Json::object();
  auto parsed = ParseJson(text, JsonLimits{});
  if (!parsed || !parsed->is_object()) return std::nullopt;
  return std::move(*parsed);
}

}  // namespace route
