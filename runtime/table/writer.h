#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "runtime/table/table.h"
#include "runtime/values/country.h"
#include "runtime/values/decimal.h"
#include "runtime/values/schema.h"

namespace route {

/// What goes into a bundle, as plain values: the writer's whole input.
///
/// Dimensions are numbered through the attributes in order: an `any of` attribute has one for each of its values,
/// any other attribute has one. `compiler/ir/classes.h` says how the classes of a dimension are numbered.
struct TableSpec {
  /// Index into `files` and a line from 1; or kNone and 0.
  struct Place {
    std::uint32_t file = kNone;
    std::uint32_t line = 0;
  };

  struct Source {
    SourceKind kind = SourceKind::kHeader;
    std::string argument;
  };

  struct Attribute {
    std::string name;
    AttributeKind kind = AttributeKind::kYesNo;
    Unit unit = Unit::kNone;                   ///< number
    Decimal maximum;                           ///< number
    std::vector<std::string> values;           ///< one of, any of
    std::vector<Source> sources;               ///< at least one
    std::optional<std::string> default_text;   ///< as `Values::SetText` reads it
    std::vector<std::int64_t> cuts;            ///< number (millionths), date (days); strictly ascending
    std::vector<std::string> prefixes;         ///< text; strictly ascending, none empty
    std::vector<std::string> texts;            ///< text; strictly ascending
    std::vector<std::uint16_t> country_class;  ///< country: one for each of Countries(), or empty if all are class 0
  };

  /// A set of classes, given as a list that ascends and kept as runs of neighbours, which may be many classes long.
  class Classes {
   public:
    /// Both ends belong to it.
    struct Run {
      std::uint16_t first = 0;
      std::uint16_t last = 0;
      friend auto operator==(Run, Run) -> bool = default;
    };

    Classes() = default;
    Classes(std::initializer_list<std::uint16_t> classes);   // NOLINT: a list of classes is what it is
    Classes(const std::vector<std::uint16_t>& classes);  // NOLINT
    static auto OfRuns(std::vector<Run> runs) -> Classes;

    auto runs() const -> const std::vector<Run>& { return runs_; }

   private:
    void Add(std::uint16_t value_class);

    std::vector<Run> runs_;  // ascending, none next to another
  };

  /// The request's class in `dimension` is one of `classes` (at least one). Or, with DimensionCount(spec) plus the index of
  /// a definition as the dimension and {1} as classes: the definition holds.
  struct Constraint {
    std::uint32_t dimension = 0;
    Classes classes;
  };
  /// Every constraint holds. Ascending by dimension, each at most once. An empty term always holds.
  using Term = std::vector<Constraint>;
  /// Some term holds. Without a term the condition never holds.
  using Condition = std::vector<Term>;

  struct Deployment {
    std::string name;
    std::string model;
    std::string vendor;
    Country processed_in;
    Country headquarters;
    Decimal price_in;
    Decimal price_out;
    std::string endpoint;
    std::string upstream_model;  ///< not empty
    std::string key_env;
  };

  struct Service {
    std::string name;
    std::string vendor;
    Country processed_in;
    Country headquarters;
    std::string endpoint;
    std::string key_env;
    Source answers;  ///< a classifier or a detector
    std::uint32_t within_ms = 0;
  };

  /// When the condition holds, the rule or refusal keeps these services from seeing the prompt.
  struct Screen {
    enum class By : std::uint8_t { kRefusal = 0, kRule = 1 };
    By by = By::kRule;
    std::uint32_t index = 0;
    Condition when;                       ///< asks about no attribute that a service answers
    std::vector<std::uint32_t> services;  ///< at least one, ascending
  };

  struct Rule {
    std::string name;
    std::string because;
    Place place;
    bool implied = false;
    Condition when;
    std::vector<std::uint32_t> excluded;  ///< deployments that the rule excludes when it applies; ascending
  };

  struct Refusal {
    std::string name;
    std::string reason;
    Place place;
    Condition when;
  };

  struct Tier {
    std::string label;
    TierOrder order = TierOrder::kAsListed;
    std::uint32_t limit = kNone;
    std::uint32_t within_ms = kNone;
    std::uint32_t retries = kNone;
    std::vector<CandidateView> candidates;
  };

  struct Route {
    std::string name;
    Place place;
    Condition when;
    std::vector<Tier> tiers;
  };

  struct Guarantee {
    std::string name;
    std::string text;
    Verdict verdict = Verdict::kUnknown;
    Place place;
  };

  struct File {
    std::string path;
    std::string sha256;  ///< 64 lower-case hexadecimal digits
    std::string policy;  ///< not empty: the policy that it belongs to
  };

  std::string policy_name;
  std::string policy_version;
  std::string tool_version;
  bool verified = false;
  Limits limits;
  std::vector<Attribute> attributes;
  std::vector<Condition> definitions;  ///< each of dimensions and of definitions before it
  std::vector<Deployment> deployments;
  std::vector<Service> services;
  std::vector<Screen> screens;  ///< those of refusals first, each kind by index
  std::vector<Rule> rules;
  std::vector<Refusal> refusals;
  std::vector<Route> routes;
  std::vector<Guarantee> guarantees;
  std::vector<File> files;
};

/// How many classes the (or each) dimension of an attribute has.
auto ClassCount(const TableSpec::Attribute& attribute) -> std::size_t;

/// How many dimensions an attribute has.
auto DimensionCount(const TableSpec::Attribute& attribute) -> std::size_t;

/// How many dimensions all attributes have.
auto DimensionCount(const TableSpec& spec) -> std::uint32_t;

/// The first dimension of `spec.attributes[attribute]`.
auto FirstDimension(const TableSpec& spec, std::size_t attribute) -> std::uint32_t;

/// The size in bytes that the cells of this table take at most. Use it to refuse a table that is too large.
auto CellBytes(const TableSpec& spec) -> std::uint64_t;

/// The bundle's bytes. The same spec gives the same bytes.
///
/// Only what would leave the bytes undefined is checked here, and aborts: a class, dimension or deployment that does
/// not exist, or more than layout::kMaxFileBytes. Everything else that a spec can get wrong is for `Table::FromBytes`
/// to find.
auto WriteTable(const TableSpec& spec) -> std::vector<std::byte>;

/// The same bytes with the file size and checksum in the envelope made right. For tests that change a bundle
/// and want to get past the checksum. Bytes shorter than an envelope come back as they are.
auto Reseal(std::vector<std::byte> bytes) -> std::vector<std::byte>;

}  // namespace route
