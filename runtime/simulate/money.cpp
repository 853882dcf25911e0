#include "runtime/simulate/money.h"

#include <algorithm>

namespace route {
namespace {

constexpr std::size_t kPlaces = 12;

}  // namespace

auto Money::Text() const -> std::string {
  std::string digits;
  for (Amount rest = amount_ < 0 ? -amount_ : amount_; rest != 0 || digits.size() <= kPlaces; rest /= 10) {
    digits += static_cast<char>('0' + static_cast<int>(rest % 10));
  }
  std::ranges::reverse(digits);
  digits.insert(digits.size() - kPlaces, ".");
  digits.erase(digits.find_last_not_of('0') + 1);
  if (digits.back() == '.') digits.pop_back();
  return (amount_ < 0 ? "-" : "") + digits;
}

}  // namespace route
