#pragma once

#include <cstdint>
#include <memory>

#include "compiler/verify/smt/engine.h"

namespace route::smt {

/// Z3's solver for booleans. Z3 is included in the source file only.
class Z3Engine final : public Engine {
 public:
  Z3Engine(const TermGraph& graph, std::uint32_t rlimit);
  ~Z3Engine() override;

  void AddRow(const std::vector<Term>& variables) override;
  void AddChoice(const std::vector<Term>& variables) override;
  void AddDefinition(Term name, Term meaning) override;
  void Push() override;
  void Pop() override;
  void Assert(Term term) override;
  auto Check(const std::vector<Term>& assumptions) -> Answer override;
  auto IsTrue(Term variable) -> bool override;
  auto Core() const -> const std::vector<std::size_t>& override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace route::smt
