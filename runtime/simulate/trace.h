#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "runtime/decide/decide.h"
#include "runtime/simulate/record.h"

namespace route {

/// A recorded request as a table sees it.
struct TraceRequest {
  std::span<const std::uint16_t> classes;   ///< valid until the next one is read
  std::optional<std::uint32_t> missing;     ///< an attribute that has no value and no default: refused
  std::uint32_t misfits = 0;                ///< values that are not one of their attribute's, and were left out as a gateway does
};

/// From recorded values to a table's classes. What a value comes to is worked out once and remembered, which is what makes a million
/// requests a second possible.
///
/// Means the same as `Values::CompleteAsMeasured` with each member that names an attribute set by its text. An attribute that measures
/// the prompt's length, if it is not given, has the value of `input_tokens`. Two things are as a gateway finds them: a length
/// that does not fit its attribute is none, not 0, and a share of a cap counts up to its attribute's maximum.
class TraceReader {
 public:
  TraceReader(const Table& table, Moment now);

  /// What it reads of a record that ReadRecord has read.
  auto Read(std::span<const Member> members) -> TraceRequest;

  /// Is this the name of an attribute?
  auto Knows(std::string_view name) const -> bool { return table_->FindAttribute(name) != kNone; }

  /// The first value that did not fit, for a message: `"x" is not a value of …`; empty if all have.
  auto first_misfit() const -> const std::string& { return first_misfit_; }

 private:
  /// What a value of some attribute comes to.
  struct Known {
    bool fits = false;
    std::uint16_t value_class = 0;
    std::uint64_t members = 0;
  };
  struct Hash {
    using is_transparent = void;
    auto operator()(std::string_view text) const -> std::size_t { return std::hash<std::string_view>{}(text); }
  };
  /// By kind of JSON value and its text.
  using Cache = std::unordered_map<std::string, Known, Hash, std::equal_to<>>;

  auto AttributeAt(std::size_t place, std::string_view name) -> std::uint32_t;
  auto Find(std::uint32_t attribute, const Member& member) -> Known;
  auto SetValue(std::uint32_t attribute, const Member& member) -> bool;
  auto WorkOut(std::uint32_t attribute, const Member& member) -> Known;
  void Set(std::uint32_t attribute, const Known& known);
  void Unset(std::uint32_t attribute);
  void LeavePromptOut(TraceRequest& request);
  auto ReadSlowly(std::span<const Member> members) -> TraceRequest;

  const Table* table_;
  Moment now_;
  Values values_;
  std::uint32_t prompt_ = kNone;                      // the attribute that measures it
  bool clock_attributes_agree_ = true;                // no more than one: otherwise what one is given decides the others
  std::vector<std::uint16_t> unset_;                  // the classes of a request without values
  std::vector<bool> required_;                        // by attribute: has no value then
  std::uint32_t first_required_ = kNone;
  std::vector<std::uint16_t> classes_;
  std::vector<std::uint64_t> seen_;                   // by attribute: the number of the request that gave it
  std::uint64_t number_ = 0;
  std::vector<std::pair<std::string, std::uint32_t>> places_;  // by place in the record: the last name there and its attribute
  std::vector<Cache> caches_;                         // by attribute
  std::vector<Cache> list_caches_;                    // the same, for lists of values
  std::string first_misfit_;
};

}  // namespace route
