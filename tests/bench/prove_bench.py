#!/usr/bin/env python3
"""What proof packs cost: size, time to prove, time and memory to check, and beside it the time to solve everything again.

    prove_bench.py MAKE_POLICY ROUTEC ROUTEAUDIT ROOT [RULES…]

Prints one row for each size and each form of certificate. Times are of the processor, user and system, of one run.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

MAKE_POLICY, ROUTEC, ROUTEAUDIT, ROOT = (pathlib.Path(word).resolve() for word in sys.argv[1:5])
SIZES = [int(word) for word in sys.argv[5:]] or [200, 2000]
DEPLOYMENTS, GUARANTEES = "100", "20"


def run(folder, *words):
    """Exit code, seconds of processor time, megabytes at most."""
    process = subprocess.Popen(words, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    return os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def main():
    print("rules | certificates | pack, bytes | check anew, s | prove, s | MB | routeaudit, s | MB | exit code")
    for rules in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            text = subprocess.run([MAKE_POLICY, str(rules), DEPLOYMENTS, "12", "1", GUARANTEES], capture_output=True, check=True).stdout
            pathlib.Path(folder, "policy.route").write_bytes(text)
            _, anew, _ = run(folder, ROUTEC, "check", "policy.route", "--solver", "z3")
            run(folder, ROUTEC, "build", "policy.route", "-o", "policy.rtb")
            for name, most in (("cases", "256"), ("clauses", "0")):
                _, prove, prove_memory = run(folder, ROUTEC, "prove", "policy.route", "-o", "policy.rpp", "--most-cases", most)
                size = pathlib.Path(folder, "policy.rpp").stat().st_size
                code, check, memory = run(folder, ROUTEAUDIT, "check", "policy.rpp", "--bundle", "policy.rtb", "--sources", ".",
                                          "--library", ROOT / "stdlib")
                print(f"{rules} | {name} | {size:,} | {anew:.2f} | {prove:.2f} | {prove_memory:.0f} | {check:.2f} | {memory:.0f} | {code}", flush=True)


if __name__ == "__main__":
    main()
