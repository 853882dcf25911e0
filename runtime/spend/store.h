#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/spend/account.h"

/// Where settled spend is kept.
namespace route {

/// One machine keeps it in a file; another store may keep it elsewhere for many.
class SpendStore {
 public:
  enum class Kept : std::uint8_t { kYes, kNo };
  using Done = std::move_only_function<void(Kept)>;

  virtual ~SpendStore() = default;

  /// Keeps the entry. `done` is called once, on a thread of the store, when it survives a crash or when that could not
  /// be achieved now; then the store goes on trying. It must not block.
  virtual void Add(SpendEntry entry, Done done) = 0;

  /// False while what was added last is not kept: nothing more should be spent.
  virtual auto healthy() const -> bool = 0;
};

/// A store in an SQLite database in write-ahead mode, for this process alone. One thread writes all that is waiting in
/// one transaction, with one sync.
struct OpenedSpendStore {
  std::unique_ptr<SpendStore> store;
  std::vector<SpendEntry> kept;  ///< what was there, by day; sums of each tenant, key and day
};

/// The error is one sentence fit for a user.
auto OpenSpendStore(const std::string& path) -> std::expected<OpenedSpendStore, std::string>;

}  // namespace route
