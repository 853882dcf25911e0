#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/decide/report.h"
#include "runtime/gateway/api_error.h"
#include "runtime/gateway/state.h"
#include "runtime/signals/attributes.h"
#include "runtime/signals/model_request.h"
#include "runtime/signals/service_answers.h"
#include "runtime/upstream/attempts.h"

/// From a request's headers and body to a decision. No input or output.
namespace route {

/// The caller whose key the request carries, as the registry numbers them. Keys come as `Authorization: Bearer KEY` or, as
/// Anthropic's clients may send them, as `x-api-key: KEY`.
auto Authenticate(const TenantRegistry& tenants, std::span<const HeaderField> headers)
    -> std::expected<std::uint32_t, ApiError>;

/// A request of which everything is known but what services say.
struct PreparedRequest {
  std::string id;  ///< a UUID of version 7
  std::uint32_t caller = 0;
  ModelRequest asked;
  DerivedAttributes known;
  std::optional<DerivedAttributes> shadow_known;
  std::vector<ServiceRecord> services;  ///< those that attributes ask; `result` is empty for those that are to be asked
  std::string text;                     ///< for them; empty if there are none

  auto HasQuestions() const -> bool;
};

/// `now` gives the clock attribute and the id. A request that lacks a value which no service says is shown to nobody.
auto PrepareRequest(const GatewayState& state, std::uint32_t caller, ModelRequest asked,
                    std::span<const HeaderField> headers, WallTime now, Random& random) -> PreparedRequest;

/// A request with everything that is settled before an upstream is asked.
struct DecidedRequest {
  std::string id;  ///< a UUID of version 7
  std::uint32_t caller = 0;
  const ServedPolicy* policy = nullptr;  ///< the tenant's
  ModelRequest asked;
  DerivedAttributes attributes;
  Decision decision;
  std::vector<PlanTier> plan;    ///< empty unless routed
  std::vector<DrawnTier> drawn;  ///< one for each tier of the plan
  std::string reason;            ///< why not routed
  std::optional<ShadowRecord> shadow = {};
  std::vector<ServiceRecord> services = {};  ///< those that attributes ask, with what became of it
  std::size_t body_bytes = 0;  ///< as the caller sent it
};

/// With a shadow bundle that one decides too, on the same answers, and differences are counted. A question whose answer is
/// not there was not answered.
auto DecideRequest(const GatewayState& state, PreparedRequest prepared, std::span<const ServiceAnswer> answers,
                   Random& random) -> DecidedRequest;

/// The same with no answer from any service.
auto DecideRequest(const GatewayState& state, std::uint32_t caller, ModelRequest asked,
                   std::span<const HeaderField> headers, WallTime now, Random& random) -> DecidedRequest;

/// The answer to a request that is not routed.
auto RefusalOf(const DecidedRequest& request) -> std::optional<ApiError>;

/// The same decision with every name spelled out.
auto ReportOf(const DecidedRequest& request) -> DecisionReport;

auto DecisionLineOf(const GatewayState& state, const DecidedRequest& request, WallTime now) -> std::string;

/// That services are about to see the prompt.
auto AskingLineOf(const GatewayState& state, const PreparedRequest& request, WallTime now) -> std::string;

/// A UUID of version 7 (RFC 9562): sortable by time, with 74 random bits.
auto MakeId(WallTime now, Random& random) -> std::string;

/// The deployments, as /v1/models lists them in OpenAI's API and, for kMessages, in Anthropic's.
auto ModelList(const Table& table, Api api) -> std::string;

/// One of them, or nothing if there is none of this name.
auto ModelEntry(const Table& table, std::string_view name, Api api) -> std::optional<std::string>;

}  // namespace route
