#!/usr/bin/env python3
"""Every shape of the standard library is used in every_shape.route, means something there, and is in docs/library.md.

    library_test.py ROUTEC ROOT
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROUTEC = pathlib.Path(sys.argv[1]).resolve()
ROOT = pathlib.Path(sys.argv[2]).resolve()
POLICY = (ROOT / "tests/library/every_shape.route").read_text()
LIBRARY = {path.stem: path.read_text() for path in sorted((ROOT / "stdlib").glob("*.route"))}
TODAY = "2026-11-24"


def check(text, today=TODAY):
    with tempfile.TemporaryDirectory() as folder:
        policy = pathlib.Path(folder) / "policy.route"
        policy.write_text(text)
        done = subprocess.run([ROUTEC, "check", policy, "--format", "json", "--today", today], capture_output=True, text=True,
                              timeout=120)
    return done.returncode, json.loads(done.stdout)


def failed(report):
    return {each["name"] for each in report["guarantees"] if each["verdict"] == "violated"}


class Library(unittest.TestCase):
    def test_every_shape_is_applied_and_holds(self):
        code, report = check(POLICY)
        self.assertEqual((code, report["diagnostics"]), (0, []))
        for file, text in LIBRARY.items():
            for kind, name in re.findall(r"^(rule|guarantee|condition) (\w+)\(", text, re.M):
                applied = rf"\b{name}\(" if kind == "condition" else rf"{kind} \w+ +=\s+std\.{file}\.{name}\("
                with self.subTest(file=file, shape=name):
                    used = POLICY + (LIBRARY["rules"] if kind == "condition" else "")
                    self.assertTrue(re.search(applied, used))

    def test_without_its_rule_each_guarantee_fails(self):
        rules = re.findall(r"^(rule (\w+) +=.*\n)", POLICY, re.M)
        self.assertGreater(len(rules), 15)
        implied_by = {"gdpr_transfers": "eu_residency"}  # the narrower rule keeps the wider promise
        for line, name in rules:
            text = POLICY.replace(line, "")
            if name in implied_by:
                text = re.sub(rf"^rule {implied_by[name]} .*\n", "", text, flags=re.M)
            with self.subTest(rule=name):
                code, report = check(text)
                self.assertEqual(code, 1)
                self.assertIn(name, failed(report))

    def test_guarantees_without_a_rule_fail_where_they_should(self):
        for old, new, expected in [
            ("to fine, then spare\nroute rest", "to fine\nroute rest",
             {"survives_a_deployment", "survives_a_vendor", "survives_a_country"}),
            ("first_choice_in(vetted", "first_choice_in(cheaper", {"first_choice_in"}),
            ("first_choice_quality(good_work, 80)", "first_choice_quality(good_work, 95)", {"first_choice_quality"}),
            ("first_choice_price(cheap, 2 USD)", "first_choice_price(cheap, 0.10 USD)", {"first_choice_price"}),
            ("first_choice_within(good_work, 400 ms)", "first_choice_within(good_work, 100 ms)", {"first_choice_within"}),
        ]:
            with self.subTest(change=new):
                self.assertEqual(POLICY.count(old), 1)
                text = POLICY.replace(old, new) + "condition cheaper = work is plain\n"
                self.assertEqual(failed(check(text)[1]), expected)

    def test_the_library_is_there_for_every_layer(self):
        """A tenant may import what its base imports, and import it first."""
        base = """policy base version "1"
import std.jurisdictions
import std.vendors
jurisdiction WIDER = EU, CH
model m { quality 80 }
deployment d serves m { vendor mistral processed in FR price 1 USD in, 1 USD out }
rule wide require processed in WIDER
route all to d
"""
        tenant = """policy tenant extends base version "1"
import std.vendors
import std.jurisdictions
import "base.route"
rule close require processed in EU
"""
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "base.route").write_text(base)
            (pathlib.Path(folder) / "tenant.route").write_text(tenant)
            done = subprocess.run([ROUTEC, "check", "tenant.route", "--today", TODAY], cwd=folder, capture_output=True, text=True,
                                  timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_old_facts_are_told(self):
        code, report = check(POLICY, "2028-01-01")
        told = {rule for each in report["diagnostics"] if each["code"] == "R0305" for rule in each.get("rules", [])}
        self.assertEqual(code, 0)
        self.assertLessEqual({"EU", "EU_ADEQUATE", "EEA_AND_ADEQUATE", "mistral", "openai"}, told)

    def test_it_is_in_canonical_form(self):
        files = [*sorted((ROOT / "stdlib").glob("*.route")), ROOT / "tests/library/every_shape.route"]
        done = subprocess.run([ROUTEC, "fmt", "--check", *files], capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_every_fact_says_since_when_and_from_where(self):
        for file in ("jurisdictions", "vendors"):
            for each in re.split(r"^(?=jurisdiction |vendor )", LIBRARY[file], flags=re.M)[1:]:
                with self.subTest(declaration=each.split("\n")[0]):
                    self.assertRegex(each, r'(?s)as of \d{4}-\d\d-\d\d\s+source "[^"]+"')

    def test_the_page_names_everything(self):
        page = (ROOT / "docs/library.md").read_text()
        for text in LIBRARY.values():
            for name in re.findall(r"^(?:rule|guarantee|condition|type|jurisdiction|vendor) (\w+)", text, re.M):
                self.assertRegex(page, rf"\b{name}\b")
        for file in ("jurisdictions", "vendors"):
            for name, day in re.findall(r"^(?:jurisdiction|vendor) (\w+).*?as of (\d{4}-\d\d-\d\d)", LIBRARY[file], re.M | re.S):
                self.assertRegex(page, rf"(?m)^\| `{name}` \|.*\| {day} \|$")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]])
