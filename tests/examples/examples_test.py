#!/usr/bin/env python3
"""The examples are good policies: `routec check` and `routec test` have nothing to say about them, and what their READMEs show
is what happens, the experiments too.

    examples_test.py ROUTEC ROOT             run all
    examples_test.py ROUTEC ROOT --update    write what is printed into the READMEs
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROUTEC = pathlib.Path(sys.argv[1]).resolve()
ROOT = pathlib.Path(sys.argv[2]).resolve()
UPDATE = "--update" in sys.argv[3:]
sys.path.insert(0, str(ROOT / "tests/docs"))
import walkthrough  # noqa: E402

EXAMPLES = ROOT / "examples"
POLICIES = sorted(path for path in EXAMPLES.glob("*/*.route") if re.search(r"^policy ", path.read_text(), re.M))
STORIES = ["jurisdiction", "platinum", "smallest_model", "legal_vendors", "latency_failover", "spend_cap", "outage",
           "operator_with_tenants", "prompt_triage"]


def routec(*arguments):
    done = subprocess.run([ROUTEC, *arguments, "--today", walkthrough.TODAY], capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout + done.stderr


class Examples(unittest.TestCase):
    maxDiff = None

    def test_every_policy_is_checked_without_a_word(self):
        for policy in POLICIES:
            with self.subTest(policy=str(policy.relative_to(ROOT))):
                code, output = routec("check", str(policy))
                if policy.parent.name == "broken_policy":
                    self.assertEqual(code, 1, output)
                else:
                    self.assertEqual(code, 0, output)
                    self.assertNotRegex(output, r"(?m)^(warning|error)", output)

    def test_every_policy_has_tests_that_pass(self):
        for policy in POLICIES:
            if policy.parent.name == "broken_policy":
                continue
            with self.subTest(policy=str(policy.relative_to(ROOT))):
                self.assertRegex(policy.read_text(), r"(?m)^test ")
                code, output = routec("test", str(policy))
                self.assertEqual(code, 0, output)

    def test_the_stories_are_in_canonical_form(self):
        files = [EXAMPLES / "catalog.route", *(path for story in STORIES for path in sorted((EXAMPLES / story).glob("*.route")))]
        done = subprocess.run([ROUTEC, "fmt", "--check", *files], capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_every_story_is_there(self):
        for story in STORIES:
            self.assertTrue((EXAMPLES / story / "README.md").exists(), story)

    def test_readmes_show_what_happens(self):
        for page in sorted(EXAMPLES.glob("*/README.md")):
            with self.subTest(page=str(page.relative_to(ROOT))), tempfile.TemporaryDirectory() as folder:
                shutil.copytree(EXAMPLES, pathlib.Path(folder) / "examples")
                story = pathlib.Path(folder) / "examples" / page.parent.name
                text = walkthrough.Walkthrough(page, story, ROUTEC.parent).run()
                if UPDATE:
                    page.write_text(text)
                self.assertEqual(page.read_text(), text)
                self.assertRegex(text, r"(?s)```diff .*R0\d\d\d", "an experiment, and the code that it ends in")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]])
