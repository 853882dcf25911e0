#!/usr/bin/env python3
"""The contract of `routec fmt`, and that the policies of this repository are formatted.

    fmt_test.py ROUTEC ROOT
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

UGLY = "policy   p\nroute a   to b\nroute longer to b\n"
FORMATTED = "policy p\nroute a       to b\nroute longer  to b\n"
BROKEN = "policy p\nroute a   to\n"


def fmt(*words, text=None, cwd=ROOT):
    done = subprocess.run([ROUTEC, "fmt", *words], cwd=cwd, input=text, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout, done.stderr


class Fmt(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.tmp = pathlib.Path(self.folder.name)
        self.ugly = self.file("ugly.route", UGLY)
        self.good = self.file("good.route", FORMATTED)
        self.broken = self.file("broken.route", BROKEN)

    def file(self, name, text):
        path = self.tmp / name
        path.write_text(text)
        return path

    def in_tmp(self, *words, text=None):
        return fmt(*words, text=text, cwd=self.tmp)

    def test_files_are_rewritten_in_place_and_named(self):
        before = self.good.stat()
        self.assertEqual(self.in_tmp("ugly.route", "good.route"), (0, "formatted ugly.route\n", ""))
        self.assertEqual(self.ugly.read_text(), FORMATTED)
        self.assertEqual(self.good.stat().st_mtime_ns, before.st_mtime_ns)
        self.assertEqual(self.good.stat().st_ino, before.st_ino)
        self.assertEqual(self.in_tmp("ugly.route", "good.route"), (0, "", ""))

    def test_check_names_what_would_change_and_changes_nothing(self):
        self.assertEqual(self.in_tmp("--check", "good.route"), (0, "", ""))
        self.assertEqual(self.in_tmp("--check", "good.route", "ugly.route"), (1, "would format ugly.route\n", ""))
        self.assertEqual(self.ugly.read_text(), UGLY)

    def test_the_diff_is_one_that_patch_applies(self):
        code, diff, err = self.in_tmp("--diff", "ugly.route")
        self.assertEqual((code, err), (0, ""))
        self.assertTrue(diff.startswith("--- ugly.route\n+++ ugly.route\n@@ -1,3 +1,3 @@\n"), diff)
        self.assertEqual(self.ugly.read_text(), UGLY)
        self.assertEqual(self.in_tmp("--check", "--diff", "ugly.route"), (1, diff, ""))
        self.assertEqual(self.in_tmp("--diff", "--check", "good.route"), (0, "", ""))
        for policy in sorted((ROOT / "tests/golden/cases").glob("*.route")):
            if policy.name.endswith(".raw.route"):
                continue
            copy = self.tmp / policy.name
            text = policy.read_bytes()
            for variant in (text, text.replace(b"\n", b"\r\n"), text.rstrip(b"\n"), b"\n\n" + text + b"\n\n"):
                copy.write_bytes(variant)
                diff = subprocess.run([ROUTEC, "fmt", "--diff", copy.name], cwd=self.tmp, capture_output=True, timeout=60)
                if diff.returncode != 0:
                    continue
                wanted = subprocess.run([ROUTEC, "fmt", "-"], input=variant, capture_output=True, timeout=60).stdout
                self.assertEqual(apply_diff(variant, diff.stdout), wanted, policy.name)

    def test_standard_input(self):
        self.assertEqual(self.in_tmp("-", text=UGLY), (0, FORMATTED, ""))
        self.assertEqual(self.in_tmp("-", text=FORMATTED), (0, FORMATTED, ""))
        self.assertEqual(self.in_tmp("-", text=""), (0, "", ""))
        self.assertEqual(self.in_tmp("--check", "-", text=UGLY), (1, "would format <stdin>\n", ""))
        self.assertEqual(self.in_tmp("--check", "-", text=FORMATTED), (0, "", ""))
        code, out, err = self.in_tmp("-", text=BROKEN)
        self.assertEqual((code, out), (1, ""))
        self.assertIn("<stdin>:2", err)

    def test_a_file_with_errors_is_left_alone_and_the_others_are_done(self):
        code, out, err = self.in_tmp("broken.route", "ugly.route")
        self.assertEqual((code, out), (1, "formatted ugly.route\n"))
        self.assertIn("error[R0101]", err)
        self.assertEqual(self.broken.read_text(), BROKEN)
        self.assertEqual(self.ugly.read_text(), FORMATTED)
        for mark in ("\ufeff", "\u202e"):
            marked = self.file("marked.route", mark + UGLY)
            code, _, err = self.in_tmp("marked.route")
            self.assertEqual((code, marked.read_text()), (1, mark + UGLY))
            self.assertIn("R0110", err)

    def test_files_that_cannot_be_read_or_written(self):
        code, out, err = self.in_tmp("missing.route", "ugly.route", "broken.route")
        self.assertEqual((code, out), (2, "formatted ugly.route\n"))
        self.assertIn("cannot read `missing.route`", err)
        self.assertEqual(self.in_tmp(".")[0], 2)
        self.assertEqual(self.in_tmp()[0], 2)
        self.assertEqual(self.in_tmp("--check=maybe", "ugly.route")[0], 2)

    def test_permissions_and_links_stay(self):
        self.ugly.chmod(0o600)
        link = self.tmp / "link.route"
        link.symlink_to("ugly.route")
        self.assertEqual(self.in_tmp("link.route")[0], 0)
        self.assertTrue(link.is_symlink())
        self.assertEqual(self.ugly.read_text(), FORMATTED)
        self.assertEqual(self.ugly.stat().st_mode & 0o7777, 0o600)

    def test_json(self):
        code, out, err = self.in_tmp("--format", "json", "ugly.route", "good.route", "broken.route", "missing.route", "--check")
        self.assertEqual(code, 2)
        document = json.loads(out)
        self.assertEqual(document["schema"], "route.fmt/1")
        self.assertEqual(document["files"], [
            {"file": "ugly.route", "result": "would_change"}, {"file": "good.route", "result": "unchanged"},
            {"file": "broken.route", "result": "failed"}, {"file": "missing.route", "result": "failed"}])
        self.assertEqual([(d["code"], d["file"]) for d in document["diagnostics"]], [("R0101", "broken.route")])
        row = json.loads(self.in_tmp("--format", "json", "--diff", "ugly.route")[1])["files"][0]
        self.assertEqual(row["diff"], self.in_tmp("--diff", "ugly.route")[1])
        row = json.loads(self.in_tmp("--format", "json", "-", text=UGLY)[1])["files"][0]
        self.assertEqual(row, {"file": "<stdin>", "result": "changed", "text": FORMATTED})
        self.assertEqual(self.in_tmp("--format", "plain", "--check", "ugly.route"), (1, "would format ugly.route\n", ""))
        row = json.loads(self.in_tmp("--format", "json", "ugly.route")[1])["files"][0]
        self.assertEqual(row, {"file": "ugly.route", "result": "changed"})

    def test_imports_are_not_followed(self):
        importing = self.file("importing.route", 'policy p\nimport "ugly.route"\nimport "missing.route"\n')
        self.assertEqual(self.in_tmp("importing.route"), (0, "", ""))
        self.assertEqual(self.ugly.read_text(), UGLY)
        self.assertTrue(importing.exists())


class Repository(unittest.TestCase):
    def test_its_policies_are_formatted(self):
        policies = [str(path.relative_to(ROOT)) for folder in ("examples", "stdlib", "compiler", "tests")
                    for path in sorted((ROOT / folder).glob("**/*.route"))
                    if "golden" not in path.parts]
        self.assertGreater(len(policies), 10)
        self.assertEqual(fmt("--check", *policies), (0, "", ""))

    def test_the_examples_in_its_documentation_are_formatted(self):
        count = 0
        for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("**/*.md"))]:
            # The pages of the codes are narrower than the canonical form, for `routec explain` shows them on a terminal.
            if page.name == "formatting.md" or page.parent.name == "diagnostics":
                continue
            for block in re.findall(r"^```route\n(.*?)^```", page.read_text(), re.M | re.S):
                code, out, err = fmt("-", text=block)
                if "error[" in err:
                    continue  # a fragment
                self.assertEqual((code, out), (0, block), page.name)
                count += 1
        self.assertGreater(count, 10)

    def test_the_page_on_formatting_tells_the_truth(self):
        blocks = re.findall(r"^```route\n(.*?)^```", (ROOT / "docs/formatting.md").read_text(), re.M | re.S)
        self.assertGreater(len(blocks), 10)
        for before, after in zip(blocks[::2], blocks[1::2], strict=True):
            self.assertNotEqual(before, after)
            self.assertEqual(fmt("-", text=before), (0, after, ""))


def apply_diff(text, diff):
    """What `patch` makes of the text; fails if a line of the diff is not what stands there."""
    result, at = [], 0
    lines = re.findall(rb"[^\n]*\n|[^\n]+$", text)
    rows = re.findall(rb"[^\n]*\n", diff)[2:]
    for number, row in enumerate(rows):
        if hunk := re.match(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@\n", row):
            first = int(hunk[1]) - (hunk[2] != b"0")
            result += lines[at:first]
            at = first
            assert len(result) == int(hunk[3]) - (hunk[4] != b"0"), row
            continue
        if row.startswith(b"\\"):
            continue
        line = row[1:]
        if rows[number + 1:number + 2] == [b"\\ No newline at end of file\n"]:
            line = line[:-1]
        if row[:1] in b" -":
            assert lines[at] == line, (lines[at], line)
            at += 1
        if row[:1] in b" +":
            result.append(line)
    return b"".join(result + lines[at:])


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]])
