#include "compiler/base/lookalike.h"

#include <doctest/doctest.h>
#include <unicode/uscript.h>
#include <unicode/uspoof.h>
#include <unicode/utf16.h>

#include <memory>
#include <string>

// ICU is the authority: routec does not link it, because its data would be four fifths of the program.

namespace {

using namespace route;

class Icu {
 public:
  auto Skeleton(const std::u16string& text) -> std::u16string {
    UErrorCode status = U_ZERO_ERROR;
    char16_t skeleton[64];
    int32_t length = uspoof_getSkeleton(checker_.get(), 0, text.data(), static_cast<int32_t>(text.size()), skeleton, 64, &status);
    REQUIRE(U_SUCCESS(status));
    return {skeleton, static_cast<std::size_t>(length)};
  }

  auto Skeleton(char32_t c) -> std::u16string {
    char16_t units[2];
    int32_t length = 0;
    U16_APPEND_UNSAFE(units, length, static_cast<UChar32>(c));
    return Skeleton(std::u16string(units, static_cast<std::size_t>(length)));
  }

  static auto Script(char32_t c) -> UScriptCode {
    UErrorCode status = U_ZERO_ERROR;
    return uscript_getScript(static_cast<UChar32>(c), &status);
  }

 private:
  static auto Open() -> USpoofChecker* {
    UErrorCode status = U_ZERO_ERROR;
    USpoofChecker* checker = uspoof_open(&status);
    REQUIRE(U_SUCCESS(status));
    return checker;
  }

  std::unique_ptr<USpoofChecker, decltype(&uspoof_close)> checker_{Open(), &uspoof_close};
};

auto Wide(std::string_view ascii) -> std::u16string { return {ascii.begin(), ascii.end()}; }

TEST_CASE("the table of look-alikes is Unicode's") {
  Icu icu;
  int letters = 0;
  for (char32_t c = 0x80; c < 0x3000; ++c) {
    UScriptCode script = Icu::Script(c);
    if (script != USCRIPT_GREEK && script != USCRIPT_CYRILLIC) continue;
    std::u16string skeleton = icu.Skeleton(c);
    bool ascii_letter = skeleton.size() == 1 && ((skeleton[0] >= u'a' && skeleton[0] <= u'z') ||
                                                 (skeleton[0] >= u'A' && skeleton[0] <= u'Z'));
    auto letter = AsciiLookalike(c);
    CHECK_MESSAGE(letter.has_value() == ascii_letter, "U+", static_cast<unsigned>(c));
    if (!letter) continue;
    ++letters;
    CHECK_MESSAGE(icu.Skeleton(Wide({&*letter, 1})) == skeleton, "U+", static_cast<unsigned>(c));
  }
  CHECK(letters > 70);
}

TEST_CASE("names that Unicode calls confusable have one skeleton") {
  Icu icu;
  const char* names[] = {"platinum", "p1atinum", "pIatinum", "rn", "m", "modern", "rnodern", "O1", "0l", "OI",
                         "gpt_4o", "gpt_40", "gpt_4O", "gpt_4", "gpt_41", "gpt_4l", "tier_1", "tier_l", "tier_2"};
  for (const char* a : names) {
    for (const char* b : names) {
      CHECK_MESSAGE((NameSkeleton(a) == NameSkeleton(b)) == (icu.Skeleton(Wide(a)) == icu.Skeleton(Wide(b))), a, " ", b);
    }
  }
}

TEST_CASE("names of models and places that are near each other stay apart") {
  CHECK(NameSkeleton("vv") == NameSkeleton("w"));
  CHECK(NameSkeleton("gpt_4o") != NameSkeleton("gpt_40"));
  CHECK(NameSkeleton("gpt_4") != NameSkeleton("gpt_41"));
  CHECK(NameSkeleton("o1") != NameSkeleton("o3"));
  CHECK(NameSkeleton("claude_sonnet_4_5") != NameSkeleton("claude_sonnet_4_6"));
  CHECK(NameSkeleton("llama_3_1_8b") != NameSkeleton("llama_3_1_80b"));
  CHECK(NameSkeleton("frankfurt") != NameSkeleton("frankfort"));
  CHECK(NameSkeleton("gold") != NameSkeleton("Gold"));
}

TEST_CASE("words that mix scripts") {
  auto words = [](std::string_view text) { return FindMixedWords(text).size(); };
  CHECK(words("p\u0430ypal") == 1);
  CHECK(words("\u0440\u0430\u0443\u0440\u0430l and p\u03b1y") == 2);
  for (std::string_view fine : {"paypal", "\u041f\u0440\u0438\u0432\u0435\u0442 \u043c\u0438\u0440", "d\u00e9j\u00e0 vu", "GPT-\u043c\u043e\u0434\u0435\u043b\u044c",
                                "\u65e5\u672c\u306eGPT", "5 \u00b5s", "\u03a9mega", "10 \u043a\u0412\u0442", "x86", "\u03b1-test",
                                "\u05e9\u05dc\u05d5\u05dd GPT", "na\u0308ive", ""}) {
    CHECK_MESSAGE(words(fine) == 0, fine);
  }
  auto mixed = FindMixedWords("so gpt4\u043e, no");
  REQUIRE(mixed.size() == 1);
  CHECK(mixed[0].begin == 3);
  CHECK(mixed[0].end == 9);
  CHECK(mixed[0].foreign == 7);
  CHECK(mixed[0].latin == "gpt4o");
  CHECK(FindMixedWords("\u041fp\u0430\u0432\u0438\u043b\u043e")[0].latin.empty());
}

}  // namespace
