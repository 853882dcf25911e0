// JSON that is written and read without building a value, against nlohmann's reader and writer.

#include <random>
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "runtime/signals/json.h"
#include "runtime/signals/json_writer.h"

namespace {

using namespace route;
using Json = nlohmann::ordered_json;

/// A random value, at most so deep, with texts of any bytes or of whole characters.
class Values {
 public:
  enum class Texts : std::uint8_t { kCharacters, kAnyBytes };
  explicit Values(Texts texts) : texts_(texts) {}

  auto Make(int depth) -> Json {
    switch (Below(depth > 0 ? 9 : 7)) {
      case 0:
        return nullptr;
      case 1:
        return Below(2) == 0;
      case 2:
        return static_cast<std::int64_t>(random_());
      case 3:
        return random_();
      case 4:
        return static_cast<double>(static_cast<std::int64_t>(random_())) / 1024;
      case 5:
      case 6:
        return Text();
      case 7: {
        Json array = Json::array();
        for (auto left = Below(5); left > 0; --left) array.push_back(Make(depth - 1));
        return array;
      }
      default: {
        Json object = Json::object();
        for (auto left = Below(5); left > 0; --left) object[Text()] = Make(depth - 1);
        return object;
      }
    }
  }

 private:
  auto Below(std::uint64_t bound) -> std::uint64_t { return random_() % bound; }

  auto Text() -> std::string {
    static const std::string kPieces[] = {"a", "plain text ", "\"", "\\", "\n", "\t", std::string(1, '\0'), "\x1f", "\x7f",
                                          "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", std::string(40, 'x')};
    static const std::string kBroken[] = {"\xFF", "\xC3", "\xE2\x82", "\xED\xA0\x80", "\xF5\x80\x80\x80", "\xC0\x80"};
    std::string text;
    for (auto left = Below(8); left > 0; --left) {
      text += texts_ == Texts::kAnyBytes && Below(3) == 0 ? kBroken[Below(std::size(kBroken))]
                                                          : kPieces[Below(std::size(kPieces))];
    }
    return text;
  }

  Texts texts_;
  std::mt19937_64 random_{7};
};

}  // namespace

TEST_CASE("a value is written as nlohmann writes it") {
  for (const auto texts : {Values::Texts::kCharacters, Values::Texts::kAnyBytes}) {
    Values values(texts);
    for (int i = 0; i < 3000; ++i) {
      const Json value = values.Make(4);
      CHECK(ToText(value) == value.dump(-1, ' ', false, Json::error_handler_t::replace));
    }
  }
}

TEST_CASE("every byte at every place of a text is written as nlohmann writes it") {
  for (std::size_t size = 1; size <= 40; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string text(size, 'a');
        text[at] = static_cast<char>(byte);
        const Json value = Json::array({text, text});
        REQUIRE(ToText(value) == value.dump(-1, ' ', false, Json::error_handler_t::replace));
      }
    }
  }
}

TEST_CASE("what is written reads back as the same value") {
  Values values(Values::Texts::kCharacters);
  for (int i = 0; i < 3000; ++i) {
    const Json value = values.Make(4);
    const auto read = ParseJson(ToText(value), JsonLimits{});
    REQUIRE(read.has_value());
    CHECK(*read == value);
  }
}

TEST_CASE("what is JSON, and what it says, is nlohmann's to say") {
  Values values(Values::Texts::kCharacters);
  std::mt19937_64 random(9);
  const std::string pieces[] = {"\\ud800", "\\udc00", "\\ud83d\\ude00", "\\u0000", "\\x", "1e400", "-0", "01", "1.", "18446744073709551616",
                                "-9223372036854775809", "1E2", "tru", "\xEF\xBB\xBF", "\xED\xA0\x80", "\n", "//", "NaN", "{}", "\"a\":", ","};
  int good = 0;
  for (int i = 0; i < 40'000; ++i) {
    std::string text = ToText(values.Make(3));
    for (auto left = random() % 3; left > 0; --left) {
      const std::string& piece = pieces[random() % std::size(pieces)];
      const std::size_t at = random() % (text.size() + 1);
      text.replace(at, random() % 2 == 0 ? 0 : piece.size(), piece);
    }
    const Json expected = Json::parse(text, nullptr, false);
    const auto read = ParseJson(text, JsonLimits{});
    if (!read && read.error().message.ends_with("occurs twice in one object")) continue;  // which nlohmann allows
    CHECK_MESSAGE(read.has_value() == !expected.is_discarded(), text);
    if (!read) continue;
    ++good;
    CHECK_MESSAGE(read->dump() == expected.dump(), text);
  }
  CHECK(good > 5000);
}

TEST_CASE("skimming refuses exactly what reading refuses") {
  Values values(Values::Texts::kCharacters);
  std::mt19937_64 random(8);
  const JsonLimits limits{.depth = 4, .values = 20};
  int good = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string text = ToText(values.Make(5));
    if (random() % 2 == 0 && !text.empty()) text[random() % text.size()] = "{}[]\",:1 "[random() % 9];
    const auto whole = ParseJson(text, limits);
    const auto skimmed = SkimJson(text, limits, static_cast<std::uint32_t>(random() % 4));
    CHECK_MESSAGE(whole.has_value() == skimmed.has_value(), text);
    if (whole) {
      ++good;
    } else {
      CHECK_MESSAGE(whole.error().message == skimmed.error().message, text);
    }
  }
  CHECK(good > 1000);
}

TEST_CASE("skimming keeps what is on top, and whether an array below holds anything") {
  const auto read = SkimJson(R"({"a":{"b":{"c":[1,{"d":2}],"e":[],"f":{"g":1},"h":"x"},"i":3},"j":[[[4]],[[]]]})", {}, 3);
  REQUIRE(read.has_value());
  CHECK(read->dump() == R"({"a":{"b":{"c":[null],"e":[],"f":{},"h":"x"},"i":3},"j":[[[null]],[[]]]})");
  CHECK(SkimJson("[1,2]", {}, 0)->dump() == "[null]");
  CHECK(SkimJson("7", {}, 0)->dump() == "7");
  CHECK(SkimJson(R"({"a":{"b":1,"b":2}})", {}, 1).error().message == "the key `b` occurs twice in one object");
}
