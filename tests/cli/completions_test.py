#!/usr/bin/env python3
"""The completion scripts, read and used by the shells themselves; a shell that is not installed is left out.

    completions_test.py ROUTEC
"""

import os
import pathlib
import pty
import re
import select
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest

ROUTEC = pathlib.Path(sys.argv[1]).resolve()
FILES = ["policy.route", "policy.rtb", "policy.txt", "with blank.route", "parts/a.route", "prices.json"]


def script(shell):
    return subprocess.run([ROUTEC, "completions", shell], check=True, capture_output=True, text=True, timeout=60).stdout


def commands():
    listed = subprocess.run([ROUTEC, "--help"], check=True, capture_output=True, text=True, timeout=60).stdout
    return re.findall(r"^  (\w[\w-]*) ", listed.split("Subcommands:\n", 1)[1], re.M)


class InAFolder(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.tmp = pathlib.Path(holder.name)
        self.folder = self.tmp / "here"
        for name in FILES:
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_text("")

    def save(self, shell):
        path = self.tmp / f"routec.{shell}"
        path.write_text(script(shell))
        return path

    def ask(self, *words):
        done = subprocess.run(words, cwd=self.folder, capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout.splitlines()

    def test_other_shells_are_wrong_usage(self):
        done = subprocess.run([ROUTEC, "completions", "csh"], capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stdout), (2, ""))


class Bash(InAFolder):
    def complete(self, *words):
        """What is offered for the last of the words, as bash divides them."""
        line = " ".join(map(shlex.quote, words))
        program = (f"source {shlex.quote(str(self.save('bash')))}; COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; "
                   "_routec; printf '%s\\n' \"${COMPREPLY[@]}\"")
        return sorted(line for line in self.ask("bash", "--norc", "-c", program) if line)

    def test_commands(self):
        self.assertEqual(self.complete("routec", ""), sorted(commands()))
        self.assertEqual(self.complete("routec", "che"), ["check"])
        self.assertEqual(self.complete("routec", "--v"), ["--version"])

    def test_options_and_their_values(self):
        self.assertIn("--rlimit", self.complete("routec", "check", "-"))
        self.assertNotIn("--unverified", self.complete("routec", "check", "policy.route", "--"))
        self.assertEqual(self.complete("routec", "build", "--unv"), ["--unverified"])
        self.assertIn("json", self.complete("routec", "check", "--format", ""))
        self.assertEqual(self.complete("routec", "check", "--format", "=", "js"), ["json"])
        self.assertEqual(self.complete("routec", "check", "--color", "="), ["always", "auto", "never"])
        self.assertEqual(self.complete("routec", "dump", "policy.route", "--phase", "t"), ["table"])
        self.assertEqual(self.complete("routec", "eval", "policy.route", "--given", "p"), [])

    def test_files_by_their_ending(self):
        policies = ["parts", "policy.route", "with blank.route"]
        self.assertEqual(self.complete("routec", "check", ""), policies)
        self.assertEqual(self.complete("routec", "check", "--format", "json", ""), policies)
        self.assertEqual(self.complete("routec", "check", "--format", "=", "json", ""), policies)
        self.assertEqual(self.complete("routec", "dump", "policy.route", ""), [])
        self.assertEqual(self.complete("routec", "check", "policy.route", ""), policies)
        self.assertEqual(self.complete("routec", "check", "parts/"), ["parts/a.route"])
        self.assertEqual(self.complete("routec", "decide", "p"), ["parts", "policy.rtb"])
        self.assertEqual(self.complete("routec", "build", "policy.route", "-o", "po"), ["policy.rtb"])
        self.assertEqual(self.complete("routec", "init", ""), ["parts"])

    def test_codes_shells_and_commands_as_values(self):
        self.assertEqual(self.complete("routec", "explain", "R07"), ["R0701"])
        self.assertEqual(self.complete("routec", "completions", ""), ["bash", "fish", "zsh"])
        self.assertEqual(self.complete("routec", "manual", "expl"), ["explain"])

    def test_commands_of_a_command(self):
        self.assertEqual(self.complete("routec", "import", ""), ["litellm-config", "litellm-prices"])
        self.assertIn("--strict", self.complete("routec", "import", "litellm-prices", "--s"))
        self.assertEqual(self.complete("routec", "import", "litellm-prices", "-o", "po"), ["policy.route"])
        self.assertEqual(self.complete("routec", "import", "litellm-prices", "prices"), ["prices.json"])

    def test_it_is_registered(self):
        printed = self.ask("bash", "--norc", "-c", f"source {shlex.quote(str(self.save('bash')))}; complete -p routec")
        self.assertEqual(printed, ["complete -F _routec routec"])

    @unittest.skipUnless(shutil.which("shellcheck"), "shellcheck is not installed")
    def test_shellcheck_has_nothing_to_say(self):
        self.assertEqual(self.ask("shellcheck", "--shell=bash", str(self.save("bash"))), [])


@unittest.skipUnless(shutil.which("fish"), "fish is not installed")
class Fish(InAFolder):
    def complete(self, line):
        program = f"source {shlex.quote(str(self.save('fish')))}; complete -C {shlex.quote(line)}"
        return sorted(row.split("\t")[0] for row in self.ask("fish", "--no-config", "-c", program))

    def test_commands_options_and_values(self):
        self.assertEqual(self.complete("routec "), sorted(commands()))
        self.assertEqual(self.complete("routec check --rl"), ["--rlimit"])
        self.assertIn("json", self.complete("routec check --format "))
        self.assertEqual(self.complete("routec dump --phase t"), ["table"])
        self.assertEqual(self.complete("routec explain R07"), ["R0701"])
        self.assertEqual(self.complete("routec completions z"), ["zsh"])
        self.assertEqual(self.complete("routec import litellm-c"), ["litellm-config"])
        self.assertEqual(self.complete("routec import litellm-prices --stri"), ["--strict"])

    def test_files(self):
        self.assertIn("policy.route", self.complete("routec check po"))
        self.assertEqual(self.complete("routec decide policy.rt"), ["policy.rtb"])
        self.assertEqual(self.complete("routec init "), ["parts/"])


@unittest.skipUnless(shutil.which("zsh"), "zsh is not installed")
class Zsh(InAFolder):
    """A shell on a terminal of its own: keys are typed into it, and a key of ours writes down what has become of the line."""

    def setUp(self):
        super().setUp()
        answers = self.tmp / "answers"
        os.mkfifo(answers)
        self.answers = os.open(answers, os.O_RDWR)
        self.addCleanup(os.close, self.answers)
        (self.tmp / "setup.zsh").write_text(f"""
            autoload -Uz compinit && compinit -D -u
            source {shlex.quote(str(self.save('zsh')))}
            bindkey '^I' complete-word
            answer() {{ print -r -- "$BUFFER" > {shlex.quote(str(answers))}; BUFFER=''; }}
            zle -N answer
            bindkey '^X' answer
        """)
        self.shell, self.terminal = pty.fork()
        if self.shell == 0:
            os.chdir(self.folder)
            os.execvpe("zsh", ["zsh", "-f", "-i"], {"PATH": os.environ["PATH"], "TERM": "dumb", "HOME": str(self.tmp)})
        self.addCleanup(os.waitpid, self.shell, 0)
        self.addCleanup(os.close, self.terminal)
        self.type(f"source {self.tmp}/setup.zsh\n")

    def type(self, keys):
        os.write(self.terminal, keys.encode())

    def complete(self, line):
        """The line after a tab."""
        self.type(line + "\t\x18")
        answer = b""
        while not answer.endswith(b"\n"):
            # What the shell shows has to be read, or it would wait for somebody to read it.
            ready, _, _ = select.select([self.answers, self.terminal], [], [], 60)
            self.assertTrue(ready, "zsh does not answer")
            if self.terminal in ready:
                os.read(self.terminal, 65536)
            if self.answers in ready:
                answer += os.read(self.answers, 65536)
        return answer.decode().rstrip("\n")

    def test_what_it_completes(self):
        for line, completed in [
                ("routec che", "routec check "),
                ("routec check --rl", "routec check --rlimit="),
                ("routec check --format=js", "routec check --format=json "),
                ("routec check --format js", "routec check --format json "),
                ("routec check po", "routec check policy.route "),
                ("routec check parts/", "routec check parts/a.route "),
                ("routec build -o po", "routec build -o policy.rtb "),
                ("routec decide po", "routec decide policy.rtb "),
                ("routec dump policy.route --phase=t", "routec dump policy.route --phase=table "),
                ("routec explain R07", "routec explain R0701 "),
                ("routec completions z", "routec completions zsh "),
                ("routec manual expl", "routec manual explain "),
                ("routec import litellm-p", "routec import litellm-prices "),
                ("routec import litellm-prices --stri", "routec import litellm-prices --strict "),
                ("routec import litellm-prices pr", "routec import litellm-prices prices.json "),
                ("routec init pa", "routec init parts/")]:
            with self.subTest(line=line):
                self.assertEqual(self.complete(line).rstrip(), completed.rstrip())


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]])
