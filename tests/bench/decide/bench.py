#!/usr/bin/env python3
"""A decision by the table beside other ways to decide it, in one run: `ninja bench_decide`.

    bench.py DECIDE_BENCH FOLDER [CLIPS_BENCH]      FOLDER holds what npm and go make

Prints, for 100, 1,000 and 10,000 rules (12 attributes, 300 deployments, seeds 1 and 2): nanoseconds for a decision that is warm, one of a
batch, one from values that are read first, and one whose table was put out of the caches, instructions for a decision by callgrind, the same policy as a chain of `if`s compiled
with -O2; then engines from npm and from Debian on the same conditions and requests, with ratios. What is not there is left out and said."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

bench, folder = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
clips = pathlib.Path(sys.argv[3]).resolve() if len(sys.argv) > 3 else None
here = pathlib.Path(__file__).resolve().parent
GO_LIBRARIES = pathlib.Path("/usr/share/gocode")  # where Debian puts them


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


def from_npm():
    """The command that runs the engines from npm, or none."""
    if not shutil.which("npm") or not shutil.which("node"):
        print("npm or node is not there: its engines are left out")
        return None
    for name in ("package.json", "run.mjs"):
        shutil.copy(here / "engines" / name, folder / name)
    done = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--silent"], cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        print("npm cannot install its engines: they are left out:", (done.stdout + done.stderr).strip()[:200])
        return None
    return ["node", "run.mjs"]


def casbin():
    """The command that runs Casbin, or none."""
    if not shutil.which("go") or not (GO_LIBRARIES / "src/github.com/casbin/casbin").is_dir():
        print("golang-go or golang-github-casbin-casbin-dev is not there: Casbin is left out")
        return None
    program = folder / "casbin_bench"
    settings = {"GO111MODULE": "off", "GOPATH": str(GO_LIBRARIES), "GOCACHE": str(folder / "go"), "GOFLAGS": ""}
    done = subprocess.run(["go", "build", "-o", program, here / "casbin/main.go"], env=os.environ | settings, capture_output=True,
                          text=True)
    if done.returncode != 0:
        print("go cannot build Casbin: it is left out:", done.stderr.strip()[:200])
        return None
    return [program]


def engines():
    """What each engine takes, as rows."""
    if clips is None:
        print("libclips-dev was not there when this was built: CLIPS is left out")
    folder.mkdir(parents=True, exist_ok=True)
    commands = [command for command in (from_npm(), clips and [clips], casbin()) if command]
    rows = []
    for rules in (100, 1000):
        policy = folder / f"policy_{rules}.json"
        subprocess.run([bench, "--export", str(rules), policy], check=True)
        for command in commands:
            done = subprocess.run([*command, policy], cwd=folder, capture_output=True, text=True)
            rows += [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
            if done.returncode != 0:
                print(f"{command[0]}:", done.stderr.strip()[:300])
    return rows


rows = [json.loads(line) for line in subprocess.run([bench], check=True, capture_output=True, text=True).stdout.splitlines()]
print(f"{'rules':>7} {'bundle':>10} {'applying':>9} {'routed':>7} {'warm':>9} {'batch':>9} {'values':>9} {'portable':>9} {'AVX2':>9} {'cold':>9} {'instr.':>8} {'if chain':>10} {'chain/warm':>11}")
for row in rows:
    count = instructions(row["rules"]) if shutil.which("valgrind") else None
    chain = row.get("chain_ns")
    beside = ("-", "-") if chain is None else (f"{chain:.0f} ns", f"{chain / row['decide_ns']:.2f}")
    avx2 = f"{row['avx2_ns']:.0f} ns" if "avx2_ns" in row else "-"
    print(f"{row['rules']:7} {row['bytes']:10} {row['rules_applying']:9.1f} {row['routed']:7.0%} {row['decide_ns']:6.0f} ns "
          f"{row['batch_ns']:6.0f} ns {row['values_ns']:6.0f} ns {row['portable_ns']:6.0f} ns {avx2:>9} {row['cold_ns']:6.0f} ns "
          f"{'-' if count is None else f'{count:.0f}':>8} {beside[0]:>10} {beside[1]:>11}")
warm = {row["rules"]: row["decide_ns"] for row in rows}
for row in engines():
    if "error" in row:
        print(f"{row['rules']:7} {row['engine']}: could not run: {row['error']}")
    else:
        ratio = row["microseconds"] * 1000 / warm[row["rules"]]
        print(f"{row['rules']:7} {row['engine']:24} {row['microseconds']:10.1f} µs   {ratio:10.0f} times a decision by the table")
print("Cedar's published native figure, not run here: 4 to 11 µs median "
      f"({4000 / warm[1000]:.0f} to {11000 / warm[1000]:.0f} times a decision at 1,000 rules)")
