#!/bin/sh
# What a CI job runs for every change of the policy: `sh check.sh`. Fails if the policy has errors, if a guarantee is not
# proved, or if a test fails; then no policy.rtb and no proof of it is written. Needs routec on the PATH.
set -eu
cd "$(dirname "$0")"
routec check policy.route
routec build policy.route -o policy.rtb --prove policy.rpp
