#include "compiler/verify/smt/z3_engine.h"

#include <z3++.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <unordered_map>

namespace route::smt {
namespace {

// Of the solvers that Z3 has for booleans this one was two to four times as fast as QF_FD on sweeps over routes.
constexpr const char* kLogic = "QF_UF";

}  // namespace

struct Z3Engine::Impl {
  Impl(const TermGraph& terms, std::uint32_t rlimit) : graph(terms), solver(context, kLogic) {
    z3::params params(context);
    params.set("rlimit", rlimit);
    params.set("random_seed", 0U);
    solver.set(params);
  }

  /// Children first, by hand: a diagram may be deeper than the stack.
  auto ExpressionOf(Term term) -> z3::expr {
    std::vector<std::uint32_t> todo{NodeOf(term)};
    while (!todo.empty()) {
      const std::uint32_t node = todo.back();
      if (nodes.size() <= node) nodes.resize(node + 1);
      if (nodes[node]) {
        todo.pop_back();
        continue;
      }
      const std::size_t before = todo.size();
      if (graph.KindOf(node) == TermGraph::Kind::kAnd) {
        for (const Term child : graph.ChildrenOf(node)) {
          if (NodeOf(child) >= nodes.size() || !nodes[NodeOf(child)]) todo.push_back(NodeOf(child));
        }
      }
      if (todo.size() > before) continue;
      nodes[node] = Make(node);
      todo.pop_back();
    }
    const z3::expr& plain = *nodes[NodeOf(term)];
    return IsNegated(term) ? !plain : plain;
  }

  auto Make(std::uint32_t node) -> z3::expr {
    switch (graph.KindOf(node)) {
      case TermGraph::Kind::kConstant:
        return context.bool_val(false);
      case TermGraph::Kind::kVariable:
      case TermGraph::Kind::kDefinition:
        return context.bool_const(graph.NameOf(node).c_str());
      case TermGraph::Kind::kAnd: {
        z3::expr_vector children(context);
        for (const Term child : graph.ChildrenOf(node)) {
          const z3::expr& plain = *nodes[NodeOf(child)];
          children.push_back(IsNegated(child) ? !plain : plain);
        }
        return z3::mk_and(children);
      }
    }
    std::abort();  // every kind is handled above
  }

  /// Z3 assumes only variables and their negations; anything else gets a variable that implies it.
  auto Assumable(Term term) -> z3::expr {
    const TermGraph::Kind kind = graph.KindOf(NodeOf(term));
    if (kind != TermGraph::Kind::kAnd) return ExpressionOf(term);
    auto [place, is_new] = stands_for.try_emplace(term.index, context);
    if (is_new) place->second = context.bool_const(("assumed " + std::to_string(stands_for.size())).c_str());
    solver.add(z3::implies(place->second, ExpressionOf(term)));  // again in each scope: it goes with the scope
    return place->second;
  }

  const TermGraph& graph;
  z3::context context;
  z3::solver solver;
  std::vector<std::optional<z3::expr>> nodes;
  std::unordered_map<std::uint32_t, z3::expr> stands_for;
  std::optional<z3::model> model;  // fetched when first asked for, which takes longer than most answers
  std::vector<std::size_t> core;
};

Z3Engine::Z3Engine(const TermGraph& graph, std::uint32_t rlimit) : impl_(std::make_unique<Impl>(graph, rlimit)) {}
Z3Engine::~Z3Engine() = default;

void Z3Engine::AddRow(const std::vector<Term>& variables) {
  for (std::size_t i = 1; i < variables.size(); ++i) {
    impl_->solver.add(z3::implies(impl_->ExpressionOf(variables[i]), impl_->ExpressionOf(variables[i - 1])));
  }
}

void Z3Engine::AddChoice(const std::vector<Term>& variables) {
  z3::expr_vector all(impl_->context);
  for (const Term variable : variables) all.push_back(impl_->ExpressionOf(variable));
  impl_->solver.add(z3::mk_or(all));
  for (std::size_t i = 0; i < variables.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      impl_->solver.add(!impl_->ExpressionOf(variables[j]) || !impl_->ExpressionOf(variables[i]));
    }
  }
}

void Z3Engine::AddDefinition(Term name, Term meaning) {
  impl_->solver.add(impl_->ExpressionOf(name) == impl_->ExpressionOf(meaning));
}

void Z3Engine::Push() {
  impl_->solver.push();
}

void Z3Engine::Pop() {
  impl_->solver.pop();
}

void Z3Engine::Assert(Term term) {
  impl_->solver.add(impl_->ExpressionOf(term));
}

auto Z3Engine::Check(const std::vector<Term>& assumptions) -> Answer {
  impl_->model.reset();
  impl_->core.clear();

  z3::expr_vector assumed(impl_->context);
  std::unordered_map<unsigned, std::size_t> position;
  for (std::size_t i = 0; i < assumptions.size(); ++i) {
    if (assumptions[i] == kTrue) continue;
    if (assumptions[i] == kFalse) {
      impl_->core = {i};
      return Answer::kNo;
    }
    const z3::expr expression = impl_->Assumable(assumptions[i]);
    if (position.try_emplace(expression.id(), i).second) assumed.push_back(expression);
  }

  z3::check_result result = z3::unknown;
  try {
    result = impl_->solver.check(assumed);
  } catch (const z3::exception&) {
    // Z3 also reports an exhausted limit in this way. Whatever it was, nothing has been answered.
    return Answer::kUnknown;
  }
  switch (result) {
    case z3::sat:
      return Answer::kYes;
    case z3::unsat:
      for (const z3::expr& expression : impl_->solver.unsat_core()) {
        impl_->core.push_back(position.at(expression.id()));
      }
      std::ranges::sort(impl_->core);
      return Answer::kNo;
    case z3::unknown:
      return Answer::kUnknown;
  }
  std::fputs("internal error: smt: an answer that Z3 does not give\n", stderr);
  std::abort();
}

auto Z3Engine::IsTrue(Term variable) -> bool {
  if (!impl_->model) impl_->model = impl_->solver.get_model();
  return impl_->model->eval(impl_->ExpressionOf(variable), true).is_true();
}

auto Z3Engine::Core() const -> const std::vector<std::size_t>& {
  return impl_->core;
}

}  // namespace route::smt
