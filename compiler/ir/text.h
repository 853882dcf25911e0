#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/ir/evaluate.h"
#include "compiler/ir/policy.h"

namespace route::ir {

/// A value as policy text writes it: `gold`, `personal, health`, `40%`, `128000 tokens`, `"gpt-5"`, `FR`, `2026-08-02`.
/// An empty set is `nothing`.
auto FormatValue(const Attribute& attribute, const Value& value) -> std::string;

/// A value as `ParseValue` and the gateway read it: `personal,health`, nothing for the empty set, a text as it stands.
auto PlainValue(const Attribute& attribute, const Value& value) -> std::string;

/// Reads a value as a person types it on a command line or in a header: names, `personal,health`, a number with or
/// without its unit (`40`, `40%`, `2s`, `128k tokens`), `yes`/`no`/`true`/`false`, `FR`, a date; a text is taken as it
/// stands. The error is a sentence without a full stop that names what was expected.
auto ParseValue(const Attribute& attribute, std::string_view text) -> std::expected<Value, std::string>;

/// Reads `tier=gold data=personal,health asked_model="gpt 5"`: pairs divided by blanks, values in double quotes where
/// they hold blanks. An attribute given twice, an unknown one or a value that does not fit is an error, with a hint.
auto ParseGiven(const Policy& policy, std::string_view text) -> std::expected<std::vector<GivenValue>, std::string>;

/// `tier=gold data=health`: reads back through ParseGiven. Every attribute, or only those listed.
auto FormatRequest(const Policy& policy, const Request& request) -> std::string;

}  // namespace route::ir
