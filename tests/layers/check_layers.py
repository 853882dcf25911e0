#!/usr/bin/env python3
"""Keeps the layer diagram true: what a folder includes is what its CMakeLists.txt links, and no more.

    check_layers.py ROOT
"""

import pathlib
import re
import sys

# Third-party headers and the only folders that may use them (docs/architecture.md, "Who may use what").
ONLY_IN = {
    r"antlr4-runtime\.h|generated/Route": ["compiler/syntax", "grammar"],
    r"z3\+\+\.h|z3\.h": ["compiler/verify/smt"],
    r"CLI/": ["compiler/driver", "runtime/app", "audit"],
    r"llvm/": ["compiler"],
    r"boost/": ["runtime", "tests"],
    r"sqlite3\.h": ["runtime/spend"],
    r"nghttp2/": ["runtime/gateway"],
    r"simdjson\.h": ["runtime/signals"],
}
# Folders that must not reach each other, whatever the CMake files say.
NEVER = [("runtime", "compiler"), ("audit", "compiler"), ("audit", "runtime/table"), ("compiler", "runtime/gateway"),
         ("compiler/recheck", "compiler/lower"), ("compiler/recheck", "runtime/table"), ("compiler/recheck", "runtime/decide"),
         ("compiler/lower", "compiler/recheck"), ("runtime/table", "compiler/recheck"),
         ("compiler", "runtime/upstream"), ("compiler", "runtime/signals"), ("compiler", "runtime/ledger")]
# g++ 12 makes a frame that cannot be resumed of a condition that awaits an object and asks it for a bool.
UNNAMED_AWAIT = re.compile(r"\b(?:if|while) \(co_await\b(?!.*(?:==|!=|<|>=))")


def folder_of(path, folders):
    """The innermost folder with a library of its own."""
    found = [f for f in folders if path == f or path.startswith(f + "/")]
    return max(found, key=len) if found else None


def read_links(root):
    """folder -> the folders that it may include, itself and all that it links, directly or not."""
    targets, direct = {}, {}
    for cmake in sorted(root.glob("**/CMakeLists.txt")):
        folder = cmake.parent.relative_to(root).as_posix()
        if folder.startswith(("build", "tests")) or folder == ".":
            continue
        text = re.sub(r"#.*", "", cmake.read_text())
        for kind, name, body in re.findall(r"route_(library|program)\(\s*(\w+)(.*?)\)", text, re.S):
            if kind == "library":
                targets[name] = folder
            direct.setdefault(folder, set()).update(re.findall(r"route::(\w+)", body))
    closed = {}

    def close(folder):
        if folder not in closed:
            closed[folder] = {folder}
            for name in direct.get(folder, ()):
                if name in targets:
                    closed[folder] |= close(targets[name])
        return closed[folder]

    for folder in direct:
        close(folder)
    return closed


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    allowed = read_links(root)
    problems = []
    for top in ("compiler", "runtime", "stdlib", "audit"):
        for source in sorted((root / top).glob("**/*")):
            if source.suffix not in (".cpp", ".h"):
                continue
            path = source.relative_to(root).as_posix()
            own = folder_of(path, allowed)
            for number, line in enumerate(source.read_text().splitlines(), 1):
                match = re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', line)
                if not match:
                    if UNNAMED_AWAIT.search(line.partition("//")[0]):
                        problems.append(f"{path}:{number}: give what is awaited a name before it is asked")
                    continue
                header, where = match.group(1), f"{path}:{number}"
                for pattern, homes in ONLY_IN.items():
                    if re.match(pattern, header) and not any(path.startswith(home + "/") for home in homes):
                        problems.append(f"{where}: `{header}` belongs only in {', '.join(homes)}")
                for source_top, target_top in NEVER:
                    if path.startswith(source_top + "/") and header.startswith(target_top + "/"):
                        problems.append(f"{where}: {source_top} must not use {target_top}")
                target = folder_of(header, allowed)
                if target and own and target not in allowed[own]:
                    problems.append(f"{where}: {own} includes {target} and does not link it")
    for problem in problems:
        print(problem)
    print(f"{len(allowed)} folders checked, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
