#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "runtime/table/impl.h"

/// From values to classes, by the lists in a table. For the loader, which reads the defaults, and `Values`.
namespace route {

/// Reads a value as headers and `--given` write it. The error is a sentence without a full stop.
auto ReadValueText(const AttributeView& attribute, const AttributeClasses& classes, std::string_view text)
    -> std::expected<ReadValue, std::string>;

/// A number or a date that was measured. The error, as above: it is out of the attribute's range.
auto ReadNumber(const AttributeView& attribute, const AttributeClasses& classes, Decimal number)
    -> std::expected<ReadValue, std::string>;
auto ReadDate(const AttributeView& attribute, const AttributeClasses& classes, Date date)
    -> std::expected<ReadValue, std::string>;

/// A text as it stands. Its class is that of the equal named text, else that of the longest prefix that it starts with,
/// else 0.
auto ReadText(const AttributeClasses& classes, std::string_view text) -> ReadValue;

/// `personal,health`: the names of the members of an `any of` attribute, in declared order.
auto MemberNames(const AttributeView& attribute, std::uint64_t members) -> std::string;

}  // namespace route
