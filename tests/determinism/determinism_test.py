#!/usr/bin/env python3
"""The same input always gives the same bytes: each command on each example, twenty times.

    determinism_test.py ROUTEC ROOT SHUFFLED_HASHES

Every run has addresses of its own (the system lays a process out anew), another seed for the hashes of texts, which
SHUFFLED_HASHES gives where it can be preloaded, and other bytes in memory that was freed (MALLOC_PERTURB_).
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor

ROUTEC, ROOT, SHUFFLED = (pathlib.Path(word).resolve() for word in sys.argv[1:4])
RUNS = 20
POLICIES = sorted(path for path in (ROOT / "examples").glob("*/*.route") if path.name != "catalog.route")
POLICIES.append(ROOT / "tests/verify/faults/sound.route")
# A program with a sanitizer wants its own library to be the first one.
CAN_PRELOAD = subprocess.run([ROUTEC, "--version"], env={"LD_PRELOAD": str(SHUFFLED)}, capture_output=True).stderr == b""


def environment(run):
    more = {"LD_PRELOAD": str(SHUFFLED)} if CAN_PRELOAD else {}
    return {"PATH": "/usr/bin:/bin", "ROUTE_HASH_SEED": str(run), "MALLOC_PERTURB_": str(run % 256), **more}


class Determinism(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.tmp = pathlib.Path(folder.name)

    def outcome(self, words, run):
        """All that a command gives: its exit code, both streams, and the file or folder that it was to write."""
        made = self.tmp / "made" / str(run)
        made.parent.mkdir(exist_ok=True)
        done = subprocess.run([ROUTEC, *(made if word == "MADE" else word for word in words), "--today", "2026-11-24"],
                              capture_output=True, timeout=300, env=environment(run))
        files = {}
        for path in sorted(made.rglob("*")) if made.is_dir() else [made] if made.exists() else []:
            files[path.relative_to(made).as_posix()] = path.read_bytes()
            path.unlink()
        return done.returncode, done.stdout.replace(bytes(made), b"MADE"), done.stderr.replace(bytes(made), b"MADE"), files

    def assert_same_each_time(self, *words):
        with self.subTest(" ".join(str(word) for word in words)), ThreadPoolExecutor(os.cpu_count()) as pool:
            outcomes = list(pool.map(lambda run: self.outcome(words, run), range(RUNS)))
            self.assertIn(outcomes[0][0], (0, 1), outcomes[0][2])
            self.assertTrue(outcomes[0][1] or outcomes[0][3])
            for outcome in outcomes[1:]:
                self.assertEqual(outcome, outcomes[0])

    def test_check(self):
        for policy in POLICIES:
            self.assert_same_each_time("check", policy, "--format", "json", "--emit-smt2", "MADE")

    def test_audit(self):
        for policy in POLICIES:
            self.assert_same_each_time("check", policy, "--audit")

    def test_build(self):
        for policy in POLICIES:
            self.assert_same_each_time("build", policy, "-o", "MADE", "--unverified")

    def test_dump(self):
        for policy in POLICIES:
            for phase in ("ast", "ir", "smt", "table"):
                self.assert_same_each_time("dump", policy, f"--phase={phase}")

    def test_diff(self):
        """Each example with another one, so that there is much to say."""
        for before, after in zip(POLICIES, POLICIES[1:]):
            self.assert_same_each_time("diff", before, after, "--format", "json")

    def test_hashes_are_shuffled(self):
        if not CAN_PRELOAD:
            self.skipTest("nothing can be preloaded into this program")
        dump = [ROUTEC, "dump", POLICIES[0], "--phase=smt"]
        done = subprocess.run(dump, env={"LD_PRELOAD": str(SHUFFLED), "LD_DEBUG": "bindings"}, capture_output=True, text=True)
        bindings = [line for line in done.stderr.splitlines() if "_Hash_bytes" in line and str(ROUTEC) in line]
        self.assertTrue(any(f"to {SHUFFLED}" in line for line in bindings), bindings)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
