#!/usr/bin/env python3
"""Each fault that is seeded into the compiler (seeded_faults.py) gets past the compiler and not past the checkers.

    faults_test.py ROUTEC ROUTEC_WITH_FAULTS ROUTEAUDIT ROOT

For each there is a policy of which something is not so: a guarantee that is false, or a table that does something else than what was
proved. routec without faults says so, or makes another bundle. A fault in the encoder or in the table's writer is found by routec itself,
which checks its own work and then ends with an internal error. That is not what an auditor relies on: the same fault together with
UNCHECKED, which takes these checks out, makes a bundle and a pack as if all were well, and routeaudit and its twin both reject them.
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROUTEC, FAULTY, ROUTEAUDIT, ROOT = (pathlib.Path(word).resolve() for word in sys.argv[1:5])
SAMPLE, SERVICES = ((ROOT / "tests/audit" / name).read_text() for name in ("sample.route", "services.route"))

sys.path.insert(0, str(ROOT / "tests/audit"))
import seeded_faults  # noqa: E402

INTERNAL_ERROR = 70
CASES_ONLY, CLAUSES = ("--most-cases", "256"), ("--most-cases", "0")

# A policy with one rule and one guarantee, which is false. What a fault changes must not make anything else of it look false.
SMALL = """policy small version "1"

attribute tier    one of free, gold        from tenant             default free
attribute data    any of personal, health  from header "x-data"    default nothing
attribute urgent  yes/no                   from header "x-urgent"  default no

vendor acme { headquarters FR }
vendor zeta { headquarters US }
model small { quality 70   context 8k tokens }
deployment paris  serves small { vendor acme   processed in FR   price 2 USD in, 6 USD out }
deployment oregon serves small { vendor zeta   processed in US   price 1 USD in, 3 USD out }

rule at_home
  when WHEN
  require processed in FR

route all  to { paris weight 1, oregon weight 1 }

guarantee false_one  PREMISEevery deployment reached is processed in FR
"""


def small(when, premise=""):
    return SMALL.replace("WHEN", when).replace("PREMISE", premise)


FALSE = SAMPLE + "\nguarantee false_one  every deployment reached is processed in FR\n"

# Refused by a refusal that nobody knows to apply before services have answered: one that processes elsewhere sees the prompt.
SEEN = SERVICES + "\nguarantee false_one  when tier is free and difficulty >= 99%, every deployment reached is processed in FR\n"

GAP = small("data includes health").replace("route all  to", "route some  when urgent to").partition("guarantee")[0]

# One request is compared with another. Each text ends with a guarantee that is false, the last one's is true.
GOLD_AT_HOME = small("tier is gold").partition("guarantee")[0]
GOLD_REFUSED = GOLD_AT_HOME.replace("tier is gold", "urgent") + 'refuse closed\n  when tier is gold\n  with "closed"\n\n'
ALLOWED, SERVED = (f"every request with tier gold is {what} the same request with tier free is\n" for what in ("allowed every deployment that", "served if"))
COMPARED = small("data includes health").partition("guarantee")[0] + f"""
rule gold_health  when tier is gold and data includes health  require processed in FR
rule free_hurry   when tier is free and urgent  require processed in FR

guarantee gold_first  {ALLOWED}"""

# What a tag and a property ask of services, for which deployments and not only models must carry them.
TAGGED = SERVICES.replace("retention 0 days   carbon 40", "retention 0 days   carbon 40   tags calm").replace("route all", """rule calm_only
  when tier is gold and data includes personal
  require calm
rule green_only
  when tier is gold and urgent
  require carbon <= 500

route all""")
TRUE = (SAMPLE, SERVICES, COMPARED, TAGGED)

# What is about services is shown of SERVICES, everything else of SAMPLE.
ABOUT_SERVICES = ("table-moves-services", "table-forgets-a-screen", "table-keeps-another-service", "table-knows-what-services-answer",
                  "core-leaves-out-a-service", "core-changes-a-services-fact", "core-asks-nothing-of-services",
                  "core-says-a-service-answers-something-else", "core-asks-a-service-for-less")
ABOUT_TAGS = ("core-says-deployments-carry-no-tags", "core-says-only-models-have-a-property", "facts-spare-services-what-deployments-carry")
ABOUT_COMPARISONS = {
    "encoder-compares-a-value-with-itself": GOLD_AT_HOME + "guarantee false_one  " + ALLOWED,
    "encoder-compares-the-wrong-way-round": GOLD_AT_HOME + "guarantee false_one  the first choice with tier gold has price in at most that with tier free\n",
    "encoder-allows-what-is-refused": GOLD_REFUSED + "guarantee false_one  " + ALLOWED,
    "encoder-serves-the-first-in-any-case": GOLD_REFUSED + "guarantee false_one  " + SERVED,
    **dict.fromkeys(("prover-divides-no-comparison", "core-swaps-what-is-compared"), COMPARED),
}

# Of each fault: the policy. SAMPLE and SERVICES have only true guarantees: there the table, the core or the certificate is wrong.
CASES = {
    "encoder-drops-not": small("data includes health", "when not (data includes health), "),
    "encoder-takes-or-for-and": small("data includes health", "when (data includes health) or urgent, "),
    "encoder-takes-and-for-or": small("(data includes health) and urgent", "when urgent, "),
    "encoder-applies-every-rule": small("data includes health"),
    "encoder-ends-a-range-early": small("data includes health", "when urgent, "),
    "encoder-reaches-the-first-only": small("data includes health"),
    "encoder-asks-no-service": SEEN,
    "prover-hides-what-is-violated": FALSE,
    "prover-hides-a-gap": GAP,  # some requests find no route
    "table-says-verified": FALSE,
    **ABOUT_COMPARISONS,
    **dict.fromkeys(ABOUT_TAGS, TAGGED),
    **{name: SERVICES if name in ABOUT_SERVICES else SAMPLE for name in seeded_faults.FAULTS if name.startswith(("table-", "core-", "prover-"))
       and name not in ("prover-hides-what-is-violated", "prover-hides-a-gap", "table-says-verified", *ABOUT_COMPARISONS, *ABOUT_TAGS)},
}
# What has to do with one kind of certificate; everything else is tried with both.
FORMS = {"prover-widens-cells-too-far": [CLAUSES], "prover-drops-a-hint": [CLAUSES], "prover-applies-what-may-apply": [CASES_ONLY]}


class Faults(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.tmp = pathlib.Path(holder.name)

    def make(self, program, faults, *words):
        """Makes a bundle and a pack anew. The exit codes of both programs, what they say, and the bundle's bytes if there is one."""
        environment = {**os.environ, "ROUTE_SEEDED_FAULTS": ",".join(faults)}
        codes, said, bundle = [], "", self.tmp / "p.rtb"
        for command in (("build", "--unverified", "p.route", "-o", "p.rtb"), ("prove", "p.route", "-o", "p.rpp", *words)):
            (self.tmp / command[command.index("-o") + 1]).unlink(missing_ok=True)
            done = subprocess.run([program, *command], cwd=self.tmp, env=environment, capture_output=True, text=True, timeout=300)
            codes.append(done.returncode)
            said += done.stdout + done.stderr
        return codes, said, bundle.read_bytes() if bundle.exists() else b""

    def audit(self):
        """The exit codes of both checkers, and what they say."""
        words = ["check", "p.rpp", "--bundle", "p.rtb", "--sources", "."]
        done = [subprocess.run([*program, *words], cwd=self.tmp, capture_output=True, text=True, timeout=300)
                for program in ([ROUTEAUDIT], [sys.executable, ROOT / "audit/routeaudit.py"])]
        return [each.returncode for each in done], "".join(each.stdout + each.stderr for each in done)

    def test_each_fault_is_found(self):
        self.assertEqual(set(CASES), set(seeded_faults.FAULTS))
        self.assertGreaterEqual(len(CASES), 15)
        for fault, text in CASES.items():
            (self.tmp / "p.route").write_text(text)
            for words in FORMS.get(fault, [CASES_ONLY, CLAUSES]):
                with self.subTest(fault=fault, most_cases=words[1]):
                    good_codes, good_said, good_bundle = self.make(ROUTEC, (), *words)
                    self.assertEqual(good_codes, [0, 0 if text in TRUE else 1], good_said)
                    good_audit, said = self.audit()
                    self.assertEqual(good_audit, [good_codes[1]] * 2, said)
                    self.assertNotIn("REJECTED", said)
                    codes, said, bundle = self.make(FAULTY, (fault, *seeded_faults.UNCHECKED), *words)
                    self.assertEqual(codes, [0, 1 if text in (FALSE, GAP) else 0], said)
                    if fault.startswith("table-"):
                        self.assertNotEqual(bundle, good_bundle)
                    codes, said = self.audit()
                    self.assertEqual(codes, [1, 1], said)
                    reasons = [line for line in said.splitlines() if line.startswith("REJECTED")]
                    self.assertEqual(len(reasons), 2, said)
                    for reason in reasons:  # it is rejected for what is wrong with it
                        if text == TAGGED or fault.startswith("core-asks-"):
                            self.assertIn("something else is asked of services than of deployments", reason)
                        elif text == COMPARED:
                            self.assertRegex(reason, "does not establish.*gold_first|gold_first.*does not establish")
                        else:
                            self.assertRegex(reason, "false_one" if "false_one" in text and fault != "table-says-verified" else "bundle|verified"
                                             if fault.startswith("table-") else "does not (follow|establish)|no entry|there is not|bundle|is asked of services")

    def test_without_a_fault_it_is_routec(self):
        (self.tmp / "p.route").write_text(SAMPLE)
        for faults in ((), tuple(seeded_faults.UNCHECKED)):
            for words in (CASES_ONLY, CLAUSES):
                *_, good_bundle = self.make(ROUTEC, (), *words)
                good_pack = (self.tmp / "p.rpp").read_bytes()
                *_, bundle = self.make(FAULTY, faults, *words)
                self.assertEqual((bundle, (self.tmp / "p.rpp").read_bytes()), (good_bundle, good_pack))

    def test_routec_itself_finds_what_the_encoder_and_the_table_get_wrong(self):
        """No bundle of a wrong table is written, and no pack of a wrong answer."""
        for fault, text in CASES.items():
            (self.tmp / "p.route").write_text(text)
            with self.subTest(fault=fault):
                codes, said, bundle = self.make(FAULTY, (fault,))
                if fault.startswith("encoder-"):
                    self.assertEqual(codes[1], INTERNAL_ERROR, said)
                    self.assertRegex(said, "a request breaks what was reported as proved|the evaluator does not confirm the solver's answer")
                    self.assertFalse((self.tmp / "p.rpp").exists())
                elif fault.startswith("table-"):
                    self.assertEqual((codes[0], bundle), (INTERNAL_ERROR, b""), said)
                    self.assertIn("the bundle does not say what the policy does", said)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[5:])
