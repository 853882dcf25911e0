#!/usr/bin/env python3
"""`cmake --install` puts everything where a system looks for it, and what it installs runs from there.

    install_test.py CMAKE BUILD
"""

import pathlib
import subprocess
import sys
import tempfile
import unittest

CMAKE, BUILD = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        holder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(holder.cleanup)
        cls.root = pathlib.Path(holder.name) / "usr"
        subprocess.run([CMAKE, "--install", BUILD, "--prefix", cls.root], check=True, capture_output=True, timeout=120)
        cls.files = {path.relative_to(cls.root).as_posix() for path in cls.root.glob("**/*") if path.is_file()}

    def test_what_is_where(self):
        for name in ["bin/routec", "bin/routegate", "share/man/man1/routec.1", "share/man/man1/routec-check.1",
                     "share/man/man5/route.5", "share/bash-completion/completions/routec",
                     "share/zsh/site-functions/_routec", "share/fish/vendor_completions.d/routec.fish",
                     "share/doc/route/README.md", "share/doc/route/LICENSE", "share/doc/route/docs/language.md",
                     "share/doc/route/docs/diagnostics/R0501.md", "share/doc/route/examples/first_policy/policy.route"]:
            self.assertIn(name, self.files)
        self.assertEqual({name.split("/")[0] for name in self.files}, {"bin", "share"})
        self.assertEqual([name for name in self.files if name.endswith((".mdoc", ".a", ".h"))], [])

    def test_pages_and_completions_are_those_of_the_program(self):
        routec = self.root / "bin/routec"
        for words, name in [(("manual", "check"), "share/man/man1/routec-check.1"),
                            (("completions", "zsh"), "share/zsh/site-functions/_routec")]:
            done = subprocess.run([routec, *words], check=True, capture_output=True, timeout=60)
            self.assertEqual(done.stdout, (self.root / name).read_bytes())

    def test_the_programs_need_nothing_of_the_build(self):
        policy = self.root / "share/doc/route/examples/first_policy/policy.route"
        done = subprocess.run([self.root / "bin/routec", "check", policy, "--today", "2026-11-24"], cwd="/", env={},
                              capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        subprocess.run([self.root / "bin/routegate", "--version"], cwd="/", env={}, check=True, capture_output=True, timeout=60)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]])
