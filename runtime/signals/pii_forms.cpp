#include "runtime/signals/pii_forms.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <string>

#include <arpa/inet.h>

#include "runtime/signals/characters.h"
#include "runtime/signals/national_ids.h"

namespace route {
namespace {

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

constexpr std::size_t kLongestIban = 33;

/// Modulo 97, of what IsIban has looked at.
auto HoldsIbanCheck(std::string_view compact) -> bool {
  std::uint32_t remainder = 0;
  const auto feed = [&](char c) {
    const auto value = static_cast<std::uint32_t>(IsDigit(c) ? c - '0' : Upper(c) - 'A' + 10);
    remainder = (remainder * (value < 10 ? 10 : 100) + value) % 97;
  };
  for (const char c : compact.substr(4)) feed(c);
  for (const char c : compact.substr(0, 4)) feed(c);
  return remainder == 1;
}

/// Do the first digits belong to a card network? Keeps order numbers and timestamps out.
auto IsCardPrefix(char first, char second) -> bool {
  return first == '4' || (first == '5' && second >= '0' && second <= '8') || first == '6' ||
         (first == '3' && (second == '4' || second == '5' || second == '6' || second == '7' || second == '8')) ||
         (first == '2' && second >= '2' && second <= '7') || (first == '8' && second == '1');
}

/// `text` is digits, with single blanks or hyphens between groups. Tries every run of whole groups.
///
/// Luhn doubles every second digit from the right, so which ones depends on where a run ends: both sums are kept, modulo
/// ten, for each of the last digits. A run passes if the sum at its end is that at its start.
auto HoldsCard(std::string_view text) -> bool {
  constexpr std::uint32_t kLengths = 0x7F000;  // bit n - 1 for n digits: 13 to 19
  constexpr std::size_t kKept = 32;
  std::array<std::array<std::uint8_t, kKept>, 2> before{};  // a digit: the sums that double even and odd digits
  std::array<std::uint8_t, 2> sums{};
  std::uint32_t starts = 0;  // bit n: a group that may begin a card began n digits ago
  std::size_t changed = 0;   // the last digit that is another than the one before it
  std::size_t count = 0;
  char last = ' ';
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (!IsDigit(c)) continue;
    const bool begins = at == 0 || !IsDigit(text[at - 1]);
    if ((starts & 1U) != 0 && !IsCardPrefix(last, c)) starts &= ~1U;
    starts = starts << 1U | (begins ? 1U : 0U);
    if (c != last) changed = count;
    last = c;
    const auto digit = static_cast<std::uint8_t>(c - '0');
    const auto doubled = static_cast<std::uint8_t>(digit < 5 ? digit * 2 : digit * 2 - 9);
    for (std::size_t parity = 0; parity < 2; ++parity) {
      before[parity][count % kKept] = sums[parity];
      sums[parity] = static_cast<std::uint8_t>((sums[parity] + (count % 2 == parity ? doubled : digit)) % 10);
    }
    const bool group_ends = at + 1 == text.size() || !IsDigit(text[at + 1]);
    const std::size_t parity = 1 - count % 2;  // the last digit is not doubled
    for (std::uint32_t fit = group_ends ? starts & kLengths : 0; fit != 0; fit &= fit - 1) {
      const std::size_t start = count - static_cast<std::size_t>(std::countr_zero(fit));
      if (before[parity][start % kKept] == sums[parity] && changed > start) return true;
    }
    ++count;
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

auto IsPublicV4(const std::array<unsigned, 4>& octets) -> bool {
  const auto [a, b, c, d] = octets;
  const bool special = a == 0 || a == 10 || a == 127 || a >= 224 || (a == 100 && b >= 64 && b < 128) ||
                       (a == 169 && b == 254) || (a == 172 && b >= 16 && b < 32) || (a == 192 && b == 168) ||
                       (a == 192 && b == 0 && (c == 0 || c == 2)) || (a == 198 && (b == 18 || b == 19)) ||
                       (a == 198 && b == 51 && c == 100) || (a == 203 && b == 0 && c == 113);
  return !special && (d != 0 || c != 0);  // 1.2.0.0 is a version more often than a machine
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

constexpr std::string_view kWebToken = "eyJ";

constexpr auto kBeginCredential = [] {
  std::array<bool, 256> begin{};
  for (const TokenForm& form : kTokenForms) begin[static_cast<unsigned char>(form.prefix[0])] = true;
  begin[static_cast<unsigned char>(kWebToken[0])] = true;
  return begin;
}();

}  // namespace

auto IsIban(std::string_view compact) -> bool {
  if (compact.size() < 15 || !std::ranges::all_of(compact, IsWord)) return false;
  if (LengthFor(compact[0], compact[1]) != compact.size() || !IsDigit(compact[2]) || !IsDigit(compact[3])) return false;
  return HoldsIbanCheck(compact);
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

auto IsIbanAt(std::string_view text, std::size_t begin) -> bool {
  if (begin + 2 >= text.size()) return false;
  const std::size_t length = LengthFor(text[begin], text[begin + 1]);
  if (length == 0) return false;
  std::array<char, kLongestIban> compact{};
  std::size_t count = 0;
  std::size_t at = begin;
  while (at < text.size() && count < length) {
    if (IsWord(text[at])) {
      compact[count++] = text[at++];
    } else if ((text[at] == ' ' || text[at] == '-') && at + 1 < text.size() && IsWord(text[at + 1])) {
      ++at;
    } else {
      break;
    }
  }
  if (at < text.size() && IsWord(text[at])) return false;
  return IsIban({compact.data(), count});
}

auto IsCardAt(std::string_view text, std::size_t begin, std::size_t end) -> bool {
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

auto IsCredential(std::string_view token, std::string_view after) -> bool {
  if (token.size() < kShortestToken) return false;
  // A JSON web token: two objects in base64 with a point between.
  if (token.starts_with(kWebToken) && after.starts_with(".eyJ")) return true;
  return std::ranges::any_of(kTokenForms, [&](const TokenForm& form) {
    return token.starts_with(form.prefix) && token.size() >= form.prefix.size() + form.fewest &&
           token.size() <= form.prefix.size() + form.most;
  });
}

auto MayBeginCredential(char first) -> bool {
  return kBeginCredential[static_cast<unsigned char>(first)];
}

auto IsPrivateKeyAt(std::string_view text, std::size_t begin) -> bool {
  constexpr std::string_view kBegin = "-----BEGIN ";
  constexpr std::size_t kLabel = 40;
  return text.substr(begin).starts_with(kBegin) && text.substr(begin + kBegin.size(), kLabel).contains("PRIVATE KEY-----");
}

}  // namespace route
