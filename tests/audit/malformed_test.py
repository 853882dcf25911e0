#!/usr/bin/env python3
"""Malformed packs: both checkers say the same of each, and neither ever says that a promise holds which does not.

    malformed_test.py ROUTEC ROUTEAUDIT ROOT RANDOM_PACKS [--seed N] [--count N]

Packs of the examples, of the two policies of this folder and of random policies, with certificates of both kinds, are changed in one to
three places with their structure in mind and sealed again, so that nothing but what they say is wrong with them. Beside them stand packs
of promises that are false: the pack says `proved`, with a certificate of another promise or a made-up one, and is changed in the same ways.
A fixed seed is tried as a test; --seed and --count try others.
"""

import argparse
import contextlib
import copy
import hashlib
import io
import json
import pathlib
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib

NAMES = argparse.ArgumentParser()
for word in ("routec", "routeaudit", "root", "random_packs"):
    NAMES.add_argument(word, type=lambda path: pathlib.Path(path).resolve())
NAMES.add_argument("--seed", type=int, default=1)
NAMES.add_argument("--count", type=int, default=400)
OPTIONS = NAMES.parse_args()

sys.path.insert(0, str(OPTIONS.root / "audit"))
import routeaudit as twin  # noqa: E402

ESTABLISHED, REFUSED, OPEN = 0, 1, 3
RANDOM_POLICIES, SHOWN = 12, 20
# Two policies in which each of these promises is false, with deployments, services, money and comparisons.
FALSE = {
    "sample": """
guarantee f_every    every deployment reached is processed in FR
guarantee f_first    the first choice has price in >= 3 USD
guarantee f_served   every request is served
guarantee f_lost     service survives the loss of any 3 deployments
guarantee f_brief    every request makes at most 1 attempts
guarantee f_cheap    every request costs at most 0.001 USD
guarantee f_allowed  every request with data personal is allowed every deployment that the same request with data nothing is
guarantee f_at_most  the first choice with tier gold has price in at most that with tier free
guarantee f_at_least the first choice with data personal has quality at least that with data nothing
""",
    "services": """
guarantee f_unseen   when tier is free, never service finder
guarantee f_seen     when tier is free and difficulty >= 99%, every deployment reached is processed in FR
guarantee f_allowed  every request with tier gold is allowed every deployment that the same request with tier free is
guarantee f_served   every request with closed yes is served if the same request with closed no is
""",
}


# ---- Packs ----------------------------------------------------------------------------------------------------------------


def canonical(pack):
    return json.dumps(pack, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def seal(text):
    """A pack with this text, whatever it is."""
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    content = struct.pack("<Q", len(data)) + zlib.compress(data, 1)
    return b"\x89RPP\r\n\x1a\n" + struct.pack("<Q", 4) + hashlib.sha256(content).digest() + content


def run(*words, cwd, allowed=(0, 1)):
    done = subprocess.run([str(word) for word in words], cwd=cwd, capture_output=True, text=True, timeout=300)
    if done.returncode not in allowed:
        sys.exit(f"{' '.join(map(str, words))}: {done.returncode}\n{done.stdout}{done.stderr}")


class Given:
    """A policy's bundle and pack, and the names of the promises that are false. `sources` is where its files are."""

    def __init__(self, name, bundle, pack, sources, false=()):
        self.name, self.bundle, self.text, self.sources = name, bundle.read_bytes(), twin.open_pack(pack.read_bytes()), sources
        self.false = {"guarantee " + each for each in false}
        violated = {entry["name"] for entry in self.text["obligations"] if entry["verdict"] == "violated"}
        if not self.false <= violated:
            sys.exit(f"{name}: these should be false, and routec does not say so: {sorted(self.false - violated)}")


def packs_of_examples(folder):
    root = OPTIONS.root
    for path in sorted((root / "examples").glob("*/*.route")):
        if path.name != "catalog.route":
            for most in ("256", "0"):
                run(OPTIONS.routec, "build", "--unverified", path.relative_to(root), "-o", folder / "e.rtb", cwd=root)
                run(OPTIONS.routec, "prove", path.relative_to(root), "-o", folder / "e.rpp", "--most-cases", most, cwd=root)
                yield Given(f"{path.parent.name}/{path.name} {most}", folder / "e.rtb", folder / "e.rpp", root)


def packs_of_false_promises(folder):
    for name, promises in FALSE.items():
        text = (OPTIONS.root / f"tests/audit/{name}.route").read_text() + promises
        if "costs" in promises:
            limits = "limits { attempts 4   deadline 10 s }"
            text = text.replace(limits, limits.replace(" }", "  answer 1000 tokens }")) + "attribute prompt tokens up to 100_000 from request\n"
        (folder / f"{name}.route").write_text(text)
        for most in ("256", "0"):
            run(OPTIONS.routec, "build", "--unverified", f"{name}.route", "-o", "f.rtb", cwd=folder)
            run(OPTIONS.routec, "prove", f"{name}.route", "-o", "f.rpp", "--most-cases", most, cwd=folder, allowed=(1,))
            yield Given(f"{name} {most}", folder / "f.rtb", folder / "f.rpp", folder, re.findall(r"guarantee (\S+)", promises))


def packs_of_random_policies(folder, seed):
    for services in (0, 3):
        run(OPTIONS.random_packs, folder, 1000 * seed, RANDOM_POLICIES, services, cwd=folder)
        for number in range(1000 * seed, 1000 * seed + RANDOM_POLICIES):
            for form in ("cases", "clauses"):
                yield Given(f"random {number} {services} {form}", folder / f"{number}.rtb", folder / f"{number}.{form}.rpp", folder)


# ---- Changes --------------------------------------------------------------------------------------------------------------


NUMBERS = [0, 1, 2, 3, 7, 8, 63, 64, 65, 255, 256, 999, 1000, 4095, 4096, 65535, 65536, 10_000, 10_001, 0x7FFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF, 1 << 32,
           (1 << 53) + 1, (1 << 63) - 2, (1 << 63) - 1, 1 << 63, (1 << 64) - 1, 1 << 64, -1, -2, -(1 << 31), -(1 << 63), -(1 << 63) - 1]
OTHERS = [None, True, False, 0, 1, -1, "", "name", [], {}, [0], [[]], {"all": []}, {"any": []}, {"not": {"all": []}}, [True], 10**30]
TEXTS = ["", "\u0000", "\u007f", "\u00e9", "e\u0301", "\U0001f600", "\u2028", "\ufeff", "\\", "\"", "/", "\n", "name\u0000", "own ", "quality ",
         "service", "name", "tags", "all", "proved", "cases"]


def places(value, path=()):
    """Every place in a text: the path to each part."""
    yield path
    for name, part in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(part, (*path, name))


def at(value, path):
    for name in path:
        value = value[name]
    return value


class Changer:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def somewhere(self, pack):
        """A place: first a part of the pack or of the core at random, so that long certificates don't get all changes."""
        found, choose = [], self.random.choice
        begin = (choose(sorted(pack)),)
        if begin == ("core",) and isinstance(pack["core"], dict) and pack["core"]:
            begin = ("core", choose(sorted(pack["core"])))
        part = at(pack, begin)
        if isinstance(part, list) and part and self.random.random() < 0.9:
            begin = (*begin, self.random.randrange(len(part)))
        found = list(places(at(pack, begin), begin))
        return choose(found)

    def change(self, pack):
        """Changes a pack in one place. Says what was done."""
        if self.random.random() < 0.02:
            entry = self.random.choice(pack["obligations"])
            pack["obligations"][pack["obligations"].index(entry)] = {"name": entry["name"], "verdict": entry["verdict"], "open": "nobody has shown it"}
            return f"{entry['name']} left open"
        path = self.somewhere(pack)
        holder, name = at(pack, path[:-1]), path[-1]
        value = holder[name]
        changes = [self.replace, self.delete, self.retype, self.transplant]
        if isinstance(value, dict):
            changes += [self.add_member, self.add_member, self.rename_member]
        if isinstance(value, list):
            changes += [self.add_element] * 3 + [self.swap, self.duplicate, self.truncate]
        if isinstance(value, (int, str)):
            changes += [self.replace] * 3
        how = self.random.choice(changes)
        how(pack, holder, name, value)
        return f"{how.__name__} at {'/'.join(map(str, path))}"

    def replace(self, pack, holder, name, value):
        if type(value) is int:
            holder[name] = self.random.choice([*NUMBERS, value + 1, value - 1, -value, value ^ 1])
        elif isinstance(value, str):
            holder[name] = self.random.choice([*TEXTS, value + "x", value[:-1], value.upper(), value + "\u0000"])
        elif type(value) is bool:
            holder[name] = not value
        else:
            self.retype(pack, holder, name, value)

    def retype(self, pack, holder, name, value):
        holder[name] = copy.deepcopy(self.random.choice([*OTHERS, [value], {"not": value}, {"all": [value]}, str(value)]))

    def delete(self, pack, holder, name, value):
        del holder[name]

    def transplant(self, pack, holder, name, value):
        """Another part of the pack, of the same type if it can be."""
        for _ in range(8):
            other = at(pack, self.somewhere(pack))
            if type(other) is type(value):
                break
        holder[name] = copy.deepcopy(other)

    def add_member(self, pack, holder, name, value):
        other = self.random.choice(["x", "a", "zz", "name", "when", "open", "cases", "services", "screens", "own x", "quality x", "at_least", "in", "all",
                                    "fact", "\u00e9", "retention_days", "seen_by", "layer"])
        value.setdefault(other, copy.deepcopy(self.random.choice([*OTHERS, *value.values()])))

    def rename_member(self, pack, holder, name, value):
        if value:
            old = self.random.choice(sorted(value))
            value[self.random.choice([old + "x", old.upper(), "all", "any", "not", "in", "only_in", "fact"])] = value.pop(old)

    def add_element(self, pack, holder, name, value):
        value.insert(self.random.randint(0, len(value)), copy.deepcopy(self.random.choice([*OTHERS, *NUMBERS[:6], *value, *value])))

    def duplicate(self, pack, holder, name, value):
        value += copy.deepcopy(value)

    def swap(self, pack, holder, name, value):
        self.random.shuffle(value)

    def truncate(self, pack, holder, name, value):
        del value[self.random.randint(0, len(value)):]

    def rewrite(self, text):
        """The same text in another way, or no JSON at all: escapes, duplicate members, numbers in other forms, nesting, other bytes."""
        choose, at_member = self.random.choice, [found.start() for found in re.finditer(r'"[a-z_]+":', text)]
        here = choose(at_member)
        member = re.match(r'"([a-z_]+)":', text[here:])
        digits = [found for found in re.finditer(r"(?<=[\[:,])-?\d+", text)]
        number = choose(digits) if digits else re.match("", text)
        deep = choose([998, 1000, 1001, 1002, 3000, 100_000])
        ways = {
            "duplicate member": text[:here] + member[0] + "0," + text[here:],
            "escaped name": text[:here] + f'"\\u{ord(member[1][0]):04x}' + text[here + 2:],
            "escaped slash": text.replace("/", "\\/", 1),
            "upper escape": text.replace('"name":"', '"name":"\\u00E9', 1),
            "lone surrogate": text.replace('"name":"', '"name":"\\ud800', 1),
            "raw surrogate": text.replace('"name":"', '"name":"\ud800', 1),
            "raw control": text.replace('"name":"', '"name":"\x01', 1),
            "blank": text[:here] + choose([" ", "\n", "\t", "\u00a0", "/**/"]) + text[here:],
            "byte order mark": "\ufeff" + text,
            "behind": text + choose([" ", "\n", "\x00", "{}", ","]),
            "before": choose([" ", "\n", "\x00"]) + text,
            "cut": text[:self.random.randrange(len(text))],
            "real": text[:number.end()] + choose([".0", "e0", "E+0", ".5"]) + text[number.end():],
            "zero before": text[:number.start()] + "0" + text[number.start():],
            "minus zero": text[:number.start()] + "-0" + text[number.end():],
            "no number": text[:number.start()] + choose(["NaN", "Infinity", "-Infinity", "1e400", "9" * 5000]) + text[number.end():],
            "deep condition": text.replace('"when":', '"when":' + '{"not":' * deep + '{"all":[]}' + "}" * deep + ',"x":', 1),
            "deep list": text[:here] + '"A":' + "[" * deep + "]" * deep + "," + text[here:],
            "utf-16": text.encode("utf-16"),
            "utf-32": text.encode("utf-32-le"),
            "bad utf-8": text.encode().replace(b'"name":"', b'"name":"\xff', 1),
            "overlong utf-8": text.encode().replace(b'"name":"', b'"name":"\xc0\xaf', 1),
        }
        how = choose(sorted(ways))
        return f"text: {how}", ways[how]

    def forge(self, given):
        """A pack that says that false promises hold. What for is left to the certificate of another, or one that is made up."""
        pack, choose = copy.deepcopy(given.text), self.random.choice
        shown = [entry for entry in pack["obligations"] if entry["verdict"] == "proved"]
        for i, entry in enumerate(pack["obligations"]):
            if entry["name"] in given.false:
                borrowed = copy.deepcopy(choose(shown))
                made_up = choose([{"cases": True}, {"clauses": {"cells": [[]], "proof": [[[], [0]]]}}, {"clauses": {"cells": [], "proof": [[[], []]]}},
                                  {"cases": [0, [0], True, True]}, {"clauses": {"cells": [[1], [-1]], "proof": [[[], [len(pack["core"]["rules"]), 0]]]}}])
                way = choose([borrowed, made_up])
                pack["obligations"][i] = {**way, "name": entry["name"], "verdict": "proved"}
        return pack

    def change_bundle(self, data):
        """Another byte or another length, with a checksum that fits."""
        data, where = bytearray(data), self.random.randrange(8, len(data))
        how = self.random.choice(["flip", "zero", "ones", "cut", "add", "number"])
        if how == "cut":
            del data[where:]
        elif how == "add":
            data += bytes(self.random.randrange(1, 130))
        elif how == "number" and where + 4 <= len(data):
            data[where:where + 4] = struct.pack("<I", self.random.choice([0, 1, 2, 0x7FFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF, len(data)]))
        else:
            data[where] = {"zero": 0, "ones": 255}.get(how, data[where] ^ 1 << self.random.randrange(8))
        return f"bundle: {how} at {where}", bytes(data[:32] + hashlib.sha256(data[64:]).digest() + data[64:]) if len(data) > 64 else bytes(data)


# ---- The comparison -------------------------------------------------------------------------------------------------------


class Comparison:
    def __init__(self, folder, changer):
        self.pack, self.bundle, self.changer, self.failures = folder / "m.rpp", folder / "m.rtb", changer, []
        self.tried = {ESTABLISHED: 0, REFUSED: 0, OPEN: 0}
        self.rejected = self.places = 0

    def both(self, given):
        """What both checkers say: the exit code, and the promises that they call established."""
        words = ["check", self.pack, "--bundle", self.bundle, "--sources", given.sources]
        done = subprocess.run([OPTIONS.routeaudit, *words], capture_output=True, timeout=120)
        text, said = (done.stdout + done.stderr).decode(), io.StringIO()
        with contextlib.redirect_stdout(said):
            code = twin.main([str(word) for word in words])
        listed = re.search(r"established, for every request.*\n((?: .*\n)+)", text)
        shown = set(re.findall(r"^  (coverage|guarantee \S+):", listed[1], re.M)) if listed else set()
        twin_shown = set(re.findall(r"^proved: (.*)$", said.getvalue(), re.M))
        return [(done.returncode, "REJECTED" in text, shown), (code, "REJECTED" in said.getvalue(), twin_shown)], text, said.getvalue()

    def compare(self, given, what, data, bundle):
        self.pack.write_bytes(data)
        self.bundle.write_bytes(bundle)
        found, said, twin_said = self.both(given)
        (code, rejected, shown), (_, _, twin_shown) = found
        wrong = []
        where = [re.search(r"malformed at (.*?): ", each) for each in (said, twin_said)]
        if found[0] != found[1]:
            wrong.append("the checkers differ")
        elif all(where) and where[0][1] != where[1][1]:
            wrong.append("the checkers name different places")
        if code not in self.tried:
            wrong.append(f"exit code {code}")
        if (shown | twin_shown) & given.false and "core" not in what:
            wrong.append("a false promise is called established")
        if code == REFUSED and "REJECTED: the pack is malformed at " in said:
            self.places += 1
        if wrong:
            self.failures.append(f"{given.name}: {what}: {', '.join(wrong)}: {found}\n  {said[:300]}\n  {twin_said[:300]}")
        self.tried[code] = self.tried.get(code, 0) + 1
        self.rejected += rejected
        return rejected

    def mutant(self, given):
        changer, draw = self.changer, self.changer.random
        bundle = given.bundle
        if draw.random() < 0.12:
            what, text = changer.rewrite(canonical(given.text))
            return self.compare(given, what, seal(text), bundle)
        forged = bool(given.false) and draw.random() < 0.8
        pack = changer.forge(given) if forged else copy.deepcopy(given.text)
        done = ["forged"] if forged else []
        if draw.random() < 0.08:
            what, bundle = changer.change_bundle(bundle)
            done.append(what)
            if isinstance(pack.get("bundle"), dict):
                pack["bundle"]["sha256"] = hashlib.sha256(bundle).hexdigest()
        else:
            for _ in range(draw.choice([0, 1, 1, 2] if forged else [1, 1, 1, 2, 3])):
                with contextlib.suppress(LookupError, TypeError, AttributeError):  # what a change before has taken away
                    done.append(changer.change(pack))
        try:
            text = canonical(pack)
        except TypeError:  # names of members that are no texts
            return None
        return self.compare(given, "; ".join(done), seal(text), bundle)


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        changer = Changer(OPTIONS.seed)
        false = list(packs_of_false_promises(folder))
        true = [*packs_of_examples(folder), *packs_of_random_policies(folder, OPTIONS.seed)]
        for each in OPTIONS.root.glob("tests/audit/*.route"):
            if not (folder / each.name).exists():
                shutil.copy(each, folder)
        comparison = Comparison(folder, changer)
        for given in [*false, *true]:
            if comparison.compare(given, "as it is", seal(canonical(given.text)), given.bundle):
                comparison.failures.append(f"{given.name}: an honest pack is refused")
        for given in false * 5:
            if not comparison.compare(given, "forged", seal(canonical(changer.forge(given))), given.bundle):
                comparison.failures.append(f"{given.name}: a forged pack is not refused")
        for _ in range(OPTIONS.count):
            comparison.mutant(changer.random.choice(false if changer.random.random() < 0.4 else true))
    tried = comparison.tried
    print(f"{sum(tried.values())} packs, {OPTIONS.count} of them changed with seed {OPTIONS.seed}: {comparison.rejected} rejected, {comparison.places} of "
          f"them with the place; {tried[ESTABLISHED]} established, {tried[REFUSED] - comparison.rejected} refuted, {tried[OPEN]} not established; "
          f"{len(comparison.failures)} failures")
    for failure in comparison.failures[:SHOWN]:
        print(failure)
    if not comparison.failures and min(comparison.rejected, comparison.places) < OPTIONS.count // 4:
        print("too few packs were malformed for this to say anything")
        return 1
    return 1 if comparison.failures else 0


if __name__ == "__main__":
    sys.exit(main())
