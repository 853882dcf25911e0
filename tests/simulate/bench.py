#!/usr/bin/env python3
"""How many recorded requests `routec simulate` goes through in a second, on one core, reading and reporting included.

    bench.py ROUTEC MAKE_TRACE ROOT

A million requests of make_trace with seed 1 to a policy of the examples, alone and against itself; the best of five runs each."""

import os
import pathlib
import subprocess
import sys
import tempfile
import time

routec, make_trace, root = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
COUNT = 1_000_000
with tempfile.TemporaryDirectory() as folder:
    bundle, trace = os.path.join(folder, "policy.rtb"), os.path.join(folder, "trace.jsonl")
    policy = root / "examples/first_policy/policy.route"
    subprocess.run([routec, "build", policy, "-o", bundle, "--today", "2026-11-24"], check=True, stdout=subprocess.DEVNULL)
    with open(trace, "wb") as out:
        subprocess.run([make_trace, bundle, str(COUNT), "1"], check=True, stdout=out)
    print(f"{COUNT} requests, {os.path.getsize(trace) / 1e6:.0f} MB")
    for name, more in (("alone", []), ("against itself", ["--against", bundle])):
        best = None
        for _ in range(5):
            before = os.times()
            subprocess.run([routec, "simulate", bundle, "--trace", trace, *more, "--format", "json"], check=True, stdout=subprocess.DEVNULL)
            after = os.times()
            used = after.children_user + after.children_system - before.children_user - before.children_system
            best = used if best is None else min(best, used)
        print(f"{name:16}{COUNT / best / 1e6:6.2f} million requests a second of processor time")
