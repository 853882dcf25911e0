#include "compiler/verify/smt/solver.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "compiler/verify/smt/both_engines.h"
#include "compiler/verify/smt/engine.h"
#include "compiler/verify/smt/sat_engine.h"
#include "compiler/verify/smt/z3_engine.h"

namespace route::smt {
namespace {

auto Listed(const std::vector<std::string>& names) -> std::string {
  std::string list;
  for (const std::string& name : names) list += "\n" + name;
  return list;
}

[[noreturn]] void Die(const char* what) {
  std::fprintf(stderr, "internal error: smt: %s\n", what);
  std::abort();
}

auto MakeEngine(EngineKind kind, const TermGraph& graph, std::uint32_t rlimit) -> std::unique_ptr<Engine> {
  switch (kind) {
    case EngineKind::kSat:
      return std::make_unique<SatEngine>(graph, rlimit);
    case EngineKind::kZ3:
      return std::make_unique<Z3Engine>(graph, rlimit);
    case EngineKind::kBoth:
      return std::make_unique<BothEngines>(std::make_unique<SatEngine>(graph, rlimit),
                                           std::make_unique<Z3Engine>(graph, rlimit));
  }
  Die("an engine of no known kind");
}

}  // namespace

Solver::Solver(EngineKind kind, std::uint32_t rlimit)
    : kind_(kind), rlimit_(rlimit), engine_(MakeEngine(kind, graph_, rlimit)) {}
Solver::~Solver() = default;

auto Solver::Variable(std::string_view name) -> Term {
  variables_.push_back(graph_.Variable(name));
  return variables_.back();
}

// Of a row in the order of its names only the variables that a formula mentions matter: those between them follow.
auto Solver::Row(const std::vector<std::string>& names, RowOrder order) -> std::vector<Term> {
  RequireNoScope("a row");
  std::vector<Term> row;
  for (const std::string& name : names) row.push_back(Variable(name));
  const std::string context = "row" + (order == RowOrder::kByName ? "" : Listed(names));
  for (const Term variable : row) digests_.Describe(variable, context);
  engine_->AddRow(row);
  constraints_.push_back({Constraint::Kind::kRow, row});
  return row;
}

auto Solver::Choice(const std::vector<std::string>& names) -> std::vector<Term> {
  RequireNoScope("a choice");
  if (names.size() < 2) Die("a choice of one");
  std::vector<Term> choice;
  for (const std::string& name : names) choice.push_back(Variable(name));
  const std::string context = "choice" + Listed(names);
  for (const Term variable : choice) digests_.Describe(variable, context);
  engine_->AddChoice(choice);
  constraints_.push_back({Constraint::Kind::kChoice, choice});
  return choice;
}

void Solver::Forget() {
  if (kind_ != EngineKind::kSat) return;
  has_model_ = false;
  engine_ = MakeEngine(kind_, graph_, rlimit_);
  auto scope = scopes_.begin();
  for (std::size_t i = 0; i <= constraints_.size(); ++i) {
    for (; scope != scopes_.end() && *scope == i; ++scope) engine_->Push();
    if (i < constraints_.size()) Tell(constraints_[i]);
  }
}

void Solver::Tell(const Constraint& constraint) {
  switch (constraint.kind) {
    case Constraint::Kind::kAsserted:
      engine_->Assert(constraint.terms[0]);
      return;
    case Constraint::Kind::kRow:
      engine_->AddRow(constraint.terms);
      return;
    case Constraint::Kind::kChoice:
      engine_->AddChoice(constraint.terms);
      return;
    case Constraint::Kind::kDefinition:
      engine_->AddDefinition(constraint.terms[0], constraint.terms[1]);
      return;
  }
}

auto Solver::Not(Term term) -> Term {
  return Negated(term);
}

auto Solver::And(const std::vector<Term>& terms) -> Term {
  return graph_.And(terms);
}

auto Solver::Or(const std::vector<Term>& terms) -> Term {
  return graph_.Or(terms);
}

auto Solver::Define(std::string_view name, Term meaning) -> Term {
  RequireNoScope("a definition");
  if (meaning == kTrue || meaning == kFalse) return meaning;
  const Term defined = graph_.Define(name, meaning);
  variables_.push_back(defined);
  engine_->AddDefinition(defined, meaning);
  constraints_.push_back({Constraint::Kind::kDefinition, {defined, meaning}});
  return defined;
}

void Solver::RequireNoScope(const char* what) const {
  if (scopes_.empty()) return;
  std::fprintf(stderr, "internal error: smt: %s inside a scope\n", what);
  std::abort();
}

void Solver::Push() {
  has_model_ = false;
  engine_->Push();
  scopes_.push_back(constraints_.size());
  asserted_before_.push_back(asserted_.size());
}

void Solver::Pop() {
  if (scopes_.empty()) Die("Pop without Push");
  has_model_ = false;
  engine_->Pop();
  constraints_.resize(scopes_.back());
  scopes_.pop_back();
  asserted_.resize(asserted_before_.back());
  asserted_before_.pop_back();
}

void Solver::Assert(Term term) {
  has_model_ = false;
  engine_->Assert(term);
  asserted_.push_back(term);
  constraints_.push_back({Constraint::Kind::kAsserted, {term}});
}

auto Solver::Check(const std::vector<Term>& assumptions) -> Answer {
  const Answer answer = engine_->Check(assumptions);
  has_model_ = answer == Answer::kYes;
  return answer;
}

auto Solver::KeyOf(const std::vector<Term>& assumptions) -> Digest {
  hasher_.Add(static_cast<std::uint64_t>(kind_));
  hasher_.Add(std::uint64_t{rlimit_});
  for (const Term term : asserted_) hasher_.Add(digests_.Of(term));
  for (const Term term : assumptions) hasher_.Add(digests_.Of(term));
  return hasher_.Finish();
}

auto Solver::IsTrue(Term variable) const -> bool {
  if (!has_model_) Die("a value was asked for without a model");
  if (graph_.KindOf(NodeOf(variable)) != TermGraph::Kind::kVariable) Die("a value was asked for of what is no variable");
  return engine_->IsTrue(variable);
}

auto Solver::Core() const -> const std::vector<std::size_t>& {
  return engine_->Core();
}

auto Solver::ToSmt2(const Constraint& constraint) const -> std::string {
  const std::vector<Term>& terms = constraint.terms;
  std::string text;
  switch (constraint.kind) {
    case Constraint::Kind::kAsserted:
      return "(assert " + ToSmt2(terms.at(0)) + ")\n";
    case Constraint::Kind::kDefinition:
      return "(assert (= " + ToSmt2(terms.at(0)) + " " + ToSmt2(terms.at(1)) + "))\n";
    case Constraint::Kind::kRow:
      for (std::size_t i = 1; i < terms.size(); ++i) {
        text += "(assert (=> " + ToSmt2(terms[i]) + " " + ToSmt2(terms[i - 1]) + "))\n";
      }
      return text;
    case Constraint::Kind::kChoice: {
      text = "(assert (or";
      for (const Term term : terms) text += " " + ToSmt2(term);
      text += "))\n";
      for (std::size_t i = 0; i < terms.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
          text += "(assert (not (and " + ToSmt2(terms[j]) + " " + ToSmt2(terms[i]) + ")))\n";
        }
      }
      return text;
    }
  }
  Die("a constraint of no known kind");
}

auto Solver::ToSmt2() const -> std::string {
  std::string text;
  for (const Term variable : variables_) text += "(declare-const " + ToSmt2(variable) + " Bool)\n";
  for (const Constraint& constraint : constraints_) text += ToSmt2(constraint);
  return text;
}

}  // namespace route::smt
