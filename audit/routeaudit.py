#!/usr/bin/env python3
"""A second checker of proof packs, from docs/proof-pack.md alone, with nothing but Python's standard library.

    routeaudit.py check PACK.rpp --bundle FILE.rtb --sources DIR [--library DIR]

Exit codes: 0 everything is proved and confirmed, 1 the pack is rejected or a guarantee is violated, 2 wrong usage or
unreadable file, 3 inconclusive. Sets of classes are integers: bit c is class c.
"""

import datetime
import hashlib
import json
import pathlib
import re
import struct
import sys
import zlib

FALSE, UNKNOWN, TRUE = 0, 1, 2
MOST_BYTES, MOST_STEPS, NONE = 1 << 27, 2_000_000, 0xFFFFFFFF
COUNTRIES = [a + b for a, bs in (
    ("A", "DEFGILMOQRSTUWXZ"), ("B", "ABDEFGHIJLMNOQRSTVWYZ"), ("C", "ACDFGHIKLMNORUVWXYZ"), ("D", "EJKMOZ"),
    ("E", "CEGHRST"), ("F", "IJKMOR"), ("G", "ABDEFGHILMNPQRSTUWY"), ("H", "KMNRTU"), ("I", "DELMNOQRST"),
    ("J", "EMOP"), ("K", "EGHIMNPRWYZ"), ("L", "ABCIKRSTUVY"), ("M", "ACDEFGHKLMNOPQRSTUVWXYZ"),
    ("N", "ACEFGILOPRUZ"), ("O", "M"), ("P", "AEFGHKLMNRSTWY"), ("Q", "A"), ("R", "EOSUW"),
    ("S", "ABCDEGHIJKLMNORSTVXYZ"), ("T", "CDFGHJKLMNORTVWZ"), ("U", "AGMSYZ"), ("V", "ACEGINU"), ("W", "FS"),
    ("Y", "ET"), ("Z", "AMW"),
) for b in bs]
KINDS = ["one of", "any of", "yes/no", "number", "text", "country", "date"]
UNITS = [None, "tokens", "ms", "%", "USD", "EUR", "time of day"]
ORIGINS = ["tenant", "header", "request", "classifier", "detector", "budget", "clock"]
ORDERS = ["as listed", "by weight", "cheapest", "fastest", "quality"]
VERDICTS = ["proved", "violated", "unknown"]


class Rejected(Exception):
    pass


class Inconclusive(Exception):
    pass


def need(holds, why):
    if not holds:
        raise Rejected(why)


# ---- The file ----------------------------------------------------------------------------------------------------


def open_pack(data):
    need(data[:8] == b"\x89RPP\r\n\x1a\n" and len(data) >= 56, "this is not a proof pack")
    version, = struct.unpack_from("<Q", data, 8)
    need(version == 1, "a version that is not understood")
    need(hashlib.sha256(data[48:]).digest() == data[16:48], "the proof pack is damaged: its checksum is another one")
    size, = struct.unpack_from("<Q", data, 48)
    need(size <= MOST_BYTES, "the proof pack unpacks to more than 128 MiB")
    unpack = zlib.decompressobj()
    text = unpack.decompress(data[56:], size + 1)
    need(len(text) == size and unpack.eof and not unpack.unused_data, "the proof pack does not unpack")
    pack = json.loads(text)
    canonical = json.dumps(pack, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    need(canonical.encode() == text, "the proof pack is not canonical JSON")
    need(pack["format"] == "route.proof-pack/1", "a format that is not understood")
    return pack


def bundle_in(data, sha256):
    if hashlib.sha256(data).hexdigest() == sha256:
        return data
    if data[:8] == b"\x89RTC\r\n\x1a\n":
        for i in range(struct.unpack_from("<I", data, 12)[0]):
            at, size = struct.unpack_from("<QQ", data, 24 + 16 * i)
            if hashlib.sha256(data[at:at + size]).hexdigest() == sha256:
                return data[at:at + size]
    raise Rejected("the bundle is another one than the proof pack is about")


# ---- The core ----------------------------------------------------------------------------------------------------


def micros(number):
    match = re.fullmatch(r"(-?\d+)(?:\.(\d{1,6}))?", str(number))
    need(match and not isinstance(number, (bool, float)), f"{number!r} is not a number")
    return int(match[1] + (match[2] or "").ljust(6, "0"))


def days(date):
    return datetime.date.fromisoformat(date).toordinal() - datetime.date(1970, 1, 1).toordinal()


def number(value, kind):
    return days(value) if kind == "date" else micros(value)


def in_range(test, value, kind):
    return (("at_least" not in test or number(test["at_least"], kind) <= value)
            and ("below" not in test or value < number(test["below"], kind)))


def members(value, required, optional=()):
    need(set(required) <= set(value) <= set(required) | set(optional), f"{value} is not understood")


def index(entries, name):
    return next(i for i, entry in enumerate(entries) if (entry["name"] if isinstance(entry, dict) else entry) == name)


def atoms(condition):
    if isinstance(condition, bool):
        return
    if "attribute" in condition:
        yield condition
        return
    for part in condition.get("all", condition.get("any", [condition.get("not")])):
        yield from atoms(part)


class Dimension:
    def __init__(self, name, classes=1, cuts=(), prefixes=(), texts=(), countries=()):
        self.name, self.classes, self.cuts = name, classes, list(cuts)
        self.prefixes, self.texts, self.countries = list(prefixes), list(texts), list(countries)


def ends_of(attribute):
    if attribute["kind"] == "date":
        return days("0001-01-01"), days("9999-12-31")
    return 0, micros(attribute["maximum"])


def by_bytes(texts):
    return sorted(texts, key=lambda text: text.encode())


def dimensions_of(attribute, found):
    name, kind = attribute["name"], attribute["kind"]
    if kind == "any of":
        return [Dimension(f"{name}.{member}", 2) for member in attribute["values"]]
    if kind == "one of":
        return [Dimension(name, len(attribute["values"]))]
    if kind == "yes/no":
        return [Dimension(name, 2)]
    if kind in ("number", "date"):
        least, most = ends_of(attribute)
        ends = (number(atom[end], kind) for atom in found for end in ("at_least", "below") if end in atom)
        cuts = sorted({cut for cut in ends if least < cut <= most})
        return [Dimension(name, 1 + len(cuts), cuts)]
    if kind == "text":
        prefixes = by_bytes({atom["starts_with"] for atom in found if "starts_with" in atom})
        texts = by_bytes({atom["is"] for atom in found if "is" in atom})
        return [Dimension(name, 1 + len(prefixes) + len(texts), (), prefixes, texts)]
    need(kind == "country", f"attribute {name} is of no known kind")
    numbers, classes = {}, []
    for country in COUNTRIES:
        classes.append(numbers.setdefault(tuple(country in atom["in"] for atom in found), len(numbers)))
    return [Dimension(name, len(numbers), countries=classes)]


class Core:
    def __init__(self, core):
        self.json, self.dimensions, self.first = core, [], []
        found = {attribute["name"]: [] for attribute in core["attributes"]}
        for entries in ("rules", "refusals", "routes", "guarantees"):
            for entry in core[entries]:
                for atom in atoms(entry["when"]):
                    found[atom["attribute"]].append(atom)
        for attribute in core["attributes"]:
            self.first.append(len(self.dimensions))
            self.dimensions += dimensions_of(attribute, found[attribute["name"]])
        self.vendors = {vendor["name"]: vendor for vendor in core["vendors"]}
        self.models = {model["name"]: model for model in core["models"]}
        self.deployments = core["deployments"]
        self.attempts, self.deadline = core["limits"]["attempts"], core["limits"]["deadline_ms"]
        self.refusals = [self.condition(refusal["when"]) for refusal in core["refusals"]]
        self.rules = [(self.condition(rule["when"]), self.passing(rule["keep"])) for rule in core["rules"]]
        self.routes = [(self.condition(route["when"]), [self.tier(tier) for tier in route["tiers"]])
                       for route in core["routes"]]
        self.obligations = [("coverage", ("all", []), "served", set(range(len(self.refusals))))]
        for guarantee in core["guarantees"]:
            (kind, says), = guarantee["promise"].items()
            if kind == "served":
                says = {index(core["refusals"], name) for name in says["unless_refused_by"]}
            elif kind in ("every_deployment_reached", "first_choice"):
                says = self.passing(says)
            self.obligations.append(("guarantee " + guarantee["name"], self.condition(guarantee["when"]), kind, says))

    def tier(self, tier):
        deployments = [index(self.deployments, candidate["deployment"]) for candidate in tier["candidates"]]
        limit = len(deployments) if tier["limit"] is None else tier["limit"]
        need(limit > 0 or not deployments, "a tier takes no deployment at all")
        return {"deployments": deployments, "limit": limit, "drawn": tier["order"] == "by weight",
                "within": self.deadline if tier["within_ms"] is None else tier["within_ms"], "retries": tier["retries"] or 0}

    def condition(self, json_condition):
        """("all" | "any", parts), ("not", part) or ("in", dimension, classes)."""
        if isinstance(json_condition, bool):
            return ("all" if json_condition else "any", [])
        if "attribute" in json_condition:
            return self.atom(json_condition)
        (op, parts), = json_condition.items()
        need(op in ("all", "any", "not"), f"the condition {op} is not understood")
        return (op, self.condition(parts)) if op == "not" else (op, [self.condition(part) for part in parts])

    def atom(self, atom):
        i = index(self.json["attributes"], atom["attribute"])
        attribute = self.json["attributes"][i]
        kind, first = attribute["kind"], self.first[i]
        if kind == "any of":
            members(atom, ("attribute", "includes"))
            return ("in", first + attribute["values"].index(atom["includes"]), 2)
        dimension = self.dimensions[first]
        if kind in ("number", "date"):
            members(atom, ("attribute",), ("at_least", "below"))
            least = [ends_of(attribute)[0], *dimension.cuts]
            classes = [c for c in range(dimension.classes) if in_range(atom, least[c], kind)]
        elif kind == "text" and "starts_with" in atom:
            members(atom, ("attribute", "starts_with"))
            named = dimension.prefixes + dimension.texts
            classes = [1 + c for c, text in enumerate(named) if text.startswith(atom["starts_with"])]
        else:
            members(atom, ("attribute", "in" if kind == "country" else "is"))
            if kind == "one of":
                classes = [attribute["values"].index(value) for value in atom["is"]]
            elif kind == "country":
                classes = [dimension.countries[COUNTRIES.index(code)] for code in atom["in"]]
            elif kind == "text":
                classes = [1 + len(dimension.prefixes) + dimension.texts.index(atom["is"])]
            else:
                need(atom["is"] is True, f"{atom} is not understood")
                classes = [1]
        return ("in", first, sum(1 << c for c in set(classes)))

    def passing(self, test):
        return [self.holds(test, deployment) for deployment in self.deployments]

    def holds(self, test, deployment):
        if isinstance(test, bool):
            return test
        vendor, model = self.vendors[deployment["vendor"]], self.models[deployment["model"]]
        if "property" in test:
            fact = deployment["own"].get(test["property"])
            if "is" in test:
                members(test, ("property", "is"))
                return fact == test["is"]
            members(test, ("property",), ("at_least", "below"))
            kind = self.json["properties"][index(self.json["properties"], test["property"])]["kind"]
            return fact is not None and in_range(test, number(fact, kind), kind)
        if "fact" in test:
            members(test, ("fact",), ("work", "at_least", "below"))
            need("work" not in test or test["fact"] == "quality", f"{test} is not understood")
            if "work" in test:
                fact = model["quality_by_work"].get(test["work"])
            elif test["fact"] in ("quality", "context_tokens"):
                fact = model[test["fact"]]
            else:
                need(test["fact"] in ("price_in", "price_out", "first_token_ms", "retention_days"), f"{test} is not understood")
                fact = deployment[test["fact"]]
            return fact is not None and in_range(test, micros(fact), "number")
        (what, wanted), = test.items()
        if what == "all":
            return all([self.holds(part, deployment) for part in wanted])
        if what == "any":
            return any([self.holds(part, deployment) for part in wanted])
        if what == "not":
            return not self.holds(wanted, deployment)
        if what in ("processed_in", "vendor", "model"):
            return deployment[what] in wanted
        if what in ("headquartered_in", "deployment"):
            return (vendor["headquarters"] if what == "headquartered_in" else deployment["name"]) in wanted
        if what in ("certified", "capability"):
            return wanted in (vendor["certifications"] if what == "certified" else model["capabilities"])
        if what == "status":
            return deployment["status"] == wanted
        if what == "tag":
            return wanted in model["tags"] or wanted in deployment["tags"]
        need(what in ("seen_by", "seen_only_by", "seen_from", "seen_only_from"), f"the test {what} is not understood")
        if deployment["seen_by"] is None:
            return False
        who = [self.vendors[name]["headquarters"] if what.endswith("_from") else name for name in deployment["seen_by"]]
        return (all if "_only_" in what else any)([each in wanted for each in who])


# ---- What is to be shown, and cases -----------------------------------------------------------------------------------


def evaluate(condition, box):
    if condition[0] == "in":
        inside, outside = box[condition[1]] & condition[2], box[condition[1]] & ~condition[2]
        return FALSE if not inside else UNKNOWN if outside else TRUE
    if condition[0] == "not":
        return 2 - evaluate(condition[1], box)
    if condition[0] == "all":
        return min((evaluate(part, box) for part in condition[1]), default=TRUE)
    return max((evaluate(part, box) for part in condition[1]), default=FALSE)


def outcomes_in(core, obligation, box):
    applies = [evaluate(when, box) for when, _ in core.rules]
    allowed = [2 - max((truth for truth, (_, keeps) in zip(applies, core.rules) if not keeps[d]), default=FALSE)
               for d in range(len(core.deployments))]
    return [evaluate(obligation[1], box), *(evaluate(refusal, box) for refusal in core.refusals),
            *(evaluate(when, box) for when, _ in core.routes), *allowed]


def reach(tier, allowed):
    """The most that are reached, those that may be, and those that surely are with how many may come before each."""
    possible, certain, maybe, sure = 0, 0, [], []
    for d in tier["deployments"]:
        if allowed[d] == FALSE:
            continue
        if certain < tier["limit"]:
            maybe.append(d)
        if allowed[d] == TRUE and possible < tier["limit"]:
            sure.append((d, possible))
        possible += 1
        certain += allowed[d] == TRUE
    return min(possible, tier["limit"]), maybe, sure


def every_passes(core, passes, tiers, allowed):
    return all(passes[d] for tier in tiers for d in reach(tier, allowed)[1])


def first_passes(core, passes, tiers, allowed):
    for tier in tiers:
        _, maybe, sure = reach(tier, allowed)
        for d in maybe:
            if not passes[d]:
                return False
            if allowed[d] == TRUE and not tier["drawn"]:
                return True
        if sure:
            return True
    return True


def is_served(core, named, tiers, allowed):
    return any(allowed[d] == TRUE for tier in tiers for d in tier["deployments"])


def is_bounded(core, bound, tiers, allowed):
    attempts = time = 0
    for tier in tiers:
        most = reach(tier, allowed)[0]
        if most:
            attempts, time = attempts + most + tier["retries"], time + tier["within"]
    return ((bound["attempts"] is None or min(attempts, core.attempts) <= bound["attempts"])
            and (bound["within_ms"] is None or min(time, core.deadline) <= bound["within_ms"]))


def survives(core, loss, tiers, allowed):
    fact = {"deployment": "name", "vendor": "vendor", "country": "processed_in"}[loss["unit"]]
    lost, used, routed = set(), 0, False
    for tier in tiers:
        most, _, sure = reach(tier, allowed)
        if not most:
            continue
        routed, left = True, max(0, core.attempts - used)
        units = [core.deployments[d][fact] for d, before in sure if tier["drawn"] or before < left]
        if tier["drawn"] and most > left:
            missing = left - (most - len(sure)) - sum(unit in lost for unit in units)
            for unit in sorted(set(units) - lost, key=units.count, reverse=True):
                if missing > 0:
                    lost.add(unit)
                    missing -= units.count(unit)
        else:
            lost.update(units)
        used += most + tier["retries"]
    return not routed or len(lost) > loss["count"]


KEEPS = {"every_deployment_reached": every_passes, "first_choice": first_passes, "served": is_served,
         "survives_loss": survives, "bounded": is_bounded}


def establishes(core, obligation, outcomes):
    _, _, kind, says = obligation
    if outcomes[0] == FALSE:
        return True
    refusals, routes = len(core.refusals), len(core.routes)
    for i, refuses in enumerate(outcomes[1:1 + refusals]):
        if refuses != FALSE and kind == "served" and i not in says:
            return False
        if refuses == TRUE:
            return True
    allowed = outcomes[1 + refusals + routes:]
    for takes, (_, tiers) in zip(outcomes[1 + refusals:], core.routes):
        if takes != FALSE and not KEEPS[kind](core, says, tiers, allowed):
            return False
        if takes == TRUE:
            return True
    return kind != "served"


def everything(core):
    return [(1 << dimension.classes) - 1 for dimension in core.dimensions]


def check_cases(core, obligation, tree, box):
    if tree is True:
        need(establishes(core, obligation, outcomes_in(core, obligation, box)), f"{obligation[0]}: a case does not establish it")
        return
    dimension, classes, yes, no = tree
    listed = sum(1 << c for c in set(classes))
    for kept, branch in ((box[dimension] & listed, yes), (box[dimension] & ~listed, no)):
        need(kept, f"{obligation[0]}: a case holds no request")
        check_cases(core, obligation, branch, [*box[:dimension], kept, *box[dimension + 1:]])


# ---- Clauses ------------------------------------------------------------------------------------------------------------


class Clauses:
    def __init__(self, core, obligation, cells):
        self.variables, self.clauses = 0, []
        self.classes = [self.one_of(dimension.classes) for dimension in core.dimensions]
        outcomes = [self.write(obligation[1]), *map(self.write, core.refusals), *(self.write(when) for when, _ in core.routes)]
        rules = [self.write(when) for when, _ in core.rules]
        for d in range(len(core.deployments)):
            outcomes.append(self.conjunction([-rule for rule, (_, keeps) in zip(rules, core.rules) if not keeps[d]]))
        for cell in cells:
            self.clauses.append([-outcomes[n - 1] if n > 0 else outcomes[-n - 1] for n in cell])

    def fresh(self):
        self.variables += 1
        return self.variables

    def conjunction(self, parts):
        if len(parts) == 1:
            return parts[0]
        gate = self.fresh()
        self.clauses += [[-gate, part] for part in parts] + [[gate, *(-part for part in parts)]]
        return gate

    def disjunction(self, parts):
        return -self.conjunction([-part for part in parts])

    def one_of(self, count):
        classes = [self.fresh() for _ in range(count)]
        self.clauses.append(classes)
        earlier = classes[0]
        for each in classes[1:]:
            self.clauses.append([-earlier, -each])
            if each != classes[-1]:
                earlier = self.disjunction([earlier, each])
        return classes

    def write(self, condition):
        if condition[0] == "in":
            return self.disjunction([v for c, v in enumerate(self.classes[condition[1]]) if condition[2] >> c & 1])
        if condition[0] == "not":
            return -self.write(condition[1])
        parts = [self.write(part) for part in condition[1]]
        return self.conjunction(parts) if condition[0] == "all" else self.disjunction(parts)


def replay(clauses, variables, proof):
    known = list(clauses)
    for lemma, hints in proof:
        need(all(0 < abs(literal) <= variables for literal in lemma), "a proof names a variable that there is not")
        true = {-literal for literal in lemma}
        need(not any(-literal in true for literal in true), "a proof has a clause that is always true")
        conflict = False
        for hint in hints:
            need(not conflict and 0 <= hint < len(known), "a step of a clausal proof does not follow")
            left = {literal for literal in known[hint] if -literal not in true}
            need(len(left) <= 1 and not left & true, "a step of a clausal proof does not follow")
            true |= left
            conflict = not left
        need(conflict, "a step of a clausal proof does not follow")
        if not lemma:
            return
        known.append(lemma)
    raise Rejected("a clausal proof ends before its contradiction")


def check_clauses(core, obligation, certificate):
    count = 1 + len(core.refusals) + len(core.routes) + len(core.deployments)
    for cell in certificate["cells"]:
        outcomes = [UNKNOWN] * count
        for n in cell:
            need(0 < abs(n) <= count, "a cell speaks of an outcome that there is not")
            outcomes[abs(n) - 1] = TRUE if n > 0 else FALSE
        need(establishes(core, obligation, outcomes), f"{obligation[0]}: a cell does not establish it")
    made = Clauses(core, obligation, certificate["cells"])
    replay(made.clauses, made.variables, certificate["proof"])


def check_obligation(core, obligation, entry):
    need(entry["name"] == obligation[0], f"the pack speaks of {entry['name']} where {obligation[0]} belongs")
    verdict, box = entry["verdict"], everything(core)
    need(verdict in VERDICTS, f"there is no verdict {verdict}")
    if "open" in entry:
        return "unknown"
    need(verdict == "unknown" or obligation[2] in KEEPS, f"the promise {obligation[2]} is not understood")
    if verdict == "violated":
        need(len(entry["witness"]) == len(box), "a witness is malformed")
        need(all(0 <= c < dimension.classes for c, dimension in zip(entry["witness"], core.dimensions)), "a witness is malformed")
        outcomes = outcomes_in(core, obligation, [1 << c for c in entry["witness"]])
        need(not establishes(core, obligation, outcomes), f"{obligation[0]}: the witness does not break it")
    elif verdict == "proved" and "cases" in entry:
        check_cases(core, obligation, entry["cases"], box)
    elif verdict == "proved":
        check_clauses(core, obligation, entry["clauses"])
    return verdict


# ---- The bundle ---------------------------------------------------------------------------------------------------------

# Of each section in order: its name and the layout of a record: s string, p place (None if there is none), r range, o u32
# that may be none, B, H, I, Q as in `struct`, z a byte that is zero.
SECTIONS = {"attributes": "ssBBBzIQrrrrrr", "sources": "sBzzzzzzz", "names": "s", "cuts": "q", "countries": "H",
            "dimensions": "III", "deployments": "ssssssQQHHzzzz", "files": "sss", "rules": "sspII", "refusals": "ssp",
            "routes": "spr", "tiers": "srIooo", "candidates": "II", "guarantees": "sspIzzzz", "levels": "II", "owners": "I",
            "lines": "III", "columns": "IIII", "runs": "HH", "masks": "QQQQQQQQ", "cells": "QQQQQQQQ", "strings": "B"}
AS_STRUCT = str.maketrans("sprzo", "QQQBI")


class Bundle:
    def __init__(self, data):
        need(data[:16] == b"\x89RTB\r\n\x1a\n\x03" + bytes(7), "the bundle is not a bundle of version 3")
        self.data, self.sections, end = data, {}, 304
        for i, (name, layout) in enumerate(SECTIONS.items()):
            step, size = 64 if name in ("masks", "cells") else 8, struct.calcsize("<" + layout.translate(AS_STRUCT))
            begin, count = struct.unpack_from("<II", data, 128 + 8 * i)
            need(begin == -(-end // step) * step and not any(data[end:begin]), "the bundle's sections do not follow each other")
            end, self.sections[name] = begin + size * count, (begin, count, size)
        need(end == len(data) and data[16:32] == struct.pack("<QQ", end, 0), "the bundle has another size than it says")
        need(hashlib.sha256(data[64:]).digest() == data[32:64], "the bundle is damaged: its checksum is another one")

    def read(self, layout, at):
        fields = []
        for field, value in zip(layout, struct.unpack_from("<" + layout.translate(AS_STRUCT), self.data, at)):
            low, high = value & NONE, value >> 32
            need(field != "z" or value == 0, "the bundle has something where nothing belongs")
            if field == "s":
                begin, count, _ = self.sections["strings"]
                need(low + high <= count, "the bundle has a string outside of its strings")
                value = self.data[begin + low:begin + low + high].decode()
            elif field in "pr":
                value = None if field == "p" and (low, high) == (NONE, 0) else [low, high]
            elif field == "o" and value == NONE:
                value = None
            if field != "z":
                fields.append(value)
        return fields

    def records(self, name):
        begin, count, size = self.sections[name]
        return [self.read(SECTIONS[name], begin + i * size) for i in range(count)]

    def same(self, name, expected):
        found = self.records(name)
        differ = next((pair for pair in zip(found, expected) if pair[0] != pair[1]), "their number")
        need(found == expected, f"the bundle and the core differ in the {name}: {differ}")

    def cells(self, name, first, count=1):
        begin, total, _ = self.sections[name]
        need(first + count <= total, f"the bundle has fewer {name} than it speaks of")
        return int.from_bytes(self.data[begin + 64 * first:begin + 64 * (first + count)], "little")


def default_text(attribute):
    value, unit = attribute.get("default", ""), attribute.get("unit")
    if isinstance(value, list):
        return ",".join(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if "default" not in attribute or unit in (None, "time of day"):
        return str(value)
    return f"{value}{'' if unit == '%' else ' '}{unit}"


def check_attributes(core, bundle):
    attributes, sources, names, cuts, countries, dimensions = [], [], [], [], [], []

    def put(entries, more):
        entries += more
        return [len(entries) - len(more), len(more)]

    for i, attribute in enumerate(core.json["attributes"]):
        values, first = attribute.get("values", []), core.first[i]
        is_set = attribute["kind"] == "any of"
        plain = Dimension("") if is_set else core.dimensions[first]
        for member, dimension in enumerate(core.dimensions[first:first + (len(values) if is_set else 1)]):
            dimensions.append([i, member, dimension.classes])
        attributes.append([
            attribute["name"], default_text(attribute), KINDS.index(attribute["kind"]), UNITS.index(attribute.get("unit")),
            int("default" in attribute), first, micros(attribute.get("maximum", 0)),
            put(sources, [[source.get("argument", ""), ORIGINS.index(source["kind"])] for source in attribute["sources"]]),
            *(put(names, [[text] for text in texts]) for texts in (values, plain.prefixes, plain.texts)),
            put(cuts, [[cut] for cut in plain.cuts]), put(countries, [[each] for each in plain.countries])])
    for name, expected in (("attributes", attributes), ("sources", sources), ("names", names), ("cuts", cuts),
                           ("countries", countries), ("dimensions", dimensions)):
        bundle.same(name, expected)


def check_records(core, pack, bundle, mask_cells):
    places, tiers, candidates, routes = pack["places"], [], [], []
    bundle.same("deployments", [[
        each["name"], each["model"], each["vendor"], each["endpoint"], each["upstream_model"] or each["model"], each["key_env"],
        micros(each["price_in"]), micros(each["price_out"]), COUNTRIES.index(each["processed_in"]),
        COUNTRIES.index(core.vendors[each["vendor"]]["headquarters"])] for each in core.deployments])
    bundle.same("files", [[each["path"], each["sha256"], each["policy"]] for each in pack["files"]])
    for route, place in zip(core.json["routes"], places["routes"]):
        routes.append([route["name"], place, [len(tiers), len(route["tiers"])]])
        for tier in route["tiers"]:
            tiers.append([tier["label"], [len(candidates), len(tier["candidates"])], ORDERS.index(tier["order"]), tier["limit"],
                          tier["within_ms"], tier["retries"]])
            candidates += [[index(core.deployments, each["deployment"]), each["weight"]] for each in tier["candidates"]]
    bundle.same("routes", routes)
    bundle.same("tiers", tiers)
    bundle.same("candidates", candidates)
    bundle.same("refusals", [[each["name"], each["reason"], place]
                             for each, place in zip(core.json["refusals"], places["refusals"])])
    bundle.same("guarantees", [[each["name"], each["text"], place, VERDICTS.index(entry["verdict"])] for each, place, entry in
                               zip(core.json["guarantees"], places["guarantees"], pack["obligations"][1:])])
    masks = [sum(1 << d for d, kept in enumerate(keeps) if not kept) for _, keeps in core.rules]
    found = bundle.records("rules")
    need(len(found) == len(masks), "the bundle and the core differ in the number of rules")
    bundle.same("rules", [[each["name"], each["because"], place, int(each["origin"] != "written"), own[4]]
                          for each, place, own in zip(core.json["rules"], places["rules"], found)])
    need(mask_cells == -(-len(core.deployments) // 512), "the bundle's masks are of another size")
    for (name, _, _, _, mask), expected in zip(found, masks):
        need(bundle.cells("masks", mask_cells * mask, mask_cells) == expected, f"the bundle and the core differ in what {name} takes out")
    return [(mask == 0, own[4], i) for i, (mask, own) in enumerate(zip(masks, found))]


class Terms:
    """Reads terms in their order, line by line. A definition is another dimension, after those of the core."""

    def __init__(self, core, bundle):
        self.bundle, self.classes = bundle, [dimension.classes for dimension in core.dimensions]
        self.owners, self.lines, self.columns, self.runs = (iter(bundle.records(name)) for name in ("owners", "lines", "columns", "runs"))
        self.bit = self.column = self.run = self.cell = self.known = 0
        self.line = []

    def read(self, terms, alignment, first, entries, definitions, order=None):
        """The conditions of entries that count from `first`, of which the next terms are."""
        conditions, keys = [("any", []) for _ in range(entries)], []
        self.bit = -(-self.bit // alignment) * alignment
        for _ in range(terms):
            if self.bit % 512 == 0:
                self.open_line()
            owner, = next(self.owners)
            need(0 <= owner - first < entries, "the bundle has a term of nothing")
            self.known |= 1 << self.bit % 512
            term = [("in", d, sum(1 << c for c, cell in enumerate(cells) if cell >> self.bit % 512 & 1)) for d, cells in self.line]
            term = [part for part, (_, cells) in zip(term, self.line) if part[2] != (1 << len(cells)) - 1]
            need(all(part[1] < len(self.classes) + definitions for part in term), "the bundle has a term that asks for a later definition")
            conditions[owner - first][1].append(("all", term))
            keys.append(order[owner] if order else owner)
            self.bit += 1
        need(keys == sorted(keys), "the bundle has terms out of order")
        return conditions

    def close_line(self):
        need(not any(cell & ~self.known for _, cells in self.line for cell in cells), "the bundle has a bit that stands for no term")
        self.line, self.known = [], 0

    def open_line(self):
        self.close_line()
        first, direct, searched = next(self.lines)
        need(first == self.column, "the bundle's columns do not follow each other")
        for i in range(direct + searched):
            dimension, cell, run, runs = next(self.columns)
            need((cell, run, runs == 0) == (self.cell, self.run, i < direct), "the bundle's columns do not follow each other")
            need(i in (0, direct) or self.line[-1][0] < dimension, "the bundle's columns do not follow each other")
            self.line.append((dimension, self.cells_of(self.classes[dimension] if dimension < len(self.classes) else 2, runs)))
        self.column += direct + searched

    def cells_of(self, classes, runs):
        starts, used = [next(self.runs) for _ in range(runs)] or [(c, c) for c in range(classes)], 0
        for _, cell in starts:
            need(cell <= used, "the bundle's runs do not follow each other")
            used = max(used, cell + 1)
        firsts = [first for first, _ in starts]
        need(firsts[0] == 0 and firsts == sorted(set(firsts)) and firsts[-1] < classes, "the bundle's runs do not follow each other")
        cells = []
        for (first, cell), after in zip(starts, [*firsts[1:], classes]):
            cells += [self.bundle.cells("cells", self.cell + cell)] * (after - first)
        self.cell, self.run = self.cell + used, self.run + runs
        return cells

    def finish(self):
        self.close_line()
        left = [next(entries, None) for entries in (self.owners, self.lines, self.columns, self.runs)]
        need(left == [None] * 4 and self.cell == self.bundle.sections["cells"][1], "the bundle has more of a table than its terms need")


class Comparison:
    """Compares conditions of the core with what the table has for them."""

    def __init__(self, core, definitions):
        self.dimensions, self.definitions, self.steps = len(core.dimensions), definitions, 0
        self.everything = everything(core) + [3] * len(definitions)

    def needed(self, condition):
        if condition[0] == "in":
            if condition[1] < self.dimensions:
                return set()
            return {condition[1]} | self.needed(self.definitions[condition[1] - self.dimensions])
        return set().union(*(self.needed(part) for part in condition[1]))

    def first_open(self, condition, box):
        while condition[0] != "in" or condition[1] >= self.dimensions:
            if condition[0] == "in":
                condition = self.definitions[condition[1] - self.dimensions]
            else:
                parts = [condition[1]] if condition[0] == "not" else condition[1]
                condition = next(part for part in parts if evaluate(part, box) == UNKNOWN)
        return condition

    def agree(self, wanted, found, needed, box):
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise Inconclusive("the bundle's table takes more than two million steps to compare")
        for d in needed:
            box[d] = (1, 3, 2)[evaluate(self.definitions[d - self.dimensions], box)]
        by_core, by_table = evaluate(wanted, box), evaluate(found, box)
        if UNKNOWN not in (by_core, by_table):
            return by_core == by_table
        _, d, some = self.first_open(found if by_table == UNKNOWN else wanted, box)
        return all(self.agree(wanted, found, needed, [*box[:d], kept, *box[d + 1:]]) for kept in (box[d] & some, box[d] & ~some))

    def compare(self, wanted, found):
        for condition, terms in zip(wanted, found):
            need(self.agree(condition, terms, sorted(self.needed(terms)), self.everything), "the bundle and the core differ in when something applies")


def check_terms(core, bundle, counts, rule_order):
    reader, definitions = Terms(core, bundle), []
    for entries, terms in bundle.records("levels"):
        definitions += reader.read(terms, 512, len(definitions), entries, len(definitions))
    known, refusals, routes, rules = counts
    need(known == len(definitions), "the bundle has another number of definitions than it says")
    read = [reader.read(refusals, 512, 0, len(core.refusals), known), reader.read(routes, 64, 0, len(core.routes), known),
            reader.read(rules, 64, 0, len(core.rules), known, rule_order)]
    reader.finish()
    comparison = Comparison(core, definitions)
    for wanted, found in zip((core.refusals, [when for when, _ in core.routes], [when for when, _ in core.rules]), read):
        comparison.compare(wanted, found)


def check_table(core, pack, data):
    bundle = Bundle(data)
    name, version, tool, flags, attempts, deadline, *counts, mask_cells, answer, cost = bundle.read("sssIIIIIIIIII", 64)
    limits = core.json["limits"]
    need([name, version, tool, attempts, deadline, answer, 100 * cost] == [
        core.json["policy"], core.json["version"], pack["tools"]["routec"], core.attempts, core.deadline,
        limits.get("answer_tokens", 0), micros(limits.get("cost_usd", 0))], "the bundle and the core differ in the header")
    proved = all(entry["verdict"] == "proved" for entry in pack["obligations"])
    need(flags == 0 or (flags == 1 and proved), "the bundle says `verified`, and not everything is proved")
    check_attributes(core, bundle)
    check_terms(core, bundle, counts, check_records(core, pack, bundle, mask_cells))


# ---- The check --------------------------------------------------------------------------------------------------------------


def check_layers(core):
    names = [layer["name"] for layer in core["layers"]]
    order = {entries: [names.index(entry["layer"]) for entry in core[entries]] for entries in ("refusals", "routes", "rules")}
    need(order["refusals"] == sorted(order["refusals"]), "the layers of the refusals are out of order")
    need(order["routes"] == sorted(order["routes"], reverse=True), "the layers of the routes are out of order")


def check_sources(pack, sources, library):
    for file in pack["files"]:
        path = file["path"]
        if path.startswith("<std.") and path.endswith(">"):
            if library is None:
                continue
            path = f"{library}/{path[5:-1]}.route"
        else:
            path = f"{sources}/{path}"
        digest = hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()
        need(digest == file["sha256"], f"{path} is another file than the one that the pack is about")


def check(pack_path, bundle_path, sources, library):
    pack_bytes, bundles = pathlib.Path(pack_path).read_bytes(), pathlib.Path(bundle_path).read_bytes()
    try:
        pack = open_pack(pack_bytes)
        core = Core(pack["core"])
        need(len(pack["obligations"]) == len(core.obligations), "the pack does not speak of each guarantee of the core once")
        check_layers(core.json)
        verdicts = [check_obligation(core, *pair) for pair in zip(core.obligations, pack["obligations"])]
        check_table(core, pack, bundle_in(bundles, pack["bundle"]["sha256"]))
    except (KeyError, IndexError, ValueError, TypeError, AttributeError, StopIteration, RecursionError, OverflowError, struct.error,
            zlib.error) as error:
        raise Rejected(f"the pack is malformed ({type(error).__name__}: {error})") from error
    check_sources(pack, sources, library)
    for obligation, verdict in zip(core.obligations, verdicts):
        print(f"{verdict}: {obligation[0]}")
    return 1 if "violated" in verdicts else 3 if "unknown" in verdicts else 0


def main(words):
    options = {words[i]: words[i + 1] for i in range(2, len(words) - 1, 2)}
    if words[:1] != ["check"] or len(words) % 2 or not {"--bundle", "--sources"} <= set(options) <= {"--bundle", "--sources", "--library"}:
        print(__doc__, file=sys.stderr)
        return 2
    sys.setrecursionlimit(20_000)
    try:
        return check(words[1], options["--bundle"], options["--sources"], options.get("--library"))
    except OSError as error:
        print(f"routeaudit.py: error: {error}", file=sys.stderr)
        return 2
    except Rejected as error:
        print(f"REJECTED: {error}")
        return 1
    except Inconclusive as error:
        print(f"INCONCLUSIVE: {error}")
        return 3


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
