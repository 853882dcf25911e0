"""One bundle with the policies of two tenants that extend the same base: each tenant is routed by its own.

    several_policies_test.py --binaries DIR --bundle FILE [unittest arguments]

The bundle that the other tests share is not used; this one is built here.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import harness
from harness import Gateway, Provider

BINARIES = ""

BASE = """
policy operator version "7"
attribute data any of personal, health from header "x-data-class" default nothing
attribute day weekday from clock "Europe/Paris"
vendor v { headquarters FR }
vendor w { headquarters DE }
model m { quality 80 }
deployment paris  serves m { vendor v  processed in FR  price 2 USD in, 3 USD out }
deployment berlin serves m { vendor w  processed in DE  price 1 USD in, 2 USD out }
rule personal_in_france when data includes personal require processed in FR
route everything_else to berlin, then paris
guarantee in_france when data includes personal, every deployment reached is processed in FR
"""

ACME = """
policy acme extends operator version "2"
import "base.route"
rule only_france require processed in FR because "acme's contract"
"""

ZEBRA = """
policy zebra extends operator version "3"
import "base.route"
refuse health when data includes health with "zebra handles no health data here"
route first when data is empty to paris
"""


class SeveralPolicies(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        for name, text in {"base": BASE, "acme": ACME, "zebra": ZEBRA}.items():
            pathlib.Path(self.folder, name + ".route").write_text(text)
        self.bundle = os.path.join(self.folder, "all.rtb")

    def routec(self, *arguments):
        return subprocess.run([os.path.join(BINARIES, "routec"), *arguments], capture_output=True, text=True, cwd=self.folder, timeout=60)

    def build(self, *names):
        done = self.routec("build", *(name + ".route" for name in names), "-o", "all.rtb", "--format", "json")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def config(self, tenants):
        path = os.path.join(self.folder, "gateway.json")
        config = {
            "listen": "127.0.0.1:0", "threads": 1, "decision_log": os.path.join(self.folder, "log.jsonl"),
            "tenants": [{"id": name, "key_sha256": harness.key_hash("sk-" + name), **more} for name, more in tenants.items()],
            "endpoints": self.endpoints(),
        }
        pathlib.Path(path).write_text(json.dumps(config))
        return path

    def endpoints(self):
        if not hasattr(self, "providers"):
            self.providers = {name: Provider(BINARIES, name) for name in ("paris", "berlin")}
            for provider in self.providers.values():
                self.addCleanup(provider.close)
        return {name: provider.url for name, provider in self.providers.items()}

    def test_each_tenant_is_routed_by_its_own_policy(self):
        built = self.build("zebra", "acme")
        self.assertEqual([row["policy"] for row in built["policies"]], ["acme", "zebra"])
        gateway = Gateway(BINARIES, self.bundle, self.config({"one": {"policy": "acme"}, "two": {"policy": "zebra"}}), dict(os.environ))
        self.addCleanup(gateway.close)
        acme = gateway.chat(key="sk-one")
        self.assertEqual((acme.deployment, acme.headers["x-route-policy"], acme.headers["x-route-rule"]), ("paris", "acme@2", "everything_else"))
        zebra = gateway.chat(key="sk-two")
        self.assertEqual((zebra.deployment, zebra.headers["x-route-policy"], zebra.headers["x-route-rule"]), ("paris", "zebra@3", "first"))
        self.assertEqual(gateway.chat(key="sk-two", headers={"x-data-class": "health"}).status, 403)
        self.assertEqual(gateway.chat(key="sk-one", headers={"x-data-class": "health"}).status, 200)

        decision = next(record for record in gateway.records(acme.id) if record["record"] == "decision")
        self.assertEqual(decision["bundle"], built["policies"][0]["sha256"])
        self.assertEqual({rule["name"]: rule["policy"] for rule in decision["rules"]}, {"only_france": "acme"})
        self.assertEqual(decision["route"]["policy"], "operator")
        self.assertIn(decision["attributes"]["day"], ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"])
        personal = gateway.chat(key="sk-two", headers={"x-data-class": "personal"})
        decision = next(record for record in gateway.records(personal.id) if record["record"] == "decision")
        self.assertEqual([(rule["name"], rule["policy"]) for rule in decision["rules"]], [("personal_in_france", "operator")])
        self.assertEqual(personal.deployment, "paris")

    def test_the_hash_is_that_of_the_policy_alone(self):
        together = self.build("zebra", "acme")
        self.assertEqual(self.build("acme")["sha256"], together["policies"][0]["sha256"])

    def test_tenants_must_say_which(self):
        self.build("zebra", "acme")
        path = self.config({"one": {}, "two": {"policy": "zeebra"}})
        done = subprocess.run([os.path.join(BINARIES, "routegate"), "--bundle", self.bundle, "--config", path,
                               "--allow-unproved", "--check"],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertIn("/tenants/0/policy: is missing, and the bundle holds several policies: name one of `acme`, `zebra`", done.stderr)
        self.assertIn("/tenants/1/policy: the bundle has no policy `zeebra`: it has `acme`, `zebra`", done.stderr)

    def test_routec_decides_by_the_policy_that_is_named(self):
        self.build("zebra", "acme")
        self.assertIn("choose one with --policy: `acme`, `zebra`", self.routec("decide", "all.rtb").stderr)
        self.assertIn("the bundle has no policy `x`; it has `acme`, `zebra`", self.routec("decide", "all.rtb", "--policy", "x").stderr)
        done = self.routec("decide", "all.rtb", "--policy", "zebra", "--format", "json")
        self.assertEqual(json.loads(done.stdout)["route"], "first")

    def test_what_is_unsound_or_named_twice_is_not_written(self):
        pathlib.Path(self.folder, "bad.route").write_text(ZEBRA.replace("zebra", "bad") + "guarantee g never vendor v\n")
        done = self.routec("build", "acme.route", "bad.route", "-o", "all.rtb")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertFalse(os.path.exists(self.bundle))
        pathlib.Path(self.folder, "twin.route").write_text(ACME)
        done = self.routec("build", "acme.route", "twin.route", "-o", "all.rtb")
        self.assertEqual(done.returncode, 2)
        self.assertIn("two of the policies are called `acme`", done.stderr)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--binaries", required=True)
    parser.add_argument("--bundle", required=True)
    options, rest = parser.parse_known_args()
    BINARIES = options.binaries
    unittest.main(argv=[sys.argv[0], *rest])
