#pragma once

#include <string_view>

namespace route {

/// What the detector `pii` finds in a text.
struct PiiFindings {
  bool personal = false;   ///< an e-mail address, an international phone number, or anything financial
  bool financial = false;  ///< a bank account or a payment card

  friend auto operator==(const PiiFindings&, const PiiFindings&) -> bool = default;
};

/// Looks for
///   e-mail addresses,
///   phone numbers in international form (`+` and 8 to 15 digits with blanks, points, brackets, hyphens or slashes),
///   IBANs of the right length for their country whose check digits hold (ISO 13616, modulo 97), whatever comes before,
///   payment card numbers of 13 to 19 digits, blanks or hyphens between groups, whose check digit holds (Luhn): any run
///   of whole groups, except groups that touch a letter.
/// A detector is not a proof: names, addresses and numbers written in words stay unseen. Linear time.
auto DetectPii(std::string_view text) -> PiiFindings;

/// Letters and digits only, letters in either case. False for a country that issues no IBANs.
auto IsIban(std::string_view compact) -> bool;

/// Digits only.
auto PassesLuhn(std::string_view digits) -> bool;

}  // namespace route
