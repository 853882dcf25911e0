#!/usr/bin/env python3
"""routec test and routec explain as scripts and people use them.

    testing_test.py ROUTEC ROOT
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as xml

ROUTEC = pathlib.Path(sys.argv[1]).resolve()
ROOT = pathlib.Path(sys.argv[2]).resolve()
FIRST = "examples/first_policy/policy.route"
TODAY = "2026-11-24"
FRAME = """policy p version "1"
attribute tier one of free, gold from tenant default free
attribute data any of personal, health from header "x-data-class" default nothing
attribute spend percent up to 200% from budget
attribute today date from clock
condition rich = tier is gold
vendor mistral { headquarters FR }
vendor openai { headquarters US }
model large { quality 84 }
deployment paris serves large { vendor mistral processed in FR price 0.50 USD in, 1.50 USD out }
deployment us serves large { vendor openai processed in US price 2.50 USD in, 15 USD out }
rule home when data includes health require processed in FR
rule late from 2026-12-01 when rich forbid vendor openai
refuse far when spend > 150%
route rich when rich to us, then paris
route all to paris
"""


def routec(*words, cwd=ROOT, today=TODAY):
    done = subprocess.run([ROUTEC, *words, "--today", today], cwd=cwd, capture_output=True, text=True, timeout=300)
    return done.returncode, done.stdout, done.stderr


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.tmp = pathlib.Path(self.folder.name)

    def write(self, name, text):
        (self.tmp / name).write_text(text)
        return name

    def run_in(self, *words, today=TODAY):
        return routec(*words, cwd=self.tmp, today=today)


class Tests(Case):
    def policies(self):
        self.write("good.route", FRAME + 'test "a <b> & \\"c\\"" given tier gold expect route rich\n'
                                         'test "plain" expect route all\n')
        self.write("bad.route", FRAME + 'test "plain" expect route rich, refused\n')
        self.write("broken.route", FRAME + "route none to nowhere\n")

    def test_several_policies_and_exit_codes(self):
        self.policies()
        self.assertEqual(self.run_in("test", "good.route")[:2], (0, "2 passed, 0 failed\n"))
        code, out, err = self.run_in("test", "good.route", "bad.route", "broken.route")
        self.assertEqual((code, err), (1, ""))
        self.assertIn("good.route: 2 passed, 0 failed\n", out)
        self.assertIn("bad.route: 0 passed, 1 failed\n", out)
        self.assertIn("broken.route: not run, because the policy has errors\n", out)
        self.assertTrue(out.endswith("2 passed, 1 failed, 1 policy with errors\n"), out)
        code, out, err = self.run_in("test", "good.route", "missing.route")
        self.assertEqual(code, 2)
        self.assertIn("missing.route", err)
        self.assertTrue(out.endswith("2 passed, 0 failed\n"), out)

    def test_a_failure_says_what_happened(self):
        self.policies()
        out = self.run_in("test", "bad.route")[1]
        for words in ['test "plain" expects `route rich`, but it is routed by `all`', "request: tier=free", "so: its plan is `paris`",
                      "no rule applies", "routec explain bad.route --given"]:
            self.assertIn(words, re.sub(r"\s+", " ", out))
        command = re.search(r"`routec (explain .*?)`", re.sub(r"\s*\n\s*", " ", out)).group(1)
        done = subprocess.run(f"{ROUTEC} {command}", shell=True, cwd=self.tmp, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("served by route `all`", done.stdout)

    def test_filters(self):
        self.policies()
        self.assertEqual(self.run_in("test", "good.route", "--filter", "pl*")[1], "1 passed, 0 failed, 1 left out by --filter\n")
        self.assertEqual(self.run_in("test", "good.route", "--filter", "p?ain", "--filter", "a *")[1], "2 passed, 0 failed\n")
        code, out, err = self.run_in("test", "good.route", "--filter", "lain")
        self.assertEqual((code, out), (2, ""))
        self.assertIn("no test has a name that --filter matches", err)
        self.assertEqual(self.run_in("test", "good.route", "--filter", "[")[0], 2)
        self.assertEqual(self.run_in("test", "--filter", "plain", "good.route", "bad.route")[0], 1)

    def test_list_and_verbose(self):
        self.policies()
        code, out, _ = self.run_in("test", "good.route", "bad.route", "--list")
        self.assertEqual(code, 0)
        self.assertEqual(out, 'good.route:17: a <b> & "c"\ngood.route:18: plain\nbad.route:17: plain\n')
        rows = json.loads(self.run_in("test", "good.route", "--list", "--format", "json")[1])["tests"]
        self.assertEqual(rows[1], {"name": "plain", "policy": "good.route", "file": "good.route", "line": 18})
        self.assertIn("  passed  plain\n", self.run_in("test", "good.route", "-v")[1])
        self.assertIn("  FAILED  plain\n", self.run_in("test", "bad.route", "--verbose")[1])

    def test_json(self):
        self.policies()
        document = json.loads(self.run_in("test", "good.route", "bad.route", "--format", "json")[1])
        self.assertEqual(document["schema"], "route.test/1")
        self.assertEqual([(t["policy"], t["passed"]) for t in document["tests"]],
                         [("good.route", True), ("good.route", True), ("bad.route", False)])
        self.assertEqual([d["code"] for d in document["diagnostics"]], ["R0701", "R0701"])
        self.assertEqual(document["diagnostics"][0]["witness"]["tier"], "free")
        self.assertNotIn("coverage", document)

    def test_junit(self):
        self.policies()
        code, out, _ = self.run_in("test", "good.route", "bad.route", "broken.route", "--format", "junit")
        self.assertEqual(code, 1)
        root = xml.fromstring(out)
        self.assertEqual(root.attrib | {"name": ""}, {"name": "", "tests": "4", "failures": "1", "errors": "1", "skipped": "0"})
        suites = {suite.get("name"): suite for suite in root}
        self.assertEqual(list(suites), ["good.route", "bad.route", "broken.route"])
        first = suites["good.route"][0]
        self.assertEqual((first.get("name"), first.get("file"), first.get("line"), len(first)), ('a <b> & "c"', "good.route", "17", 0))
        failure = suites["bad.route"][0].find("failure")
        self.assertIn("but it is routed by `all`", failure.get("message"))
        for words in ["bad.route:17: ", "request: tier=free", "so: its plan is", "hint: "]:
            self.assertIn(words, failure.text)
        self.assertIn("there is no group or deployment `nowhere`", suites["broken.route"][0].find("error").get("message"))

    def test_coverage(self):
        self.policies()
        code, out, _ = self.run_in("test", "good.route", "--coverage")
        self.assertEqual(code, 0)
        for line in ["rules 0 of 2 0%", "routes 2 of 2 100%", "tiers 3 of 3 100%", "conditions 2 of 2 100%", "in all 9 of 12 75%",
                     "good.route:12: rule `home` applies in no test", "good.route:14: refusal `far` answers no test"]:
            self.assertIn(line, re.sub(" +", " ", out).replace("\n ", "\n").splitlines())
        self.assertEqual(self.run_in("test", "good.route", "--coverage-threshold", "75")[0], 0)
        code, out, _ = self.run_in("test", "good.route", "--coverage-threshold", "76")
        self.assertEqual(code, 1)
        self.assertTrue(out.endswith("coverage is 75%, which is below 76%\n"), out)
        for wrong in ["0", "101", "x"]:
            self.assertEqual(self.run_in("test", "good.route", "--coverage-threshold", wrong)[0], 2)
        coverage = json.loads(self.run_in("test", "good.route", "--coverage", "--format", "json")[1])["coverage"][0]
        self.assertEqual((coverage["policy"], coverage["percent"]), ("good.route", 75))
        self.assertEqual(coverage["kinds"][0], {"kind": "rules", "reached": 0, "total": 2, "percent": 0})
        self.assertEqual(coverage["not_reached"][0], {"kind": "rule", "what": "rule `home` excludes a deployment",
                                                      "file": "good.route", "line": 12, "why": "applies in no test"})
        fewer = json.loads(self.run_in("test", "good.route", "--coverage", "--filter", "plain", "--format", "json")[1])
        self.assertLess(fewer["coverage"][0]["percent"], 75)

    def test_lcov(self):
        self.policies()
        code, _, err = self.run_in("test", "good.route", "bad.route", "--coverage-lcov", "out.info")
        self.assertEqual((code, err), (1, ""))
        text = (self.tmp / "out.info").read_text()
        self.assertEqual(re.findall("^SF:(.*)$", text, re.M), ["bad.route", "good.route"])
        good = text[text.index("SF:good.route"):]
        for record in ["FN:12,rule home", "FNDA:0,rule home", "DA:12,0", "DA:15,1", "BRDA:12,0,0,-", "LF:8", "end_of_record"]:
            self.assertIn(record + "\n", good)
        before = (self.tmp / "good.route").read_text()
        self.assertEqual(self.run_in("test", "good.route", "--coverage-lcov", "good.route")[0], 2)
        self.assertEqual((self.tmp / "good.route").read_text(), before)
        self.assertEqual(self.run_in("test", "good.route", "--coverage-lcov", "no/out.info")[0], 2)

    def test_what_is_suggested_can_be_added_and_passes_on_any_day(self):
        self.policies()
        document = json.loads(self.run_in("test", "good.route", "--suggest", "--format", "json")[1])["coverage"][0]
        self.assertEqual((document["unreachable"], document["unanswered"]), ([], []))
        tests = [suggestion["test"] for suggestion in document["suggestions"]]
        text = self.run_in("test", "good.route", "--suggest")[1]
        for test in tests:
            self.assertIn(test, text)
        self.write("more.route", (self.tmp / "good.route").read_text() + "\n" + "\n".join(tests))
        code, out, _ = self.run_in("test", "more.route", "--coverage-threshold", "100")
        self.assertEqual(code, 0, out)
        for today in ["2027-06-01", "2020-01-01"]:
            code, out, _ = self.run_in("test", "more.route", today=today)
            self.assertEqual(code, 0, out)
        self.assertNotIn("test \"", self.run_in("test", "more.route", "--suggest")[1])

    def test_suggestions_say_what_no_request_reaches(self):
        self.write("dead.route", FRAME + "route dead when tier is gold to us\n")
        text = self.run_in("test", "dead.route", "--suggest")[1]
        self.assertIn("so for no request\n  dead.route:17: route `dead` decides\n", text)

    def test_the_first_policy_can_be_covered(self):
        policy = (ROOT / FIRST).read_text()
        catalog = ROOT / "examples/first_policy/catalog.route"
        self.write("catalog.route", catalog.read_text())
        self.write("policy.route", policy)
        document = json.loads(self.run_in("test", "policy.route", "--suggest", "--format", "json")[1])["coverage"][0]
        self.assertEqual((document["unreachable"], document["unanswered"]), ([], []))
        self.write("policy.route", policy + "\n".join(s["test"] for s in document["suggestions"]))
        code, out, _ = self.run_in("test", "policy.route", "--coverage-threshold", "100")
        self.assertEqual(code, 0, out)


class Explanations(Case):
    def test_a_policy_in_three_forms(self):
        code, text, err = routec("explain", FIRST)
        self.assertEqual((code, err), (0, ""))
        self.assertEqual([line for line in text.splitlines() if len(line) > 80 and " " in line.strip(" -")], [])
        for words in ["The policy `first_policy`, version 2026.11", "`tier` is one of free, silver, gold and platinum.",
                      "(claimed by the caller)", "(measured by the gateway)", "a deployment may answer only if", "Reason: \"GDPR chapter V\"",
                      "a request is refused", "This is proved."]:
            self.assertIn(words, re.sub(r"\s+", " ", text))
        markdown = routec("explain", FIRST, "--format", "markdown")[1]
        self.assertTrue(markdown.startswith("# The policy `first_policy`, version 2026.11\n\n## What is known about a request\n"))
        document = json.loads(routec("explain", FIRST, "--format", "json")[1])
        self.assertEqual((document["schema"], document["policy"], document["version"]),
                         ("route.explanation/1", "first_policy", "2026.11"))
        core = json.loads(routec("dump", FIRST, "--phase", "ir")[1])
        named = {point.get("name") for section in document["sections"] for point in section["points"]}
        for kind in ["attributes", "deployments", "rules", "refusals", "routes", "guarantees"]:
            self.assertEqual({entry["name"] for entry in core[kind]} - named, set(), kind)
        self.assertEqual(routec("explain", FIRST)[1], text)

    def test_a_policy_with_problems(self):
        code, out, err = routec("explain", "examples/broken_policy/policy.route")
        self.assertEqual(code, 0)
        self.assertIn("This does NOT hold", out)
        self.assertIn("problems, which `routec check` shows", err)
        self.write("p.route", FRAME + "route none to nowhere\n")
        code, out, err = self.run_in("explain", "p.route")
        self.assertEqual((code, out), (1, ""))
        self.assertIn("nowhere", err)
        code, out, _ = self.run_in("explain", "p.route", "--given", "", "--format", "json")
        self.assertEqual((code, [d["code"] for d in json.loads(out)["diagnostics"]]), (1, ["R0201"]))

    def test_wrong_usage(self):
        for words in [("explain", "missing.route"), ("explain", FIRST, "--given", "teir=gold"), ("explain", "missing.rtb", "--given", ""),
                      ("explain", FIRST, "--format", "junit"), ("explain", FIRST, "--format", "yaml")]:
            code, out, err = routec(*words)
            self.assertEqual((code, out), (2, ""), words)
            self.assertNotEqual(err, "")

    def test_decisions_of_every_outcome(self):
        self.write("p.route", FRAME.replace("route all to paris", "route all when tier is free to us")
                   .replace("route rich when rich to us, then paris", "route rich when rich and spend < 50% to paris"))
        for given, words in [("tier=gold", "The request is served by route `rich`, first by `paris`."),
                             ("spend=160%", "The request is refused by `far`."),
                             ("tier=gold spend=60%", "The request is not served, because no route fits it."),
                             ("data=health", "The request is not served, because nothing that route `all` leads to is allowed.")]:
            code, out, err = self.run_in("explain", "p.route", "--given", given)
            self.assertEqual((code, err), (0, ""))
            self.assertTrue(re.sub(r"\s+", " ", out).startswith(words), out)

    def test_why_and_what_would_change_it(self):
        self.write("p.route", FRAME)
        out = re.sub(r"\s+", " ", self.run_in("explain", "p.route", "--given", "tier=gold data=health")[1])
        for words in ["`far` does not apply: `spend` is 0% (at most 150%)", "`home` applies: `data` includes health",
                      "it rules out `us`, which is processed in US", "`rich` fits: `tier` is gold", "not `us`: it is ruled out",
                      "another outcome: with `spend` 151% instead of 0% it is refused by `far`",
                      "another route: with `tier` free instead of gold it is served by route `all`, first by `paris`",
                      "another first choice: with `data` nothing instead of health (which the caller can claim) it is served by route `rich`, "
                      "first by `us`"]:
            self.assertIn(words, out)
        document = json.loads(self.run_in("explain", "p.route", "--given", "tier=gold data=health", "--format", "json")[1])
        self.assertEqual(document["decision"]["route"], "rich")
        self.assertEqual(document["nearest"]["first_choice"]["changes"], [{"attribute": "data", "now": ["health"], "then": []}])
        self.assertTrue(document["nearest"]["complete"])
        for kind in ["outcome", "route", "first_choice"]:  # each does what it says
            then = document["nearest"][kind]["request"]
            given = " ".join(f"{k}={','.join(v) or 'nothing' if isinstance(v, list) else v}" for k, v in then.items())
            decision = json.loads(self.run_in("eval", "p.route", "--given", given, "--format", "json")[1])
            self.assertNotEqual(decision, document["decision"])

    def test_a_bundle_explains_the_same_decision(self):
        bundle = self.tmp / "p.rtb"
        self.assertEqual(routec("build", FIRST, "-o", str(bundle))[0], 0)
        for given in ["", "tier=gold data=health", "spend=120 needs=tools", "origin=KP", "tier=platinum prompt=300000"]:
            words = ("--given", given, "--format", "json")
            by_policy = json.loads(routec("explain", FIRST, *words)[1])
            by_bundle = json.loads(routec("explain", str(bundle), *words)[1])
            self.assertEqual(by_policy["decision"], by_bundle["decision"])
            self.assertEqual(by_policy["nearest"], by_bundle["nearest"])
        code, out, err = routec("explain", str(bundle))
        self.assertEqual((code, out), (2, ""))
        self.assertIn("--given", err)
        (self.tmp / "bad.rtb").write_bytes(bundle.read_bytes()[:-1])
        self.assertEqual(routec("explain", str(self.tmp / "bad.rtb"), "--given", "")[0], 2)

    def test_an_attribute_without_value_or_default(self):
        self.write("p.route", FRAME.replace(" default free", ""))
        code, out, _ = self.run_in("explain", "p.route", "--given", "")
        self.assertEqual((code, out), (0, "The request is refused: attribute `tier` has no value and no default.\n"))


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]])
