#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "runtime/table/table.h"

/// The bytes of a bundle file, exactly as they lie on disk and in memory. `docs/table-format.md` explains them.
///
///     envelope │ header │ attributes … guarantees │ levels, owners │ lines, columns, runs │ masks, cells │ strings
///
/// Everything is little-endian. A record holds no pointers: only indexes into other sections and, for text,
/// places in the string section. The sections follow each other in the order of `SectionId`, each at the next
/// multiple of 8 bytes (`kMasks` and `kCells`: of 64), with zeros between and nothing after the last: there is no byte
/// whose value does not matter.
///
/// *Terms* are conjunctions, one bit for each. 512 of them side by side are a *line*. What one dimension says about a line
/// is a *column*: for each class a *cell*, the set of the line's terms that admit the class. A line has columns only for
/// the dimensions that rule out some of its terms, which keeps the file linear in the policy.
namespace route::layout {

static_assert(std::endian::native == std::endian::little, "a bundle is mapped as it is, and it is little-endian");

/// Like PNG's: not text, and spoilt by a transfer that changes line ends or clears the top bit.
inline constexpr std::array<std::uint8_t, 8> kMagic = {0x89, 'R', 'T', 'B', '\r', '\n', 0x1A, '\n'};
inline constexpr std::uint32_t kFormatVersion = 3;
/// Of a policy with services: the same, and what belongs to services behind it. A policy without services is written in
/// version 3, which all programs read that read it before.
inline constexpr std::uint32_t kFormatVersionWithServices = 4;
inline constexpr std::uint32_t kMaxDefinitions = 28'672;
inline constexpr std::uint64_t kMaxFileBytes = std::uint64_t{1} << 30U;

/// The first 64 bytes. Everything after them is the content.
struct Envelope {
  std::array<std::uint8_t, 8> magic;
  std::uint32_t version;
  std::uint32_t reserved;                 ///< 0
  std::uint64_t file_bytes;               ///< size of the whole file
  std::uint64_t reserved_too;             ///< 0
  std::array<std::uint8_t, 32> checksum;  ///< SHA-256 of the content
};

/// Bytes `[offset, offset + size)` of the string section: whole UTF-8 characters.
struct StringRef {
  std::uint32_t offset;
  std::uint32_t size;
};

/// Entries `[first, first + count)` of some section. The lists of one section follow each other without a gap in
/// the order of their owners.
struct Range {
  std::uint32_t first;
  std::uint32_t count;
};

enum class SectionId : std::uint8_t {
  kAttributes,   ///< AttributeRecord
  kSources,      ///< SourceRecord, by attribute
  kNames,        ///< StringRef: each attribute's values, then its prefixes, then its texts
  kCuts,         ///< int64: the thresholds of number and date attributes
  kCountries,    ///< uint16: for each country attribute the class of each of `Countries()`
  kDimensions,   ///< DimensionRecord
  kDeployments,  ///< DeploymentRecord
  kFiles,        ///< FileRecord: the policy's source files
  kRules,        ///< RuleRecord
  kRefusals,     ///< RefusalRecord
  kRoutes,       ///< RouteRecord
  kTiers,        ///< TierRecord, by route
  kCandidates,   ///< CandidateView, by tier
  kGuarantees,   ///< GuaranteeRecord
  kLevels,       ///< LevelRecord: the definitions, by how many steps they are from the dimensions
  kOwners,       ///< uint32: for each term the definition, refusal, route or rule that it belongs to
  kLines,        ///< LineRecord
  kColumns,      ///< ColumnRecord, by line: the direct ones first, each kind by dimension
  kRuns,         ///< RunRecord, by column
  kMasks,        ///< Cell: distinct sets of deployments, `mask_cells` cells each
  kCells,        ///< Cell, by column
  kStrings,      ///< bytes, UTF-8
};
inline constexpr std::size_t kSectionCount = 22;

/// In version 4, behind those.
enum class ServiceSectionId : std::uint8_t {
  kServices,  ///< ServiceRecord
  kScreens,   ///< ScreenRecord
};
inline constexpr std::size_t kServiceSectionCount = 2;

struct Section {
  std::uint32_t offset;  ///< in bytes from the start of the file
  std::uint32_t count;   ///< of entries, not bytes
};

inline constexpr std::uint32_t kFlagVerified = 1;

/// Follows the envelope.
///
/// Terms are numbered by bits: those of each level of definitions from the next multiple of 512, those of the refusals
/// from the next multiple of 512, of the routes and then of the rules each from the next multiple of 64.
struct Header {
  StringRef policy_name;
  StringRef policy_version;
  StringRef tool_version;
  std::uint32_t flags;        ///< kFlagVerified or 0
  std::uint32_t attempts;     ///< Limits::attempts
  std::uint32_t deadline_ms;  ///< Limits::deadline_ms
  std::uint32_t definitions;
  std::uint32_t refusal_terms;
  std::uint32_t route_terms;
  std::uint32_t rule_terms;
  std::uint32_t mask_cells;            ///< 512 deployments to a cell
  std::uint32_t answer_tokens;         ///< Limits::answer_tokens; 0 in bundles older than this limit
  std::uint32_t cost_hundredth_cents;  ///< Limits::cost_hundredth_cents; 0 in bundles older than this limit
  std::array<Section, kSectionCount> sections;
};

/// In version 4, behind the header. The screens' terms begin at the next multiple of 64 after those of the rules, and their
/// owners follow the rules' ones.
struct ServiceHeader {
  std::uint32_t screen_terms;
  std::uint32_t reserved;  ///< 0
  std::array<Section, kServiceSectionCount> sections;
};

struct AttributeRecord {
  StringRef name;
  StringRef default_text;    ///< empty without a default
  std::uint8_t kind;         ///< AttributeKind
  std::uint8_t unit;         ///< Unit; 0 unless a number
  std::uint8_t has_default;  ///< 0 or 1
  std::uint8_t reserved;     ///< 0
  std::uint32_t first_dimension;
  std::int64_t maximum;  ///< millionths; 0 unless a number
  Range sources;         ///< into kSources
  Range values;          ///< into kNames; one of, any of
  Range prefixes;        ///< into kNames; text
  Range texts;           ///< into kNames; text
  Range cuts;            ///< into kCuts; number, date
  Range countries;       ///< into kCountries; country
};

struct SourceRecord {
  StringRef argument;
  std::uint8_t kind;                     ///< SourceKind
  std::array<std::uint8_t, 7> reserved;  ///< 0
};

struct DimensionRecord {
  std::uint32_t attribute;
  std::uint32_t member;  ///< any of: which value; else 0
  std::uint32_t classes;
};

struct DeploymentRecord {
  StringRef name;
  StringRef model;
  StringRef vendor;
  StringRef endpoint;
  StringRef upstream_model;
  StringRef key_env;
  std::int64_t price_in;  ///< millionths of a USD for a million tokens
  std::int64_t price_out;
  std::uint16_t processed_in;  ///< index into `Countries()`
  std::uint16_t headquarters;
  std::uint32_t reserved;  ///< 0
};

struct ServiceRecord {
  StringRef name;
  StringRef vendor;
  StringRef endpoint;
  StringRef key_env;
  StringRef question;          ///< the classifier or detector that it answers for
  std::uint16_t processed_in;  ///< index into `Countries()`
  std::uint16_t headquarters;
  std::uint32_t kind;  ///< SourceKind of the question
  std::uint32_t within_ms;
  std::uint32_t reserved;  ///< 0
};

/// A rule or refusal that, when one of the screen's terms holds, keeps services from seeing the prompt.
struct ScreenRecord {
  std::uint64_t services;  ///< bit s: service s
  std::uint32_t by_rule;   ///< 1: `index` is one of a rule; 0: of a refusal
  std::uint32_t index;
};

struct FileRecord {
  StringRef path;
  StringRef sha256;  ///< 64 lower-case hexadecimal digits
  StringRef policy;  ///< the policy that the file belongs to: this one, or one that it extends
};

/// `file` is an index into kFiles, or kNone with line 0 for a policy that was not read from a file.
struct PlaceRecord {
  std::uint32_t file;
  std::uint32_t line;
};

struct RuleRecord {
  StringRef name;
  StringRef because;
  PlaceRecord place;
  std::uint32_t implied;  ///< 0 or 1
  std::uint32_t mask;     ///< index of the mask of the deployments that the rule excludes
};

struct RefusalRecord {
  StringRef name;
  StringRef reason;
  PlaceRecord place;
};

struct RouteRecord {
  StringRef name;
  PlaceRecord place;
  Range tiers;  ///< into kTiers
};

struct TierRecord {
  StringRef label;
  Range candidates;         ///< into kCandidates
  std::uint32_t order;      ///< TierOrder
  std::uint32_t limit;      ///< at least 1, or kNone
  std::uint32_t within_ms;  ///< or kNone
  std::uint32_t retries;    ///< or kNone
};

struct GuaranteeRecord {
  StringRef name;
  StringRef text;
  PlaceRecord place;
  std::uint32_t verdict;   ///< Verdict
  std::uint32_t reserved;  ///< 0
};

/// Definitions of one level are made of dimensions and definitions of the levels before it.
struct LevelRecord {
  std::uint32_t definitions;  ///< at least 1
  std::uint32_t terms;
};

struct LineRecord {
  std::uint32_t first_column;
  std::uint32_t direct;    ///< columns with a cell for each class
  std::uint32_t searched;  ///< columns with a cell for each run of classes
};

/// `dimension` is an index into kDimensions, or as much as there are of these plus the number of a definition, whose
/// classes are 0 (it does not hold) and 1 (it does).
struct ColumnRecord {
  std::uint32_t dimension;
  std::uint32_t first_cell;  ///< direct: the cell of class 0
  std::uint32_t first_run;   ///< direct: as far as the columns before it have come
  std::uint32_t runs;        ///< direct: 0
};

/// The classes from `first_class` up to that of the next run.
struct RunRecord {
  std::uint16_t first_class;
  std::uint16_t cell;  ///< counted from the column's first
};

inline constexpr std::uint32_t kCellWords = 8;
inline constexpr std::uint32_t kCellBits = 512;

/// 512 bits: bit `i` is bit `i % 64` of word `i / 64`.
struct alignas(64) Cell {
  std::array<std::uint64_t, kCellWords> words;
  friend auto operator<=>(const Cell&, const Cell&) = default;
};

/// The size of one entry of a section.
inline constexpr std::array<std::uint32_t, kSectionCount> kEntryBytes = {
    sizeof(AttributeRecord), sizeof(SourceRecord),    sizeof(StringRef),     sizeof(std::int64_t),
    sizeof(std::uint16_t),   sizeof(DimensionRecord), sizeof(DeploymentRecord), sizeof(FileRecord),
    sizeof(RuleRecord),      sizeof(RefusalRecord),   sizeof(RouteRecord),   sizeof(TierRecord),
    sizeof(CandidateView),   sizeof(GuaranteeRecord), sizeof(LevelRecord),   sizeof(std::uint32_t),
    sizeof(LineRecord),      sizeof(ColumnRecord),    sizeof(RunRecord),     sizeof(Cell),
    sizeof(Cell),            1};

inline constexpr std::array<std::uint32_t, kServiceSectionCount> kServiceEntryBytes = {sizeof(ServiceRecord),
                                                                                      sizeof(ScreenRecord)};

constexpr auto Alignment(SectionId id) -> std::uint64_t {
  return id == SectionId::kMasks || id == SectionId::kCells ? 64 : 8;
}

constexpr auto AlignUp(std::uint64_t offset, std::uint64_t alignment) -> std::uint64_t {
  return (offset + alignment - 1) / alignment * alignment;
}

constexpr auto WordsFor(std::uint64_t bits) -> std::uint64_t {
  return (bits + 63) / 64;
}

/// A word of 64 bits with the first `count` set, at most 64.
constexpr auto LowBits(std::uint64_t count) -> std::uint64_t {
  return count == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
}

static_assert(sizeof(Envelope) == 64);
static_assert(sizeof(StringRef) == 8);
static_assert(sizeof(Range) == 8);
static_assert(sizeof(Header) == 64 + 8 * kSectionCount);
static_assert(sizeof(AttributeRecord) == 80);
static_assert(sizeof(SourceRecord) == 16);
static_assert(sizeof(DimensionRecord) == 12);
static_assert(sizeof(LevelRecord) == 8);
static_assert(sizeof(LineRecord) == 12);
static_assert(sizeof(ColumnRecord) == 16);
static_assert(sizeof(RunRecord) == 4);
static_assert(sizeof(Cell) == 64);
static_assert(sizeof(DeploymentRecord) == 72);
static_assert(sizeof(ServiceHeader) == 8 + 8 * kServiceSectionCount);
static_assert(sizeof(ServiceRecord) == 56);
static_assert(sizeof(ScreenRecord) == 16);
static_assert(sizeof(FileRecord) == 24);
static_assert(sizeof(RuleRecord) == 32);
static_assert(sizeof(RefusalRecord) == 24);
static_assert(sizeof(RouteRecord) == 24);
static_assert(sizeof(TierRecord) == 32);
static_assert(sizeof(CandidateView) == 8);
static_assert(sizeof(GuaranteeRecord) == 32);
static_assert(std::is_trivially_copyable_v<CandidateView> && std::is_standard_layout_v<CandidateView>);
static_assert(std::has_unique_object_representations_v<Envelope> && std::has_unique_object_representations_v<Header> &&
                  std::has_unique_object_representations_v<AttributeRecord> &&
                  std::has_unique_object_representations_v<SourceRecord> &&
                  std::has_unique_object_representations_v<DeploymentRecord> &&
                  std::has_unique_object_representations_v<ServiceHeader> &&
                  std::has_unique_object_representations_v<ServiceRecord> &&
                  std::has_unique_object_representations_v<ScreenRecord> &&
                  std::has_unique_object_representations_v<RuleRecord> &&
                  std::has_unique_object_representations_v<TierRecord>,
              "a record has no padding: every byte is written and checked");

}  // namespace route::layout
