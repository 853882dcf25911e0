#!/usr/bin/env python3
"""Writes the obligations of a proof pack as SMT-LIB 2, from the core in the pack alone.

    pack_smt.py PACK.rpp -o DIR

One file for each obligation: is there a request that breaks it? So a solver must answer `unsat` for what the pack calls proved, and `sat`
for what it calls violated. Written from docs/proof-pack.md, with nothing but Python's standard library; it looks at no certificate. A
class is an integer: dimension 3 is `d3`. scripts/second-opinion asks z3 and cvc5.
"""

import argparse
import json
import pathlib
import re
import sys
import zlib

MILLION, LARGEST, FIRST_DAY, LAST_DAY = 1_000_000, (1 << 63) - 1, -719_162, 2_932_896


def call(op, parts, none):
    parts = list(parts)
    return none if not parts else parts[0] if len(parts) == 1 else f"({op} {' '.join(parts)})"


def conj(parts):
    return call("and", parts, "true")


def disj(parts):
    return call("or", parts, "false")


def total(parts):
    return call("+", parts, "0")


def neg(part):
    return f"(not {part})"


def number(value):
    return str(value) if value >= 0 else f"(- {-value})"


def count(literals):
    return total(f"(ite {literal} 1 0)" for literal in literals)


def passes(test, recipient):
    if "fact" not in test:
        (op, parts), = test.items()
        return not passes(parts, recipient) if op == "not" else {"all": all, "any": any}[op]([passes(part, recipient) for part in parts])
    fact = recipient.get(test["fact"])
    if fact is None:
        return False
    facts = fact if isinstance(fact, list) else [fact]
    if "in" in test or "only_in" in test:
        return any(each in test["in"] for each in facts) if "in" in test else all(each in test["only_in"] for each in facts)
    return test.get("at_least", fact) <= fact and ("below" not in test or fact < test["below"])


class Request:
    """What holds of a request, in which some dimensions may have a fixed class. Its parts are defined once and named where they are used."""

    def __init__(self, core, name="", fixed=()):
        self.core, self.name, self.fixed, self.definitions = core, name, dict(fixed), []
        self.refusals = self.define_all("refusal", (self.holds(refusal["when"]) for refusal in core["refusals"]))
        self.routes = self.define_all("route", (self.holds(route["when"]) for route in core["routes"]))
        rules = [*zip(self.define_all("rule", (self.holds(rule["when"]) for rule in core["rules"])), (rule["keep"] for rule in core["rules"]))]
        self.allowed = self.define_all("allowed", (conj(neg(when) for when, keep in rules if not passes(keep["deployments"], each))
                                                   for each in core["deployments"]))
        self.shown = self.define_all("shown", map(self.sees, core["services"]))
        self.refused = self.define("refused", disj(self.refusals))
        self.open = [neg(self.refused)]  # before each route: that none has taken the request
        for i, route in enumerate(self.routes):
            self.open.append(self.define(f"open{i}", conj([self.open[i], neg(route)])))

    def define(self, what, formula):
        """A name for a formula, or the formula if it is a word itself."""
        if "(" not in formula:
            return formula
        self.definitions.append(f"(define-fun {self.name}{what} () Bool {formula})")
        return self.name + what

    def define_all(self, what, formulas):
        return [self.define(f"{what}{i}", formula) for i, formula in enumerate(formulas)]

    def holds(self, condition):
        if "dimension" in condition:
            d = self.fixed.get(condition["dimension"], f"d{condition['dimension']}")
            return disj(f"(and (<= {first} {d}) (< {d} {end}))" for first, end in condition["classes"])
        (op, parts), = condition.items()
        return neg(self.holds(parts)) if op == "not" else {"all": conj, "any": disj}[op](self.holds(part) for part in parts)

    def sees(self, service):
        """Whether a service is shown the prompt."""
        own = {"kind": service["kind"], "argument": service["question"]}
        if not any(own in attribute["sources"] for attribute in self.core["attributes"]):
            return "false"
        keeping = [self.holds(self.foreseen(refusal["when"], False)) for refusal in self.core["refusals"]]
        keeping += [self.holds(self.foreseen(rule["when"], True)) for rule in self.core["rules"] if not passes(rule["keep"]["services"], service)]
        return conj(map(neg, keeping))

    def foreseen(self, condition, unknown):
        """A condition in which what services say counts as `unknown`, and behind a `not` as the opposite."""
        if "dimension" in condition:
            asked = [{"kind": each["kind"], "argument": each["question"]} for each in self.core["services"]]
            of = self.core["attributes"][self.core["dimensions"][condition["dimension"]]["attribute"]]
            return {"all" if unknown else "any": []} if any(source in asked for source in of["sources"]) else condition
        (op, parts), = condition.items()
        return {op: self.foreseen(parts, not unknown) if op == "not" else [self.foreseen(part, unknown) for part in parts]}

    def decides(self, i):
        return conj([self.open[i], self.routes[i]])

    def reached(self, tier):
        """Of each candidate of a tier, whether it is reached."""
        literals = [self.allowed[each["deployment"]] for each in tier["candidates"]]
        limit = len(literals) if tier["limit"] is None else tier["limit"]
        return [literal if i < limit else conj([literal, f"(< {count(literals[:i])} {limit})"]) for i, literal in enumerate(literals)]

    def some(self, tier):
        return disj(self.allowed[each["deployment"]] for each in tier["candidates"])

    def served(self):
        return self.plans(lambda tiers: disj(self.some(tier) for tier in tiers))

    def plans(self, broken):
        """That a route decides of whose tiers `broken` says what breaks the promise."""
        return disj(conj([self.decides(i), broken(route["tiers"])]) for i, route in enumerate(self.core["routes"]))

    def first_choices(self, tiers):
        """Pairs of a deployment and whether it may be tried first."""
        for t, tier in enumerate(tiers):
            none = [neg(self.some(earlier)) for earlier in tiers[:t]]
            reached = self.reached(tier)
            for i, each in enumerate(tier["candidates"]):
                others = [] if tier["order"] == "by weight" else tier["candidates"][:i]
                before = [neg(self.allowed[other["deployment"]]) for other in others]
                yield each["deployment"], conj([*none, *before, reached[i]])


class Writer:
    def __init__(self, core):
        self.core, self.limits, self.dimensions = core, core["limits"], []
        for i, attribute in enumerate(core["attributes"]):
            kind = attribute["kind"]
            classes = {"one of": len(attribute["values"]), "any of": 2, "yes/no": 2, "country": 1 + max(attribute["countries"], default=0),
                       "text": 1 + len(attribute["prefixes"]) + len(attribute["texts"])}.get(kind, 1 + len(attribute["cuts"]))
            self.dimensions += [(i, classes)] * (len(attribute["values"]) if kind == "any of" else 1)
        self.request, self.more = Request(core), []

    def range_of(self, attribute, c):
        first, last = (FIRST_DAY, LAST_DAY) if attribute["kind"] == "date" else (0, attribute["maximum"])
        return [first, *attribute["cuts"], last + 1][c:c + 2]

    def calendar(self):
        for date in self.core["attributes"]:
            for weekday in self.core["attributes"]:
                same = date["sources"] == weekday["sources"] and [source["kind"] for source in date["sources"]] == ["clock"]
                if same and date["kind"] == "date" and weekday["kind"] == "one of" and len(weekday["values"]) == 7:
                    for c in range(1 + len(date["cuts"])):
                        first, end = self.range_of(date, c)
                        days = sorted({(day + 3) % 7 for day in range(first, min(end, first + 7))})
                        d, w = date["first_dimension"], weekday["first_dimension"]
                        yield f"(=> (= d{d} {c}) {disj(f'(= d{w} {day})' for day in days)})"

    def declare(self, name, kind):
        self.more.append(f"(declare-const {name} {kind})")
        return name

    # What breaks each promise.

    def every_deployment_reached(self, tests):
        bad = [not passes(tests["deployments"], each) for each in self.core["deployments"]]
        seeing = (shown for shown, each in zip(self.request.shown, self.core["services"]) if not passes(tests["services"], each))
        return disj([*seeing, self.request.plans(lambda tiers: disj(
            literal for tier in tiers for each, literal in zip(tier["candidates"], self.request.reached(tier)) if bad[each["deployment"]]))])

    def first_choice(self, test):
        bad = [not passes(test, each) for each in self.core["deployments"]]
        return self.request.plans(lambda tiers: disj(literal for d, literal in self.request.first_choices(tiers) if bad[d]))

    def served(self, says):
        refusals = self.request.refusals
        named = (conj([refusals[i], *map(neg, refusals[:i])]) for i in says["unless_refused_by"])
        return neg(disj([self.request.served(), *named]))

    def bounded(self, bound):
        def broken(tiers):
            many = [count(self.request.reached(tier)) for tier in tiers]
            attempts = total(f"(ite (> {k} 0) (+ {k} {tier['retries'] or 0}) 0)" for k, tier in zip(many, tiers))
            within = [self.limits["deadline_ms"] if tier["within_ms"] is None else tier["within_ms"] for tier in tiers]
            time = total(f"(ite (> {k} 0) {ms} 0)" for k, ms in zip(many, within))
            over = [f"(> {sum_} {limit})" for sum_, limit, most in ((attempts, bound["attempts"], self.limits["attempts"]),
                                                                    (time, bound["within_ms"], self.limits["deadline_ms"]))
                    if limit is not None and most > limit]
            return disj(over)

        return self.request.plans(broken)

    def survives_loss(self, loss):
        units = sorted({each[loss["of"]] for each in self.core["deployments"]}, key=str)
        lost = {unit: self.declare(f"lost{i}", "Bool") for i, unit in enumerate(units)}

        def broken(tiers):
            used, ended, routed = "0", [], []
            for tier in tiers:
                reached = self.request.reached(tier)
                k, gone = count(reached), [lost[self.core["deployments"][each["deployment"]][loss["of"]]] for each in tier["candidates"]]
                left = f"(ite (< {used} {self.limits['attempts']}) (- {self.limits['attempts']} {used}) 0)"
                if tier["order"] == "by weight":
                    ended.append(f"(>= {count(conj([r, g]) for r, g in zip(reached, gone))} (ite (< {k} {left}) {k} {left}))")
                else:
                    ended += [f"(=> (and {r} (< {count(reached[:i])} {left})) {g})" for i, (r, g) in enumerate(zip(reached, gone))]
                used = f"(+ {used} (ite (> {k} 0) (+ {k} {tier['retries'] or 0}) 0))"
                routed.append(self.request.some(tier))
            return conj([disj(routed), *ended])

        return conj([f"(<= {count(lost.values())} {loss['count']})", self.request.plans(broken)])

    def costs_at_most(self, says):
        most = self.limits["cost_hundredth_cents"] * 100 * MILLION
        bound = min(LARGEST, says["usd"] * MILLION)
        if bound == LARGEST or 0 < most <= bound:
            return "false"
        prompt = next(each for each in self.core["attributes"]
                      if each["kind"] == "number" and {"kind": "request", "argument": "prompt"} in each["sources"])

        def broken(tiers):
            chosen, parts = [], []
            for tier in tiers:
                own = [self.declare(f"n{len(self.more)}", "Int") for _ in tier["candidates"]]
                parts += [f"(<= 0 {n})" for n in own] + [f"(=> (> {n} 0) {r})" for n, r in zip(own, self.request.reached(tier))]
                parts.append(f"(<= {total(f'(ite (> {n} 1) (- {n} 1) 0)' for n in own)} {tier['retries'] or 0})")
                chosen += [(n, self.core["deployments"][each["deployment"]]) for n, each in zip(own, tier["candidates"])]
            parts.append(f"(<= {total(n for n, _ in chosen)} {self.limits['attempts']})")
            costs = []
            for c in range(1 + len(prompt["cuts"])):
                tokens = (self.range_of(prompt, c)[1] - 1) // MILLION
                each = (f"(* {d['price_in'] * tokens + d['price_out'] * self.limits['answer_tokens']} {n})" for n, d in chosen)
                costs.append(conj([f"(= d{prompt['first_dimension']} {c})", f"(> {total(each)} {bound})"]))
            return conj([*parts, disj(costs)])

        return self.request.plans(broken)

    def compared(self, says):
        first = self.core["attributes"][says["attribute"]]["first_dimension"]
        one, other = (Request(self.core, side + "_", {first + i: c for i, c in enumerate(says[side])}) for side in ("value", "than"))
        self.more += one.definitions + other.definitions
        if says["what"] == "served":
            return conj([other.served(), neg(one.served())])
        if says["what"] == "allowed":
            less = (conj([b, neg(a)]) for a, b in zip(one.allowed, other.allowed))
            return conj([neg(other.refused), disj([conj([one.refused, disj(other.allowed)]), *less])])
        numbers = [each.get(says["fact"]) for each in self.core["deployments"]]
        choices = [[(numbers[d], conj([side.decides(i), literal])) for i, route in enumerate(self.core["routes"])
                    for d, literal in side.first_choices(route["tiers"])] for side in (one, other)]
        larger, smaller = choices if says["what"] == "first_choice_at_least" else choices[::-1]
        return disj(conj([a, b]) for n, a in larger for m, b in smaller if n < m)

    def question(self, name, when, promise):
        (kind, says), = promise.items()
        self.more = []
        broken = conj([self.request.holds(when), getattr(self, kind)(says)])
        lines = ["(set-logic QF_LIA)", f"; Is there a request that breaks this? {json.dumps(name)}"]
        for d, (i, classes) in enumerate(self.dimensions):
            lines += [f"(declare-const d{d} Int) ; {json.dumps(self.core['attributes'][i]['name'])}",
                      f"(assert (and (<= 0 d{d}) (< d{d} {classes})))"]
        lines += [*(f"(assert {each})" for each in self.calendar()), *self.request.definitions, *self.more, f"(assert {broken})", "(check-sat)"]
        return "\n".join(lines) + "\n"


def questions(pack):
    """The name, the verdict and the question of each obligation; nothing of one that is open."""
    core = pack["core"]
    writer = Writer(core)
    everyone = {"served": {"unless_refused_by": list(range(len(core["refusals"])))}}
    asked = [("coverage", {"all": []}, everyone),
             *(("guarantee " + each["name"], each["when"], each["promise"]) for each in core["guarantees"])]
    for (name, when, promise), entry in zip(asked, pack["obligations"]):
        yield name, entry["verdict"], writer.question(name, when, promise)


def open_pack(data):
    return json.loads(zlib.decompress(data[56:]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pack", type=pathlib.Path)
    parser.add_argument("-o", "--output", type=pathlib.Path, required=True, metavar="DIR")
    options = parser.parse_args()
    sys.setrecursionlimit(20_000)
    options.output.mkdir(parents=True, exist_ok=True)
    for i, (name, verdict, question) in enumerate(questions(open_pack(options.pack.read_bytes()))):
        path = options.output / f"{i:03d}_{re.sub(r'[^A-Za-z0-9_]', '_', name)}.smt2"
        path.write_text(question)
        print(path, {"proved": "unsat", "violated": "sat"}.get(verdict, "unknown"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
