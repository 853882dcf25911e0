#include "compiler/diagnostics/xml.h"

#include <algorithm>

#include "compiler/base/utf8.h"

namespace route::diagnostics {

auto XmlText(std::string_view text) -> std::string {
  constexpr std::string_view kReplacement = "\uFFFD";
  std::string escaped;
  for (std::size_t i = 0; i < text.size();) {
    const Utf8Character character = DecodeUtf8(text, i);
    const char32_t c = character.code_point;
    const bool is_blank = c == '\t' || c == '\n' || c == '\r';
    if (character.length == 0 || (c < U' ' && !is_blank) || c == 0xFFFE || c == 0xFFFF) {
      escaped += kReplacement;
    } else if (is_blank) {
      escaped += "&#" + std::to_string(static_cast<unsigned>(c)) + ";";
    } else if (c == '&') {
      escaped += "&amp;";
    } else if (c == '<') {
      escaped += "&lt;";
    } else if (c == '>') {
      escaped += "&gt;";
    } else if (c == '"') {
      escaped += "&quot;";
    } else {
      escaped += text.substr(i, character.length);
    }
    i += std::max<std::size_t>(character.length, 1);
  }
  return escaped;
}

}  // namespace route::diagnostics
