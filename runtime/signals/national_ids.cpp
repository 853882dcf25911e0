#include "runtime/signals/national_ids.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "runtime/signals/characters.h"

namespace route {
namespace {

/// Digits only, so no larger than 18 digits.
auto Number(std::string_view digits) -> std::uint64_t {
  std::uint64_t value = 0;
  for (const char c : digits) value = value * 10 + static_cast<std::uint64_t>(c - '0');
  return value;
}
auto Digit(std::string_view id, std::size_t at) -> int {
  return id[at] - '0';
}

auto WeightedSum(std::string_view digits, std::span<const int> weights) -> int {
  int sum = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) sum += Digit(digits, i) * weights[i];
  return sum;
}

/// A day of a month, every year being a leap year: the century is not always known.
auto IsDay(std::uint64_t month, std::uint64_t day) -> bool {
  constexpr std::array<std::uint64_t, 13> kDays = {0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month >= 1 && month <= 12 && day >= 1 && day <= kDays[month];
}
/// `YYMMDD` from this place on.
auto HasDate(std::string_view id, std::size_t at) -> bool {
  return IsDay(Number(id.substr(at + 2, 2)), Number(id.substr(at + 4, 2)));
}

auto Luhn(std::string_view digits) -> bool {
  int sum = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const int digit = Digit(digits, digits.size() - 1 - i);
    sum += i % 2 == 0 ? digit : (digit < 5 ? digit * 2 : digit * 2 - 9);
  }
  return sum % 10 == 0;
}

auto AllSame(std::string_view digits) -> bool {
  return digits.find_first_not_of(digits[0]) == std::string_view::npos;
}

// Ten digits.

auto IsBulgarian(std::string_view id) -> bool {
  constexpr std::array kWeights = {2, 4, 8, 5, 10, 9, 7, 3, 6};
  const std::uint64_t month = Number(id.substr(2, 2)) % 20;  // 20 or 40 are added for other centuries
  return Number(id.substr(2, 2)) < 60 && IsDay(month, Number(id.substr(4, 2))) &&
         WeightedSum(id, kWeights) % 11 % 10 == Digit(id, 9);
}

auto IsSwedish(std::string_view id) -> bool {
  std::uint64_t day = Number(id.substr(4, 2));
  if (day > 60) day -= 60;  // a coordination number
  return IsDay(Number(id.substr(2, 2)), day) && Luhn(id);
}

// Eleven digits.

auto IsBelgian(std::string_view id) -> bool {
  if (!HasDate(id, 0)) return false;
  const std::uint64_t check = Number(id.substr(9));
  const std::uint64_t before = Number(id.substr(0, 9));
  constexpr std::uint64_t kSince2000 = 2'000'000'000;
  return 97 - before % 97 == check || 97 - (kSince2000 + before) % 97 == check;
}

auto IsBrazilian(std::string_view id) -> bool {
  if (AllSame(id)) return false;
  for (const std::size_t at : {std::size_t{9}, std::size_t{10}}) {
    int sum = 0;
    for (std::size_t i = 0; i < at; ++i) sum += Digit(id, i) * static_cast<int>(at + 1 - i);
    if (sum * 10 % 11 % 10 != Digit(id, at)) return false;
  }
  return true;
}

auto IsBaltic(std::string_view id) -> bool {
  constexpr std::array kFirst = {1, 2, 3, 4, 5, 6, 7, 8, 9, 1};
  constexpr std::array kSecond = {3, 4, 5, 6, 7, 8, 9, 1, 2, 3};
  if (id[0] < '1' || id[0] > '8' || !HasDate(id, 1)) return false;
  int check = WeightedSum(id, kFirst) % 11;
  if (check == 10) check = WeightedSum(id, kSecond) % 11 % 10;
  return check == Digit(id, 10);
}

/// One digit of the first ten occurs twice or three times, the others at most once; ISO 7064 MOD 11,10.
auto IsGerman(std::string_view id) -> bool {
  std::array<int, 10> counts{};
  for (const char c : id.substr(0, 10)) ++counts[static_cast<std::size_t>(c - '0')];
  const auto repeated = std::ranges::count_if(counts, [](int count) { return count > 1; });
  if (id[0] == '0' || repeated != 1 || *std::ranges::max_element(counts) > 3) return false;
  int product = 10;
  for (std::size_t i = 0; i < 10; ++i) {
    const int sum = (Digit(id, i) + product) % 10;
    product = (sum == 0 ? 10 : sum) * 2 % 11;
  }
  return (11 - product) % 10 == Digit(id, 10);
}

auto IsNorwegian(std::string_view id) -> bool {
  constexpr std::array kFirst = {3, 7, 6, 1, 8, 9, 4, 5, 2, 1};
  constexpr std::array kSecond = {5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1};
  std::uint64_t day = Number(id.substr(0, 2));
  if (day > 40) day -= 40;  // a D number
  return IsDay(Number(id.substr(2, 2)), day) && WeightedSum(id, kFirst) % 11 == 0 && WeightedSum(id, kSecond) % 11 == 0;
}

auto IsPolish(std::string_view id) -> bool {
  constexpr std::array kWeights = {1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1};
  const std::uint64_t month = Number(id.substr(2, 2)) % 20;  // 20, 40, 60 or 80 are added for other centuries
  return IsDay(month, Number(id.substr(4, 2))) && WeightedSum(id, kWeights) % 10 == 0;
}

auto IsTurkish(std::string_view id) -> bool {
  if (id[0] == '0') return false;
  int odd = 0;
  int even = 0;
  for (std::size_t i = 0; i < 9; ++i) (i % 2 == 0 ? odd : even) += Digit(id, i);
  const int tenth = ((odd * 7 - even) % 10 + 10) % 10;
  return tenth == Digit(id, 9) && (odd + even + tenth) % 10 == Digit(id, 10);
}

// Thirteen and more digits.

auto IsRomanian(std::string_view id) -> bool {
  constexpr std::array kWeights = {2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9};
  return id[0] != '0' && HasDate(id, 1) && WeightedSum(id, kWeights) % 11 % 10 == Digit(id, 12);
}

auto IsSouthAfrican(std::string_view id) -> bool {
  return HasDate(id, 0) && (id[10] == '0' || id[10] == '1') && Luhn(id);
}

auto IsFrench(std::string_view id) -> bool {
  const std::uint64_t month = Number(id.substr(3, 2));
  const bool month_known = (month >= 1 && month <= 12) || (month >= 20 && month <= 42) || month >= 50;
  return (id[0] == '1' || id[0] == '2') && month_known && 97 - Number(id.substr(0, 13)) % 97 == Number(id.substr(13));
}

// With letters. Letters are capitals.

auto IsSpanish(std::string_view id) -> bool {
  constexpr std::string_view kLetters = "TRWAGMYFPDXBNJZSQVHLCKE";
  constexpr std::string_view kForeign = "XYZ";
  const std::size_t foreign = kForeign.find(id[0]);
  if (!IsLetter(id[8]) || !std::ranges::all_of(id.substr(1, 7), IsDigit)) return false;
  if (foreign == std::string_view::npos && !IsDigit(id[0])) return false;
  const std::uint64_t first = foreign == std::string_view::npos ? Number(id.substr(0, 1)) : foreign;
  return kLetters[(first * 10'000'000 + Number(id.substr(1, 7))) % kLetters.size()] == id[8];
}

/// `DDMMYY`, the century's letter or nothing for its hyphen, three digits and a check character.
auto IsFinnish(std::string_view id) -> bool {
  constexpr std::string_view kChecks = "0123456789ABCDEFHJKLMNPRSTUVWXY";
  const std::size_t number = id.size() - 4;
  if (!std::ranges::all_of(id.substr(0, 6), IsDigit) || !std::ranges::all_of(id.substr(number, 3), IsDigit))
    return false;
  if (id.size() == 11 && !std::string_view("ABCDEFUVWXY").contains(id[6])) return false;
  if (!IsDay(Number(id.substr(2, 2)), Number(id.substr(0, 2)))) return false;
  return kChecks[(Number(id.substr(0, 6)) * 1000 + Number(id.substr(number, 3))) % kChecks.size()] == id.back();
}

auto IsItalian(std::string_view id) -> bool {
  constexpr std::string_view kShape = "LLLLLLNNLNNLNNNL";  // letters, and digits that letters may stand for
  constexpr std::string_view kForDigits = "LMNPQRSTUV";
  constexpr std::string_view kMonths = "ABCDEHLMPRST";
  constexpr std::array<int, 36> kOdd = {1,  0,  5, 7, 9,  13, 15, 17, 19, 21, 1,  0,  5,  7,  9,  13, 15, 17,
                                        19, 21, 2, 4, 18, 20, 11, 3,  6,  8,  12, 14, 16, 10, 22, 25, 24, 23};
  int sum = 0;
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    const bool fits = kShape[i] == 'L' ? IsLetter(id[i]) : IsDigit(id[i]) || kForDigits.contains(id[i]);
    if (!fits) return false;
    if (i == 15) break;
    const int value = IsDigit(id[i]) ? id[i] - '0' : id[i] - 'A';
    sum += i % 2 == 0 ? kOdd[static_cast<std::size_t>(IsDigit(id[i]) ? value : value + 10)] : value;
  }
  return kMonths.contains(id[8]) && 'A' + sum % 26 == id[15];
}

auto IsChinese(std::string_view id) -> bool {
  constexpr std::array kWeights = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
  constexpr std::string_view kChecks = "10X98765432";
  const std::uint64_t year = Number(id.substr(6, 4));
  return year >= 1880 && year <= 2100 && HasDate(id, 8) &&
         kChecks[static_cast<std::size_t>(WeightedSum(id, kWeights) % 11)] == id[17];
}

auto IsOfDigits(std::string_view id) -> bool {
  switch (id.size()) {
    case 10:
      return IsBulgarian(id) || IsSwedish(id);
    case 11:
      return IsBelgian(id) || IsBrazilian(id) || IsBaltic(id) || IsGerman(id) || IsNorwegian(id) || IsPolish(id) ||
             IsTurkish(id);
    case 12:
      return (id.starts_with("19") || id.starts_with("20")) && IsSwedish(id.substr(2));
    case 13:
      return IsRomanian(id) || IsSouthAfrican(id);
    case 15:
      return IsFrench(id);
    case 18:
      return IsChinese(id);
    default:
      return false;
  }
}

/// Whether one of this size has letters at these places, of which the first is the lowest bit. Most words do not.
auto MayHaveLetters(std::size_t size, std::uint32_t letters) -> bool {
  constexpr std::uint32_t kAlwaysInItalian = 0b1000'1001'0011'1111;
  switch (size) {
    case 9:
      return letters == 1U << 8U || letters == (1U | 1U << 8U);
    case 10:
      return letters == 1U << 9U;
    case 11:
      return letters == 1U << 6U || letters == (1U << 6U | 1U << 10U);
    case 16:
      return (letters & kAlwaysInItalian) == kAlwaysInItalian;
    case 18:
      return letters == 1U << 17U;
    default:
      return false;
  }
}

}  // namespace

auto IsNationalId(std::string_view compact) -> bool {
  if (compact.size() < kShortestNationalId || compact.size() > kLongestNationalId) return false;
  std::uint32_t letters = 0;
  for (std::size_t i = 0; i < compact.size(); ++i) {
    if (!IsWord(compact[i])) return false;
    if (IsLetter(compact[i])) letters |= std::uint32_t{1} << i;
  }
  if (letters == 0) return IsOfDigits(compact);
  if (!MayHaveLetters(compact.size(), letters)) return false;
  std::array<char, kLongestNationalId> capitals{};
  std::ranges::transform(compact, capitals.begin(), Upper);
  const std::string_view id(capitals.data(), compact.size());
  switch (id.size()) {
    case 9:
      return IsSpanish(id);
    case 10:
    case 11:
      return IsFinnish(id);
    case 16:
      return IsItalian(id);
    default:
      return id.back() == 'X' && IsChinese(id);
  }
}

}  // namespace route
