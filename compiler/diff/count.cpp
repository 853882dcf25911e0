#include "compiler/diff/count.h"

#include <algorithm>

namespace route::diff {
namespace {

constexpr std::uint64_t kBase = 1'000'000'000;
constexpr std::size_t kDigitsOfBase = 9;

}  // namespace

Count::Count(std::uint64_t value) {
  for (; value > 0; value /= kBase) digits_.push_back(static_cast<std::uint32_t>(value % kBase));
}

void Count::Add(const Count& other) {
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < other.digits_.size() || carry > 0; ++i) {
    if (i == digits_.size()) digits_.push_back(0);
    const std::uint64_t sum = carry + digits_[i] + (i < other.digits_.size() ? other.digits_[i] : 0);
    digits_[i] = static_cast<std::uint32_t>(sum % kBase);
    carry = sum / kBase;
  }
}

void Count::MultiplyBy(std::uint32_t factor) {
  std::uint64_t carry = 0;
  for (std::uint32_t& digit : digits_) {
    const std::uint64_t product = std::uint64_t{digit} * factor + carry;
    digit = static_cast<std::uint32_t>(product % kBase);
    carry = product / kBase;
  }
  for (; carry > 0; carry /= kBase) digits_.push_back(static_cast<std::uint32_t>(carry % kBase));
  while (!digits_.empty() && digits_.back() == 0) digits_.pop_back();
}

auto Count::Text(Groups groups) const -> std::string {
  if (digits_.empty()) return "0";
  std::string text;
  for (auto digit = digits_.rbegin(); digit != digits_.rend(); ++digit) {
    const std::string part = std::to_string(*digit);
    if (!text.empty()) text.append(kDigitsOfBase - part.size(), '0');
    text += part;
  }
  if (groups == Groups::kThousands) {
    for (std::size_t place = text.size(); place > 3;) text.insert(place -= 3, ",");
  }
  return text;
}

auto operator<=>(const Count& left, const Count& right) -> std::strong_ordering {
  if (left.digits_.size() != right.digits_.size()) return left.digits_.size() <=> right.digits_.size();
  return std::lexicographical_compare_three_way(left.digits_.rbegin(), left.digits_.rend(), right.digits_.rbegin(),
                                                right.digits_.rend());
}

}  // namespace route::diff
