#include "compiler/mutate/mutate.h"

#include <algorithm>
#include <set>
#include <utility>

#include "compiler/base/internal_error.h"
#include "compiler/diff/diff.h"
#include "compiler/diff/words.h"
#include "compiler/ir/evaluate.h"
#include "compiler/ir/words.h"
#include "compiler/lower/lower.h"
#include "compiler/testing/run.h"

namespace route::mutate {
namespace {

/// What a mutant's decisions do differently, all requests together.
struct Traits {
  bool gains = false;
  bool first = false;
  bool ends = false;
  bool services = false;
};

auto TraitsOf(const diff::DiffReport& report) -> Traits {
  if (report.listing != diff::DiffReport::Listing::kComplete) return {true, true, true, true};
  Traits traits;
  traits.services = !report.services.empty();
  for (const diff::Change& change : report.changes) {
    const diff::Delta& delta = change.difference.delta;
    traits.gains = traits.gains || !delta.gained.empty();
    traits.first = traits.first || delta.first.has_value();
    traits.ends = traits.ends || delta.ends.has_value();
  }
  return traits;
}

/// Could decisions that differ so break the promise, if it held before?
auto CouldBreak(const ir::Guarantee& guarantee, const Traits& traits) -> bool {
  if (std::holds_alternative<ir::EveryDeploymentReached>(guarantee.promise)) return traits.gains || traits.services;
  if (std::holds_alternative<ir::FirstChoice>(guarantee.promise)) return traits.first;
  if (std::holds_alternative<ir::Served>(guarantee.promise)) return traits.ends;
  return true;
}

class Runner {
 public:
  Runner(const ir::Policy& policy, const SourceSet& sources, const Table& table, Moment now, const Options& options)
      : policy_(policy), sources_(sources), table_(table), options_(options) {
    for (const ir::Test& test : policy.tests) {
      std::vector<ir::GivenValue> given;
      for (const auto& [attribute, value] : test.given) given.push_back({attribute, value});
      auto request = ir::CompleteRequest(policy, given, now);
      if (!request) throw InternalError("a test without a request, although all tests pass");
      requests_.push_back(std::move(*request));
    }
  }

  auto Try(const Mutant& mutant) -> Result {
    Result result{.kind = mutant.kind,
                  .span = mutant.span,
                  .what = mutant.what,
                  .noticed_by = FailingTests(mutant.policy),
                  .effect = {}};
    if (!result.noticed_by.empty()) {
      result.fate = Fate::kNoticed;
      return result;
    }
    const auto report =
        diff::Diff({&policy_, nullptr, nullptr}, nullptr, {&mutant.policy, nullptr, nullptr}, DiffOptions());
    if (!report) {  // larger than a table takes, which `routec check` refuses
      result.noticed_by.emplace_back("R0601");
    } else if (report->verdict == diff::Verdict::kEquivalent) {
      result.fate = Fate::kEquivalent;
      return result;
    } else {
      AddFindings(mutant, *report, result);
    }
    if (!result.noticed_by.empty()) {
      result.fate = Fate::kNoticed;
      return result;
    }
    result.fate = AskSolver(mutant, *report, result);
    if (result.fate == Fate::kSurvived) result.effect = EffectOf(mutant.policy, *report);
    return result;
  }

 private:
  /// A mutant differs in one place, so little effort lists its changes, or much does not either.
  auto DiffOptions() const -> diff::Options {
    constexpr std::size_t kMostCubes = 3;
    diff::Options options;
    options.limits = options_.limits;
    options.most_cubes = kMostCubes;
    options.effort = {.looks = 1'500, .words = 750'000};
    options.instead = diff::Options::Instead::kVerdict;
    return options;
  }

  auto FailingTests(const ir::Policy& mutant) const -> std::vector<std::string> {
    std::vector<std::string> failing;
    for (std::size_t i = 0; i < policy_.tests.size(); ++i) {
      const ir::Decision decision = ir::Evaluate(mutant, requests_[i]);
      const bool fails = std::ranges::any_of(mutant.tests[i].expectations, [&](const ir::Expectation& expectation) {
        return !testing::Shortfall(mutant, decision, expectation).empty();
      });
      if (fails) failing.push_back("test \"" + mutant.tests[i].name + "\"");
    }
    return failing;
  }

  /// What the requests that stand for each change show: requests left without an answer, and guarantees that they
  /// break.
  static void AddFindings(const Mutant& mutant, const diff::DiffReport& report, Result& result) {
    std::set<std::string> codes;
    std::set<std::size_t> broken;
    for (const diff::Change& change : report.changes) {
      const diff::Witness::Reading& after = change.witness.after;
      if (after.decision.outcome == Outcome::kUncovered) codes.insert("R0501");
      if (after.decision.outcome == Outcome::kUnservable) codes.insert("R0502");
      for (std::size_t i = 0; after.request && i < mutant.policy.guarantees.size(); ++i) {
        if (!ir::Holds(mutant.policy.guarantees[i], mutant.policy, *after.request)) broken.insert(i);
      }
    }
    for (const std::size_t i : broken)
      result.noticed_by.push_back("guarantee " + ir::Quoted(mutant.policy.guarantees[i].name));
    result.noticed_by.insert(result.noticed_by.end(), codes.begin(), codes.end());
  }

  /// `routec check`'s own questions, and the guarantees that could be broken by requests other than those that were
  /// looked at.
  auto AskSolver(const Mutant& mutant, const diff::DiffReport& report, Result& result) -> Fate {
    const Traits traits = TraitsOf(report);
    ir::Policy asked = mutant.policy;
    std::erase_if(asked.guarantees, [&](const ir::Guarantee& guarantee) { return !CouldBreak(guarantee, traits); });
    verify::Limits limits = options_.limits;
    limits.depth = verify::Limits::Depth::kErrors;
    const verify::VerifyReport verified = verify::Verify(asked, limits, &cache_);
    for (const verify::GuaranteeResult& each : verified.guarantees) {
      if (each.verdict != Verdict::kViolated) continue;
      result.noticed_by.push_back("guarantee " + ir::Quoted(asked.guarantees.at(each.guarantee.index).name));
    }
    if (!verified.uncovered.empty()) result.noticed_by.emplace_back("R0501");
    if (!verified.unservable.empty()) result.noticed_by.emplace_back("R0502");
    // What was left out is still there, with a condition that never holds; that is no finding.
    const bool hides = std::ranges::any_of(verified.dead_routes, [&](const verify::DeadRoute& dead) {
      return asked.routes.at(dead.route.index).when.kind != ir::Condition::Kind::kFalse;
    });
    if (hides) result.noticed_by.emplace_back("R0503");
    if (!result.noticed_by.empty()) return Fate::kNoticed;
    // That the same deployments are reached does not say that nothing differs, unless all decisions were compared.
    const bool may_be_equivalent = report.listing != diff::DiffReport::Listing::kComplete &&
                                   (report.verdict == diff::Verdict::kSameReach || report.verdict == diff::Verdict::kUnknown);
    const bool unknown =
        !verified.unanswered.empty() || may_be_equivalent ||
        std::ranges::any_of(verified.guarantees, [](const auto& each) { return each.verdict == Verdict::kUnknown; });
    return unknown ? Fate::kUnknown : Fate::kSurvived;
  }

  /// Compared once more with the tables, so that what is shown was run on them.
  auto EffectOf(const ir::Policy& mutant, const diff::DiffReport& first) const -> std::optional<Effect> {
    if (first.listing != diff::DiffReport::Listing::kComplete) return std::nullopt;
    const auto bytes = lower::Lower(mutant, verify::VerifyReport{}, {"routec mutate", &sources_});
    if (!bytes) return std::nullopt;
    auto table = Table::FromBytes(*bytes);
    if (!table) throw InternalError("a mutant's table does not load: " + table.error().message);
    const diff::Side before{&policy_, &sources_, &table_};
    const diff::Side after{&mutant, &sources_, &*table};
    const auto report = diff::Diff(before, nullptr, after, DiffOptions());
    if (!report) return std::nullopt;
    if (report->changes.empty()) return EffectOnServices(*report);
    const diff::Change& change = report->changes.front();
    Effect effect;
    for (const diff::Cube& cube : change.where.cubes)
      effect.where += (effect.where.empty() ? "" : "; or ") + diff::WhereText(*report->space, cube);
    if (!change.where.rest.IsZero()) effect.where += "; or other requests";
    for (const std::string& part : diff::WhatText(*report, before, after, change.difference.delta)) {
      effect.what += (effect.what.empty() ? "" : "; ") + part;
    }
    effect.example = diff::GivenText(change.witness);
    return effect;
  }

  static auto EffectOnServices(const diff::DiffReport& report) -> std::optional<Effect> {
    for (const diff::ServiceChange& change : report.services) {
      const bool gains = change.gains.has_value();
      if (!gains && !change.loses) continue;
      const diff::Where& where = gains ? change.gained_where : change.lost_where;
      Effect effect;
      for (const diff::Cube& cube : where.cubes) {
        effect.where += (effect.where.empty() ? "" : "; or ") + diff::WhereText(*report.space, cube);
      }
      if (!where.rest.IsZero()) effect.where += "; or other requests";
      effect.what = "service " + ir::Quoted(change.change.deployment) + (gains ? " newly sees the prompt" : " no longer sees the prompt");
      effect.example = diff::GivenText(gains ? *change.gains : *change.loses);
      return effect;
    }
    return std::nullopt;
  }

  const ir::Policy& policy_;
  const SourceSet& sources_;
  const Table& table_;
  const Options& options_;
  std::vector<ir::Request> requests_;  // of the tests
  verify::VerdictCache cache_;         // most questions about one mutant are those about the last one
};

}  // namespace

auto FateName(Fate fate) -> std::string_view {
  switch (fate) {
    case Fate::kNoticed:
      return "noticed";
    case Fate::kSurvived:
      return "survived";
    case Fate::kEquivalent:
      return "equivalent";
    case Fate::kUnknown:
      return "unknown";
  }
  throw InternalError("a fate of no known kind");
}

auto MutationReport::Count(Fate fate) const -> std::size_t {
  return static_cast<std::size_t>(std::ranges::count(results, fate, &Result::fate));
}

auto MutationReport::Score() const -> std::size_t {
  const std::size_t counted = results.size() - Count(Fate::kEquivalent);
  return counted == 0 ? 100 : 100 * Count(Fate::kNoticed) / counted;
}

auto Run(const ir::Policy& policy, const SourceSet& sources, const Table& table, Moment now, const Options& options)
    -> MutationReport {
  const Generator generator(policy, sources, options.only);
  Runner runner(policy, sources, table, now, options);
  MutationReport report;
  for (std::size_t i = 0; i < generator.size(); ++i) {
    if (options.progress) options.progress(i, generator.size());
    report.results.push_back(runner.Try(generator.Make(i)));
  }
  return report;
}

}  // namespace route::mutate
