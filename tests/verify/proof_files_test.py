#!/usr/bin/env python3
"""What `routec check` writes about its proofs: queries that other solvers answer as it does itself, tests that parse and
say what was found, the rules that carry a proof; and that the same policy always gives the same output.

    proof_files_test.py ROUTEC ROOT

cvc5 and z3 are asked if they are installed, as CI does.
"""

import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROUTEC = pathlib.Path(sys.argv[1]).resolve()
ROOT = pathlib.Path(sys.argv[2]).resolve()
POLICIES = sorted(path for path in (ROOT / "examples").glob("*/*.route") if path.name != "catalog.route")
SOUND = ROOT / "tests/verify/faults/sound.route"
SOLVERS = [(name, options) for name, options in (("cvc5", ["--lang", "smt2"]), ("z3", ["-smt2"])) if shutil.which(name)]


def routec(*words, hash_seed="0"):
    done = subprocess.run([ROUTEC, *words, "--today", "2026-11-24"], capture_output=True, text=True, timeout=120,
                          env={"PATH": "/usr/bin:/bin", "PYTHONHASHSEED": hash_seed})
    return done.returncode, done.stdout, done.stderr


class ProofFiles(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.tmp = pathlib.Path(folder.name)

    def answers(self, name, options, files):
        """All queries of a policy in one run of the solver, each after a reset."""
        script = self.tmp / "all.smt2"
        script.write_text("(reset)\n".join(file.read_text() for file in files))
        done = subprocess.run([name, *options, script], capture_output=True, text=True, timeout=300)
        return done.stdout.split()

    def test_other_solvers_answer_the_queries_alike(self):
        for policy in POLICIES + [SOUND]:
            with self.subTest(policy=policy.parent.name):
                queries = self.tmp / f"queries-{policy.parent.name}-{policy.stem}"
                code, out, err = routec("check", policy, "--audit", "--emit-smt2", queries, "--format", "json")
                self.assertIn(code, (0, 1), err)
                files = sorted(queries.glob("*.smt2"))
                self.assertGreater(len(files), 3)
                texts = [file.read_text() for file in files]
                self.assertTrue(all(text.count("(check-sat)") == 1 for text in texts))
                for name, options in SOLVERS:
                    answers = self.answers(name, options, files)
                    statuses = [re.search(r"^\(set-info :status (\w+)\)$", text, re.M)[1] for text in texts]
                    self.assertEqual(answers, statuses)
                    self.assertLessEqual(set(answers), {"sat", "unsat"})
                    self.compare(json.loads(out), list(zip(texts, answers)))

    def compare(self, document, answered):
        """The verdicts are those that the answers to the queries give."""
        for row in document["guarantees"]:
            broken = [answer for text, answer in answered
                      if re.search(rf"^; guarantee {row['name']}: ", text, re.M) and "; the premise." not in text]
            self.assertEqual(row["verdict"], "violated" if "sat" in broken else "proved", row["name"])
        dead = [text for text, answer in answered if "; reachability of each route" in text and answer == "unsat"]
        self.assertEqual(bool(dead), any(row["code"] == "R0503" for row in document["diagnostics"]))

    def test_the_engines_agree_on_the_examples(self):
        for policy in POLICIES:
            with self.subTest(policy=policy.parent.name):
                by_engine = [routec("check", policy, "--audit", "--solver", engine, "--format", "json")
                             for engine in ("sat", "z3", "both")]
                self.assertIn(by_engine[0][0], (0, 1), by_engine[0][2])
                self.assertEqual(by_engine[0], by_engine[1])
                self.assertEqual(by_engine[0], by_engine[2])

    def test_twenty_runs_print_the_same(self):
        policy = ROOT / "examples/broken_policy/policy.route"
        printed = {routec("check", policy, "--audit", hash_seed=str(seed)) for seed in range(20)}
        self.assertEqual(len(printed), 1)

    def test_saved_tests_fail_as_long_as_the_promise_is_broken(self):
        text = SOUND.read_text().replace("require processed in EU", "require processed in { FR, DE, US }")
        broken = self.tmp / "broken.route"
        broken.write_text(text)
        saved = self.tmp / "saved.route"
        self.assertEqual(routec("check", broken, "--save-tests", saved)[0], 1)
        self.assertIn('test "guarantee eu_only"', saved.read_text())
        broken.write_text(text + '\nimport "saved.route"\n')
        code, out, err = routec("test", broken)
        self.assertEqual(code, 1, out + err)
        self.assertIn("guarantee eu_only", out)
        sound = self.tmp / "sound.route"
        sound.write_text(SOUND.read_text() + '\nimport "saved.route"\n')
        self.assertEqual(routec("test", sound)[0], 0)

    def test_saved_tests_of_what_nothing_serves_pass(self):
        text = SOUND.read_text().replace("route everything_else ", "route everything_else when workload is not legal ")
        policy = self.tmp / "policy.route"
        policy.write_text(text)
        saved = self.tmp / "saved.route"
        self.assertEqual(routec("check", policy, "--save-tests", saved)[0], 1)
        policy.write_text(text + '\nimport "saved.route"\n')
        self.assertEqual(routec("test", policy)[0], 0)

    def test_a_policy_is_not_overwritten_with_tests(self):
        policy = self.tmp / "policy.route"
        policy.write_text(SOUND.read_text())
        code, _, err = routec("check", policy, "--save-tests", policy)
        self.assertEqual((code, policy.read_text()), (2, SOUND.read_text()), err)

    def test_why_names_what_carries_a_proof(self):
        code, out, err = routec("check", SOUND, "--why", "health_kept", "--format", "json")
        self.assertEqual(code, 0, err)
        why = json.loads(out)["why"]
        # What is processed in the EU keeps nothing, so the rule that one would think of is not needed.
        self.assertEqual([row["name"] for row in why["rules"]], ["personal_in_the_eu"])
        self.assertTrue(why["minimal"])
        why = json.loads(routec("check", SOUND, "--why", "always_served", "--format", "json")[1])["why"]
        self.assertEqual([row["name"] for row in why["rules"] + why["refusals"]], [])
        self.assertEqual(routec("check", SOUND, "--why", "nobody")[0], 2)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
