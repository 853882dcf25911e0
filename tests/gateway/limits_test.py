"""What `limits` say of money, enforced: answers are no longer, and requests no dearer, than the policy allows.

    limits_test.py --binaries DIR --bundle FILE [unittest arguments]

The bundle that the other tests share is not used; each test builds its own.
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

# With 1,000 tokens an answer of paris costs 0.006 USD and one of berlin 0.003 USD; prompts add less than 0.003 USD.
POLICY = """
policy limited version "1"
attribute prompt tokens up to 1_000 from request
vendor v {{ headquarters FR }}
vendor w {{ headquarters DE }}
model m {{ quality 80  context 128k tokens }}
deployment paris  serves m {{ vendor v  processed in FR  price 2 USD in, 6 USD out }}
deployment berlin serves m {{ vendor w  processed in DE  price 1 USD in, 3 USD out }}
limits {{ attempts 6  deadline 30 s  answer 1_000 tokens  {cost} }}
route all to paris, then berlin
"""


class Limits(unittest.TestCase):
    def start(self, cost):
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)
        pathlib.Path(folder, "policy.route").write_text(POLICY.format(cost=cost))
        done = subprocess.run([os.path.join(BINARIES, "routec"), "build", "policy.route", "-o", "policy.rtb"],
                              capture_output=True, text=True, cwd=folder, timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.paris, self.berlin = (Provider(BINARIES, name) for name in ("paris", "berlin"))
        config = pathlib.Path(folder, "gateway.json")
        config.write_text(json.dumps({
            "listen": "127.0.0.1:0", "threads": 1, "decision_log": os.path.join(folder, "log.jsonl"),
            "tenants": [{"id": "one", "key_sha256": harness.key_hash("sk-gold")}],
            "endpoints": {"paris": self.paris.url, "berlin": self.berlin.url},
        }))
        self.gateway = Gateway(BINARIES, os.path.join(folder, "policy.rtb"), str(config), dict(os.environ))
        for process in (self.gateway, self.paris, self.berlin):
            self.addCleanup(process.close)

    def sent(self):
        return self.paris.requests()["last"]["body"]

    def test_answers_are_narrowed(self):
        self.start("")
        self.assertEqual(self.gateway.chat().status, 200)
        self.assertEqual(self.sent()["max_completion_tokens"], 1000)
        self.gateway.chat(max_tokens=5000)
        self.assertEqual(self.sent()["max_tokens"], 1000)
        self.assertNotIn("max_completion_tokens", self.sent())
        self.gateway.chat(max_tokens=20)
        self.assertEqual(self.sent()["max_tokens"], 20)
        self.gateway.chat(n=4)
        self.assertEqual(self.sent()["max_completion_tokens"], 250)

    def test_models_that_reason_are_limited_under_the_name_that_they_know(self):
        self.start("")
        for asked, sent in [({"max_completion_tokens": 5000}, {"max_completion_tokens": 1000}),
                            ({"max_completion_tokens": 20, "reasoning_effort": "low"}, {"max_completion_tokens": 20}),
                            ({"max_completion_tokens": 20, "max_tokens": 5000}, {"max_completion_tokens": 20, "max_tokens": 20}),
                            ({"max_completion_tokens": 5000, "max_tokens": 4000}, {"max_completion_tokens": 1000, "max_tokens": 1000})]:
            with self.subTest(asked=asked):
                self.assertEqual(self.gateway.chat(**asked).status, 200)
                self.assertEqual({name: value for name, value in self.sent().items() if name.startswith("max_")}, sent)
        before = len(self.gateway.records())
        answer = self.gateway.chat(max_completion_tokens=20, max_tokens="20")
        self.assertEqual((answer.status, answer.code, answer.json["error"]["param"]), (400, "invalid_request", "max_tokens"))
        self.assertEqual(len(self.gateway.records()), before)

    def test_a_limit_that_is_no_number_is_the_callers_mistake_and_recorded(self):
        self.start("")
        for fields in ({"max_tokens": "20"}, {"n": 1001}):
            answer = self.gateway.chat(**fields)
            self.assertEqual((answer.status, answer.code), (400, "invalid_request"))
            self.assertEqual(self.gateway.records(answer.id)[-1]["status"], 400)
        self.assertEqual(self.paris.requests()["count"], 0)

    def test_an_attempt_that_no_longer_fits_is_passed_over(self):
        self.start("cost 0.008 USD")
        self.paris.control(mode="status", status=500)
        answer = self.gateway.chat()
        self.assertEqual((answer.status, answer.code, answer.attempts), (503, "upstream_unavailable", 1))
        outcome = self.gateway.records(answer.id)[-1]
        self.assertEqual([(skip["deployment"], skip["reason"]) for skip in outcome["skipped"]], [("berlin", "over_cost_limit")])
        self.assertEqual(self.berlin.requests()["count"], 0)
        # A shorter answer leaves room for the second attempt.
        self.assertEqual(self.gateway.chat(max_tokens=500).deployment, "berlin")

    def test_a_limit_that_has_room_for_both(self):
        self.start("cost 0.012 USD")
        self.paris.control(mode="status", status=500)
        self.assertEqual(self.gateway.chat().deployment, "berlin")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--binaries", required=True)
    parser.add_argument("--bundle", required=True)
    options, rest = parser.parse_known_args()
    BINARIES = options.binaries
    unittest.main(argv=[sys.argv[0], *rest])
