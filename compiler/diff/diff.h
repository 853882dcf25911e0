#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/base/source.h"
#include "compiler/diff/allowances.h"
#include "compiler/diff/catalogue.h"
#include "compiler/diff/comparison.h"
#include "compiler/diff/count.h"
#include "compiler/diff/joint_space.h"
#include "compiler/diff/program.h"
#include "compiler/ir/policy.h"
#include "runtime/table/table.h"
#include "compiler/verify/verify.h"

/// What changes for requests when one policy takes another's place.
///
/// For every class of requests (see `JointSpace`) the two decisions are compared: what becomes of the request, the set
/// of deployments that can be reached whatever is down, what is tried first, and the chain with its orders, weights,
/// retries and times. Names of rules and routes do not count. Requests that change in the same way are one `Change`.
namespace route::diff {

/// By the sets of deployments that can be reached, which are empty for a request that is not routed, and of services that see
/// the prompt.
enum class Verdict : std::uint8_t {
  kEquivalent,    ///< every decision is the same in all that is compared, and so are the limits
  kSameReach,     ///< every request reaches the same deployments, but something else that is compared differs
  kNarrower,      ///< no request reaches more, some reach less
  kWider,         ///< no request reaches less, some reach more
  kIncomparable,  ///< some reach what they did not, some what they do no more
  kUnknown,       ///< not found out within the limits
};
auto VerdictName(Verdict verdict) -> std::string;

/// A policy with the files that it was read from and the table that was made of it.
struct Side {
  const ir::Policy* policy = nullptr;
  const SourceSet* sources = nullptr;
  const Table* table = nullptr;
};

/// A request, what each policy makes of it (nothing: it is refused because a value is missing), and what each decides.
struct Witness {
  std::vector<std::uint16_t> classes;
  std::string given;                   ///< as on a command line: `tier=gold data=health`
  std::vector<std::string> not_given;  ///< attributes without a value
  struct Reading {
    std::optional<ir::Request> request;
    ir::Decision decision;  ///< of a request that was read
    std::string missing;    ///< the attribute for whose lack it is refused
  };
  Reading before;
  Reading after;
};

struct Where {
  std::vector<Cube> cubes;  ///< by dimension; overlapping ones together are the requests
  Count rest;               ///< requests that no cube was found for within the limits
};

struct Change {
  Difference difference;
  Count requests;
  Where where;
  Witness witness;                  ///< the smallest
  std::vector<Aspect> unexplained;  ///< by the allowances that speak of it
};

struct CatalogueChange {
  DeploymentChange change;
  std::optional<Count> requests;  ///< that reach it now (before, if it was removed); nothing: not counted
  Where where;
  bool explained = false;
};

/// One deployment that requests reach no more, or newly: where whole decisions have too many parts to be listed.
struct Move {
  std::string deployment;
  Count lost;
  Count gained;
  Where lost_where;
  Where gained_where;
};

/// A service that is declared differently, or sees other requests' prompts.
struct ServiceChange {
  DeploymentChange change;  ///< of its facts; kChanged without any: they are the same
  enum class Counted : std::uint8_t { kYes, kNo };
  Counted counted = Counted::kYes;  ///< kNo: there are too many classes
  Count lost;                       ///< requests whose prompts it sees no more
  Count gained;                     ///< and newly
  Where lost_where;
  Where gained_where;
  std::optional<Witness> loses;  ///< the smallest of each
  std::optional<Witness> gains;
  bool explained = false;
};

struct FrameDifference {
  FrameChange change;
  bool explained = false;
};

struct DiffReport {
  Verdict verdict = Verdict::kUnknown;
  enum class Listing : std::uint8_t { kComplete, kTooManyClasses };
  Listing listing = Listing::kComplete;
  Count requests;               ///< classes of requests in all
  Count changed;                ///< that are decided differently
  std::vector<Change> changes;  ///< most requests first; at most `Options::most_changes`
  struct Unlisted {
    std::size_t changes = 0;
    Count requests;
    bool explained = true;
  };
  Unlisted unlisted;             ///< the rest of them
  std::vector<Move> moves;       ///< with kTooManyClasses: those that were found within the limits
  Listing moves_listed = Listing::kComplete;
  std::optional<Witness> loses;  ///< the smallest request that reaches less, if some does
  std::optional<Witness> gains;  ///< and more
  std::vector<CatalogueChange> catalogue;
  std::vector<ServiceChange> services;
  std::vector<FrameDifference> frame;
  std::vector<std::size_t> unused;  ///< allowances that explain nothing
  std::unique_ptr<JointSpace> space;
  Program program;

  /// Is there a change that nothing allows? Where classes could not be listed, any change is one.
  auto HasUnexplained() const -> bool;
};

struct Options {
  std::vector<Allowance> allowances;
  std::vector<ir::Condition> conditions;  ///< of the allowances, one for each, over the new policy's attributes
  Compared facts = Compared::kAllFacts;
  Effort effort;
  /// kTooManyClasses: not even try to list whole decisions.
  DiffReport::Listing listing = DiffReport::Listing::kComplete;
  /// Where whole decisions cannot be listed: what moves from deployment to deployment, or the verdict alone, which is quicker.
  enum class Instead : std::uint8_t { kMoves, kVerdict };
  Instead instead = Instead::kMoves;
  verify::Limits limits;  ///< of the solver, which is asked where the effort is not enough
  std::size_t most_changes = 200;     ///< that are listed
  std::size_t most_cubes = 8;         ///< in one `Where`
};

/// `between` has the new catalogue and the old policy's rules; without it changes have no known cause. Everything must
/// outlive the report. Witnesses were run on both evaluators and both tables. The error is a condition that is too
/// large.
auto Diff(const Side& before, const ir::Policy* between, const Side& after, const Options& options)
    -> std::expected<DiffReport, TooManyTerms>;

}  // namespace route::diff
