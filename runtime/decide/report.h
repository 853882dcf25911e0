#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "runtime/decide/decide.h"

/// A decision with every name spelled out: what `eval`, `decide`, `/v1/route/decide` and the decision log show.
/// The evaluator and the table both produce one, and equal decisions give equal reports.
namespace route {

struct DecisionReport {
  struct Deployment {
    std::string name;
    std::uint32_t weight = 1;
    friend auto operator==(const Deployment&, const Deployment&) -> bool = default;
  };
  struct Tier {
    std::string label;
    std::vector<Deployment> deployments;
    std::optional<std::uint32_t> within_ms;
    std::optional<std::uint32_t> retries;
    friend auto operator==(const Tier&, const Tier&) -> bool = default;
  };
  struct Exclusion {
    std::string deployment;
    std::string by;  ///< a rule's name
    friend auto operator==(const Exclusion&, const Exclusion&) -> bool = default;
  };
  struct Rule {
    std::string name;
    std::string file;
    std::uint32_t line = 0;
    std::string because;
    std::string policy = {};  ///< under whose policy it stands; empty if that is not known
    friend auto operator==(const Rule&, const Rule&) -> bool = default;
  };

  struct Service {
    std::string name;
    std::vector<std::string> kept_by;  ///< the refusals and rules that keep it from the prompt; empty: it is asked
    friend auto operator==(const Service&, const Service&) -> bool = default;
  };

  Outcome outcome = Outcome::kUncovered;
  std::optional<std::string> route;
  std::optional<Rule> route_place;  ///< the route as a rule with its place
  std::vector<Rule> rules;          ///< that apply; the refusal alone when refused by one
  std::vector<Tier> plan;
  std::vector<Exclusion> excluded;
  std::optional<std::string> reason;  ///< why not routed
  std::vector<Service> services = {};  ///< those that some attribute asks, whatever the outcome

  friend auto operator==(const DecisionReport&, const DecisionReport&) -> bool = default;
};

/// The report of a decision that Decide made for these classes.
auto Report(const Table& table, std::span<const std::uint16_t> classes, const Decision& decision) -> DecisionReport;

/// The report of a request that lacks an attribute: refused, with the reason
/// "attribute `x` has no value and no default".
auto ReportMissingAttribute(std::string_view attribute) -> DecisionReport;

/// {"outcome","route","rules":[name…],"plan":[{"tier","deployments":[{"name","weight"}…],"within_ms","retries"}…],
///  "excluded":[{"deployment","by"}…],"services"?:[{"name","asked","kept_by":[name…]}…],"reason"?}. Absent numbers and routes are null. `excluded` has one row for
/// each pair of deployment and rule; `services` stands there if there are any.
auto ToJson(const DecisionReport& report) -> nlohmann::ordered_json;

/// For people: which rule decided, the plan tier by tier, and why each excluded deployment is out. Lines of at most
/// 100 columns where names and texts allow.
auto ToText(const DecisionReport& report) -> std::string;

}  // namespace route
