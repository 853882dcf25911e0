#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "compiler/syntax/ast.h"

/// Declarations with parameters: what `shape(arguments)` means is the shape's text with each parameter's name replaced.
namespace route::resolve {

/// Replaces the parameters of a shape in what it says. A copy comes back; the places of replaced words become those of the
/// arguments, all others stay in the shape.
class Bindings {
 public:
  /// As many arguments as parameters.
  Bindings(const std::vector<ast::Name>& parameters, const std::vector<ast::Value>& arguments);

  auto Apply(ast::Condition condition) -> ast::Condition;
  auto Apply(ast::DeploymentTest test) -> ast::DeploymentTest;
  auto Apply(ast::Rule rule) -> ast::Rule;
  auto Apply(ast::Guarantee guarantee) -> ast::Guarantee;

  /// Arguments that stand where only a name can, and what was given: an attribute, a property, a refusal.
  auto misfits() const -> const std::vector<ast::Value>& { return misfits_; }
  /// The parameters that the shape speaks of.
  auto used() const -> const std::set<std::string>& { return used_; }

 private:
  auto Find(const ast::Name& name) -> const ast::Value*;
  void ApplyTo(ast::Name& name);
  void ApplyTo(std::vector<ast::Value>& values);
  void ApplyTo(std::vector<ast::Clause>& clauses);

  std::map<std::string, ast::Value> arguments_;
  std::vector<ast::Value> misfits_;
  std::set<std::string> used_;
};

}  // namespace route::resolve
