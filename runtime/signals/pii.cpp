#include "runtime/signals/pii.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <string>

#include <arpa/inet.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "runtime/signals/national_ids.h"

namespace route {
namespace {

auto IsDigit(char c) -> bool {
  return c >= '0' && c <= '9';
}
auto IsLetter(char c) -> bool {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
auto IsWord(char c) -> bool {
  return IsDigit(c) || IsLetter(c);
}
auto Upper(char c) -> char {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

struct IbanLength {
  std::string_view country;
  std::uint8_t length;
};

/// Lengths by country, from the IBAN registry; sorted.
constexpr auto kIbanLengths = std::to_array<IbanLength>(
    {{"AD", 24}, {"AE", 23}, {"AL", 28}, {"AT", 20}, {"AZ", 28}, {"BA", 20}, {"BE", 16}, {"BG", 22}, {"BH", 22},
     {"BI", 27}, {"BR", 29}, {"BY", 28}, {"CH", 21}, {"CR", 22}, {"CY", 28}, {"CZ", 24}, {"DE", 22}, {"DJ", 27},
     {"DK", 18}, {"DO", 28}, {"EE", 20}, {"EG", 29}, {"ES", 24}, {"FI", 18}, {"FK", 18}, {"FO", 18}, {"FR", 27},
     {"GB", 22}, {"GE", 22}, {"GI", 23}, {"GL", 18}, {"GR", 27}, {"GT", 28}, {"HR", 21}, {"HU", 28}, {"IE", 22},
     {"IL", 23}, {"IQ", 23}, {"IS", 26}, {"IT", 27}, {"JO", 30}, {"KW", 30}, {"KZ", 20}, {"LB", 28}, {"LC", 32},
     {"LI", 21}, {"LT", 20}, {"LU", 20}, {"LV", 21}, {"LY", 25}, {"MC", 27}, {"MD", 24}, {"ME", 22}, {"MK", 19},
     {"MN", 20}, {"MR", 27}, {"MT", 31}, {"MU", 30}, {"NI", 28}, {"NL", 18}, {"NO", 15}, {"OM", 23}, {"PK", 24},
     {"PL", 28}, {"PS", 29}, {"PT", 25}, {"QA", 29}, {"RO", 24}, {"RS", 22}, {"RU", 33}, {"SA", 24}, {"SC", 31},
     {"SD", 18}, {"SE", 24}, {"SI", 19}, {"SK", 24}, {"SM", 27}, {"SO", 23}, {"ST", 25}, {"SV", 28}, {"TL", 23},
     {"TN", 24}, {"TR", 26}, {"UA", 29}, {"VA", 22}, {"VG", 24}, {"XK", 20}, {"YE", 30}});

constexpr std::size_t kLetters = 26;

/// The same by the country's two letters, 0 where there are no IBANs.
constexpr auto kIbanLengthBy = [] {
  std::array<std::uint8_t, kLetters * kLetters> lengths{};
  for (const IbanLength& row : kIbanLengths) {
    lengths[static_cast<std::size_t>(row.country[0] - 'A') * kLetters + static_cast<std::size_t>(row.country[1] - 'A')] =
        row.length;
  }
  return lengths;
}();

/// Of the country whose letters, in either case, these are; 0 if there is none.
auto LengthFor(char first, char second) -> std::size_t {
  if (!IsLetter(first) || !IsLetter(second)) return 0;
  return kIbanLengthBy[static_cast<std::size_t>(Upper(first) - 'A') * kLetters + static_cast<std::size_t>(Upper(second) - 'A')];
}

/// The longest IBAN is 33 characters with a blank or hyphen before each but the first.
constexpr std::size_t kIbanReach = 66;

auto BeginsWithIban(std::string_view text) -> bool {
  const std::size_t length = LengthFor(text[0], text[1]);
  if (length == 0) return false;
  std::string compact;
  std::size_t at = 0;
  while (at < text.size() && compact.size() < length) {
    if (IsWord(text[at])) {
      compact += text[at++];
    } else if ((text[at] == ' ' || text[at] == '-') && at + 1 < text.size() && IsWord(text[at + 1])) {
      ++at;
    } else {
      break;
    }
  }
  if (at < text.size() && IsWord(text[at])) return false;
  return IsIban(compact);
}

/// Do the first digits belong to a card network? Keeps order numbers and timestamps out.
auto IsCardPrefix(char first, char second) -> bool {
  return first == '4' || (first == '5' && second >= '0' && second <= '8') || first == '6' ||
         (first == '3' && (second == '4' || second == '5' || second == '6' || second == '7' || second == '8')) ||
         (first == '2' && second >= '2' && second <= '7') || (first == '8' && second == '1');
}

/// The same for groups of digits: the second digit may stand behind a blank or hyphen.
auto MayBeginCard(std::string_view groups) -> bool {
  if (groups.size() < 3) return false;
  return IsCardPrefix(groups[0], IsDigit(groups[1]) ? groups[1] : groups[2]);
}

/// `text` is digits, with single blanks or hyphens between groups. Tries every run of whole groups.
auto HoldsCard(std::string_view text) -> bool {
  for (std::size_t start = 0; start < text.size(); ++start) {
    if (!IsDigit(text[start]) || (start > 0 && IsDigit(text[start - 1])) || !MayBeginCard(text.substr(start))) continue;
    // Luhn doubles every second digit from the right, so which ones depends on the length: both sums are kept.
    std::array<int, 2> sums{};
    std::size_t count = 0;
    const char first = text[start];
    bool same = true;
    for (std::size_t at = start; at < text.size() && count < 19; ++at) {
      if (!IsDigit(text[at])) continue;
      const int digit = text[at] - '0';
      const int doubled = digit < 5 ? digit * 2 : digit * 2 - 9;
      sums[count % 2] += doubled;
      sums[1 - count % 2] += digit;
      if (text[at] != first) same = false;
      ++count;
      const bool group_ends = at + 1 == text.size() || !IsDigit(text[at + 1]);
      // For `count` digits the doubled ones have the parity of `count`.
      if (group_ends && count >= 13 && !same && sums[count % 2] % 10 == 0) return true;
    }
  }
  return false;
}

/// Between the groups of a number.
auto IsMark(char c) -> bool {
  return c == ' ' || c == '.' || c == '/' || c == '-';
}
auto IsNonAscii(char c) -> bool {
  return static_cast<unsigned char>(c) >= 0x80;
}

/// The first digit from `at` on, or the text's size. Sixteen bytes at a time where the machine has them.
auto NextDigit(std::string_view text, std::size_t at) -> std::size_t {
#ifdef __SSE2__
  const __m128i zero = _mm_set1_epi8('0' - 128);
  const __m128i ten = _mm_set1_epi8(static_cast<char>(-128 + 10));
  for (; at + 16 <= text.size(); at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at));
    // Less than ten above '0', with both moved so that the signed comparison orders them as unsigned.
    const __m128i digits = _mm_cmplt_epi8(_mm_sub_epi8(bytes, zero), ten);
    if (const int found = _mm_movemask_epi8(digits)) {
      return at + static_cast<std::size_t>(std::countr_zero(static_cast<unsigned>(found)));
    }
  }
#endif
  while (at < text.size() && !IsDigit(text[at])) ++at;
  return at;
}

/// An address with a dot in its host and two letters after that. Whatever is not ASCII counts as a letter.
auto IsEmailAt(std::string_view text, std::size_t sign) -> bool {
  const auto in_word = [](char c) { return IsWord(c) || IsNonAscii(c); };
  if (sign == 0 || sign + 1 == text.size() || !in_word(text[sign + 1])) return false;
  const char before = text[sign - 1];
  if (!in_word(before) && !std::string_view("._%+-").contains(before)) return false;
  bool dotted = false;
  std::size_t letters = 0;  // since the last dot, if nothing else came
  for (std::size_t at = sign + 2; at < text.size() && (in_word(text[at]) || text[at] == '-' || text[at] == '.'); ++at) {
    if (text[at] == '.') {
      dotted = true;
      letters = 0;
    } else if (dotted) {
      if (IsDigit(text[at]) || text[at] == '-') {
        dotted = false;
      } else if (++letters == 2) {
        return true;
      }
    }
  }
  return false;
}

auto FindEmail(std::string_view text) -> bool {
  for (std::size_t at = text.find('@'); at != std::string_view::npos; at = text.find('@', at + 1)) {
    if (IsEmailAt(text, at)) return true;
  }
  return false;
}

auto IsPhoneAt(std::string_view text, std::size_t plus) -> bool {
  constexpr std::size_t kFewest = 8;
  constexpr std::size_t kMost = 15;
  if (plus > 0 && (IsWord(text[plus - 1]) || text[plus - 1] == '+')) return false;
  std::size_t at = plus + 1;
  if (at >= text.size() || text[at] < '1' || text[at] > '9') return false;
  for (std::size_t digits = 1; digits <= kMost; ++digits) {
    const bool group_ends = at + 1 >= text.size() || !IsDigit(text[at + 1]);
    if (digits >= kFewest && group_ends) return true;
    std::size_t next = at + 1;
    while (next < text.size() && next < at + 3 && std::string_view(" ().-/").contains(text[next])) ++next;
    if (next >= text.size() || !IsDigit(text[next])) return false;
    at = next;
  }
  return false;
}

auto FindPhone(std::string_view text) -> bool {
  for (std::size_t at = text.find('+'); at != std::string_view::npos; at = text.find('+', at + 1)) {
    if (IsPhoneAt(text, at)) return true;
  }
  return false;
}

/// Of a run of digits and single blanks or hyphens: a group that touches a letter is part of a word; the others count.
auto HoldsCardAt(std::string_view text, std::size_t begin, std::size_t end) -> bool {
  std::string_view groups = text.substr(begin, end - begin);
  if (begin > 0 && IsLetter(text[begin - 1])) {
    groups.remove_prefix(std::min(groups.find_first_of(" -"), groups.size()));
  }
  if (end < text.size() && IsLetter(text[end])) {
    const std::size_t blank = groups.find_last_of(" -");
    groups = groups.substr(0, blank == std::string_view::npos ? 0 : blank);
  }
  return HoldsCard(groups);
}

/// A national number that begins with the word at `begin`: whole words, with at most one mark between them. Later words
/// begin with a digit or are a single letter, and only the French number is written in more than five.
auto IsNationalIdAt(std::string_view text, std::size_t begin) -> bool {
  constexpr std::size_t kMostWords = 7;
  constexpr std::size_t kMostWordsOfOthers = 5;
  constexpr std::size_t kFrench = 15;
  std::array<char, kLongestNationalId> compact{};
  std::size_t count = 0;
  std::size_t words = 1;
  for (std::size_t at = begin; at < text.size() && count < compact.size(); ++at) {
    compact[count++] = text[at];
    const bool word_ends = at + 1 == text.size() || !IsWord(text[at + 1]);
    if (!word_ends) continue;
    if (count >= kShortestNationalId && (words <= kMostWordsOfOthers || count == kFrench) &&
        IsNationalId({compact.data(), count})) {
      return true;
    }
    if (words == kMostWords || at + 2 >= text.size() || !IsMark(text[at + 1])) return false;
    const bool letter = IsLetter(text[at + 2]) && (at + 3 == text.size() || !IsWord(text[at + 3]));
    if (!IsDigit(text[at + 2]) && !letter) return false;
    ++words;
    ++at;
  }
  return false;
}

auto IsPublicV4(const std::array<unsigned, 4>& octets) -> bool {
  const auto [a, b, c, d] = octets;
  const bool special = a == 0 || a == 10 || a == 127 || a >= 224 || (a == 100 && b >= 64 && b < 128) ||
                       (a == 169 && b == 254) || (a == 172 && b >= 16 && b < 32) || (a == 192 && b == 168) ||
                       (a == 192 && b == 0 && (c == 0 || c == 2)) || (a == 198 && (b == 18 || b == 19)) ||
                       (a == 198 && b == 51 && c == 100) || (a == 203 && b == 0 && c == 113);
  return !special && (d != 0 || c != 0);  // 1.2.0.0 is a version more often than a machine
}

/// Four numbers below 256 with points between, and no fifth.
auto IsIpV4At(std::string_view text, std::size_t begin) -> bool {
  if (begin > 0 && (IsWord(text[begin - 1]) || text[begin - 1] == '.')) return false;
  std::array<unsigned, 4> octets{};
  std::size_t at = begin;
  for (std::size_t i = 0; i < octets.size(); ++i) {
    if (i > 0 && (at >= text.size() || text[at++] != '.')) return false;
    const std::size_t first = at;
    while (at < text.size() && IsDigit(text[at]) && at < first + 3)
      octets[i] = octets[i] * 10 + static_cast<unsigned>(text[at++] - '0');
    if (at == first || octets[i] > 255 || (text[first] == '0' && at > first + 1)) return false;
  }
  const bool more =
      at < text.size() && (IsWord(text[at]) || (text[at] == '.' && at + 1 < text.size() && IsDigit(text[at + 1])));
  return !more && IsPublicV4(octets);
}

/// Global unicast, 2000::/3, but 2001:db8::/32, which is for documentation.
auto IsIpV6At(std::string_view text, std::size_t begin) -> bool {
  constexpr std::size_t kLongest = 45;
  if (text[begin] != '2' && text[begin] != '3') return false;
  if (begin + 4 >= text.size() || text[begin + 4] != ':') return false;
  if (begin > 0 && (IsWord(text[begin - 1]) || text[begin - 1] == ':' || text[begin - 1] == '.')) return false;
  const std::string_view rest = text.substr(begin, kLongest + 1);
  std::string address(rest.substr(0, rest.find_first_not_of("0123456789abcdefABCDEF:.")));
  while (address.ends_with('.') || (address.ends_with(':') && !address.ends_with("::"))) address.pop_back();
  std::array<unsigned char, 16> bytes{};
  if (::inet_pton(AF_INET6, address.c_str(), bytes.data()) != 1) return false;
  return bytes[0] >> 5U == 1 && !(bytes[0] == 0x20 && bytes[1] == 0x01 && bytes[2] == 0x0D && bytes[3] == 0xB8);
}

struct TokenForm {
  std::string_view prefix;
  std::size_t fewest;  ///< characters after the prefix
  std::size_t most;
};
constexpr std::size_t kAnyLength = 4096;
constexpr std::size_t kShortestToken = 16;
constexpr auto kTokenForms = std::to_array<TokenForm>({{"sk-", 20, kAnyLength},  // OpenAI, Anthropic and many others
                                                       {"AKIA", 16, 16},         // Amazon
                                                       {"ASIA", 16, 16},
                                                       {"AIza", 35, 35},  // Google
                                                       {"ghp_", 36, 36},  // GitHub
                                                       {"gho_", 36, 36},
                                                       {"ghs_", 36, 36},
                                                       {"ghu_", 36, 36},
                                                       {"github_pat_", 22, kAnyLength},
                                                       {"glpat-", 20, 32},         // GitLab
                                                       {"xoxb-", 20, kAnyLength},  // Slack
                                                       {"xoxp-", 20, kAnyLength},
                                                       {"sk_live_", 20, kAnyLength},  // Stripe
                                                       {"rk_live_", 20, kAnyLength},
                                                       {"hf_", 30, 40},  // Hugging Face
                                                       {"npm_", 36, 36}});

auto IsTokenCharacter(char c) -> bool {
  return IsWord(c) || c == '_' || c == '-';
}

/// A word of token characters. `after` is what comes behind it.
auto IsCredential(std::string_view token, std::string_view after) -> bool {
  if (token.size() < kShortestToken) return false;
  // A JSON web token: two objects in base64 with a point between.
  if (token.starts_with("eyJ") && after.starts_with(".eyJ")) return true;
  return std::ranges::any_of(kTokenForms, [&](const TokenForm& form) {
    return token.starts_with(form.prefix) && token.size() >= form.prefix.size() + form.fewest &&
           token.size() <= form.prefix.size() + form.most;
  });
}

auto FindPrivateKey(std::string_view text) -> bool {
  constexpr std::string_view kBegin = "-----BEGIN ";
  for (std::size_t at = text.find(kBegin); at != std::string_view::npos; at = text.find(kBegin, at + 1)) {
    constexpr std::size_t kLabel = 40;
    if (text.substr(at + kBegin.size(), kLabel).contains("PRIVATE KEY-----")) return true;
  }
  return false;
}

/// What a character beside a run of digits makes of it.
enum Beside : std::uint8_t {
  kJoins = 1,       ///< it is one word or token with the run
  kMarks = 2,       ///< it may stand between the groups of a number
  kSeparates = 4,   ///< it may stand between the groups of an IP address of version 6
};
constexpr auto kBeside = [] {
  std::array<std::uint8_t, 256> kinds{};
  const auto add = [&](std::string_view characters, std::uint8_t kind) {
    for (const char c : characters) kinds[static_cast<unsigned char>(c)] |= kind;
  };
  add("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-", kJoins);
  add(" ./-", kMarks);
  add(":", kSeparates);
  return kinds;
}();

/// Everything that has a digit.
class DigitScan {
 public:
  explicit DigitScan(std::string_view text) : text_(text) {}

  auto Run() -> PiiFindings {
    for (std::size_t at = NextDigit(text_, 0); at < text_.size(); at = NextDigit(text_, at)) {
      std::size_t end = at + 1;
      while (end < text_.size() && IsDigit(text_[end])) ++end;
      if (!IsAlone(at, end)) Look(at, end);
      if (at < chain_end_) chain_digits_ -= end - at;
      if (found_.financial && found_.credentials) break;
      at = end;
    }
    found_.personal = found_.personal || found_.financial;
    return found_;
  }

 private:
  /// A number that is too short for a finding, and not a part of something longer: most are. Says of a run only what Look
  /// would find out too, with two look-ups.
  auto IsAlone(std::size_t at, std::size_t end) const -> bool {
    constexpr std::size_t kGroupOfV6 = 4;
    const std::size_t size = end - at;
    if (size + 1 >= kShortestNationalId) return false;
    if (at > 0 && (kBeside[static_cast<unsigned char>(text_[at - 1])] & kJoins) != 0) return false;
    if (end == text_.size()) return true;
    const std::uint8_t after = kBeside[static_cast<unsigned char>(text_[end])];
    if ((after & kJoins) != 0 || ((after & kSeparates) != 0 && size == kGroupOfV6)) return false;
    return (after & kMarks) == 0 || end + 1 == text_.size() || !IsDigit(text_[end + 1]);
  }

  /// At a run of digits. What a finding cannot do without is asked for first: almost always it is not there.
  void Look(std::size_t at, std::size_t end) {
    const char before = at > 0 ? text_[at - 1] : ' ';
    const char after = end < text_.size() ? text_[end] : ' ';
    if (at >= chain_end_) FindChain(at);
    if (!found_.financial) {
      const bool country = at >= 2 && IsLetter(before) && IsLetter(text_[at - 2]);
      found_.financial = (country && BeginsWithIban(text_.substr(at - 2, kIbanReach + 1))) ||
                         (chain_digits_ >= kFewestDigitsOfCard && LookForCard(at, end));
    }
    if (!found_.personal) {
      const bool long_enough = end - at + 1 >= kShortestNationalId || IsWord(before) || IsWord(after) ||
                               (IsMark(after) && end + 1 < text_.size() && IsDigit(text_[end + 1]));
      const bool may_be_id = long_enough && (IsLetter(before) || chain_digits_ >= kFewestDigitsOfId);
      found_.personal =
          (after == '.' && IsIpV4At(text_, at)) || IsIpV6At(text_, at) || (may_be_id && LookForNationalId(at));
    }
    const bool in_token = IsTokenCharacter(before) || IsTokenCharacter(after);
    if (!found_.credentials && in_token && at >= token_end_) LookForCredential(at);
  }

  static constexpr std::size_t kFewestDigitsOfCard = 13;
  static constexpr std::size_t kFewestDigitsOfId = 7;  // of one that begins with a digit: others may be all letters

  /// How far a number goes that begins here, whatever it is: words with at most one mark between, of which all but the
  /// first begin with a digit or are a single letter.
  void FindChain(std::size_t at) {
    chain_digits_ = 0;
    for (;; ++at) {
      for (; at < text_.size() && IsWord(text_[at]); ++at) chain_digits_ += IsDigit(text_[at]) ? 1 : 0;
      chain_end_ = at;
      if (at + 1 >= text_.size() || !IsMark(text_[at])) return;
      const bool letter = IsLetter(text_[at + 1]) && (at + 2 == text_.size() || !IsWord(text_[at + 2]));
      if (!IsDigit(text_[at + 1]) && !letter) return;
    }
  }

  auto LookForCard(std::size_t at, std::size_t end) -> bool {
    if (at < card_end_) return false;
    std::size_t digits = end - at;
    while (end < text_.size()) {
      const bool mark = (text_[end] == ' ' || text_[end] == '-') && end + 1 < text_.size() && IsDigit(text_[end + 1]);
      if (!IsDigit(text_[end]) && !mark) break;
      digits += IsDigit(text_[end]) ? 1 : 0;
      ++end;
    }
    card_end_ = end;
    return digits >= kFewestDigitsOfCard && HoldsCardAt(text_, at, end);
  }

  auto LookForNationalId(std::size_t at) -> bool {
    // The word may begin with letters.
    std::size_t begin = at;
    while (begin > word_end_ && at - begin < kLongestNationalId && IsWord(text_[begin - 1])) --begin;
    if (begin > 0 && IsWord(text_[begin - 1])) return false;
    word_end_ = at;
    return IsNationalIdAt(text_, begin);
  }

  void LookForCredential(std::size_t at) {
    constexpr std::size_t kReach = 128;  // to the left: a digit comes sooner in what is drawn at random
    std::size_t begin = at;
    while (begin > token_end_ && at - begin < kReach && IsTokenCharacter(text_[begin - 1])) --begin;
    std::size_t end = at;
    while (end < text_.size() && IsTokenCharacter(text_[end])) ++end;
    token_end_ = end;
    found_.credentials = IsCredential(text_.substr(begin, end - begin), text_.substr(end));
  }

  std::string_view text_;
  PiiFindings found_;
  std::size_t chain_end_ = 0;     // of the words that may make up one number
  std::size_t chain_digits_ = 0;  // in them, from here on
  std::size_t card_end_ = 0;   // up to which groups of digits are looked through
  std::size_t word_end_ = 0;   // up to which words were begun
  std::size_t token_end_ = 0;  // up to which tokens are looked at
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

auto IsIban(std::string_view compact) -> bool {
  if (compact.size() < 15 || !std::ranges::all_of(compact, IsWord)) return false;
  if (LengthFor(compact[0], compact[1]) != compact.size() || !IsDigit(compact[2]) || !IsDigit(compact[3])) return false;
  std::uint32_t remainder = 0;
  const auto feed = [&](char c) {
    const auto value = static_cast<std::uint32_t>(IsDigit(c) ? c - '0' : Upper(c) - 'A' + 10);
    remainder = (remainder * (value < 10 ? 10 : 100) + value) % 97;
  };
  for (const char c : compact.substr(4)) feed(c);
  for (const char c : compact.substr(0, 4)) feed(c);
  return remainder == 1;
}

auto PassesLuhn(std::string_view digits) -> bool {
  if (digits.empty() || !std::ranges::all_of(digits, IsDigit)) return false;
  int sum = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const int digit = digits[digits.size() - 1 - i] - '0';
    sum += i % 2 == 0 ? digit : (digit < 5 ? digit * 2 : digit * 2 - 9);
  }
  return sum % 10 == 0;
}

auto DetectPii(std::string_view text) -> PiiFindings {
  const std::string copy = MayBeTypeset(text) ? Plain(text) : std::string();
  if (!copy.empty()) text = copy;
  PiiFindings found = DigitScan(text).Run();
  found.personal = found.personal || FindEmail(text) || FindPhone(text);
  found.credentials = found.credentials || FindPrivateKey(text);
  return found;
}

}  // namespace route
