#include "compiler/diff/diff.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <utility>

#include "compiler/base/internal_error.h"
#include "compiler/diff/solve.h"
#include "compiler/explain/confirm.h"
#include "compiler/ir/text.h"
#include "runtime/decide/decide.h"
#include "runtime/values/given_text.h"

namespace route::diff {
namespace {

/// A cube of levels as one of dimensions.
auto ByDimension(const Cube& levels, const std::vector<std::uint32_t>& order) -> Cube {
  Cube dimensions = levels;
  for (std::size_t level = 0; level < order.size(); ++level) dimensions[order[level]] = levels[level];
  return dimensions;
}

auto LevelOfEach(const std::vector<std::uint32_t>& order) -> std::vector<std::uint32_t> {
  std::vector<std::uint32_t> level_of(order.size());
  for (std::uint32_t level = 0; level < order.size(); ++level) level_of[order[level]] = level;
  return level_of;
}

auto ByDimension(const std::vector<std::uint16_t>& levels, const std::vector<std::uint32_t>& order)
    -> std::vector<std::uint16_t> {
  std::vector<std::uint16_t> dimensions(levels.size());
  for (std::size_t level = 0; level < order.size(); ++level) dimensions[order[level]] = levels[level];
  return dimensions;
}

auto AllClasses(const std::vector<JointDimension>& dimensions) -> Count {
  Count count(1);
  for (const JointDimension& dimension : dimensions) count.MultiplyBy(dimension.classes);
  return count;
}

/// Without a look at anything but what is reached: two that reach the same need not be equivalent.
auto VerdictOf(const Solved& solved) -> Verdict {
  using Answer = Solved::Answer;
  if (solved.loses.answer == Answer::kYes && solved.gains.answer == Answer::kYes) return Verdict::kIncomparable;
  if (solved.loses.answer == Answer::kUnknown || solved.gains.answer == Answer::kUnknown) return Verdict::kUnknown;
  if (solved.loses.answer == Answer::kYes) return Verdict::kNarrower;
  return solved.gains.answer == Answer::kYes ? Verdict::kWider : Verdict::kSameReach;
}

class Maker {
 public:
  Maker(const Side& before, const ir::Policy* between, const Side& after, const Options& options)
      : before_(before), between_(between), after_(after), options_(options) {}

  auto Make() -> std::expected<DiffReport, TooManyTerms> {
    const std::vector<FurtherCondition> further = Further();
    std::vector<const ir::Policy*> sides{before_.policy, after_.policy};
    if (between_ != nullptr) sides.insert(sides.begin() + 1, between_);
    report_.space = std::make_unique<JointSpace>(sides, further);
    auto program = MakeProgram(*report_.space, further);
    if (!program) return std::unexpected(program.error());
    report_.program = std::move(*program);
    explained_.assign(options_.allowances.size(), false);
    explorer_.emplace(report_.program, report_.space->dimensions(),
                      OrderOfDimensions(report_.program, report_.space->dimensions()));
    AddFrames();
    AddChanges();
    AddCatalogue();
    AddServices();
    for (std::size_t i = 0; i < explained_.size(); ++i) {
      const bool is_known = report_.listing == DiffReport::Listing::kComplete;
      if (is_known && !explained_[i]) report_.unused.push_back(i);
    }
    return std::move(report_);
  }

 private:
  /// A change and the leaf of its requests.
  struct Found {
    std::uint32_t leaf = 0;
    Change change;
  };

  auto Further() const -> std::vector<FurtherCondition> {
    std::vector<FurtherCondition> further;
    const std::size_t last = between_ == nullptr ? 1 : 2;
    for (const ir::Condition& condition : options_.conditions) further.push_back({last, condition});
    return further;
  }

  /// Whether these allowances together allow the concern. Each that allows a part of it has happened.
  auto IsAllowedBy(const std::vector<std::uint32_t>& indexes, const Concern& concern) -> bool {
    std::vector<const Allowance*> lines;
    for (const std::uint32_t index : indexes) {
      if (!AllowsSome(options_.allowances[index], concern)) continue;
      explained_[index] = true;
      lines.push_back(&options_.allowances[index]);
    }
    return AllowTogether(lines, concern);
  }

  /// Whether allowances allow the concern whatever the request is. Only those without a condition do.
  auto IsAllowed(const Concern& concern) -> bool {
    std::vector<std::uint32_t> unconditional;
    for (std::uint32_t i = 0; i < options_.allowances.size(); ++i) {
      if (options_.allowances[i].condition.empty()) unconditional.push_back(i);
    }
    return IsAllowedBy(unconditional, concern);
  }

  void AddFrames() {
    for (FrameChange& change : CompareFrames(*before_.policy, *after_.policy)) {
      const Aspect aspect = change.kind == FrameChange::Kind::kLimits ? Aspect::kLimits : Aspect::kReading;
      const bool explained = IsAllowed({aspect, {}});
      report_.frame.push_back({std::move(change), explained});
    }
  }

  void AddChanges() {
    const auto speaks_of = [&](std::uint32_t index, const Delta& delta) {
      const auto concerns = ConcernsOf(delta, report_.program.deployments);
      return std::ranges::any_of(concerns,
                                 [&](const Concern& concern) { return AllowsSome(options_.allowances[index], concern); });
    };
    Comparison comparison(report_.program, speaks_of);
    Effort effort = options_.effort;
    std::optional<NodeId> root;
    if (options_.listing == DiffReport::Listing::kComplete) root = explorer_->Explore(comparison, effort);
    if (!root) {
      AddVerdictAlone();
      return;
    }
    const auto counts = explorer_->diagram().CountLeaves(*root);
    std::vector<Found> found;
    for (const auto& [leaf, count] : counts) {
      if (leaf != Comparison::kImpossible) report_.requests.Add(count);
      if (leaf < Comparison::kFirstDifference) continue;
      report_.changed.Add(count);
      Change change{.difference = comparison.differences()[leaf - Comparison::kFirstDifference],
                    .requests = count,
                    .where = {},
                    .witness = {},
                    .unexplained = {}};
      Judge(change);
      found.push_back({leaf, std::move(change)});
    }
    std::ranges::sort(found, [](const Found& left, const Found& right) {
      if (left.change.requests != right.change.requests) return left.change.requests > right.change.requests;
      return left.leaf < right.leaf;
    });
    GiveVerdict(found, *root);
    for (Found& each : found) {
      if (report_.changes.size() == options_.most_changes) {
        ++report_.unlisted.changes;
        report_.unlisted.requests.Add(each.change.requests);
        report_.unlisted.explained = report_.unlisted.explained && each.change.unexplained.empty();
        continue;
      }
      Locate(each.change, *root, each.leaf);
      report_.changes.push_back(std::move(each.change));
    }
    std::ranges::sort(report_.changes, [](const Change& left, const Change& right) {
      if (left.requests != right.requests) return left.requests > right.requests;
      return left.witness.classes < right.witness.classes;
    });
  }

  void Judge(Change& change) {
    for (const Concern& concern : ConcernsOf(change.difference.delta, report_.program.deployments)) {
      if (!IsAllowedBy(change.difference.explained_by, concern)) change.unexplained.push_back(concern.aspect);
    }
  }

  void Locate(Change& change, NodeId root, std::uint32_t leaf) {
    std::vector<bool> wanted(leaf + 1, false);
    wanted[leaf] = true;
    const Region region(explorer_->diagram(), root, wanted);
    change.where = WhereIs(region);
    change.witness = SmallestIn(region);
    Confirm(change.witness, change.difference.delta);
  }

  /// Of a region that is not empty.
  auto SmallestIn(const Region& region) const -> Witness {
    const auto smallest = region.Smallest(LevelOfEach(explorer_->order()));
    return MakeWitness(ByDimension(smallest.value(), explorer_->order()));
  }

  auto WhereIs(const Region& region) const -> Where {
    Region::Cover cover = region.CoverBy(options_.most_cubes);
    Where where{.cubes = {}, .rest = std::move(cover.rest)};
    for (const Cube& cube : cover.cubes) where.cubes.push_back(ByDimension(cube, explorer_->order()));
    return where;
  }

  auto MakeWitness(std::vector<std::uint16_t> classes) const -> Witness {
    Witness witness;
    const JointSpace& space = *report_.space;
    const std::vector<std::optional<ir::Value>> given = space.Given(classes);
    ir::Policy shown;
    ir::Request request;
    for (std::size_t i = 0; i < given.size(); ++i) {
      const ir::Attribute& attribute = space.asked().attributes[i];
      if (!given[i]) {
        witness.not_given.push_back(attribute.name);
        continue;
      }
      shown.attributes.push_back(attribute);
      request.push_back(*given[i]);
    }
    witness.given = ir::FormatRequest(shown, request);
    witness.before = Reading(before_, 0, classes);
    witness.after = Reading(after_, space.sides() - 1, classes);
    witness.classes = std::move(classes);
    return witness;
  }

  /// What a policy makes of the request, on the evaluator and on the table.
  auto Reading(const Side& side, std::size_t index, const std::vector<std::uint16_t>& classes) const
      -> Witness::Reading {
    Witness::Reading reading;
    auto request = report_.space->Read(index, classes);
    if (!request) {
      reading.missing = side.policy->attributes.at(request.error().index).name;
      reading.decision.outcome = Outcome::kRefused;
      return reading;
    }
    reading.decision = side.table == nullptr ? ir::Evaluate(*side.policy, *request)
                                             : explain::DecideTwice(*side.policy, *side.sources, *side.table, *request);
    reading.request = std::move(*request);
    return reading;
  }

  /// The decision of the evaluator in the program's terms.
  auto InProgramTerms(const Side& side, std::size_t index, const Witness::Reading& reading) const -> Decided {
    const Program& program = report_.program;
    Decided decided;
    decided.outcome = reading.decision.outcome;
    if (decided.outcome == Outcome::kRefused) {
      Answer answer{.name = "", .reason = "attribute `" + reading.missing + "` has no value and no default"};
      if (reading.decision.refusal) {
        const ir::Refusal& refusal = side.policy->refusals.at(reading.decision.refusal->index);
        answer = {.name = refusal.name, .reason = refusal.reason};
      }
      decided.answer = static_cast<std::uint32_t>(std::ranges::find(program.answers, answer) - program.answers.begin());
    }
    if (!reading.decision.route) return decided;
    const std::uint32_t route = reading.decision.route->index;
    decided.route = route;
    decided.chain = program.sides.at(index).routes.at(route).what;
    for (const ir::PlanTier& planned : reading.decision.plan) {
      ChainTier tier = program.chains.at(*decided.chain).at(planned.tier);
      tier.limit.reset();
      std::erase_if(tier.candidates, [&](const ir::Candidate& candidate) {
        const std::string& name = program.deployments.at(candidate.deployment.index);
        return std::ranges::none_of(planned.deployments, [&](const ir::Candidate& each) {
          return side.policy->deployments.at(each.deployment.index).name == name;
        });
      });
      decided.plan.push_back(std::move(tier));
    }
    return decided;
  }

  /// The evaluators must show the same difference; otherwise one of the engines is wrong and nothing may be shown.
  void Confirm(const Witness& witness, const Delta& claimed) const {
    const Decided before = InProgramTerms(before_, 0, witness.before);
    const Decided after = InProgramTerms(after_, report_.program.sides.size() - 1, witness.after);
    if (Compare(before, after) != claimed) {
      throw InternalError("the evaluator does not show the difference that was found for the request " + witness.given);
    }
  }

  /// The smallest request whose delta has something in this list; nothing if there is none.
  auto SmallestWith(const std::vector<Found>& found, NodeId root, std::vector<std::uint32_t> Delta::*list) const
      -> std::optional<Witness> {
    std::vector<bool> wanted;
    for (const Found& each : found) {
      if (wanted.size() <= each.leaf) wanted.resize(each.leaf + 1, false);
      wanted[each.leaf] = !(each.change.difference.delta.*list).empty();
    }
    const Region region(explorer_->diagram(), root, wanted);
    if (region.IsEmpty()) return std::nullopt;
    return SmallestIn(region);
  }

  void GiveVerdict(const std::vector<Found>& found, NodeId root) {
    report_.loses = SmallestWith(found, root, &Delta::lost);
    report_.gains = SmallestWith(found, root, &Delta::gained);
    ConfirmDirections();
    if (report_.loses && report_.gains) {
      report_.verdict = Verdict::kIncomparable;
    } else if (report_.loses) {
      report_.verdict = Verdict::kNarrower;
    } else if (report_.gains) {
      report_.verdict = Verdict::kWider;
    } else {
      const bool limits = std::ranges::any_of(report_.frame, [](const FrameDifference& difference) {
        return difference.change.kind == FrameChange::Kind::kLimits;
      });
      report_.verdict = found.empty() && !limits ? Verdict::kEquivalent : Verdict::kSameReach;
    }
  }

  void AddVerdictAlone() {
    report_.listing = DiffReport::Listing::kTooManyClasses;
    report_.requests = AllClasses(report_.space->dimensions());
    if (options_.instead == Options::Instead::kVerdict || !AddMoves()) {
      const Solved solved = Solve(*report_.space, report_.program, options_.limits);
      report_.verdict = VerdictOf(solved);
      if (solved.loses.witness) report_.loses = MakeWitness(*solved.loses.witness);
      if (solved.gains.witness) report_.gains = MakeWitness(*solved.gains.witness);
    }
    ConfirmDirections();
  }

  /// Deployment by deployment. False if some of them, too, take more than their share of the effort; those are missing.
  auto AddMoves() -> bool {
    constexpr std::uint64_t kLooksForEach = 10'000;
    Effort left = options_.effort;
    Solved found{.loses = {Solved::Answer::kNo, std::nullopt}, .gains = {Solved::Answer::kNo, std::nullopt}};
    for (std::uint32_t i = 0; i < report_.program.deployments.size(); ++i) {
      Reach reach(report_.program, {0, report_.program.sides.size() - 1}, i);
      Effort share{.looks = std::min(left.looks, kLooksForEach), .words = left.words};
      const std::uint64_t given = share.looks;
      const auto root = explorer_->Explore(reach, share);
      left = {.looks = left.looks - (given - share.looks), .words = share.words};
      if (!root) {
        report_.moves_listed = DiffReport::Listing::kTooManyClasses;
        continue;
      }
      const Region lost(explorer_->diagram(), *root, {false, false, false, true});
      const Region gained(explorer_->diagram(), *root, {false, false, true});
      if (lost.IsEmpty() && gained.IsEmpty()) continue;
      TakeSmaller(lost, found.loses);
      TakeSmaller(gained, found.gains);
      report_.moves.push_back(
          {report_.program.deployments[i], lost.Size(), gained.Size(), WhereIs(lost), WhereIs(gained)});
    }
    if (report_.moves_listed == DiffReport::Listing::kTooManyClasses) return false;
    report_.verdict = VerdictOf(found);
    if (found.loses.witness) report_.loses = MakeWitness(*found.loses.witness);
    if (found.gains.witness) report_.gains = MakeWitness(*found.gains.witness);
    return true;
  }

  void TakeSmaller(const Region& region, Solved::Direction& direction) const {
    const auto smallest = region.Smallest(LevelOfEach(explorer_->order()));
    if (!smallest) return;
    auto classes = ByDimension(*smallest, explorer_->order());
    direction.answer = Solved::Answer::kYes;
    if (!direction.witness || classes < *direction.witness) direction.witness = std::move(classes);
  }

  void ConfirmDirections() const {
    const auto confirm = [&](const std::optional<Witness>& witness, std::vector<std::uint32_t> Delta::*list) {
      if (!witness) return;
      const Delta delta = Compare(InProgramTerms(before_, 0, witness->before),
                                  InProgramTerms(after_, report_.program.sides.size() - 1, witness->after));
      if ((delta.*list).empty())
        throw InternalError("the evaluator does not show the verdict for the request " + witness->given);
    };
    confirm(report_.loses, &Delta::lost);
    confirm(report_.gains, &Delta::gained);
  }

  void AddServices() {
    constexpr std::uint64_t kLooks = 50'000;  // for all of them together
    Effort left{.looks = std::min(options_.effort.looks, kLooks), .words = options_.effort.words};
    std::set<std::string> names;
    for (const Side* side : {&before_, &after_}) {
      for (const ir::Service& service : side->policy->services) names.insert(service.name);
    }
    for (const std::string& name : names) {
      ServiceChange change;
      change.change = CompareService(*before_.policy, *after_.policy, name, options_.facts);
      Shown shown(report_.program, {0, report_.program.sides.size() - 1}, name);
      if (const auto root = explorer_->Explore(shown, left)) {
        AddMoves(*root, change);
      } else {
        change.counted = ServiceChange::Counted::kNo;
      }
      const bool same_facts = change.change.kind == DeploymentChange::Kind::kChanged && change.change.facts.empty();
      const bool is_same = same_facts && change.lost.IsZero() && change.gained.IsZero();
      if (is_same && change.counted == ServiceChange::Counted::kYes) continue;
      change.explained = IsAllowed({Aspect::kServices, {name}});
      report_.services.push_back(std::move(change));
    }
    CountServicesInVerdict();
  }

  void AddMoves(NodeId root, ServiceChange& change) {
    const Region lost(explorer_->diagram(), root, {false, false, false, true});
    const Region gained(explorer_->diagram(), root, {false, false, true});
    change.lost = lost.Size();
    change.gained = gained.Size();
    change.lost_where = WhereIs(lost);
    change.gained_where = WhereIs(gained);
    const auto confirmed = [&](const Region& region, bool before) {
      Witness witness = SmallestIn(region);
      const bool is_confirmed = IsShown(before_, witness.before, change.change.deployment) == before &&
                                IsShown(after_, witness.after, change.change.deployment) != before;
      if (!is_confirmed) throw InternalError("the evaluator does not show that a service sees the request " + witness.given);
      return witness;
    };
    if (!lost.IsEmpty()) change.loses = confirmed(lost, true);
    if (!gained.IsEmpty()) change.gains = confirmed(gained, false);
  }

  static auto IsShown(const Side& side, const Witness::Reading& reading, const std::string& service) -> bool {
    return std::ranges::any_of(ir::ServicesAsked(reading.decision), [&](ServiceId id) {
      return side.policy->services.at(id.index).name == service;
    });
  }

  void CountServicesInVerdict() {
    if (report_.services.empty() || report_.verdict == Verdict::kUnknown) return;
    bool loses = report_.verdict == Verdict::kNarrower || report_.verdict == Verdict::kIncomparable;
    bool gains = report_.verdict == Verdict::kWider || report_.verdict == Verdict::kIncomparable;
    for (const ServiceChange& change : report_.services) {
      if (change.counted == ServiceChange::Counted::kNo) {
        report_.verdict = Verdict::kUnknown;
        return;
      }
      loses = loses || !change.lost.IsZero();
      gains = gains || !change.gained.IsZero();
    }
    report_.verdict = loses && gains ? Verdict::kIncomparable
                      : loses        ? Verdict::kNarrower
                      : gains        ? Verdict::kWider
                                     : Verdict::kSameReach;
  }

  void AddCatalogue() {
    constexpr std::uint64_t kLooks = 50'000;  // for all of them together
    Effort left{.looks = std::min(options_.effort.looks, kLooks), .words = options_.effort.words};
    for (DeploymentChange& change : CompareCatalogues(*before_.policy, *after_.policy, options_.facts)) {
      CatalogueChange found{.change = std::move(change), .requests = std::nullopt, .where = {}};
      found.explained = IsAllowed({Aspect::kCatalogue, {found.change.deployment}});
      const std::size_t side =
          found.change.kind == DeploymentChange::Kind::kRemoved ? 0 : report_.program.sides.size() - 1;
      const auto& names = report_.program.deployments;
      const auto index = static_cast<std::uint32_t>(std::ranges::find(names, found.change.deployment) - names.begin());
      Reach reach(report_.program, {side}, index);
      const auto root = explorer_->Explore(reach, left);
      if (root) {
        const Region region(explorer_->diagram(), *root, {false, false, true});
        found.requests = region.Size();
        found.where = WhereIs(region);
      }
      report_.catalogue.push_back(std::move(found));
    }
  }

  const Side& before_;
  const ir::Policy* between_;
  const Side& after_;
  const Options& options_;
  DiffReport report_;
  std::optional<Explorer> explorer_;
  std::vector<bool> explained_;  // allowances
};

}  // namespace

auto VerdictName(Verdict verdict) -> std::string {
  switch (verdict) {
    case Verdict::kEquivalent:
      return "equivalent";
    case Verdict::kSameReach:
      return "same reach";
    case Verdict::kNarrower:
      return "narrower";
    case Verdict::kWider:
      return "wider";
    case Verdict::kIncomparable:
      return "incomparable";
    case Verdict::kUnknown:
      return "unknown";
  }
  throw InternalError("a verdict of no known kind");
}

auto DiffReport::HasUnexplained() const -> bool {
  const auto is_open = [](const auto& each) { return !each.explained; };
  return std::ranges::any_of(changes, [](const Change& change) { return !change.unexplained.empty(); }) ||
         !unlisted.explained || std::ranges::any_of(catalogue, is_open) || std::ranges::any_of(services, is_open) ||
         std::ranges::any_of(frame, is_open) ||
         (listing == Listing::kTooManyClasses && verdict != Verdict::kEquivalent && verdict != Verdict::kUnknown);
}

auto Diff(const Side& before, const ir::Policy* between, const Side& after, const Options& options)
    -> std::expected<DiffReport, TooManyTerms> {
  return Maker(before, between, after, options).Make();
}

}  // namespace route::diff
