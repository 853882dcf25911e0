#include "compiler/verify/smt/solver.h"

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

[[noreturn]] void Die(const char* what) {
  std::fprintf(stderr, "internal error: smt: %s\n", what);
  std::abort();
}

}  // namespace

struct Solver::Impl {
  explicit Impl(std::uint32_t rlimit) : solver(context, kLogic) {
    z3::params params(context);
    params.set("rlimit", rlimit);
    params.set("random_seed", 0U);
    solver.set(params);
    Add(context.bool_val(false));  // kFalse
    Add(context.bool_val(true));   // kTrue
  }

  auto Add(const z3::expr& expression) -> Term {
    auto [place, is_new] = index_of.try_emplace(expression.id(), static_cast<std::uint32_t>(terms.size()));
    if (is_new) terms.push_back(expression);
    return {place->second};
  }

  /// `neutral` children change nothing, a `decisive` one decides; neither do children that are there twice.
  auto Combine(std::vector<Term> children, Term neutral, Term decisive,
               Z3_ast (*make)(Z3_context, unsigned, const Z3_ast*)) -> Term {
    std::ranges::sort(children);
    const auto twice = std::ranges::unique(children);
    children.erase(twice.begin(), twice.end());
    if (std::ranges::find(children, decisive) != children.end()) return decisive;
    std::erase(children, neutral);
    if (children.empty()) return neutral;
    if (children.size() == 1) return children.front();
    std::vector<Z3_ast> asts;
    for (const Term child : children) asts.push_back(terms.at(child.index));
    return Add(z3::expr(context, make(context, static_cast<unsigned>(asts.size()), asts.data())));
  }

  z3::context context;
  z3::solver solver;
  std::vector<z3::expr> terms;  // keeps every expression alive, so that Z3 does not give its id to another
  std::unordered_map<unsigned, std::uint32_t> index_of;
  std::vector<Term> variables;
  std::vector<Term> assertions;
  std::vector<std::size_t> scopes;  // how many assertions there were at each Push
  bool has_model = false;
  std::optional<z3::model> model;  // fetched when first asked for, which takes longer than most answers
  std::vector<std::size_t> core;
};

Solver::Solver(std::uint32_t rlimit) : impl_(std::make_unique<Impl>(rlimit)) {}
Solver::~Solver() = default;

auto Solver::Variable(std::string_view name) -> Term {
  const std::size_t before = impl_->terms.size();
  const Term variable = impl_->Add(impl_->context.bool_const(std::string(name).c_str()));
  if (variable.index != before) Die("two variables have the same name");
  impl_->variables.push_back(variable);
  return variable;
}

auto Solver::Not(Term term) -> Term {
  if (term == kTrue) return kFalse;
  if (term == kFalse) return kTrue;
  const z3::expr& expression = impl_->terms.at(term.index);
  return impl_->Add(expression.is_not() ? expression.arg(0) : !expression);
}

auto Solver::And(const std::vector<Term>& terms) -> Term {
  return impl_->Combine(terms, kTrue, kFalse, Z3_mk_and);
}

auto Solver::Or(const std::vector<Term>& terms) -> Term {
  return impl_->Combine(terms, kFalse, kTrue, Z3_mk_or);
}

auto Solver::Define(std::string_view name, Term meaning) -> Term {
  if (!impl_->scopes.empty()) Die("a definition inside a scope");
  if (meaning == kTrue || meaning == kFalse) return meaning;
  const Term variable = Variable(name);
  Assert(impl_->Add(impl_->terms.at(variable.index) == impl_->terms.at(meaning.index)));
  return variable;
}

void Solver::Push() {
  impl_->has_model = false;
  impl_->solver.push();
  impl_->scopes.push_back(impl_->assertions.size());
}

void Solver::Pop() {
  if (impl_->scopes.empty()) Die("Pop without Push");
  impl_->has_model = false;
  impl_->solver.pop();
  impl_->assertions.resize(impl_->scopes.back());
  impl_->scopes.pop_back();
}

void Solver::Assert(Term term) {
  impl_->has_model = false;
  impl_->solver.add(impl_->terms.at(term.index));
  impl_->assertions.push_back(term);
}

auto Solver::Check(const std::vector<Term>& assumptions) -> Answer {
  impl_->has_model = false;
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
    const z3::expr& expression = impl_->terms.at(assumptions[i].index);
    position.try_emplace(expression.id(), i);
    assumed.push_back(expression);
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
      impl_->has_model = true;
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
  Die("an answer that Z3 does not give");
}

auto Solver::IsTrue(Term variable) const -> bool {
  if (!impl_->has_model) Die("a value was asked for without a model");
  if (!impl_->model) impl_->model = impl_->solver.get_model();
  return impl_->model->eval(impl_->terms.at(variable.index), true).is_true();
}

auto Solver::Core() const -> const std::vector<std::size_t>& {
  return impl_->core;
}

auto Solver::ToSmt2(Term term) const -> std::string {
  return impl_->terms.at(term.index).to_string();
}

auto Solver::ToSmt2() const -> std::string {
  std::string text;
  for (const Term variable : impl_->variables) text += "(declare-const " + ToSmt2(variable) + " Bool)\n";
  for (const Term assertion : impl_->assertions) text += "(assert " + ToSmt2(assertion) + ")\n";
  return text;
}

}  // namespace route::smt
