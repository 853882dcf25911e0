#!/usr/bin/env python3
"""What `routec init` writes works, and the exercise in it goes as its comments say.

    init_test.py ROUTEC ROUTEGATE
"""

import json
import os
import pathlib
import re
import resource
import signal
import subprocess
import sys
import tempfile
import unittest

ROUTEC = pathlib.Path(sys.argv[1]).resolve()
ROUTEGATE = pathlib.Path(sys.argv[2]).resolve()
NAMES = ["policy.route", "catalog.route", "routegate.json", "check.sh", "README.md", ".gitignore"]


class Init(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.tmp = pathlib.Path(holder.name)

    def run_in(self, folder, *words, **more):
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=120, **more)
        return done.returncode, done.stdout, done.stderr

    def routec(self, *words, folder=None, **more):
        words = (*words, "--today", "2026-11-24") if words[0] in ("check", "test", "build") else words
        return self.run_in(folder or self.tmp, ROUTEC, *words, **more)

    def project(self):
        code, out, err = self.routec("init", "project")
        self.assertEqual((code, err), (0, ""), out)
        return self.tmp / "project"

    def test_what_it_writes_is_sound(self):
        project = self.project()
        self.assertEqual(sorted(path.name for path in project.iterdir()), sorted(NAMES))
        code, out, err = self.routec("check", "policy.route", folder=project)
        self.assertEqual(code, 0, out + err)
        self.assertTrue(out.endswith("no errors\n"), out)
        self.assertRegex(out, r"(?m)^  always_served +proved$")
        code, out, err = self.routec("test", "policy.route", folder=project)
        self.assertEqual((code, err), (0, ""))
        self.assertRegex(out, r"^[1-9]\d* passed, 0 failed$")

    def test_its_files_are_in_the_canonical_form(self):
        self.assertEqual(self.routec("fmt", "--check", "policy.route", "catalog.route", folder=self.project())[0], 0)

    def test_the_script_for_ci_builds_what_the_gateway_takes(self):
        project = self.project()
        environment = {"PATH": f"{ROUTEC.parent}:{os.environ['PATH']}", "MISTRAL_API_KEY": "a", "AZURE_API_KEY": "b",
                       "OPENAI_API_KEY": "c"}
        code, out, err = self.run_in("/", "sh", project / "check.sh", env=environment)
        self.assertEqual(code, 0, out + err)
        self.assertTrue((project / "policy.rtb").exists())
        code, out, err = self.run_in(project, ROUTEGATE, "--bundle", "policy.rtb", "--config", "routegate.json", "--check",
                                     env=environment)
        self.assertEqual(code, 0, err)
        self.assertEqual(json.loads(out)["event"], "checked")

    def test_the_exercise_fails_and_then_passes(self):
        policy = self.project() / "policy.route"
        text = policy.read_text()
        declaration = re.search(r"(?m)^#rule legal_work_goes_to_openai\n(#.*\n)+", text).group(0)
        self.assertEqual(declaration.count("\n"), 3)
        step = text.replace(declaration, declaration.replace("#", ""))
        policy.write_text(step)
        code, out, _ = self.routec("check", str(policy))
        self.assertEqual(code, 1)
        self.assertIn("[R0502]", out)
        self.assertIn("more: routec explain R05", out)
        instead = re.search(r"`(require vendor openai or \w+)`", text).group(1)
        policy.write_text(step.replace("\n  require vendor openai\n", f"\n  {instead}\n"))
        code, out, _ = self.routec("check", str(policy))
        self.assertEqual(code, 0, out)

    def test_nothing_is_overwritten_and_nothing_added(self):
        for name in ["README.md", ".gitignore"]:
            folder = self.tmp / f"with {name}"
            folder.mkdir()
            (folder / name).symlink_to("nowhere")
            code, out, err = self.routec("init", folder.name)
            self.assertEqual((code, out), (2, ""))
            self.assertIn(f"{folder.name}/{name}", err)
            self.assertEqual([path.name for path in folder.iterdir()], [name])

    def test_this_folder_and_a_new_one_in_a_new_one(self):
        self.assertEqual(self.routec("init")[0], 0)
        self.assertTrue(all((self.tmp / name).is_file() for name in NAMES))
        self.assertEqual(self.routec("init", "a/b/")[0], 0)
        self.assertTrue(all((self.tmp / "a/b" / name).is_file() for name in NAMES))

    def test_a_folder_that_cannot_be(self):
        (self.tmp / "file").write_text("")
        code, out, err = self.routec("init", "file/project")
        self.assertEqual((code, out), (2, ""))
        self.assertIn("cannot create the folder", err)

    def test_what_cannot_be_written_whole_is_taken_back(self):
        def small_files_only():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

        code, out, err = self.routec("init", "a/b", preexec_fn=small_files_only)
        self.assertEqual((code, out), (2, ""))
        self.assertIn("cannot write", err)
        self.assertEqual(list(self.tmp.iterdir()), [])

    def test_the_list(self):
        code, out, _ = self.routec("init", "project", "--list")
        self.assertEqual(code, 0)
        self.assertEqual(re.findall(r"(?m)^  (\S+)  ", out), NAMES)
        self.assertEqual(list(self.tmp.iterdir()), [])
        document = json.loads(self.routec("init", "project", "--list", "--format", "json")[1])
        self.assertEqual((document["schema"], document["written"]), ("route.init/1", False))
        self.assertEqual([file["name"] for file in document["files"]], NAMES)
        self.assertTrue(json.loads(self.routec("init", "project", "--format", "json")[1])["written"])


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]])
