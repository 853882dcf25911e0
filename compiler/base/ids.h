#pragma once

#include <compare>
#include <cstdint>

namespace route {

/// An index into one particular list of the policy. Two kinds of id never convert into each other, so a
/// rule's index cannot be used to look up a route.
template <typename Tag>
struct Id {
  std::uint32_t index = 0;

  friend auto operator<=>(Id, Id) = default;
};

using AttributeId = Id<struct AttributeTag>;
using VendorId = Id<struct VendorTag>;
using ModelId = Id<struct ModelTag>;
using DeploymentId = Id<struct DeploymentTag>;
using ServiceId = Id<struct ServiceTag>;
using RuleId = Id<struct RuleTag>;
using RefusalId = Id<struct RefusalTag>;
using RouteId = Id<struct RouteTag>;
using GuaranteeId = Id<struct GuaranteeTag>;

}  // namespace route
