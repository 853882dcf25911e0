#pragma once

#include <cstddef>
#include <vector>

#include "runtime/values/schema.h"

namespace route::testing {

enum class Verified : unsigned char { kYes, kNo };

/// The policy that the gateway's tests use, written without the compiler:
///
///     attribute tier        one of free, silver, gold, platinum   from tenant                    default free
///     attribute workload    one of chat, code, legal, retry, pair, one
///                                                             from header "x-route-workload"  default chat
///     attribute data        any of personal, health, financial    from header "x-data-class" and detector pii
///     attribute prompt      tokens up to 200_000                  from request
///     attribute needs       any of tools, vision, json            from request
///     attribute spend       percent up to 1000%                   from budget
///     attribute asked_model text                                  from request "model"
///     attribute today       date                                  from clock
///     attribute region      country                               from header "x-region"         default FR
///
///     deployment paris (FR, vendor mistral, 2 USD in, 6 USD out), berlin (DE, aleph, 1, 3), virginia (US, openai, 5,
///     15)
///
///     rule personal_stays      when data includes personal or health  require processed in EU      (policy.route:31)
///     rule legal_never         when workload is legal                 forbid every deployment      (policy.route:36)
///     refuse banned_model      when asked_model is "banned"           with "this model is banned"  (policy.route:40)
///     route capped    when spend >= 100%        to berlin                                          (policy.route:44)
///     route platinum  when tier is platinum     to virginia within 1500 ms, then paris             (policy.route:45)
///     route code      when workload is code     to {virginia weight 3, paris weight 1} by weight   (policy.route:46)
///     route retried   when workload is retry    to paris retry 2, then berlin                      (policy.route:47)
///     route paired    when workload is pair     to {paris, virginia} retry 1, then berlin          (policy.route:48)
///     route single    when workload is one      to paris                                           (policy.route:49)
///     route everything_else                     to paris, then berlin, then virginia               (policy.route:50)
///     limits 6 attempts, 4000 ms, unless others are given
auto SamplePolicy(Verified verified, const Limits& limits = {6, 4000}) -> std::vector<std::byte>;

}  // namespace route::testing
