#pragma once

#include <set>
#include <string>
#include <string_view>

/// Names for what an import declares.
namespace route::import {

/// A name made of a text: lower case, every run of other characters one `_`, at most 64 characters. What would begin
/// with a digit or be a reserved word gets `m_` before it. `claude-3.5-sonnet@20241022` becomes
/// `claude_3_5_sonnet_20241022`. Never empty.
auto Identifier(std::string_view text) -> std::string;

/// Can this be a name as it stands? At most 200 letters, digits and `_`, no digit first, no reserved word.
auto IsName(std::string_view text) -> bool;

/// Words that the language reserves: they cannot be names.
auto IsReservedWord(std::string_view word) -> bool;

/// Gives out names that no reader can take for each other: one that is taken, or that looks like a taken one
/// (NameSkeleton), gets `_2`, `_3`, … in the order of asking.
class Namer {
 public:
  auto Take(std::string_view text) -> std::string;

 private:
  std::set<std::string> looks_;
};

}  // namespace route::import
