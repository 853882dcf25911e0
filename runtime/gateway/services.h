#pragma once

#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "runtime/gateway/decided_request.h"
#include "runtime/gateway/state.h"
#include "runtime/upstream/client.h"
#include "runtime/upstream/health.h"

/// Asks services what a request is, before it is decided.
namespace route {

/// Takes those services out of the questions that are cooling down, so that what they would say has its default at
/// once. Gives an admission for each of `prepared.services`; those that are to be asked must be asked by AskServices or
/// given up.
auto AdmitServices(const ServedPolicy& policy, PreparedRequest& prepared, TimePoint now, TimePoint deadline)
    -> std::vector<Admission>;

/// They are not asked after all, for a reason of the gateway's own.
void GiveUpServices(const ServedPolicy& policy, const PreparedRequest& prepared,
                    const std::vector<Admission>& admissions, TimePoint now);

/// Asks those services of the request that it may be shown to, all at once, and waits until each has answered, failed
/// or used up its time, or until `deadline`. The caller must have recorded that they are asked. Fills in what became of
/// each. Redirects are not followed; an answer of more than 64 KiB, or other than `{"value": …}`, is no answer. A
/// cancellation ends it as soon as possible. Everything referred to must outlive the coroutine. Those that were cooling
/// down are among the answers, too, without a value.
auto AskServices(const GatewayState& state, PreparedRequest& prepared, const std::vector<Admission>& admissions,
                 UpstreamClient& client, TimePoint deadline, Cancellation& cancellation)
    -> boost::asio::awaitable<std::vector<ServiceAnswer>>;

}  // namespace route
