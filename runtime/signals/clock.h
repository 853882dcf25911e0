#pragma once

#include <chrono>
#include <expected>
#include <string>
#include <string_view>

#include "runtime/values/date.h"

/// The clock as a source of attributes, in the time zones of the IANA database (Debian's tzdata).
namespace route {

/// What a clock on the wall shows in this zone, for example `Europe/Paris`; in UTC if the zone is empty. The error says that
/// there is no such zone. Reads a zone's file on its first use, and only then; safe from any thread. Each thread remembers
/// the offset of the zones that it asks for until the clocks there change, so most calls are an addition.
auto MomentIn(std::string_view zone, std::chrono::sys_seconds now) -> std::expected<Moment, std::string>;

/// The date there; in UTC if there is no such zone.
auto DayIn(std::string_view zone, std::chrono::system_clock::time_point now) -> Date;

}  // namespace route
