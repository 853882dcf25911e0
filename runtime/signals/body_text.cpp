#include "runtime/signals/body_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <string_view>

#include "runtime/signals/characters.h"

namespace route {
namespace {

using Json = nlohmann::ordered_json;

/// The shortest that the detector `pii` finds is an address like a@b.cc.
constexpr std::size_t kShortest = 6;

/// A field of an object, and where the object stands.
struct Place {
  std::string_view parent;  ///< the key under which the object stands
  std::string_view type;    ///< its `type`
  std::string_view key;
};

auto HoldsContent(std::string_view key) -> bool {
  constexpr auto kKeys = std::to_array<std::string_view>({"content", "instructions", "output", "system"});
  return std::ranges::find(kKeys, key) != kKeys.end();
}

/// Where an API has the bytes of an image, of audio or of a file.
auto HoldsMedia(const Place& place) -> bool {
  if (place.key == "image_url") return true;
  if (place.key == "url") return place.parent == "image_url";
  if (place.key == "file_data") return place.parent == "file" || place.type == "input_file";
  if (place.key != "data") return false;
  return place.parent == "input_audio" || (place.parent == "source" && place.type == "base64");
}

auto TypeOf(const Json& object) -> std::string_view {
  const auto found = object.find("type");
  return found != object.end() && found->is_string() ? std::string_view(found->get_ref<const std::string&>())
                                                     : std::string_view{};
}

/// In either alphabet, padded or not, with line ends.
auto IsBase64(std::string_view text) -> bool {
  return std::ranges::all_of(text, [](char c) {
    return IsTokenCharacter(c) || c == '+' || c == '/' || c == '=' || c == '\r' || c == '\n';
  });
}

/// `data:image/png;base64,…` and the like, or the base64 alone. What is short is no image.
auto IsMedia(std::string_view text) -> bool {
  constexpr std::size_t kShortestMedia = 64;
  constexpr std::string_view kScheme = "data:";
  constexpr std::string_view kBase64 = ";base64,";
  constexpr std::size_t kLongestType = 100;
  if (text.starts_with(kScheme)) {
    const std::size_t mark = text.substr(0, kLongestType).find(kBase64);
    if (mark == std::string_view::npos) return false;
    text.remove_prefix(mark + kBase64.size());
  }
  return text.size() >= kShortestMedia && IsBase64(text);
}

auto HexOf(std::string_view digits) -> std::uint32_t {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  return error == std::errc() && end == digits.data() + digits.size() ? value : 0xFFFFFFFF;
}

/// With the escapes of JSON resolved. Of `\u` those of ASCII and of the blanks and hyphens of typeset text: others are no
/// part of a finding.
auto Unescaped(std::string_view text) -> std::string {
  constexpr std::string_view kEscapes = "bfnrt\"\\/";
  constexpr std::string_view kMeant = "\b\f\n\r\t\"\\/";
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\\' || at + 1 == text.size()) {
      plain += text[at];
      continue;
    }
    const char kind = text[++at];
    const std::uint32_t code = kind == 'u' && at + 4 < text.size() ? HexOf(text.substr(at + 1, 4)) : 0xFFFFFFFF;
    if (const std::size_t escape = kEscapes.find(kind); escape != std::string_view::npos) {
      plain += kMeant[escape];
    } else if (code < 0x80) {
      plain += static_cast<char>(code);
      at += 4;
    } else if (code < 0x800) {
      plain += {static_cast<char>(0xC0 | code >> 6U), static_cast<char>(0x80 | (code & 0x3FU))};
      at += 4;
    } else if (code < 0x10000) {
      plain += {static_cast<char>(0xE0 | code >> 12U), static_cast<char>(0x80 | (code >> 6U & 0x3FU)),
                static_cast<char>(0x80 | (code & 0x3FU))};
      at += 4;
    } else {
      plain += '\\';
      plain += kind;
    }
  }
  return plain;
}

/// Of a number without its sign; 0 if it is not whole or has more than 19 digits.
auto WholeMagnitude(const Json& number) -> std::uint64_t {
  if (number.is_number_unsigned()) return number.get<std::uint64_t>();
  if (number.is_number_integer()) {
    const auto value = static_cast<std::uint64_t>(number.get<std::int64_t>());
    return number.get<std::int64_t>() < 0 ? 0 - value : value;
  }
  constexpr double kMost = 1e19;
  const double magnitude = std::abs(number.get<double>());
  return magnitude < kMost && magnitude == std::floor(magnitude) ? static_cast<std::uint64_t>(magnitude) : 0;
}

class Collector {
 public:
  auto Collect(const Json& body) && -> std::string {
    if (!body.is_object()) return {};
    for (const auto& [key, value] : body.get_ref<const Json::object_t&>()) {
      if (key != "model" && key != "seed") Member({"", "", key}, value);
    }
    return std::move(text_);
  }

 private:
  void Line(std::string_view text) {
    if (text.size() < kShortest) return;
    text_ += text;
    text_ += '\n';
  }

  void Text(std::string_view text) {
    Line(text);
    if (text.contains('\\')) Line(Unescaped(text));
  }

  void Member(const Place& place, const Json& value) {
    Text(place.key);
    if (value.is_string() && HoldsMedia(place) && IsMedia(value.get_ref<const std::string&>())) return;
    Value(place.key, value);
    if (value.is_array() && HoldsContent(place.key)) Joined(value);
  }

  void Value(std::string_view key, const Json& value) {
    if (value.is_string()) {
      Text(value.get_ref<const std::string&>());
    } else if (value.is_array()) {
      for (const Json& element : value) Value("", element);
    } else if (value.is_object()) {
      const std::string_view type = TypeOf(value);
      for (const auto& [name, member] : value.get_ref<const Json::object_t&>()) Member({key, type, name}, member);
    } else if (value.is_number()) {
      Number(value);
    }
  }

  void Number(const Json& value) {
    constexpr std::uint64_t kNineDigits = 100'000'000;
    const std::uint64_t magnitude = WholeMagnitude(value);
    if (magnitude >= kNineDigits) Line(std::to_string(magnitude));
  }

  void Joined(const Json& pieces) {
    std::string joined;
    int texts = 0;
    for (const Json& piece : pieces) {
      const Json* text = &piece;
      if (piece.is_object()) {
        const auto found = piece.find("text");
        if (found == piece.end()) continue;
        text = &*found;
      }
      if (!text->is_string()) continue;
      joined += text->get_ref<const std::string&>();
      ++texts;
    }
    if (texts > 1) Text(joined);
  }

  std::string text_;
};

}  // namespace

auto SearchableText(const Json& body) -> std::string {
  return Collector().Collect(body);
}

}  // namespace route
