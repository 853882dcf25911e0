#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

/// The policy core as `docs/proof-pack.md` describes it, and reading packs and bundles. Nothing here comes from the compiler.
///
/// Everything is read from JSON where it is needed. What is not there or is of another type, or an index that is too large,
/// throws `Json::exception` or `std::out_of_range`, and whoever catches that has a malformed pack.
namespace audit {

using Json = nlohmann::json;

inline const Json kAlways = {{"all", Json::array()}};  ///< the condition or test that always holds

/// What is being checked is not what it claims to be. The text says what, and where.
struct Rejected : std::runtime_error {
  using std::runtime_error::runtime_error;
};
/// The check itself ran into a stated limit: nothing is established, nothing is refuted.
struct Inconclusive : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Throws Rejected, saying why and of what, unless `holds`.
void Need(bool holds, const char* why, const Json& where = nullptr);

/// Counts work, in questions asked of one class of one dimension. Throws Inconclusive at what no honest pack needs.
void Spend(std::uint64_t work);
constexpr std::uint64_t kMostWork = 50'000'000'000;
inline std::uint64_t spent = 0;  ///< so far, by this process

auto Text(const Json& text) -> const std::string&;
/// A number below 2^32 - 1, or `otherwise` if it is null.
auto Natural(const Json& number, std::optional<std::uint64_t> otherwise = {}) -> std::uint64_t;

using Bits = std::vector<bool>;

struct Core {
  explicit Core(const Json& json);

  Json json;                            ///< as the pack has it, and `screens` as the bundle has them, with `when`
  std::vector<Bits> everything;         ///< the classes of each dimension
  std::vector<Bits> keeps;              ///< for each rule and screen: whether it leaves in each deployment and service
  Bits asked;                           ///< for each service: whether some attribute asks it
  std::optional<std::size_t> prompt;    ///< the dimension of the prompt's size
  std::vector<std::pair<std::size_t, std::size_t>> calendars;  ///< dimensions of a date and of the weekday of that date
  std::vector<Json> obligations;        ///< `name`, `when`, `promise`: coverage first, then each guarantee
};

/// Whether a test holds of a deployment or a service.
auto Holds(const Json& test, const Json& recipient) -> bool;

auto Hex(const std::string& bytes) -> std::string;     ///< two lower-case digits for each byte
auto Sha256(const std::string& bytes) -> std::string;  ///< 64 of them

/// An unsigned number of `size` bytes, little-endian, at an offset. Throws Rejected beyond the end.
auto Unsigned(const std::string& bytes, std::uint64_t at, std::size_t size) -> std::uint64_t;

/// A bundle whose envelope, sections and records are as `docs/table-format.md` (version 3 or 4) says, as JSON: the fields of
/// the headers, and each section that is not a range of another as a list. A record is an object of its fields, or the field
/// itself if it has just one without a name. Numbers that stand for words are these words, strings and ranges are what they
/// point at, and what may be none is null. `masks` and `cells` are their bytes. Throws Rejected.
auto ReadBundle(const std::string& bytes) -> Json;

/// The attribute of a dimension.
auto AttributeOf(const Json& core, std::size_t dimension) -> const Json&;

/// The values of a class of a number or a date: from the first up to but not including the second.
auto RangeOf(const Json& attribute, std::size_t number) -> std::pair<std::int64_t, std::int64_t>;

}  // namespace audit
