"""Runs routegate between real clients and fake providers.

    end_to_end_test.py --binaries DIR --bundle FILE [unittest arguments]

DIR holds routegate and fake_provider; FILE is the bundle of sample.route.
"""

import argparse
import concurrent.futures
import http.client
import http.server
import json
import os
import random
import resource
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import unittest

import harness
from harness import Gateway, Provider

BINARIES = ""
BUNDLE = ""
NAMES = ["paris", "berlin", "virginia"]
KEYS = {"PARIS_KEY": "key-of-paris", "BERLIN_KEY": "key-of-berlin", "VIRGINIA_KEY": "key-of-virginia"}


def environment(**more):
    return {**os.environ, **KEYS, **more}


def tenants():
    return [
        {"id": "acme", "key_sha256": harness.key_hash("sk-gold"), "attributes": {"tier": "gold"}},
        {"id": "best", "key_sha256": harness.key_hash("sk-platinum"), "attributes": {"tier": "platinum"}},
        {"id": "poor", "key_sha256": harness.key_hash("sk-poor"), "spend_cap_usd": "0.0001"},
    ]


def write_config(folder, endpoints, **more):
    config = {
        "listen": "127.0.0.1:0",
        "threads": 1,
        "decision_log": os.path.join(folder, "decisions.jsonl"),
        "tenants": tenants(),
        "endpoints": endpoints,
        "backoff_ms": 5,
        "cooldown_ms": 0,  # tests of other things fail deployments too
        "max_body_bytes": 1_000_000,
        **more,
    }
    path = os.path.join(folder, "gateway.json")
    with open(path, "w") as file:
        json.dump(config, file)
    return path


class Setting(unittest.TestCase):
    """Three fake providers and a gateway, fresh for each test."""

    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.providers = {}
        for name in NAMES:
            self.providers[name] = Provider(BINARIES, name)
            self.addCleanup(lambda name=name: self.providers[name].close())
        self.paris, self.berlin, self.virginia = (self.providers[name] for name in NAMES)
        self.endpoints = {name: provider.url for name, provider in self.providers.items()}
        self.gateway = self.start()

    def start(self, before=None, extra_environment=None, bundle=None, arguments=(), **more):
        path = write_config(self.folder, self.endpoints, **more)
        gateway = Gateway(BINARIES, bundle or BUNDLE, path, environment(**(extra_environment or {})), before, arguments)
        self.addCleanup(gateway.close)
        return gateway

    def restart(self, **arguments):
        self.gateway.stop()
        self.gateway = self.start(**arguments)

    def outcome(self, identity):
        return next(record for record in self.gateway.records(identity) if record["record"] == "outcome")

    def results(self, identity):
        return [(attempt["deployment"], attempt["result"]) for attempt in self.outcome(identity)["attempts"]]


class Serving(Setting):
    def test_plain_answer_with_curl(self):
        head = os.path.join(self.folder, "head")
        text = subprocess.run(
            ["curl", "-sS", "-D", head, f"http://{self.gateway.address}/v1/chat/completions",
             "-H", "Authorization: Bearer sk-gold", "-H", "Cookie: secret=1", "-H", "Content-Type: application/json",
             "-H", "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
             "-d", '{"model":"gpt-any","messages":[{"role":"user","content":"bonjour"}],"zeta":{"b":1,"a":2}}'],
            check=True, capture_output=True).stdout
        self.assertEqual(json.loads(text)["choices"][0]["message"]["content"], "paris serves paris-large: bonjour")
        with open(head) as file:
            headers = dict(line.strip().split(": ", 1) for line in file if ": " in line)
        identity = headers["x-route-decision-id"]
        self.assertRegex(identity, r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
        self.assertEqual(
            {name: value for name, value in headers.items() if name.startswith("x-route") and "id" not in name},
            {"x-route-policy": "sample@2026.1", "x-route-rule": "everything_else", "x-route-deployment": "paris",
             "x-route-vendor": "mistral", "x-route-jurisdiction": "FR", "x-route-attempts": "1"})

        # Both records were there before the answer.
        decision, outcome = self.gateway.records(identity)
        self.assertEqual((decision["record"], outcome["record"]), ("decision", "outcome"))
        self.assertEqual(decision["tenant"], "acme")
        self.assertEqual(decision["outcome"], "routed")
        self.assertEqual(decision["route"]["name"], "everything_else")
        self.assertEqual([tier["order"] for tier in decision["plan"]], [["paris"], ["berlin"], ["virginia"]])
        self.assertEqual(decision["attributes"]["tier"], "gold")
        self.assertEqual(decision["attributes"]["asked_model"], "gpt-any")
        self.assertNotIn("bonjour", json.dumps(decision) + json.dumps(outcome))
        self.assertEqual(outcome["served_by"], "paris")
        self.assertEqual(outcome["usage"], {"prompt_tokens": 7, "completion_tokens": 33})
        self.assertEqual(outcome["cost_usd"], "0.000212000")  # 7 * 2 USD + 33 * 6 USD for a million

        seen = self.paris.requests()["last"]
        self.assertEqual(seen["headers"]["authorization"], "Bearer key-of-paris")
        self.assertNotIn("cookie", seen["headers"])
        self.assertTrue(seen["headers"]["traceparent"].startswith("00-0af7"))
        self.assertEqual(list(seen["body"].items())[0], ("model", "paris-large"))
        self.assertEqual(json.dumps(seen["body"]["zeta"]), '{"b": 1, "a": 2}')

    def test_stream_with_curl(self):
        text = subprocess.run(
            ["curl", "-sSN", f"http://{self.gateway.address}/v1/chat/completions", "-H",
             "Authorization: Bearer sk-gold", "-d",
             '{"model":"m","stream":true,"messages":[{"role":"user","content":"one two"}]}'],
            check=True, capture_output=True).stdout.decode()
        events = [line[6:] for line in text.splitlines() if line.startswith("data: ")]
        self.assertEqual(events[-1], "[DONE]")
        words = [choice["delta"].get("content", "") for event in events[:-1] for choice in json.loads(event)["choices"]]
        self.assertEqual("".join(words), "paris serves paris-large: one two")
        usage = self.gateway.wait_for_record("usage", lambda record: True)
        self.assertEqual(usage["end"], "completed")
        self.assertEqual(usage["usage"], {"prompt_tokens": 7, "completion_tokens": 33})
        self.assertEqual(usage["cost_usd"], "0.000212000")
        self.assertEqual(self.paris.requests()["last"]["body"]["stream_options"], {"include_usage": True})

    def test_a_stream_is_passed_on_as_it_arrives(self):
        self.paris.control(gate="stream", chunks=2)
        connection = http.client.HTTPConnection("127.0.0.1", self.gateway.port, timeout=harness.PATIENCE)
        body = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "x"}]}
        connection.request("POST", "/v1/chat/completions", json.dumps(body), {"Authorization": "Bearer sk-gold"})
        answer = connection.getresponse()
        self.assertEqual(answer.headers["content-type"], "text/event-stream; charset=utf-8")
        first = answer.readline() + answer.readline() + answer.readline()
        self.assertIn(b'"paris"', first)
        outcome = self.outcome(answer.headers["x-route-decision-id"])  # durable before the first byte
        self.assertEqual((outcome["served_by"], outcome["stream"]), ("paris", True))
        self.paris.wait_for("gated")
        self.paris.release()
        self.assertTrue(answer.read().endswith(b"data: [DONE]\n\n"))
        connection.close()

    def test_the_caller_may_decline_usage_on_streams(self):
        answer = self.gateway.chat(stream=True, stream_options={"include_usage": False})
        self.assertEqual(answer.events[-1], "[DONE]")
        self.assertEqual(self.paris.requests()["last"]["body"]["stream_options"], {"include_usage": False})
        usage = self.gateway.wait_for_record("usage", lambda record: record["id"] == answer.id)
        self.assertEqual((usage["end"], usage["usage"]), ("completed", None))
        self.assertTrue(usage["usage_note"].startswith("no usage was reported; charged by estimate: "))

    def test_connections_are_kept_on_both_sides(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.gateway.port, timeout=harness.PATIENCE)
        for stream in [False, True, False, True]:
            body = {"model": "m", "stream": stream, "messages": [{"role": "user", "content": "x"}]}
            connection.request("POST", "/v1/chat/completions", json.dumps(body), {"Authorization": "Bearer sk-gold"})
            answer = connection.getresponse()
            answer.read()
            self.assertEqual(answer.status, 200)
        connection.close()
        self.assertEqual((self.paris.requests()["count"], self.paris.requests()["connections"]), (4, 1))

    def test_a_dead_pooled_connection_costs_no_attempt(self):
        self.assertEqual(self.gateway.chat().deployment, "paris")
        self.paris.close()
        self.providers["paris"] = self.paris = Provider(BINARIES, "paris", self.paris.port)
        answer = self.gateway.chat()
        self.assertEqual((answer.deployment, answer.attempts), ("paris", 1))

    def test_dry_run_models_and_health(self):
        before = len(self.gateway.records())
        status, _, text = self.gateway.call("POST", "/v1/route/decide",
                                            {"model": "m", "messages": [{"role": "user", "content": "x"}]},
                                            {"X-Data-Class": "health"})
        report = json.loads(text)
        self.assertEqual((status, report["outcome"], report["route"]), (200, "routed", "everything_else"))
        self.assertEqual(report["rules"], ["personal_stays"])
        self.assertIn({"deployment": "virginia", "by": "personal_stays"}, report["excluded"])
        self.assertEqual(len(self.gateway.records()), before)
        self.assertEqual(sum(provider.requests()["count"] for provider in self.providers.values()), 0)
        models = json.loads(self.gateway.call("GET", "/v1/models")[2])
        self.assertEqual([(model["id"], model["owned_by"]) for model in models["data"]],
                         [("paris", "mistral"), ("berlin", "aleph"), ("virginia", "openai")])
        self.assertEqual(self.gateway.call("GET", "/healthz", key=None)[0], 200)
        self.assertEqual(self.gateway.call("GET", "/readyz", key=None)[0], 200)


class ScriptedProvider:
    """Sends the same bytes as the answer to every request, then waits until the other side closes."""

    def __init__(self, answer):
        self.answer = answer
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}/v1"
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with connection, connection.makefile("rb") as reader:
            try:
                while head := http.client.parse_headers(reader) if reader.readline() else None:
                    reader.read(int(head["content-length"]))
                    connection.sendall(self.answer)
            except OSError:
                pass

    def close(self):
        self.listener.close()


class Scripted(Setting):
    def script(self, name, head, body, length=None):
        text = "HTTP/1.1 200 OK\r\n" + head + f"Content-Length: {len(body) if length is None else length}\r\n\r\n"
        provider = ScriptedProvider(text.encode() + body)
        self.addCleanup(provider.close)
        self.endpoints[name] = provider.url
        self.restart()

    def stream(self, body):
        self.script("paris", "Content-Type: text/event-stream\r\n", body)
        answer = self.gateway.chat(stream=True)
        return answer, self.gateway.wait_for_record("usage", lambda record: record["id"] == answer.id)

    def test_a_plain_answer_that_stalls_has_the_tier_s_time(self):
        for body in [b"", b'{"choices":[{}]']:
            self.script("virginia", "Content-Type: application/json\r\n", body, length=1000)
            answer = self.gateway.chat(key="sk-platinum")
            self.assertEqual((answer.status, answer.deployment, answer.attempts), (200, "paris", 2))
            self.assertEqual(self.results(answer.id), [("virginia", "timeout"), ("paris", "served")])

    def test_nothing_after_done_is_passed_on(self):
        chunk = b'data: {"choices":[],"us\\u0061ge":{"prompt_tokens":10.0,"completion_tokens":2}}\n\n'
        done = b"data: [DONE]\n\n"
        answer, usage = self.stream(b"\xef\xbb\xbf" + chunk + done + b"data: late\n\n")
        self.assertEqual(answer.body, chunk + done)
        self.assertEqual((usage["end"], usage["usage_note"]), ("completed", None))
        self.assertEqual(usage["usage"], {"prompt_tokens": 10, "completion_tokens": 2})

    def test_lines_that_end_in_carriage_returns(self):
        text = b'data: {"choices":[]}\r\rdata: {"usage":{"prompt_tokens":1}}\r\rdata: [DONE]\r\r'
        answer, usage = self.stream(text)
        self.assertEqual(answer.body, text)
        self.assertEqual((usage["end"], usage["usage"]), ("completed", None))
        # A third of the prompt's bound, at 2 USD a million.
        self.assertEqual(usage["cost_usd"], "0.000016000")
        self.assertEqual(usage["usage_note"], "`completion_tokens` is missing; charged by estimate: 8 prompt and 0 completion tokens")

    def test_usage_that_cannot_be_used_is_said(self):
        self.script("paris", "", b'{"choices":[{}],"usage":{"prompt_tokens":1,"completion_tokens":-2}}')
        outcome = self.outcome(self.gateway.chat().id)
        self.assertEqual((outcome["status"], outcome["usage"]), (200, None))
        self.assertTrue(outcome["usage_note"].startswith("`completion_tokens` is negative; charged by estimate: "))


class FailingOver(Setting):
    def test_from_errors_and_garbage(self):
        cases = [
            ({"mode": "status", "status": 500}, "error_status"),
            ({"mode": "status", "status": 529}, "error_status"),
            ({"mode": "status", "status": 408}, "error_status"),
            ({"mode": "status", "status": 409}, "error_status"),
            ({"mode": "status", "status": 429}, "rate_limited"),
            ({"mode": "status", "status": 401}, "broken_deployment"),
            ({"mode": "status", "status": 403}, "broken_deployment"),
            ({"mode": "status", "status": 404}, "broken_deployment"),
            ({"mode": "status", "status": 302, "location": self.virginia.url}, "broken_deployment"),
            ({"mode": "reset"}, "connection_reset"),
            ({"mode": "garbage_json"}, "garbage"),
            ({"mode": "garbage_html"}, "garbage"),
            ({"mode": "empty_choices"}, "garbage"),
        ]
        for behaviour, result in cases:
            for stream in [False, True]:
                with self.subTest(behaviour=behaviour, stream=stream):
                    self.paris.control(times=1, **behaviour)
                    answer = self.gateway.chat(stream=stream)
                    self.assertEqual((answer.status, answer.deployment, answer.attempts), (200, "berlin", 2))
                    self.assertEqual(self.results(answer.id), [("paris", result), ("berlin", "served")])
        self.assertEqual(self.virginia.requests()["count"], 0)

    def test_from_an_error_event_at_the_start_of_a_stream(self):
        self.paris.control(mode="error_event")
        answer = self.gateway.chat(stream=True)
        self.assertEqual((answer.deployment, answer.events[-1]), ("berlin", "[DONE]"))

    def test_from_a_refused_connection(self):
        self.paris.kill()
        answer = self.gateway.chat()
        self.assertEqual(answer.deployment, "berlin")
        self.assertEqual(self.results(answer.id)[0], ("paris", "connection_refused"))

    def test_from_an_upstream_killed_while_it_answers(self):
        self.paris.control(gate="reply")
        with concurrent.futures.ThreadPoolExecutor() as pool:
            running = pool.submit(self.gateway.chat, "hello")
            self.paris.wait_for("gated")
            self.paris.kill()
            answer = running.result()
        self.assertEqual((answer.text, answer.attempts), ("berlin serves berlin-large: hello", 2))
        self.assertEqual(self.results(answer.id), [("paris", "connection_reset"), ("berlin", "served")])

    def test_from_a_slow_upstream_after_the_tier_s_time(self):
        self.virginia.control(mode="hang")
        answer = self.gateway.chat(key="sk-platinum")
        self.assertEqual((answer.deployment, answer.attempts), ("paris", 2))
        self.assertEqual(self.results(answer.id)[0], ("virginia", "timeout"))
        self.virginia.wait_for("caller_gone")

    def test_a_stream_that_breaks_off_ends_with_an_error_event(self):
        self.paris.control(mode="truncate_stream", chunks=2)
        answer = self.gateway.chat("hello", stream=True)
        self.assertEqual((answer.status, answer.deployment), (200, "paris"))
        self.assertEqual(json.loads(answer.events[-1])["error"]["code"], "upstream_interrupted")
        self.assertEqual(len(answer.events), 3)
        for event in answer.events:
            json.loads(event)  # no half event
        usage = self.gateway.wait_for_record("usage", lambda record: record["id"] == answer.id)
        self.assertEqual(usage["end"], "interrupted")
        self.assertEqual(self.berlin.requests()["count"], 0)

    def test_a_stream_whose_upstream_is_killed_ends_with_an_error_event(self):
        self.paris.control(gate="stream", chunks=1)
        with concurrent.futures.ThreadPoolExecutor() as pool:
            running = pool.submit(self.gateway.chat, stream=True)
            self.paris.wait_for("gated")
            self.paris.kill()
            answer = running.result()
        self.assertEqual(json.loads(answer.events[-1])["error"]["code"], "upstream_interrupted")

    def test_errors_of_the_caller_are_passed_on_and_not_retried(self):
        for status in [400, 413, 422]:
            self.paris.control(mode="status", status=status)
            answer = self.gateway.chat()
            self.assertEqual((answer.status, answer.code, answer.attempts), (status, "fake_error", 1))
            self.assertEqual(self.results(answer.id), [("paris", "caller_error")])

    def test_retries_in_a_tier(self):
        self.paris.control(mode="status", status=500, times=2)
        answer = self.gateway.chat(headers={"x-route-workload": "retry"})
        self.assertEqual((answer.deployment, answer.attempts), ("paris", 3))
        self.paris.control(mode="status", status=500)
        answer = self.gateway.chat(headers={"x-route-workload": "retry"})
        self.assertEqual((answer.deployment, answer.attempts), ("berlin", 4))
        self.paris.control(mode="status", status=401)
        answer = self.gateway.chat(headers={"x-route-workload": "retry"})
        self.assertEqual((answer.deployment, answer.attempts), ("berlin", 2))

    def test_a_tier_tries_each_of_its_deployments_before_it_retries(self):
        def tried(answer):
            return [attempt["deployment"] for attempt in self.outcome(answer.id)["attempts"]]

        for provider in [self.paris, self.virginia]:
            provider.control(mode="status", status=500)
        answer = self.gateway.chat(headers={"x-route-workload": "pair"})
        self.assertEqual(tried(answer), ["paris", "virginia", "paris", "berlin"])
        self.paris.control(mode="status", status=401)
        answer = self.gateway.chat(headers={"x-route-workload": "pair"})
        self.assertEqual(tried(answer), ["paris", "virginia", "virginia", "berlin"])
        self.paris.control(mode="status", status=500, times=1)
        answer = self.gateway.chat(headers={"x-route-workload": "pair"})
        self.assertEqual((tried(answer), answer.deployment), (["paris", "virginia", "paris"], "paris"))

    def test_retry_after_counts_only_within_the_time_left(self):
        self.paris.control(mode="status", status=429, retry_after=3600)
        answer = self.gateway.chat(headers={"x-route-workload": "retry"})
        self.assertEqual((answer.deployment, answer.attempts), ("berlin", 2))

    def test_all_out(self):
        for provider in self.providers.values():
            provider.kill()
        answer = self.gateway.chat()
        self.assertEqual((answer.status, answer.code, answer.attempts), (503, "upstream_unavailable", 3))
        self.assertEqual(answer.headers["retry-after"], "1")
        self.assertEqual((self.outcome(answer.id)["status"], self.outcome(answer.id)["served_by"]), (503, None))

    def test_the_deadline(self):
        self.paris.control(mode="hang")
        answer = self.gateway.chat(headers={"x-route-workload": "one"})
        self.assertEqual((answer.status, answer.code), (504, "deadline_exceeded"))
        self.assertEqual(self.results(answer.id), [("paris", "timeout")])

    def test_draws_by_weight_are_in_the_record(self):
        firsts = set()
        for _ in range(40):
            answer = self.gateway.chat(headers={"x-route-workload": "code"})
            tier = self.gateway.records(answer.id)[0]["plan"][0]
            left = [dict(deployment) for deployment in tier["deployments"]]
            order = []
            draws = iter(tier["draws"])
            while left:
                draw = next(draws) if len(left) > 1 else 0
                pick = 0
                while draw >= left[pick]["weight"]:
                    draw -= left[pick]["weight"]
                    pick += 1
                order.append(left.pop(pick)["name"])
            self.assertEqual(order, tier["order"])
            self.assertEqual(answer.deployment, order[0])
            firsts.add(order[0])
        self.assertEqual(firsts, {"virginia", "paris"})  # all alike: once in 10^5 runs


class Refusing(Setting):
    def start(self, **arguments):
        bundle = os.path.join(self.folder, "handmade.rtb")
        subprocess.run([os.path.join(BINARIES, "make_gateway_bundle"), bundle], check=True)
        return super().start(bundle=bundle, **arguments)

    def test_refusals_are_recorded_and_reach_nobody(self):
        cases = [
            (dict(model="banned"), {}, "policy_refused", "this model is banned"),
            (dict(), {"x-route-workload": "legal"}, "policy_unservable", "route `everything_else` matches"),
            (dict(), {"x-data-class": "unheard-of"}, "policy_refused", "attribute `data` has no value and no default"),
        ]
        for fields, headers, code, message in cases:
            answer = self.gateway.chat(headers=headers, **fields)
            self.assertEqual((answer.status, answer.code), (403, code))
            self.assertIn(message, answer.json["error"]["message"])
            decision, outcome = self.gateway.records(answer.id)
            self.assertEqual((outcome["status"], outcome["code"], outcome["attempts"]), (403, code, []))
            self.assertIn(message, decision["reason"])
        self.assertEqual(sum(provider.requests()["count"] for provider in self.providers.values()), 0)


class Policing(Setting):
    def test_personal_data_stays_even_when_all_else_is_down(self):
        self.paris.kill()
        self.berlin.kill()
        mail = self.gateway.chat("write to jane.doe@example.org")
        self.assertEqual((mail.status, mail.code), (503, "upstream_unavailable"))
        claimed = self.gateway.chat(headers={"x-data-class": "health"})
        self.assertEqual(claimed.code, "upstream_unavailable")
        self.assertEqual(self.virginia.requests()["count"], 0)
        self.assertEqual(self.gateway.chat("nothing personal").deployment, "virginia")

    def test_long_requests_are_decided_like_short_ones(self):
        filler = "lorem ipsum " * 8_000  # 96 kB: off the event loop
        self.restart(threads=2)
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            mails = list(pool.map(lambda i: self.gateway.chat(f"{filler} {i} jane.doe@example.org"), range(16)))
        for answer in mails:
            self.assertEqual((answer.status, answer.deployment), (200, "paris"))
            self.assertIn("personal", self.gateway.records(answer.id)[0]["attributes"]["data"])
        answer = self.gateway.chat(filler * 3)  # more tokens than the attribute may count
        self.assertEqual((answer.status, answer.code), (403, "policy_refused"))
        status, _, text = self.gateway.call("POST", "/v1/chat/completions", '{"model":"' + filler + '"}')
        self.assertEqual((status, json.loads(text)["error"]["param"]), (400, "messages"))
        body = {"model": "m", "messages": [{"role": "user", "content": filler + " jane.doe@example.org"}]}
        report = json.loads(self.gateway.call("POST", "/v1/route/decide", body)[2])
        self.assertEqual((report["outcome"], report["rules"]), ("routed", ["personal_stays"]))

    def test_a_dry_run_gives_the_same_reason(self):
        headers = {"x-data-class": "helth"}
        body = {"model": "m", "messages": [{"role": "user", "content": "x"}]}
        report = json.loads(self.gateway.call("POST", "/v1/route/decide", body, headers)[2])
        self.assertIn("(header x-data-class: ", report["reason"])
        answer = self.gateway.chat(headers=headers)
        self.assertEqual(answer.json["error"]["message"], report["reason"])
        self.assertEqual(self.gateway.records(answer.id)[0]["reason"], report["reason"])

    def test_claims_that_do_not_fit(self):
        answer = self.gateway.chat(headers={"x-data-class": "helth"})
        self.assertEqual((answer.status, answer.code), (403, "policy_refused"))
        self.assertIn("attribute `data` has no value and no default", answer.json["error"]["message"])
        answer = self.gateway.chat(headers={"x-route-workload": "cod"})
        self.assertEqual(answer.status, 200)
        decision = self.gateway.records(answer.id)[0]
        self.assertEqual(decision["attributes"]["workload"], "chat")
        self.assertEqual([(i["attribute"], i["source"]) for i in decision["ignored"]],
                         [("workload", "header x-route-workload")])

    def test_spend_moves_a_tenant_on(self):
        first = self.gateway.chat(key="sk-poor")
        self.assertEqual((first.deployment, first.headers["x-route-rule"]), ("paris", "everything_else"))
        second = self.gateway.chat(key="sk-poor")
        self.assertEqual((second.deployment, second.headers["x-route-rule"]), ("berlin", "capped"))
        self.assertEqual(self.gateway.chat().deployment, "paris")  # others are not affected

    def test_unknown_keys(self):
        for key in [None, "", "sk-wrong", "sk-gold "[:-1] + "x"]:
            status, _, text = self.gateway.call("POST", "/v1/chat/completions", {"model": "m"}, key=key)
            self.assertEqual((status, json.loads(text)["error"]["code"]), (401, "invalid_api_key"))
        self.assertEqual(self.gateway.records(), [])


class Untrusted(Setting):
    def raw(self, text, more=b""):
        """Sends bytes and gives everything that comes back until the gateway closes."""
        with socket.create_connection(("127.0.0.1", self.gateway.port), timeout=harness.PATIENCE) as connection:
            try:
                connection.sendall(text + more)
                connection.shutdown(socket.SHUT_WR)
            except OSError:
                pass
            answer = b""
            try:
                while piece := connection.recv(65536):
                    answer += piece
            except ConnectionResetError:
                pass
            return answer

    def test_bodies_that_are_no_requests(self):
        deep = '{"model":"m","messages":[{"content":' + "[" * 100 + "]" * 100 + "}]}"
        cases = [
            ("", "cannot be read"),
            ("{", "cannot be read"),
            ("[]", "must be a JSON object"),
            ('{"messages":[{}]}', "`model`"),
            ('{"model":1,"messages":[{}]}', "`model` must be a string"),
            ('{"model":"m"}', "`messages`"),
            ('{"model":"m","messages":[]}', "at least one message"),
            ('{"model":"m","messages":["x"]}', "every message must be an object"),
            ('{"model":"m","messages":[{}],"stream":"yes"}', "`stream`"),
            ('{"model":"m","model":"n","messages":[{}]}', "`model` occurs twice"),
            (deep, "nested more than 64 deep"),
            ('{"model":"m","messages":[' + "{}," * 260_000 + "{}]}", "more than 250000 values"),
            (b'{"model":"\xff","messages":[{}]}', "cannot be read"),
        ]
        for body, message in cases:
            status, _, text = self.gateway.call("POST", "/v1/chat/completions", body)
            error = json.loads(text)["error"]
            self.assertEqual((status, error["code"], error["type"]), (400, "invalid_request", "invalid_request_error"))
            self.assertIn(message, error["message"])

    def test_sizes(self):
        status, _, text = self.gateway.call("POST", "/v1/chat/completions", b"x" * 1_000_001)
        self.assertEqual((status, json.loads(text)["error"]["code"]), (413, "request_too_large"))
        head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk-gold\r\n"
        self.assertIn(b" 431 ", self.raw(head + b"X-Long: " + b"a" * 20_000 + b"\r\n\r\n"))
        chunk = b"%x\r\n" % 600_000 + b"x" * 600_000 + b"\r\n"
        self.assertIn(b" 413 ", self.raw(head + b"Transfer-Encoding: chunked\r\n\r\n", chunk * 3))

    def test_framing_that_two_readers_could_see_differently(self):
        head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk-gold\r\n"
        for fields in [b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                       b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
                       b"Content-Length: 5\r\nContent-Length: 6\r\n",
                       b"Content-Length: -5\r\n",
                       b"Content-Length: 5, 5\r\n",
                       b"Transfer-Encoding: gzip, chunked\r\n",
                       b"Transfer-Encoding: xchunked\r\n",
                       b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"]:
            answer = self.raw(head + fields + b"\r\n0\r\n\r\n")
            self.assertIn(b" 400 ", answer.split(b"\r\n")[0], fields)
            self.assertEqual(answer.count(b"HTTP/1.1 400"), 1, (fields, answer))
        old = b"POST /v1/chat/completions HTTP/1.0\r\nAuthorization: Bearer sk-gold\r\nTransfer-Encoding: chunked\r\n"
        self.assertIn(b" 400 ", self.raw(old + b"\r\n0\r\n\r\n").split(b"\r\n")[0])

    def test_paths_and_methods(self):
        for method, path, status in [("GET", "/", 404), ("POST", "/v1/audio/speech", 404),
                                     ("GET", "/v1/chat/completions", 405), ("POST", "/healthz", 405),
                                     ("DELETE", "/v1/models", 405)]:
            self.assertEqual(self.gateway.call(method, path)[0], status)
        self.assertEqual(self.gateway.call("GET", "/v1/chat/completions")[1]["allow"], "POST")
        self.assertEqual(self.gateway.call("GET", "/v1/models", key=None)[0], 401)

    def test_requests_sent_ahead_are_answered_in_order(self):
        one = b'{"model":"m","messages":[{"role":"user","content":"%d"}]}'
        request = (b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk-gold\r\n"
                   b"Content-Length: %d\r\n\r\n" % len(one % 1))
        with socket.create_connection(("127.0.0.1", self.gateway.port), timeout=harness.PATIENCE) as connection:
            connection.sendall(request + one % 1 + request + one % 2)
            answer = b""
            while b"large: 2" not in answer:
                piece = connection.recv(65536)
                self.assertTrue(piece, answer)
                answer += piece
        self.assertLess(answer.index(b"large: 1"), answer.index(b"large: 2"))

    def test_noise_does_not_hurt(self):
        dice = random.Random(7)
        valid = (b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk-gold\r\n"
                 b"Content-Length: 57\r\n\r\n" + b'{"model":"m","messages":[{"role":"user","content":"abc"}]}'[:57])
        for _ in range(300):
            noise = bytearray(valid)
            for _ in range(dice.randrange(1, 8)):
                kind = dice.randrange(3)
                at = dice.randrange(len(noise))
                if kind == 0:
                    noise[at] = dice.randrange(256)
                elif kind == 1:
                    del noise[at:at + dice.randrange(1, 9)]
                else:
                    noise[at:at] = bytes(dice.randrange(256) for _ in range(dice.randrange(1, 9)))
            self.raw(bytes(noise))
        self.assertEqual(self.gateway.chat().status, 200)
        self.assertIsNone(self.gateway.process.poll())

    def test_a_caller_that_leaves_cancels_the_upstream(self):
        for stream, gate in [(False, "reply"), (True, "reply"), (True, "stream")]:
            self.paris.control(gate=gate, chunks=1)
            body = {"model": "m", "stream": stream, "messages": [{"role": "user", "content": "x"}]}
            connection = http.client.HTTPConnection("127.0.0.1", self.gateway.port)
            connection.request("POST", "/v1/chat/completions", json.dumps(body), {"Authorization": "Bearer sk-gold"})
            number = self.paris.wait_for("gated")["n"]
            connection.close()
            self.paris.wait_for("caller_gone", n=number)
        self.gateway.wait_for_record("usage", lambda record: record["end"] == "caller_gone")
        gone = [record for record in self.gateway.records() if record.get("code") == "caller_gone"]
        self.assertEqual([record["status"] for record in gone], [499, 499])
        self.assertEqual(gone[0]["attempts"][0]["result"], "cancelled")


class Logging(Setting):
    def test_no_log_no_route(self):
        # The kernel lets the file grow to 64 kB, which the spend store needs too, and no further.
        self.restart(before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536)))
        statuses = []
        while 503 not in statuses:
            answer = self.gateway.chat()
            statuses.append(answer.status)
            self.assertLess(len(statuses), 200)
        self.assertEqual(answer.code, "log_unavailable")
        self.assertEqual(statuses.count(200) + 1, len(statuses))
        before = self.paris.requests()["count"]
        refused = [self.gateway.chat(stream=stream) for stream in [False, True]]
        self.assertEqual([answer.code for answer in refused], ["log_unavailable"] * 2)
        self.assertLessEqual(self.paris.requests()["count"], before + 2)
        self.gateway.records()  # every line that is there is whole
        self.assertEqual(self.gateway.stop(), 0)

    def test_a_deleted_log_stops_everything(self):
        self.assertEqual(self.gateway.chat().status, 200)
        os.remove(self.gateway.log)
        before = self.paris.requests()["count"]
        for _ in range(2):
            self.assertEqual(self.gateway.chat().code, "log_unavailable")
        self.assertEqual(self.paris.requests()["count"], before)
        self.assertEqual(self.gateway.call("GET", "/readyz", key=None)[0], 503)

    def test_a_torn_record_is_kept_aside(self):
        identity = self.gateway.chat().id
        self.gateway.kill()
        with open(self.gateway.log, "ab") as file:
            file.write(b'{"record":"decision","id":"half')
        size = os.path.getsize(self.gateway.log) - 31
        self.gateway = self.start()
        kept = self.gateway.log + f".torn-{size}"
        with open(kept, "rb") as file:
            self.assertEqual(file.read(), b'{"record":"decision","id":"half')
        later = self.gateway.chat().id
        self.assertEqual([record["id"] for record in self.gateway.records()], [identity] * 2 + [later] * 2)

    def test_many_at_once(self):
        self.restart(threads=4)
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(lambda i: self.gateway.chat(f"number {i}", stream=i % 3 == 0), range(300)))
        self.assertEqual({answer.status for answer in answers}, {200})
        self.assertEqual(self.gateway.stop(), 0)
        kinds = {}
        for record in self.gateway.records():
            kinds.setdefault(record["id"], []).append(record["record"])
        for i, answer in enumerate(answers):
            self.assertIn(f"number {i}" if i % 3 else str(i), answer.body.decode())
            self.assertEqual(kinds[answer.id], ["decision", "outcome"] + (["usage"] if i % 3 == 0 else []))
        self.assertEqual(len(kinds), 300)


class Stopping(Setting):
    def idle_connection(self):
        """A connection that has had an answer, so that the gateway surely knows it."""
        connection = socket.create_connection(("127.0.0.1", self.gateway.port), timeout=harness.PATIENCE)
        self.addCleanup(connection.close)
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = b""
        while not answer.endswith(b'{"status":"ok"}'):
            answer += connection.recv(65536)
        return connection

    def test_running_requests_finish(self):
        self.paris.control(gate="reply")
        idle = self.idle_connection()
        with concurrent.futures.ThreadPoolExecutor() as pool:
            running = pool.submit(self.gateway.chat, "hello")
            self.paris.wait_for("gated")
            self.gateway.process.send_signal(signal.SIGTERM)
            self.assertEqual(idle.recv(1), b"")  # idle connections are closed at once
            self.paris.release()
            answer = running.result()
        self.assertEqual((answer.status, answer.headers["connection"]), (200, "close"))
        self.assertEqual(self.gateway.process.wait(timeout=harness.PATIENCE), 0)
        self.gateway.wait_for("stopped")
        self.assertEqual(len(self.gateway.records(answer.id)), 2)

    def test_a_second_signal_ends_streams_with_an_error_event(self):
        self.paris.control(gate="stream", chunks=1)
        with concurrent.futures.ThreadPoolExecutor() as pool:
            running = pool.submit(self.gateway.chat, stream=True)
            self.paris.wait_for("gated")
            idle = self.idle_connection()
            self.gateway.process.send_signal(signal.SIGTERM)
            self.assertEqual(idle.recv(1), b"")
            self.gateway.process.send_signal(signal.SIGTERM)
            answer = running.result()
        self.assertEqual(json.loads(answer.events[-1])["error"]["code"], "upstream_interrupted")
        self.assertEqual(self.gateway.process.wait(timeout=harness.PATIENCE), 0)
        usage = self.gateway.wait_for_record("usage", lambda record: record["id"] == answer.id)
        self.assertEqual(usage["end"], "interrupted")


class TlsProvider:
    """A provider behind TLS for `names`, whose certificate `authority.pem` in `folder` vouches for."""

    def __init__(self, folder, names):
        certificate, key = harness.make_certificate(folder, "authority", names)

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                self.rfile.read(int(self.headers["content-length"]))
                body = json.dumps({"choices": [{"message": {"content": "over TLS"}}]}).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        class QuietServer(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, client_address):
                pass

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.authority = certificate
        self.server = QuietServer(("127.0.0.1", 0), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Tls(Setting):
    def test_certificates_are_checked(self):
        good = TlsProvider(self.folder, "DNS:localhost")
        self.addCleanup(good.close)
        trusting = {"SSL_CERT_FILE": good.authority, "SSL_CERT_DIR": "/nonexistent"}
        self.endpoints["paris"] = f"https://localhost:{good.port}/v1"
        self.restart(extra_environment=trusting)
        for _ in range(2):
            self.assertEqual(self.gateway.chat().text, "over TLS")
        # The right authority, but another name.
        self.endpoints["paris"] = f"https://127.0.0.1:{good.port}/v1"
        self.restart(extra_environment=trusting)
        answer = self.gateway.chat()
        self.assertEqual(self.results(answer.id), [("paris", "tls_error"), ("berlin", "served")])
        # The right name, but an authority that is not trusted.
        self.endpoints["paris"] = f"https://localhost:{good.port}/v1"
        self.restart(extra_environment={"SSL_CERT_FILE": "/nonexistent", "SSL_CERT_DIR": "/nonexistent"})
        answer = self.gateway.chat()
        self.assertEqual(self.results(answer.id), [("paris", "tls_error"), ("berlin", "served")])


class Starting(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.endpoints = {name: "http://127.0.0.1:9/v1" for name in NAMES}

    def run_gateway(self, config, *more, bundle=None, env=None):
        return subprocess.run(
            [os.path.join(BINARIES, "routegate"), "--bundle", bundle or BUNDLE, "--config", config, "--allow-unproved", *more],
            capture_output=True, text=True, env=env or environment(), timeout=harness.PATIENCE)

    def test_check(self):
        result = self.run_gateway(write_config(self.folder, self.endpoints), "--check")
        self.assertEqual((result.returncode, json.loads(result.stdout)["event"]), (0, "checked"))
        self.assertFalse(os.path.exists(os.path.join(self.folder, "decisions.jsonl")))

    def test_every_problem_is_named_at_once(self):
        config = write_config(self.folder, {"paris": "ftp://x", "berlin": "http://ok/v1"}, nonsense=1, backoff_ms=-1)
        result = self.run_gateway(config)
        self.assertEqual(result.returncode, 1)
        for part in ["gateway.json: /nonsense: is not a key", "/backoff_ms: must be a whole number",
                     "/endpoints/paris: a base URL starts with"]:
            self.assertIn(part, result.stderr)
        env = environment()
        del env["PARIS_KEY"]
        env["BERLIN_KEY"] = "two words"
        more = tenants()
        more[0]["attributes"] = {"tier": "golden", "workload": "chat", "nothing": "x"}
        ok = "http://ok/v1"
        config = write_config(self.folder, {"paris": ok, "virginia": ok, "tokyo": ok}, tenants=more)
        result = self.run_gateway(config, env=env)
        self.assertEqual(result.returncode, 1)
        for part in ["/tenants/0/attributes/tier: ", "/tenants/0/attributes/workload: the policy does not take",
                     "/tenants/0/attributes/nothing: the policy has no attribute",
                     "/endpoints/tokyo: the bundle has no",
                     "`berlin` has no endpoint", "`PARIS_KEY`, which is not set", "`BERLIN_KEY` of deployment"]:
            self.assertIn(part, result.stderr)
        self.assertEqual(result.stdout, "")

    def test_exit_codes(self):
        config = write_config(self.folder, self.endpoints)
        program = os.path.join(BINARIES, "routegate")
        self.assertEqual(subprocess.run([program], capture_output=True).returncode, 2)
        self.assertEqual(subprocess.run([program, "--help"], capture_output=True).returncode, 0)
        self.assertEqual(self.run_gateway("/nonexistent").returncode, 2)
        self.assertEqual(self.run_gateway(config, bundle="/nonexistent").returncode, 2)
        broken = os.path.join(self.folder, "broken.rtb")
        with open(BUNDLE, "rb") as file:
            content = bytearray(file.read())
        content[len(content) // 2] ^= 1
        with open(broken, "wb") as file:
            file.write(content)
        self.assertEqual(self.run_gateway(config, bundle=broken).returncode, 1)

    def test_unverified_bundles(self):
        bundle = os.path.join(self.folder, "unverified.rtb")
        subprocess.run([os.path.join(BINARIES, "make_gateway_bundle"), bundle, "--unverified"], check=True)
        result = self.run_gateway(write_config(self.folder, self.endpoints), "--check", bundle=bundle)
        self.assertEqual(result.returncode, 1)
        self.assertIn("without a passing verification", result.stderr)
        config = write_config(self.folder, self.endpoints, allow_unverified=True)
        self.assertEqual(self.run_gateway(config, "--check", bundle=bundle).returncode, 0)

    def test_a_log_that_cannot_be_used(self):
        for path, message in [("/nonexistent/log", "cannot be opened"), (self.folder, "cannot be opened"),
                              (BUNDLE, "is not a decision log"), ("/dev/full", "not a regular file")]:
            result = self.run_gateway(write_config(self.folder, self.endpoints, decision_log=path))
            self.assertEqual(result.returncode, 1)
            self.assertIn(message, result.stderr)
        running = Gateway(BINARIES, BUNDLE, write_config(self.folder, self.endpoints), environment())
        self.addCleanup(running.close)
        result = self.run_gateway(write_config(self.folder, self.endpoints))
        self.assertEqual(result.returncode, 1)
        self.assertIn("is in use by another process", result.stderr)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--binaries", required=True)
    parser.add_argument("--bundle", required=True)
    known, rest = parser.parse_known_args()
    BINARIES, BUNDLE = known.binaries, known.bundle
    unittest.main(argv=[sys.argv[0], *rest])
