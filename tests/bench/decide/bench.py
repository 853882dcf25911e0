#!/usr/bin/env python3
"""A decision by the table beside other ways to decide it, in one run: `ninja bench_decide`.

    bench.py DECIDE_BENCH FOLDER      FOLDER holds what npm installs

Prints, for 100, 1,000 and 10,000 rules (12 attributes, 300 deployments, seeds 1 and 2): nanoseconds for a decision that is warm and one
whose table was put out of the caches, instructions for a decision by callgrind, the same policy as a chain of `if`s compiled with -O2, and
the engines from npm on the same conditions and requests, with ratios. What is not there is left out and said."""

import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

bench, folder = sys.argv[1], pathlib.Path(sys.argv[2])
here = pathlib.Path(__file__).resolve().parent / "engines"


def instructions(rules):
    """The difference between many decisions and none, so that what is done once does not count."""
    counts = []
    for decisions in (0, 4096):
        with tempfile.TemporaryDirectory() as out:
            done = subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}/callgrind", bench, "--loop", str(rules),
                                   str(decisions)], capture_output=True, text=True)
        found = re.search(r"Collected : (\d+)", done.stderr)
        if not found:
            return None
        counts.append(int(found.group(1)))
    return (counts[1] - counts[0]) / 4096


def engines():
    """What node says of each engine, by (rules, engine); empty if npm is not there."""
    if not shutil.which("npm") or not shutil.which("node"):
        print("npm or node is not there: the other engines are left out")
        return []
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "run.mjs"):
        shutil.copy(here / name, folder / name)
    done = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--silent"], cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        print("npm cannot install the other engines: they are left out:", (done.stdout + done.stderr).strip()[:200])
        return []
    rows = []
    for rules in (100, 1000):
        policy = folder / f"policy_{rules}.json"
        subprocess.run([bench, "--export", str(rules), policy], check=True)
        done = subprocess.run(["node", "run.mjs", policy], cwd=folder, capture_output=True, text=True)
        rows += [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        if done.returncode != 0:
            print("node:", done.stderr.strip()[:300])
    return rows


rows = [json.loads(line) for line in subprocess.run([bench], check=True, capture_output=True, text=True).stdout.splitlines()]
print(f"{'rules':>7} {'bundle':>10} {'applying':>9} {'routed':>7} {'warm':>9} {'portable':>9} {'cold':>9} {'instr.':>8} {'if chain':>10} {'chain/warm':>11}")
for row in rows:
    count = instructions(row["rules"]) if shutil.which("valgrind") else None
    chain = row.get("chain_ns")
    beside = ("-", "-") if chain is None else (f"{chain:.0f} ns", f"{chain / row['decide_ns']:.2f}")
    print(f"{row['rules']:7} {row['bytes']:10} {row['rules_applying']:9.1f} {row['routed']:7.0%} {row['decide_ns']:6.0f} ns "
          f"{row['portable_ns']:6.0f} ns {row['cold_ns']:6.0f} ns {'-' if count is None else f'{count:.0f}':>8} "
          f"{beside[0]:>10} {beside[1]:>11}")
warm = {row["rules"]: row["decide_ns"] for row in rows}
for row in engines():
    if "error" in row:
        print(f"{row['rules']:7} {row['engine']}: could not run: {row['error']}")
    else:
        ratio = row["microseconds"] * 1000 / warm[row["rules"]]
        print(f"{row['rules']:7} {row['engine']:24} {row['microseconds']:10.1f} µs   {ratio:10.0f} times a decision by the table")
print("Cedar's published native figure, not run here: 4 to 11 µs median "
      f"({4000 / warm[1000]:.0f} to {11000 / warm[1000]:.0f} times a decision at 1,000 rules)")
