// make_chain RULES > chain.cpp: the benchmark's policy of this size as a chain of `if`s.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "tests/bench/decide/bench_policy.h"

namespace {

using namespace route;
using Kind = ir::Condition::Kind;

auto Member(const char* list, const ir::Condition& condition) -> std::string {
  return "r." + std::string(list) + "[" + std::to_string(condition.attribute.index) + "]";
}

auto Code(const ir::Condition& condition) -> std::string {
  const auto joined = [&](const char* with) {
    std::string code;
    for (const ir::Condition& child : condition.children) code += (code.empty() ? "(" : with) + Code(child);
    return code + ")";
  };
  switch (condition.kind) {
    case Kind::kTrue: return "true";
    case Kind::kFalse: return "false";
    case Kind::kAll: return joined(" && ");
    case Kind::kAny: return joined(" || ");
    case Kind::kNot: return "!" + Code(condition.children.front());
    case Kind::kIsOneOf:
    case Kind::kInCountries: {
      std::string code;
      for (const std::uint32_t value : condition.values) {
        code += (code.empty() ? "(" : " || ") + Member("index", condition) + " == " + std::to_string(value);
      }
      return code + ")";
    }
    case Kind::kIncludes: return "((" + Member("members", condition) + " >> " + std::to_string(condition.values[0]) + ") & 1)";
    case Kind::kIsYes: return Member("number", condition) + " != 0";
    case Kind::kInRange:
      return "(" + Member("number", condition) + " >= " + std::to_string(condition.low) + " && " + Member("number", condition) +
             " < " + std::to_string(condition.high) + ")";
    case Kind::kTextIs: return Member("text", condition) + " == \"" + condition.text + "\"";
    case Kind::kStartsWith: return Member("text", condition) + ".starts_with(\"" + condition.text + "\")";
  }
  std::abort();
}

using Words = std::vector<std::uint64_t>;

auto AllDeployments(const ir::Policy& policy) -> std::string {
  std::string code;
  for (std::size_t w = 0; 64 * w < policy.deployments.size(); ++w) {
    const std::size_t count = std::min<std::size_t>(64, policy.deployments.size() - 64 * w);
    code += "a.allowed[" + std::to_string(w) + "] = " + std::to_string(count == 64 ? ~0ULL : (1ULL << count) - 1) + "ull; ";
  }
  return code;
}

auto RuleCode(const ir::Policy& policy, const ir::Rule& rule) -> std::string {
  Words keep((policy.deployments.size() + 63) / 64, 0);
  for (std::uint32_t d = 0; d < policy.deployments.size(); ++d) {
    if (ir::Holds(rule.keep, policy, DeploymentId{d})) keep[d / 64] |= std::uint64_t{1} << (d % 64);
  }
  std::string code = "if (" + Code(rule.when) + ") {";
  for (std::size_t w = 0; w < keep.size(); ++w) {
    code += " a.allowed[" + std::to_string(w) + "] &= " + std::to_string(keep[w]) + "ull;";
  }
  return code + " }";
}

auto RouteCode(const ir::Policy& policy, std::size_t route) -> std::string {
  Words reach((policy.deployments.size() + 63) / 64, 0);
  for (const ir::Tier& tier : policy.routes[route].tiers) {
    for (const ir::Candidate& candidate : tier.candidates) {
      reach[candidate.deployment.index / 64] |= std::uint64_t{1} << (candidate.deployment.index % 64);
    }
  }
  std::string code =
      "if (" + Code(policy.routes[route].when) + ") { a.route = " + std::to_string(route) + "; a.reaches = (0";
  for (std::size_t w = 0; w < reach.size(); ++w) {
    if (reach[w] != 0) code += " | (a.allowed[" + std::to_string(w) + "] & " + std::to_string(reach[w]) + "ull)";
  }
  return code + ") != 0; return true; }";
}

/// The policy from top to bottom, a statement a line. One that returns true has decided.
auto Statements(const ir::Policy& policy) -> std::vector<std::string> {
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < policy.refusals.size(); ++i) {
    lines.push_back("if (" + Code(policy.refusals[i].when) + ") { a.refusal = " + std::to_string(i) + "; return true; }");
  }
  lines.push_back(AllDeployments(policy));
  for (const ir::Rule& rule : policy.rules) lines.push_back(RuleCode(policy, rule));
  for (std::size_t i = 0; i < policy.routes.size(); ++i) lines.push_back(RouteCode(policy, i));
  return lines;
}

/// The policies of 100 and of 1,000 rules are one function each. A longer one would take g++ far too long, so it is cut up.
auto StatementsOfFunction(std::size_t all) -> std::size_t { return all <= 1300 ? all : 100; }

void Print(const ir::Policy& policy, const std::string& name) {
  const std::vector<std::string> lines = Statements(policy);
  std::printf("#include \"tests/bench/decide/chain.h\"\nnamespace route::bench {\n");
  std::string calls;
  const std::size_t size = StatementsOfFunction(lines.size());
  for (std::size_t begin = 0; begin < lines.size(); begin += size) {
    const std::string part = "Part" + std::to_string(begin / size);
    std::printf("static bool %s(const ChainRequest& r, ChainAnswer& a) {\n", part.c_str());
    for (std::size_t i = begin; i < std::min(lines.size(), begin + size); ++i) std::printf("  %s\n", lines[i].c_str());
    std::printf("  return false;\n}\n");
    calls += (calls.empty() ? "" : " || ") + part + "(r, a)";
  }
  std::printf("void %s(const ChainRequest& r, ChainAnswer& a) { (void)(%s); }\n}  // namespace route::bench\n", name.c_str(),
              calls.c_str());
}

}  // namespace

auto main(int argc, char** argv) -> int {
  if (argc != 2) return 2;
  const auto rules = static_cast<std::uint32_t>(std::strtoul(argv[1], nullptr, 10));
  Print(bench::MakePolicy({.rules = rules}), "Chain" + std::string(argv[1]));
  return 0;
}
