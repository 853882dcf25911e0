#!/usr/bin/env python3
"""`cmake --install` puts everything where a system looks for it, and what it installs runs from there.

    install_test.py CMAKE BUILD SANITIZERS

SANITIZERS are those of the build, as for -fsanitize=, or empty.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

CMAKE, BUILD, SANITIZERS = sys.argv[1], pathlib.Path(sys.argv[2]).resolve(), sys.argv[3]
# A sanitizer has to be in the program, and not only in a library that it uses.
FLAGS = [f"-DCMAKE_{language}_FLAGS=-fsanitize={SANITIZERS}" for language in ["C", "CXX"] if SANITIZERS]


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
        self.assertEqual({name.split("/")[0] for name in self.files}, {"bin", "include", "lib", "share"})
        self.assertEqual([name for name in self.files if name.endswith((".mdoc", ".a", ".h"))], ["include/route/route.h"])

    def test_no_program_has_the_seeded_faults(self):
        programs = [name for name in sorted(self.files) if name.startswith(("bin/", "lib/"))]
        self.assertIn("bin/routec", programs)
        for name in programs:
            self.assertNotIn(b"SEEDED_FAULTS", (self.root / name).read_bytes(), name)
            self.assertNotIn("faults", name)

    def test_a_program_of_somebody_else_finds_the_library_and_decides_as_routec_does(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            source = pathlib.Path(__file__).resolve().parent / "consumer"
            for command in (["-S", source, "-B", folder / "build", f"-DCMAKE_PREFIX_PATH={self.root}", *FLAGS],
                            ["--build", folder / "build"]):
                done = subprocess.run([CMAKE, *command], capture_output=True, text=True, timeout=300)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            bundle = folder / "policy.rtb"
            policy = self.root / "share/doc/route/examples/first_policy/policy.route"
            subprocess.run([self.root / "bin/routec", "build", policy, "-o", bundle, "--today", "2026-11-24"], check=True,
                           capture_output=True, timeout=120)
            for given in ({}, {"tier": "gold"}, {"tier": "platinum", "data": "health"}, {"data": "personal,health"}):
                given = {"prompt": "100", "spend": "10%", "today": "2026-11-24", **given}  # what a gateway measures
                words = [word for pair in given.items() for word in pair]
                own = subprocess.run([folder / "build/from_c", bundle, *words], capture_output=True, text=True, timeout=60)
                self.assertEqual(own.returncode, 0, own.stdout)
                text = " ".join(f"{name}={value}" for name, value in given.items())
                done = subprocess.run([self.root / "bin/routec", "decide", bundle, "--given", text, "--format", "json"],
                                      check=True, capture_output=True, text=True, timeout=60)
                report = json.loads(done.stdout)
                lines = own.stdout.splitlines()
                outcomes = ["routed", "refused", "uncovered", "unservable"]
                self.assertEqual(lines[0], f"outcome {outcomes.index(report['outcome'])}")
                self.assertEqual([line[4:] for line in lines if line.startswith("try ")],
                                 [each["name"] for tier in report["plan"] for each in tier["deployments"]])
                self.assertEqual([line[5:] for line in lines if line.startswith("rule ")], report["rules"])
            batch = subprocess.run([folder / "build/from_cxx", bundle], capture_output=True, text=True, timeout=60)
            self.assertEqual(batch.stdout, "same, version 1, refused\n")
            damaged = folder / "damaged.rtb"
            damaged.write_bytes(bundle.read_bytes()[:-1])
            done = subprocess.run([folder / "build/from_c", damaged], capture_output=True, text=True, timeout=60)
            self.assertEqual((done.returncode, "is cut off" in done.stdout), (1, True), done.stdout)

    def test_the_library_shows_its_own_functions_and_no_others(self):
        library = self.root / "lib/libroute.so.1"
        names = subprocess.run(["nm", "-D", "--defined-only", library], check=True, capture_output=True, text=True).stdout
        visible = {line.split()[-1] for line in names.splitlines()}
        self.assertTrue(all(name.startswith(("route_", "ROUTE_1")) for name in visible), visible)
        self.assertIn("route_decide@@ROUTE_1", visible)

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
