// The detector `pii` skips most of a text. Here each form is tried at each place instead, and both must find the same.

#include <array>
#include <random>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "runtime/signals/characters.h"
#include "runtime/signals/pii.h"
#include "runtime/signals/pii_forms.h"
#include "runtime/signals/pii_places.h"

// The code for processors without wide registers, which those that run this test hardly are.
namespace route {
extern const PlaceFinder kWordPlaces;
}
#define ROUTE_PLACES kWordPlaces
#define ROUTE_LANE_BYTES 8
#include "runtime/signals/pii_places_body.h"

using namespace route;

namespace {

auto CharacterAt(std::string_view text, std::size_t at) -> char {
  return at < text.size() ? text[at] : '\0';
}

/// Digits with single blanks or hyphens between groups, from the first digit on.
auto EndOfGroups(std::string_view text, std::size_t at) -> std::size_t {
  for (;; ++at) {
    const bool gap = CharacterAt(text, at) == ' ' || CharacterAt(text, at) == '-';
    if (!IsDigit(CharacterAt(text, at)) && !(gap && IsDigit(text[at - 1]) && IsDigit(CharacterAt(text, at + 1)))) return at;
  }
}

auto EndOfToken(std::string_view text, std::size_t at) -> std::size_t {
  while (IsTokenCharacter(CharacterAt(text, at))) ++at;
  return at;
}

auto TryAt(std::string_view text, std::size_t at, std::size_t& cards_end) -> PiiFindings {
  constexpr std::string_view kDigits = "0123456789";
  constexpr std::size_t kReach = 129;
  PiiFindings found;
  const bool begins_word = IsWord(text[at]) && (at == 0 || !IsWord(text[at - 1]));
  const bool begins_digits = IsDigit(text[at]) && (at == 0 || !IsDigit(text[at - 1]));
  const bool begins_token = IsTokenCharacter(text[at]) && (at == 0 || !IsTokenCharacter(text[at - 1]));
  if (IsDigit(CharacterAt(text, at + 2))) found.financial = IsIbanAt(text, at);
  if (begins_digits && at >= cards_end) {
    cards_end = EndOfGroups(text, at);
    found.financial = found.financial || IsCardAt(text, at, cards_end);
  }
  std::size_t letters_end = at;
  while (IsLetter(CharacterAt(text, letters_end))) ++letters_end;
  found.personal = (begins_word && IsDigit(CharacterAt(text, letters_end)) && IsNationalIdAt(text, at)) ||
                   (begins_digits && (IsIpV4At(text, at) || IsIpV6At(text, at))) ||
                   (text[at] == '@' && IsEmailAt(text, at)) || (text[at] == '+' && IsPhoneAt(text, at)) || found.financial;
  if (begins_token) {
    const std::size_t end = EndOfToken(text, at);
    const std::string_view token = text.substr(at, end - at);
    const bool drawn = token.substr(0, kReach).find_first_of(kDigits) != std::string_view::npos;
    found.credentials = drawn && IsCredential(token, text.substr(end));
  }
  found.credentials = found.credentials || IsPrivateKeyAt(text, at);
  return found;
}

auto TryEverywhere(std::string_view text) -> PiiFindings {
  PiiFindings all;
  std::size_t cards_end = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const PiiFindings found = TryAt(text, at, cards_end);
    all.personal = all.personal || found.personal;
    all.financial = all.financial || found.financial;
    all.credentials = all.credentials || found.credentials;
  }
  return all;
}

constexpr auto kKnown = std::to_array<std::string_view>(
    {"DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432", "FR14 2004 1010 0505 0001 3M02 606", "4111 1111 1111 1111",
     "378282246310005", "85073003328", "RSSMRA85T10A562S", "rssmra85t10 1562s", "X1234567L", "12345678Z", "131052-308T",
     "131052A308T", "131052 A 308T", "1 85 05 78 006 084 36", "11010519491231002X", "536.390.898-01", "8.8.4.4",
     "2a00:1450:4001:81b::200e", "2001:4860:4860::8888", "+49 170 1234567", "a@b.com",
     "sk-abcdefghijklmnopqr123456789", "AKIAIOSFODNN7EXAMPLE", "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
     "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0", "-----BEGIN RSA PRIVATE KEY-----", "xoxb-123456789012-abcdefghijkl",
     "2026-11-24T18:30:00Z", "0x9E3779B9u"});
constexpr auto kAlphabets = std::to_array<std::string_view>(
    {"0123456789 -./+@:AKIAskeyJ_xyzDE", "0123456789 -", "0123456789 -./AXT", "0123456789.:abf",
     "01 -.\n\"{},:abAZskeyJ_-+@", "abcdefghijklmnopqrstuvwxyz     .,"});

class Texts {
 public:
  /// Noise of one alphabet with some of the known forms in it, whole or with a few characters changed.
  auto Next() -> std::string {
    const std::string_view alphabet = kAlphabets[Below(kAlphabets.size())];
    std::string text(Below(Below(8) == 0 ? 400 : 100), ' ');
    for (char& c : text) c = alphabet[Below(alphabet.size())];
    for (std::size_t i = Below(4); i > 0; --i) text.insert(Below(text.size() + 1), Changed(alphabet));
    return text;
  }

 private:
  auto Below(std::size_t bound) -> std::size_t { return engine_() % bound; }

  auto Changed(std::string_view alphabet) -> std::string {
    std::string form(kKnown[Below(kKnown.size())]);
    for (std::size_t i = Below(3); i > 0; --i) {
      const std::size_t at = Below(form.size());
      switch (Below(3)) {
        case 0:
          form[at] = alphabet[Below(alphabet.size())];
          break;
        case 1:
          form.insert(at, 1, " -./0123456789a"[Below(15)]);
          break;
        case 2:
          form.erase(at, 1);
          break;
      }
    }
    return form;
  }

  std::mt19937 engine_{17};
};

}  // namespace

TEST_CASE("the detector pii finds what each form finds that is tried at each place") {
  Texts texts;
  std::array<int, 4> found{};
  constexpr int kTexts = 100'000;
  for (int i = 0; i < kTexts; ++i) {
    const std::string text = texts.Next();
    const PiiFindings expected = TryEverywhere(text);
    REQUIRE_MESSAGE(DetectPii(text, kWordPlaces) == expected, text);
    REQUIRE_MESSAGE(DetectPii(text, kPortablePlaces) == expected, text);
    REQUIRE_MESSAGE(DetectPii(text) == expected, text);
    const bool nothing = !expected.personal && !expected.credentials;
    ++found[expected.financial ? 0 : expected.credentials ? 1 : nothing ? 3 : 2];
  }
  for (const int count : found) CHECK(count > kTexts / 100);
}

TEST_CASE("the detector pii sees a form wherever in a block it stands, and behind long texts without one") {
  for (const std::string_view form : kKnown) {
    const PiiFindings expected = TryEverywhere(form);
    for (std::size_t before = 0; before < 150; ++before) {
      const std::string text = std::string(before, '~') + std::string(form) + std::string(before % 7, '~');
      REQUIRE_MESSAGE(DetectPii(text) == expected, text);
    }
  }
  CHECK(DetectPii("131052 A 308T").personal);
  CHECK(DetectPii("a " + std::string(1'000'000, '-') + "BEGIN PRIVATE KEY-----").credentials);
  CHECK(DetectPii(std::string(1'000'000, '4') + "@") == PiiFindings{});
}
