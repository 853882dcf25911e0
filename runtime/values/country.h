#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace route {

/// A country as its place in `Countries()`, the list of ISO 3166-1 alpha-2 codes in alphabetical order.
struct Country {
  std::uint16_t index = 0;

  friend auto operator<=>(Country, Country) = default;
};

struct CountryEntry {
  std::string_view code;  ///< two capital letters
  std::string_view name;  ///< English short name
};

/// All officially assigned codes of ISO 3166-1 (249 of them).
auto Countries() -> std::span<const CountryEntry>;

/// Reads a two-letter code in capitals; nothing if ISO 3166-1 does not assign it.
auto ParseCountry(std::string_view code) -> std::optional<Country>;

inline auto CountryCode(Country country) -> std::string_view { return Countries()[country.index].code; }
inline auto CountryName(Country country) -> std::string_view { return Countries()[country.index].name; }

}  // namespace route
