#!/usr/bin/env python3
"""Each fault that is seeded into the compiler (seeded_faults.py) gets past the compiler and not past the checkers.

    faults_test.py ROUTEC ROUTEC_WITH_FAULTS ROUTEAUDIT ROOT

For each there is a policy of which something is not so: a guarantee that is false, or a table that does something else than what was
proved. routec without faults says so, or makes another bundle; with the fault it makes a bundle and a pack as if all were well; routeaudit
and its twin both reject them.
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROUTEC, FAULTY, ROUTEAUDIT, ROOT = (pathlib.Path(word).resolve() for word in sys.argv[1:5])
SAMPLE = (ROOT / "tests/audit/sample.route").read_text()

sys.path.insert(0, str(ROOT / "tests/audit"))
import seeded_faults  # noqa: E402

BELIEVES = "prover-believes-the-solver"  # without it, the prover itself notices that a guarantee is false
CLAUSES = ("--most-cases", "0")

# Of each fault: a false guarantee, or none where it is the table, the core or the certificate that is wrong; and what else it takes.
CASES = {
    "encoder-drops-not": ("when not (tier is gold), every deployment reached is processed in FR", BELIEVES),
    "encoder-takes-or-for-and": ("when tier is free or urgent, every deployment reached is processed in FR", BELIEVES),
    "encoder-takes-and-for-or": ("when tier is gold and urgent, every deployment reached is processed in FR", BELIEVES),
    "encoder-applies-every-rule": ("every deployment reached is processed in FR", BELIEVES),
    "encoder-ends-a-range-early": ("when spend >= 100%, every deployment reached is processed in FR", BELIEVES),
    "encoder-reaches-the-first-only": ("when tier is free and not urgent, every deployment reached is processed in FR", BELIEVES),
    BELIEVES: ("every deployment reached is processed in FR", "encoder-applies-every-rule"),
    "prover-hides-what-is-violated": ("every deployment reached is processed in FR", ""),
    "table-says-verified": ("every deployment reached is processed in FR", ""),
    **{name: (None, "") for name in seeded_faults.FAULTS if name.startswith(("table-", "core-", "prover-"))
       and name not in (BELIEVES, "prover-hides-what-is-violated", "table-says-verified")},
}
WITH_CLAUSES = {"prover-widens-cells-too-far", "prover-leaves-a-variable-out"}


class Faults(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.tmp = pathlib.Path(holder.name)

    def make(self, program, faults, *words):
        """Makes a bundle and a pack. The exit codes of both programs, what they say, and the bundle's bytes."""
        environment = {**os.environ, "ROUTE_SEEDED_FAULTS": faults}
        codes, said = [], ""
        for command in (("build", "--unverified", "p.route", "-o", "p.rtb"), ("prove", "p.route", "-o", "p.rpp", *words)):
            done = subprocess.run([program, *command], cwd=self.tmp, env=environment, capture_output=True, text=True, timeout=300)
            codes.append(done.returncode)
            said += done.stdout + done.stderr
        return codes, said, (self.tmp / "p.rtb").read_bytes()

    def audit(self):
        """The exit codes of both checkers, and what they say."""
        words = ["check", "p.rpp", "--bundle", "p.rtb", "--sources", "."]
        done = [subprocess.run([*program, *words], cwd=self.tmp, capture_output=True, text=True, timeout=300)
                for program in ([ROUTEAUDIT], [sys.executable, ROOT / "audit/routeaudit.py"])]
        return [each.returncode for each in done], "".join(each.stdout + each.stderr for each in done)

    def test_each_fault_is_found(self):
        self.assertEqual(set(CASES), set(seeded_faults.FAULTS))
        self.assertGreaterEqual(len(CASES), 15)
        for fault, (guarantee, with_it) in CASES.items():
            with self.subTest(fault=fault):
                words = CLAUSES if fault in WITH_CLAUSES else ()
                text = SAMPLE if guarantee is None else f"{SAMPLE}\nguarantee false_one  {guarantee}\n"
                (self.tmp / "p.route").write_text(text)
                good_codes, good_said, good_bundle = self.make(ROUTEC, "", *words)
                good_audit, said = self.audit()
                self.assertEqual(good_codes[1], 0 if guarantee is None else 1, good_said)
                self.assertEqual(good_audit, [good_codes[1]] * 2, said)
                self.assertNotIn("REJECTED", said)
                codes, said, bundle = self.make(FAULTY, f"{fault},{with_it}", *words)
                if fault != "table-says-verified" and fault != "prover-hides-what-is-violated":
                    self.assertEqual(codes, [0, 0], said)
                if fault.startswith("table-"):
                    self.assertNotEqual(bundle, good_bundle)
                codes, said = self.audit()
                self.assertEqual(codes, [1, 1], said)
                self.assertEqual(said.count("REJECTED"), 2, said)

    def test_without_a_fault_it_is_routec(self):
        (self.tmp / "p.route").write_text(SAMPLE)
        for words in ((), CLAUSES):
            *_, good_bundle = self.make(ROUTEC, "", *words)
            good_pack = (self.tmp / "p.rpp").read_bytes()
            *_, bundle = self.make(FAULTY, "", *words)
            self.assertEqual((bundle, (self.tmp / "p.rpp").read_bytes()), (good_bundle, good_pack))

    def test_the_prover_notices_what_the_solver_gets_wrong(self):
        for fault, (guarantee, with_it) in CASES.items():
            if fault.startswith("encoder-"):
                with self.subTest(fault=fault):
                    (self.tmp / "p.route").write_text(f"{SAMPLE}\nguarantee false_one  {guarantee}\n")
                    codes, said, _ = self.make(FAULTY, fault)
                    self.assertEqual(codes, [0, 70], said)
                    self.assertIn("a request breaks what was reported as proved", said)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[5:])
