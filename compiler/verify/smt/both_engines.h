#pragma once

#include <memory>

#include "compiler/verify/smt/engine.h"

namespace route::smt {

/// Asks two engines each question. Models and cores are the first one's.
class BothEngines final : public Engine {
 public:
  BothEngines(std::unique_ptr<Engine> first, std::unique_ptr<Engine> second);

  void AddRow(const std::vector<Term>& variables) override;
  void AddChoice(const std::vector<Term>& variables) override;
  void AddDefinition(Term name, Term meaning) override;
  void Push() override;
  void Pop() override;
  void Assert(Term term) override;
  /// Throws InternalError if one says yes and the other no. kUnknown if either does not know.
  auto Check(const std::vector<Term>& assumptions) -> Answer override;
  auto IsTrue(Term variable) -> bool override { return first_->IsTrue(variable); }
  auto Core() const -> const std::vector<std::size_t>& override { return first_->Core(); }

 private:
  std::unique_ptr<Engine> first_;
  std::unique_ptr<Engine> second_;
};

}  // namespace route::smt
