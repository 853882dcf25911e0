#!/usr/bin/env python3
"""The pages of docs/diagnostics are there, complete, and true: what they show is what routec prints.

    pages_test.py ROUTEC ROOT             checks every page
    pages_test.py ROUTEC ROOT --update    writes what is printed into the pages, and the index into README.md

A page's first ```route block shows the mistake: `routec check` on it reports this code and no other. The ```text block after
it begins with the command, `$ routec check policy.route`, and holds what is printed, without the last line, which names
the page itself. The next ```route block is the same policy put right: nothing is reported. An example runs in a folder of
its own, as policy.route, beside the catalog.route that `routec init` writes.

A comment stands before a block that is a file beside the example, and before one that cannot be text as it is:

    <!-- file: operator.route -->
    <!-- example: saved as iso-8859-1 -->
    <!-- example: with <U+200B> as that character -->
    <!-- example: filled up with blanks to 67108865 bytes -->
"""

import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import unittest

ROUTEC = pathlib.Path(sys.argv[1]).resolve()
ROOT = pathlib.Path(sys.argv[2]).resolve()
FOLDER = ROOT / "docs/diagnostics"
ROWS = re.findall(r'^ROUTE_DIAGNOSTIC\((R\d{4}), k(\w+), +k(\w+), +"((?:[^"\\]|\\.)*)"\)',
                  (ROOT / "compiler/diagnostics/catalogue.def").read_text(), re.M)
CATALOGUE = {code: (severity.lower(), title) for code, severity, _, title in ROWS}
AUDITED = {code for code, _, depth, _ in ROWS if depth == "Audit"}
GROUPS = {"R01": "Text and syntax", "R02": "Names, types and units", "R03": "The catalogue", "R04": "The shape of a policy",
          "R05": "What verification finds", "R06": "Limits of the table", "R07": "Tests"}
# A limit that no example can show, because others stop a policy first; the page says so in words.
WITHOUT_EXAMPLE = {"R0601"}
HEADINGS = ["Example", "Why it matters", "How to fix it"]
BLOCK = re.compile(r"(?:^<!-- file: (?P<file>\S+) -->\n)?^```(?P<kind>route|text)\n(?P<text>.*?)^```$", re.M | re.S)
COMMAND = "$ routec check policy.route"


def pages():
    return sorted(FOLDER.glob("R[0-9]*.md"))


class Example:
    """A page's blocks: the mistake, what is printed, the correction."""

    def __init__(self, page):
        self.page, self.text = page, page.read_text()
        self.code = page.stem
        self.all_blocks = list(BLOCK.finditer(self.text))
        self.blocks = [block for block in self.all_blocks if block["file"] is None]
        self.files = {block["file"]: block["text"] for block in self.all_blocks if block["file"]}

    def of_kind(self, kind):
        return [block for block in self.blocks if block["kind"] == kind]

    def broken(self):
        data = self.of_kind("route")[0]["text"].encode()
        made = re.search(r"<!-- example: (.*?) -->", self.text)
        if made is None:
            return data
        if made.group(1) == "saved as iso-8859-1":
            return data.decode().encode("iso-8859-1")
        if character := re.fullmatch(r"with <U\+([0-9A-F]{4})> as that character", made.group(1)):
            return data.replace(f"<U+{character.group(1)}>".encode(), chr(int(character.group(1), 16)).encode())
        size = re.fullmatch(r"filled up with blanks to (\d+) bytes", made.group(1))
        assert size, f"{self.page.name}: this test does not know how an example is `{made.group(1)}`"
        return data + b" " * (int(size.group(1)) - len(data))

    def command(self):
        return self.of_kind("text")[0]["text"].split("\n", 1)[0]

    def printed(self):
        """What the text block must hold."""
        words = shlex.split(self.command())[2:]
        lines = run(self.broken(), words, self.files).splitlines()
        own = f"more: routec explain {self.code}"
        assert lines[-1] == own, f"{self.page.name}: the last line is `{lines[-1]}` and not `{own}`"
        return self.command() + "\n" + "\n".join(lines[:-1]) + "\n"


def run(policy, words, files):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "policy.route").write_bytes(policy)
        (folder / "catalog.route").write_bytes((ROOT / "compiler/scaffold/files/catalog.route").read_bytes())
        for name, text in files.items():
            (folder / name).write_text(text)
        done = subprocess.run([ROUTEC, *words, "--today", "2026-11-24"], cwd=folder, capture_output=True, timeout=120)
        return done.stdout.decode() + done.stderr.decode()


def index():
    """The table of README.md between its two marks."""
    lines = []
    for group, heading in GROUPS.items():
        rows = [(code, *entry) for code, entry in CATALOGUE.items() if code.startswith(group)]
        lines += [f"## {heading}", "", "| code | severity | |", "|---|---|---|"]
        lines += [f"| [{code}]({code}.md) | {severity} | {title} |" for code, severity, title in rows]
        lines += [""]
    return "<!-- index -->\n\n" + "\n".join(lines) + "\n<!-- end of index -->"


INDEX = re.compile(r"<!-- index -->.*<!-- end of index -->", re.S)


class Pages(unittest.TestCase):
    maxDiff = None

    def test_every_code_has_a_page_and_every_page_a_code(self):
        self.assertEqual({page.stem for page in pages()}, set(CATALOGUE))
        self.assertTrue(all(code[:3] in GROUPS for code in CATALOGUE))

    def test_titles_say_what_only_an_audit_asks(self):
        self.assertEqual({code for code, (_, title) in CATALOGUE.items() if title.endswith("(--audit)")}, AUDITED)

    def test_pages_have_the_form_of_the_template(self):
        for page in pages():
            with self.subTest(page=page.name):
                severity, title = CATALOGUE[page.stem]
                text = BLOCK.sub("", page.read_text())
                lines = text.splitlines()
                self.assertEqual(lines[:4], [f"# {page.stem}: {title}", "", f"Severity: {severity}", ""])
                self.assertGreater(len(lines[4]), 40, "what it means comes first")
                wanted = HEADINGS + (["When to accept it"] if severity == "warning" else []) + ["Related"]
                self.assertEqual(re.findall(r"^## (.*)$", text, re.M), wanted)
                for part in re.split(r"^## .*$", text, flags=re.M)[2:]:
                    self.assertGreater(len(part.strip()), 40, "a section says something")
                related = text.split("## Related\n", 1)[1]
                codes = re.findall(r"^- \[(R\d{4})\]\(\1\.md\): \S", related, re.M)
                self.assertEqual(len(codes), related.count("\n- "), "each is `- [R0502](R0502.md): how it differs`")
                self.assertTrue(codes)
                self.assertNotIn(page.stem, codes)
                self.assertLessEqual(set(codes), set(CATALOGUE))

    def test_examples_print_what_the_page_says(self):
        for page in pages():
            with self.subTest(page=page.name):
                if page.stem in WITHOUT_EXAMPLE:
                    self.assertEqual(Example(page).all_blocks, [])
                    continue
                example = Example(page)
                self.assertEqual([block["kind"] for block in example.blocks][:3], ["route", "text", "route"])
                self.assertTrue(example.command().startswith(COMMAND))
                printed = example.printed()
                self.assertEqual(set(re.findall(r"^(?:error|warning)\[(R\d{4})\]", printed, re.M)), {page.stem})
                self.assertEqual(example.of_kind("text")[0]["text"], printed)

    def test_corrected_examples_are_sound(self):
        for page in pages():
            if page.stem in WITHOUT_EXAMPLE:
                continue
            example = Example(page)
            for fixed in example.of_kind("route")[1:]:
                with self.subTest(page=page.name):
                    printed = run(fixed["text"].encode(), shlex.split(COMMAND)[2:], example.files)
                    self.assertTrue(printed.endswith("\nno errors\n"), printed)

    def test_blocks_are_short_and_narrow(self):
        for page in pages():
            for block in Example(page).all_blocks:
                with self.subTest(page=page.name):
                    if block["kind"] == "text":
                        continue
                    self.assertLessEqual(block["text"].count("\n"), 30)
                    self.assertLessEqual(max(map(len, block["text"].splitlines())), 76, "four blanks and this fit a terminal")

    def test_the_index_is_the_catalogue(self):
        self.assertEqual(INDEX.search((FOLDER / "README.md").read_text()).group(0), index())

    def test_routec_prints_each_page(self):
        for page in pages():
            with self.subTest(page=page.name):
                done = subprocess.run([ROUTEC, "explain", page.stem], capture_output=True, text=True, timeout=60)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertEqual(done.stdout.splitlines()[0], f"{page.stem}: {CATALOGUE[page.stem][1]}")
                self.assertNotIn("\x1b", done.stdout)
                prose = [line for line in done.stdout.splitlines() if not line.startswith("    ")]
                self.assertLessEqual(max(map(len, prose)), 80)
                # Code is printed as it stands.
                for block in Example(page).all_blocks:
                    shown = "".join("    " + line + "\n" if line else "\n" for line in block["text"].splitlines())
                    self.assertTrue(shown in done.stdout, "is routec built from this page?\n" + shown)


def update():
    for page in pages():
        if page.stem in WITHOUT_EXAMPLE:
            continue
        example = Example(page)
        block = example.of_kind("text")[0]
        printed = example.printed()
        if block["text"] != printed:
            page.write_text(example.text[:block.start("text")] + printed + example.text[block.end("text"):])
            print(f"updated {page.name}")
    readme = FOLDER / "README.md"
    text = readme.read_text()
    if INDEX.search(text).group(0) != index():
        readme.write_text(INDEX.sub(lambda _: index(), text))
        print("updated README.md")


if __name__ == "__main__":
    if sys.argv[3:] == ["--update"]:
        update()
    else:
        unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
