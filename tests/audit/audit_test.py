#!/usr/bin/env python3
"""Proof packs end to end: routec writes them, routeaudit and its twin in Python check them, and neither takes a pack,
a bundle or a source that has been tampered with.

    audit_test.py ROUTEC ROUTEAUDIT ROOT RANDOM_PACKS [TEST…]
"""

import base64
import contextlib
import copy
import hashlib
import importlib.util
import io
import json
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
import zlib

ROUTEC, ROUTEAUDIT, ROOT, RANDOM_PACKS = (pathlib.Path(word).resolve() for word in sys.argv[1:5])
SAMPLE, SERVICES = ROOT / "tests/audit/sample.route", ROOT / "tests/audit/services.route"


def load_twin():
    spec = importlib.util.spec_from_file_location("routeaudit_twin", ROOT / "audit/routeaudit.py")
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(ROOT / "audit"))
    spec.loader.exec_module(module)
    return module


TWIN = load_twin()


def routec(*words, cwd=None):
    done = subprocess.run([ROUTEC, *words], capture_output=True, text=True, cwd=cwd, timeout=300)
    return done.returncode, done.stdout + done.stderr


def audit(pack, bundle, sources):
    words = ["check", pack, "--bundle", bundle, "--sources", sources, "--library", ROOT / "stdlib"]
    done = subprocess.run([ROUTEAUDIT, *words], capture_output=True, text=True, timeout=300)
    return done.returncode, done.stdout + done.stderr


def twin(pack, bundle, sources):
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = TWIN.main(["check", str(pack), "--bundle", str(bundle), "--sources", str(sources), "--library", str(ROOT / "stdlib")])
    return code, said.getvalue()


def seal_pack(pack):
    text = json.dumps(pack, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    content = struct.pack("<Q", len(text)) + zlib.compress(text, 1)
    return b"\x89RPP\r\n\x1a\n" + struct.pack("<Q", 4) + hashlib.sha256(content).digest() + content


def seal_bundle(data):
    return data[:32] + hashlib.sha256(data[64:]).digest() + data[64:]


class Folder(unittest.TestCase):
    sample = SAMPLE

    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.tmp = pathlib.Path(holder.name)
        self.pack, self.bundle = self.tmp / "sample.rpp", self.tmp / "sample.rtb"

    def make(self, *words):
        shutil.copy(self.sample, self.tmp / "sample.route")
        code, said = routec("build", "sample.route", "-o", self.bundle, cwd=self.tmp)
        self.assertEqual(code, 0, said)
        code, said = routec("prove", "sample.route", "-o", self.pack, *words, cwd=self.tmp)
        self.assertEqual(code, 0, said)
        return TWIN.open_pack(self.pack.read_bytes())

    def both(self):
        """The exit code that both checkers give, and what routeaudit says."""
        code, said = audit(self.pack, self.bundle, self.tmp)
        own, twin_said = twin(self.pack, self.bundle, self.tmp)
        self.assertEqual(code, own, said + twin_said)
        return code, said


class Packs(Folder):
    def test_every_example_has_a_pack_that_both_checkers_accept(self):
        policies = sorted(path for path in (ROOT / "examples").glob("*/*.route") if path.name != "catalog.route")
        self.assertGreater(len(policies), 10)
        for path in policies:
            name, violated = path.relative_to(ROOT), path.parent.name == "broken_policy"
            code, said = routec("build", "--unverified", name, "-o", self.bundle, cwd=ROOT)
            self.assertEqual(code, 0, said)
            for most_cases in ("256", "0"):
                with self.subTest(policy=str(name), most_cases=most_cases):
                    routec("prove", name, "-o", self.pack, "--most-cases", most_cases, cwd=ROOT)
                    code, said = audit(self.pack, self.bundle, ROOT)
                    self.assertEqual(code, 1 if violated else 0, said)
                    self.assertNotIn("REJECTED", said)
                    self.assertEqual(twin(self.pack, self.bundle, ROOT)[0], code)

    def test_what_services_see_is_established(self):
        found = {"when tier is gold, never service finder": "proved",
                 "when not urgent and tier is free, never service finder": "violated",
                 "when urgent, never service finder": "proved",  # it is not known yet that a prompt is easy
                 "when urgent and difficulty < 50%, never service finder": "proved",
                 "when closed, never service finder or service triage": "proved",  # refused, whatever they say
                 "when difficulty >= 99% and tier is free, never service finder": "violated",  # refused by what they say
                 "never service triage": "violated",
                 "never service idle": "proved",  # nobody asks it
                 "when tier is gold, every deployment reached is processed in FR and quality >= 60": "proved",
                 "every deployment reached has quality >= 60": "proved"}  # says nothing of services
        for most_cases in ("256", "0"):
            self.words = ("--most-cases", most_cases)
            code, listed = self.verdicts(SERVICES.read_text(), list(found))
            self.assertEqual((code, listed), (1, list(found.values())))
        self.assertIn("  the catalogue is right about the same of each service\n", self.both()[1])

    def test_a_request_that_only_a_service_breaks_is_shown(self):
        pack = self.build(SERVICES.read_text() + "\nguarantee unseen  when tier is free, never service finder\n")
        code, said = self.both()
        self.assertEqual(code, 1)
        self.assertRegex(said, r"refuted\n  guarantee unseen: .*\n.*of every service that may see the prompt: not \(it is finder\)\n    broken by: tier free")
        for change in ({"verdict": "proved", "cases": True}, {"verdict": "proved", "clauses": {"cells": [[]], "proof": [[[], [0]]]}}):
            bad = copy.deepcopy(pack)
            bad["obligations"][-1] = {"name": "guarantee unseen", **change}
            self.pack.write_bytes(seal_pack(bad))
            self.assertIn("REJECTED", self.both()[1])
        pack["core"]["guarantees"][-1]["promise"]["every_deployment_reached"]["services"] = {"all": []}
        self.pack.write_bytes(seal_pack(pack))
        self.assertIn("something else is asked of services than of deployments", self.both()[1])

    def test_services_are_asked_for_what_deployments_are(self):
        """But for what only models have. Each pair that says something else is refused by both, with the pair named."""
        text = SERVICES.read_text().replace("retention 0 days   carbon 40", "retention 0 days   carbon 40   tags calm").replace("route all", """rule calm_only
  when tier is gold and data includes personal
  require (open_weights or calm or certified soc2) and not model large and not service idle
rule green_only
  when tier is gold and urgent
  require carbon <= 500 and not deployment oregon

route all""")
        pack = self.build(text)
        self.assertEqual(self.both()[0], 0)
        rules = {rule["name"]: i for i, rule in enumerate(pack["core"]["rules"])}
        kept = pack["core"]["rules"][rules["calm_only"]]["keep"]["services"]
        self.assertEqual(kept, {"all": [{"any": [{"fact": "tags", "in": ["calm"]}, {"fact": "certified", "in": ["soc2"]}]},
                                        {"not": {"fact": "name", "in": ["idle"]}}]})
        tried = 0
        pairs = [("rules", i, rule["keep"]) for i, rule in enumerate(pack["core"]["rules"])] + [
            ("guarantees", i, each["promise"]["every_deployment_reached"]) for i, each in enumerate(pack["core"]["guarantees"])
            if "every_deployment_reached" in each["promise"]]
        for entries, i, pair in pairs:
            for other in ({"all": []}, {"any": []}, {"not": pair["services"]}, {"all": [pair["services"]]}, pair["deployments"], None):
                if other != pair["services"]:
                    bad = copy.deepcopy(pack)
                    entry = bad["core"][entries][i]
                    target = entry["keep"] if entries == "rules" else entry["promise"]["every_deployment_reached"]
                    target["services"] = other
                    if other is None:
                        del target["services"]
                    self.pack.write_bytes(seal_pack(bad))
                    self.assertIn("REJECTED: something else is asked of services than of deployments", self.both()[1], f"{entries} {i} {other}")
                    tried += 1
        self.assertGreater(tried, 30)
        for change in (lambda core: core["own_tags"].clear(), lambda core: core["own_tags"].append("open_weights"),
                       lambda core: core["properties"][0].update(of_models=True), lambda core: core["properties"][1].update(of_models=False)):
            bad = copy.deepcopy(pack)
            change(bad["core"])
            self.pack.write_bytes(seal_pack(bad))
            self.assertIn("REJECTED: something else is asked of services than of deployments", self.both()[1])
        self.pack.write_bytes(seal_pack(pack))
        shown = subprocess.run([ROUTEAUDIT, "show", self.pack], capture_output=True, text=True).stdout
        self.assertIn("what only models have: model, capabilities, prices, first_token_ms, quality, context_tokens, openness, and each tag that no "
                      "service carries and that is none of those that deployments carry themselves (calm)\n", shown)

    def test_services_are_shown_beside_the_sources(self):
        (self.tmp / "services.route").write_text(SERVICES.read_text())
        self.assertEqual(routec("prove", "services.route", "-o", self.pack, cwd=self.tmp)[0], 0)
        done = subprocess.run([ROUTEAUDIT, "show", self.pack, "--sources", self.tmp], capture_output=True, text=True)
        for line in ("service triage: certified soc2; endpoint https://triage.example/v1; ",
                     "when urgent is yes and not (difficulty is below 50%), a deployment is allowed only if its retention_days is at most 7 or its quality is at "
                     "least 99\n  where it could apply, whatever services answer, a service may see the prompt only if its retention_days is at most 7\n",
                     "the request is refused; where that is so whatever services answer, none sees the prompt\n"):
            self.assertIn(line, done.stdout)
        self.assertEqual(done.stdout.count("where it could apply"), 3)  # of open_models nothing is left for a service

    def test_a_violated_guarantee_is_shown_with_its_request(self):
        (self.tmp / "p.route").write_text(SAMPLE.read_text() + "\nguarantee never_us  never processed in US\n")
        self.assertEqual(routec("build", "--unverified", "p.route", "-o", self.bundle, cwd=self.tmp)[0], 0)
        self.assertEqual(routec("prove", "p.route", "-o", self.pack, cwd=self.tmp)[0], 1)
        code, said = self.both()
        self.assertEqual(code, 1)
        self.assertRegex(said, r"refuted\n  guarantee never_us: .*\n    that is: .*\n    broken by: tier free, data.personal no")

    def test_build_writes_the_same_pack(self):
        self.make()
        other = self.tmp / "other.rpp"
        code, said = routec("build", "sample.route", "-o", self.bundle, "--prove", other, cwd=self.tmp)
        self.assertEqual(code, 0, said)
        self.assertEqual(other.read_bytes(), self.pack.read_bytes())

    def test_a_pack_is_found_in_a_bundle_of_several_policies(self):
        self.make()
        (self.tmp / "other.route").write_text(SAMPLE.read_text().replace("policy sample", "policy another"))
        self.assertEqual(routec("build", "sample.route", "other.route", "-o", self.bundle, cwd=self.tmp)[0], 0)
        self.assertEqual(self.both()[0], 0)

    def test_what_is_missing_or_another_is_said(self):
        self.make()
        self.assertEqual(audit(self.pack, self.tmp / "nothing.rtb", self.tmp)[0], 2)
        self.assertEqual(audit(self.pack, self.bundle, self.tmp / "nowhere")[0], 2)
        self.assertEqual(subprocess.run([ROUTEAUDIT, "check", self.pack], capture_output=True).returncode, 2)
        (self.tmp / "sample.route").write_text(SAMPLE.read_text() + "\n")
        code, said = self.both()
        self.assertEqual((code, "another file than the one that the pack is about" in said and "sample.route" in said), (1, True))

    def test_the_report_names_its_assumptions(self):
        self.make()
        _, said = self.both()
        for line in ("the catalogue is right about where each deployment is processed", "data: header x-data", "asked: request model",
                     "the author's own property `carbon`"):
            self.assertIn(line, said)


    words = ()  # options of routec prove

    def build(self, text):
        (self.tmp / "sample.route").write_text(text)
        code, said = routec("build", "--unverified", "sample.route", "-o", self.bundle, cwd=self.tmp)
        self.assertEqual(code, 0, said)
        routec("prove", "sample.route", "-o", self.pack, *self.words, cwd=self.tmp)
        return TWIN.open_pack(self.pack.read_bytes())

    def verdicts(self, text, guarantees):
        """The exit code of both checkers, and what is found of each guarantee that is added to the policy, in order."""
        self.build(text + "".join(f"guarantee g{i}  {guarantee}\n" for i, guarantee in enumerate(guarantees)))
        code, said = self.both()
        self.assertNotIn("REJECTED", said)
        return code, re.findall(r"^(\w+): guarantee g\d+$", twin(self.pack, self.bundle, self.tmp)[1], re.M)

    def test_promises_about_money(self):
        limits = "limits { attempts 4   deadline 10 s }"
        text = SAMPLE.read_text()
        self.assertEqual(text.count(limits), 1)
        text = (text.replace(limits, "limits { attempts 4  deadline 10 s  answer 1000 tokens }")
                + "attribute prompt tokens up to 100_000 from request\n")
        # The dearest plan is that of `gold`: 3 attempts of its tier, of which two cost what lyon does, and paris.
        short = "when prompt < 10_000 tokens, "
        code, listed = self.verdicts(text, ["every request costs at most 2 USD", "every request costs at most 0.1 USD",
                                            short + "every request costs at most 0.2 USD"])
        self.assertEqual((code, listed), (1, ["proved", "violated", "proved"]))
        pack = TWIN.open_pack(self.pack.read_bytes())
        for usd in (-1, 0, 1):
            pack["core"]["guarantees"][-3]["promise"] = {"costs_at_most": {"usd": usd}}
            self.pack.write_bytes(seal_pack(pack))
            self.assertIn("REJECTED", self.both()[1], usd)
        data = bytearray(self.bundle.read_bytes())
        data[data.index(struct.pack("<I", 1000), 64)] += 1
        self.bundle.write_bytes(seal_bundle(bytes(data)))
        self.assertIn("REJECTED", self.both()[1])

    def test_promises_that_compare(self):
        code, listed = self.verdicts(SAMPLE.read_text(), [
            "every request with tier gold is allowed every deployment that the same request with tier free is",
            "every request with tier gold is served if the same request with tier free is",
            "when asked is \"small\" and not urgent, the first choice with tier gold has quality at least that with tier free",
            "the first choice with tier gold has price in at most that with tier free"])
        self.assertEqual((code, listed), (1, ["proved", "proved", "proved", "violated"]))
        code, listed = self.verdicts(SAMPLE.read_text().replace("require processed in FR\n", "require processed in FR\n"
                                                                "rule cautious when tier is gold and urgent require processed in FR\n"), [
            "every request with tier gold is allowed every deployment that the same request with tier free is",
            "every request with tier free is allowed every deployment that the same request with tier gold is"])
        self.assertEqual((code, listed), (1, ["violated", "proved"]))
        pack = TWIN.open_pack(self.pack.read_bytes())
        at = [guarantee["name"] for guarantee in pack["core"]["guarantees"]].index("g1")
        for change in ({"value": [1], "than": [0]}, {"what": "nothing"}, {"attribute": 1}, {"value": []}, {"than": [2]}):
            bad = copy.deepcopy(pack)
            bad["core"]["guarantees"][at]["promise"]["compared"].update(change)
            self.pack.write_bytes(seal_pack(bad))
            self.assertIn("REJECTED", self.both()[1], change)

    def test_a_proof_may_rest_on_the_calendar(self):
        text = SAMPLE.read_text() + """
attribute day  weekday  from clock
rule weekend  when day in { saturday, sunday }  require processed in FR
"""
        for most_cases in ("256", "0"):
            code, listed = self.verdicts(text, [
                "when today >= 2027-03-06 and today <= 2027-03-07, every deployment reached is processed in FR",
                "when today >= 2027-03-06 and today <= 2027-03-08, every deployment reached is processed in FR"])
            self.assertEqual((code, listed), (1, ["proved", "violated"]))

    def test_what_has_no_certificate_is_said_to_be_open(self):
        pack = self.make()
        pack["obligations"][2] = {"name": pack["obligations"][2]["name"], "verdict": "proved", "open": "nobody has shown it"}
        self.pack.write_bytes(seal_pack(pack))
        code, said = self.both()
        self.assertEqual(code, 3)
        self.assertRegex(said, r"NOT ESTABLISHED\n  guarantee clean_first: .*\[nobody has shown it\]")

    def test_a_promise_that_is_not_known_can_only_be_open(self):
        pack = self.make()
        entry = pack["obligations"][1]
        pack["core"]["guarantees"][0]["promise"] = {"unheard_of": {"count": 1}}
        for said, expected in (({"open": "not known"}, 3), ({"cases": True}, 1), ({"clauses": {"cells": [[]], "proof": [[[], [0]]]}}, 1),
                               ({"verdict": "violated", "witness": [0] * 9}, 1)):
            pack["obligations"][1] = {"name": entry["name"], "verdict": "proved", **said}
            self.pack.write_bytes(seal_pack(pack))
            self.assertEqual(self.both()[0], expected, said)

    def test_the_attestation_is_checked(self):
        shutil.copy(SAMPLE, self.tmp)
        self.assertEqual(routec("build", "sample.route", "-o", self.bundle, "--prove", self.pack, cwd=self.tmp)[0], 0)
        attestation, key, public, other = (self.tmp / name for name in ("sample.rtb.proof", "key.pem", "public.pem", "other.pem"))
        for private, out in ((key, public), (self.tmp / "key2.pem", other)):
            subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", private], check=True, capture_output=True)
            subprocess.run(["openssl", "pkey", "-in", private, "-pubout", "-out", out], check=True)

        def check(*words):
            done = subprocess.run([ROUTEAUDIT, "check", self.pack, "--bundle", self.bundle, "--sources", self.tmp, "--attestation", attestation,
                                   *words], capture_output=True, text=True)
            return done.returncode, done.stdout + done.stderr

        self.assertEqual(check()[0], 0)
        self.assertIn("not signed by the key", check("--key", public)[1])
        self.assertEqual(routec("attest", self.bundle, "--pack", self.pack, "--key", key)[0], 0)
        self.assertEqual(check("--key", public)[0], 0, check("--key", public)[1])
        self.assertEqual(check("--key", other)[0], 1)
        self.assertEqual(check("--key", self.pack)[0], 1)
        envelope = json.loads(attestation.read_text())
        statement = json.loads(base64.b64decode(envelope["payload"]))
        self.assertEqual({subject["digest"]["sha256"] for subject in statement["subject"]},
                         {hashlib.sha256(path.read_bytes()).hexdigest() for path in (self.bundle, self.pack)})
        statement["predicate"]["proofs"][0]["pack"] = "0" * 64
        envelope["payload"] = base64.b64encode(json.dumps(statement).encode()).decode()
        attestation.write_text(json.dumps(envelope))
        self.assertIn("does not name this pack", check()[1])
        self.assertEqual(check("--key", public)[0], 1)
        for text in ("{}", "[]", json.dumps({**envelope, "payload": "?"}), json.dumps({**envelope, "payload": ""})):
            attestation.write_text(text)
            self.assertEqual(check()[0], 1, text)

    def test_a_pack_is_attested_only_for_its_own_bundle(self):
        self.make()
        (self.tmp / "other.route").write_text(SAMPLE.read_text().replace("gold", "silver"))
        self.assertEqual(routec("build", "other.route", "-o", "other.rtb", cwd=self.tmp)[0], 0)
        code, said = routec("attest", self.tmp / "other.rtb", "--pack", self.pack)
        self.assertEqual(code, 2)
        self.assertIn("is about another bundle", said)
        self.assertEqual(routec("attest", self.bundle, "--pack", self.bundle)[0], 2)

    def test_a_tenant_keeps_what_its_base_forbids(self):
        folder = "examples/operator_with_tenants"
        base = self.tmp / "base.rpp"
        self.assertEqual(routec("build", f"{folder}/bank.route", "-o", self.bundle, "--prove", self.pack, cwd=ROOT)[0], 0)
        routec("prove", f"{folder}/operator.route", "-o", base, cwd=ROOT)

        def check():
            words = ["check", self.pack, "--bundle", self.bundle, "--sources", ROOT, "--library", ROOT / "stdlib", "--base", base]
            done = subprocess.run([ROUTEAUDIT, *words], capture_output=True, text=True)
            return done.returncode, done.stdout + done.stderr

        code, said = check()
        self.assertEqual(code, 0, said)
        self.assertIn("every rule, refusal and guarantee of operator_base stands here", said)
        pack = TWIN.open_pack(base.read_bytes())
        for entries, change in (("rules", "keep"), ("refusals", "when"), ("guarantees", "when")):
            never = {"any": []}
            for entry in pack["core"][entries]:
                if not entry.get("implied"):
                    bad = copy.deepcopy(pack)
                    other = {"deployments": never} if change == "keep" else never
                    next(each for each in bad["core"][entries] if each["name"] == entry["name"])[change] = other
                    base.write_bytes(seal_pack(bad))
                    self.assertIn("that this policy lacks", check()[1])
        for i, attribute in enumerate(pack["core"]["attributes"]):
            for member, other in (("default", attribute["default"] + "x"), ("sources", []), ("maximum", attribute["maximum"] + 1)):
                bad = copy.deepcopy(pack)
                bad["core"]["attributes"][i][member] = other
                base.write_bytes(seal_pack(bad))
                self.assertIn("that this policy lacks", check()[1], attribute["name"])

    def test_a_service_has_the_same_facts_in_the_base(self):
        pack, base = self.build(SERVICES.read_text()), self.tmp / "base.rpp"
        for change, expected in (({}, 0), ({"status": "deprecated"}, 1), ({"name": "another"}, 0)):
            other = copy.deepcopy(pack)
            other["core"]["services"][0] |= change
            base.write_bytes(seal_pack(other))
            words = ["check", self.pack, "--bundle", self.bundle, "--sources", self.tmp, "--base", base]
            done = subprocess.run([ROUTEAUDIT, *words], capture_output=True, text=True)
            self.assertEqual(done.returncode, expected, done.stdout)
            self.assertEqual("a deployment or service has other facts in the base: \"triage\"" in done.stdout, expected == 1)

    def test_two_more_solvers_agree(self):
        if not (shutil.which("z3") and shutil.which("cvc5")):
            self.skipTest("z3 or cvc5 is not installed")
        done = subprocess.run([ROOT / "scripts/second-opinion", SAMPLE, "--routec", ROUTEC], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"\d+ questions, 0 answered differently, 0 without an answer\n$")

    def test_two_more_solvers_agree_with_the_pack(self):
        if not (shutil.which("z3") and shutil.which("cvc5")):
            self.skipTest("z3 or cvc5 is not installed")
        text = SAMPLE.read_text().replace("deadline 10 s }", "deadline 10 s  answer 1000 tokens }") + """
attribute prompt tokens up to 100_000 from request
attribute day    weekday from clock
rule weekend  when day in { saturday, sunday }  require processed in FR
guarantee weekend  when today >= 2027-03-06 and today <= 2027-03-07, every deployment reached is processed in FR
guarantee monday   when today >= 2027-03-06 and today <= 2027-03-08, every deployment reached is processed in FR
guarantee cheap    every request costs at most 2 USD
guarantee free     every request costs at most 0.1 USD
guarantee lost     service survives the loss of any 2 deployments
guarantee vendors  service survives the loss of any 1 vendor
guarantee first    the first choice is processed in FR
guarantee brief    every request makes at most 3 attempts within 4 s
guarantee allowed  every request with tier gold is allowed every deployment that the same request with tier free is
guarantee as_good  the first choice with tier gold has quality at least that with tier free
guarantee as_cheap the first choice with tier gold has price in at most that with tier free
"""
        pack = self.build(text)
        self.assertEqual(self.both()[0], 1)
        verdicts = [entry["verdict"] for entry in pack["obligations"]]
        self.assertGreater(min(verdicts.count("proved"), verdicts.count("violated")), 3)
        done = subprocess.run([ROOT / "scripts/second-opinion", self.pack], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn(f"{len(verdicts)} questions, 0 answered differently, 0 without an answer\n", done.stdout)
        # A pack that claims something else is found out.
        entry = pack["obligations"][1]
        pack["obligations"][1] = {"name": entry["name"], "verdict": "violated", "witness": []}
        self.pack.write_bytes(seal_pack(pack))
        done = subprocess.run([ROOT / "scripts/second-opinion", self.pack], capture_output=True, text=True)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)

    def test_a_grammar_free_reader_gets_the_same_core(self):
        policies = [path.relative_to(ROOT) for path in sorted((ROOT / "examples").glob("*/*.route")) if path.name != "catalog.route"]
        for policy in [*policies, SAMPLE.relative_to(ROOT), SERVICES.relative_to(ROOT)]:
            with self.subTest(policy=str(policy)):
                self.same_core(policy, ROOT)

    def same_core(self, policy, folder):
        """Both ways from the policy to its core end at the same one."""
        routec("prove", policy, "-o", self.pack, "--most-cases", "0", cwd=folder)
        done = subprocess.run([ROUTEC, "fmt", "--core", policy], capture_output=True, text=True, cwd=folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        text = self.tmp / "core.txt"
        text.write_text(done.stdout)
        read = subprocess.run([sys.executable, ROOT / "audit/read_core.py", text, "--pack", self.pack], capture_output=True, text=True)
        self.assertEqual((read.returncode, read.stdout), (0, "the pack has the core that the text says\n"), read.stderr)

    def test_another_core_is_noticed(self):
        pack = self.make()
        text = self.tmp / "core.txt"
        text.write_text(subprocess.run([ROUTEC, "fmt", "--core", SAMPLE], capture_output=True, text=True, check=True).stdout)

        def read():
            words = [sys.executable, ROOT / "audit/read_core.py", text, "--pack", self.pack]
            return subprocess.run(words, capture_output=True, text=True).returncode

        self.assertEqual(read(), 0)
        for i, guarantee in enumerate(pack["core"]["guarantees"]):
            for member, other in (("promise", {"served": {"unless_refused_by": [0, 0]}}), ("when", {"any": []})):
                bad = copy.deepcopy(pack)
                bad["core"]["guarantees"][i][member] = other
                self.pack.write_bytes(seal_pack(bad))
                self.assertEqual(read(), 1, guarantee["name"])
        text.write_text("nonsense")
        self.assertEqual(read(), 2)

    def test_show_puts_sentences_beside_the_sources(self):
        self.make()
        done = subprocess.run([ROUTEAUDIT, "show", self.pack, "--sources", self.tmp], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("rule data_stays_in_france (of policy sample)\n"
                      "  when data includes personal or data includes health, a deployment is allowed only if it is processed in FR\n", done.stdout)
        self.assertIn("    | rule data_stays_in_france\n    |   when data includes personal or health\n    |   require processed in FR\n", done.stdout)
        (self.tmp / "sample.route").write_text(SAMPLE.read_text() + "\n")
        done = subprocess.run([ROUTEAUDIT, "show", self.pack, "--sources", self.tmp], capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)


class Faults(Folder):
    def rejected(self, what):
        code, said = self.both()
        self.assertEqual(code, 1, f"{what}: {said}")
        self.assertIn("REJECTED", said, what)

    def test_no_byte_of_a_pack_can_be_flipped(self):
        self.make()
        good = self.pack.read_bytes()
        for i in range(len(good)):
            self.pack.write_bytes(good[:i] + bytes([good[i] ^ 0x55]) + good[i + 1:])
            self.assertEqual(twin(self.pack, self.bundle, self.tmp)[0], 1, i)
            if i % 97 == 0:
                self.assertEqual(audit(self.pack, self.bundle, self.tmp)[0], 1, i)

    def test_no_byte_of_a_bundle_can_be_flipped(self):
        self.make()
        good = self.bundle.read_bytes()
        for i in range(0, len(good), 211):
            self.bundle.write_bytes(good[:i] + bytes([good[i] ^ 0x55]) + good[i + 1:])
            self.rejected(i)

    def test_no_byte_of_a_bundle_can_be_forged(self):
        # The forger also makes the bundle's checksum and the pack's hash of the bundle fit. What is left is what the format
        # keeps at zero, which no reader reads.
        pack, good = self.make(), self.bundle.read_bytes()
        core = TWIN.Core(pack["core"])
        accepted = []
        for i in range(64, len(good), 11):
            bad = seal_bundle(good[:i] + bytes([good[i] ^ 0xFF]) + good[i + 1:])
            try:
                TWIN.check_table(core, pack, bad)
                accepted.append(i)
            except (TWIN.Rejected, ValueError, LookupError, StopIteration, struct.error):
                pass
        self.assertEqual([i for i in accepted if good[i] != 0], [])
        self.assertLess(len(accepted), len(good) // 88)
        for i in range(64, len(good), 11 * 23):
            forged = seal_bundle(good[:i] + bytes([good[i] ^ 0xFF]) + good[i + 1:])
            pack["bundle"]["sha256"] = hashlib.sha256(forged).hexdigest()
            self.bundle.write_bytes(forged)
            self.pack.write_bytes(seal_pack(pack))
            self.assertEqual(self.both()[0], 0 if i in accepted else 1, i)

    def mutants_of_the_core(self, core):
        for entries in ("rules", "refusals", "routes", "guarantees", "deployments", "attributes", "services"):
            for i in range(len(core[entries])):
                bad = copy.deepcopy(core)
                del bad[entries][i]
                yield f"{entries} without {i}", bad
                bad = copy.deepcopy(core)
                bad[entries][i]["name"] += "x"
                yield f"{entries} {i} under another name", bad
            if len(core[entries]) > 1:
                bad = copy.deepcopy(core)
                bad[entries][:2] = bad[entries][1::-1]
                yield f"{entries} swapped", bad
        always, never = {"all": []}, {"any": []}
        for entries in ("rules", "refusals", "routes"):
            for i, entry in enumerate(core[entries]):
                for when in (always, never, {"not": entry["when"]}, {"any": [entry["when"], {"dimension": 0, "classes": [[0, 1]]}]}):
                    if entry["when"] != always or when in (never, {"not": always}):  # `true or …` is the same
                        bad = copy.deepcopy(core)
                        bad[entries][i]["when"] = when
                        yield f"{entries} {i} when {when}", bad
        for i, rule in enumerate(core["rules"]):
            for of, test in rule["keep"].items():
                for keep in (always, {"not": test}):
                    if keep != test:
                        bad = copy.deepcopy(core)
                        bad["rules"][i]["keep"][of] = keep
                        yield f"rule {i} keeps {of} {keep}", bad
        for i, service in enumerate(core["services"]):
            yield from self.mutants_of_a_service(core, i, service)
        for i in range(len(core["dimensions"])):
            for member, value in (("classes", 0), ("classes", 1), ("classes", 9), ("attribute", 99), ("member", 9)):
                bad = copy.deepcopy(core)
                bad["dimensions"][i][member] = value
                yield f"dimension {i} with {member} {value}", bad
        for i in range(len(core["attributes"])):
            bad = copy.deepcopy(core)
            bad["attributes"][i]["sources"] = []  # so no service answers it
            yield f"attribute {i} without its sources", bad
        for i in range(len(core["deployments"])):
            for fact, value in (("processed_in", "US"), ("processed_in", "FR"), ("vendor", "zeta"), ("price_out", 12), ("model", "small")):
                if core["deployments"][i][fact] != value:
                    bad = copy.deepcopy(core)
                    bad["deployments"][i][fact] = value
                    yield f"deployment {i} with {fact} {value}", bad
        for i, attribute in enumerate(core["attributes"]):
            for name in ("cuts", "prefixes", "texts", "values"):
                if attribute[name]:
                    bad = copy.deepcopy(core)
                    del bad["attributes"][i][name][0]
                    yield f"{attribute['name']} without the first of its {name}", bad
        for limit in ("attempts", "deadline_ms", "answer_tokens", "cost_hundredth_cents"):
            bad = copy.deepcopy(core)
            bad["limits"][limit] += 1
            yield f"another limit of {limit}", bad

    @staticmethod
    def mutants_of_a_service(core, i, service):
        facts = {"processed_in": 3, "headquarters": 3, "vendor": "another", "endpoint": "https://another.example/v1", "key_env": "ANOTHER",
                 "question": "another", "kind": "detector" if service["kind"] == "classifier" else "classifier", "within_ms": 81}
        if service["name"] != "idle":  # what no rule reads of it makes no difference
            facts |= {"retention_days": 30_000_000 if service["retention_days"] == 0 else 0,
                      "status": "preview" if service["status"] == "live" else "live"}
        for fact, value in facts.items():
            bad = copy.deepcopy(core)
            bad["services"][i][fact] = value
            yield f"service {i} with {fact} {value}", bad

    def test_no_core_can_be_weakened(self):
        pack = self.make()
        for what, core in self.mutants_of_the_core(pack["core"]):
            self.pack.write_bytes(seal_pack({**pack, "core": core}))
            self.rejected(what)

    def test_a_false_guarantee_never_passes(self):
        # The guarantee is made false in core and bundle alike, and everything else is kept: no certificate can hold it up.
        for most_cases in ("256", "0"):
            pack = self.make("--most-cases", most_cases)
            for i, guarantee in enumerate(pack["core"]["guarantees"]):
                (kind, says), = guarantee["promise"].items()
                if guarantee["name"] == "not_closed":
                    continue  # nobody sees what is refused whatever anybody answers, so this is true of any test
                false = {"every_deployment_reached": {**says, "deployments": {"any": []}}, "first_choice": {"fact": "processed_in", "in": ["DE"]},
                         "served": {"unless_refused_by": []}, "survives_loss": {"of": "name", "count": 3},
                         "bounded": {"attempts": 1, "within_ms": None}}[kind]
                for promise in [false, {**says, "services": {"any": []}}][:1 + ("services" in says)]:
                    bad = copy.deepcopy(pack)
                    bad["core"]["guarantees"][i]["promise"] = {kind: promise}
                    self.pack.write_bytes(seal_pack(bad))
                    self.rejected(f"{guarantee['name']} with {most_cases} cases as {promise}")

    def test_no_certificate_can_be_weakened(self):
        pack = self.make("--most-cases", "0")
        tried = 0
        for i, entry in enumerate(pack["obligations"]):
            clauses = entry["clauses"]
            for c, cell in enumerate(clauses["cells"]):
                for changed in ([], *(cell[:k] + cell[k + 1:] for k in range(len(cell))), [-cell[0], *cell[1:]] if cell else [1]):
                    bad = copy.deepcopy(pack)
                    bad["obligations"][i]["clauses"]["cells"][c] = changed
                    tried += self.tampered(pack, bad, f"{entry['name']}, cell {c} as {changed}")
            for s, (lemma, hints) in enumerate(clauses["proof"]):
                for changed in ([lemma, hints[:-1]], [lemma, hints[1:]], [lemma, hints[::-1]], [lemma[1:], hints], [[1], hints]):
                    if changed != [lemma, hints]:
                        bad = copy.deepcopy(pack)
                        bad["obligations"][i]["clauses"]["proof"][s] = changed
                        tried += self.tampered(pack, bad, f"{entry['name']}, step {s} as {changed}")
            for verdict, more in (("unknown", {}), ("violated", {"witness": [0] * 9}), ("proved", {"cases": True})):
                bad = copy.deepcopy(pack)
                bad["obligations"][i] = {"name": entry["name"], "verdict": verdict, **more}
                tried += self.tampered(pack, bad, f"{entry['name']} {verdict}")
        self.assertGreater(tried, 50)

    def tampered(self, pack, bad, what):
        """Rejected, or what is claimed is the same and was shown in another way. Returns 1 if rejected, else 0."""
        self.pack.write_bytes(seal_pack(bad))
        code, said = self.both()
        if code == 1 and "REJECTED" in said:
            return 1
        self.assertEqual(code, 0, f"{what}: {said}")
        self.assertEqual([entry["verdict"] for entry in bad["obligations"]], [entry["verdict"] for entry in pack["obligations"]], what)
        return 0

    def test_what_is_malformed_is_refused_with_its_place(self):
        pack = self.make()
        for place, text, change in (
                ("its top", "does not belong here", lambda pack: pack.update(more=1)),
                ("core/rules/0", "something is missing here", lambda pack: pack["core"]["rules"][0].pop("because")),
                ("core/rules/0/keep", "does not belong here", lambda pack: pack["core"]["rules"][0]["keep"].update(models={"all": []})),
                ("core/routes/0/tiers/0/limit", "no small number above 0", lambda pack: pack["core"]["routes"][0]["tiers"][0].update(limit=0)),
                ("core/deployments/0/price_in", "no number from 0", lambda pack: pack["core"]["deployments"][0].update(price_in=-1)),
                ("core/deployments/0/status", "no text", lambda pack: pack["core"]["deployments"][0].update(status=["live"])),
                ("core/guarantees/0/name", "a character that is not shown", lambda pack: pack["core"]["guarantees"][0].update(name="a\nproved: b")),
                ("core/guarantees/0/text", "a character that is not shown", lambda pack: pack["core"]["guarantees"][0].update(text="\u202eb")),
                ("core/attributes/0", "its dimensions are others", lambda pack: pack["core"]["dimensions"][0].update(classes=3)),
                ("core/rules/0/keep/deployments", "there is no such fact", lambda pack: pack["core"]["rules"][0]["keep"].update(
                    deployments={"fact": "weather", "in": []})),
                ("core/rules/0/when", "ascending and apart", lambda pack: pack["core"]["rules"][0].update(
                    when={"dimension": 0, "classes": [[0, 1], [1, 2]]})),
                ("obligations/0", "does not belong here", lambda pack: pack["obligations"][0].update(open="why")),
                ("places/rules/0", "does not belong here", lambda pack: pack["places"]["rules"][0].append(1)),
                ("its top", "not a place for each entry", lambda pack: pack["places"]["rules"].append([0, 1])),
                ("files/0/path", "a character that is not shown", lambda pack: pack["files"][0].update(path="sample.route\0"))):
            bad = copy.deepcopy(pack)
            change(bad)
            self.pack.write_bytes(seal_pack(bad))
            code, said = self.both()
            self.assertEqual(code, 1, place)
            self.assertRegex(said, f"REJECTED: the pack is malformed at {place}: .*{text}")

    def test_hostile_packs_are_refused_quickly(self):
        self.make()
        with_number = json.dumps(TWIN.open_pack(self.pack.read_bytes()), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        beyond = [re.sub(rb'"own carbon":\d+', b'"own carbon":%d' % number, with_number, count=1)
                  for number in (1 << 63, (1 << 64) - 1, 1 << 64, -(1 << 63) - 1) if b'"own carbon":' in with_number]
        for text in (*beyond, b"[" * 100_000 + b"]" * 100_000, b"{}", b"null", b'{"format":"route.proof-pack/1"}', b'{"a":1,"a":1}', b"1.5"):
            content = struct.pack("<Q", len(text)) + zlib.compress(text)
            self.pack.write_bytes(b"\x89RPP\r\n\x1a\n" + struct.pack("<Q", 4) + hashlib.sha256(content).digest() + content)
            self.assertEqual(self.both()[0], 1, text[:40])
        bomb = struct.pack("<Q", 100) + zlib.compress(b" " * 50_000_000)
        self.pack.write_bytes(b"\x89RPP\r\n\x1a\n" + struct.pack("<Q", 4) + hashlib.sha256(bomb).digest() + bomb)
        self.assertEqual(self.both()[0], 1)


class FaultsWithServices(Faults):
    sample = SERVICES


class RandomPolicies(Folder):
    SEEDS, ASKED = 60, 15  # of the first, two more solvers are asked

    def test_packs_of_random_policies(self):
        kinds = self.kinds_found(0)
        for kind in ("every_deployment_reached", "first_choice", "served", "survives_loss", "bounded"):
            self.assertLessEqual({(kind, "proved"), (kind, "violated")}, kinds)

    def test_packs_of_random_policies_with_services(self):
        kinds = self.kinds_found(3)
        for seen in ("every_deployment_reached", "seen by services"):
            self.assertLessEqual({(seen, "proved"), (seen, "violated")}, kinds)

    def kinds_found(self, services):
        """Both checkers confirm what routec says, from cases and from clauses, the core is that of `fmt --core`, and so say other solvers."""
        subprocess.run([RANDOM_PACKS, self.tmp, "1", str(self.SEEDS), str(services)], check=True, timeout=600)
        found, kinds = set(), set()
        for seed in range(1, self.SEEDS + 1):
            for form in ("cases", "clauses"):
                with self.subTest(seed=seed, form=form):
                    self.pack, self.bundle = self.tmp / f"{seed}.{form}.rpp", self.tmp / f"{seed}.rtb"
                    code, said = self.both()
                    self.assertNotIn("REJECTED", said)
                    found.add(code)
            pack = TWIN.open_pack(self.pack.read_bytes())
            core = TWIN.Core(pack["core"])
            for guarantee, entry in zip(pack["core"]["guarantees"], pack["obligations"][1:]):
                (kind, says), = guarantee["promise"].items()
                bad = kind == "every_deployment_reached" and [s for s in core.asked if not TWIN.passes(says["services"], core.services[s])]
                kinds |= {(kind, entry["verdict"])} | ({("seen by services", entry["verdict"])} if bad else set())
            read = subprocess.run([sys.executable, ROOT / "audit/read_core.py", self.tmp / f"{seed}.txt", "--pack", self.pack], capture_output=True,
                                  text=True)
            self.assertEqual(read.returncode, 0, f"{seed}: {read.stdout}{read.stderr}")
            if seed <= self.ASKED and shutil.which("z3") and shutil.which("cvc5"):
                asked = subprocess.run([ROOT / "scripts/second-opinion", self.pack], capture_output=True, text=True)
                self.assertEqual(asked.returncode, 0, f"{seed}: {asked.stdout}{asked.stderr}")
        self.assertLessEqual({0, 1}, found)
        return kinds


class TheChecker(unittest.TestCase):
    def test_it_shares_nothing_with_what_it_checks(self):
        for path in (ROOT / "audit").glob("*.[ch]*"):
            for included in re.findall(r'#include ["<]([^">]+)', path.read_text()):
                self.assertFalse(included.startswith(("compiler/", "runtime/")), f"{path.name} includes {included}")
        for script in ("routeaudit.py", "pack_file.py", "read_core.py", "pack_smt.py"):
            self.assertNotRegex((ROOT / "audit" / script).read_text(),
                                r"(?m)^(import|from) (?!argparse|datetime|hashlib|json|pack_file|pathlib|re|struct|sys|zlib)", script)

    def test_both_have_the_shape_that_the_page_has(self):
        cpp = re.search(r'kShapes = R"\((.*?)\)"', (ROOT / "audit/shape.cpp").read_text(), re.S)[1]
        python = re.search(r'SHAPES = """(.*?)"""', (ROOT / "audit/pack_file.py").read_text(), re.S)[1]
        page = re.search(r"```shape\n(.*?)```", (ROOT / "docs/proof-pack.md").read_text(), re.S)[1]
        self.assertEqual(cpp.split(), python.split())
        self.assertEqual(page.split(), python.split())

    def test_its_manual_page_has_every_option_and_is_clean(self):
        page = ROOT / "docs/man/routeaudit.1"
        shown = subprocess.run([ROUTEAUDIT, "--help"], capture_output=True, text=True, check=True).stdout
        options = set(re.findall(r"(--[a-z][\w-]*)", shown))
        self.assertLessEqual({"--bundle", "--sources", "--base"}, options)
        for option in options:
            self.assertRegex(page.read_text(), rf"Fl {option[1:]}\b")
        if shutil.which("mandoc"):
            lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", page], capture_output=True, text=True)
            self.assertEqual(lint.stdout, "")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[5:])
