#pragma once

#include <string>
#include <vector>

#include "compiler/verify/encode.h"
#include "compiler/verify/verify.h"

/// The questions of `verify.h`, one source file for each. Each leaves the solver as it found it. All but those about
/// rules and refusals themselves speak of requests that are not refused.
namespace route::verify {

template <typename Finding>
struct Findings {
  std::vector<Finding> found;
  std::vector<Unanswered> unanswered;
};

/// At most one. One query, plus those for its witness; none when a route has no condition.
auto FindUncovered(Encoder& encoder) -> Findings<Uncovered>;

/// At most one for each route. One query for each route whose chain rules could empty, plus those for witnesses.
auto FindUnservable(Encoder& encoder) -> Findings<Unservable>;

/// One incremental sweep over the routes, one query each; about size × log(routes) more for each hiding set.
auto FindDeadRoutes(Encoder& encoder) -> Findings<DeadRoute>;

/// Among the rules that the author wrote.
auto FindDeadRules(Encoder& encoder) -> Findings<DeadRule>;
auto FindDeadRefusals(Encoder& encoder) -> Findings<DeadRefusal>;

/// One result for each guarantee. One query for each route that the catalogue alone does not clear.
auto CheckGuarantees(Encoder& encoder) -> Findings<GuaranteeResult>;

}  // namespace route::verify
