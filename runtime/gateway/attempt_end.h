#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "runtime/dialect/stream_carrier.h"
#include "runtime/dialect/usage.h"
#include "runtime/upstream/attempts.h"
#include "runtime/upstream/client.h"
#include "runtime/upstream/content_meter.h"

/// How an attempt at one deployment ended. `status` is the upstream's.
namespace route {

/// The upstream says that the request is at fault.
struct CallerErrorAnswer {
  std::uint32_t deployment = 0;
  unsigned status = 400;
  std::string content_type;  ///< as the upstream sent it; may be empty
  std::string body;          ///< in the form of the caller's API
};

/// Another deployment may do better.
struct AttemptFailed {
  FailedAttempt failed;
  unsigned status = 0;                            ///< 0: none arrived
  std::string detail;                             ///< for operators, may be empty
  std::optional<CallerErrorAnswer> refusal = {};  ///< what came where it is the model that cannot serve the request
};

/// A whole answer.
struct PlainServed {
  unsigned status = 200;
  std::string body;  ///< in the form of the caller's API
  ReportedUsage usage;
};

/// A stream whose first event has come.
struct StreamServed {
  unsigned status = 200;
  std::unique_ptr<Exchange> exchange;
  StreamCarrier carrier;  ///< has been fed what was read, and nothing was taken from it
  ContentMeter meter;     ///< the same
};

using AttemptEnd = std::variant<AttemptFailed, CallerErrorAnswer, PlainServed, StreamServed>;

}  // namespace route
