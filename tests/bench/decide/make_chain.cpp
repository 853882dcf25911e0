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

void Print(const ir::Policy& policy, const std::string& name) {
  const std::size_t words = (policy.deployments.size() + 63) / 64;
  std::printf("#include \"tests/bench/decide/chain.h\"\nnamespace route::bench {\n");
  std::printf("void %s(const ChainRequest& r, ChainAnswer& a) {\n", name.c_str());
  for (std::size_t i = 0; i < policy.refusals.size(); ++i) {
    std::printf("  if (%s) { a.refusal = %zu; return; }\n", Code(policy.refusals[i].when).c_str(), i);
  }
  for (std::size_t w = 0; w < words; ++w) {
    const std::size_t count = std::min<std::size_t>(64, policy.deployments.size() - 64 * w);
    std::printf("  a.allowed[%zu] = 0x%llxull;\n", w, count == 64 ? ~0ULL : (1ULL << count) - 1);
  }
  for (const ir::Rule& rule : policy.rules) {
    std::printf("  if (%s) {", Code(rule.when).c_str());
    Words keep(words, 0);
    for (std::uint32_t d = 0; d < policy.deployments.size(); ++d) {
      if (ir::Holds(rule.keep, policy, DeploymentId{d})) keep[d / 64] |= std::uint64_t{1} << (d % 64);
    }
    for (std::size_t w = 0; w < words; ++w) {
      std::printf(" a.allowed[%zu] &= 0x%llxull;", w, static_cast<unsigned long long>(keep[w]));
    }
    std::printf(" }\n");
  }
  for (std::size_t i = 0; i < policy.routes.size(); ++i) {
    Words reach(words, 0);
    for (const ir::Tier& tier : policy.routes[i].tiers) {
      for (const ir::Candidate& candidate : tier.candidates) {
        reach[candidate.deployment.index / 64] |= std::uint64_t{1} << (candidate.deployment.index % 64);
      }
    }
    std::printf("  if (%s) { a.route = %zu; a.reaches = (0", Code(policy.routes[i].when).c_str(), i);
    for (std::size_t w = 0; w < words; ++w) {
      if (reach[w] != 0) std::printf(" | (a.allowed[%zu] & 0x%llxull)", w, static_cast<unsigned long long>(reach[w]));
    }
    std::printf(") != 0; return; }\n");
  }
  std::printf("}\n}  // namespace route::bench\n");
}

}  // namespace

auto main(int argc, char** argv) -> int {
  if (argc != 2) return 2;
  const auto rules = static_cast<std::uint32_t>(std::strtoul(argv[1], nullptr, 10));
  Print(bench::MakePolicy({.rules = rules}), "Chain" + std::string(argv[1]));
  return 0;
}
