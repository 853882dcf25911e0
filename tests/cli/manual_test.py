#!/usr/bin/env python3
"""The manual pages: one for each command, complete, and clean by mandoc where it is installed.

    manual_test.py ROUTEC
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROUTEC = pathlib.Path(sys.argv[1]).resolve()
BY_HAND = pathlib.Path(__file__).resolve().parents[2] / "docs/man"  # the pages of the other programs


def routec(*words):
    done = subprocess.run([ROUTEC, *words], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


def commands():
    return re.findall(r"^  (\w[\w-]*) ", routec("--help")[1].split("Subcommands:\n", 1)[1], re.M)


class Manual(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.tmp = pathlib.Path(holder.name) / "man"
        self.assertEqual(routec("manual", "-o", str(self.tmp)), (0, "", ""))
        self.pages = {path.relative_to(self.tmp).as_posix(): path.read_text() for path in self.tmp.glob("*/*")}

    def test_each_command_has_a_page(self):
        names = {"man1/routec.1", "man5/route.5", *(f"man1/routec-{name}.1" for name in commands())}
        self.assertLessEqual(names, set(self.pages))
        self.assertEqual(routec("manual")[1], self.pages["man1/routec.1"])
        for name in commands():
            self.assertEqual(routec("manual", name)[1], self.pages[f"man1/routec-{name}.1"])

    def test_a_command_within_a_command_has_a_page_too(self):
        page = self.pages["man1/routec-import-litellm-prices.1"]
        self.assertEqual(routec("manual", "import", "litellm-prices")[1], page)
        self.assertIn(".Nm routec import litellm-prices\n", page)
        self.assertIn(".Xr routec-import-litellm-prices 1", self.pages["man1/routec-import.1"])
        self.assertEqual(page.count(".Sh EXIT STATUS"), 1)

    def test_a_page_has_every_option_of_the_help(self):
        for name in commands():
            shown = routec(name, "--help")[1]
            for option in re.findall(r"(--[a-z][\w-]*)", "\n".join(re.findall(r"^  (-\S+)", shown, re.M))):
                self.assertRegex(self.pages[f"man1/routec-{name}.1"], rf"Fl {option[1:]}\b", name)

    def test_pages_link_to_pages(self):
        for name, text in self.pages.items():
            for page, section in re.findall(r"^\.Xr (\S+) (\d)", text, re.M):
                by_hand = BY_HAND / f"{page}.{section}"
                if not by_hand.exists():
                    self.assertIn(f"man{section}/{page}.{section}", self.pages, name)

    def test_no_command_has_no_page(self):
        code, out, err = routec("manual", "frobnicate")
        self.assertEqual((code, out), (2, ""))
        self.assertIn("there is no command `routec frobnicate`", err)

    def test_a_folder_that_cannot_be_written(self):
        (self.tmp / "file").write_text("")
        self.assertEqual(routec("manual", "-o", str(self.tmp / "file"))[0], 2)

    @unittest.skipUnless(shutil.which("mandoc"), "mandoc is not installed")
    def test_mandoc_has_nothing_to_say(self):
        done = subprocess.run(["mandoc", "-Tlint", *sorted(self.pages)], cwd=self.tmp, capture_output=True, text=True, timeout=60)
        # It looks for the pages that others refer to among those that are installed; the links have their own test.
        said = [line for line in (done.stdout + done.stderr).splitlines() if "referenced manual not found" not in line]
        self.assertEqual(said, [])


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]])
