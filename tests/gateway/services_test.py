"""Services that read prompts: asked as the policy allows and never otherwise, and what becomes of their answers.

    services_test.py --binaries DIR --bundle FILE [unittest arguments]

The bundle that the other tests share is not used; this one is built here. A service is a server in this process, so that a
test can hold its answer back for as long as it likes.
"""

import argparse
import http.server
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

import harness
from harness import Gateway, Provider

BINARIES = ""

POLICY = """
policy helped version "1"
attribute region one of eu, us, nowhere from header "x-region" default eu
attribute data any of personal, health, secret from header "x-data" and detector presidio default secret
attribute difficulty percent from classifier "difficulty" default 100%
attribute topic one of law, other from classifier "topic"

vendor here { headquarters FR }
vendor there { headquarters US }
model m { quality 80 }
deployment small serves m { vendor here processed in FR price 1 USD in, 1 USD out }
deployment large serves m { vendor here processed in FR price 2 USD in, 2 USD out }
deployment sealed serves m { vendor here processed in FR price 3 USD in, 3 USD out }
deployment legal serves m { vendor here processed in FR price 4 USD in, 4 USD out }

service triage answers classifier "difficulty" { vendor there processed in US key env TRIAGE_KEY within WITHIN }
service finder answers detector presidio { vendor here processed in FR within 20 s }
service librarian answers classifier "topic" { vendor here processed in FR within 20 s }

rule eu_stays when region is eu require processed in FR
refuse embargo when region is nowhere with "not there"

route secret when data includes secret to sealed
route law when topic is law to legal
route easy when difficulty < 40% to small
route rest to large
guarantee eu_only when region is eu, every deployment reached is processed in FR
"""


class Service(http.server.ThreadingHTTPServer):
    """Answers every question in the same way, and keeps what it was asked."""

    def __init__(self, value):
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen = []
        self.open = threading.Event()
        self.open.set()
        self.arrived = threading.Semaphore(0)
        self.says(value)
        self.is_over = False
        self.serving = threading.Thread(target=self.serve, daemon=True)
        self.serving.start()

    def serve(self):
        while not self.is_over:
            self.handle_request()

    def says(self, value, **more):
        self.answers(json.dumps({"value": value}), **more)

    def answers(self, body, status=200, content_type="application/json", headers=()):
        self.answer = (status, content_type, body.encode(), headers)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/ask"

    def close(self):
        if self.is_over:
            return
        self.open.set()
        self.is_over = True
        socket.create_connection(self.server_address).close()  # the last request that is waited for
        self.serving.join()
        self.server_close()

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.seen.append((self.path, dict(self.headers), json.loads(body)))
        self.server.arrived.release()
        self.server.open.wait(harness.PATIENCE)
        status, content_type, text, headers = self.server.answer
        try:
            self.send_response(status)
            self.send_header("content-type", content_type)
            self.send_header("content-length", str(len(text)))
            for name, value in headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text)
        except ConnectionError:
            pass  # the gateway waits no longer

    def log_message(self, *arguments):
        pass


class Services(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.triage, self.finder, self.librarian = Service(10), Service([]), Service("other")
        for service in (self.triage, self.finder, self.librarian):
            self.addCleanup(service.close)

    def start(self, *more, within="20 s", policy=POLICY, cooldown_ms=0):
        path = pathlib.Path(self.folder, "helped.route")
        path.write_text(policy.replace("WITHIN", within))
        bundle = os.path.join(self.folder, "helped.rtb")
        done = subprocess.run([os.path.join(BINARIES, "routec"), "build", str(path), "-o", bundle],
                              capture_output=True, text=True, timeout=harness.PATIENCE)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        provider = Provider(BINARIES, "provider")
        self.addCleanup(provider.close)
        config = pathlib.Path(self.folder, "gateway.json")
        config.write_text(json.dumps({
            "listen": "127.0.0.1:0", "threads": 1, "decision_log": os.path.join(self.folder, "log.jsonl"),
            "admin": {"listen": "127.0.0.1:0", "token_sha256": harness.key_hash("the-token")},
            "service_cooldown_ms": cooldown_ms,  # most tests are about single answers
            "tenants": [{"id": "gold", "key_sha256": harness.key_hash("sk-gold")}],
            "endpoints": {**{name: provider.url for name in ("small", "large", "sealed", "legal")},
                          "triage": self.triage.url, "finder": self.finder.url, "librarian": self.librarian.url},
        }))
        self.gateway = Gateway(BINARIES, bundle, str(config), {"TRIAGE_KEY": "tk-1"}, more=more)
        self.addCleanup(self.gateway.close)
        return self.gateway

    def ask(self, text="hello", **headers):
        return self.gateway.chat(text, {"x-" + name: value for name, value in headers.items()})

    def decision(self, answer):
        return next(record for record in self.gateway.records(answer.id) if record["record"] == "decision")

    def result(self, answer, name):
        return next(entry for entry in self.decision(answer)["services"] if entry["name"] == name)

    def test_answers_decide(self):
        self.start()
        answer = self.ask("solve this", region="us")
        self.assertEqual((answer.status, answer.deployment), (200, "small"))
        (path, headers, body), = self.triage.seen
        self.assertEqual((path, headers["Authorization"]), ("/ask", "Bearer tk-1"))
        self.assertEqual(body, {"classifier": "difficulty", "text": "solve this\n"})
        (_, headers, body), = self.finder.seen
        self.assertEqual((body["detector"], headers.get("Authorization")), ("presidio", None))
        kinds = [record["record"] for record in self.gateway.records(answer.id)]
        self.assertEqual(kinds, ["asking", "decision", "outcome"])
        asking = self.gateway.records(answer.id)[0]
        self.assertEqual([entry["name"] for entry in asking["services"]], ["triage", "finder", "librarian"])
        self.assertEqual(asking["services"][0], {"name": "triage", "vendor": "there", "jurisdiction": "US",
                                                 "endpoint": self.triage.url, "answers": "classifier difficulty"})
        self.assertEqual(self.decision(answer)["attributes"]["difficulty"], "10%")
        triage = self.result(answer, "triage")
        self.assertEqual((triage["result"], triage["value"], triage["kept_by"]), ("answered", 10, []))

    def test_the_prompt_stays_from_whom_the_rules_exclude(self):
        self.start()
        answer = self.ask()
        self.assertEqual(answer.deployment, "large")  # the default is hard
        self.assertEqual(self.triage.seen, [])
        self.assertEqual(len(self.finder.seen), 1)
        triage = self.result(answer, "triage")
        self.assertEqual((triage["result"], triage["kept_by"], triage["endpoint"]), ("not_allowed", ["eu_stays"], None))

    def test_a_request_that_is_refused_anyhow_is_shown_to_nobody(self):
        self.start()
        answer = self.ask(region="nowhere")
        self.assertEqual((answer.status, answer.code), (403, "policy_refused"))
        self.assertEqual(self.triage.seen + self.finder.seen + self.librarian.seen, [])
        self.assertEqual([record["record"] for record in self.gateway.records(answer.id)], ["decision", "outcome"])

    def test_late_answers_do_not_count(self):
        self.start(within="50 ms")
        self.triage.open.clear()
        answer = self.ask(region="us")
        self.assertEqual(answer.deployment, "large")
        self.assertEqual(self.result(answer, "triage")["result"], "timeout")
        self.triage.open.set()
        self.assertTrue(self.triage.arrived.acquire(timeout=harness.PATIENCE))  # it was asked

    def test_services_are_asked_at_once(self):
        self.start()
        for service in (self.triage, self.finder, self.librarian):
            service.open.clear()
        answers = []
        asking = threading.Thread(target=lambda: answers.append(self.ask(region="us")))
        asking.start()
        for service in (self.triage, self.finder, self.librarian):  # each while none has answered
            self.assertTrue(service.arrived.acquire(timeout=harness.PATIENCE))
        for service in (self.triage, self.finder, self.librarian):
            service.open.set()
        asking.join(harness.PATIENCE)
        self.assertEqual(answers[0].deployment, "small")

    def test_what_is_no_answer_counts_as_the_default(self):
        self.start()
        other = Service(10)
        self.addCleanup(other.close)
        wrong = {
            "garbage": [lambda: self.triage.answers("not JSON"), lambda: self.triage.answers('{"values": 1}'),
                        lambda: self.triage.answers('{"value": 10}', content_type="text/html"),
                        lambda: self.triage.answers('{"value": 10, "value": 20}'),
                        lambda: self.triage.answers('{"value": 10, "filler": "' + "x" * (65 << 10) + '"}')],
            "error_status": [lambda: self.triage.answers('{"value": 10}', status=500)],
            "broken_deployment": [lambda: self.triage.says(10, status=307, headers=[("location", other.url)])],
            "answered": [lambda: self.triage.says(400), lambda: self.triage.says("10"), lambda: self.triage.says([10]),
                         lambda: self.triage.says(None), lambda: self.triage.says(-1)],
        }
        for result, cases in wrong.items():
            for index, prepare in enumerate(cases):
                with self.subTest(result=result, index=index):
                    prepare()
                    answer = self.ask(region="us")
                    self.assertEqual((answer.status, answer.deployment), (200, "large"))
                    self.assertEqual(self.result(answer, "triage")["result"], result)
                    ignored = [entry for entry in self.decision(answer)["ignored"] if entry["attribute"] == "difficulty"]
                    self.assertEqual([entry["source"] for entry in ignored], ["classifier difficulty"])
        self.assertEqual(other.seen, [])

    def test_a_service_that_is_gone(self):
        self.start()
        self.triage.close()
        answer = self.ask(region="us")
        self.assertEqual(answer.deployment, "large")
        self.assertIn(self.result(answer, "triage")["result"], ("connection_refused", "connection_reset"))

    def test_a_detector_adds_to_what_others_say(self):
        self.start()
        self.finder.says(["personal", "something else"])
        self.assertEqual(self.decision(self.ask(data="health"))["attributes"]["data"], "personal,health")
        self.finder.says(["secret"])
        self.assertEqual(self.ask(data="health").deployment, "sealed")

    def test_a_detector_that_fails_adds_the_default(self):
        self.start()
        self.finder.says("personal")
        answer = self.ask(data="health")
        self.assertEqual(answer.deployment, "sealed")
        self.assertEqual(self.decision(answer)["attributes"]["data"], "health,secret")

    def test_without_a_default_the_request_is_refused(self):
        self.start()
        self.librarian.says("cooking")
        answer = self.ask()
        self.assertEqual((answer.status, answer.code), (403, "policy_refused"))
        self.assertIn("`topic` has no value", answer.json["error"]["message"])
        self.assertEqual(self.result(answer, "librarian")["result"], "answered")

    def test_a_long_text_is_not_sent(self):
        self.start()
        answer = self.ask("x" * (1 << 20) + "y", region="us")
        self.assertEqual((answer.status, answer.code), (403, "policy_refused"))  # there is no topic
        self.assertEqual(self.triage.seen + self.finder.seen + self.librarian.seen, [])
        self.assertEqual(self.result(answer, "finder")["result"], "text_too_long")

    def test_decide_asks_too(self):
        self.start()
        self.librarian.says("law")
        body = {"model": "any", "messages": [{"role": "user", "content": "hello"}]}
        status, _, text = self.gateway.call("POST", "/v1/route/decide", body)
        self.assertEqual(status, 200)
        decided = json.loads(text)
        self.assertEqual(decided["route"], "law")
        self.assertEqual(decided["services"], [{"name": "triage", "asked": False, "kept_by": ["eu_stays"]},
                                               {"name": "finder", "asked": True, "kept_by": []},
                                               {"name": "librarian", "asked": True, "kept_by": []}])
        self.assertEqual(len(self.librarian.seen), 1)

    def test_a_dry_run_asks_once(self):
        self.start("--dry-run")
        self.librarian.says("law")
        answer = self.ask(region="us")
        self.assertEqual(answer.json["route"], "law")
        self.assertEqual([len(service.seen) for service in (self.triage, self.finder, self.librarian)], [1, 1, 1])

    def test_a_shadow_gets_the_same_answers(self):
        shadow = pathlib.Path(self.folder, "shadow.route")
        shadow.write_text(POLICY.replace("WITHIN", "20 s").replace("difficulty < 40%", "difficulty < 5%"))
        bundle = os.path.join(self.folder, "shadow.rtb")
        subprocess.run([os.path.join(BINARIES, "routec"), "build", str(shadow), "-o", bundle], check=True,
                       capture_output=True, timeout=harness.PATIENCE)
        self.start("--shadow", bundle)
        answer = self.ask(region="us")
        seen = self.decision(answer)["shadow"]
        self.assertEqual((answer.deployment, seen["same"], seen["route"]), ("small", False, "rest"))
        self.assertEqual(len(self.triage.seen), 1)

    def cooling(self):
        return {entry["service"]: entry["cause"] for entry in self.gateway.admin("GET", "/admin/cooldowns")[1]["services"]}

    def test_a_service_that_fails_is_left_out_for_a_while_and_its_default_applies_at_once(self):
        self.start(cooldown_ms=3_600_000)
        self.triage.answers("{}", status=500)
        for number in range(1, 9):
            answer = self.ask(region="us")
            self.assertEqual((answer.status, answer.deployment), (200, "large"))
            self.assertEqual(self.result(answer, "triage")["result"], "error_status" if number <= 5 else "cooldown")
        self.assertEqual((len(self.triage.seen), len(self.finder.seen)), (5, 8))
        self.triage.says(10)  # it would answer again, but is not asked
        answer = self.ask(region="us")
        self.assertEqual((answer.deployment, len(self.triage.seen)), ("large", 5))
        triage = self.result(answer, "triage")
        self.assertEqual((triage["result"], triage["endpoint"], triage["value"]), ("cooldown", None, None))
        self.assertTrue(triage["detail"].startswith("most_failed, asked again in "), triage["detail"])
        ignored = [entry for entry in self.decision(answer)["ignored"] if entry["attribute"] == "difficulty"]
        self.assertEqual([entry["why"] for entry in ignored], ["service `triage`: cooldown"])
        asking = self.gateway.records(answer.id)[0]
        self.assertEqual([entry["name"] for entry in asking["services"]], ["finder", "librarian"])
        self.assertEqual(self.cooling(), {"triage": "most_failed"})
        _, text = self.gateway.admin("GET", "/metrics")
        self.assertIn('routegate_service_passed_over_total{policy="helped",service="triage",reason="cooldown"} 4\n', text)
        self.assertIn("routegate_cooling_services 1\n", text)
        self.assertEqual(self.gateway.admin("DELETE", "/admin/cooldowns?service=finder")[1], {"cleared": 0})
        self.assertEqual(self.gateway.admin("DELETE", "/admin/cooldowns?deployment=triage")[1], {"cleared": 0})
        self.assertEqual(self.gateway.admin("DELETE", "/admin/cooldowns?service=triage")[1], {"cleared": 1})
        self.assertEqual(self.ask(region="us").deployment, "small")
        self.assertEqual(self.cooling(), {})

    def test_without_a_default_a_cooldown_refuses_at_once_and_nobody_is_asked_in_vain(self):
        self.start(cooldown_ms=3_600_000)
        for service in (self.finder, self.librarian):
            service.answers("{}", status=401)  # the key is wrong: that does not pass by itself
        for _ in range(3):
            answer = self.ask()
            self.assertEqual((answer.status, answer.code), (403, "policy_refused"))
        self.assertIn("service `librarian`: cooldown", answer.json["error"]["message"])
        self.assertEqual((len(self.finder.seen), len(self.librarian.seen)), (1, 1))
        self.assertEqual([record["record"] for record in self.gateway.records(answer.id)], ["decision", "outcome"])
        self.assertEqual(self.cooling(), {"finder": "broken_deployment", "librarian": "broken_deployment"})

    def test_a_service_comes_back_through_one_probe(self):
        self.start(cooldown_ms=1)
        self.librarian.answers("{}", status=429)
        self.ask()
        self.librarian.says("law")
        self.librarian.open.clear()
        self.assertTrue(self.librarian.arrived.acquire(timeout=harness.PATIENCE))  # the first question
        answers = []
        probe = threading.Thread(target=lambda: answers.append(self.ask()))
        while self.gateway.admin("GET", "/admin/cooldowns")[1]["services"][0]["left_ms"] > 0:
            pass
        probe.start()
        self.assertTrue(self.librarian.arrived.acquire(timeout=harness.PATIENCE))  # the probe
        self.assertEqual(self.ask().code, "policy_refused")  # others are kept out while it runs
        self.librarian.open.set()
        probe.join(harness.PATIENCE)
        self.assertEqual((answers[0].deployment, self.ask().deployment), ("legal", "legal"))
        self.assertEqual(self.cooling(), {})

    def test_a_retry_after_lengthens_the_cooldown(self):
        self.start(cooldown_ms=1)
        self.librarian.answers("{}", status=429, headers=[("retry-after", "3600")])
        self.ask()
        self.librarian.says("law")
        self.assertEqual((self.ask().code, len(self.librarian.seen)), ("policy_refused", 1))

    def test_counters(self):
        self.start()
        self.finder.answers("garbage")
        self.ask(region="us")
        _, text = self.gateway.admin("GET", "/metrics")
        self.assertIn('routegate_service_calls_total{policy="helped",service="triage",result="answered"} 1\n', text)
        self.assertIn('routegate_service_calls_total{policy="helped",service="finder",result="garbage"} 1\n', text)
        self.assertIn('routegate_service_seconds_count{policy="helped",service="triage"} 1\n', text)

    def test_problems_at_the_start(self):
        self.start()
        config = json.loads(pathlib.Path(self.folder, "gateway.json").read_text())
        del config["endpoints"]["triage"]
        path = pathlib.Path(self.folder, "broken.json")
        path.write_text(json.dumps(config))
        done = subprocess.run([os.path.join(BINARIES, "routegate"), "--bundle", os.path.join(self.folder, "helped.rtb"),
                               "--config", str(path), "--allow-unproved"], capture_output=True, text=True, env={},
                              timeout=harness.PATIENCE)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("service `triage` has no endpoint", done.stdout + done.stderr)
        self.assertIn("service `triage` takes its key from the environment variable `TRIAGE_KEY`", done.stdout + done.stderr)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--binaries", required=True)
    parser.add_argument("--bundle")
    known, rest = parser.parse_known_args()
    BINARIES = known.binaries
    unittest.main(argv=[sys.argv[0], *rest])
