#include "runtime/signals/pii.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include <re2/re2.h>

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

auto LengthFor(std::string_view country) -> std::size_t {
  const auto found = std::ranges::lower_bound(kIbanLengths, country, {}, &IbanLength::country);
  return found != kIbanLengths.end() && found->country == country ? found->length : 0;
}

/// The longest IBAN is 33 characters with a blank or hyphen before each but the first.
constexpr std::size_t kIbanReach = 66;

auto BeginsWithIban(std::string_view text) -> bool {
  const std::string country{Upper(text[0]), Upper(text[1])};
  const std::size_t length = LengthFor(country);
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

auto FindIban(std::string_view text) -> bool {
  // Whatever comes before: IBANs follow names and underscores without a blank.
  static const RE2 kStart("([A-Za-z]{2}[0-9]{2})[ -]?[A-Za-z0-9]");
  re2::StringPiece rest(text.data(), text.size());
  re2::StringPiece start;
  while (RE2::FindAndConsume(&rest, kStart, &start)) {
    const auto offset = static_cast<std::size_t>(start.data() - text.data());
    if (BeginsWithIban(text.substr(offset, kIbanReach + 1))) return true;
    rest = re2::StringPiece(text.data() + offset + 4, text.size() - offset - 4);
  }
  return false;
}

/// Do the first digits belong to a card network? Keeps order numbers and timestamps out.
auto IsCardPrefix(char first, char second) -> bool {
  return first == '4' || (first == '5' && second >= '0' && second <= '8') || first == '6' ||
         (first == '3' && (second == '4' || second == '5' || second == '6' || second == '7' || second == '8')) ||
         (first == '2' && second >= '2' && second <= '7') || (first == '8' && second == '1');
}

/// `text` is digits, with single blanks or hyphens between groups. Tries every run of whole groups.
auto HoldsCard(std::string_view text) -> bool {
  for (std::size_t start = 0; start < text.size(); ++start) {
    if (!IsDigit(text[start]) || (start > 0 && IsDigit(text[start - 1]))) continue;
    // Luhn doubles every second digit from the right, so which ones depends on the length: both sums are kept.
    std::array<int, 2> sums{};
    std::size_t count = 0;
    std::array<char, 2> first{};
    bool same = true;
    for (std::size_t at = start; at < text.size() && count < 19; ++at) {
      if (!IsDigit(text[at])) continue;
      const int digit = text[at] - '0';
      const int doubled = digit < 5 ? digit * 2 : digit * 2 - 9;
      sums[count % 2] += doubled;
      sums[1 - count % 2] += digit;
      if (count < 2) first[count] = text[at];
      if (count > 0 && text[at] != first[0]) same = false;
      ++count;
      const bool group_ends = at + 1 == text.size() || !IsDigit(text[at + 1]);
      // For `count` digits the doubled ones have the parity of `count`.
      if (group_ends && count >= 13 && !same && sums[count % 2] % 10 == 0 && IsCardPrefix(first[0], first[1])) {
        return true;
      }
    }
  }
  return false;
}

auto FindCard(std::string_view text) -> bool {
  static const RE2 kDigits("([0-9](?:[ -]?[0-9]){12,})");
  re2::StringPiece rest(text.data(), text.size());
  re2::StringPiece run;
  while (RE2::FindAndConsume(&rest, kDigits, &run)) {
    const auto begin = static_cast<std::size_t>(run.data() - text.data());
    const std::size_t end = begin + run.size();
    std::string_view groups(run.data(), run.size());
    // A group that touches a letter is part of a word; the others still count.
    if (begin > 0 && IsLetter(text[begin - 1])) {
      groups.remove_prefix(std::min(groups.find_first_of(" -"), groups.size()));
    }
    if (end < text.size() && IsLetter(text[end])) {
      const std::size_t blank = groups.find_last_of(" -");
      groups = groups.substr(0, blank == std::string_view::npos ? 0 : blank);
    }
    if (HoldsCard(groups)) return true;
  }
  return false;
}

auto FindPhone(std::string_view text) -> bool {
  static const RE2 kPhone("(?:^|[^0-9A-Za-z+])(\\+[1-9](?:[ ().\\-/]{0,2}[0-9]){7,14})(?:[^0-9]|$)");
  return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), kPhone);
}

auto FindEmail(std::string_view text) -> bool {
  static const RE2 kEmail("(?i)[\\pL\\pN._%+\\-]+@[\\pL\\pN](?:[\\pL\\pN\\-]*\\.)+[\\pL]{2,}");
  return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), kEmail);
}

/// The blanks and hyphens that text copied from documents holds, as their plain forms.
auto Plain(std::string_view text) -> std::string {
  std::string plain(text);
  static const RE2 kBlank("[\\x{00A0}\\x{2007}\\x{2009}\\x{202F}]");
  static const RE2 kHyphen("[\\x{2010}\\x{2011}\\x{2012}\\x{2013}]");
  RE2::GlobalReplace(&plain, kBlank, " ");
  RE2::GlobalReplace(&plain, kHyphen, "-");
  return plain;
}

}  // namespace

auto IsIban(std::string_view compact) -> bool {
  if (compact.size() < 15 || !std::ranges::all_of(compact, IsWord)) return false;
  const std::string country{Upper(compact[0]), Upper(compact[1])};
  if (LengthFor(country) != compact.size() || !IsDigit(compact[2]) || !IsDigit(compact[3])) return false;
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
  const bool ascii = std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
  const std::string copy = ascii ? std::string() : Plain(text);
  if (!ascii) text = copy;
  PiiFindings found;
  found.financial = FindIban(text) || FindCard(text);
  found.personal = found.financial || FindEmail(text) || FindPhone(text);
  return found;
}

}  // namespace route
