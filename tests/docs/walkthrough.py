"""Runs a page that tells a story: its blocks write files, change them, run commands and show what is printed.

What a block is, stands behind its fence:

    ```route policy.route     the file is written (any language, if a file name follows it)
    ```diff policy.route      the lines with `-` are replaced by those with `+`; both stand in the file as written here
    ```console                each line that begins with `$ ` is run, and below it stands what it prints

A command that ends in ` &` goes on running; what it prints is its first line. The ports that the page names are replaced by
free ones: a server is asked for port 0, and where it listens is learnt from its first line.

Commands see no other day than TODAY, and the size and the hash of a bundle, which change with every change of the compiler,
are shown as `…`, so that what a page shows does not age.
"""

import os
import pathlib
import re
import subprocess

TODAY = "2026-11-24"
DATED = {"check", "build", "test", "eval", "decide", "explain", "diff", "mutate"}


class Mismatch(Exception):
    """What a page shows is not what happens."""


class Walkthrough:
    """One page, in one folder. `run` returns the page's text as it should be; it differs where a command prints something else."""

    def __init__(self, page, folder, binaries):
        self.page = pathlib.Path(page)
        self.folder = pathlib.Path(folder)
        self.binaries = pathlib.Path(binaries)
        self.servers = []
        self.asked = []  # ports that servers to be started were told
        self.ports = {}  # the page's: the real one

    def run(self):
        try:
            return self._run_blocks(self.page.read_text())
        finally:
            for server in self.servers:
                server.kill()
                server.wait()
                server.stdout.close()

    def _run_blocks(self, text):
        return re.sub(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", self._block, text, flags=re.M | re.S)

    def _block(self, match):
        language, name, body = match.groups()
        if language == "console":
            body = self._console(body)
        elif language == "diff":
            self._change(self.folder / name, body)
        elif name:
            (self.folder / name).write_text(self._listen_anywhere(body))
        return f"```{language}{' ' + name if name else ''}\n{body}```"

    def _change(self, path, body):
        old = "".join(line[1:] for line in body.splitlines(keepends=True) if line[0] in "- ")
        new = "".join(line[1:] for line in body.splitlines(keepends=True) if line[0] in "+ ")
        text = path.read_text()
        if text.count(old) != 1:
            raise Mismatch(f"{self.page}: these lines are not in {path.name} exactly once:\n{old}")
        path.write_text(text.replace(old, new))

    def _console(self, body):
        result = ""
        for command in re.findall(r"^\$ ((?:.*\\\n)*.*)$", body, re.M):
            result += f"$ {command}\n{self._command(command)}"
        return result

    def _command(self, command):
        for shown, real in self.ports.items():
            command = command.replace(shown, real)
        first = command.split()
        if first[0] == "routec" and len(first) > 1 and first[1] in DATED:
            command += f" --today {TODAY}"
        environment = {"PATH": f"{self.binaries}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8", "TZ": "UTC", "COLUMNS": "80",
                       "HOME": str(self.folder)}
        environment |= {name: "unused" for name in re.findall(r"key env (\w+)", self._routes())}
        if command.endswith(" &"):
            return self._server(self._listen_anywhere(command[:-2]), environment)
        done = subprocess.run(["bash", "-c", command], cwd=self.folder, env=environment, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=120)
        output = re.sub(r"\d+ bytes, (.*)sha256 [0-9a-f]{64}", r"… bytes, \1sha256 …", done.stdout)
        for shown, real in self.ports.items():
            output = output.replace(real, shown)
        return output if output.endswith("\n") or not output else output + "\n"

    def _routes(self):
        return "".join(path.read_text() for path in sorted(self.folder.glob("*.route")))

    def _server(self, command, environment):
        server = subprocess.Popen(["bash", "-c", "exec " + command], cwd=self.folder, env=environment, stdout=subprocess.PIPE,
                                  text=True)
        self.servers.append(server)
        line = server.stdout.readline()
        for real in re.findall(r"(?<!\d)\d{4,5}(?!\d)", line):
            shown = self.asked.pop(0)
            self.ports[shown] = real
            line = line.replace(real, shown)
        return line

    def _listen_anywhere(self, text):
        """Takes out the ports that a server is told to listen on, and remembers them."""
        def anywhere(match):
            self.asked.append(match.group(2))
            return match.group(1) + "0"
        for shown, real in self.ports.items():
            text = text.replace(shown, real)
        return re.sub(r'(--port |"listen": "[\d.]+:)(\d{4,5})', anywhere, text)
