#!/usr/bin/env python3
"""A second checker of proof packs, from docs/proof-pack.md alone, with nothing but Python's standard library.

    routeaudit.py check PACK.rpp --bundle FILE.rtb --sources DIR [--library DIR]

Exit codes: 0 everything is proved and confirmed, 1 the pack is rejected or a guarantee is violated, 2 wrong usage or
unreadable file, 3 inconclusive. Sets of classes and of deployments are integers: bit c is class c.
"""

import hashlib
import pathlib
import struct
import sys

from pack_file import Rejected, bundle_in, need, open_pack

FALSE, UNKNOWN, TRUE = 0, 1, 2
NONE, MILLION, LARGEST, FIRST_DAY, LAST_DAY = 0xFFFFFFFF, 1_000_000, (1 << 63) - 1, -719_162, 2_932_896
WORDS = {"flags": [False, True], "kinds": ["one of", "any of", "yes/no", "number", "text", "country", "date"],
         "units": ["", "tokens", "ms", "%", "USD", "EUR", "time of day"],
         "orders": ["as listed", "by weight", "cheapest", "fastest", "quality"], "verdicts": ["proved", "violated", "unknown"],
         "origins": "tenant header request classifier detector budget clock".split()}
OF_MODELS = {"model", "capabilities", "price_in", "price_out", "first_token_ms", "quality", "context_tokens"}

# ---- The core ----------------------------------------------------------------------------------------------------


def at(entries, i):
    """The entry with this number, which counts from 0."""
    need(type(i) is int and 0 <= i < len(entries), f"there is no entry {i}")
    return entries[i]


def range_of(attribute, c):
    """The values of a class: from the first up to but not including the second."""
    first, last = (FIRST_DAY, LAST_DAY) if attribute["kind"] == "date" else (0, attribute["maximum"])
    return tuple([first, *attribute["cuts"], last + 1][c:c + 2])


class Core:
    def __init__(self, core):
        self.json, self.deployments, self.services, self.dimensions = core, core["deployments"], core["services"], core["dimensions"]
        need(len(self.dimensions) <= 4096 and len(self.services) <= 64, "there are too many dimensions or services")
        self.everything = [(2 << at(range(65_536), each["classes"] - 1)) - 1 for each in self.dimensions]
        attributes, prompt = core["attributes"], {"kind": "request", "argument": "prompt"}
        self.prompts = [each["first_dimension"] for each in attributes if each["kind"] == "number" and prompt in each["sources"]]
        self.calendars = [(date["first_dimension"], weekday["first_dimension"]) for date in attributes for weekday in attributes
                          if date["kind"] == "date" and weekday["kind"] == "one of" and len(weekday["values"]) == 7
                          and date["sources"] == weekday["sources"] and [source["kind"] for source in date["sources"]] == ["clock"]]
        self.attempts, self.deadline = core["limits"]["attempts"], core["limits"]["deadline_ms"]
        self.rules = [(self.condition(rule["when"]), [passes(rule["keep"]["deployments"], each) for each in self.deployments]
                       + [True] * len(self.services)) for rule in core["rules"]]
        self.refusals = [(self.condition(refusal["when"]), refusal) for refusal in core["refusals"]]
        self.routes = [(self.condition(route["when"]), route["tiers"]) for route in core["routes"]]
        self.check_pairs()
        self.add_screens()
        everyone = {"served": {"unless_refused_by": list(range(len(self.refusals)))}}
        self.obligations = [("coverage", ("all", []), everyone), *(
            ("guarantee " + each["name"], self.condition(each["when"]), each["promise"]) for each in core["guarantees"])]

    def of_services(self, test):
        """What a test of deployments asks of services, which don't have what only models have. None if nothing is left of it."""
        if "fact" not in test:
            (op, parts), = test.items()
            left = [part for part in map(self.of_services, [parts] if op == "not" else parts) if part is not None]
            return {op: left[0] if op == "not" else left} if left or test == {"all": []} else None
        fact, carried = test["fact"], {*self.json["own_tags"], *(tag for each in self.services for tag in each["tags"])}
        if fact in ("name", "service"):
            return {"any": []} if fact == "name" else {"fact": "name", "in": test["in"]}
        is_lacking = fact.split(" ")[0] in OF_MODELS or (carried.isdisjoint(test["in"]) if fact == "tags" else any(
            each["of_models"] and fact == "own " + each["name"] for each in self.json["properties"]))
        return None if is_lacking else test

    def check_pairs(self):
        promises = [each["promise"] for each in self.json["guarantees"] if "every_deployment_reached" in each["promise"]]
        for pair in [rule["keep"] for rule in self.json["rules"]] + [each["every_deployment_reached"] for each in promises]:
            asked = (self.of_services(pair["deployments"]) or {"all": []}) if self.services else None
            need(pair.get("services") == asked, f"something else is asked of services than of deployments: {pair}")

    def add_screens(self):
        """What keeps services from seeing prompts: a refusal all of them, where it applies whatever they say; a rule those that it
        excludes, where it could apply."""
        sources = [{"kind": each["kind"], "argument": each["question"]} for each in self.services]
        says = [{d for d in range(len(self.dimensions)) if source in self.attribute(d)["sources"]} for source in sources]
        self.asked, self.screens, self.screen_records = [s for s, dimensions in enumerate(says) if dimensions], [], []
        for by, name in enumerate(("refusals", "rules")):
            for i, entry in enumerate(self.json[name]):
                kept = [s for s in self.asked if by == 0 or not passes(entry["keep"]["services"], self.services[s])]
                if kept:
                    self.screen_records.append({"by": by, "index": i, "services": sum(1 << s for s in kept)})
                    when = foreseen(self.condition(entry["when"]), set().union(*says), by == 1)
                    self.screens.append((when, [True] * len(self.deployments) + [s not in kept for s in range(len(self.services))]))

    def condition(self, condition):
        """("all" | "any", parts), ("not", part) or ("in", dimension, classes)."""
        if "dimension" in condition:
            count, classes = at(self.dimensions, condition["dimension"])["classes"], 0
            need(len(condition) == 2, "a question is not understood")
            for first, end in condition["classes"]:
                classes |= (1 << max(first, at(range(count + 1), end))) - (1 << at(range(count + 1), first))
            return ("in", condition["dimension"], classes)
        (op, parts), = condition.items()
        need(op in ("all", "any", "not"), f"the condition {op} is not understood")
        return (op, self.condition(parts)) if op == "not" else (op, [self.condition(part) for part in parts])

    def attribute(self, dimension):
        return self.json["attributes"][self.dimensions[dimension]["attribute"]]


def foreseen(condition, answered, unknown):
    """What is known of a condition before services answer: what they say counts as `unknown`, behind a `not` as the opposite."""
    op, parts, *_ = condition
    if op == "in":
        return ("all" if unknown else "any", []) if parts in answered else condition
    return (op, foreseen(parts, answered, not unknown) if op == "not" else [foreseen(part, answered, unknown) for part in parts])


def passes(test, recipient):
    if "fact" not in test:
        (op, parts), = test.items()
        need(op in ("all", "any", "not"), f"the test {op} is not understood")
        return not passes(parts, recipient) if op == "not" else (all if op == "all" else any)([passes(part, recipient) for part in parts])
    fact = recipient.get(test["fact"])
    need(set(test) - {"fact"} in ({"in"}, {"only_in"}, {"at_least"}, {"below"}, {"at_least", "below"}), f"{test} is not understood")
    if fact is None:
        return False
    if "in" in test or "only_in" in test:
        facts = fact if isinstance(fact, list) else [fact]
        return any(each in test["in"] for each in facts) if "in" in test else all(each in test["only_in"] for each in facts)
    need(type(fact) is int, f"{test} compares what is no number")
    return test.get("at_least", fact) <= fact and ("below" not in test or fact < test["below"])


# ---- What is to be shown, and cases -----------------------------------------------------------------------------------


def evaluate(condition, box):
    if condition[0] == "in":
        inside, outside = box[condition[1]] & condition[2], box[condition[1]] & ~condition[2]
        return FALSE if not inside else UNKNOWN if outside else TRUE
    if condition[0] == "not":
        return 2 - evaluate(condition[1], box)
    truths = (evaluate(part, box) for part in condition[1])
    return min(truths, default=TRUE) if condition[0] == "all" else max(truths, default=FALSE)


def is_possible(core, box):
    """Whether a date and its weekday go together in the box; 1970-01-01 was a Thursday."""
    return all(any(box[date] >> c & 1 and box[weekday] >> (day + 3) % 7 & 1 for c in range(core.dimensions[date]["classes"])
                   for first, end in [range_of(core.attribute(date), c)] for day in range(first, min(end, first + 7)))
               for date, weekday in core.calendars)


def outcomes_in(core, premise, box):
    excluding = [(evaluate(when, box), kept) for when, kept in core.rules + core.screens]
    allowed = [2 - max((truth for truth, kept in excluding if not kept[d]), default=FALSE)
               for d in range(len(core.deployments) + len(core.services))]
    return [evaluate(premise, box), *(evaluate(when, box) for when, _ in core.refusals + core.routes), *allowed]


class Reach:
    """A tier's part of the plan: the most that are reached, those that may be, and those that surely are with how many may come before."""

    def __init__(self, core, tier, allowed):
        self.drawn, self.retries = tier["order"] == "by weight", tier["retries"] or 0
        self.within = core.deadline if tier["within_ms"] is None else tier["within_ms"]
        self.maybe, self.sure, self.certain, possible = [], [], 0, 0
        limit = len(tier["candidates"]) if tier["limit"] is None else tier["limit"]
        for d in (candidate["deployment"] for candidate in tier["candidates"] if at(allowed, candidate["deployment"]) != FALSE):
            self.maybe += [d] * (self.certain < limit)
            self.sure += [(d, possible)] * (allowed[d] == TRUE and possible < limit)
            self.certain, possible = self.certain + (allowed[d] == TRUE), possible + 1
        self.most = min(possible, limit)


def first_passes(core, test, plan, allowed, box):
    for reach in plan:
        for d in reach.maybe:
            if not passes(test, core.deployments[d]):
                return False
            if allowed[d] == TRUE and not reach.drawn:
                return True
        if reach.certain:
            return True
    return True


def is_bounded(core, bound, plan, allowed, box):
    attempts = min(core.attempts, sum(reach.most + reach.retries for reach in plan))
    time = min(core.deadline, sum(reach.within for reach in plan))
    return (bound["attempts"] is None or attempts <= bound["attempts"]) and (bound["within_ms"] is None or time <= bound["within_ms"])


def survives(core, loss, plan, allowed, box):
    lost, left = set(), core.attempts
    for reach in plan:
        drawn = reach.drawn
        units = [core.deployments[d][loss["of"]] for d, before in reach.sure if drawn or before < left]
        if drawn and reach.most > left:
            missing = left - (reach.most - len(units)) - sum(unit in lost for unit in units)
            for unit in sorted(set(units) - lost, key=units.count, reverse=True):
                if missing > 0:
                    lost.add(unit)
                    missing -= units.count(unit)
        else:
            lost.update(units)
        left = max(0, left - reach.most - reach.retries)
    return not plan or len(lost) > loss["count"]


def is_affordable(core, says, plan, allowed, box):
    limits, prompt, costs = core.json["limits"], core.prompts[0], []
    tokens = (range_of(core.attribute(prompt), box[prompt].bit_length() - 1)[1] - 1) // MILLION
    for reach in plan:
        here = [core.deployments[d]["price_in"] * tokens + core.deployments[d]["price_out"] * limits["answer_tokens"] for d in reach.maybe]
        costs += here + [max(here)] * min(reach.retries, core.attempts)
    cost = min(LARGEST, sum(sorted(costs, reverse=True)[:core.attempts]))
    return min(cost, 100 * MILLION * limits["cost_hundredth_cents"] or cost) <= min(LARGEST, MILLION * says["usd"])


KEEPS = {"every_deployment_reached": lambda core, test, plan, allowed, box: all(
             passes(test["deployments"], core.deployments[d]) for reach in plan for d in reach.maybe), "first_choice": first_passes,
         "served": lambda core, says, plan, allowed, box: any(reach.certain for reach in plan),
         "survives_loss": survives, "bounded": is_bounded, "costs_at_most": is_affordable}


def keeps(core, promise, outcomes, box):
    (kind, says), = promise.items()
    if outcomes[0] == FALSE:
        return True
    refusals, routes = len(core.refusals), len(core.routes)
    allowed = outcomes[1 + refusals + routes:]
    shown = [core.services[s] for s in core.asked if allowed[len(core.deployments) + s] != FALSE]
    if kind == "every_deployment_reached" and not all(passes(says["services"], service) for service in shown):
        return False
    for i, refuses in enumerate(outcomes[1:1 + refusals]):
        if refuses != FALSE and kind == "served" and i not in says["unless_refused_by"]:
            return False
        if refuses == TRUE:
            return True
    for takes, (_, tiers) in zip(outcomes[1 + refusals:], core.routes):
        plan = [reach for reach in (Reach(core, tier, allowed) for tier in tiers) if reach.most]
        if takes != FALSE and not KEEPS[kind](core, says, plan, allowed, box):
            return False
        if takes == TRUE:
            return True
    return kind != "served"


def parts_of(condition):
    return [condition[1]] if condition[0] == "not" else condition[1]


def asks_about(condition, dimensions):
    return condition[1] in dimensions if condition[0] == "in" else any(asks_about(part, dimensions) for part in parts_of(condition))


def compares(core, says, box):
    """Each request of the box, with one value of the attribute, with the same request with another."""
    first = at(core.json["attributes"], says["attribute"])["first_dimension"]
    own = [d for d, dimension in enumerate(core.dimensions) if dimension["attribute"] == says["attribute"]]
    boxes = [list(box), list(box)]
    for side, classes in zip(boxes, (says["value"], says["than"])):
        for d in own:
            side[d] = 1 << at(range(core.dimensions[d]["classes"]), classes[d - first])
    one, other = (outcomes_in(core, ("all", []), side) for side in boxes)
    if says["what"] == "served":
        return (keeps(core, {"every_deployment_reached": {"deployments": {"any": []}, "services": {"all": []}}}, other, boxes[1])
                or keeps(core, {"served": {"unless_refused_by": []}}, one, boxes[0]))
    if says["what"] == "allowed":
        def may_part(condition):
            return asks_about(condition, own) and evaluate(condition, boxes[0]) != FALSE

        if TRUE in other[1:1 + len(core.refusals)]:
            return True
        refused = any(may_part(refusal) for refusal, _ in core.refusals)
        parting = [kept for when, kept in core.rules if may_part(when)]
        allowed = other[1 + len(core.refusals) + len(core.routes):]
        return all(allowed[d] == FALSE or not (refused or any(not kept[d] for kept in parting)) for d in range(len(core.deployments)))
    need(says["what"] in ("first_choice_at_least", "first_choice_at_most"), "a comparison is not understood")
    larger, smaller = ((one, boxes[0]), (other, boxes[1]))[::1 if says["what"] == "first_choice_at_least" else -1]
    return any(keeps(core, {"first_choice": {"fact": says["fact"], "at_least": between}}, *larger)
               and keeps(core, {"first_choice": {"fact": says["fact"], "below": min(between + 1, LARGEST)}}, *smaller)
               for between in {each.get(says["fact"], 0) for each in core.deployments})


def establishes(core, obligation, box):
    _, when, promise = obligation
    if not is_possible(core, box):
        return True
    if "compared" in promise:
        return evaluate(when, box) == FALSE or compares(core, promise["compared"], box)
    return keeps(core, promise, outcomes_in(core, when, box), box)


def check_cases(core, obligation, tree, box):
    if tree is True:
        return need(establishes(core, obligation, box), f"{obligation[0]}: a case does not establish it")
    d, classes, yes, no = tree
    listed = sum(1 << at(range(at(core.dimensions, d)["classes"]), c) for c in set(classes))
    for kept, branch in ((box[d] & listed, yes), (box[d] & ~listed, no)):
        need(kept, f"{obligation[0]}: a case holds no request")
        check_cases(core, obligation, branch, [*box[:d], kept, *box[d + 1:]])


# ---- Clauses ------------------------------------------------------------------------------------------------------------


class Clauses:
    def __init__(self, core, obligation, cells):
        self.variables, self.clauses = 0, []
        self.since = [self.dimension(dimension["classes"]) for dimension in core.dimensions]
        outcomes = [self.write(obligation[1]), *(self.write(when) for when, _ in core.refusals + core.routes)]
        excluding = [(self.write(when), kept) for when, kept in core.rules + core.screens]
        for d in range(len(core.deployments) + len(core.services)):
            outcomes.append(self.conjunction([-rule for rule, kept in excluding if not kept[d]]))
        self.outcomes = len(outcomes)
        for cell in cells:
            self.clauses.append([-outcomes[n - 1] if n > 0 else outcomes[-n - 1] for n in cell])

    def conjunction(self, parts):
        if len(parts) == 1:
            return parts[0]
        self.variables = gate = self.variables + 1
        self.clauses += [[-gate, part] for part in parts] + [[gate, *(-part for part in parts)]]
        return gate

    def disjunction(self, parts):
        return -self.conjunction([-part for part in parts])

    def dimension(self, count):
        since = list(range(self.variables + 1, self.variables + count))
        self.variables += len(since)
        self.clauses += [[-later, earlier] for earlier, later in zip(since, since[1:])]
        return since

    def write(self, condition):
        if condition[0] == "in":
            since, runs = self.since[condition[1]], []
            edges = [c for c in range(len(since) + 2) if (condition[2] << 1 >> c & 1) != (condition[2] >> c & 1)]
            for first, end in zip(edges[::2], edges[1::2]):
                runs.append(self.conjunction(since[max(first - 1, 0):first] + [-later for later in since[end - 1:end]]))
            return self.disjunction(runs)
        if condition[0] == "not":
            return -self.write(condition[1])
        parts = [self.write(part) for part in condition[1]]
        return self.conjunction(parts) if condition[0] == "all" else self.disjunction(parts)


def replay(clauses, variables, proof):
    known = list(clauses)
    for lemma, hints in proof:
        need(all(0 < abs(literal) <= variables and -literal not in lemma for literal in lemma), "a proof has a clause that is none")
        need(len(set(lemma)) == len(lemma), "a proof has a clause with a literal twice")
        true, conflict = {-literal for literal in lemma}, False
        for hint in hints:
            left = {literal for literal in at(known, hint) if -literal not in true}
            need(not conflict and len(left) <= 1 and not left & true, "a step of a clausal proof does not follow")
            true |= left
            conflict = not left
        need(conflict, "a step of a clausal proof does not follow")
        known.append(lemma)
    need(len(known) > len(clauses) and not known[-1], "a clausal proof does not end with its contradiction")


def check_clauses(core, obligation, certificate):
    need("compared" not in obligation[2], "there are no cells of a comparison")
    made = Clauses(core, obligation, certificate["cells"])
    for cell in certificate["cells"]:
        outcomes = [UNKNOWN] * made.outcomes
        for n in cell:
            outcomes[at(range(made.outcomes), abs(n) - 1)] = TRUE if n > 0 else FALSE
        need(keeps(core, obligation[2], outcomes, core.everything), f"{obligation[0]}: a cell does not establish it")
    replay(made.clauses, made.variables, certificate["proof"])


def check_obligation(core, obligation, entry):
    need(entry["name"] == obligation[0], f"the pack speaks of {entry['name']} where {obligation[0]} belongs")
    verdict, (kind, *_) = entry["verdict"], obligation[2]
    if "open" in entry or verdict == "unknown":
        return "NOT ESTABLISHED"
    need(kind == "compared" or kind in KEEPS, f"the promise {kind} is not understood")
    need(verdict in ("proved", "violated"), f"there is no verdict {verdict}")
    if verdict == "violated":
        witness = [1 << at(range(each["classes"]), at(entry["witness"], d)) for d, each in enumerate(core.dimensions)]
        need(not establishes(core, obligation, witness), f"{obligation[0]}: the witness does not break it")
    elif "cases" in entry:
        check_cases(core, obligation, entry["cases"], core.everything)
    else:
        check_clauses(core, obligation, entry["clauses"])
    return verdict


# ---- The bundle ---------------------------------------------------------------------------------------------------------

# The header and the sections, each with the fields of a record: name, type, and what it is of. Types: s string, p place (None
# if there is none), r range, o u32 that may be none, B, H, I, Q, q as in `struct`, z a byte that is zero.
LAYOUTS = """header policy:s version:s tool:s verified:I:flags attempts:I deadline_ms:I definitions:I refusals_terms:I
 routes_terms:I rules_terms:I mask_cells:I answer_tokens:I cost_hundredth_cents:I;
attributes name:s default:s kind:B:kinds unit:B:units has_default:B:flags :z first_dimension:I maximum:q sources:r:sources values:r:names
 prefixes:r:names texts:r:names cuts:r:cuts countries:r:countries;
sources argument:s kind:B:origins :z :z :z :z :z :z :z; names :s; cuts :q; countries :H; dimensions attribute:I member:I classes:I;
deployments name:s model:s vendor:s endpoint:s upstream_model:s key_env:s price_in:q price_out:q processed_in:H headquarters:H :z :z :z :z;
files path:s sha256:s policy:s; rules name:s because:s place:p implied:I:flags mask:I; refusals name:s reason:s place:p;
routes name:s place:p tiers:r:tiers; tiers label:s candidates:r:candidates order:I:orders limit:o within_ms:o retries:o;
candidates deployment:I weight:I; guarantees name:s text:s place:p verdict:I:verdicts :z :z :z :z; levels definitions:I terms:I;
owners :I; lines first:I direct:I searched:I; columns dimension:I cell:I run:I runs:I; runs first:H cell:H;
masks :Q :Q :Q :Q :Q :Q :Q :Q; cells :Q :Q :Q :Q :Q :Q :Q :Q; strings :B|; service_header screens_terms:I :z :z :z :z;
services name:s vendor:s endpoint:s key_env:s question:s processed_in:H headquarters:H kind:I:origins within_ms:I :z :z :z :z;
screens services:Q by:I index:I"""
AS_STRUCT = str.maketrans("sproz", "QQQIB")


class Bundle:
    def __init__(self, data):
        need(data[:8] == b"\x89RTB\r\n\x1a\n" and data[8:16] in (b"\3" + bytes(7), b"\4" + bytes(7)), "it is no bundle of version 3 or 4")
        self.data, self.sections, self.used, end = data, {}, {}, 304 + 24 * (data[8] == 4)
        for i, (name, *fields) in enumerate(layout.split() for layout in "".join(LAYOUTS.split("|")[:data[8] - 2]).split(";")):
            fields = [(field.split(":") + [""])[:3] for field in fields]
            code = "<" + "".join(kind for _, kind, _ in fields).translate(AS_STRUCT)
            at_entry, is_header, step, last = 120 + 8 * i, name.endswith("header"), 64 if name in ("masks", "cells") else 8, end
            begin, count = (at_entry if i else 64, 1) if is_header else struct.unpack_from("<II", data, at_entry)
            end = end if is_header else begin + struct.calcsize(code) * count
            need(is_header or (begin == -(-last // step) * step and not any(data[last:begin])), "the sections do not follow each other")
            self.sections[name], self.used[name] = (begin, count, code, fields), 0
        need(end == len(data) and data[16:32] == struct.pack("<QQ", end, 0), "the bundle has another size than it says")
        need(hashlib.sha256(data[64:]).digest() == data[32:64], "the bundle is damaged: its checksum is another one")

    def record(self, section, number):
        begin, count, code, fields = self.sections[section]
        record = {}
        for (name, kind, of), value in zip(fields, struct.unpack_from(code, self.data, begin + number * struct.calcsize(code))):
            low, high = value & NONE, value >> 32
            need(kind != "z" or value == 0, "the bundle has something where nothing belongs")
            if kind == "s":
                need(low + high <= self.sections["strings"][1], "the bundle has a string outside of its strings")
                value = self.data[(start := self.sections["strings"][0] + low):start + high].decode()
            elif kind == "r":
                need(low == self.used[of] and low + high <= self.sections[of][1], "the bundle's ranges do not follow each other")
                self.used[of] += high
                value = [self.record(of, i) for i in range(low, low + high)]
            elif kind == "p":
                value = None if (low, high) == (NONE, 0) else [low, high]
            elif of:
                value = at(WORDS[of], value)
            elif kind == "o" and value == NONE:
                value = None
            if not name and kind != "z":
                return value
            record[name] = value
        return record

    def records(self, section):
        return [self.record(section, i) for i in range(self.sections.get(section, (0, 0))[1])]

    def cells(self, section, first, count=1):
        begin, total, _, _ = self.sections[section]
        need(first + count <= total, f"the bundle has fewer {section} than it speaks of")
        return int.from_bytes(self.data[begin + 64 * first:begin + 64 * (first + count)], "little")


def same(found, core, where):
    if isinstance(found, dict):
        for name in found.keys() - {""}:
            same(found[name], core[name], f"{where} {name}")
    elif isinstance(found, list) and isinstance(core, list) and len(found) == len(core):
        for i, (one, other) in enumerate(zip(found, core)):
            same(one, other, f"{where} {i}")
    else:
        need(type(found) is type(core) and found == core, f"the bundle and the core differ in {where}: {found} and {core}")


def check_records(core, pack, bundle, header):
    expected = {**core.json, **core.json["limits"], "tool": pack["tools"]["routec"], "files": pack["files"], "screens": core.screen_records}
    for name in ("rules", "refusals", "routes", "guarantees"):
        need(len(pack["places"][name]) == len(expected[name]), f"there is not a place for each of the {name}")
        expected[name] = [{**each, "place": place} for each, place in zip(expected[name], pack["places"][name])]
    for each, entry in zip(expected["guarantees"], pack["obligations"][1:]):
        each["verdict"] = entry["verdict"]
    need({entry["verdict"] for entry in pack["obligations"]} == {"proved"} or not header["verified"], "it says `verified` and is not")
    expected["mask_cells"] = count = -(-len(core.deployments) // 512)
    for rule, own, (_, kept) in zip(expected["rules"], bundle.records("rules"), core.rules):
        rule["mask"] = own["mask"]
        mask = sum(1 << d for d, stays in enumerate(kept) if not stays)
        need(bundle.cells("masks", count * own["mask"], count) == mask, f"the bundle and the core differ in what {rule['name']} takes out")
    for name in ("policy", "version", "tool", "attempts", "deadline_ms", "answer_tokens", "cost_hundredth_cents", "mask_cells",
                 "attributes", "dimensions", "deployments", "services", "files", "rules", "refusals", "routes", "guarantees", "screens"):
        same(header[name] if name in header else bundle.records(name), expected[name], name)
    for name in ("sources", "names", "cuts", "countries", "tiers", "candidates"):
        need(bundle.used[name] == bundle.sections[name][1], f"the bundle has {name} that nothing speaks of")


class Terms:
    """Reads terms in their order, line by line. A definition is another dimension, after those of the core."""

    def __init__(self, core, bundle):
        self.bundle, self.classes, self.definitions = bundle, [each["classes"] for each in core.dimensions], []
        self.owners, self.lines, self.columns, self.runs = (bundle.records(name) for name in ("owners", "lines", "columns", "runs"))
        self.bit, self.owner, self.opened, self.known, self.line = 0, 0, 0, 0, []

    def read(self, section, terms, entries):
        """When each entry applies, of which the next terms are."""
        need(entries <= MILLION, "the bundle speaks of too many definitions")
        conditions, last = [("any", []) for _ in range(entries)], 0
        first, alignment = len(self.definitions) * (section == "levels"), 512 if section in ("levels", "refusals") else 64
        self.bit = -(-self.bit // alignment) * alignment
        for _ in range(terms):
            if self.bit // 512 == self.opened:
                self.open_line()
            entry = at(self.owners, self.owner) - first
            need(section == "rules" or last <= entry, "the bundle has terms out of order")
            self.known |= 1 << self.bit % 512
            at(conditions, entry)[1].append(("all", [part for d, cells in self.line for part in self.part(d, cells)]))
            self.bit, self.owner, last = self.bit + 1, self.owner + 1, entry
        if section == "levels":
            self.definitions += conditions
        return conditions

    def part(self, d, cells):
        classes = sum(1 << c for c, cell in enumerate(cells) if cell >> self.bit % 512 & 1)
        if classes == (1 << len(cells)) - 1:
            return []
        if d < len(self.classes):
            return [("in", d, classes)]
        need(classes == 2, "the bundle has a term that asks a definition for something else")
        return [at(self.definitions, d - len(self.classes))]

    def close_line(self):
        need(not any(cell & ~self.known for _, cells in self.line for cell in cells), "the bundle has a bit that stands for no term")
        self.line, self.known = [], 0

    def open_line(self):
        self.close_line()
        line = at(self.lines, self.opened)
        for i in range(line["first"], line["first"] + line["direct"] + line["searched"]):
            column = at(self.columns, i)
            d, runs = column["dimension"], [at(self.runs, column["run"] + run) for run in range(column["runs"])]
            count, cells = self.classes[d] if d < len(self.classes) else 2, []
            starts = [(run["first"], run["cell"]) for run in runs] or [(c, c) for c in range(count)]
            for (first, cell), (end, _) in zip(starts, [*starts[1:], (count, 0)]):
                need(first == len(cells) and first < end, "the bundle's runs do not ascend")
                cells += [self.bundle.cells("cells", column["cell"] + cell)] * (end - first)
            self.line.append((d, cells))
        self.opened += 1


def agree(one, other, box):
    """Whether two conditions hold of the same requests of the box. Splits it until that is plain."""
    first, second = evaluate(one, box), evaluate(other, box)
    if UNKNOWN not in (first, second):
        return first == second
    open_part = one if first == UNKNOWN else other
    while open_part[0] != "in":
        open_part = next(part for part in parts_of(open_part) if evaluate(part, box) == UNKNOWN)
    _, d, some = open_part
    return all(agree(one, other, [*box[:d], kept, *box[d + 1:]]) for kept in (box[d] & some, box[d] & ~some))


def check_table(core, pack, data):
    bundle = Bundle(data)
    header = {name: field for record in bundle.records("header") + bundle.records("service_header") for name, field in record.items()}
    check_records(core, pack, bundle, header)
    terms = Terms(core, bundle)
    for level in bundle.records("levels"):
        terms.read("levels", level["terms"], level["definitions"])
    for section, entries in (("refusals", core.refusals), ("routes", core.routes), ("rules", core.rules), ("screens", core.screens)):
        for found, (condition, _) in zip(terms.read(section, header.get(section + "_terms", 0), len(entries)), entries):
            need(agree(found, condition, core.everything), f"the bundle and the core differ in when one of the {section} applies")
    terms.close_line()
    need([terms.owner, terms.opened, len(terms.definitions)] == [len(terms.owners), len(terms.lines), header["definitions"]],
         "the bundle has more of a table than its terms")


# ---- The check --------------------------------------------------------------------------------------------------------------


def check_sources(pack, sources, library):
    for file in pack["files"]:
        in_library = file["path"].startswith("<std.") and file["path"].endswith(">")
        path = f"{library}/{file['path'][5:-1]}.route" if in_library else f"{sources}/{file['path']}"
        if not in_library or library is not None:
            if not pathlib.Path(path).is_file():
                raise OSError(f"{path} cannot be read")
            need(hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest() == file["sha256"],
                 f"{path} is another file than the one that the pack is about")


def check(pack_path, bundle_path, sources, library):
    data, bundles = pathlib.Path(pack_path).read_bytes(), pathlib.Path(bundle_path).read_bytes()
    try:
        pack = open_pack(data)
        core = Core(pack["core"])
        need(len(pack["obligations"]) == len(core.obligations), "the pack does not speak of each guarantee of the core once")
        refusals, routes = ([entry["layer"] for entry in core.json[name]] for name in ("refusals", "routes"))
        need(refusals == sorted(refusals) and routes == sorted(routes, reverse=True), "the layers are out of order")
        verdicts = [check_obligation(core, *pair) for pair in zip(core.obligations, pack["obligations"])]
        check_table(core, pack, bundle_in(bundles, pack["bundle"]["sha256"]))
    except (LookupError, ValueError, TypeError, AttributeError, StopIteration, RecursionError, OverflowError, struct.error) as error:
        raise Rejected(f"the pack is malformed ({type(error).__name__}: {error})") from error
    check_sources(pack, sources, library)
    print("\n".join(f"{verdict}: {obligation[0]}" for obligation, verdict in zip(core.obligations, verdicts)))
    return 1 if "violated" in verdicts else 3 if "NOT ESTABLISHED" in verdicts else 0


def main(words):
    options = {words[i]: words[i + 1] for i in range(2, len(words) - 1, 2)}
    if words[:1] != ["check"] or len(words) % 2 or not {"--bundle", "--sources"} <= set(options) <= {"--bundle", "--sources", "--library"}:
        print(__doc__, file=sys.stderr)
        return 2
    sys.setrecursionlimit(20_000)
    try:
        return check(words[1], options["--bundle"], options["--sources"], options.get("--library"))
    except (OSError, MemoryError) as error:
        print(f"routeaudit.py: error: {error}", file=sys.stderr)
        return 2
    except Rejected as error:
        print(f"REJECTED: {error}"[:1000])
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
