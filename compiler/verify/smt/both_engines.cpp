#include "compiler/verify/smt/both_engines.h"

#include <utility>

#include "compiler/base/internal_error.h"

namespace route::smt {

BothEngines::BothEngines(std::unique_ptr<Engine> first, std::unique_ptr<Engine> second)
    : first_(std::move(first)), second_(std::move(second)) {}

void BothEngines::AddRow(const std::vector<Term>& variables) {
  first_->AddRow(variables);
  second_->AddRow(variables);
}

void BothEngines::AddChoice(const std::vector<Term>& variables) {
  first_->AddChoice(variables);
  second_->AddChoice(variables);
}

void BothEngines::AddDefinition(Term name, Term meaning) {
  first_->AddDefinition(name, meaning);
  second_->AddDefinition(name, meaning);
}

void BothEngines::Push() {
  first_->Push();
  second_->Push();
}

void BothEngines::Pop() {
  first_->Pop();
  second_->Pop();
}

void BothEngines::Assert(Term term) {
  first_->Assert(term);
  second_->Assert(term);
}

auto BothEngines::Check(const std::vector<Term>& assumptions) -> Answer {
  const Answer one = first_->Check(assumptions);
  const Answer two = second_->Check(assumptions);
  if (one == Answer::kUnknown || two == Answer::kUnknown) return Answer::kUnknown;
  if (one != two) {
    throw InternalError(std::string("the two solvers disagree: ") + (one == Answer::kYes ? "sat" : "z3") +
                        " says that there is such a request, the other that there is none");
  }
  return one;
}

}  // namespace route::smt
