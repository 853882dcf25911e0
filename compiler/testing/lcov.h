#pragma once

#include <map>
#include <string>
#include <vector>

#include "compiler/testing/coverage.h"

namespace route::testing {

/// Coverage in the tracefile format of lcov, which CI services and editors read. Policies are added one after the other;
/// files that several of them read appear once, with the counts added up.
///
/// A line counts how often what is declared on it was reached: a rule when it applies, a condition whenever a test runs.
/// Rules, refusals, routes, deployments and conditions are functions; a rule's exclusions, the tiers of a route and the two
/// outcomes of a condition are branches.
class Lcov {
 public:
  /// `tests`: how many tests were run.
  void Add(const ir::Policy& policy, const SourceSet& sources, const std::vector<CoverageItem>& items, std::uint32_t tests);

  auto Text() const -> std::string;

 private:
  struct Function {
    std::uint32_t line = 0;
    std::uint32_t count = 0;
  };
  struct Branch {
    std::uint32_t count = 0;
    std::uint32_t evaluated = 0;  // how often it could have been taken
  };
  struct File {
    std::map<std::string, Function> functions;
    std::map<std::uint32_t, std::uint32_t> lines;
    std::map<std::pair<std::uint32_t, std::string>, Branch> branches;  // by line and what it is
  };

  std::map<std::string, File> files_;
};

}  // namespace route::testing
