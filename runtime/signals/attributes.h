#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/decide/decide.h"
#include "runtime/signals/model_request.h"
#include "runtime/signals/tenants.h"
#include "runtime/table/table.h"
#include "runtime/values/date.h"
#include "runtime/values/decimal.h"

/// From a request to the attributes that the policy asks about. `docs/gateway.md` states the rules.
namespace route {

struct HeaderField {
  std::string_view name;
  std::string_view value;
};

/// All that attributes are derived from.
struct RequestFacts {
  const Tenant& tenant;
  std::span<const HeaderField> headers;  ///< as received; names in any case, repeats kept
  const ModelRequest& request;
  Decimal spent_percent;  ///< of the tenant's cap
  std::chrono::sys_seconds now;
};

/// A source whose value was there and did not fit.
struct Ignored {
  std::string attribute;
  std::string source;  ///< `header x-data-class`
  std::string why;
};

struct DerivedAttributes {
  Values values;                         ///< complete unless `missing`; but for what services say, if they are yet to be asked
  std::vector<Ignored> ignored;          ///< in the table's order
  std::optional<std::uint32_t> missing;  ///< the first attribute without a value and a default: refuse
};

/// What this gateway cannot derive for this policy, one sentence each. A policy may be served only when there is none:
/// the functions below rely on it.
auto CheckSources(const Table& table) -> std::vector<std::string>;

/// Why the value in a tenant's entry does not fit, if so. The attribute must exist and come from the tenant.
auto CheckTenantValue(const Table& table, std::string_view attribute, std::string_view value)
    -> std::optional<std::string>;

/// Derives what is known before services are asked. A value that does not fit leaves its attribute unset, to be filled by the default; the
/// request is refused if there is none. For an `any of` attribute the sources are united, a source that does not fit
/// counts as the default, and so does a header or field that is not there when no other source adds a name.
/// What services say is left to `AddServiceAnswers`.
auto DeriveKnown(const Table& table, const RequestFacts& facts) -> DerivedAttributes;

/// The same with no answer from any service.
auto DeriveAttributes(const Table& table, const RequestFacts& facts) -> DerivedAttributes;

}  // namespace route
