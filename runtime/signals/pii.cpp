#include "runtime/signals/pii.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>

#include "runtime/signals/characters.h"
#include "runtime/signals/pii_forms.h"
#include "runtime/signals/pii_places.h"

// A text is read in three steps:
//   1. skimmed for digits, `@`, `+` and hyphens in a row, without which no form is complete: prose has few;
//   2. around these the kinds of 64 bytes as bits, a word for each kind: what a form cannot do without (nine characters that
//      may make up a number, thirteen digits in groups …) is asked of all places at once, with shifts (pii_places.h);
//   3. at the few places that are left the form itself is tried (pii_forms.h).
// The second step must let pass every place where a form may begin; tests compare it with trying each form everywhere.

namespace route {
namespace {

class Scan {
 public:
  Scan(std::string_view text, const PlaceFinder& finder) : text_(text), finder_(finder) {}

  auto Run() -> PiiFindings {
    std::size_t done = 0;
    while (!(found_.financial && found_.credentials)) {
      const std::size_t at = Skim(done);
      if (at >= text_.size()) break;
      const std::size_t begin = std::max(done, at - std::min(at, kFirstDigit));
      Look(begin);
      done = begin + kPlaces;
    }
    found_.personal = found_.personal || found_.financial;
    return found_;
  }

 private:
  /// From `at` on, which has been skimmed up to there. What is less than a block is looked at anyway.
  auto Skim(std::size_t at) const -> std::size_t {
    if (at >= text_.size()) return at;
    return at + kBlock * finder_.skim(text_.data() + at, (text_.size() - at) / kBlock);
  }

  /// At the places from `begin` on.
  void Look(std::size_t begin) {
    const Places places = PlacesFrom(begin);
    if (!found_.financial) {
      found_.financial = Any(places.ibans, begin, &Scan::IsIban) || Any(places.cards, begin, &Scan::IsCard);
    }
    if (!found_.personal) {
      found_.personal = Any(places.ids, begin, &Scan::IsNationalId) || Any(places.v4, begin, &Scan::IsIpV4) ||
                        Any(places.v6, begin, &Scan::IsIpV6) || Any(places.signs, begin, &Scan::IsEmailOrPhone);
    }
    if (!found_.credentials) {
      found_.credentials = Any(places.tokens, begin, &Scan::IsToken) || Any(places.keys, begin, &Scan::IsPrivateKey);
    }
  }

  auto PlacesFrom(std::size_t begin) const -> Places {
    if (begin >= kBefore && text_.size() - begin >= kBlock - kBefore) {
      return finder_.places(text_.data() + begin - kBefore);
    }
    std::array<char, kBlock> block{};
    const std::size_t before = std::min(begin, kBefore);
    const std::string_view part = text_.substr(begin - before, before + kBlock - kBefore);
    std::ranges::copy(part, block.begin() + static_cast<std::ptrdiff_t>(kBefore - before));
    return finder_.places(block.data());
  }

  [[gnu::always_inline]] auto Any(std::uint64_t places, std::size_t begin, bool (Scan::*is_form)(std::size_t) const) const
      -> bool {
    for (; places != 0; places &= places - 1) {
      if ((this->*is_form)(begin + static_cast<std::size_t>(std::countr_zero(places)))) return true;
    }
    return false;
  }

  auto IsIban(std::size_t digit) const -> bool { return IsIbanAt(text_, digit - 2); }
  auto IsNationalId(std::size_t at) const -> bool { return WordHasDigit(at) && IsNationalIdAt(text_, at); }
  auto IsIpV4(std::size_t at) const -> bool { return IsIpV4At(text_, at); }
  auto IsIpV6(std::size_t at) const -> bool { return IsIpV6At(text_, at); }
  auto IsEmailOrPhone(std::size_t at) const -> bool { return text_[at] == '@' ? IsEmailAt(text_, at) : IsPhoneAt(text_, at); }
  auto IsPrivateKey(std::size_t at) const -> bool { return IsPrivateKeyAt(text_, at); }

  auto WordHasDigit(std::size_t at) const -> bool {
    while (at < text_.size() && IsLetter(text_[at])) ++at;
    return at < text_.size() && IsDigit(text_[at]);
  }

  auto IsCard(std::size_t at) const -> bool {
    std::size_t end = at + 1;
    std::size_t digits = 1;
    for (; end < text_.size(); ++end) {
      const bool gap = (text_[end] == ' ' || text_[end] == '-') && IsDigit(text_[end - 1]) && end + 1 < text_.size() &&
                       IsDigit(text_[end + 1]);
      if (!IsDigit(text_[end]) && !gap) break;
      digits += gap ? 0 : 1;
    }
    constexpr std::size_t kFewestDigits = 13;
    return digits >= kFewestDigits && IsCardAt(text_, at, end);
  }

  /// Looks at a token once, at its first digit: one that is drawn at random has one soon.
  auto IsToken(std::size_t digit) const -> bool {
    constexpr std::size_t kReach = 128;
    std::size_t begin = digit;
    while (begin > 0 && digit - begin < kReach && IsTokenCharacter(text_[begin - 1])) {
      --begin;
      if (IsDigit(text_[begin])) return false;
    }
    if (begin > 0 && IsTokenCharacter(text_[begin - 1])) return false;
    if (!MayBeginCredential(text_[begin])) return false;
    std::size_t end = digit;
    while (end < text_.size() && IsTokenCharacter(text_[end])) ++end;
    return IsCredential(text_.substr(begin, end - begin), text_.substr(end));
  }

  std::string_view text_;
  const PlaceFinder& finder_;
  PiiFindings found_;
};

auto IsAscii(std::string_view text) -> bool {
  unsigned char all = 0;
  for (const char c : text) all |= static_cast<unsigned char>(c);
  return all < 0x80;
}

/// U+00A0, U+2007, U+2009 and U+202F, U+2010 to U+2013: the blanks and hyphens that text copied from documents holds.
struct Typeset {
  std::string_view bytes;
  char plain;
};
constexpr auto kTypeset = std::to_array<Typeset>({{"\xC2\xA0", ' '},
                                                  {"\xE2\x80\x87", ' '},
                                                  {"\xE2\x80\x89", ' '},
                                                  {"\xE2\x80\xAF", ' '},
                                                  {"\xE2\x80\x90", '-'},
                                                  {"\xE2\x80\x91", '-'},
                                                  {"\xE2\x80\x92", '-'},
                                                  {"\xE2\x80\x93", '-'}});

/// The text with these in their plain forms.
auto Plain(std::string_view text) -> std::string {
  std::string plain;
  plain.reserve(text.size());
  std::size_t copied = 0;
  for (std::size_t at = 0; at < text.size();) {
    const bool leads = text[at] == kTypeset.front().bytes[0] || text[at] == kTypeset.back().bytes[0];
    const auto found = leads ? std::ranges::find_if(
                                   kTypeset, [&](const Typeset& one) { return text.substr(at).starts_with(one.bytes); })
                             : kTypeset.end();
    if (found == kTypeset.end()) {
      ++at;
      continue;
    }
    plain.append(text, copied, at - copied);
    plain += found->plain;
    at += found->bytes.size();
    copied = at;
  }
  plain.append(text, copied);
  return plain;
}

/// May it hold any of them?
auto MayBeTypeset(std::string_view text) -> bool {
  return !IsAscii(text) && (text.contains("\xC2\xA0") || text.contains("\xE2\x80"));
}

}  // namespace

auto DetectPii(std::string_view text) -> PiiFindings {
  return DetectPii(text, BestPlaces());
}

auto DetectPii(std::string_view text, const PlaceFinder& finder) -> PiiFindings {
  const std::string copy = MayBeTypeset(text) ? Plain(text) : std::string();
  if (!copy.empty()) text = copy;
  return Scan(text, finder).Run();
}

}  // namespace route
