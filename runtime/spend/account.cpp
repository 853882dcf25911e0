#include "runtime/spend/account.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <limits>
#include <utility>

namespace route {
namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

/// Neither amount is negative.
auto Plus(NanoUsd a, NanoUsd b) -> NanoUsd {
  return {a.amount > kMost - b.amount ? kMost : a.amount + b.amount};
}

auto MonthOf(Date day) -> std::chrono::year_month {
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(day.days))};
  return date.year() / date.month();
}

auto Spent(const SpendSums& sums, Period period) -> NanoUsd {
  switch (period) {
    case Period::kDay:
      return Plus(sums.day, sums.reserved);
    case Period::kMonth:
      return Plus(sums.month, sums.reserved);
    case Period::kTotal:
      return Plus(sums.total, sums.reserved);
  }
  std::abort();
}

auto LargestShare(std::span<const Cap> caps, const SpendSums& sums) -> Decimal {
  Decimal largest;
  for (const Cap& cap : caps) largest = std::max(largest, SpentPercent(Spent(sums, cap.period), cap.amount));
  return largest;
}

auto Describe(const Cap& cap) -> std::string {
  const std::string amount = FormatDecimal({cap.amount.amount / 1000});
  return "the cap of " + amount + " USD" +
         (cap.period == Period::kTotal ? " in total" : " a " + std::string(PeriodName(cap.period)));
}

}  // namespace

void TenantSpend::Roll(Date today) {
  if (today <= day_) return;
  const bool same_month = MonthOf(today) == MonthOf(day_);
  const auto roll = [&](SpendSums& sums) {
    sums.day = {};
    if (!same_month) sums.month = {};
  };
  roll(whole_);
  for (auto& [name, sums] : keys_) roll(sums);
  day_ = today;
}

void TenantSpend::Charge(SpendSums& key, NanoUsd amount) {
  for (SpendSums* sums : {&whole_, &key}) {
    sums->total = Plus(sums->total, amount);
    sums->month = Plus(sums->month, amount);
    sums->day = Plus(sums->day, amount);
  }
}

void TenantSpend::Add(const std::string& key, Date day, NanoUsd amount) {
  const std::lock_guard lock(mutex_);
  Roll(day);
  Charge(keys_[key], amount);
}

Reservation::Reservation(std::shared_ptr<TenantSpend> spend, SpendSums* key, const std::string* tenant,
                         const std::string* name, NanoUsd amount)
    : spend_(std::move(spend)), key_(key), tenant_(tenant), name_(name), amount_(amount) {}

Reservation::Reservation(Reservation&& other) noexcept = default;

auto Reservation::operator=(Reservation&& other) noexcept -> Reservation& {
  if (this == &other) return *this;
  GiveBack();
  spend_ = std::move(other.spend_);
  key_ = other.key_;
  tenant_ = other.tenant_;
  name_ = other.name_;
  amount_ = other.amount_;
  return *this;
}

void Reservation::GiveBack() {
  if (!spend_) return;
  const std::lock_guard lock(spend_->mutex_);
  spend_->whole_.reserved.amount -= amount_.amount;
  key_->reserved.amount -= amount_.amount;
}

auto Reservation::Settle(NanoUsd cost, Date today) -> SpendEntry {
  const auto spend = std::exchange(spend_, nullptr);
  const std::lock_guard lock(spend->mutex_);
  spend->whole_.reserved.amount -= amount_.amount;
  key_->reserved.amount -= amount_.amount;
  spend->Roll(today);
  spend->Charge(*key_, cost);
  return {*tenant_, *name_, spend->day_, cost};
}

SpendAccount::SpendAccount(std::shared_ptr<TenantSpend> spend, std::string tenant, std::string key,
                           std::vector<Cap> tenant_caps, std::vector<Cap> key_caps)
    : spend_(std::move(spend)),
      key_sums_(nullptr),
      tenant_(std::move(tenant)),
      key_(std::move(key)),
      tenant_caps_(std::move(tenant_caps)),
      key_caps_(std::move(key_caps)) {
  const std::lock_guard lock(spend_->mutex_);
  key_sums_ = &spend_->keys_[key_];
}

auto SpendAccount::Share(Date today) const -> Decimal {
  if (!has_caps()) return {};
  const std::lock_guard lock(spend_->mutex_);
  spend_->Roll(today);
  return std::max(LargestShare(tenant_caps_, spend_->whole_), LargestShare(key_caps_, *key_sums_));
}

auto SpendAccount::Refusing(std::span<const Cap> caps, const SpendSums& sums, NanoUsd worst) const -> const Cap* {
  for (const Cap& cap : caps) {
    if (cap.at_cap == AtCap::kRefuse && Plus(Spent(sums, cap.period), worst) > cap.amount) return &cap;
  }
  return nullptr;
}

auto SpendAccount::Reserve(NanoUsd worst, Date today) -> std::expected<Reservation, std::string> {
  const std::lock_guard lock(spend_->mutex_);
  spend_->Roll(today);
  // More cannot be told apart from an amount that no sum holds.
  worst.amount = std::min(worst.amount, kMost - spend_->whole_.reserved.amount);
  if (worst.amount > 0) {
    if (const Cap* cap = Refusing(tenant_caps_, spend_->whole_, worst)) {
      return std::unexpected(Describe(*cap) + " of the tenant `" + tenant_ + "`");
    }
    if (const Cap* cap = Refusing(key_caps_, *key_sums_, worst)) {
      return std::unexpected(Describe(*cap) + " of the key `" + key_ + "`");
    }
  }
  spend_->whole_.reserved.amount += worst.amount;
  key_sums_->reserved.amount += worst.amount;
  return Reservation(spend_, key_sums_, &tenant_, &key_, worst);
}

auto SpendBook::For(const std::string& tenant) -> std::shared_ptr<TenantSpend> {
  const std::lock_guard lock(mutex_);
  auto& entry = tenants_[tenant];
  if (!entry) entry = std::make_shared<TenantSpend>();
  return entry;
}

auto SpendBook::Rows() const -> std::vector<Row> {
  const std::lock_guard lock(mutex_);
  std::vector<Row> rows;
  for (const auto& [name, spend] : tenants_) {
    const std::lock_guard inner(spend->mutex_);
    rows.push_back({name, std::nullopt, spend->whole_, spend->day_});
    for (const auto& [key, sums] : spend->keys_) rows.push_back({name, key, sums, spend->day_});
  }
  return rows;
}

}  // namespace route
