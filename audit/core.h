#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// The policy core as `docs/proof-pack.md` describes it, read from JSON. Nothing here comes from the compiler.
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

/// Throws Rejected, saying why, unless `holds`.
void Need(bool holds, const char* why);
void Need(bool holds, const char* why, const Json& where);

/// Counts work, in questions asked of one class of one dimension. Throws Inconclusive at what no honest pack needs.
void Spend(std::uint64_t work);
constexpr std::uint64_t kMostWork = 50'000'000'000;
auto Spent() -> std::uint64_t&;  ///< so far, by this process

using Bits = std::vector<bool>;

/// One thing about a request that can vary, with its finitely many classes of values ("Value classes"). A class is
/// known by one value of it: a name, a truth, a number (millionths or days), a country; of a text: null for any other,
/// a list of one text for those that begin so, a text for itself.
struct Dimension {
  std::string name;  ///< the attribute, or attribute.member
  std::vector<Json> values;
  std::vector<std::size_t> country_class;  ///< of a country attribute: the class of each country
};

struct Condition {
  enum class Op { kAll, kAny, kNot, kIn } op = Op::kAll;
  std::vector<Condition> parts = {};  ///< kAll, kAny: any number; kNot: one
  std::size_t dimension = 0;          ///< kIn: the class in this dimension is one of `classes`
  Bits classes = {};
};

struct Rule {
  Condition when;
  Bits keeps;  ///< for each deployment
};
struct Tier {
  bool by_weight = false;
  std::vector<std::size_t> deployments;
  std::uint64_t limit = 0;   ///< the number of deployments if the policy states none
  std::uint64_t within = 0;  ///< milliseconds; the policy's deadline if the tier states none
  std::uint64_t retries = 0;
};
struct Route {
  Condition when;
  std::vector<Tier> tiers;
};

/// What is to be shown of every request: coverage first, then each guarantee.
struct Obligation {
  /// kOther: a promise that this checker does not know, so that nothing establishes it.
  enum class Kind { kEvery, kFirst, kServed, kSurvives, kBounded, kOther } kind = Kind::kOther;
  std::string name;
  Condition when = {};
  Bits passes = {};                                         ///< kEvery, kFirst: for each deployment
  Bits named = {};                                          ///< kServed: for each refusal, whether it may refuse
  std::vector<Json> unit = {};                              ///< kSurvives: what a loss takes away, for each deployment
  std::uint64_t count = 0;                                  ///< kSurvives
  std::optional<std::uint64_t> attempts = {}, within = {};  ///< kBounded
};

struct Core {
  explicit Core(const Json& json);

  Json json;
  std::vector<Dimension> dimensions;
  std::vector<std::size_t> first_dimension;  ///< of each attribute
  std::vector<Condition> refusals;
  std::vector<Rule> rules;
  std::vector<Route> routes;
  std::vector<Obligation> obligations;
  std::size_t deployments = 0;
  std::uint64_t attempts = 0, deadline = 0;  ///< the policy's limits; the deadline in milliseconds
};

auto Countries() -> const std::vector<std::string>&;
auto IndexOf(const Json& list, const Json& name) -> std::size_t;  ///< in a list of names, or of things with a `name`
auto Natural(const Json& number) -> std::uint64_t;                ///< below 2^32 - 1
auto Micros(const Json& number) -> std::int64_t;  ///< an integer or an exact decimal string, in millionths
auto Text(const Json& text) -> const std::string&;

}  // namespace audit
