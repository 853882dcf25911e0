#!/usr/bin/env python3
"""The examples in the documentation are true: policies in it compile, and the README's and pages' links lead somewhere.

    docs_test.py ROUTEC ROOT             run all
    docs_test.py ROUTEC ROOT --update    write what is printed into the tutorial and docs/testing.md
"""

import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROUTEC = pathlib.Path(sys.argv[1]).resolve()
ROOT = pathlib.Path(sys.argv[2]).resolve()
UPDATE = "--update" in sys.argv[3:]
sys.path.insert(0, str(ROOT / "tests/docs"))
import walkthrough  # noqa: E402

missing = [name for name in ("routeaudit", "routegate", "fake_provider") if not (ROUTEC.parent / name).exists()]
if missing:  # pages would show, and with --update would be given, that a command is not found
    sys.exit(f"build these beside routec first: {', '.join(missing)}")

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("**/*.md")),
         *sorted((ROOT / "examples").glob("**/README.md"))]


def blocks(page, language):
    return re.findall(r"^```" + language + r"\n(.*?)^```", page.read_text(), re.M | re.S)


class Docs(unittest.TestCase):
    def check(self, text, *command):
        with tempfile.TemporaryDirectory() as folder:
            policy = pathlib.Path(folder) / "policy.route"
            policy.write_text(text)
            done = subprocess.run([ROUTEC, *(command or ("check",)), str(policy)], capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_the_language_page_is_one_policy(self):
        text = "\n".join(blocks(ROOT / "docs/language.md", "route"))
        self.assertGreater(text.count("\n"), 80)
        self.check(text)
        self.check(text, "test")

    def test_the_library_page_is_one_policy(self):
        text = "\n".join(blocks(ROOT / "docs/library.md", "route"))
        self.assertIn("import std.guarantees", text)
        self.check(text)
        self.check(text, "test")

    def test_the_import_page_explains_every_lint(self):
        lints = set(re.findall(r'ROUTE_LINT\(\w+, "([\w-]+)"', (ROOT / "compiler/import/lint.def").read_text()))
        rows = re.findall(r"^\| (`[^|]*) \|", (ROOT / "docs/import.md").read_text(), re.M)
        explained = {name for row in rows for name in re.findall(r"`([\w-]+)`", row)}
        self.assertGreater(len(lints), 20)
        self.assertEqual(lints - explained, set())

    def test_pages_that_tell_a_story_show_what_happens(self):
        for name in ["tutorial.md", "testing.md", "diff.md"]:
            with self.subTest(page=name):
                self.walk(ROOT / "docs" / name)

    def walk(self, page):
        with tempfile.TemporaryDirectory() as folder:
            text = walkthrough.Walkthrough(page, folder, ROUTEC.parent).run()
        if UPDATE:
            page.write_text(text)
        self.assertEqual(page.read_text(), text)

    def test_links_lead_somewhere(self):
        for page in PAGES:
            text = re.sub(r"^(`{3,}).*?^\1$", "", page.read_text(), flags=re.M | re.S)  # a link in an example is none
            for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
                if "://" not in target:
                    self.assertTrue((page.parent / target).exists(), f"{page.name}: {target}")

    def test_files_that_pages_name_exist(self):
        """Paths in code spans that begin with a folder of ours."""
        for page in PAGES:
            for path in re.findall(r"`((?:docs|examples|scripts|tests|compiler|runtime|grammar|stdlib)/[\w./-]+)`", page.read_text()):
                self.assertTrue((ROOT / path).exists(), f"{page.name}: {path}")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]])
