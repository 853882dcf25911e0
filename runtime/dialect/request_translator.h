#pragma once

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "runtime/dialect/fields.h"
#include "runtime/dialect/requests.h"

namespace route {

/// What the translators of requests have in common: a table of fields, and the first thing that could not be translated.
/// After it they go on without harm and their result is thrown away.
class RequestTranslator {
 protected:
  using Json = nlohmann::ordered_json;

  /// One row for each field that is known; `take` is given what is there and not null.
  template <typename Translator>
  struct Field {
    std::string_view name;
    void (Translator::*take)(const std::string& at, const Json& value);
  };

  template <typename Translator, typename Fields>
  void TakeFields(Translator& translator, const std::string& at, const Json& object, const Fields& fields) {
    for (const auto& [name, value] : object.items()) {
      if (value.is_null()) continue;
      const std::string place = at.empty() ? name : at + "." + name;
      bool known = false;
      for (const auto& field : fields) {
        if (field.name != name) continue;
        (translator.*field.take)(place, value);
        known = true;
        break;
      }
      if (!known) Refuse(place, "the other API has no such field");
    }
  }

  /// The field's name goes into answers and records, so a name that is long is cut.
  void Refuse(const std::string& field, std::string why) {
    constexpr std::size_t kLongestField = 200;
    if (problem_) return;
    std::size_t end = std::min(field.size(), kLongestField);
    while (end < field.size() && end > 0 && (static_cast<unsigned char>(field[end]) & 0xC0U) == 0x80U) --end;
    problem_ = NotTranslatable{field.substr(0, end), std::move(why)};
  }

  auto Finish(Json result) -> TranslatedRequest {
    if (problem_) return std::unexpected(std::move(*problem_));
    return result;
  }

  /// For hints, which change what an answer costs or how fast it comes, and for what is read elsewhere.
  void LeaveOut(const std::string& /*at*/, const Json& /*value*/) {}

  /// Refuses the object if it says anything besides the fields that are known.
  void OnlyFields(const std::string& at, const Json& object, std::initializer_list<std::string_view> known) {
    for (const auto& [name, value] : object.items()) {
      if (value.is_null() || std::ranges::find(known, std::string_view(name)) != known.end()) continue;
      Refuse(at + "." + name, "the other API has no such field");
    }
  }

  /// The text, or a refusal.
  auto Text(const std::string& at, const Json& value) -> std::string {
    if (value.is_string()) return value.get<std::string>();
    Refuse(at, "is not a text");
    return {};
  }

 private:
  std::optional<NotTranslatable> problem_;
};

inline auto Element(const std::string& at, std::size_t index) -> std::string {
  return at + "." + std::to_string(index);
}

}  // namespace route
