#!/usr/bin/env python3
"""Runs routec on each case and compares what it prints with what the case says it prints.

A case is a .route file. Its first line names the command, `# routec check` for example; `FILE` in it stands for the
case and is added at the end if it is missing. Its last lines, each beginning with `#> `, are the expected output
(standard output, then standard error, then the exit code). A name that ends in `.raw.route` is a case whose text is not
valid UTF-8 or must not be touched; its expectations stand beside it in NAME.raw.expected.

A second line `# padded to N bytes` fills the file up with blank lines before it is run. A command with `--fix` is run on a
copy, alone in a folder, and the expected output ends with the lines that changed.

    run.py ROUTEC                    run all
    run.py ROUTEC NAME…              run some
    run.py ROUTEC --update [NAME…]   write what is printed into the cases
    run.py ROUTEC --coverage FILE    fail if a code of catalogue.def is in no case
"""

import difflib
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

# What no file of a sensible size comes to: other limits stop it first. tests/table/lower_test.cpp has it.
BEYOND_A_CASE = {"R0601"}
CASES = pathlib.Path(__file__).resolve().parent / "cases"
MARK = b"#> "


def split(case):
    """The case's own text and its expected lines."""
    data = case.read_bytes()
    if case.name.endswith(".raw.route"):
        beside = case.with_suffix(".expected")
        expected = beside.read_bytes() if beside.exists() else b""
        return data, expected.decode().splitlines()
    lines = data.splitlines(keepends=True)
    text = b"".join(line for line in lines if not line.startswith(MARK.rstrip()))
    return text, [line[len(MARK):].decode().rstrip("\n") if len(line) > len(MARK) else ""
                  for line in lines if line.startswith(MARK.rstrip())]


def run(routec, case):
    text, _ = split(case)
    first = text.split(b"\n", 1)[0].decode(errors="replace")
    words = ["check"]
    if first.startswith("# routec "):
        words = shlex.split(first[len("# routec "):])
    if "FILE" not in words:
        words.append("FILE")
    padded = re.match(r"# padded to (\d+) bytes", (text.split(b"\n") + [b""])[1].decode(errors="replace"))
    if padded:
        return run_padded(routec, case, words, text, int(padded.group(1)))
    if "--fix" in words:
        return run_fixing(routec, case, words, text)
    return run_in(CASES, routec, [case.name if word == "FILE" else word for word in words])


def run_padded(routec, case, words, text, size):
    """A case whose file is filled up with blank lines first: too large to keep."""
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / case.name).write_bytes(text + b"\n" * (size - len(text)))
        return run_in(folder, routec, [case.name if word == "FILE" else word for word in words])


def run_fixing(routec, case, words, text):
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / case.name
        copy.write_bytes(text)
        lines = run_in(folder, routec, [case.name if word == "FILE" else word for word in words])
        before, after = text.decode().splitlines(), copy.read_bytes().decode().splitlines()
        changes = difflib.unified_diff(before, after, lineterm="", n=0)
        return lines + [line for line in changes if line[:1] in "+-" and line[:3] not in ("+++", "---")]


def run_in(folder, routec, words):
    if words[0] in ("check", "eval", "test", "build", "dump", "decide", "explain"):
        words += ["--today", "2026-11-24"]
    done = subprocess.run([routec] + words, cwd=folder, capture_output=True, timeout=120)
    # An escape character would itself be a mistake in the case that holds it.
    out = (done.stdout.decode() + done.stderr.decode()).replace("\x1b", "\u241b")
    return out.splitlines() + [f"exit {done.returncode}"]


def update(case, lines):
    text, _ = split(case)
    if case.name.endswith(".raw.route"):
        case.with_suffix(".expected").write_text("\n".join(lines) + "\n")
        return
    block = "".join("#> " + line + "\n" if line else "#>\n" for line in lines)
    case.write_bytes(text.rstrip(b"\n") + b"\n\n" + block.encode())


def coverage(catalogue):
    codes = re.findall(r"^ROUTE_DIAGNOSTIC\((R\d{4}),", pathlib.Path(catalogue).read_text(), re.M)
    seen = set()
    for case in sorted(CASES.glob("*.route")):
        for line in split(case)[1]:
            seen.update(re.findall(r"\[(R\d{4})\]", line))
    missing = [code for code in codes if code not in seen | BEYOND_A_CASE]
    for code in missing:
        print(f"{code} is in no case of tests/golden/cases")
    print(f"{len(seen & set(codes))} of {len(codes)} codes have a case")
    return 1 if missing else 0


def main():
    routec, *names = sys.argv[1:]
    routec = str(pathlib.Path(routec).resolve())
    if names[:1] == ["--coverage"]:
        return coverage(names[1])
    updating = "--update" in names
    names = [name for name in names if name != "--update"]
    cases = [CASES / name for name in names] or sorted(CASES.glob("*.route"))
    failed = 0
    for case in cases:
        got = run(routec, case)
        expected = split(case)[1]
        if got == expected:
            continue
        if updating:
            update(case, got)
            print(f"updated {case.name}")
            continue
        failed += 1
        print(f"FAILED {case.name}; rerun with: tests/golden/run.py {routec} {case.name}")
        print("\n".join(difflib.unified_diff(expected, got, "expected", "printed", lineterm="", n=3)))
    print(f"{len(cases) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
