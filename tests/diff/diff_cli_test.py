#!/usr/bin/env python3
"""routec diff and routec mutate as scripts and people use them.

    diff_cli_test.py ROUTEC
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as xml

ROUTEC = pathlib.Path(sys.argv[1]).resolve()
POLICY = """policy p version "1"
attribute tier one of free, gold from tenant default free
attribute data any of personal, health from header "x-data-class" default nothing
attribute spend percent up to 200% from budget
vendor mistral { headquarters FR }
vendor openai { headquarters US }
model large { quality 84 }
deployment paris serves large { vendor mistral processed in FR price 0.50 USD in, 1.50 USD out }
deployment us serves large { vendor openai processed in US price 2.50 USD in, 15 USD out }
rule home when data includes health require processed in FR
refuse far when spend > 150% with "too much"
route rich when tier is gold to us, then paris
route all to paris
guarantee stays when data includes health, every deployment reached is processed in FR
test "gold" given tier gold expect route rich
"""


def changed(*pairs):
    text = POLICY
    for old, new in pairs:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


class Command(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = pathlib.Path(holder.name)

    def run_routec(self, *words):
        done = subprocess.run([ROUTEC, *words, "--today", "2026-11-24"], cwd=self.folder, capture_output=True, text=True, timeout=120)
        return done.returncode, done.stdout, done.stderr

    def write(self, **files):
        for name, text in files.items():
            (self.folder / name.replace("_", ".")).write_text(text)

    def diff(self, new, *words, old=POLICY):
        self.write(old_route=old, new_route=new)
        return self.run_routec("diff", "old.route", "new.route", *words)

    def diff_json(self, new, *words, old=POLICY):
        code, out, err = self.diff(new, "--format", "json", *words, old=old)
        self.assertEqual(err, "")
        return code, json.loads(out)


class Diff(Command):
    def test_whole_numbers_stay_whole_above_what_one_side_takes(self):
        def with_prompts(most):
            return changed(("attribute spend", f"attribute prompt tokens up to {most} from request\nattribute spend"),
                           ("model large { quality 84 }", "model large { quality 84 context 300k tokens }"))

        code, report, errors = self.diff(with_prompts(200_000), old=with_prompts(100_000))
        self.assertEqual((code, errors), (1, ""), report)
        self.assertIn("prompt=100001 spend=0%", report)

    def test_a_policy_is_equivalent_to_itself_however_it_is_written(self):
        renamed = changed(("rule home", "rule house"), ("route all", "route everybody"), ('version "1"', 'version "2"'))
        code, report = self.diff_json(renamed)
        self.assertEqual((code, report["verdict"], report["changed"], report["changes"]), (0, "equivalent", "0", []))
        self.assertEqual(report["classes"], "16")

    def test_a_share_of_a_cap_counts_up_to_the_maximum(self):
        # As gateways count it; another number that one side does not take is none there.
        _, out, _ = self.diff(changed(("up to 200% from budget", "up to 300% from budget")))
        self.assertIn("equivalent", out.splitlines()[0])
        header = ("percent up to 200% from budget", 'percent up to 200% from header "x-spend"')
        wide = ("percent up to 200% from budget", 'percent up to 300% from header "x-spend"')
        self.assertNotIn("equivalent", self.diff(changed(wide), old=changed(header))[1].splitlines()[0])

    def test_verdicts(self):
        rule = "rule home when data includes health require processed in FR\n"
        for verdict, pairs in [
            ("wider", [(rule, "")]),
            ("narrower", [("when data includes health require", "when data includes health or personal require")]),
            ("incomparable", [("when data includes health require", "when data includes personal require")]),
            ("same reach", [("to us, then paris", "to paris, then us")]),
            ("same reach", [('with "too much"', 'with "enough"')]),
            ("narrower", [("spend > 150%", "spend > 100%")]),
        ]:
            with self.subTest(verdict=verdict, pairs=pairs):
                code, report = self.diff_json(changed(*pairs))
                self.assertEqual((code, report["verdict"]), (1, verdict))
                self.assertEqual(report["loses"] is not None, verdict in ("narrower", "incomparable"))
                self.assertEqual(report["gains"] is not None, verdict in ("wider", "incomparable"))

    def test_a_change_says_who_and_what_and_why(self):
        code, report = self.diff_json(changed(("when data includes health require", "when data is not empty require")))
        self.assertEqual(code, 1)
        (change,) = report["changes"]
        self.assertEqual(change["no_longer_reached"], ["us"])
        self.assertEqual(change["first_choice"], {"before": [{"name": "us", "weight": 1}], "after": [{"name": "paris", "weight": 1}]})
        self.assertEqual(change["where"], ["`tier` is gold and `data` includes personal and `data` does not include health and `spend` is at most 150%"])
        self.assertEqual(change["classes"], "1")
        self.assertEqual(change["cost"], "17.5 USD → 2 USD: 15.5 USD less")
        self.assertEqual(change["rules"], ["us is excluded by `home` (new.route:10)"])
        self.assertEqual(change["witness"]["given"], "tier=gold data=personal spend=0%")
        self.assertEqual(change["witness"]["after"]["decision"]["excluded"], [{"deployment": "us", "by": "home"}])

    def test_costs_are_exact_for_the_tokens_that_are_given(self):
        new = changed(("to us, then paris", "to paris, then us"))
        _, report = self.diff_json(new, "--tokens", "2000,500")
        self.assertEqual({change["cost"] for change in report["changes"]}, {"0.0125 USD → 0.00175 USD: 0.01075 USD less"})
        weights = changed(("to us, then paris", "to { us weight 2, paris weight 1 }"))
        _, report = self.diff_json(weights)
        costs = {change["cost"] for change in report["changes"] if change["cost"]}
        self.assertEqual(costs, {"17.5 USD → about 12.333333333333 USD: about 5.166666666667 USD less"})

    def test_the_catalogue_is_told_apart_from_the_rules(self):
        price = ("price 2.50 USD in, 15 USD out", "price 3 USD in, 15 USD out")
        code, report = self.diff_json(changed(price))
        self.assertEqual((code, report["verdict"], report["changes"]), (1, "equivalent", []))
        (found,) = report["catalogue"]
        self.assertEqual(found["facts"], [{"fact": "price in", "before": "2.5 USD", "after": "3 USD"}])
        self.assertEqual((found["deployment"], found["classes"]), ("us", "2"))
        self.assertEqual(found["where"], ["`tier` is gold and `data` does not include health and `spend` is at most 150%"])
        _, report = self.diff_json(changed(("processed in US", "processed in FR")))
        self.assertEqual({change["cause"] for change in report["changes"]}, {"catalogue"})
        _, report = self.diff_json(changed(price, ("to us, then paris", "to paris, then us")))
        self.assertEqual({change["cause"] for change in report["changes"]}, {"rules"})

    def test_attributes_may_come_and_go(self):
        without = changed(("one of free, gold", "one of free"), ("route rich when tier is gold to us, then paris\n", ""),
                          ('test "gold" given tier gold expect route rich\n', ""))
        _, report = self.diff_json(without)
        self.assertEqual(report["verdict"], "narrower")
        self.assertTrue(all("gold" in where for change in report["changes"] for where in change["where"]))
        _, report = self.diff_json(changed(("default free", "default gold")))
        self.assertEqual({where for change in report["changes"] for where in change["where"]},
                         {"`tier` is not given and `data` does not include health and `spend` is at most 150%"})
        self.assertEqual(report["changes"][0]["witness"]["not_given"], ["tier"])
        _, report = self.diff_json(changed((" default free", "")))
        self.assertEqual(report["verdict"], "narrower")
        self.assertIn("has no value and no default", report["changes"][0]["what"][0])
        self.assertEqual(report["frame"][0]["subject"], "tier")
        added = changed(("vendor mistral {", 'attribute extra yes/no from header "x-extra" default no\nvendor mistral {'))
        self.assertEqual(self.diff_json(added)[1]["verdict"], "equivalent")

    def test_limits_are_a_change_of_their_own(self):
        code, report = self.diff_json(POLICY + "limits { attempts 2 }\n")
        self.assertEqual((code, report["verdict"]), (1, "same reach"))
        self.assertEqual(report["frame"], [{"kind": "limits", "subject": "attempts", "before": "6", "after": "2", "intended": False}])

    def test_intended_changes(self):
        new = changed(("when data includes health require", "when data is not empty require"))
        self.write(ok_txt='# why\nallow narrower of us when data includes personal because "ticket 7"\nallow first_choice because "follows"\n')
        code, report = self.diff_json(new, "--allow", "ok.txt")
        self.assertEqual((code, report["explained"], report["unused"]), (0, True, []))
        self.assertEqual(report["changes"][0]["intended"], [2, 3])
        self.write(less_txt='allow narrower of us when data includes health because "no"\nallow first_choice because "follows"\n')
        code, report = self.diff_json(new, "--allow", "less.txt")
        self.assertEqual((code, report["changes"][0]["unexplained"], report["unused"]), (1, ["narrower"], [1]))
        code, out, _ = self.diff(POLICY, "--allow", "less.txt")
        self.assertEqual(code, 0)
        self.assertIn("Intended changes that did not happen", out)
        self.write(none_txt="")
        self.assertEqual(self.diff(new, "--allow", "none.txt")[0], 1)

    def test_lines_about_one_deployment_each_allow_a_change_together(self):
        new = changed(("route all to paris", "route all to us, then paris"))
        self.write(both_txt='allow wider of us because "a"\nallow first_choice of us because "b"\n'
                            'allow first_choice of paris because "c"\n')
        code, report = self.diff_json(new, "--allow", "both.txt")
        self.assertEqual((code, report["explained"], report["unused"]), (0, True, []), report["changes"])
        self.assertEqual(report["changes"][0]["intended"], [1, 2, 3])
        self.write(one_txt='allow wider of us because "a"\nallow first_choice of us because "b"\n')
        code, report = self.diff_json(new, "--allow", "one.txt")
        # What the second line allows did happen, and it is not all that did.
        self.assertEqual((code, report["explained"], report["unused"]), (1, False, []))
        self.assertEqual(report["changes"][0]["unexplained"], ["first_choice"])

    def test_a_bad_line_of_intended_changes_is_named(self):
        for line, expected in [
            ("allow narower because \"x\"", "bad.txt:2: `narower` is not a kind of change; did you mean `narrower`?"),
            ("allow narrower", "bad.txt:2: an intended change ends with its reason"),
            ("allow narrower when teir is gold because \"x\"", "bad.txt:2: "),
            ("allow narrower of uss because \"x\"", "did you mean `us`?"),
            ("allow catalogue when tier is gold because \"x\"", "takes no condition"),
            ("narrower because \"x\"", "a line reads `allow KINDS"),
        ]:
            with self.subTest(line=line):
                self.write(bad_txt="\n" + line + "\n")
                code, out, err = self.diff(POLICY, "--allow", "bad.txt")
                self.assertEqual((code, out), (2, ""))
                self.assertIn(expected, err)

    def test_a_bundle_stands_for_a_policy(self):
        self.write(old_route=POLICY)
        self.assertEqual(self.run_routec("build", "old.route", "-o", "old.rtb")[0], 0)
        code, out, err = self.run_routec("diff", "old.rtb", "old.route")
        self.assertEqual((code, err), (0, ""), out)
        self.write(new_route=changed(("when data includes health require", "when data is not empty require")))
        code, out, _ = self.run_routec("diff", "old.rtb", "new.route", "--format", "json")
        report = json.loads(out)
        self.assertEqual((code, report["verdict"], report["catalogue"]), (1, "narrower", []))
        self.assertEqual(report["changes"][0]["no_longer_reached"], ["us"])

    def test_wrong_usage_and_policies_with_errors(self):
        self.write(old_route=POLICY, broken_route=POLICY + "route again to nowhere\n")
        self.assertEqual(self.run_routec("diff", "old.route")[0], 2)
        self.assertEqual(self.run_routec("diff", "old.route", "missing.route")[0], 2)
        self.assertEqual(self.run_routec("diff", "old.route", "old.route", "--tokens", "many")[0], 2)
        self.assertEqual(self.run_routec("diff", "old.route", "old.route", "--allow", "missing.txt")[0], 2)
        code, out, err = self.run_routec("diff", "old.route", "broken.route")
        self.assertEqual((code, out), (1, ""))
        self.assertIn("nowhere", err)

    def test_output_is_the_same_each_time(self):
        new = changed(("when data includes health require", "when data includes personal require"), ("to us, then paris", "to paris, then us"))
        for form in ["text", "plain", "json", "markdown"]:
            outputs = {self.diff(new, "--format", form)[1] for _ in range(3)}
            self.assertEqual(len(outputs), 1)
        self.assertIn("# `old.route` → `new.route`: incomparable\n", self.diff(new, "--format", "markdown")[1])

    def test_fewer_changes_can_be_shown(self):
        new = changed(("when data includes health require", "when data includes personal require"), ("to us, then paris", "to paris, then us"))
        out = self.diff(new, "--most", "1")[1]
        self.assertIn("more change", out)


class Mutate(Command):
    def mutate(self, text, *words):
        self.write(policy_route=text)
        return self.run_routec("mutate", "policy.route", *words)

    def mutate_json(self, text, *words):
        code, out, err = self.mutate(text, "--format", "json", *words)
        self.assertEqual(err, "")
        return code, json.loads(out)

    def fates(self, report):
        return {mutant["what"]: mutant for mutant in report["mutants"]}

    def test_who_notices_what(self):
        code, report = self.mutate_json(POLICY)
        self.assertEqual(code, 0)
        fates = self.fates(report)
        self.assertEqual(fates["rule `home` is left out"]["noticed_by"], ["guarantee `stays`"])
        self.assertEqual(fates["route `rich` is left out"]["noticed_by"], ['test "gold"'])
        self.assertIn("R0501", fates["route `all` is left out"]["noticed_by"])
        survivor = fates["refusal `far` is left out"]
        self.assertEqual((survivor["fate"], survivor["line"]), ("survived", 11))
        self.assertIn("refused by `far`", survivor["effect"]["what"])
        self.assertIn("`spend` is more than 150%", survivor["effect"]["where"])
        self.assertEqual(sum(report[fate] for fate in ["noticed", "survived", "equivalent", "unknown"]), len(report["mutants"]))

    def test_what_changes_nothing_does_not_count(self):
        same = changed(("route rich when tier is gold to us, then paris", "route rich when tier is gold or tier is gold to us, then paris"))
        fates = self.fates(self.mutate_json(same, "--only", "condition")[1])
        self.assertEqual({mutant["fate"] for mutant in fates.values()}, {"equivalent"})
        self.assertEqual(self.mutate_json(same, "--only", "condition")[1]["score"], 100)

    def test_the_score_can_be_demanded(self):
        self.assertEqual(self.mutate(POLICY, "--fail-under", "100")[0], 1)
        self.assertEqual(self.mutate(POLICY, "--fail-under", "10")[0], 0)

    def test_kinds(self):
        _, report = self.mutate_json(POLICY, "--only", "rule,refusal")
        self.assertEqual([mutant["kind"] for mutant in report["mutants"]], ["rule", "refusal"])
        code, out, err = self.mutate(POLICY, "--only", "rules")
        self.assertEqual((code, out), (2, ""))
        self.assertIn("there are `rule`, `refusal`", err)

    def test_only_a_sound_policy_is_measured(self):
        code, out, err = self.mutate(changed(("expect route rich", "expect route all")))
        self.assertEqual((code, out), (1, ""))
        self.assertIn("R0701", err)

    def test_forms(self):
        root = xml.fromstring(self.mutate(POLICY, "--format", "junit")[1])
        suite = root.find("testsuite")
        report = self.mutate_json(POLICY)[1]
        self.assertEqual(int(suite.get("tests")), len(report["mutants"]))
        self.assertEqual(len(suite.findall("testcase/failure")), report["survived"])
        self.assertEqual(len(suite.findall("testcase/skipped")), report["equivalent"])
        self.assertIn("## What nobody notices", self.mutate(POLICY, "--format", "markdown")[1])
        self.assertIn("noticed by guarantee `stays`", self.mutate(POLICY, "--verbose")[1])
        self.assertEqual(len({self.mutate(POLICY)[1] for _ in range(3)}), 1)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]])
