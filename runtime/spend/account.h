#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/signals/spend.h"
#include "runtime/values/date.h"

/// What tenants have spent and may still spend.
///
/// Money is reserved before a deployment is asked, for the most that the answer can cost, and settled when its cost is
/// known:
///
///     auto reserved = account.Reserve(worst, today);
///     if (!reserved) { /* a cap would be passed: do not ask */ }
///     SpendEntry entry = reserved->Settle(cost, today);  // or let it go: nothing was spent
///
/// A cap that refuses holds at every moment for what is settled and reserved together, so it can only be passed by what
/// an answer costs beyond its reservation.
namespace route {

/// A piece of settled spend, as it is kept on disk.
struct SpendEntry {
  std::string tenant;
  std::string key;  ///< its name
  Date day;         ///< on which it counts
  NanoUsd amount;
};

/// What one tenant, or one of its keys, has spent.
struct SpendSums {
  NanoUsd total;
  NanoUsd month;  ///< of the current day
  NanoUsd day;
  NanoUsd reserved;
};

/// The sums of one tenant and its keys under one lock. They outlive a reload of the configuration.
class TenantSpend {
 public:
  /// `day` is at least every earlier one; an earlier day counts as the latest that was seen.
  void Add(const std::string& key, Date day, NanoUsd amount);

 private:
  friend class SpendAccount;
  friend class SpendBook;
  friend class Reservation;

  void Roll(Date today);
  void Charge(SpendSums& key, NanoUsd amount);

  std::mutex mutex_;
  Date day_ = kFirstDate;
  SpendSums whole_;
  std::map<std::string, SpendSums, std::less<>> keys_;
};

/// Money set aside for one attempt; given back when it is destroyed unsettled.
class Reservation {
 public:
  Reservation(Reservation&& other) noexcept;
  auto operator=(Reservation&& other) noexcept -> Reservation&;
  ~Reservation() { GiveBack(); }

  /// Charges what it really cost, which may be more or less.
  auto Settle(NanoUsd cost, Date today) -> SpendEntry;

  auto amount() const -> NanoUsd { return amount_; }

 private:
  friend class SpendAccount;
  Reservation(std::shared_ptr<TenantSpend> spend, SpendSums* key, const std::string* tenant, const std::string* name,
              NanoUsd amount);
  void GiveBack();

  std::shared_ptr<TenantSpend> spend_;
  SpendSums* key_ = nullptr;             // lives as long as spend_
  const std::string* tenant_ = nullptr;  // live as long as the account
  const std::string* name_ = nullptr;
  NanoUsd amount_;
};

/// One key of one tenant, with the caps that hold for it. Threads may use it at any time.
class SpendAccount {
 public:
  SpendAccount(std::shared_ptr<TenantSpend> spend, std::string tenant, std::string key, std::vector<Cap> tenant_caps,
               std::vector<Cap> key_caps);

  /// The largest share of any cap that is spent or reserved, in percent. 0 without caps.
  auto Share(Date today) const -> Decimal;

  /// Fails with the cap that would be passed, in words: `the cap of 10.00 USD a day of tenant acme`. What costs nothing
  /// never fails. The account must outlive the reservation.
  auto Reserve(NanoUsd worst, Date today) -> std::expected<Reservation, std::string>;

  auto has_caps() const -> bool { return !tenant_caps_.empty() || !key_caps_.empty(); }

 private:
  auto Refusing(std::span<const Cap> caps, const SpendSums& sums, NanoUsd worst) const -> const Cap*;

  std::shared_ptr<TenantSpend> spend_;
  SpendSums* key_sums_;
  std::string tenant_;
  std::string key_;
  std::vector<Cap> tenant_caps_;
  std::vector<Cap> key_caps_;
};

/// All tenants' sums.
class SpendBook {
 public:
  /// The same object for the same id. Takes a lock: for loading, not for serving.
  auto For(const std::string& tenant) -> std::shared_ptr<TenantSpend>;

  struct Row {
    std::string tenant;
    std::optional<std::string> key;  ///< none: the tenant as a whole
    SpendSums sums;
    Date day;  ///< which `sums.day` is of
  };
  /// In the order of names.
  auto Rows() const -> std::vector<Row>;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<TenantSpend>> tenants_;
};

}  // namespace route
