#!/usr/bin/env python3
"""A second way from a policy's text to its core: reads what `routec fmt --core` prints, and prints the core of a proof pack.

    read_core.py CORE.txt                  prints the core as canonical JSON
    read_core.py CORE.txt --pack PACK.rpp  says whether the pack has this core

It needs no grammar: a line is words with blanks between, a text is in double quotes as in JSON, and what belongs to a line is indented
below it. It was written from docs/formatting.md and docs/proof-pack.md, with nothing but Python's standard library. Exit codes: 0 the
core is that of the pack, 1 it is another one, 2 wrong usage or a file that cannot be read.
"""

import datetime
import json
import pathlib
import re
import struct
import sys
import zlib

COUNTRIES = [a + b for a, bs in (
    ("A", "DEFGILMOQRSTUWXZ"), ("B", "ABDEFGHIJLMNOQRSTVWYZ"), ("C", "ACDFGHIKLMNORUVWXYZ"), ("D", "EJKMOZ"),
    ("E", "CEGHRST"), ("F", "IJKMOR"), ("G", "ABDEFGHILMNPQRSTUWY"), ("H", "KMNRTU"), ("I", "DELMNOQRST"),
    ("J", "EMOP"), ("K", "EGHIMNPRWYZ"), ("L", "ABCIKRSTUVY"), ("M", "ACDEFGHKLMNOPQRSTUVWXYZ"),
    ("N", "ACEFGILOPRUZ"), ("O", "M"), ("P", "AEFGHKLMNRSTWY"), ("Q", "A"), ("R", "EOSUW"),
    ("S", "ABCDEGHIJKLMNORSTVXYZ"), ("T", "CDFGHJKLMNORTVWZ"), ("U", "AGMSYZ"), ("V", "ACEGINU"), ("W", "FS"),
    ("Y", "ET"), ("Z", "AMW"),
) for b in bs]
LIMITS = ("attempts", "deadline_ms", "answer_tokens", "cost_hundredth_cents")
FIRST_DAY, LEAST = datetime.date(1970, 1, 1).toordinal(), -(1 << 63)
FACTS_OF_MODELS = ("model", "capabilities", "price_in", "price_out", "first_token_ms", "context_tokens")


# ---- Lines ----------------------------------------------------------------------------------------------------------------


class Line:
    """The words of a line, and the lines below it."""

    def __init__(self, text):
        self.words, self.below = [], []
        for word in re.findall(r'"(?:[^"\\]|\\.)*"|[^ "]+', text):
            self.words.append(json.loads(word) if word[0] == '"' else word)

    def all(self, word):
        return [line for line in self.below if line.words[0] == word]

    def get(self, word, otherwise=None):
        """The second word of the line that begins so."""
        found = self.all(word)
        return found[0].words[1] if found else otherwise


def read(text):
    top = Line("")
    path = [top]
    for line in text.rstrip("\n").split("\n"):
        depth = (len(line) - len(line.lstrip(" "))) // 2
        del path[depth + 1:]
        path[-1].below.append(Line(line.strip(" ")))
        path.append(path[-1].below[-1])
    return top


def micros(word):
    sign, digits, fraction = re.fullmatch(r"(-?)(\d+)(?:\.(\d{1,6}))?", word).groups()
    return int(sign + digits + (fraction or "").ljust(6, "0"))


def number(word):
    """A date in days, or a number in millionths."""
    if word.startswith("day:"):
        return int(word[4:])
    return datetime.date.fromisoformat(word).toordinal() - FIRST_DAY if re.fullmatch(r"\d{4}-\d\d-\d\d", word) else micros(word)


def ends(words):
    """`from 1 below 2`: its two ends, of which either may be missing."""
    found = dict(zip(words[::2], words[1::2]))
    return (number(found["from"]) if "from" in found else None), (number(found["below"]) if "below" in found else None)


def index(entries, name):
    return next(i for i, entry in enumerate(entries) if entry["name"] == name)


def natural(word):
    return None if word is None else int(word)


# ---- Attributes and their classes ---------------------------------------------------------------------------------------------


def questions(line):
    if line.words[0] == "attribute":
        yield line.words[1], line.words[2:]
    for below in line.below:
        yield from questions(below)


class Attribute:
    def __init__(self, line, asked):
        self.name, *kind, _, self.unit = line.words[1:]
        self.kind = " ".join(kind)
        self.values = [each.words[1] for each in line.all("value")]
        self.maximum = micros(line.get("maximum", "0"))
        self.sources = [{"kind": each.words[1], "argument": each.words[2]} for each in line.all("source")]
        self.default = line.get("default")
        least, most = (number("0001-01-01"), number("9999-12-31")) if self.kind == "date" else (0, self.maximum)
        is_range = self.kind in ("number", "date")
        cuts = {end for words in asked if is_range for end in ends(words) if end is not None and least < end <= most}
        self.least, self.cuts = least, sorted(cuts)
        of_texts = {how: {words[1] for words in asked if self.kind == "text" and words[0] == how} for how in ("is", "begins")}
        self.prefixes, self.texts = (sorted(of_texts[how], key=str.encode) for how in ("begins", "is"))
        groups, self.countries = {}, []
        for country in COUNTRIES if self.kind == "country" else ():
            member = tuple(country in words[1:] for words in asked)
            self.countries.append(groups.setdefault(member, len(groups)))
        self.count = {"one of": len(self.values), "any of": 2, "yes/no": 2, "number": 1 + len(self.cuts), "date": 1 + len(self.cuts),
                      "text": 1 + len(self.prefixes) + len(self.texts), "country": len(groups)}[self.kind]

    def satisfying(self, words):
        """The classes that answer a question about the attribute, or a member of it, with yes."""
        how, *names = words or [""]
        if self.kind in ("any of", "yes/no"):
            return {1}
        if self.kind == "one of":
            return {self.values.index(name) for name in names}
        if self.kind == "country":
            return {self.countries[COUNTRIES.index(code)] for code in names}
        if self.kind == "text":
            known = self.prefixes + self.texts
            return {1 + i for i, text in enumerate(known) if (text.startswith(names[0]) if how == "begins" else
                                                              i >= len(self.prefixes) and text == names[0])}
        low, high = ends(words)
        return {i for i, first in enumerate([self.least, *self.cuts]) if (low is None or low <= first) and (high is None or first < high)}

    def classes_of(self, words):
        """The class of a value in each dimension."""
        if self.kind == "any of":
            return [int(value in words) for value in self.values]
        if self.kind == "yes/no":
            return [int(words[0] == "yes")]
        if self.kind in ("number", "date"):
            return [sum(cut <= number(words[0]) for cut in self.cuts)]
        if self.kind == "text":
            longest = max((prefix for prefix in self.prefixes if words[0].startswith(prefix)), key=len, default=None)
            if words[0] in self.texts:
                return [1 + len(self.prefixes) + self.texts.index(words[0])]
            return [0 if longest is None else 1 + self.prefixes.index(longest)]
        return [self.values.index(words[0]) if self.kind == "one of" else self.countries[COUNTRIES.index(words[0])]]

    def to_json(self, first):
        return {"name": self.name, "kind": self.kind, "unit": self.unit, "maximum": self.maximum, "sources": self.sources,
                "default": self.default or "", "has_default": self.default is not None, "first_dimension": first, "values": self.values,
                "cuts": self.cuts, "prefixes": self.prefixes, "texts": self.texts, "countries": self.countries}


# ---- The core ------------------------------------------------------------------------------------------------------------------


def runs(classes):
    return [[c, next(end for end in range(c, max(classes) + 2) if end not in classes)] for c in sorted(classes) if c - 1 not in classes]


class Reader:
    def __init__(self, text):
        self.top = read(text)
        self.head = self.top.below[0]
        asked = {}
        for kind in ("refusal", "rule", "route", "guarantee"):
            for entry in self.top.all(kind):
                for when in entry.all("when"):
                    for name, words in questions(when):
                        asked.setdefault(name, []).append(words)
        self.attributes = [Attribute(line, asked.get(line.words[1], [])) for line in self.top.all("attribute")]
        self.first, dimensions = {}, 0
        for attribute in self.attributes:
            self.first[attribute.name] = dimensions
            dimensions += len(attribute.values) if attribute.kind == "any of" else 1
        self.kinds = {each.words[1]: " ".join(each.words[2:each.words.index("unit")]) for each in self.top.all("property")}
        self.deployments = [self.deployment(line) for line in self.top.all("deployment")]
        self.refusals = [{"name": line.words[1], "layer": int(line.words[3]), "reason": line.get("reason"), "when": self.when(line)}
                         for line in self.top.all("refusal")]

    def attribute(self, name):
        return next(attribute for attribute in self.attributes if attribute.name == name)

    def when(self, line):
        return self.condition(line.all("when")[0].below[0])

    def condition(self, line):
        if line.words[0] == "not":
            return {"not": self.condition(line.below[0])}
        if line.words[0] != "attribute":
            return {line.words[0]: [self.condition(part) for part in line.below]}
        attribute = self.attribute(line.words[1])
        member = attribute.values.index(line.words[3]) if attribute.kind == "any of" else 0
        return {"dimension": self.first[attribute.name] + member, "classes": runs(attribute.satisfying(line.words[2:]))}

    def test(self, line):
        if line.words[0] == "not":
            return {"not": self.test(line.below[0])}
        if line.words[0] != "fact":
            return {line.words[0]: [self.test(part) for part in line.below]}
        _, fact, *words = line.words
        if words[:1] in (["in"], ["only"]):
            is_country = fact in ("processed_in", "headquarters", "seen_from")
            values = [COUNTRIES.index(word) if is_country else word for word in words[1:]]
            return {"fact": fact, "in" if words[0] == "in" else "only_in": values}
        low, high = ends(words)
        found = {"at_least": low, "below": high} if words else {"at_least": LEAST}
        return {"fact": fact, **{end: value for end, value in found.items() if value is not None}}

    def deployment(self, line):
        vendors = {each.words[1]: each for each in self.top.all("vendor")}
        model = next(each for each in self.top.all("model") if each.words[1] == line.get("model"))
        vendor = vendors[line.get("vendor")]
        facts = {"name": line.words[1], "model": line.get("model"), "vendor": line.get("vendor"), "endpoint": line.get("endpoint"),
                 "upstream_model": line.get("upstream_model", line.get("model")), "key_env": line.get("key_env"),
                 "processed_in": COUNTRIES.index(line.get("processed_in")), "headquarters": COUNTRIES.index(vendor.get("headquarters")),
                 "price_in": micros(line.get("price_in")), "price_out": micros(line.get("price_out")), "status": line.get("status"),
                 "certified": [each.words[1] for each in vendor.all("certified")],
                 "capabilities": [each.words[1] for each in model.all("capable")],
                 "tags": sorted({each.words[1] for each in (*model.all("tag"), *line.all("tag"))})}
        for name, of in (("first_token_ms", line), ("retention_days", line), ("quality", model), ("context_tokens", model)):
            if of.get(name) is not None:
                facts[name] = micros(of.get(name))
        for each in model.all("quality_at"):
            facts["quality " + each.words[1]] = micros(each.words[2])
        return {**facts, **self.stated(line, vendors)}

    def stated(self, line, vendors):
        """What deployments and services have alike and need not state, but for the retention."""
        facts = {}
        for each in line.all("seen_by"):
            facts["seen_by"] = each.words[1:]
            facts["seen_from"] = [COUNTRIES.index(vendors[name].get("headquarters")) for name in each.words[1:]]
        for each in line.all("own"):
            _, name, value = each.words
            facts["own " + name] = number(value) if self.kinds[name] in ("number", "date") else value
        return facts

    def service(self, line):
        vendors = {each.words[1]: each for each in self.top.all("vendor")}
        vendor = vendors[line.get("vendor")]
        (_, kind, question), = (each.words for each in line.all("answers"))
        retention = {} if line.get("retention_days") is None else {"retention_days": micros(line.get("retention_days"))}
        return {"name": line.words[1], "vendor": line.get("vendor"), "endpoint": line.get("endpoint"), "key_env": line.get("key_env"),
                "kind": kind, "question": question, "processed_in": COUNTRIES.index(line.get("processed_in")),
                "headquarters": COUNTRIES.index(vendor.get("headquarters")), "within_ms": int(line.get("within_ms")),
                "certified": [each.words[1] for each in vendor.all("certified")], "status": line.get("status"),
                "tags": sorted({each.words[1] for each in line.all("tag")}), **retention, **self.stated(line, vendors)}

    def binds_services(self, fact, words):
        """Whether services have the fact that a test asks for."""
        if fact == "tags":
            return any(each.words[1] in words[1:] for kind in ("deployment", "service") for line in self.top.all(kind) for each in line.all("tag"))
        owners = {"own " + each.words[1]: each.words[-2:] for each in self.top.all("property")}
        return fact not in FACTS_OF_MODELS and not fact.startswith("quality") and owners.get(fact) != ["of", "models"]

    def of_services(self, line):
        """A test without what is about facts that services don't have; None if nothing is left of it."""
        if line.words[0] == "fact":
            _, fact, *words = line.words
            if fact in ("name", "service"):
                return {"any": []} if fact == "name" else {"fact": "name", "in": words[1:]}
            return self.test(line) if self.binds_services(fact, words) else None
        parts = [part for part in map(self.of_services, line.below) if part is not None]
        if line.words == ["all"] and not line.below:
            return {"all": []}
        return None if not parts else {"not": parts[0]} if line.words[0] == "not" else {line.words[0]: parts}

    def both(self, line):
        """What must hold of a deployment, and of a service where there are some."""
        return {"deployments": self.test(line), **({"services": self.of_services(line) or {"all": []}} if self.top.all("service") else {})}

    def tier(self, line):
        return {"label": line.words[1], "order": " ".join(line.words[2:]),
                "candidates": [{"deployment": index(self.deployments, each.words[1]), "weight": int(each.words[3])}
                               for each in line.all("candidate")],
                **{name: natural(line.get(name)) for name in ("limit", "within_ms", "retries")}}

    def promise(self, line):
        kind, *words = line.words[1:]
        if kind in ("every_deployment_reached", "first_choice"):
            return {kind: self.test(line.below[0]) if kind == "first_choice" else self.both(line.below[0])}
        if kind == "served":
            return {kind: {"unless_refused_by": [index(self.refusals, each.words[1]) for each in line.all("unless")]}}
        if kind == "survives_loss":
            return {kind: {"of": words[1], "count": int(words[3])}}
        if kind == "bounded":
            return {kind: {name: natural(line.get(name)) for name in ("attempts", "within_ms")}}
        if kind == "costs_at_most":
            return {kind: {"usd": micros(words[0])}}
        what, name = words
        attribute = self.attribute(name)
        sides = {side: attribute.classes_of(line.all(side)[0].words[1:]) for side in ("value", "than")}
        fact = {"fact": line.get("fact")} if line.get("fact") is not None else {}
        return {kind: {"what": what, "attribute": self.attributes.index(attribute), **sides, **fact}}

    def core(self):
        limits = self.top.all("limits")[0]
        rules = [{"name": line.words[1], "layer": int(line.words[3]), "implied": line.words[4:] == ["implied"],
                  "because": line.get("because"), "when": self.when(line), "keep": self.both(line.all("keep")[0].below[0])}
                 for line in self.top.all("rule")]
        routes = [{"name": line.words[1], "layer": int(line.words[3]), "when": self.when(line),
                   "tiers": [self.tier(each) for each in line.all("tier")]} for line in self.top.all("route")]
        guarantees = [{"name": line.words[1], "layer": int(line.words[3]), "text": line.get("text"), "when": self.when(line),
                       "promise": self.promise(line.all("promise")[0])} for line in self.top.all("guarantee")]
        return {"policy": self.head.words[3], "version": self.head.words[5],
                "layers": [{"name": line.words[1], "version": line.words[3]} for line in self.top.all("layer")],
                "limits": {name: int(limits.get(name)) for name in LIMITS},
                "properties": [{"name": line.words[1], "kind": self.kinds[line.words[1]], "unit": line.words[line.words.index("unit") + 1],
                                "of_models": line.words[-2:] == ["of", "models"]} for line in self.top.all("property")],
                "own_tags": sorted({each.words[1] for line in self.top.all("deployment") for each in line.all("tag")}),
                "attributes": [attribute.to_json(self.first[attribute.name]) for attribute in self.attributes],
                "dimensions": [{"attribute": i, "member": member, "classes": attribute.count} for i, attribute in enumerate(self.attributes)
                               for member in range(len(attribute.values) if attribute.kind == "any of" else 1)],
                "deployments": self.deployments, "services": [self.service(line) for line in self.top.all("service")],
                "rules": rules, "refusals": self.refusals, "routes": routes, "guarantees": guarantees}


def core_of_pack(data):
    return json.loads(zlib.decompress(data[56:]))["core"]


def main(words):
    if len(words) not in (1, 3) or words[1:2] not in ([], ["--pack"]):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        core = Reader(pathlib.Path(words[0]).read_text(encoding="utf-8")).core()
        if len(words) == 1:
            print(json.dumps(core, ensure_ascii=False, sort_keys=True, separators=(",", ":")))
            return 0
        packed = core_of_pack(pathlib.Path(words[2]).read_bytes())
    except (OSError, struct.error, zlib.error, ValueError, LookupError, AttributeError, TypeError, StopIteration) as error:
        print(f"read_core.py: error: {type(error).__name__}: {error}", file=sys.stderr)
        return 2
    for member in sorted(core.keys() | packed.keys()):
        if core.get(member) != packed.get(member):
            print(f"the pack has another core: its `{member}` differ from those of the text")
            return 1
    print("the pack has the core that the text says")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
