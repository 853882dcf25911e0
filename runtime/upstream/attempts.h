#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "runtime/decide/decide.h"
#include "runtime/table/table.h"
#include "runtime/upstream/random.h"

/// Which deployment to ask next, for how long, and when to give up.
///
/// The loop does no input or output and reads no clock: whoever drives it asks `Next`, does what it says and reports
/// how that ended.
///
///     AttemptLoop loop(decision, tiers, settings, random, now);
///     for (;;) {
///       AttemptStep step = loop.Next(now);
///       if (auto* attempt = std::get_if<StartAttempt>(&step)) loop.Failed(Ask(attempt->deployment), now);
///       ...
///     }
///
/// Instead of reporting a failure the driver may say `PassedOver`: the deployment is not asked after all, because it is cooling
/// down or would cost too much.
///
/// A tier gives each of its deployments one attempt, in order. If it has retries, it then goes round those again whose
/// failure may pass, from the first and after a pause, until so many more attempts have been made.
///
/// The loop only ever goes forward along the plan, so the number of attempts is bounded and the deployments are those
/// of the plan. Each one is also tested against the decision's allowed set right before it is handed out.
namespace route {

using TimePoint = std::chrono::steady_clock::time_point;
using Milliseconds = std::chrono::milliseconds;

/// One tier of a plan with its order settled.
struct DrawnTier {
  std::uint32_t tier = 0;                  ///< index into Table::tiers()
  std::vector<std::uint32_t> deployments;  ///< in the order in which they are tried
  std::vector<std::uint64_t> draws;        ///< what settled the order, see DrawTiers; empty unless by weight
  std::optional<std::uint32_t> within_ms;
  std::optional<std::uint32_t> retries;  ///< attempts beyond one for each deployment
};

/// Settles the order of every tier. A tier by weight is drawn without replacement: each draw is a number below the sum
/// of the weights that are left, and picks the deployment in whose share it falls, counting in the plan's order. The
/// last one left needs no draw. So plan and draws together give the order again.
auto DrawTiers(const Table& table, std::span<const PlanTier> plan, Random& random) -> std::vector<DrawnTier>;

/// How an attempt failed. Closed: decision records and the rules for moving on are written in these.
enum class Failure : std::uint8_t {
  kDns,          ///< the host's name was not resolved
  kRefused,      ///< no connection: refused, unreachable
  kReset,        ///< the connection broke before the first byte of the answer
  kTls,          ///< no trusted TLS connection
  kTimeout,      ///< no answer in time
  kRateLimited,  ///< 429
  kStatus,       ///< 408, 409, 425 or 5xx
  kGarbage,      ///< a success whose content is not an answer
  kBroken,       ///< 401, 402, 403, 404 or a redirect: the deployment is set up wrongly; not asked again
  kTooLong,      ///< the prompt does not fit the model's context window; not asked again, others may have more room
  kContent,      ///< the provider's content policy refuses the prompt; its tier is left
};

/// The word for it in decision records: `connection_refused`.
auto FailureName(Failure failure) -> std::string_view;

struct FailedAttempt {
  Failure failure = Failure::kTimeout;
  std::optional<Milliseconds> retry_after;  ///< what the upstream asked for
};

struct StartAttempt {
  std::uint32_t number = 0;  ///< from 1, over the whole chain
  std::uint32_t tier = 0;    ///< index into the drawn tiers
  std::uint32_t deployment = 0;
  TimePoint answer_by;       ///< the tier's budget, or the deadline if that comes first
  TimePoint deadline;       ///< of the request
  bool alone = false;       ///< the only deployment of its tier
};
struct WaitUntil {
  TimePoint time;
};
struct StopAttempts {
  enum class Reason : std::uint8_t {
    kExhausted,   ///< nothing is left to try, or the limit of attempts is reached
    kDeadline,    ///< the time for the first byte of an answer is over
    kNotAllowed,  ///< the plan holds a deployment outside the allowed set, which cannot be: nothing may be sent
  };
  Reason reason = Reason::kExhausted;
};
using AttemptStep = std::variant<StartAttempt, WaitUntil, StopAttempts>;

struct AttemptSettings {
  Limits limits;
  Milliseconds backoff{100};  ///< before the second round of a tier; doubles with each further round
};

class AttemptLoop {
 public:
  /// Everything referred to must outlive the loop. `start` is when the request was accepted.
  AttemptLoop(const Decision& decision, std::span<const DrawnTier> tiers, AttemptSettings settings, Random& random,
              TimePoint start);

  /// What to do now. After StartAttempt, `Failed` or `PassedOver` must be called before `Next`.
  auto Next(TimePoint now) -> AttemptStep;

  /// The attempt that was last started is not made. It does not count, and this tier does not name its deployment again.
  void PassedOver();

  /// The attempt that was last started failed.
  void Failed(FailedAttempt failed, TimePoint now);

 private:
  /// A deployment of the current tier that may still be tried.
  struct Candidate {
    std::uint32_t deployment = 0;
    TimePoint not_before;
  };

  auto EnterTier(TimePoint now) -> bool;
  void StartRound(TimePoint now);
  auto TierEnd() const -> TimePoint;

  const Decision& decision_;
  std::span<const DrawnTier> tiers_;
  AttemptSettings settings_;
  Random& random_;
  TimePoint deadline_;

  std::uint32_t attempts_ = 0;
  std::vector<std::uint32_t> broken_;  // never to be tried again

  std::size_t next_tier_ = 0;
  bool in_tier_ = false;
  TimePoint tier_entered_;
  std::uint32_t retries_left_ = 0;  // in the tier, for attempts after its first round
  std::uint32_t round_ = 0;
  std::vector<Candidate> round_left_;  // of this round, in order
  std::vector<Candidate> again_;       // failed in a way that may pass: the next round, in order
  std::optional<Candidate> running_;
};

}  // namespace route
