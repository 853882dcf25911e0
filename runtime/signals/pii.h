#pragma once

#include <string_view>

namespace route {

/// What the detector `pii` finds in a text.
struct PiiFindings {
  bool personal = false;     ///< an e-mail address, an international phone number, a national number, an IP address, or
                             ///< anything financial
  bool financial = false;    ///< a bank account or a payment card
  bool credentials = false;  ///< an API key, an access token or a private key

  friend auto operator==(const PiiFindings&, const PiiFindings&) -> bool = default;
};

/// Looks for
///   e-mail addresses,
///   phone numbers in international form (`+` and 8 to 15 digits with blanks, points, brackets, hyphens or slashes),
///   national numbers of persons whose check digits hold (national_ids.h), blanks, points, hyphens or slashes between
///   groups, public IP addresses: version 4, and version 6 of global unicast, none of those for private use or
///   documentation, IBANs of the right length for their country whose check digits hold (ISO 13616, modulo 97),
///   whatever comes before, payment card numbers of 13 to 19 digits, blanks or hyphens between groups, whose check
///   digit holds (Luhn): any run of whole groups, except groups that touch a letter, private keys in PEM and OpenSSH
///   form, and keys and tokens of the forms that providers give them (`sk-…`, `AKIA…`, `ghp_…`, JWT …).
/// A detector is not a proof: names, addresses and numbers written in words stay unseen.
///
/// Linear time, and most text is only skimmed for the characters that a finding cannot do without: digits, `@`, `+` and
/// hyphens in a row.
auto DetectPii(std::string_view text) -> PiiFindings;

struct PlaceFinder;

/// The same with the code for a certain kind of processor (pii_places.h).
auto DetectPii(std::string_view text, const PlaceFinder& finder) -> PiiFindings;

}  // namespace route
