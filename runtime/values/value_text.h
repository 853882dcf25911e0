#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/values/decimal.h"
#include "runtime/values/schema.h"

namespace route {

/// Reads a quantity with or without its unit, a blank between them or not: `40`, `40%`, `800 ms`, `2s`, `128k tokens`,
/// `15 USD`. Seconds become milliseconds. The error says what was expected, in words that can follow a colon.
auto ParseQuantity(std::string_view text, Unit unit) -> std::expected<Decimal, std::string>;

/// Reads a time of day, `22:30`, as minutes since midnight; nothing for any other form or a time that no day has.
auto ParseTimeOfDay(std::string_view text) -> std::optional<Decimal>;

/// `40%`, `800 ms`, `128000 tokens`, `15 USD`, `7`, `22:30`.
auto FormatQuantity(Decimal value, Unit unit) -> std::string;

/// `30 s`, `800 ms`, `1500 ms`: seconds where they are whole.
auto FormatDuration(std::uint64_t milliseconds) -> std::string;

/// Reads yes, no, true or false.
auto ParseYesNo(std::string_view text) -> std::optional<bool>;

}  // namespace route
