#include "compiler/driver/proof.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <variant>
#include <vector>

#include "compiler/ir/words.h"
#include "compiler/testing/suggest.h"
#include "compiler/verify/verify.h"

namespace route::driver {
namespace {

// --- --why ------------------------------------------------------------------------------------------------------------

auto LineOf(const Compilation& compilation, const std::string& kind, const std::string& name, Span span) -> std::string {
  return "    " + kind + " " + ir::Quoted(name) + "  (" + compilation.sources.Describe(span) + ")\n";
}

// --- --save-tests -------------------------------------------------------------------------------------------------------

/// The promise as an expectation, which begins at the same words; empty for promises that a test cannot state.
auto ExpectationText(const ir::Guarantee& guarantee) -> std::string {
  const bool is_of_one_plan = std::holds_alternative<ir::EveryDeploymentReached>(guarantee.promise) ||
                              std::holds_alternative<ir::FirstChoice>(guarantee.promise);
  if (!is_of_one_plan) return "";
  for (const char* start : {"every deployment reached ", "never ", "the first choice "}) {
    const std::size_t at = guarantee.text.starts_with(start) ? 0 : guarantee.text.rfind(std::string(", ") + start);
    if (at != std::string::npos) return guarantee.text.substr(at == 0 ? 0 : at + 2);
  }
  return "";
}

auto TestOf(const ir::Policy& policy, const std::string& name, const ir::Request& witness, const std::string& expectation)
    -> std::string {
  ir::Test test;
  test.name = name;
  for (std::uint32_t i = 0; i < policy.attributes.size(); ++i) test.given.emplace_back(AttributeId{i}, witness.at(i));
  test.expectations.push_back({.what = ir::ExpectOutcome{}, .text = expectation, .span = {}});
  return testing::TestText(policy, test);
}

/// A promise that is broken becomes a test that fails until it is kept. What no route serves becomes a test of what
/// happens now, which passes until somebody decides otherwise.
auto TestsOf(const Compilation& compilation) -> std::vector<std::string> {
  const ir::Policy& policy = compilation.policy;
  std::vector<std::string> tests;
  for (const auto& finding : compilation.report->uncovered) {
    tests.push_back(TestOf(policy, "no route takes it", finding.witness, "uncovered"));
  }
  for (const auto& finding : compilation.report->unservable) {
    tests.push_back(TestOf(policy, "route " + policy.routes[finding.route.index].name + " has nothing left",
                           finding.witness, "unservable"));
  }
  for (const auto& result : compilation.report->guarantees) {
    const ir::Guarantee& guarantee = policy.guarantees[result.guarantee.index];
    const std::string expectation = ExpectationText(guarantee);
    if (!result.witness || expectation.empty()) continue;
    tests.push_back(TestOf(policy, "guarantee " + guarantee.name, *result.witness, expectation));
  }
  return tests;
}

auto SaveTests(const Compilation& compilation, const std::string& path) -> bool {
  if (IsPolicyFile(compilation, path)) {
    PrintUsageError("`" + path + "` is a file of the policy itself; name another one to write to");
    return false;
  }
  std::string text = "# Requests that `routec check` found, as tests of policy " + compilation.policy.name +
                     ".\n# Import this file into the policy, or copy what you need.\n";
  for (const std::string& test : TestsOf(compilation)) text += "\n" + test;
  const auto written = WriteFileAtomically(path, text);
  if (!written) PrintUsageError(written.error());
  return written.has_value();
}

// --- --emit-smt2 --------------------------------------------------------------------------------------------------------

auto EmitQueries(const Compilation& compilation, const std::string& folder, const verify::Limits& limits) -> bool {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    PrintUsageError("cannot make the folder `" + folder + "`: " + error.message());
    return false;
  }
  const verify::Queries queries = verify::EmitQueries(compilation.policy, limits);
  for (const verify::Query& query : queries.queries) {
    const std::string path = (std::filesystem::path(folder) / (query.name + ".smt2")).string();
    if (const auto written = WriteFileAtomically(path, queries.declarations + query.text); !written) {
      PrintUsageError(written.error());
      return false;
    }
  }
  return true;
}

}  // namespace

auto ExplainGuarantee(const Compilation& compilation, const CheckOptions& options)
    -> std::expected<ExplainedProof, std::string> {
  const ir::Policy& policy = compilation.policy;
  const auto named = std::ranges::find(policy.guarantees, options.why.value(), &ir::Guarantee::name);
  if (named == policy.guarantees.end()) {
    return std::unexpected("the policy has no guarantee `" + *options.why + "`");
  }
  const GuaranteeId id{static_cast<std::uint32_t>(named - policy.guarantees.begin())};
  const verify::Why why = verify::ExplainProof(policy, id, options.limits);
  ExplainedProof proof;
  proof.json["guarantee"] = named->name;
  proof.json["proved"] = why.verdict == Verdict::kProved;
  if (why.verdict != Verdict::kProved) {
    proof.text = "guarantee " + ir::Quoted(named->name) + " is not proved, so nothing carries it\n";
    return proof;
  }
  proof.json["minimal"] = why.is_minimal;
  const auto list = [&](const char* key, const char* kind, const auto& ids, const auto& all) {
    proof.json[key] = nlohmann::ordered_json::array();
    for (const auto each : ids) {
      const auto& declared = all.at(each.index);
      proof.text += LineOf(compilation, kind, declared.name, declared.span);
      proof.json[key].push_back({{"name", declared.name}, {"place", compilation.sources.Describe(declared.span)}});
    }
  };
  proof.text = "guarantee " + ir::Quoted(named->name) + " rests on\n";
  list("rules", "rule", why.rules, policy.rules);
  list("refusals", "refusal", why.refusals, policy.refusals);
  if (why.rules.empty() && why.refusals.empty()) proof.text += "    no rule and no refusal\n";
  proof.text += why.is_minimal ? "without any one of them it does not hold\n"
                               : "some of them may not be needed: a question was not answered\n";
  proof.text += why.routes.empty() ? "no route decides anything that it is about\n" : "routes that decide what it is about\n";
  list("routes", "route", why.routes, policy.routes);
  return proof;
}

auto WriteProofFiles(const Compilation& compilation, const CheckOptions& options, Date today) -> bool {
  if (!compilation.report) return true;
  if (options.save_tests && !SaveTests(compilation, *options.save_tests)) return false;
  verify::Limits limits = options.limits;
  limits.today = today;
  return !options.emit_smt2 || EmitQueries(compilation, *options.emit_smt2, limits);
}

}  // namespace route::driver
