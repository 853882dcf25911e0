#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

/// The policy core as `docs/proof-pack.md` describes it. Nothing here comes from the compiler.
///
/// Everything is read from JSON where it is needed. What is not there or is of another type, or an index that is too large,
/// throws `Json::exception` or `std::out_of_range`, and whoever catches that has a malformed pack.
namespace audit {

using Json = nlohmann::json;

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
auto Natural(const Json& number) -> std::uint64_t;                            ///< below 2^32 - 1
auto NaturalOr(const Json& number, std::uint64_t otherwise) -> std::uint64_t;  ///< `otherwise` if it is null

using Bits = std::vector<bool>;

struct Core {
  explicit Core(const Json& json);

  Json json;
  std::vector<Bits> everything;         ///< the classes of each dimension
  std::vector<Bits> keeps;              ///< for each rule and each deployment: whether the rule leaves it in
  std::optional<std::size_t> prompt;    ///< the dimension of the prompt's size
  std::vector<std::pair<std::size_t, std::size_t>> calendars;  ///< dimensions of a date and of the weekday of that date
  std::vector<Json> obligations;        ///< `name`, `when`, `promise`: coverage first, then each guarantee
};

/// Whether a test holds of a deployment.
auto Holds(const Json& test, const Json& deployment) -> bool;

/// The attribute of a dimension.
auto AttributeOf(const Json& core, std::size_t dimension) -> const Json&;

/// The values of a class of a number or a date: from the first up to but not including the second.
auto RangeOf(const Json& attribute, std::size_t number) -> std::pair<std::int64_t, std::int64_t>;

}  // namespace audit
