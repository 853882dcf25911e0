#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/values/country.h"
#include "runtime/values/date.h"
#include "runtime/values/decimal.h"
#include "runtime/values/schema.h"

/// A compiled policy, read from a bundle file (`.rtb`) that is mapped into memory.
///
/// Loading checks the whole file once: its checksum, every offset, count and index. After that nothing on the
/// way to a decision can fail. A `Table` never changes and may be read from any number of threads. Every view
/// that it hands out lives as long as the table does. `docs/table-format.md` describes the file.
namespace route {

inline constexpr std::uint32_t kMaxDeployments = 1024;
inline constexpr std::uint32_t kMaxServices = 64;
inline constexpr std::uint32_t kMaxDimensions = 4096;
inline constexpr std::uint32_t kNone = 0xFFFF'FFFF;  ///< "not there" for an index, a limit or a time

struct LoadError {
  enum class Kind : std::uint8_t {
    kUnreadable,  ///< the file cannot be opened or mapped
    kNotABundle,  ///< the magic number is missing
    kVersion,     ///< written in a format version that this program does not read
    kTruncated,   ///< shorter than its header says
    kChecksum,    ///< its bytes are not those that were written
    kMalformed,   ///< an offset, count or index is out of bounds
  };
  Kind kind = Kind::kMalformed;
  std::string message;  ///< one sentence that says what is wrong and what to do
};

/// Where a rule stands in the policy's text.
struct SourcePlace {
  std::string_view file;
  std::uint32_t line = 0;
  std::string_view policy;  ///< under whose policy it stands: this one's name, or that of one which it extends
};

struct SourceView {
  SourceKind kind;
  std::string_view argument;
};

struct AttributeView {
  std::string_view name;
  AttributeKind kind;
  Unit unit;
  Decimal maximum;                       ///< numbers only
  std::vector<std::string_view> values;  ///< names of kOneOf and kAnyOf
  std::vector<SourceView> sources;
  bool has_default = false;
  std::string_view default_text;  ///< the default as `Values::SetText` reads it
  std::uint32_t first_dimension = 0;
};

struct DeploymentView {
  std::string_view name;
  std::string_view model;
  std::string_view vendor;
  Country processed_in;
  Country headquarters;  ///< of the vendor
  Decimal price_in;      ///< USD for a million tokens
  Decimal price_out;
  std::string_view endpoint;        ///< base URL, may be empty
  std::string_view upstream_model;  ///< never empty
  std::string_view key_env;         ///< may be empty
};

/// A classifier or detector outside the gateway, which sees prompts. See `ServicesAsked` in `decide/services.h`.
struct ServiceView {
  std::string_view name;
  std::string_view vendor;
  Country processed_in;
  Country headquarters;             ///< of the vendor
  std::string_view endpoint;        ///< URL, may be empty
  std::string_view key_env;         ///< may be empty
  SourceView answers;               ///< kClassifier or kDetector
  std::uint32_t within_ms = 0;      ///< for its answer
  std::vector<std::uint32_t> attributes;  ///< that ask it, ascending; empty: it is never asked
};

/// What keeps services from seeing a prompt.
struct ScreenView {
  enum class By : std::uint8_t { kRefusal = 0, kRule = 1 };
  By by;
  std::uint32_t index;     ///< into the refusals or rules
  std::uint64_t services;  ///< bit s: service s
};

struct RuleView {
  std::string_view name;
  std::string_view because;
  SourcePlace place;
  bool implied = false;  ///< by what the request needs, not by a written rule
};

struct RefusalView {
  std::string_view name;
  std::string_view reason;
  SourcePlace place;
};

struct CandidateView {
  std::uint32_t deployment;
  std::uint32_t weight;
};

struct TierView {
  std::string_view label;
  TierOrder order;
  std::uint32_t limit;      ///< kNone: all
  std::uint32_t within_ms;  ///< kNone: whatever is left of the deadline
  std::uint32_t retries;    ///< attempts beyond one for each deployment; kNone: no more
  std::span<const CandidateView> candidates;
};

struct RouteView {
  std::string_view name;
  SourcePlace place;
  std::uint32_t first_tier;
  std::uint32_t tier_count;
};

enum class Verdict : std::uint8_t { kProved = 0, kViolated = 1, kUnknown = 2 };

struct GuaranteeView {
  std::string_view name;
  std::string_view text;
  Verdict verdict;
  SourcePlace place;
};

struct SourceHashView {
  std::string_view path;
  std::string_view sha256;  ///< 64 hexadecimal digits
  std::string_view policy;  ///< as in SourcePlace
};

struct TableImpl;

class Table {
 public:
  static auto Load(const std::string& path) -> std::expected<Table, LoadError>;
  static auto FromBytes(std::vector<std::byte> bytes) -> std::expected<Table, LoadError>;

  Table(Table&&) noexcept;
  auto operator=(Table&&) noexcept -> Table&;
  ~Table();

  auto policy_name() const -> std::string_view;
  auto policy_version() const -> std::string_view;
  auto tool_version() const -> std::string_view;

  /// SHA-256 of the whole file, 64 hexadecimal digits: the bundle's name in every decision record.
  auto hash() const -> std::string_view;

  /// False for a bundle that `routec build --unverified` wrote. A gateway refuses it unless told otherwise.
  auto verified() const -> bool;

  auto limits() const -> Limits;
  auto attributes() const -> std::span<const AttributeView>;
  auto deployments() const -> std::span<const DeploymentView>;
  auto services() const -> std::span<const ServiceView>;
  auto screens() const -> std::span<const ScreenView>;
  auto rules() const -> std::span<const RuleView>;
  auto refusals() const -> std::span<const RefusalView>;
  auto routes() const -> std::span<const RouteView>;
  auto tiers() const -> std::span<const TierView>;
  auto guarantees() const -> std::span<const GuaranteeView>;
  auto sources() const -> std::span<const SourceHashView>;

  /// Does a service say this attribute's value? Then the value is not known while it is decided who is asked.
  auto IsAnswered(std::uint32_t attribute) const -> bool;

  /// The index of a name in its list, or kNone.
  auto FindAttribute(std::string_view name) const -> std::uint32_t;

  auto impl() const -> const TableImpl& { return *impl_; }

 private:
  explicit Table(std::unique_ptr<TableImpl> impl);
  std::unique_ptr<TableImpl> impl_;
};

}  // namespace route
