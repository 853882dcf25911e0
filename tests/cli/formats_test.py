#!/usr/bin/env python3
"""What routec tells other programs: SARIF, JUnit and GitHub's commands have the shape that their readers expect; fixes are
made once and for all; fail levels and baselines decide about exit codes.

    formats_test.py ROUTEC ROOT
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

ROUTEC = pathlib.Path(sys.argv[1]).resolve()
ROOT = pathlib.Path(sys.argv[2]).resolve()
CASES = ROOT / "tests/golden/cases"
BROKEN = ROOT / "examples/broken_policy/policy.route"
ROWS = re.findall(r'^ROUTE_DIAGNOSTIC\((R\d{4}), *k(\w+), *k(\w+), *"(.*)"\)',
                  (ROOT / "compiler/diagnostics/catalogue.def").read_text(), re.M)
CATALOGUE = [(code, severity, title) for code, severity, _, title in ROWS]
AUDITED = {code for code, _, depth, _ in ROWS if depth == "Audit"}
SLOW = ("R0104", "R0105", "R0208", "R0601")  # what is too large takes long
DEAD_RULE = "rule dead when tier is gold and tier is free forbid vendor openai\n"
BAD_GUARANTEE = "guarantee eu every deployment reached is processed in FR\n"


def routec(*words, cwd=ROOT, **more):
    done = subprocess.run([ROUTEC, *words, "--today", "2026-11-24"], cwd=cwd, capture_output=True, text=True, timeout=120, **more)
    return done.returncode, done.stdout, done.stderr


def text_of(case):
    return "".join(line for line in case.read_text().splitlines(keepends=True) if not line.startswith("#>"))


class InAFolder(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.tmp = pathlib.Path(folder.name)
        self.policy = self.tmp / "p.route"
        self.sound = text_of(CASES / "sound.route")

    def write(self, *lines):
        self.policy.write_text(self.sound + "\n" + "".join(lines))

    def check(self, *words):
        return routec("check", "p.route", *words, cwd=self.tmp)

    def found(self, *words):
        return json.loads(self.check("--format", "json", *words)[1])


class Sarif(InAFolder):
    """Against what SARIF 2.1.0 asks for, as far as we use it (no schema is read, so that no network is needed)."""

    def log(self, policy, *words, cwd=ROOT):
        log = json.loads(routec("check", str(policy), "--format", "sarif", *words, cwd=cwd)[1])
        self.check_log(log)
        return log["runs"][0]

    def only(self, value, required, optional=()):
        self.assertLessEqual(set(required), set(value))
        self.assertLessEqual(set(value), set(required) | set(optional))

    def check_log(self, log):
        self.only(log, ["$schema", "version", "runs"])
        self.assertEqual(log["version"], "2.1.0")
        for run in log["runs"]:
            self.only(run, ["tool", "invocations", "columnKind", "results"])
            self.assertEqual(run["columnKind"], "unicodeCodePoints")
            driver = run["tool"]["driver"]
            self.only(driver, ["name", "semanticVersion", "rules"])
            self.assertRegex(driver["semanticVersion"], r"^\d+\.\d+\.\d+$")
            self.assertEqual([rule["id"] for rule in driver["rules"]], [code for code, _, _ in CATALOGUE])
            for rule, (_, severity, title) in zip(driver["rules"], CATALOGUE):
                self.only(rule, ["id", "shortDescription", "help", "defaultConfiguration"])
                self.assertEqual(rule["shortDescription"]["text"], title)
                self.assertNotEqual(rule["help"]["text"], "")
                self.assertEqual(rule["defaultConfiguration"]["level"], severity.lower())
            for invocation in run["invocations"]:
                self.assertIsInstance(invocation["executionSuccessful"], bool)
                self.assertIsInstance(invocation["exitCode"], int)
            for result in run["results"]:
                self.check_result(result, driver["rules"])

    def check_result(self, result, rules):
        self.only(result, ["ruleId", "ruleIndex", "level", "message", "locations", "partialFingerprints"],
                  ["relatedLocations", "fixes", "suppressions", "baselineState"])
        self.assertEqual(rules[result["ruleIndex"]]["id"], result["ruleId"])
        self.assertIn(result["level"], ["error", "warning"])
        self.assertNotEqual(result["message"]["text"], "")
        self.assertEqual(len(result["locations"]), 1)
        for location in result["locations"] + result.get("relatedLocations", []):
            self.check_location(location)
        for i, location in enumerate(result.get("relatedLocations", [])):
            self.assertEqual(location["id"], i + 1)
            self.assertNotEqual(location["message"]["text"], "")
        for fingerprint in result["partialFingerprints"].values():
            self.assertRegex(fingerprint, r"^[0-9a-f]{32}$")
        for fix in result.get("fixes", []):
            self.only(fix, ["description", "artifactChanges"])
            self.assertGreater(len(fix["artifactChanges"]), 0)
            for change in fix["artifactChanges"]:
                self.only(change, ["artifactLocation", "replacements"])
                self.assertGreater(len(change["replacements"]), 0)
                for replacement in change["replacements"]:
                    self.only(replacement, ["deletedRegion", "insertedContent"])
                    self.check_region(replacement["deletedRegion"])
                    self.assertIsInstance(replacement["insertedContent"]["text"], str)
        for suppression in result.get("suppressions", []):
            self.assertIn(suppression["kind"], ["inSource", "external"])
            self.assertNotEqual(suppression["justification"], "")
            if "location" in suppression:
                self.check_location(suppression["location"])
        self.assertIn(result.get("baselineState", "new"), ["new", "unchanged"])

    def check_location(self, location):
        self.only(location, ["physicalLocation"], ["id", "message"])
        uri = location["physicalLocation"]["artifactLocation"]["uri"]
        self.assertRegex(uri, r"^(([A-Za-z0-9._~/-]|%[0-9A-F]{2})+|urn:route:[a-z_.]+)$")
        self.check_region(location["physicalLocation"]["region"])

    def check_region(self, region):
        self.only(region, ["startLine", "startColumn", "endLine", "endColumn"])
        self.assertGreaterEqual(min(region.values()), 1)
        self.assertLessEqual((region["startLine"], region["startColumn"]), (region["endLine"], region["endColumn"]))

    def test_every_case_gives_a_log(self):
        fixes = 0
        for case in sorted(CASES.glob("R0[12]*.route")) + sorted(CASES.glob("R03*.route")):
            if case.name.startswith(SLOW):
                continue
            run = self.log(case)
            fixes += sum("fixes" in result for result in run["results"])
        self.assertGreater(fixes, 20)

    def test_the_broken_policy(self):
        run = self.log(BROKEN)
        self.assertEqual(run["invocations"], [{"executionSuccessful": True, "exitCode": 1}])
        results = {result["ruleId"]: result for result in run["results"]}
        self.assertIn("Request: tier=", results["R0501"]["message"]["text"])
        self.assertGreater(len(results["R0502"]["relatedLocations"]), 0)
        self.assertEqual(results["R0504"]["level"], "warning")
        self.assertEqual(results["R0510"]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
                         "examples/broken_policy/policy.route")

    def test_columns_are_code_points(self):
        self.write('rule a forbid vendor openai because "日本語" forbid\n')
        region = self.log("p.route", cwd=self.tmp)["results"][0]["locations"][0]["physicalLocation"]["region"]
        self.assertEqual(region["startColumn"], len('rule a forbid vendor openai because "日本語" ') + 1)

    def test_a_question_without_an_answer_is_no_success(self):
        run = self.log(ROOT / "examples/first_policy/policy.route", "--rlimit", "1")
        self.assertEqual(run["invocations"], [{"executionSuccessful": False, "exitCode": 3}])

    def test_paths(self):
        folder = self.tmp / "a b%ü"
        folder.mkdir()
        (folder / "p.route").write_text(self.sound + DEAD_RULE)
        for name in [folder / "p.route", "a b%ü/p.route", "./a b%ü/../a b%ü/p.route"]:
            run = self.log(name, cwd=self.tmp)
            self.assertEqual(run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
                             "a%20b%25%C3%BC/p.route")

    def test_fingerprints_stay_when_lines_move(self):
        self.write(DEAD_RULE, BAD_GUARANTEE)
        before = [result["partialFingerprints"] for result in self.log("p.route", cwd=self.tmp)["results"]]
        self.policy.write_text(self.policy.read_text().replace("rule dead", "\n\n# moved\nrule dead"))
        self.assertEqual([r["partialFingerprints"] for r in self.log("p.route", cwd=self.tmp)["results"]], before)
        self.assertEqual(len({r["route/v1"] for r in before}), len(before))

    def test_the_baseline_suppresses(self):
        self.write(DEAD_RULE)
        self.assertEqual(self.check("--write-baseline", "base.json")[0], 0)
        self.write(DEAD_RULE, DEAD_RULE.replace("dead", "dead_too"))
        results = self.log("p.route", "--baseline", "base.json", cwd=self.tmp)["results"]
        self.assertEqual([("suppressions" in r, r["baselineState"]) for r in results], [(False, "new"), (True, "unchanged")])


class Junit(InAFolder):
    def suites(self, *words):
        root = xml.etree.ElementTree.fromstring(routec("check", *words, "--format", "junit", cwd=self.tmp)[1])
        self.assertEqual(root.tag, "testsuites")
        for counted in [root, *root]:
            for attribute, tag in [("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")]:
                self.assertEqual(int(counted.get(attribute)), len(list(counted.iter(tag))), attribute)
        for case in root.iter("testcase"):
            self.assertNotEqual(case.get("name"), "")
            self.assertEqual(case.get("classname").count("."), 1)
            self.assertLessEqual(len(list(case)), 1)
        return {suite.get("name").rpartition(": ")[2]: {case.get("name"): case for case in suite} for suite in root}

    def test_each_question_is_a_case(self):
        self.write(DEAD_RULE, BAD_GUARANTEE, "guarantee cheap every deployment reached has price out <= 15 USD\n",
                   'test "a <b> & \u00abc\u00bb" given tier gold expect uncovered\n', 'test "good" given tier gold expect route all\n')
        suites = self.suites("p.route")
        self.assertEqual(suites["guarantees"]["eu"].find("failure").get("type"), "R0510")
        self.assertIn("request: tier=", suites["guarantees"]["eu"].find("failure").text.lower())
        self.assertEqual(len(suites["guarantees"]["cheap"]), 0)
        self.assertEqual(suites["tests"]["a <b> & \u00abc\u00bb"].find("failure").get("type"), "R0701")
        self.assertEqual(len(suites["tests"]["good"]), 0)
        names = {f"{code}: {title}" for code, _, title in CATALOGUE if code.startswith("R05")}
        self.assertEqual(set(suites["checks"]) - {"the policy can be read"},
                         {name for name in names if name[:5] not in ("R0510", "R0511", "R0520")})
        # What only `--audit` asks for has not gone well: it was not asked.
        for name, case in suites["checks"].items():
            self.assertEqual(case.find("skipped") is not None, name[:5] in AUDITED, name)
        self.assertEqual(len(suites["checks"]["R0501: requests that no route takes"]), 0)
        # A warning is no failure unless it makes the run fail.
        self.assertIsNone(suites["findings"]["R0504: rule `dead` never applies"].find("failure"))
        strict = self.suites("p.route", "--fail-level", "warning")
        self.assertIsNotNone(strict["findings"]["R0504: rule `dead` never applies"].find("failure"))
        # What fails counts once.
        self.assertNotIn("R0504: a rule that never applies", strict["checks"])
        audited = self.suites("p.route", "--audit")
        self.assertTrue(all(case.find("skipped") is None for case in audited["checks"].values()))

    def test_a_policy_that_cannot_be_read(self):
        self.write("rule a when teir is gold forbid vendor openai\n")
        suites = self.suites("p.route")
        self.assertNotIn("the policy can be read", suites["checks"])
        self.assertIsNotNone(suites["checks"]["R0501: requests that no route takes"].find("skipped"))
        unknown = suites["findings"]["R0201: there is no attribute `teir`"].find("failure")
        self.assertEqual(unknown.get("type"), "R0201")
        self.assertIn("p.route:", unknown.text)

    def test_a_question_without_an_answer_is_an_error(self):
        suites = self.suites(str(ROOT / "examples/first_policy/policy.route"), "--rlimit", "1")
        self.assertIn("R0520", {case.find("error").get("type") for case in suites["guarantees"].values() if len(case)})

    def test_text_that_xml_cannot_hold(self):
        for case in ["R0110_invisible.route", "R0102_not_utf8.raw.route", "R0103_stray_character.route"]:
            self.suites(str(CASES / case))
        self.policy.write_bytes(b'policy p rule a because "\x01\x0b\xef\xbf\xbe ]]> &amp; <x>"\n')
        self.suites("p.route")


class Github(InAFolder):
    def commands(self, *words):
        code, out, _ = self.check("--format", "github", *words)
        commands = []
        for line in out.splitlines():
            severity, properties, message = re.fullmatch(r"::(error|warning) ([^:]*)::(.*)", line).groups()
            properties = dict(each.split("=", 1) for each in properties.split(","))
            commands.append((severity, {k: self.unescape(v) for k, v in properties.items()}, self.unescape(message)))
        return code, commands

    @staticmethod
    def unescape(text):
        for escape, character in [("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")]:
            text = text.replace(escape, character)
        return text

    def test_commands(self):
        self.write(DEAD_RULE, BAD_GUARANTEE, 'test "100%, sure: yes" given tier gold expect uncovered\n')
        code, commands = self.commands()
        self.assertEqual((code, [command[0] for command in commands]), (1, ["warning", "error", "error"]))
        self.assertEqual(set(commands[1][1]), {"file", "line", "col", "endLine", "endColumn", "title"})
        self.assertEqual(commands[1][1]["title"], "R0510: a guarantee that does not hold")
        self.assertIn("\nHint: ", commands[1][2])
        self.assertIn("\nRequest: tier=", commands[1][2])
        self.assertRegex(commands[1][2], r"\np\.route:\d+: route `all` takes the request")
        self.assertTrue(commands[2][2].startswith('test "100%, sure: yes" expects'))

    def test_a_file_with_signs_in_its_name(self):
        (self.tmp / "a,b:c%.route").write_text(self.sound + DEAD_RULE)
        out = routec("check", "a,b:c%.route", "--format", "github", cwd=self.tmp)[1]
        self.assertIn(" file=a%2Cb%3Ac%25.route,line=", out)

    def test_columns_only_within_a_line(self):
        self.write("rule a forbid vendor openai because \"x\"\nrule b when tier in {\n} forbid vendor openai\n")
        commands = self.commands()[1]
        self.assertEqual(set(commands[0][1]), {"file", "line", "endLine", "title"})


class Plain(InAFolder):
    def test_nothing_but_sentences(self):
        for case in [BROKEN, CASES / "R0201_unknown_names.route", CASES / "R0502_unservable.route"]:
            out = routec("check", str(case), "--format", "plain", "--color", "always")[1]
            for mark in ["\x1b", "^^", "-->", " | "]:
                self.assertNotIn(mark, out, case.name)
            self.assertRegex(out, r"(?m)^(Error|Warning) R\d{4} in .*, line \d+, column \d+\.$")

    def test_other_commands_take_it(self):
        self.write()
        for words in [("eval", "p.route"), ("dump", "p.route"), ("test", "p.route"), ("build", "p.route", "-o", "p.rtb")]:
            self.assertEqual(routec(*words, "--format", "plain", cwd=self.tmp)[0], 0, words)


class Width(InAFolder):
    def test_what_is_piped_is_80_columns_wide(self):
        for line in routec("check", str(BROKEN))[1].splitlines():
            self.assertLessEqual(len(line), 80, line)
        # The golden cases hold what was printed into a pipe.
        for case in sorted(CASES.glob("R*.route")):
            expected = [line[3:] for line in case.read_text(errors="replace").splitlines() if line.startswith("#>")]
            for line in expected:
                self.assertTrue(len(line) <= 80 or line.startswith("routec: "), f"{case.name}: {line}")

    def test_piped_output_has_no_colour_and_does_not_depend_on_the_terminal(self):
        plain = routec("check", str(BROKEN), "--color", "never")
        self.assertEqual(routec("check", str(BROKEN)), plain)
        self.assertEqual(routec("check", str(BROKEN), env={**os.environ, "COLUMNS": "200"}), plain)

    def test_a_terminal_is_filled_within_reason(self):
        for columns, widest in [(40, 60), (72, 72), (200, 120)]:
            lines = self.on_a_terminal(columns, "check", str(BROKEN), "--color", "never").splitlines()
            # A path cannot be broken.
            words = [line for line in lines if str(BROKEN) not in line]
            self.assertLessEqual(max(map(len, words)), widest)
            self.assertGreater(max(map(len, words)), widest - 15)

    @staticmethod
    def on_a_terminal(columns, *words):
        import fcntl
        import pty
        import struct
        import termios
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 25, columns, 0, 0))
        environment = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES")}
        child = subprocess.Popen([ROUTEC, *words, "--today", "2026-11-24"], stdout=slave, env={**environment, "TERM": "xterm"})
        os.close(slave)
        out = b""
        try:
            while data := os.read(master, 65536):
                out += data
        except OSError:
            pass  # the other end is closed
        os.close(master)
        child.wait()
        return out.decode().replace("\r\n", "\n")


class Fixes(InAFolder):
    def codes(self, policy):
        document = json.loads(routec("check", policy.name, "--format", "json", cwd=self.tmp)[1])
        return [row["code"] for row in document["diagnostics"]]

    def test_fixing_is_done_once_and_for_all(self):
        fixed = 0
        for case in sorted(CASES.glob("*.route")):
            if case.name.startswith((*SLOW, "R0210", "R05", "R07")) or ".raw." in case.name:
                continue
            policy = self.tmp / case.name
            policy.write_text(text_of(case))
            routec("check", case.name, "--fix", cwd=self.tmp)
            once = policy.read_bytes()
            code, _, err = routec("check", case.name, "--fix", cwd=self.tmp)
            self.assertEqual((policy.read_bytes(), err), (once, ""), case.name)
            fixed += once != text_of(case).encode()
        self.assertGreater(fixed, 20)

    def test_a_fixed_file_has_fewer_diagnostics(self):
        for case in sorted(CASES.glob("fix_*.route")):
            policy = self.tmp / case.name
            policy.write_text(text_of(case))
            before = self.codes(policy)
            routec("check", case.name, "--fix", cwd=self.tmp)
            # A policy that can be read again may have something for verification to find.
            left = [code for code in self.codes(policy) if code in before]
            self.assertLess(len(left), len(before), case.name)

    def test_edits_of_the_json_are_what_is_applied(self):
        self.write("rule a when teir is gold require processed in EU\n")
        edits = [edit for d in self.found()["diagnostics"] for edit in d["fixes"][0]["edits"]]
        lines = self.policy.read_text().splitlines(keepends=True)
        for edit in sorted(edits, key=lambda e: (e["line"], e["column"]), reverse=True):
            self.assertEqual((edit["file"], edit["line"]), ("p.route", edit["end_line"]))
            line = lines[edit["line"] - 1]
            lines[edit["line"] - 1] = line[:edit["column"] - 1] + edit["replacement"] + line[edit["end_column"] - 1:]
        document = self.found("--fix")
        self.assertEqual(self.policy.read_text(), "".join(lines))
        self.assertEqual((document["diagnostics"], {fix["code"] for fix in document["fixed"]}), ([], {"R0201"}))

    def test_files_that_are_imported(self):
        (self.tmp / "rules.route").write_text('rule a when tier is glod forbid vendor openai\n')
        self.write('import "rules.route"\n')
        (self.tmp / "rules.route").chmod(0o640)
        code, out, err = self.check("--fix")
        self.assertEqual(code, 0, out)
        self.assertEqual((self.tmp / "rules.route").read_text(), "rule a when tier is gold forbid vendor openai\n")
        self.assertIn("fixed rules.route:1: write `gold` instead of `glod` [R0201]", err)
        self.assertEqual((self.tmp / "rules.route").stat().st_mode & 0o777, 0o640)

    def test_a_file_that_cannot_be_written(self):
        self.write("rule a when teir is gold forbid vendor openai\n")
        self.policy.rename(self.tmp / "real.route")
        read_only = self.tmp / "folder"
        read_only.mkdir()
        (self.tmp / "real.route").rename(read_only / "p.route")
        before = (read_only / "p.route").read_bytes()
        read_only.chmod(0o555)
        self.addCleanup(read_only.chmod, 0o755)
        if os.access(read_only, os.W_OK):
            self.skipTest("this user may write everywhere")
        code, _, err = routec("check", "folder/p.route", "--fix", cwd=self.tmp)
        self.assertEqual(code, 2)
        self.assertIn("cannot write", err)
        self.assertEqual((read_only / "p.route").read_bytes(), before)


class FailLevels(InAFolder):
    def test_levels(self):
        self.write(DEAD_RULE)
        for level, code in [("error", 0), ("warning", 1), ("never", 0)]:
            self.assertEqual(self.check("--fail-level", level)[0], code, level)
        self.write(BAD_GUARANTEE)
        for level, code in [("error", 1), ("warning", 1), ("never", 0)]:
            self.assertEqual(self.check("--fail-level", level)[0], code, level)

    def test_a_question_without_an_answer_stays_one(self):
        first = str(ROOT / "examples/first_policy/policy.route")
        for level in ["error", "never"]:
            self.assertEqual(routec("check", first, "--rlimit", "1", "--fail-level", level)[0], 3, level)


class Acceptances(InAFolder):
    def test_accepted_warnings_do_not_show_and_do_not_fail(self):
        self.write(DEAD_RULE, DEAD_RULE.replace("dead", "also"), 'accept R0504 for dead, also because "until the contract ends"\n')
        code, out, _ = self.check("--fail-level", "warning")
        self.assertEqual(code, 0, out)
        self.assertIn("\n2 accepted warnings\n", out)
        self.assertNotIn("R0504", out)
        found = self.found()
        self.assertEqual(found["diagnostics"], [])
        self.assertEqual([(d["code"], d["rules"], d["reason"]) for d in found["accepted"]],
                         [("R0504", ["dead"], "until the contract ends"), ("R0504", ["also"], "until the contract ends")])
        results = json.loads(self.check("--format", "sarif")[1])["runs"][0]["results"]
        self.assertEqual([r["suppressions"][0]["justification"] for r in results], ["until the contract ends"] * 2)
        self.assertEqual(routec("build", "p.route", "-o", "p.rtb", cwd=self.tmp)[0], 0)

    def test_only_what_is_named_is_accepted(self):
        self.write(DEAD_RULE, DEAD_RULE.replace("dead", "also"), 'accept R0504 for dead because "known"\n')
        self.assertEqual([d["rules"] for d in self.found()["diagnostics"]], [["also"]])
        self.write(DEAD_RULE, DEAD_RULE.replace("dead", "also"), 'accept R0504 because "all of them"\n')
        self.assertEqual(self.found()["diagnostics"], [])

    def test_an_unanswered_question_says_nothing_about_acceptances(self):
        self.write(DEAD_RULE, 'accept R0504 for dead because "known"\n')
        codes = {d["code"] for d in self.found("--rlimit", "1")["diagnostics"]}
        self.assertNotIn("R0405", codes)

    def test_every_warning_names_what_can_be_accepted(self):
        seen = set()
        for case in sorted(CASES.glob("R*.route")):
            if case.name.startswith(SLOW) or "warning[" not in case.read_text(errors="replace"):
                continue
            for d in json.loads(routec("check", str(case), "--audit", "--format", "json")[1])["diagnostics"]:
                if d["severity"] == "warning":
                    self.assertGreater(len(d["rules"]), 0, (case.name, d))
                    seen.add(d["code"])
        self.assertEqual(seen, {code for code, severity, _ in CATALOGUE if severity == "Warning"})


class Baselines(InAFolder):
    def test_known_findings_do_not_fail_and_new_ones_do(self):
        self.write(DEAD_RULE, "route never when tier is gold and tier is free to paris\n")
        self.assertEqual(self.check("--fail-level", "warning")[0], 1)
        code, out, _ = self.check("--fail-level", "warning", "--write-baseline", "base.json")
        self.assertEqual(code, 0, out)
        first = (self.tmp / "base.json").read_bytes()
        document = json.loads(first)
        self.assertEqual(document["schema"], "route.baseline/1")
        self.assertEqual([finding["code"] for finding in document["findings"]], ["R0503", "R0504"])
        code, out, _ = self.check("--fail-level", "warning", "--baseline", "base.json")
        self.assertEqual(code, 0, out)
        self.assertIn("2 findings known to the baseline", out)
        self.assertNotIn("R0504", out)
        self.policy.write_text("# moved\n\n" + self.policy.read_text() + DEAD_RULE.replace("dead", "dead_too"))
        code, out, _ = self.check("--fail-level", "warning", "--baseline", "base.json")
        self.assertEqual(code, 1)
        self.assertIn("rule `dead_too` never applies", out)
        self.assertNotIn("rule `dead` never applies", out)
        found = self.found("--baseline", "base.json")
        self.assertEqual((len(found["diagnostics"]), found["baseline"]), (1, {"known": 2, "gone": []}))

    def test_findings_that_are_gone_are_named(self):
        self.write(DEAD_RULE)
        self.check("--write-baseline", "base.json")
        self.write()
        code, out, _ = self.check("--baseline", "base.json")
        self.assertEqual(code, 0)
        self.assertIn("R0504 rule `dead` never applies", " ".join(out.split()))
        gone = self.found("--baseline", "base.json")["baseline"]["gone"]
        self.assertEqual(gone, [{"code": "R0504", "names": ["dead"], "message": "rule `dead` never applies", "count": 1}])
        # What was not looked for is not gone.
        self.write("rule a when teir is gold forbid vendor openai\n")
        self.assertEqual(self.found("--baseline", "base.json")["baseline"], {"known": 0, "gone": []})

    def test_never_for_a_guarantee_or_a_policy_that_cannot_be_read(self):
        self.write(BAD_GUARANTEE)
        self.assertEqual(self.check("--write-baseline", "base.json")[0], 1)
        self.assertEqual(json.loads((self.tmp / "base.json").read_text())["findings"], [])
        self.write("rule a when teir is gold forbid vendor openai\n")
        code, _, err = self.check("--write-baseline", "none.json")
        self.assertEqual(code, 1)
        self.assertIn("no baseline was written", err)
        self.assertFalse((self.tmp / "none.json").exists())

    def test_the_same_findings_give_the_same_bytes(self):
        self.write(DEAD_RULE, DEAD_RULE.replace("dead", "also"))
        self.check("--write-baseline", "one.json")
        self.policy.write_text("\n\n" + self.policy.read_text())
        self.check("--write-baseline", "two.json", "--baseline", "one.json")
        self.assertEqual((self.tmp / "one.json").read_bytes(), (self.tmp / "two.json").read_bytes())

    def test_what_is_no_baseline_is_refused(self):
        self.write(DEAD_RULE)
        self.check("--write-baseline", "base.json")
        good = json.loads((self.tmp / "base.json").read_text())
        row = good["findings"][0]
        bad = ["", "[", "[]", "{}", '{"schema": "route.baseline/2", "findings": []}', '{"schema": "route.baseline/1"}',
               json.dumps({**good, "findings": [{**row, "message": "rule `x` never applies"}]}),
               json.dumps({**good, "findings": [{**row, "count": -1}]}),
               json.dumps({**good, "findings": [{**row, "names": "dead"}]}),
               json.dumps({**good, "findings": [row, row]}), json.dumps({**good, "findings": [1]}), "[" * 100_000]
        for text in bad:
            (self.tmp / "bad.json").write_text(text)
            code, out, err = self.check("--baseline", "bad.json")
            self.assertEqual((code, out), (2, ""), text[:200])
            self.assertIn("cannot use `bad.json`", err)
        self.assertEqual(self.check("--baseline", "missing.json")[0], 2)

    def test_a_baseline_never_replaces_the_policy(self):
        self.write(DEAD_RULE)
        before = self.policy.read_bytes()
        self.assertEqual(self.check("--write-baseline", "p.route")[0], 2)
        self.assertEqual(self.policy.read_bytes(), before)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]])
