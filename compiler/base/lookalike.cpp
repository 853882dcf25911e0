#include "compiler/base/lookalike.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "compiler/base/utf8.h"

namespace route {
namespace {

/// The Greek and Cyrillic letters of confusables.txt (Unicode 15) whose skeleton is one ASCII letter; `I` where it gives
/// `l` for a capital. tests/syntax/lookalike_test.cpp compares the table with ICU.
constexpr auto kLookalikes = std::to_array<std::pair<char32_t, char>>({
    {0x037A, 'i'}, {0x037F, 'J'}, {0x0391, 'A'}, {0x0392, 'B'}, {0x0395, 'E'}, {0x0396, 'Z'}, {0x0397, 'H'},
    {0x0399, 'I'}, {0x039A, 'K'}, {0x039C, 'M'}, {0x039D, 'N'}, {0x039F, 'O'}, {0x03A1, 'P'}, {0x03A4, 'T'},
    {0x03A5, 'Y'}, {0x03A7, 'X'}, {0x03B1, 'a'}, {0x03B3, 'y'}, {0x03B9, 'i'}, {0x03BD, 'v'}, {0x03BF, 'o'},
    {0x03C1, 'p'}, {0x03C3, 'o'}, {0x03C5, 'u'}, {0x03D2, 'Y'}, {0x03DC, 'F'}, {0x03F1, 'p'}, {0x03F2, 'c'},
    {0x03F3, 'j'}, {0x03F9, 'C'}, {0x03FA, 'M'}, {0x0405, 'S'}, {0x0406, 'I'}, {0x0408, 'J'}, {0x0410, 'A'},
    {0x0412, 'B'}, {0x0415, 'E'}, {0x041A, 'K'}, {0x041C, 'M'}, {0x041D, 'H'}, {0x041E, 'O'}, {0x0420, 'P'},
    {0x0421, 'C'}, {0x0422, 'T'}, {0x0423, 'Y'}, {0x0425, 'X'}, {0x042C, 'b'}, {0x0430, 'a'}, {0x0433, 'r'},
    {0x0435, 'e'}, {0x043E, 'o'}, {0x0440, 'p'}, {0x0441, 'c'}, {0x0443, 'y'}, {0x0445, 'x'}, {0x0455, 's'},
    {0x0456, 'i'}, {0x0458, 'j'}, {0x0461, 'w'}, {0x0474, 'V'}, {0x0475, 'v'}, {0x04AE, 'Y'}, {0x04AF, 'y'},
    {0x04BB, 'h'}, {0x04BD, 'e'}, {0x04C0, 'I'}, {0x04CF, 'i'}, {0x0501, 'd'}, {0x050C, 'G'}, {0x051B, 'q'},
    {0x051C, 'W'}, {0x051D, 'w'}, {0x1D26, 'r'}, {0x1FBE, 'i'},
});
static_assert(std::ranges::is_sorted(kLookalikes));

enum class Script : std::uint8_t { kNone, kLatin, kGreek, kCyrillic };

auto Between(char32_t c, char32_t low, char32_t high) -> bool { return c >= low && c <= high; }

/// By Unicode's blocks; signs in them that belong to no script do not occur inside words.
auto ScriptOf(char32_t c) -> Script {
  if (Between(c, 'A', 'Z') || Between(c, 'a', 'z') || (Between(c, 0xC0, 0x2B8) && c != 0xD7 && c != 0xF7) ||
      Between(c, 0x1E00, 0x1EFF) || Between(c, 0xFF21, 0xFF3A) || Between(c, 0xFF41, 0xFF5A)) {
    return Script::kLatin;
  }
  if (Between(c, 0x370, 0x3FF) || Between(c, 0x1D26, 0x1D2A) || Between(c, 0x1F00, 0x1FFF)) return Script::kGreek;
  if (Between(c, 0x400, 0x52F) || Between(c, 0x1C80, 0x1C8F) || Between(c, 0x2DE0, 0x2DFF) || Between(c, 0xA640, 0xA69F)) {
    return Script::kCyrillic;
  }
  return Script::kNone;
}

auto JoinsWords(char32_t c) -> bool { return Between(c, '0', '9') || c == '_' || Between(c, 0x300, 0x36F); }

/// Reads one word, letter by letter.
class Word {
 public:
  explicit Word(std::size_t begin) { word_.begin = begin; }

  void Add(Script script, char32_t c, std::size_t at, std::string_view bytes) {
    word_.end = at + bytes.size();
    if (script == Script::kNone || script == Script::kLatin) {
      latin_ = latin_ || script == Script::kLatin;
      word_.latin += bytes;
      return;
    }
    foreign_ = true;
    auto lookalike = AsciiLookalike(c);
    if (lookalike && !lookalike_) word_.foreign = at;
    lookalike_ = lookalike_ || lookalike.has_value();
    convertible_ = convertible_ && lookalike.has_value();
    if (lookalike) word_.latin.push_back(*lookalike);
  }

  auto IsMixed() const -> bool { return latin_ && foreign_ && lookalike_; }

  auto Take() && -> MixedWord {
    if (!convertible_) word_.latin.clear();
    return std::move(word_);
  }

 private:
  MixedWord word_;
  bool latin_ = false;
  bool foreign_ = false;
  bool lookalike_ = false;
  bool convertible_ = true;
};

}  // namespace

auto NameSkeleton(std::string_view name) -> std::string {
  std::string skeleton;
  for (char c : name) {
    switch (c) {
      case '0': skeleton += 'O'; break;
      case '1':
      case 'I': skeleton += 'l'; break;
      case 'm': skeleton += "rn"; break;
      case 'w': skeleton += "vv"; break;
      case 'W': skeleton += "VV"; break;
      default: skeleton += c;
    }
  }
  return skeleton;
}

auto AsciiLookalike(char32_t c) -> std::optional<char> {
  auto found = std::ranges::lower_bound(kLookalikes, c, {}, &std::pair<char32_t, char>::first);
  if (found == kLookalikes.end() || found->first != c) return std::nullopt;
  return found->second;
}

auto FindMixedWords(std::string_view text) -> std::vector<MixedWord> {
  std::vector<MixedWord> mixed;
  std::optional<Word> word;
  auto finish = [&] {
    if (word && word->IsMixed()) mixed.push_back(std::move(*word).Take());
    word.reset();
  };
  for (std::size_t i = 0; i < text.size();) {
    Utf8Character character = DecodeUtf8(text, i);
    std::size_t length = std::max<std::size_t>(character.length, 1);
    Script script = ScriptOf(character.code_point);
    if (script == Script::kNone && !JoinsWords(character.code_point)) {
      finish();
    } else {
      if (!word) word.emplace(i);
      word->Add(script, character.code_point, i, text.substr(i, length));
    }
    i += length;
  }
  finish();
  return mixed;
}

}  // namespace route
