#pragma once

#include <vector>

#include "compiler/syntax/build_values.h"

namespace route::syntax {

/// Turns the trees of conditions on a request and of tests on a deployment into syntax.
class ConditionBuilder : public ValueBuilder {
 protected:
  using ValueBuilder::ValueBuilder;

  auto Condition(P::ConditionContext& tree) -> ast::Condition;
  auto DeploymentTest(P::DeploymentTestContext& tree) -> ast::DeploymentTest;

 private:
  /// Reports the first place where the connective changes: without parentheses nobody can say what was meant.
  auto UniformConnective(const std::vector<P::ConnectiveContext*>& connectives) -> ast::Connective;
  auto ConditionTerm(P::ConditionTermContext& tree) -> ast::Condition;
  auto Comparison(P::ComparisonContext* tree) -> ast::Condition;
  auto DeploymentTerm(P::DeploymentTermContext& tree) -> ast::DeploymentTest;
  auto Fact(P::FactContext* tree) -> ast::DeploymentTest;
};

}  // namespace route::syntax
