#!/usr/bin/env python3
"""Plants one mistake at a time into a sound policy: `routec check` must find each, at the right line, with a witness of
the right kind, and must find nothing in the sound policy itself.

    faults_test.py ROUTEC FOLDER
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROUTEC = pathlib.Path(sys.argv[1]).resolve()
SOUND = (pathlib.Path(sys.argv[2]) / "sound.route").read_text()


def plant(text, old, new):
    """The text with `new` in the place of `old`, which stands there once, whatever blanks and line ends `routec fmt` put
    between its words."""
    words = r"\s+".join(re.escape(word) for word in old.split())
    text, count = re.subn(words, lambda _: new.strip(), text)
    assert count == 1, f"`{old}` stands there {count} times"
    return text


class Fault:
    """`old` becomes `new`, and so do the first of `also` and `and_also` become the second; `code` is reported on the line that begins with `line`, about `names`, with a witness that has
    the values of `witness` (a set must include, a pair is a least and a most)."""

    def __init__(self, what, old, new, code, line, names=(), witness=None, options=(), also=None, and_also=None):
        self.what, self.old, self.new, self.code, self.line = what, old, new, code, line
        self.names, self.witness, self.options = set(names), witness, options
        self.more = [change for change in (also, and_also) if change]

    def text(self):
        text = plant(SOUND, self.old, self.new)
        for old, new in self.more:
            text = plant(text, old, new)
        return text


FAULTS = [
    # --- rules ---
    Fault("a rule forgets a class of data", "when data includes personal or health\n  require processed in EU",
          "when data includes health\n  require processed in EU", "R0510", "guarantee eu_only",
          {"eu_only", "platinum"}, {"data": {"personal"}, "tier": "platinum"}),
    Fault("`and` where `or` belongs", "when data includes personal or health\n  require",
          "when data includes personal and health\n  require", "R0510", "guarantee eu_only", {"platinum"},
          {"tier": "platinum"}),
    Fault("a rule has the wrong place", "require processed in EU", "require processed in { FR, DE, US }", "R0510",
          "guarantee eu_only", {"platinum"}, {"tier": "platinum"}),
    Fault("the cap's route is missing its rule", "when spend >= 100%\n  require price out <= 1 USD",
          "when spend >= 100%\n  require price out <= 0.2 USD", "R0502", "route spill", {"spill", "cheap_at_the_cap"},
          {"spend": (100, 1000)}),
    Fault("a rule lets an approved vendor's name slip", "require vendor in { mistral, aleph }",
          "require vendor in { mistral, aleph, openai }", "R0510", "guarantee legal_only", {"legal_only", "platinum"},
          {"workload": "legal", "tier": "platinum"}),
    Fault("two rules together leave nothing", "rule cost_ceiling",
          "rule a when workload is legal forbid vendor mistral\nrule b when data includes health forbid vendor aleph\n"
          "rule cost_ceiling", "R0502", "route everything_else", {"a", "b"}, {"workload": "legal", "data": {"health"}}),
    Fault("a rule excludes a whole route", "require vendor in { mistral, aleph }", "require vendor openai", "R0502",
          "route everything_else", {"legal_approved"}, {"workload": "legal"}),
    Fault("a rule can never apply", "when workload is legal\n  require",
          "when workload is legal and workload is code\n  require", "R0504", "rule legal_approved", {"legal_approved"}),
    Fault("a range is empty", "when spend >= 100%\n  require", "when spend >= 100% and spend < 50%\n  require", "R0504",
          "rule cheap_at_the_cap", {"cheap_at_the_cap"}),
    Fault("a rule holds always", "unless tier is platinum\n  require",
          "when tier is free or silver or gold or platinum\n  require", "R0507", "rule cost_ceiling", {"cost_ceiling"}),
    Fault("an exception is lost", "unless tier is platinum\n  require", "require", "R0510", "guarantee platinum_first",
          {"platinum_first", "platinum"}, {"tier": "platinum"}),
    Fault("a rule says what another one says",
          "rule cost_ceiling", "rule twice\n  when data includes health\n  require processed in EU\n\nrule cost_ceiling",
          "R0506", "rule twice", {"twice", "personal_in_the_eu"}),
    Fault("a rule forbids what is left of the plan", "rule cost_ceiling",
          "rule no_aleph when data includes health forbid vendor aleph\n\nrule cost_ceiling", "R0510",
          "guarantee two_vendors", {"two_vendors"}, {"data": {"health"}}),
    Fault("a rule takes a tier away for good", "rule cost_ceiling",
          "rule no_us when tier is platinum forbid vendor openai\n\nrule cost_ceiling", "R0508",
          "route platinum", {"platinum", "no_us"}, {"tier": "platinum"}),
    # --- refusals ---
    Fault("a refusal that no promise excepts", "refuse embargo",
          "refuse long when prompt > 500_000 tokens with \"too long\"\n\nrefuse embargo", "R0510",
          "guarantee always_served", {"always_served", "long"}, {"prompt": (500_000, 1_000_000)}),
    Fault("a refusal that never answers", "refuse embargo",
          "refuse nobody when spend > 500% and spend < 400%\n\nrefuse embargo", "R0505", "refuse nobody", {"nobody"}),
    Fault("a refusal behind a wider one", "route spill  ",
          "refuse north when origin in { KP } with \"no\"\n\nroute spill  ", "R0505", "refuse north",
          {"north", "embargo"}),
    Fault("a refusal that turns everybody away", "when origin in { KP, IR, SY }",
          "when tier is platinum or tier is not platinum", "R0507", "refuse embargo", {"embargo"}),
    # --- routes ---
    Fault("the last route has a condition", "route everything_else                   ",
          "route everything_else  when workload is not legal  ", "R0501", "policy sound", (), {"workload": "legal"}),
    Fault("a threshold leaves a gap", "route everything_else ",
          "route small when spend < 50% to small_paris, then small_berlin\nroute everything_else when spend > 50% ", "R0501",
          "policy sound", (), {"spend": (50, 50)}),
    Fault("a route behind one that takes everything", "route spill  ",
          "route first to small_paris, then small_berlin\nroute spill  ", "R0503", "route platinum",
          {"platinum", "code", "everything_else", "first"}),
    Fault("a route hidden by two half-covers", "route everything_else ",
          "route a when workload is legal to small_paris, then large_berlin\n"
          "route b when workload is not legal to small_paris, then large_berlin\nroute everything_else ", "R0503",
          "route everything_else", {"a", "b"}),
    Fault("a route that can never match", "when workload is code and tier is gold",
          "when workload is code and workload is chat", "R0503", "route code", {"code"}),
    Fault("a route's threshold is too high", "route spill when spend >= 100%", "route spill when spend >= 1000%", "R0502", "route code",
          {"code", "cheap_at_the_cap"}, {"spend": (100, 1000)}),
    Fault("a route to a forbidden deployment only", "to large_berlin within 5 s, then large_paris",
          "to large_us", "R0502", "route code", {"code", "cost_ceiling"}, {"tier": "gold", "workload": "code"}),
    Fault("a tier that the rules never allow", "to large_berlin within 5 s, then large_paris",
          "to large_berlin within 5 s, then large_us, then large_paris", "R0508", "route code", {"code", "cost_ceiling"},
          {"tier": "gold", "workload": "code"}),
    Fault("retries use up the attempts", "to large_berlin within 5 s, then large_paris",
          "to large_berlin within 5 s retry 5, then large_paris", "R0509", "route code", {"code"}),
    Fault("waiting uses up the time", "to large_berlin within 5 s, then large_paris",
          "to large_berlin within 30 s, then large_paris", "R0509", "route code", {"code"}),
    Fault("a spill that spends more", "unless tier is platinum\n  require price out <= 10 USD",
          "unless tier is platinum or spend >= 100%\n  require price out <= 10 USD", "R0517", "route spill",
          {"spill", "everything_else"}, {"spend": (100, 1000)},
          also=("when spend >= 100% to small_paris", "when spend >= 100% to large_us, then small_paris"),
          and_also=("when spend >= 100%\n  require price out <= 1 USD", "when spend >= 100%\n  require price out <= 15 USD")),
    Fault("a route that saves where nothing was spent", "route spill when spend >= 100% to small_paris, then small_berlin",
          "route spill when spend >= 100% to small_paris, then small_berlin\n"
          "route thrifty when tier is free and spend < 50% to small_paris, then small_berlin, then large_paris", "R0517",
          "route everything_else", {"everything_else", "thrifty"}, {"tier": "free", "spend": (50, 99)}),
    Fault("a group counts on what is forbidden", "to { large_paris weight 2, large_berlin }, then small_paris",
          "to { large_paris weight 2, large_berlin, dear_berlin }, then small_paris", "R0518", "route everything_else",
          {"everything_else", "cost_ceiling"}, {"tier": "free"},
          also=("limits { attempts 6 ", "deployment dear_berlin serves large { vendor aleph processed in DE retention 0 days\n"
                "price 5 USD in, 50 USD out first token 400 ms }\nlimits { attempts 6 ")),
    Fault("more retries than attempts", "to large_berlin within 5 s, then large_paris",
          "to large_berlin within 5 s, then large_paris retry 9", "R0519", "route code", {"code"}),
    Fault("times that add up to more than the deadline", "to large_berlin within 5 s, then large_paris",
          "to large_berlin within 20 s, then large_paris within 20 s", "R0519", "route code", {"code"}),
    Fault("retries for which a tier has no time", "to large_berlin within 5 s, then large_paris",
          "to large_berlin within 800 ms retry 3, then large_paris", "R0519", "route code", {"code"}),
    Fault("a part of an `and` that says nothing", "when workload is code and tier is gold",
          "when workload is code and workload is not chat and tier is gold", "R0521", "route code", {"code"}),
    Fault("a part of an `or` that says nothing", "when data includes personal or health\n  require processed in EU",
          "when data is not empty or data includes health\n  require processed in EU", "R0521", "when data is not empty",
          {"personal_in_the_eu"}),
    Fault("a promise with a premise said twice", "when workload is legal, never vendor openai",
          "when workload is legal and workload is not code, never vendor openai", "R0521", "guarantee legal_only",
          {"legal_only"}),
    Fault("a rule that ended before anybody noticed", "rule cost_ceiling",
          "attribute today date from clock\nrule trial until 2025-12-31 require price out <= 5 USD\nrule cost_ceiling", "R0522",
          "rule trial", {"trial"}),
    Fault("a failover that is slower", "first token 600 ms", "first token 200 ms", "R0512", "route platinum", {"platinum"}),
    Fault("a deployment has moved", "serves large { vendor aleph    processed in DE",
          "serves large { vendor aleph    processed in US", "R0510", "guarantee two_vendors",
          {"two_vendors"}),
    Fault("a deployment has become dear", "price 2 USD in, 6 USD out", "price 2 USD in, 60 USD out", "R0510",
          "guarantee two_vendors", {"two_vendors"}),
    Fault("a model lost a capability", "model small  { quality 60   context 1_000_000 tokens   capabilities tools, vision }",
          "model small  { quality 60   context 1_000_000 tokens   capabilities tools }", "R0502", "route spill",
          {"spill"}, {"needs": {"vision"}, "spend": (100, 1000)}),
    Fault("a context window is too small", "model large  { quality 90   context 1_000_000 tokens",
          "model large  { quality 90   context 128_000 tokens", "R0502", "route code", {"code"},
          {"prompt": (128_000, 1_000_000), "tier": "gold"}),
    Fault("two vendors become one", "small_berlin serves small { vendor aleph ", "small_berlin serves small { vendor mistral ",
          "R0510", "guarantee two_vendors", {"two_vendors", "spill"}, {"spend": (100, 1000)}),
    # --- guarantees and limits ---
    Fault("a premise that cannot happen", "when workload is legal, never vendor openai",
          "when workload is legal and workload is code, never vendor openai", "R0511", "guarantee legal_only",
          {"legal_only"}),
    Fault("a promise of too few attempts", "at most 4 attempts", "at most 2 attempts", "R0510", "guarantee bounded",
          {"bounded"}),
    Fault("limits that are tighter than a plan", "limits { attempts 6 ", "limits { attempts 1 ", "R0510",
          "guarantee two_vendors", {"two_vendors"}),
    Fault("a first choice that the rules forbid", "and data is empty and workload is not legal, the first",
          "and workload is not legal, the first", "R0510", "guarantee platinum_first", {"platinum_first", "platinum"},
          {"tier": "platinum"}),
    Fault("a promise of more losses than there are vendors", "the loss of any 1 vendor", "the loss of any 2 vendors",
          "R0510", "guarantee two_vendors", {"two_vendors"}),
    Fault("a refusal that is none of the only ones", "refuse embargo",
          "refuse long when prompt > 500_000 tokens with \"too long\"\n\nrefuse embargo", "R0510",
          "guarantee only_embargo", {"only_embargo", "long"}, {"prompt": (500_000, 1_000_000)}),
    Fault("those who pay most are allowed less", "rule cost_ceiling",
          "rule odd when tier is platinum and workload is chat forbid deployment small_berlin\nrule cost_ceiling", "R0510",
          "guarantee no_less", {"no_less", "odd"}, {"tier": "platinum", "workload": "chat"}),
    Fault("those who pay most are refused", "refuse embargo",
          "refuse long when tier is platinum and prompt > 500_000 tokens\n\nrefuse embargo", "R0510", "guarantee as_served",
          {"as_served", "long"}, {"tier": "platinum", "prompt": (500_000, 1_000_000)}),
    Fault("those who pay most are given the small model", "to large_us within 2 s, then", "to small_paris within 2 s, then large_us, then",
          "R0510", "guarantee as_good", {"as_good", "platinum"}, {"tier": "platinum"}),
    Fault("answers may be longer than was budgeted", "answer 8_000 tokens", "answer 8_100 tokens", "R0510",
          "guarantee affordable", {"affordable", "platinum"}, {"tier": "platinum", "prompt": (990_000, 1_000_000)}),
    Fault("a retry that nobody paid for", "then { large_paris, large_berlin }, then small_paris",
          "then { large_paris, large_berlin } retry 1, then small_paris", "R0510", "guarantee affordable",
          {"affordable", "platinum"}, {"tier": "platinum"}),
    # --- what an audit finds ---
    Fault("a protection that rests on a claim", 'from header "x-data" and detector pii', 'from header "x-data" default nothing',
          "R0513", "attribute data", {"data", "personal_in_the_eu"}, None, ["--audit"]),
    Fault("a default that is less strict", "limits { attempts 6 ",
          "attribute region one of world, eu from tenant default world\n"
          "rule region_eu when region is eu require processed in EU\nlimits { attempts 6 ", "R0514", "attribute region",
          {"region", "region_eu"}, {"region": "eu"}, ["--audit"]),
    Fault("a route without a reserve", "to large_berlin within 5 s, then large_paris", "to large_berlin", "R0515",
          "route code", {"code"}, {"tier": "gold", "workload": "code"}, ["--audit"]),
    Fault("a part that earlier routes imply", "when tier is platinum  to large_us",
          "when tier is platinum and spend < 100%  to large_us", "R0521", "route platinum", {"platinum"}, None, ["--audit"]),
    Fault("a rule that another one covers by what there is", "rule cost_ceiling",
          "rule legal_not_openai when workload is legal forbid vendor openai\nrule cost_ceiling", "R0523",
          "rule legal_not_openai", {"legal_not_openai", "legal_approved"}, None, ["--audit"]),
    Fault("a rule for another day", "rule cost_ceiling",
          "attribute today date from clock\nrule soon from 2027-06-01 require price out <= 5 USD\nrule cost_ceiling", "R0522",
          "rule soon", {"soon"}, None, ["--audit"]),
    Fault("a promise that nothing can break", "guarantee bounded ",
          "guarantee good every deployment reached has quality >= 50\nguarantee bounded ", "R0516", "guarantee good",
          {"good"}, None, ["--audit"]),
]


def fits(wanted, value):
    if isinstance(wanted, set):
        return wanted <= set(value)
    if isinstance(wanted, tuple):
        return wanted[0] <= float(value) <= wanted[1]
    return wanted == value


class Faults(unittest.TestCase):
    maxDiff = None

    def check(self, text, *options):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "policy.route"
            path.write_text(text)
            done = subprocess.run([ROUTEC, "check", path, "--format", "json", "--today", "2026-11-24", *options],
                                  capture_output=True, text=True, timeout=120)
            self.assertIn(done.returncode, (0, 1), done.stderr)
            return json.loads(done.stdout)["diagnostics"]

    def test_the_sound_policy_is_sound(self):
        for solver in ("sat", "z3", "both"):
            self.assertEqual(self.check(SOUND, "--solver", solver), [])

    def test_every_fault_is_found(self):
        self.assertGreaterEqual(len({fault.what for fault in FAULTS}), 30)
        for fault in FAULTS:
            with self.subTest(fault=fault.what):
                text = fault.text()
                lines = text.splitlines()
                found = self.check(text, "--solver", "both", *fault.options)
                rows = [row for row in found if row["code"] == fault.code
                        and " ".join(lines[row["line"] - 1].split()).startswith(" ".join(fault.line.split()))]
                self.assertTrue(rows, json.dumps(found, indent=1))
                row = next((row for row in rows if fault.names <= set(row["rules"])), None)
                self.assertIsNotNone(row, json.dumps(rows, indent=1))
                for attribute, wanted in (fault.witness or {}).items():
                    self.assertTrue(fits(wanted, row["witness"][attribute]), json.dumps(row, indent=1))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
