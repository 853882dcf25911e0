#!/usr/bin/env python3
"""`routec check --cache` and `routec build --cache`: the same output as without, whatever is in the folder.

    cache_test.py ROUTEC ROOT
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROUTEC = pathlib.Path(sys.argv[1]).resolve()
ROOT = pathlib.Path(sys.argv[2]).resolve()
POLICIES = sorted(path for path in (ROOT / "examples").glob("*/*.route") if path.name != "catalog.route")
POLICIES.append(ROOT / "tests/verify/faults/sound.route")


class Cache(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.tmp = pathlib.Path(folder.name)
        self.folder = self.tmp / "kept"
        self.file = self.folder / "routec.verdicts"

    def routec(self, *words, **more):
        environment = {"PATH": "/usr/bin:/bin"} | more
        done = subprocess.run([ROUTEC, *words, "--today", "2026-11-24"], capture_output=True, text=True, timeout=120, env=environment)
        return done.returncode, done.stdout, done.stderr

    def check(self, policy, *words, **more):
        return self.routec("check", policy, "--audit", *words, **more)

    def test_the_output_is_the_same_with_and_without(self):
        for policy in POLICIES:
            with self.subTest(policy=policy.parent.name):
                without = self.check(policy)
                for _ in range(2):
                    self.assertEqual(self.check(policy, "--cache", self.folder), without)
                self.assertEqual(self.check(policy, ROUTEC_CACHE=str(self.folder)), without)
        self.assertTrue(self.file.exists())

    def test_a_run_that_finds_everything_writes_nothing(self):
        self.check(POLICIES[0], "--cache", self.folder)
        before = self.file.stat().st_mtime_ns, self.file.read_bytes()
        self.check(POLICIES[0], "--cache", self.folder)
        self.assertEqual((self.file.stat().st_mtime_ns, self.file.read_bytes()), before)
        self.assertEqual(os.listdir(self.folder), [self.file.name])

    def test_a_bundle_is_the_same_with_and_without(self):
        policy = ROOT / "tests/verify/faults/sound.route"
        bundles = []
        for name, words in (("a", []), ("b", ["--cache", self.folder]), ("c", ["--cache", self.folder])):
            code, _, err = self.routec("build", policy, "-o", self.tmp / name, *words)
            self.assertEqual((code, err), (0, ""))
            bundles.append((self.tmp / name).read_bytes())
        self.assertEqual(bundles[0], bundles[1])
        self.assertEqual(bundles[0], bundles[2])

    def test_a_damaged_file_is_left_out_with_a_note_and_replaced(self):
        code, out, _ = self.check(POLICIES[0], "--cache", self.folder)
        whole = self.file.read_bytes()
        for damaged in (b"", b"nonsense", whole[:-1], whole[:100], bytes([whole[0] ^ 1]) + whole[1:], whole[:200] + b"\x00" + whole[201:]):
            if damaged == whole:
                continue
            self.file.write_bytes(damaged)
            again = self.check(POLICIES[0], "--cache", self.folder)
            self.assertEqual(again[:2], (code, out))
            self.assertIn("is damaged; it is not used and will be replaced", again[2])
            self.assertEqual(self.file.read_bytes(), whole)

    def test_what_cannot_be_a_cache_changes_no_verdict(self):
        code, out, _ = self.check(POLICIES[0])
        in_the_way = self.tmp / "a_file"
        in_the_way.write_text("not a folder")
        again = self.check(POLICIES[0], "--cache", in_the_way)
        self.assertEqual(again[:2], (code, out))
        self.assertIn("the verdict cache is not kept", again[2])
        self.folder.mkdir()
        os.mkfifo(self.file)  # nobody writes into it, and nobody waits for it
        again = self.check(POLICIES[0], "--cache", self.folder)
        self.assertEqual(again[:2], (code, out))
        self.assertIn("the verdict cache is not used", again[2])

    def test_runs_at_once_do_not_disturb_each_other(self):
        without = [self.check(policy)[:2] for policy in POLICIES]
        running = [(number, subprocess.Popen([ROUTEC, "check", policy, "--audit", "--cache", self.folder, "--today", "2026-11-24"],
                                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
                   for number, policy in enumerate(POLICIES) for _ in range(2)]
        for number, process in running:
            out, err = process.communicate(timeout=120)
            self.assertEqual((process.returncode, out), without[number])
            self.assertEqual(err, "")
        self.assertEqual(os.listdir(self.folder), [self.file.name])
        self.assertEqual(self.check(POLICIES[0], "--cache", self.folder)[2], "")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
