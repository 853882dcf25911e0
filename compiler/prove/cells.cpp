#include "compiler/prove/cells.h"

#include <algorithm>
#include <cadical.hpp>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "compiler/base/internal_error.h"
#include "compiler/prove/clauses.h"
#include "compiler/prove/divide.h"
#include "compiler/prove/elaborate.h"

namespace route::prove {
namespace {

constexpr int kUnsatisfiable = 20;

void Add(CaDiCaL::Solver& solver, const Clause& clause) {
  for (const int literal : clause) solver.add(literal);
  solver.add(0);
}

/// The outcomes in the order in which cells number them; `rules` and `screens` are not among them.
auto Numbered(Outcomes& outcomes) -> std::vector<Truth*> {
  std::vector<Truth*> all = {&outcomes.when};
  for (auto* list : {&outcomes.refusals, &outcomes.routes, &outcomes.allowed, &outcomes.shown}) {
    for (Truth& truth : *list) all.push_back(&truth);
  }
  return all;
}

class CellFinder {
 public:
  CellFinder(const Model& model, const Obligation& obligation) : model_(model), obligation_(obligation) {}

  /// Forgets outcomes as long as the obligation stays established: those that are many and seldom matter first.
  void Widen(Outcomes& outcomes) const {
    const auto taken = std::ranges::find(outcomes.routes, Truth::kTrue);
    std::vector<bool> in_plan(outcomes.allowed.size());
    if (taken != outcomes.routes.end()) {
      for (const ir::Tier& tier :
           model_.policy->routes[static_cast<std::size_t>(taken - outcomes.routes.begin())].tiers) {
        for (const ir::Candidate& candidate : tier.candidates) in_plan[candidate.deployment.index] = true;
      }
    }
    std::vector<Truth*> others;
    std::vector<Truth*> planned;
    for (std::size_t d = 0; d < in_plan.size(); ++d) (in_plan[d] ? planned : others).push_back(&outcomes.allowed[d]);
    for (Truth& shown : outcomes.shown) planned.push_back(&shown);
    std::vector<Truth*> routes;
    for (Truth& route : outcomes.routes) routes.push_back(&route);
    std::ranges::reverse(routes);
    std::vector<Truth*> rest = {&outcomes.when};
    for (Truth& refusal : outcomes.refusals) rest.push_back(&refusal);
    for (const auto& group : {others, routes, planned, rest}) Forget(outcomes, group);
  }

 private:
  /// All of the group at once if that is possible, else each half in turn.
  void Forget(Outcomes& outcomes, const std::vector<Truth*>& group) const {
    if (group.empty()) return;
    std::vector<Truth> saved;
    for (Truth* truth : group) saved.push_back(std::exchange(*truth, Truth::kUnknown));
    if (!FindObstacle(model_, obligation_, outcomes)) return;
    for (std::size_t i = 0; i < group.size(); ++i) *group[i] = saved[i];
    if (group.size() == 1) return;
    const auto middle = group.begin() + static_cast<std::ptrdiff_t>(group.size() / 2);
    Forget(outcomes, {group.begin(), middle});
    Forget(outcomes, {middle, group.end()});
  }

  const Model& model_;
  const Obligation& obligation_;
};

auto RequestOf(CaDiCaL::Solver& solver, const RequestClauses& requests) -> Box {
  Box box;
  for (const std::vector<int>& from : requests.from) {
    const auto is_reached = [&](int variable) { return solver.val(variable) > 0; };
    std::vector<bool>& possible = box.emplace_back(from.size() + 1);
    possible[static_cast<std::size_t>(std::ranges::count_if(from, is_reached))] = true;
  }
  return box;
}

/// The solver's own proof, in DRAT's text form.
auto Refute(const std::vector<Clause>& clauses) -> std::string {
  char* text = nullptr;
  std::size_t size = 0;
  std::FILE* file = open_memstream(&text, &size);
  if (file == nullptr) throw InternalError("prove: no memory for a proof");
  int answer = 0;
  {
    CaDiCaL::Solver solver;
    solver.set("quiet", 1);
    solver.set("binary", 0);
    solver.trace_proof(file, "proof");
    for (const Clause& clause : clauses) Add(solver, clause);
    answer = solver.solve();
    solver.close_proof_trace();
  }
  std::fclose(file);
  std::string proof(text, size);
  std::free(text);
  if (answer != kUnsatisfiable) throw InternalError("prove: the solver contradicts itself");
  return proof;
}

}  // namespace

auto FindCells(const Model& model, const Obligation& obligation) -> std::optional<nlohmann::json> {
  RequestClauses requests = EncodeRequests(model, obligation);
  std::vector<Clause>& clauses = requests.clauses;
  const CellFinder finder(model, obligation);
  const Calendars calendars(model);
  CaDiCaL::Solver solver;
  solver.set("quiet", 1);
  for (const Clause& clause : clauses) Add(solver, clause);
  nlohmann::json cells = nlohmann::json::array();
  while (solver.solve() != kUnsatisfiable) {
    const Box request = RequestOf(solver, requests);
    Outcomes outcomes = OutcomesIn(model, obligation, request);
    if (!calendars.IsPossible(request) && FindObstacle(model, obligation, outcomes)) return std::nullopt;
    if (FindObstacle(model, obligation, outcomes)) {
      throw InternalError("prove: a request breaks what was reported as proved: " + obligation.name);
    }
    finder.Widen(outcomes);
    nlohmann::json cell = nlohmann::json::array();
    Clause outside;
    const std::vector<Truth*> numbered = Numbered(outcomes);
    for (std::size_t i = 0; i < numbered.size(); ++i) {
      if (*numbered[i] == Truth::kUnknown) continue;
      const int sign = *numbered[i] == Truth::kTrue ? 1 : -1;
      cell.push_back(sign * static_cast<int>(i + 1));
      outside.push_back(-sign * requests.outcomes[i]);
    }
    cells.push_back(std::move(cell));
    Add(solver, outside);
    clauses.push_back(std::move(outside));
  }
  nlohmann::json proof = nlohmann::json::array();
  for (const Step& step : Elaborate(requests.variables, clauses, Refute(clauses))) {
    proof.push_back({step.clause, step.hints});
  }
  return nlohmann::json{{"cells", std::move(cells)}, {"proof", std::move(proof)}};
}

}  // namespace route::prove
