#!/usr/bin/env python3
"""`routec import`: what it prints and writes, its exit codes, and that what it writes is sound.

    import_cli_test.py ROUTEC ROOT
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROUTEC = pathlib.Path(sys.argv[1]).resolve()
ROOT = pathlib.Path(sys.argv[2]).resolve()
PRICES = "tests/import/prices_sample.json"
CONFIG = "tests/import/config.yaml"


def routec(*words):
    done = subprocess.run([ROUTEC, *words, "--today", "2026-11-24"], cwd=ROOT, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout, done.stderr


class Import(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.tmp = pathlib.Path(self.folder.name)

    def check_catalogue(self, text, then=""):
        """A small policy that imports it has no error."""
        (self.tmp / "catalog.route").write_text(text)
        policy = self.tmp / "policy.route"
        policy.write_text('policy p\nimport "catalog.route"\n' + (then or "route all to cheapest deployments\n"))
        code, out, err = routec("check", str(policy))
        self.assertEqual(code, 0, out + err)

    def test_the_sample_makes_a_sound_catalogue(self):
        code, out, err = routec("import", "litellm-prices", PRICES)
        self.assertEqual(code, 0, err)
        self.check_catalogue(out)
        self.assertIn(f"{PRICES}:364: azure_ai/jais-30b-chat: it costs 3200.00 USD in and 9710.00 USD out for a million tokens: left out "
                      "[price-too-high]\n", err)
        self.assertTrue(err.endswith("read 66 rows, looked at 59 rows, took 12 deployments\n"), err[-200:])
        self.assertEqual(routec("import", "litellm-prices", PRICES), (code, out, err))

    def test_statements_bring_in_the_rest(self):
        code, out, err = routec("import", "litellm-prices", PRICES, "--assume-processed-in", "DE", "--headquarters",
                                "fireworks_ai=US,novita=US")
        self.assertEqual(code, 0, err)
        self.check_catalogue(out)
        self.assertNotIn("[no-place]", err)
        self.assertNotIn("[unknown-vendor]", err)
        self.assertIn("status deprecated", out)
        self.assertIn("price 2.999991 USD in, 15.000021 USD out", out)

    def test_filters(self):
        code, out, _ = routec("import", "litellm-prices", PRICES, "--region", "DE,FR", "--provider", "bedrock", "--match", "bedrock/*")
        self.assertEqual(code, 0)
        self.assertEqual(sorted(re.findall(r"^deployment (\w+)", out, re.M)),
                         ["claude_v2_1_bedrock_eu_central_1", "mistral_large_2402_bedrock_eu_west_3"])
        code, out, _ = routec("import", "litellm-prices", PRICES, "--limit", "3")
        self.assertEqual(len(re.findall(r"^deployment", out, re.M)), 3)

    def test_json(self):
        code, out, err = routec("import", "litellm-prices", PRICES, "--format", "json")
        self.assertEqual((code, err), (0, ""))
        document = json.loads(out)
        self.assertEqual((document["schema"], document["written"]), ("route.import/1", True))
        self.assertEqual(document["rows"], {"read": 66, "considered": 59, "taken": 12})
        self.assertEqual(document["lints"][0], {"lint": "not-a-model", "action": "left out", "file": PRICES, "line": 2,
                                                "key": "sample_spec", "message": "it describes the fields of the others"})
        self.assertEqual(sum(count["count"] for count in document["counts"]), len(document["lints"]))
        self.check_catalogue(document["catalogue"])

    def test_output_is_a_whole_file_and_never_the_input(self):
        target = self.tmp / "catalog.route"
        code, out, err = routec("import", "litellm-prices", PRICES, "-o", str(target))
        self.assertEqual((code, out), (0, ""))
        self.assertTrue(err.endswith(f"wrote {target}\n"))
        self.assertEqual(target.read_text(), routec("import", "litellm-prices", PRICES)[1])
        done = subprocess.run([ROUTEC, "fmt", "--check", target], capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        copy = self.tmp / "prices.json"
        copy.write_bytes((ROOT / PRICES).read_bytes())
        link = self.tmp / "link.route"
        link.symlink_to(copy)
        for output in [copy, link]:
            code, _, err = routec("import", "litellm-prices", str(copy), "-o", str(output))
            self.assertEqual(code, 2)
            self.assertIn("is what is imported", err)
        self.assertEqual(copy.read_bytes(), (ROOT / PRICES).read_bytes())
        code, _, err = routec("import", "litellm-config", CONFIG, "--prices", str(copy), "-o", str(copy))
        self.assertEqual(code, 2)
        self.assertEqual(sorted(path.name for path in self.tmp.iterdir()), ["catalog.route", "link.route", "prices.json"])

    def test_strict_writes_nothing_if_there_is_a_lint(self):
        target = self.tmp / "catalog.route"
        self.assertEqual(routec("import", "litellm-prices", PRICES, "--strict", "-o", str(target))[:2], (1, ""))
        self.assertFalse(target.exists())
        code, out, _ = routec("import", "litellm-prices", PRICES, "--strict", "--match", "bedrock/eu-west-3/*")
        self.assertEqual(code, 0)
        self.check_catalogue(out)

    def test_nothing_left_is_no_catalogue(self):
        code, out, err = routec("import", "litellm-prices", PRICES, "--provider", "nobody")
        self.assertEqual((code, out), (1, ""))
        self.assertIn("nothing is left to write", err)
        self.assertFalse(json.loads(routec("import", "litellm-prices", PRICES, "--provider", "x", "--format", "json")[1])["written"])

    def test_a_configuration_makes_a_sound_catalogue_and_a_sound_policy(self):
        words = ["import", "litellm-config", CONFIG, "--prices", PRICES]
        code, out, err = routec(*words)
        self.assertEqual(code, 0, err)
        self.check_catalogue(out, "route all to gpt_4o, then claude, then claude_order_2\n")
        self.assertNotIn("sk-", out + err)
        self.assertIn(f"{CONFIG}:25: gpt-4o: the value of `api_key` stands in the file; it was not copied: left out [secret]\n", err)
        policy = self.tmp / "whole.route"
        code, _, err = routec(*words, "--policy", "acme", "--assume-processed-in", "DE", "--headquarters", "gpu.acme.example=DE",
                              "-o", str(policy))
        self.assertEqual(code, 0, err)
        code, out, err = routec("check", str(policy))
        self.assertEqual(code, 0, out + err)
        decision = json.loads(routec("eval", str(policy), "--given", 'asked_model="gpt-4"', "--format", "json")[1])
        self.assertEqual((decision["outcome"], decision["route"]), ("routed", "gpt_4o"))
        self.assertEqual([tier["tier"] for tier in decision["plan"]], ["gpt_4o", "claude", "claude_order_2", "local_llama"])

    def test_the_routes_in_comments_are_routes(self):
        out = routec("import", "litellm-config", CONFIG, "--prices", PRICES)[1]
        catalogue, routes = out.split("# Routes belong into the policy.")
        routes = "\n".join(line.removeprefix("#").strip() for line in routes.splitlines()[1:])
        self.check_catalogue(catalogue, routes)

    def test_wrong_usage_and_unreadable_files(self):
        broken = self.tmp / "broken"
        broken.write_text("{\n  \"a\": {]\n")
        for words, part in [(("import",), "`routec import` has no"), (("import", "litellm-prices"), "needs `FILE.json`"),
                            (("import", "litellm-prices", "missing.json"), "cannot read"),
                            (("import", "litellm-prices", str(broken)), f"{broken}:2:9: this is not JSON"),
                            (("import", "litellm-config", str(broken)), f"{broken}:2:"),
                            (("import", "litellm-config", CONFIG, "--prices", str(broken)), f"{broken}:2:9: this is not JSON"),
                            (("import", "litellm-prices", PRICES, "--mode", "banana"), "no mode of LiteLLM"),
                            (("import", "litellm-prices", PRICES, "--limit", "0"), "--limit"),
                            (("import", "litellm-prices", PRICES, "--assume-processed-in", "EU"), "is no country"),
                            (("import", "litellm-prices", PRICES, "--headquarters", "openai"), "provider=CC"),
                            (("import", "litellm-config", CONFIG, "--policy", "model"), "cannot be a name")]:
            code, out, err = routec(*words)
            self.assertEqual((code, out), (2, ""), words)
            self.assertIn(part, err, words)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]])
