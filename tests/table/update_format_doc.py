#!/usr/bin/env python3
"""Writes the bytes of the worked example in docs/table-format.md anew, after the format or the compiler changed them.

    python3 tests/table/update_format_doc.py build/dev/bin/routec .

It rewrites what stands before the remarks of the hex rows, the size and the hash; the remarks, the table of rows and the
decision are for the author to read again, and table_format_doc_test says where they are wrong."""
import hashlib
import pathlib
import re
import subprocess
import sys
import tempfile

routec, root = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
path = root / "docs" / "table-format.md"
text = path.read_text()
policy = re.search(r"```route[^\n]*\n(.*?)```", text, re.S).group(1)
with tempfile.TemporaryDirectory() as folder:
    source = pathlib.Path(folder) / "tiny.route"
    source.write_text(policy)
    subprocess.run([routec, "build", source.name, "-o", "tiny.rtb"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    data = (pathlib.Path(folder) / "tiny.rtb").read_bytes()


def row(match):
    offset = int(match.group(1), 16)
    count = len(match.group(2).split())
    pairs = [f"{b:02x}" for b in data[offset:offset + count]]
    halves = [" ".join(pairs[:8]), " ".join(pairs[8:])]
    return f"{match.group(1)}  " + "  ".join(half for half in halves if half) + match.group(3)


text = re.sub(r"^([0-9a-f]{8})  ((?:[0-9a-f]{2} {1,2}){1,15}[0-9a-f]{2})(?=\s)(.*)$", row, text, flags=re.M)
text = re.sub(r"The whole file has \d+ bytes", f"The whole file has {len(data)} bytes", text)
text = re.sub(r"`[0-9a-f]{64}`", f"`{hashlib.sha256(data).hexdigest()}`", text)
path.write_text(text)
