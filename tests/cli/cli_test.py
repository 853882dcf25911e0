#!/usr/bin/env python3
"""The contract that scripts rely on: names, exit codes and JSON shapes of routec.

    cli_test.py ROUTEC ROOT
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROUTEC = pathlib.Path(sys.argv[1]).resolve()
ROOT = pathlib.Path(sys.argv[2]).resolve()
FIRST = "examples/first_policy/policy.route"
BROKEN = "examples/broken_policy/policy.route"


def routec(*words, cwd=ROOT):
    if words and words[0] in ("check", "build", "eval", "decide", "test", "dump", "explain") and "--today" not in words:
        words = (*words, "--today", "2026-11-24")  # so that the age of fact sets never matters
    done = subprocess.run([ROUTEC, *words], cwd=cwd, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout, done.stderr


class Contract(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.tmp = pathlib.Path(self.folder.name)

    def build(self, policy=FIRST, *more):
        bundle = self.tmp / "policy.rtb"
        code, out, err = routec("build", policy, "-o", str(bundle), *more)
        self.assertEqual(code, 0, out + err)
        return bundle

    def test_version_and_help(self):
        self.assertEqual(routec("--version")[:2], (0, "routec 0.1.0\n"))
        self.assertEqual(routec("--help")[0], 0)
        for name in ["check", "build", "prove", "eval", "decide", "test", "dump", "explain", "init"]:
            self.assertEqual(routec(name, "--help")[0], 0)

    def test_wrong_usage_exits_with_2(self):
        for words in [(), ("frobnicate",), ("check",), ("check", "missing.route"), ("check", "examples"),
                      ("check", FIRST, "--format", "yaml"), ("check", FIRST, "--no-such-option"), ("build", FIRST),
                      ("eval", FIRST, "--given", "teir=gold"), ("eval", FIRST, "--given", "tier"),
                      ("check", FIRST, "--today", "yesterday"), ("dump", FIRST, "--phase", "tokens"),
                      ("decide", FIRST),
                      ("check", FIRST, "--rlimit", "0")]:
            code, out, err = routec(*words)
            self.assertEqual(code, 2, (words, out, err))
            self.assertNotEqual(err, "", words)

    def test_explain(self):
        code, page, err = routec("explain", "R0502")
        self.assertEqual((code, err), (0, ""))
        self.assertTrue(page.startswith("R0502: requests whose route is left with no deployment\n\nSeverity: error\n"), page)
        self.assertEqual(routec("explain", "r0502"), (code, page, err))
        coloured = routec("explain", "R0502", "--color", "always")[1]
        self.assertNotEqual(coloured, page)
        self.assertEqual(re.sub("\x1b\\[[0-9;]*m", "", coloured), page)
        document = json.loads(routec("explain", "R0502", "--format", "json")[1])
        self.assertEqual((document["schema"], document["code"], document["severity"]), ("route.page/1", "R0502", "error"))
        self.assertEqual(document["markdown"], (ROOT / "docs/diagnostics/R0502.md").read_text())

    def test_explain_of_no_code(self):
        for asked, hint in [("R502", "did you mean `R0502`?"), ("R0688", "codes that begin like it: R0601"),
                            ("R9999", "a code is written like `R0101`"), ("policy", "a code is written like `R0101`"),
                            ("", "a code is written like")]:
            code, out, err = routec("explain", asked)
            self.assertEqual((code, out), (2, ""))
            self.assertIn(f"there is no diagnostic code `{asked}`: ", err)
            self.assertIn(hint, err)
        self.assertEqual(routec("explain")[0], 2)

    def test_check_says_once_where_more_is_to_be_read(self):
        self.assertEqual(re.findall("^more: .*$", routec("check", BROKEN)[1], re.M), ["more: routec explain R0501"])
        self.assertNotIn("more: ", routec("check", FIRST)[1])

    def test_the_first_policy_checks(self):
        code, out, _ = routec("check", FIRST, "--format", "json")
        self.assertEqual(code, 0)
        document = json.loads(out)
        self.assertEqual(document["schema"], "route.check/1")
        self.assertEqual(document["diagnostics"], [])
        self.assertGreaterEqual(len(document["guarantees"]), 4)
        for guarantee in document["guarantees"]:
            self.assertEqual(guarantee["verdict"], "proved", guarantee)
            self.assertNotIn("witness", guarantee)
        self.assertEqual(routec("test", FIRST)[0], 0)

    def test_the_first_policy_is_as_large_as_it_must_be(self):
        core = json.loads(routec("dump", FIRST, "--phase", "ir")[1])
        self.assertGreaterEqual(len(core["deployments"]), 8)
        self.assertGreaterEqual(len(core["vendors"]), 4)
        self.assertGreaterEqual(len({d["processed_in"] for d in core["deployments"]}), 3)
        self.assertGreaterEqual(len(core["attributes"]), 6)
        self.assertGreaterEqual(len([r for r in core["rules"] if "." not in r["name"]]), 5)
        self.assertGreaterEqual(len(core["routes"]), 5)
        self.assertGreaterEqual(len(core["guarantees"]), 4)

    def test_the_broken_policy_shows_one_of_each(self):
        code, out, _ = routec("check", BROKEN, "--format", "json")
        self.assertEqual(code, 1)
        document = json.loads(out)
        found = {d["code"]: d for d in document["diagnostics"]}
        for needed in ["R0501", "R0502", "R0503", "R0504", "R0505", "R0510", "R0511"]:
            self.assertIn(needed, found)
        for diagnostic in document["diagnostics"]:
            for key in ["code", "severity", "message", "file", "line", "column", "end_line", "end_column", "rules"]:
                self.assertIn(key, diagnostic)
            self.assertIn(diagnostic["severity"], ["error", "warning"])
        self.assertEqual(found["R0501"]["witness"]["workload"], "chat")
        self.assertEqual(set(found["R0502"]["rules"]) - {"legal"}, {"health_stays_in_the_eu", "legal_goes_to_openai"})
        self.assertEqual(found["R0502"]["witness"]["data"], ["health"])
        verdicts = {g["name"]: g["verdict"] for g in document["guarantees"]}
        self.assertEqual(verdicts["eu_only"], "violated")
        self.assertEqual([g for g in document["guarantees"] if g["name"] == "eu_only"][0]["witness"]["data"], ["personal"])

    def test_witnesses_of_the_broken_policy_show_what_is_claimed(self):
        """Each witness, given back on the command line, does what the finding says."""
        outcome = {"R0501": "uncovered", "R0502": "unservable"}
        document = json.loads(routec("check", BROKEN, "--format", "json")[1])
        tried = 0
        for diagnostic in document["diagnostics"]:
            if diagnostic["code"] not in outcome:
                continue
            given = " ".join(f"{k}={','.join(v) if isinstance(v, list) else v}" for k, v in diagnostic["witness"].items())
            decision = json.loads(routec("eval", BROKEN, "--format", "json", "--given", given)[1])
            self.assertEqual(decision["outcome"], outcome[diagnostic["code"]])
            tried += 1
        self.assertGreaterEqual(tried, 2)

    def test_build_writes_nothing_for_a_broken_policy(self):
        bundle = self.tmp / "policy.rtb"
        code, out, err = routec("build", BROKEN, "-o", str(bundle))
        self.assertEqual(code, 1)
        self.assertEqual(list(self.tmp.iterdir()), [])
        code, out, err = routec("build", BROKEN, "-o", str(bundle), "--unverified")
        self.assertEqual(code, 0)
        self.assertIn("NOT VERIFIED", out)
        self.assertIn("without verification", routec("decide", str(bundle))[2])

    def test_build_into_a_folder_that_is_not_there(self):
        code, _, err = routec("build", FIRST, "-o", str(self.tmp / "no" / "policy.rtb"))
        self.assertEqual(code, 2)
        self.assertIn("cannot write", err)

    def test_build_replaces_only_a_regular_file_that_is_not_the_policy(self):
        policy = self.tmp / "p.route"
        policy.write_text((ROOT / "tests/golden/cases/sound.route").read_text())
        before = policy.read_bytes()
        self.assertEqual(routec("build", str(policy), "-o", str(policy))[0], 2)
        self.assertEqual(policy.read_bytes(), before)
        (self.tmp / "main.route").write_text('import "p.route"\n')
        self.assertEqual(routec("build", str(self.tmp / "main.route"), "-o", str(policy))[0], 2)
        self.assertEqual(policy.read_bytes(), before)
        os.mkfifo(self.tmp / "pipe")
        self.assertEqual(routec("build", str(policy), "-o", str(self.tmp / "pipe"))[0], 2)
        self.assertTrue((self.tmp / "pipe").is_fifo())
        target, link = self.tmp / "target.rtb", self.tmp / "link.rtb"
        target.write_text("old")
        link.symlink_to(target)
        self.assertEqual(routec("build", str(policy), "-o", str(link))[0], 0)
        self.assertTrue(link.is_symlink())
        self.assertGreater(target.stat().st_size, 1000)

    def test_output_that_cannot_be_written(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run([ROUTEC, "check", FIRST], cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
        self.assertEqual(done.returncode, 2)
        self.assertIn("cannot write to standard output", done.stderr)

    def test_names_that_are_not_utf8(self):
        policy = self.tmp / "p.route"
        policy.write_text((ROOT / "tests/golden/cases/sound.route").read_text())
        bundle = self.tmp / os.fsdecode(b"b\xfe.rtb")
        done = subprocess.run([ROUTEC, "build", policy, "-o", bundle, "--format", "json"], capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(json.loads(done.stdout)["written"])
        # A bundle names its sources in UTF-8.
        odd = policy.rename(self.tmp / os.fsdecode(b"p\xff.route"))
        done = subprocess.run([ROUTEC, "check", odd, "--format", "json"], capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn(b"is not UTF-8", done.stderr)

    def test_a_failing_test_fails_check_and_build(self):
        policy = self.tmp / "p.route"
        policy.write_text((ROOT / "tests/golden/cases/sound.route").read_text() +
                          '\ntest "t" given tier gold expect uncovered\n')
        self.assertEqual(routec("check", str(policy))[0], 1)
        self.assertEqual(routec("build", str(policy), "-o", str(self.tmp / "p.rtb"))[0], 1)
        self.assertFalse((self.tmp / "p.rtb").exists())

    def test_a_bundle_of_a_policy_whose_tests_fail_is_not_verified(self):
        policy = self.tmp / "p.route"
        sound = (ROOT / "tests/golden/cases/sound.route").read_text()
        for text, verified in [(sound, True), (sound + '\ntest "t" given tier gold expect uncovered\n', False)]:
            policy.write_text(text)
            code, out, _ = routec("build", str(policy), "-o", str(self.tmp / "p.rtb"), "--unverified", "--format", "json")
            self.assertEqual((code, json.loads(out)["verified"]), (0, verified))
            warned = routec("decide", str(self.tmp / "p.rtb"), "--given", "tier=gold")[2]
            self.assertEqual("was built without verification" in warned, not verified)

    def test_many_values_and_deep_named_conditions(self):
        """What would exhaust the table or the stack is an error of the policy and no crash."""
        frame = (ROOT / "tests/golden/cases/sound.route").read_text()
        texts = ", ".join(f'"{i}"' for i in range(66_000))
        policy = self.tmp / "p.route"
        policy.write_text(frame + f'\nattribute t text from request "model"\nrule r when t in {{ {texts} }} forbid vendor openai\n')
        code, out, err = routec("check", str(policy))
        self.assertEqual(code, 1, err)
        self.assertIn("[R0208]", out)
        chain = "condition c0 = tier is gold\n" + "".join(
            f"condition c{i} = {'not ' * 90} c{i - 1}\n" for i in range(1, 3000))
        policy.write_text(frame + "\n" + chain + "rule r when c2999 forbid vendor openai\n")
        code, out, err = routec("check", str(policy))
        self.assertEqual(code, 1, err)
        self.assertIn("[R0104]", out)

    def test_building_twice_gives_the_same_bytes(self):
        first = self.build().read_bytes()
        self.assertEqual(first, self.build().read_bytes())

    def test_eval_and_decide_agree_to_the_letter(self):
        bundle = self.build()
        for given in ["", "tier=gold data=health", "tier=platinum workload=legal prompt=300000", "spend=120 needs=tools,vision",
                      "origin=KP", "data=personal prompt=280k", "difficulty=10% workload=code needs=json",
                      "tier=gold today=2026-08-01", "workload=expenses"]:
            for form in ["text", "json"]:
                words = ["--given", given, "--format", form, "--today", "2026-11-24"]
                by_eval, by_table = routec("eval", FIRST, *words), routec("decide", str(bundle), *words)
                self.assertEqual(by_eval, by_table, given)
                self.assertEqual(by_eval[0], 0)

    def test_the_decision_document(self):
        bundle = self.build()
        decision = json.loads(routec("decide", str(bundle), "--format", "json", "--given", "tier=gold data=health")[1])
        self.assertEqual(decision["outcome"], "routed")
        self.assertEqual(decision["route"], "everything_else")
        self.assertIn("personal_data_stays_in_the_eu", decision["rules"])
        tier = decision["plan"][0]
        self.assertEqual(set(tier), {"tier", "deployments", "within_ms", "retries"})
        self.assertEqual(tier["retries"], 2)
        self.assertEqual([d["name"] for d in tier["deployments"]], ["mistral_large_paris", "llama_gravelines"])
        self.assertIn({"deployment": "gpt_us", "by": "personal_data_stays_in_the_eu"}, decision["excluded"])
        refused = json.loads(routec("decide", str(bundle), "--format", "json", "--given", "origin=KP")[1])
        self.assertEqual((refused["outcome"], refused["rules"], refused["reason"]),
                         ("refused", ["embargo"], "not available in your region"))

    def test_a_damaged_bundle_is_refused(self):
        bundle = self.build()
        data = bytearray(bundle.read_bytes())
        data[len(data) // 2] ^= 1
        bundle.write_bytes(data)
        code, _, err = routec("decide", str(bundle))
        self.assertEqual(code, 2)
        self.assertIn("checksum", err)

    def test_dump_phases(self):
        for phase, word in [("ast", "route everything_else"), ("ir", '"policy": "first_policy"'), ("smt", "(check-sat)"),
                            ("table", "line 0: ")]:
            code, out, err = routec("dump", FIRST, "--phase", phase)
            self.assertEqual((code, err), (0, ""))
            self.assertTrue(word in out, phase)
            document = json.loads(routec("dump", FIRST, "--phase", phase, "--format", "json")[1])
            self.assertEqual((document["schema"], document["phase"]), ("route.dump/1", phase))
            if phase == "ir":
                self.assertEqual(document["core"], json.loads(out))
            else:
                self.assertEqual(document["text"], out)
        broken = routec("dump", "tests/golden/cases/R0201_unknown_names.route", "--format", "json")
        self.assertEqual((broken[0], "core" in json.loads(broken[1])), (1, False))

    def test_inconclusive_exits_with_3(self):
        code, out, _ = routec("check", FIRST, "--rlimit", "1", "--format", "json")
        self.assertEqual(code, 3)
        self.assertIn("unknown", {g["verdict"] for g in json.loads(out)["guarantees"]})
        self.assertEqual(routec("build", FIRST, "--rlimit", "1", "-o", str(self.tmp / "p.rtb"))[0], 3)
        self.assertEqual(list(self.tmp.iterdir()), [])

    def test_output_is_the_same_every_time(self):
        first = routec("check", BROKEN)
        for _ in range(5):
            self.assertEqual(routec("check", BROKEN), first)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]])
