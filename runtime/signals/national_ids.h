#pragma once

#include <string_view>

namespace route {

/// Is this a national number of a person, without the blanks, points, hyphens and slashes that it may be written with?
///
/// Known are those whose digits prove themselves, by check digits and mostly by a date of birth within: Belgium
/// (rijksregisternummer), Brazil (CPF), Bulgaria (EGN), China (resident identity), Estonia and Lithuania (isikukood, asmens
/// kodas), Finland (henkilötunnus), France (NIR), Germany (Steuer-ID), Italy (codice fiscale), Norway (fødselsnummer), Poland
/// (PESEL), Romania (CNP), South Africa, Spain (DNI, NIE), Sweden (personnummer) and Turkey (T.C. kimlik). Letters may be in
/// either case. A number of another kind passes by chance: one in a hundred to one in several thousands, by kind.
auto IsNationalId(std::string_view compact) -> bool;

/// The fewest and the most characters of one.
inline constexpr std::size_t kShortestNationalId = 9;
inline constexpr std::size_t kLongestNationalId = 18;

}  // namespace route
