#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

/// Looking into JSON whose form is not certain.
namespace route {

/// The member, or nothing if `object` is no object, has none of this name or has null there.
auto Member(const nlohmann::ordered_json& object, std::string_view name) -> const nlohmann::ordered_json*;

/// The member's text, or nothing if it is no text.
auto TextMember(const nlohmann::ordered_json& object, std::string_view name) -> std::string_view;

/// The member's elements, or an empty array if it is none.
auto ArrayMember(const nlohmann::ordered_json& object, std::string_view name) -> const nlohmann::ordered_json&;

/// The text as JSON, if it is a JSON object within what strangers may send. A text of blanks is an empty object.
auto ObjectInText(std::string_view text) -> std::optional<nlohmann::ordered_json>;

}  // namespace route
