#pragma once

#include "audit/core.h"

/// "What a core means", "Cases" and "Clauses": the core's rules, evaluated over sets of requests in three truth values.
namespace audit {

/// For each dimension the classes that are still possible; at first `Core::everything`.
using Box = std::vector<Bits>;

enum Truth { kFalse = 0, kUnknown = 1, kTrue = 2 };

/// What is known about some requests: whether the obligation's premise holds, then whether each refusal and each route
/// does, then whether each deployment is allowed, then whether nothing keeps each service from the prompt.
using Outcomes = std::vector<Truth>;

/// Each outcome in that order, if `of` makes one of a condition, and `none` the one of a deployment or a service from those
/// of the rules or screens that take it out.
template <typename Outcome, typename Of, typename None>
auto OutcomesOf(const Core& core, const Json& premise, const Of& of, const None& none) -> std::vector<Outcome> {
  std::vector<Outcome> outcomes = {of(premise)}, rules;
  const auto add = [&](const char* list, auto& to) { for (const Json& each : core.json[list]) to.push_back(of(each.at("when"))); };
  for (const char* list : {"refusals", "routes"}) add(list, outcomes);
  for (const char* list : {"rules", "screens"}) add(list, rules);
  for (std::size_t d = 0; d < core.json["deployments"].size() + core.asked.size(); ++d) {
    std::vector<Outcome> out;
    for (std::size_t r = 0; r < rules.size(); ++r) {
      if (!core.keeps[r][d]) out.push_back(rules[r]);
    }
    outcomes.push_back(none(out));
  }
  return outcomes;
}

/// The classes that a question is answered with yes for, of so many.
auto ClassesIn(const Json& question, std::size_t count) -> Bits;

/// Whether a condition holds of all requests of the box, of none, or of some.
auto Evaluate(const Json& condition, const Box& box) -> Truth;

/// The box with one class left in each dimension from `first` up to but not including `end`: those listed.
auto Put(Box box, std::size_t first, std::size_t end, const Json& classes) -> Box;

/// Whether the obligation holds of every request of the box. Exact where each dimension has one class left.
auto IsEstablishedIn(const Core& core, const Json& obligation, const Box& box) -> bool;

/// Whether the promise is kept by every request with these outcomes. Of the box only the longest prompt is asked, for costs.
auto IsKept(const Core& core, const Json& promise, const Outcomes& outcomes, const Box& box) -> bool;

/// Throws Rejected unless the tree's leaves establish the obligation of every request.
void CheckCases(const Core& core, const Json& obligation, const Json& tree, Box& box);

/// Throws Rejected unless each cell establishes the obligation and the proof shows that they leave no request out.
void CheckClauses(const Core& core, const Json& obligation, const Json& certificate);

/// Throws Rejected unless the bundle says exactly what the core and the rest of the pack say: every record of it, and for
/// every refusal, rule and route that its terms hold of the same classes of requests as its condition. Reads version 3 or 4 of
/// `docs/table-format.md`, every bit of the table.
void CheckTable(const Core& core, const Json& pack, const std::string& bundle);

/// Checks what a pack claims of its core and of the bundle. Returns of coverage and of each guarantee what is established:
/// `proved`, `violated`, or `open` if it is neither. Throws Rejected or Inconclusive.
auto CheckPack(const Json& pack, const std::string& bundle) -> std::vector<std::string>;

}  // namespace audit
