#!/usr/bin/env python3
"""Files that nobody would write: routeaudit ends with a documented exit code, soon, in bounded memory, and prints what a terminal shows as it is.

    hostile_test.py ROUTEC ROUTEAUDIT ROOT [--seed N] [--count N]

Bytes of a pack, its text, a bundle, a bundle of several, an attestation, a key and a source are changed blindly; and files of 100 MB, of one
line, of nothing but NUL, nested deeply, or that unpack to more than they say stand where each file belongs. The twin in Python gets the same.
A fixed seed is tried as a test; --seed and --count try others.
"""

import argparse
import hashlib
import os
import pathlib
import random
import struct
import subprocess
import sys
import tempfile
import threading
import zlib

NAMES = argparse.ArgumentParser()
for word in ("routec", "routeaudit", "root"):
    NAMES.add_argument(word, type=lambda path: pathlib.Path(path).resolve())
NAMES.add_argument("--seed", type=int, default=1)
NAMES.add_argument("--count", type=int, default=120)
OPTIONS = NAMES.parse_args()

TWIN = [sys.executable, OPTIONS.root / "audit/routeaudit.py"]
CODES = {0, 1, 2, 3}
MOST_MEMORY, LARGE, SECONDS = 1 << 20, 100 << 20, 120  # in KiB, which leaves room for what sanitizers keep; in bytes
FAILURES = []


def seal(text, size=None):
    content = struct.pack("<Q", len(text) if size is None else size) + zlib.compress(text, 1)
    return b"\x89RPP\r\n\x1a\n" + struct.pack("<Q", 4) + hashlib.sha256(content).digest() + content


def seal_bundle(data):
    return data[:32] + hashlib.sha256(data[64:]).digest() + data[64:]


def run(what, folder, command):
    """Runs a checker and looks at how it ends. Its exit code."""
    with open(folder / "said", "wb") as out:
        process = subprocess.Popen([str(word) for word in command], cwd=folder, stdout=out, stderr=subprocess.STDOUT)
    watch = threading.Timer(SECONDS, process.kill)
    watch.start()
    _, status, usage = os.wait4(process.pid, 0)
    watch.cancel()
    process.returncode = code = os.waitstatus_to_exitcode(status)
    said = (folder / "said").read_bytes()
    wrong = []
    if code not in CODES:
        wrong.append(f"exit code {code}")
    if usage.ru_maxrss > MOST_MEMORY:
        wrong.append(f"{usage.ru_maxrss >> 10} MiB")
    if len(said) > 20_000:
        wrong.append(f"{len(said)} bytes printed")
    if b"Traceback" in said or any(byte < 32 and byte not in b"\n\t" for byte in said):
        wrong.append("what is printed is no report")
    try:
        said.decode()
    except UnicodeDecodeError:
        wrong.append("what is printed is no UTF-8")
    if wrong:
        FAILURES.append(f"{what}: {', '.join(wrong)}: {said[:300]!r}")
    return code


class Files:
    """What routec makes of the sample, each file by its name."""

    def __init__(self, folder):
        self.folder = folder
        text = (OPTIONS.root / "tests/audit/sample.route").read_bytes()
        (folder / "sample.route").write_bytes(text)
        (folder / "other.route").write_bytes(text.replace(b"policy sample", b"policy another"))
        for words in (["openssl", "genpkey", "-algorithm", "ed25519", "-out", "private.pem"],
                      ["openssl", "pkey", "-in", "private.pem", "-pubout", "-out", "key.pem"],
                      [OPTIONS.routec, "build", "sample.route", "-o", "sample.rtb", "--prove", "sample.rpp"],
                      [OPTIONS.routec, "attest", "sample.rtb", "--pack", "sample.rpp", "--key", "private.pem"],
                      [OPTIONS.routec, "build", "sample.route", "other.route", "-o", "several.rtb"]):
            subprocess.run([str(word) for word in words], cwd=folder, check=True, capture_output=True)
        self.good = {name: (folder / name).read_bytes() for name in
                     ("sample.rpp", "sample.rtb", "several.rtb", "sample.rtb.proof", "key.pem", "sample.route")}
        self.text = zlib.decompress(self.good["sample.rpp"][56:])

    def write(self, name, data):
        (self.folder / name).write_bytes(data)

    def check(self, what, programs=("routeaudit", "twin"), bundle="sample.rtb"):
        words = ["check", "sample.rpp", "--bundle", bundle, "--sources", "."]
        more = ["--attestation", "sample.rtb.proof", "--key", "key.pem", "--base", "sample.rpp"]
        codes = []
        if "routeaudit" in programs:
            codes.append(run(f"{what}, routeaudit", self.folder, [OPTIONS.routeaudit, *words, *more]))
        if "twin" in programs:
            codes.append(run(f"{what}, the twin", self.folder, [*TWIN, *words]))
        return codes


def damaged(data, draw):
    """The same bytes, changed in a few places without a look at what they mean."""
    data = bytearray(data)
    for _ in range(draw.choice([1, 1, 2, 4, 16])):
        where, size = draw.randrange(len(data) + 1), draw.choice([1, 1, 2, 4, 8, 64])
        how = draw.randrange(6)
        if how == 0:
            data[where:where + size] = draw.randbytes(size)
        elif how == 1:
            data[where:where + size] = b""
        elif how == 2:
            data[where:where] = draw.choice([b"\0" * size, b"\xff" * size, b"[" * size, b'"', b"\\", b"\n" * size, b"9" * size, draw.randbytes(size)])
        elif how == 3 and data:
            data[where % len(data)] ^= 1 << draw.randrange(8)
        elif how == 4:
            data[where:] = data[:size] + data[where:]
        elif how == 5:
            del data[where:]
        if not data:
            data = bytearray(b"\0")
    return bytes(data)


def check_blindly(files, draw, count):
    found = {}
    for _ in range(count):
        name = draw.choice([*sorted(files.good), "text", "bundle's content"])
        bundle = "several.rtb" if name == "several.rtb" else "sample.rtb"
        if name == "text":
            files.write("sample.rpp", seal(damaged(files.text, draw)))
        elif name == "bundle's content":
            changed = seal_bundle(damaged(files.good["sample.rtb"], draw))
            files.write("sample.rtb", changed)
            before, after = (hashlib.sha256(each).hexdigest().encode() for each in (files.good["sample.rtb"], changed))
            files.write("sample.rpp", seal(files.text.replace(before, after)))
        else:
            files.write(name, damaged(files.good[name], draw))
        for code in files.check(name, bundle=bundle):
            found[code] = found.get(code, 0) + 1
        for each, data in files.good.items():
            files.write(each, data)
    return found


def check_large_files(files):
    zeros = bytes(LARGE)
    packs = {"one line": b"a" * LARGE, "a text of NUL": seal(zeros), "a deep list": seal(b"[" * LARGE),
             "a deep object": seal(b'{"a":' * (LARGE // 5)), "many lists": seal(b"[" + b"[]," * (LARGE // 3) + b"[]]"), "a long number": seal(b"9" * LARGE),
             "a long name": seal(files.text.replace(b'"name":"gold"', b'"name":"' + b"a" * LARGE + b'"', 1)),
             "less than it says": seal(files.text, 1 << 27), "more than it says": seal(zeros, 100), "all that there is": seal(files.text, (1 << 64) - 1)}
    for what, data in packs.items():
        files.write("sample.rpp", data)
        files.check(f"a pack of {what}", ("routeaudit", "twin") if what in ("a deep list", "many lists", "a text of NUL") else ("routeaudit",))
    os.truncate(files.folder / "sample.rpp", 0)
    os.truncate(files.folder / "sample.rpp", LARGE)
    files.check("a pack of nothing but NUL")
    files.write("sample.rpp", files.good["sample.rpp"])
    entries = struct.pack("<II", 1, 0xFFFFFFFF) + struct.pack("<Q", LARGE) + struct.pack("<QQ", 0, LARGE) * (LARGE // 16)
    for name in ("sample.rtb", "sample.rtb.proof", "key.pem", "sample.route"):
        others = [("a deep list", b"[" * (1 << 21)), ("nothing", b"")] + [("policies", b"\x89RTC\r\n\x1a\n" + entries)] * (name == "sample.rtb")
        for what, data in others:
            files.write(name, data)
            files.check(f"{name} of {what}", ("routeaudit",))
        os.truncate(files.folder / name, 0)
        os.truncate(files.folder / name, LARGE)  # a file of which nothing is stored
        files.check(f"{name} of nothing but NUL", ("routeaudit",))
        (files.folder / name).unlink()
        os.mkfifo(files.folder / name)  # nobody writes to it
        if name != "sample.rtb":
            files.check(f"{name} is a pipe", ("routeaudit",))
        (files.folder / name).unlink()
        files.write(name, files.good[name])


def main():
    with tempfile.TemporaryDirectory() as name:
        files = Files(pathlib.Path(name))
        if files.check("as it is") != [0, 0] or files.check("of several", bundle="several.rtb") != [0, 0]:
            FAILURES.append("an honest pack is refused")
        found = check_blindly(files, random.Random(OPTIONS.seed), OPTIONS.count)
        if OPTIONS.count >= 100 and not {0, 1} <= set(found):
            FAILURES.append(f"too few kinds of ends for this to say anything: {found}")
        check_large_files(files)
    print(f"{OPTIONS.count} changes of seed {OPTIONS.seed}: exit codes {dict(sorted(found.items()))}; {len(FAILURES)} failures")
    print("\n".join(FAILURES[:20]))
    return 1 if FAILURES else 0


if __name__ == "__main__":
    sys.exit(main())
