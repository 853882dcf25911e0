#include "runtime/spend/store.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <limits>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <tuple>
#include <utility>

#include <sqlite3.h>

namespace route {
namespace {

constexpr std::chrono::seconds kTryAgain{1};
constexpr int kApplicationId = 0x526F7465;  // "Rote": tells this database from any other

struct CloseDatabase {
  void operator()(sqlite3* database) const { sqlite3_close(database); }
};
struct FinishStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;
using Statement = std::unique_ptr<sqlite3_stmt, FinishStatement>;

auto Execute(sqlite3* database, const char* sql) -> bool {
  return sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK;
}

auto Prepare(sqlite3* database, const char* sql) -> Statement {
  sqlite3_stmt* statement = nullptr;
  sqlite3_prepare_v2(database, sql, -1, &statement, nullptr);
  return Statement(statement);
}

auto ReadNumber(sqlite3* database, const char* sql) -> std::optional<std::int64_t> {
  const Statement statement = Prepare(database, sql);
  if (!statement || sqlite3_step(statement.get()) != SQLITE_ROW) return std::nullopt;
  return sqlite3_column_int64(statement.get(), 0);
}

void Bind(sqlite3_stmt* statement, int at, const std::string& text) {
  sqlite3_bind_text(statement, at, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
}

auto Column(sqlite3_stmt* statement, int at) -> std::string {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, at));
  return {text == nullptr ? "" : text, static_cast<std::size_t>(sqlite3_column_bytes(statement, at))};
}

class SqliteStore final : public SpendStore {
 public:
  SqliteStore(Database database, Statement add)
      : database_(std::move(database)), add_(std::move(add)), thread_([this] { Run(); }) {}
  SqliteStore(const SqliteStore&) = delete;
  auto operator=(const SqliteStore&) -> SqliteStore& = delete;

  ~SqliteStore() override {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }

  void Add(SpendEntry entry, Done done) override {
    {
      const std::lock_guard lock(mutex_);
      waiting_.push_back({std::move(entry), std::move(done)});
    }
    wake_.notify_one();
  }

  auto healthy() const -> bool override { return healthy_.load(std::memory_order_relaxed); }

 private:
  struct Waiting {
    SpendEntry entry;
    Done done;
  };
  using Place = std::tuple<std::string, std::string, std::int32_t>;  // tenant, key, day

  void Run() {
    for (bool ending = false; !ending;) {
      std::vector<Waiting> batch;
      {
        std::unique_lock lock(mutex_);
        const auto something = [this] { return ending_ || !waiting_.empty(); };
        if (sums_.empty()) {
          wake_.wait(lock, something);
        } else {
          wake_.wait_for(lock, kTryAgain, something);
        }
        batch.swap(waiting_);
        ending = ending_ && batch.empty();
      }
      for (const Waiting& one : batch) Sum(one.entry);
      const bool kept = sums_.empty() || Commit();
      if (kept) sums_.clear();
      healthy_ = kept;
      for (Waiting& one : batch) {
        if (one.done) one.done(kept ? Kept::kYes : Kept::kNo);
      }
    }
  }

  void Sum(const SpendEntry& entry) {
    std::int64_t& sum = sums_[{entry.tenant, entry.key, entry.day.days}];
    constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
    sum = sum > kMost - entry.amount.amount ? kMost : sum + entry.amount.amount;
  }

  /// All of what is summed up, or nothing.
  auto Commit() -> bool {
    if (!Execute(database_.get(), "BEGIN IMMEDIATE")) return false;
    for (const auto& [place, sum] : sums_) {
      const std::string day = FormatDate(Date{std::get<2>(place)});
      Bind(add_.get(), 1, std::get<0>(place));
      Bind(add_.get(), 2, std::get<1>(place));
      Bind(add_.get(), 3, day);
      sqlite3_bind_int64(add_.get(), 4, sum);
      const bool added = sqlite3_step(add_.get()) == SQLITE_DONE;
      sqlite3_reset(add_.get());
      if (!added) {
        Execute(database_.get(), "ROLLBACK");
        return false;
      }
    }
    if (Execute(database_.get(), "COMMIT")) return true;
    Execute(database_.get(), "ROLLBACK");
    return false;
  }

  Database database_;
  Statement add_;
  std::map<Place, std::int64_t> sums_;  // not kept yet
  std::atomic<bool> healthy_{true};
  std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  std::vector<Waiting> waiting_;
  bool ending_ = false;
  std::thread thread_;
};

auto ReadKept(sqlite3* database) -> std::optional<std::vector<SpendEntry>> {
  const Statement read = Prepare(database, "SELECT tenant, key, day, nano_usd FROM spend ORDER BY day, tenant, key");
  std::vector<SpendEntry> kept;
  int step = SQLITE_ERROR;
  while (read && (step = sqlite3_step(read.get())) == SQLITE_ROW) {
    const auto day = ParseDate(Column(read.get(), 2));
    const std::int64_t amount = sqlite3_column_int64(read.get(), 3);
    if (!day || amount < 0) return std::nullopt;
    kept.push_back({Column(read.get(), 0), Column(read.get(), 1), *day, {amount}});
  }
  if (step != SQLITE_DONE) return std::nullopt;
  return kept;
}

}  // namespace

auto OpenSpendStore(const std::string& path) -> std::expected<OpenedSpendStore, std::string> {
  const std::string named = "the spend store `" + path + "` ";
  sqlite3* opened = nullptr;
  const int result =
      sqlite3_open_v2(path.c_str(), &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database(opened);
  const auto because = [&] { return named + "cannot be used: " + sqlite3_errmsg(database.get()); };
  if (result != SQLITE_OK) return std::unexpected(because());
  // EXCLUSIVE: a second gateway on the same file would grant the same money twice. It is taken with the first write.
  if (!Execute(database.get(), "PRAGMA locking_mode = EXCLUSIVE")) return std::unexpected(because());
  const auto application = ReadNumber(database.get(), "PRAGMA application_id");
  const auto tables = ReadNumber(database.get(), "SELECT count(*) FROM sqlite_master");
  if (!application || !tables) {
    const int code = sqlite3_errcode(database.get());
    if (code == SQLITE_BUSY) return std::unexpected(named + "is in use by another process: give each gateway its own");
    return std::unexpected(because());
  }
  if (*application != kApplicationId && *tables > 0) {
    return std::unexpected(named + "is another program's database: name another file");
  }
  // FULL: with a write-ahead log anything less may lose what was committed last when the machine loses its power.
  const std::string setup =
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA application_id = " +
      std::to_string(kApplicationId) +
      "; CREATE TABLE IF NOT EXISTS spend(tenant TEXT NOT NULL, key TEXT NOT NULL, day TEXT NOT NULL, "
      "nano_usd INTEGER NOT NULL, PRIMARY KEY(tenant, key, day)) WITHOUT ROWID";
  if (!Execute(database.get(), setup.c_str())) {
    if (sqlite3_errcode(database.get()) == SQLITE_BUSY) {
      return std::unexpected(named + "is in use by another process: give each gateway its own");
    }
    return std::unexpected(because());
  }
  auto kept = ReadKept(database.get());
  if (!kept) return std::unexpected(named + "holds what is no spend, or cannot be read: restore it from a copy");
  // A sum that would not fit stays at the largest number.
  auto add = Prepare(database.get(),
                     "INSERT INTO spend VALUES(?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET nano_usd = "
                     "CASE WHEN nano_usd > 9223372036854775807 - excluded.nano_usd THEN 9223372036854775807 "
                     "ELSE nano_usd + excluded.nano_usd END");
  if (!add) return std::unexpected(because());
  return OpenedSpendStore{std::make_unique<SqliteStore>(std::move(database), std::move(add)), std::move(*kept)};
}

}  // namespace route
