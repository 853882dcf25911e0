#!/usr/bin/env python3
"""What routec says about command lines that are wrong, and how it behaves where the system refuses to do what it asks.

    usage_test.py ROUTEC ROOT
"""

import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import unittest

ROUTEC = pathlib.Path(sys.argv[1]).resolve()
ROOT = pathlib.Path(sys.argv[2]).resolve()
# Sanitizers lay claim to more addresses than any limit allows, and end the program where they cannot.
HAS_SANITIZER = any(name in ROUTEC.read_bytes() for name in [b"__asan_init", b"__tsan_init"])

CATALOGUE = """\
vendor a { headquarters FR }
model m { quality 80 }
deployment paris serves m { vendor a processed in FR price 1 USD in, 1 USD out }
"""
POLICY = """\
policy t version "1"
attribute tier one of free, gold from tenant default free
attribute data any of personal, health from header "x-data" default nothing
attribute spend percent up to 200% from budget
""" + CATALOGUE + "route all to paris\n"


class InFolder(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.tmp = pathlib.Path(folder.name)
        self.write("p.route", POLICY)

    def write(self, name, text):
        path = self.tmp / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)

    def routec(self, *words, **more):
        done = subprocess.run([ROUTEC, *words], cwd=self.tmp, capture_output=True, timeout=120, **more)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def shell(self, line):
        """A command line for the shell, in which `routec` is the program."""
        done = subprocess.run(["bash", "-c", f'routec() {{ "{ROUTEC}" "$@"; }}\n{line}'], cwd=self.tmp,
                              capture_output=True, timeout=120)
        return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode()

    def error(self, *words):
        code, out, err = self.routec(*words)
        self.assertEqual((code, out), (2, ""), err)
        self.assertTrue(err.startswith("routec: error: ") and err.count("\n") == 1, err)
        return err[len("routec: error: "):-1]


class WrongUsage(InFolder):
    def test_what_is_misspelt_is_named_with_what_is_near(self):
        self.assertEqual(self.error("chekc", "p.route"), "`routec` has no command `chekc`; did you mean `check`?")
        self.assertEqual(self.error("frobnicate"), "`routec` has no command `frobnicate`; `routec --help` lists them")
        self.assertEqual(self.error("import", "litellm-price", "x"),
                         "`routec import` has no command `litellm-price`; did you mean `litellm-prices`?")
        self.assertEqual(self.error("check", "--fomat", "json", "p.route"),
                         "`routec check` has no option `--fomat`; did you mean `--format`?")
        self.assertEqual(self.error("check", "p.route", "--fomat=json"),
                         "`routec check` has no option `--fomat`; did you mean `--format`?")
        self.assertEqual(self.error("--frobnicate"), "`routec` has no option `--frobnicate`; `routec --help` lists them")

    def test_what_is_missing_is_named_with_its_meaning(self):
        self.assertEqual(self.error("check"), "`routec check` needs `FILE.route`: the policy file, or several, each checked by itself; "
                         "`routec check --help` says more")
        self.assertEqual(self.error("build", "p.route"),
                         "`routec build` needs `-o FILE.rtb`: the bundle to write; `routec build --help` says more")
        self.assertEqual(self.error(), "say what to do, for example `routec check FILE.route`; `routec --help` lists the commands")
        self.assertEqual(self.error("import"),
                         "say what to do, for example `routec import COMMAND`; `routec import --help` lists the commands")
        self.assertEqual(self.error("check", "p.route", "--format"), "`--format` needs a value: text|plain|json|sarif|junit|github")

    def test_what_does_not_fit_is_named_with_what_does(self):
        self.assertEqual(self.error("check", "p.route", "--format", "xml"),
                         "--format `xml` is none of `text`, `plain`, `json`, `sarif`, `junit` or `github`")
        self.assertEqual(self.error("completions", "tcsh"), "`tcsh` is none of `bash`, `zsh` or `fish`")
        self.assertEqual(self.error("dump", "p.route", "q.route"),
                         "`routec dump` has no use for `q.route`; `routec dump --help` says more")
        self.assertIn("--rlimit", self.error("check", "p.route", "--rlimit", "many"))
        self.assertIn("`yesterday` is not a date", self.error("check", "p.route", "--today", "yesterday"))

    def test_words_that_would_steer_a_terminal_are_spelled_out(self):
        for words in [("check", "\x1b[31mx"), ("check", "p.route", "--today", "\x1b[31mx"), ("\x1b[31mx",),
                      ("eval", "p.route", "--given", "\x1b[31mx=1"), ("check", "p.route", "--\x1b[31mx"),
                      ("check", "p.route", "--format", "\x1b[31mx"), ("explain", "\x1b[31mx"), ("decide", "\x1b[31mx")]:
            said = self.error(*words)
            self.assertNotIn("\x1b", said)
            self.assertIn("<U+001B>", said, words)
        said = self.error("check", b"no\xffutf8".decode(errors="surrogateescape"))
        self.assertIn("not UTF-8", said)
        self.assertIn("\N{REPLACEMENT CHARACTER}", self.error("decide", b"no\xffutf8".decode(errors="surrogateescape")))

    def test_eval_and_decide_say_the_same_of_a_request(self):
        self.assertEqual(self.routec("build", "p.route", "-o", "p.rtb")[0], 0)
        for given in ["teir=gold", "tier", "tier=glod", "tier=", "data=personal,", "data=persnal", "spend=many", "spend=201%",
                      "nonsense=1", "tier=gold tier=free", 'tier="gold', "spend=-1%"]:
            said = self.error("eval", "p.route", "--given", given)
            self.assertEqual(self.error("decide", "p.rtb", "--given", given), said)
        for given in ["", "tier=gold data=personal,health spend=12.5%", "data=nothing"]:
            self.assertEqual(self.routec("eval", "p.route", "--given", given), self.routec("decide", "p.rtb", "--given", given))


class SeveralPolicies(InFolder):
    def setUp(self):
        super().setUp()
        self.write("gap.route", POLICY.replace("route all to paris", "route gold when tier is gold to paris"))

    def test_each_is_checked_by_itself_and_the_worst_counts(self):
        single = [self.routec("check", name)[1] for name in ("p.route", "gap.route")]
        self.assertEqual(self.routec("check", "p.route", "gap.route"), (1, "\n".join(single), ""))
        self.assertEqual(self.routec("check", "p.route", "p.route")[0], 0)
        code, out, _ = self.routec("check", "gap.route", "p.route", "--format", "github")
        self.assertEqual((code, out), self.routec("check", "gap.route", "--format", "github")[:2])
        self.assertEqual(self.routec("check", "p.route", "missing.route", "gap.route")[0], 2)

    def test_what_is_about_one_is_asked_of_one(self):
        for words in (["--format", "json"], ["--format", "junit"], ["--why", "x"], ["--baseline", "b.json"]):
            self.assertIn("goes with one policy, and 2 are given", self.error("check", "p.route", "gap.route", *words))


class Streams(InFolder):
    def test_what_cannot_be_printed_exits_with_2(self):
        for words in ["--help", "--version", "check --help", "check p.route", "build p.route -o x.rtb", "explain R0501",
                      "completions bash", "manual"]:
            code, _, err = self.shell(f"routec {words} >/dev/full")
            self.assertEqual((code, err), (2, "routec: error: cannot write to standard output: No space left on device\n"), words)
            self.assertEqual(self.shell(f"routec {words} >&-")[0], 2, words)
            self.assertEqual(self.shell(f"routec {words} >&- 2>&-")[0], 2, words)
        self.assertEqual(self.shell("routec nonsense 2>/dev/full")[0], 2)
        self.assertEqual(self.shell("routec check p.route 2>&-")[:2], self.routec("check", "p.route")[:2])

    def test_nothing_that_is_printed_goes_into_a_file_that_is_written(self):
        self.assertEqual(self.shell("routec build p.route -o good.rtb")[0], 0)
        good = (self.tmp / "good.rtb").read_bytes()
        self.assertEqual(self.shell("routec build p.route -o closed.rtb >&- 2>&- <&-")[0], 2)
        self.assertEqual((self.tmp / "closed.rtb").read_bytes(), good)

    def test_an_open_stream_is_no_file_to_write(self):
        for output in ["/dev/stdout", "/dev/fd/1", "out"]:
            code, _, err = self.shell(f"routec build p.route -o {output} >out")
            self.assertEqual(code, 2)
            self.assertEqual(err, f"routec: error: cannot write `{output}`: it is an open stream, and a file is replaced as a "
                                  "whole; name another file\n")
            self.assertEqual((self.tmp / "out").read_bytes(), b"")
        self.assertEqual(self.shell("routec build p.route -o /dev/fd/3 3>out")[0], 2)

    def test_a_file_that_may_not_grow_is_reported_and_leaves_nothing(self):
        def small():
            resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))

        self.write("long.route", POLICY.replace("route all to paris", "route    all    to   paris"))
        self.write("fix.route", POLICY.replace("free, gold", "free, gold, gold"))
        for words in [("fmt", "long.route"), ("build", "p.route", "-o", "p.rtb"), ("check", "--fix", "fix.route")]:
            before = {path.name: path.read_bytes() for path in self.tmp.iterdir()}
            code, _, err = self.routec(*words, preexec_fn=small)
            self.assertEqual(code, 2, err)
            self.assertIn("File too large", err)
            self.assertEqual({path.name: path.read_bytes() for path in self.tmp.iterdir()}, before)


class Questions(InFolder):
    def test_explaining_what_is_not_known_is_no_success(self):
        self.write("hard.route", (ROOT / "tests/golden/cases/R0520_inconclusive.route").read_text())
        self.assertEqual(self.routec("explain", "hard.route")[0], 0)
        code, out, _ = self.routec("explain", "hard.route", "--rlimit", "1")
        self.assertIn("not known", out)
        self.assertEqual(code, 3)


class Imports(InFolder):
    def check(self, *words):
        return self.routec("check", *words, "--format", "plain")

    def test_only_regular_files_are_imported(self):
        self.write("i.route", 'policy t\nimport "pipe.route"\nroute all to paris\n')
        os.mkfifo(self.tmp / "pipe.route")
        code, out, _ = self.check("i.route")
        self.assertEqual(code, 1)
        self.assertIn("Cannot read `pipe.route`: it is not a regular file", out)

    def test_the_policy_itself_may_come_through_a_pipe(self):
        self.assertEqual(self.shell("routec check <(cat p.route)")[0], 0)
        self.assertEqual(self.shell("routec check /dev/stdin <p.route")[0], 0)
        self.assertEqual(self.shell("cat p.route | routec check /dev/stdin")[0], 0)

    def test_no_more_is_read_than_a_file_may_hold(self):
        with open(self.tmp / "big.route", "wb") as big:
            big.truncate(8 << 30)  # takes no space; reading it whole would take eight gibibytes
        self.write("i.route", 'policy t\nimport "big.route"\nroute all to paris\n')
        limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
        code, out, _ = self.routec("check", "i.route", "--format", "plain", preexec_fn=None if HAS_SANITIZER else limit)
        self.assertEqual(code, 1)
        self.assertIn("This file is larger than 64 MiB", out)

    def test_an_import_is_the_file_that_the_system_means(self):
        self.write("real/x.route", CATALOGUE)
        (self.tmp / "real/deep").mkdir()
        (self.tmp / "ln").symlink_to("real/deep")
        self.write("x.route", "# not this one\n")
        self.write("l.route", 'policy t\nimport "ln/../x.route"\nroute all to paris\n')
        self.assertEqual(self.check("l.route")[0], 0)
        self.write("m.route", 'policy t\nimport "missing/../x.route"\nroute all to paris\n')
        self.assertIn("Cannot read `missing/../x.route`", self.check("m.route")[1])
        self.write("n.route", 'policy t\nimport "real/deep/../x.route"\nroute all to nowhere\n')
        self.assertIn("n.route", self.check("n.route")[1])

    def test_one_file_by_two_names_is_one_file(self):
        self.write("b.route", CATALOGUE)
        (self.tmp / "link.route").symlink_to("b.route")
        os.link(self.tmp / "b.route", self.tmp / "hard.route")
        for other in ["link.route", "hard.route", "./b.route"]:
            self.write("s.route", f'policy t\nimport "b.route"\nimport "{other}"\nroute all to paris\n')
            code, out, err = self.check("s.route")
            self.assertEqual(code, 0, out + err)
            self.assertIn("is already imported", out)
            self.assertIn("Warning R0212", out)
        (self.tmp / "self.route").symlink_to("loop.route")
        self.write("loop.route", 'policy t\nimport "self.route"\nroute all to paris\n')
        self.assertIn("imports itself", self.check("loop.route")[1])


class LineEnds(InFolder):
    def test_fixes_end_their_lines_as_the_file_does(self):
        broken = POLICY.replace("route all to paris", "rule r from 2026-01-01 require processed in FR\nroute all to paris")
        for end in ["\n", "\r\n", "\r"]:
            self.write("f.route", broken.replace("\n", end))
            code, out, err = self.routec("check", "--fix", "f.route")
            self.assertEqual(code, 0, out + err)
            fixed = (self.tmp / "f.route").read_bytes().decode()
            self.assertIn(f"attribute today date from clock{end}", fixed)
            self.assertEqual(fixed.replace(end, ""), fixed.replace("\r", "").replace("\n", ""))
            self.assertEqual(len(fixed.split(end)), len(broken.split("\n")) + 1)

    def test_carriage_returns_alone_end_lines(self):
        self.write("c.route", POLICY.replace("to paris", "to pariss").replace("\n", "\r"))
        self.assertIn("c.route:8:14", self.routec("check", "c.route")[1])

    def test_lcov_cannot_name_a_file_with_a_line_end(self):
        self.write("a\nb.route", POLICY)
        code, _, err = self.routec("test", "a\nb.route", "--coverage-lcov", "x.lcov")
        self.assertEqual((code, err), (2, "routec: error: `a b.route` has a line end in its name, which lcov's format cannot "
                                          "write: rename it\n"))
        self.assertFalse((self.tmp / "x.lcov").exists())


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
