#pragma once

#include <cstdint>
#include <string>

#include "runtime/values/decimal.h"

namespace route {

/// An exact amount of money: a count of millionths of a millionth of a USD, which is what one token costs at a price of a
/// millionth of a USD for a million tokens. Never rounded.
class Money {
 public:
  Money() = default;

  /// What `tokens` cost at `price`, in USD for a million of them.
  static auto Of(std::uint64_t tokens, Decimal price) -> Money { return Money(static_cast<Amount>(tokens) * price.micros); }

  auto operator+=(Money other) -> Money& {
    amount_ += other.amount_;
    return *this;
  }
  friend auto operator+(Money left, Money right) -> Money { return Money(left.amount_ + right.amount_); }
  friend auto operator-(Money left, Money right) -> Money { return Money(left.amount_ - right.amount_); }
  friend auto operator<=>(const Money&, const Money&) = default;

  /// USD, as short as it is exact: `12`, `0.0375`, `-3.000000000001`.
  auto Text() const -> std::string;

 private:
  __extension__ typedef __int128 Amount;
  explicit Money(Amount amount) : amount_(amount) {}

  Amount amount_ = 0;
};

}  // namespace route
