#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/table/table.h"

/// From a request's attributes to a decision, by a table alone.
///
///     auto table = Table::Load("policy.rtb");
///     Values values(*table);
///     values.SetText(table->FindAttribute("tier"), "gold");
///     if (auto missing = values.Complete(today)) { /* refuse: attribute *missing has no value */ }
///     Decision decision = Decide(*table, values.classes());
///     for (const PlanTier& tier : Plan(*table, decision)) { /* try tier.deployments, in order */ }
namespace route {

struct ReadValue;

/// The attribute values of one request, each reduced at once to the class that the policy tells apart.
///
/// Nothing is guessed: a value that does not parse, is out of range or names nothing declared is an error that
/// leaves the attribute unset, so that `Complete` falls back to its default or reports it missing. Only an `any of`
/// attribute keeps the members that other sources have added: a bad header must not hide what a detector found.
class Values {
 public:
  explicit Values(const Table& table);

  /// Back to "nothing is set", to be used for the next request.
  void Clear();

  /// Reads the value as `--given` and headers write it. For an `any of` attribute the comma-separated names are
  /// added to those already there; an empty text adds none and still counts as a value. The error is a sentence
  /// without a full stop.
  auto SetText(std::uint32_t attribute, std::string_view text) -> std::expected<void, std::string>;

  /// For what the gateway measures itself. A number above the attribute's maximum is an error.
  auto SetNumber(std::uint32_t attribute, Decimal value) -> std::expected<void, std::string>;
  auto SetDate(std::uint32_t attribute, Date value) -> std::expected<void, std::string>;
  /// What the clock shows, for an attribute that comes from it: the date, the time of day or the day of the week.
  auto SetMoment(std::uint32_t attribute, Moment now) -> std::expected<void, std::string>;
  /// Text as it stands, for kText attributes, whose value may hold any bytes.
  auto SetRawText(std::uint32_t attribute, std::string_view value) -> std::expected<void, std::string>;

  /// A service that should have said the value did not. The default stands for what it would have said, and is added to
  /// what others said of an `any of` attribute; without a default the attribute is missing, whatever others said. To be
  /// called after what other sources and services say has been set.
  void SetUnanswered(std::uint32_t attribute);

  auto IsSet(std::uint32_t attribute) const -> bool;

  /// Gives every attribute that is not set its default; without a default an `any of` attribute becomes empty if something
  /// that is always measured is among its sources, and no service is.
  /// Returns the first attribute that is still missing: the request must be refused.
  auto Complete() -> std::optional<std::uint32_t>;

  /// As `Complete`, but leaves out what services say.
  auto CompleteKnown() -> std::optional<std::uint32_t>;

  /// As `Complete`, but what is not set, has no default and would have been measured by a gateway itself is as for an
  /// empty request: no tokens, nothing spent, empty text, nothing detected, and the clock shows `now`;
  /// the day of the week is that of the date which is set, if one is. The same completion as
  /// `ir::CompleteRequest`. For `routec decide` and tests.
  auto CompleteAsMeasured(Moment now) -> std::optional<std::uint32_t>;

  /// One class for each dimension of the table. Valid for Decide after a successful Complete.
  auto classes() const -> std::span<const std::uint16_t> { return classes_; }

  /// The value of a set attribute in one canonical form that `SetText` reads back. For decision records.
  auto Text(std::uint32_t attribute) const -> std::string;

 private:
  auto Take(std::uint32_t attribute, std::expected<ReadValue, std::string> value) -> std::expected<void, std::string>;
  void Set(std::uint32_t attribute, const ReadValue& value);
  enum class Which : std::uint8_t { kKnown, kAll };
  auto Fill(Which which, std::optional<Moment> now) -> std::optional<std::uint32_t>;

  const Table* table_;
  std::vector<std::uint16_t> classes_;
  std::vector<std::string> texts_;      // canonical, per attribute (not kAnyOf, kNumber and kDate)
  std::vector<std::int64_t> points_;    // kNumber: millionths; kDate: days
  std::vector<std::uint64_t> members_;  // kAnyOf
  std::vector<bool> set_;
};

/// What the table says about one request. A plain value that owns nothing.
struct Decision {
  Outcome outcome = Outcome::kUncovered;
  std::uint32_t refusal = kNone;  ///< when refused: index into Table::refusals(); kNone: an attribute was missing
  std::uint32_t route = kNone;    ///< when routed or unservable: index into Table::routes()
  /// Bit d: deployment d is allowed, that is, no rule that applies excludes it. All zero when refused.
  std::array<std::uint64_t, kMaxDeployments / 64> allowed{};

  auto Allows(std::uint32_t deployment) const -> bool {
    return deployment < kMaxDeployments && ((allowed[deployment / 64] >> (deployment % 64)) & 1U) != 0;
  }
};

/// Allocates nothing, writes nothing shared and cannot fail. `classes` must come from a completed `Values` of the same
/// table; classes that the table does not have are refused, with no refusal named. Costs a few words of AND for each
/// dimension that the policy asks about, and as many again for each rule that applies.
auto Decide(const Table& table, std::span<const std::uint16_t> classes) noexcept -> Decision;

/// Indexes of the rules that apply to the request, ascending.
auto MatchedRules(const Table& table, std::span<const std::uint16_t> classes) -> std::vector<std::uint32_t>;

/// Bit s: service s is asked, and so sees the prompt. `classes` are of values that are complete but for those that services
/// say: what these are plays no part, so that it can be called before the services are asked and after. None if there are
/// classes that the table does not have.
auto ServicesAsked(const Table& table, std::span<const std::uint16_t> classes) noexcept -> std::uint64_t;

/// Indexes of the screens that keep services from this prompt, ascending.
auto MatchedScreens(const Table& table, std::span<const std::uint16_t> classes) -> std::vector<std::uint32_t>;

/// Does this rule exclude this deployment whenever it applies?
auto RuleExcludes(const Table& table, std::uint32_t rule, std::uint32_t deployment) -> bool;

struct PlanTier {
  std::uint32_t tier = 0;                  ///< index into Table::tiers()
  std::vector<CandidateView> deployments;  ///< allowed, in the tier's order, cut at its limit; never empty
};

/// The chain with everything that is not allowed taken out. Empty unless routed.
auto Plan(const Table& table, const Decision& decision) -> std::vector<PlanTier>;

}  // namespace route
