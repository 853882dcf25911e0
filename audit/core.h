#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
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

using Bits = std::vector<bool>;

/// Counts work, in questions asked of one class of one dimension. Throws Inconclusive at what no honest pack needs.
void Spend(std::uint64_t work);
constexpr std::uint64_t kMostWork = 50'000'000'000;

/// One thing about a request that can vary, with its finitely many classes of values ("Value classes").
struct Dimension {
  std::string name;  ///< the attribute, or attribute.member
  std::size_t classes = 1;
  std::vector<std::int64_t> cuts;
  std::vector<std::string> prefixes, texts;
  std::vector<std::size_t> country_class;
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
  std::uint64_t limit = 0;  ///< the number of deployments if the policy states none
  std::optional<std::uint64_t> within;
  std::uint64_t retries = 0;
};
struct Route {
  Condition when;
  std::vector<Tier> tiers;
};

/// What is to be shown of every request: coverage first, then each guarantee.
struct Obligation {
  enum class Kind { kEvery, kFirst, kServed, kSurvives, kBounded } kind = Kind::kServed;
  std::string name;
  Condition when;
  Bits passes;                                    ///< kEvery, kFirst: for each deployment
  Bits named;                                     ///< kServed: for each refusal, whether it may refuse
  std::vector<std::size_t> unit;                  ///< kSurvives: what a loss takes away, for each deployment
  std::uint64_t count = 0;                        ///< kSurvives
  std::optional<std::uint64_t> attempts, within;  ///< kBounded
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

auto Kinds() -> const std::vector<Json>&;  ///< of attributes
auto Countries() -> const std::vector<std::string>&;
auto CountryIndex(const Json& code) -> std::size_t;
auto Natural(const Json& number) -> std::uint64_t;  ///< below 2^32
auto Micros(const Json& number) -> std::int64_t;    ///< an integer or an exact decimal string, in millionths
auto Days(const std::string& date) -> std::int64_t;
auto Text(const Json& text) -> const std::string&;

}  // namespace audit
