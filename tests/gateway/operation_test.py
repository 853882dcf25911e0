"""What routegate remembers, spends, takes over while it runs and tells its administrator.

    operation_test.py --binaries DIR --bundle FILE [unittest arguments]

DIR holds routegate, routec and fake_provider; FILE is the bundle of sample.route.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
import unittest
from decimal import Decimal

import end_to_end_test as base
import harness
from end_to_end_test import ScriptedProvider, Setting

HERE = pathlib.Path(__file__).parent
TOKEN = harness.key_hash("the-token")
PAIR = {"x-route-workload": "pair"}      # to paris, virginia; then berlin
SINGLE = {"x-route-workload": "one"}     # to paris
MIXED = {"x-route-workload": "code"}     # to virginia or paris, by weight


def tenant(**more):
    return {"id": "acme", "attributes": {"tier": "gold"}, "key_sha256": harness.key_hash("sk-gold"), **more}


class Operating(Setting):
    def start(self, **more):
        settings = {"admin": {"listen": "unix:" + os.path.join(self.folder, "admin.sock"), "token_sha256": TOKEN}}
        return super().start(**{**settings, **more})

    def skips(self, identity):
        return [(skip["deployment"], skip["reason"], skip["detail"]) for skip in self.outcome(identity)["skipped"]]

    def until(self, what, condition):
        end = time.monotonic() + harness.PATIENCE
        while time.monotonic() < end:
            if condition():
                return
        self.fail(f"never came true: {what}")


class Remembering(Operating):
    def start(self, **more):
        return super().start(**{"cooldown_ms": 60_000, **more})

    def test_a_rate_limited_deployment_is_left_out_of_later_requests(self):
        self.paris.control(mode="status", status=429, times=1)
        first = self.gateway.chat(headers=PAIR)
        self.assertEqual(self.results(first.id), [("paris", "rate_limited"), ("virginia", "served")])
        second = self.gateway.chat(headers=PAIR)
        self.assertEqual((second.deployment, second.attempts), ("virginia", 1))
        self.assertEqual(self.skips(second.id), [("paris", "cooldown", "rate_limited")])
        skip = self.outcome(second.id)["skipped"][0]
        self.assertEqual((skip["tier"], skip["after_attempts"]), ("pair", 0))
        self.assertTrue(0 < skip["left_ms"] <= 60_000)
        plan = self.gateway.records(second.id)[0]["plan"]
        self.assertEqual(plan[0]["order"], ["paris", "virginia"])  # the decision itself is the same
        # Alone in its tier it is asked all the same.
        self.assertEqual(self.gateway.chat(headers=SINGLE).deployment, "paris")

    def test_all_out_is_no_reason_to_leave_the_allowed_set(self):
        for provider in [self.paris, self.virginia]:
            provider.control(mode="status", status=401, times=1)
        self.assertEqual(self.gateway.chat(headers=MIXED).status, 503)
        counts = [provider.requests()["count"] for provider in self.providers.values()]
        refused = self.gateway.chat(headers=MIXED)
        self.assertEqual((refused.status, refused.code, refused.attempts), (503, "upstream_unavailable", 0))
        self.assertTrue(50 <= int(refused.headers["retry-after"]) <= 60)
        self.assertEqual({skip[0] for skip in self.skips(refused.id)}, {"paris", "virginia"})
        self.assertEqual(counts, [provider.requests()["count"] for provider in self.providers.values()])
        self.assertEqual(self.gateway.admin("DELETE", "/admin/cooldowns?deployment=berlin"), (200, {"cleared": 0}))
        self.assertEqual(self.gateway.admin("DELETE", "/admin/cooldowns"), (200, {"cleared": 2}))
        self.assertEqual(self.gateway.chat(headers=MIXED).status, 200)

    def test_retry_after_lengthens_the_cooldown(self):
        self.restart(cooldown_ms=1)
        self.paris.control(mode="status", status=429, retry_after=50, times=1)
        self.gateway.chat(headers=PAIR)
        self.assertEqual(self.gateway.chat(headers=PAIR).deployment, "virginia")
        status, answer = self.gateway.admin("GET", "/admin/cooldowns")
        self.assertEqual(status, 200)
        [cooldown] = answer["cooldowns"]
        self.assertEqual((cooldown["deployment"], cooldown["cause"], cooldown["probing"]), ("paris", "rate_limited", False))
        self.assertTrue(40_000 < cooldown["left_ms"] <= 50_000)

    def test_a_probe_brings_a_deployment_back(self):
        self.restart(cooldown_ms=20)
        self.paris.control(mode="status", status=429, times=1)
        self.gateway.chat(headers=PAIR)
        self.paris.control(mode="status", status=500)
        self.until("a probe that failed",
                   lambda: ("paris", "cooldown", "probe_failed") in self.skips(self.gateway.chat(headers=PAIR).id))
        self.paris.control(mode="ok")
        self.until("a probe that succeeded", lambda: self.gateway.chat(headers=PAIR).deployment == "paris")
        self.assertEqual(self.gateway.admin("GET", "/admin/cooldowns"), (200, {"cooldowns": [], "services": []}))

    def test_a_probe_whose_caller_leaves_is_another_s_turn(self):
        self.restart(cooldown_ms=20)
        self.paris.control(mode="status", status=429, times=1)
        self.gateway.chat(headers=PAIR)
        self.paris.control(gate="reply")

        def leave():
            connection = base.http.client.HTTPConnection("127.0.0.1", self.gateway.port, timeout=harness.PATIENCE)
            body = json.dumps({"model": "m", "messages": [{"role": "user", "content": "x"}]})
            connection.request("POST", "/v1/chat/completions", body, {"Authorization": "Bearer sk-gold", **PAIR})
            return connection

        before = self.paris.requests()["count"]
        probe = None
        while probe is None:
            connection = leave()
            connection.sock.settimeout(0.05)
            try:
                connection.getresponse().read()
                connection.close()
            except TimeoutError:
                probe = connection
        self.assertEqual(self.paris.requests()["count"], before + 1)
        probe.close()
        self.paris.wait_for("caller_gone")
        self.paris.control(mode="ok")
        self.until("another probe", lambda: self.gateway.chat(headers=PAIR).deployment == "paris")

    def test_streams_that_break_off_count_as_failures(self):
        self.paris.control(mode="truncate_stream")
        for _ in range(5):
            self.gateway.chat(headers=SINGLE, stream=True)
        self.until("five records", lambda: len([r for r in self.gateway.records() if r["record"] == "usage"]) == 5)
        [cooldown] = self.gateway.admin("GET", "/admin/cooldowns")[1]["cooldowns"]
        self.assertEqual((cooldown["deployment"], cooldown["cause"]), ("paris", "most_failed"))


class Refused(Operating):
    """Errors that are about the model that was asked."""

    def script(self, name, body, status="400 Bad Request", content_type="application/json"):
        text = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        provider = ScriptedProvider(text.encode())
        self.addCleanup(provider.close)
        self.endpoints[name] = provider.url

    def test_a_prompt_that_is_too_long_for_one_model_goes_to_the_next(self):
        error = '{"error":{"message":"too long","type":"invalid_request_error","code":"context_length_exceeded"}}'
        self.script("paris", error)
        self.restart()
        answer = self.gateway.chat()
        self.assertEqual((answer.status, answer.deployment), (200, "berlin"))
        self.assertEqual(self.results(answer.id), [("paris", "context_window"), ("berlin", "served")])
        alone = self.gateway.chat(headers=SINGLE)
        self.assertEqual((alone.status, alone.code, alone.deployment), (400, "context_length_exceeded", "paris"))

    def test_a_prompt_that_a_provider_refuses_goes_to_the_next_tier(self):
        error = '{"error":{"message":"no","code":"content_filter"}}'
        self.script("paris", error)
        self.restart()
        answer = self.gateway.chat(headers=PAIR)
        self.assertEqual(self.results(answer.id), [("paris", "content_policy"), ("berlin", "served")])

    def test_an_answer_of_another_type_is_garbage(self):
        self.script("paris", '{"choices":[{}]}', status="200 OK", content_type="text/html")
        self.restart()
        self.assertEqual(self.results(self.gateway.chat().id), [("paris", "garbage"), ("berlin", "served")])


class Spending(Operating):
    def capped(self, usd, per="total", at_cap="refuse", **more):
        return [tenant(caps=[{"usd": usd, "per": per, "at_cap": at_cap}], **more)]

    def total(self, key=None):
        rows = self.gateway.admin("GET", "/admin/spend")[1]["spend"]
        return Decimal(next(row["total_usd"] for row in rows if row["tenant"] == "acme" and row["key"] == key))

    def test_a_cap_is_never_passed_and_survives_a_restart(self):
        tenants = self.capped("0.001", per="day")
        self.restart(tenants=tenants)
        answers = []
        while not answers or answers[-1].status == 200:
            answers.append(self.gateway.chat(headers=SINGLE, max_tokens=20))
            self.assertLess(len(answers), 1000)
        refused = answers.pop()
        self.assertEqual((refused.status, refused.code), (429, "budget_exhausted"))
        self.assertEqual(refused.headers["x-should-retry"], "false")
        self.assertIn("the cap of 0.001 USD a day of the tenant `acme`", refused.json["error"]["message"])
        self.assertEqual(self.skips(refused.id), [("paris", "over_budget", "the cap of 0.001 USD a day of the tenant `acme`")])
        costs = [Decimal(self.outcome(answer.id)["cost_usd"]) for answer in answers]
        self.assertEqual(self.total(), sum(costs))
        self.assertLessEqual(self.total(), Decimal("0.001"))
        self.restart(tenants=tenants)
        self.assertEqual(self.gateway.chat(headers=SINGLE, max_tokens=20).code, "budget_exhausted")
        self.assertEqual(self.total(), sum(costs))

    def test_money_that_is_not_enough_for_one_deployment_may_be_for_the_next(self):
        # 100 tokens of answer alone may cost 600 millionths of a dollar in paris; with the prompt about 320 in berlin.
        self.restart(tenants=self.capped("0.0005"))
        answer = self.gateway.chat(max_tokens=100)
        self.assertEqual((answer.status, answer.deployment), (200, "berlin"))
        self.assertEqual(self.skips(answer.id)[0][:2], ("paris", "over_budget"))

    def test_a_key_has_a_cap_of_its_own(self):
        keys = [{"name": "ci", "key_sha256": harness.key_hash("sk-ci"), "caps": [{"usd": "0.000001", "per": "month"}]},
                {"name": "app", "key_sha256": harness.key_hash("sk-app")}]
        self.restart(tenants=[{"id": "acme", "attributes": {"tier": "gold"}, "keys": keys}])
        refused = self.gateway.chat(key="sk-ci")
        self.assertEqual((refused.status, refused.code), (429, "budget_exhausted"))
        self.assertEqual(self.gateway.records(refused.id)[0]["key"], "ci")
        self.assertEqual(self.gateway.chat(key="sk-app").status, 200)

    def test_a_stream_that_its_caller_leaves_is_charged_for_what_was_seen(self):
        self.restart(tenants=self.capped("1"))
        self.paris.control(gate="stream", chunks=3)
        connection = base.http.client.HTTPConnection("127.0.0.1", self.gateway.port, timeout=harness.PATIENCE)
        body = json.dumps({"model": "m", "stream": True, "messages": [{"role": "user", "content": "x"}]})
        connection.request("POST", "/v1/chat/completions", body, {"Authorization": "Bearer sk-gold", **SINGLE})
        answer = connection.getresponse()
        answer.readline()
        answer.close()
        connection.close()
        usage = self.gateway.wait_for_record("usage", lambda record: True)
        self.assertEqual(usage["end"], "caller_gone")
        self.assertIn("charged by estimate", usage["usage_note"])
        self.assertGreater(Decimal(usage["cost_usd"]), 0)
        self.until("the charge", lambda: self.total() == Decimal(usage["cost_usd"]))

    def test_kill_9_loses_no_settled_spend_and_grants_no_more_than_the_bound(self):
        callers, kills = 4, 6
        cost_of_one = self.outcome(self.gateway.chat(headers=SINGLE, max_tokens=20).id)["cost_usd"]
        cap = Decimal(cost_of_one) * 40
        settings = {"tenants": self.capped(str(cap)), "decision_log": os.path.join(self.folder, "capped.jsonl")}
        already = self.paris.requests()["count"]
        self.gateway.stop()
        seen = threading.Semaphore(0)
        received = []  # costs of the answers that callers have in their hands
        dice = random.Random(1)

        def call_until_it_fails():
            while True:
                try:
                    answer = self.gateway.chat(headers=SINGLE, max_tokens=20)
                except OSError:
                    return None
                except base.http.client.HTTPException:
                    return None
                if answer.status != 200:
                    return answer.code
                received.append(Decimal(cost_of_one))
                seen.release()

        for kill in range(kills + 1):
            self.gateway = self.start(**settings)
            before = list(received)
            self.assertGreaterEqual(self.total(), sum(before))
            with concurrent.futures.ThreadPoolExecutor(callers) as pool:
                running = [pool.submit(call_until_it_fails) for _ in range(callers)]
                if kill < kills:
                    for _ in range(dice.randint(1, 5)):
                        if not seen.acquire(timeout=harness.PATIENCE):
                            break
                    self.gateway.kill()
                ends = [one.result(timeout=harness.PATIENCE) for one in running]
            if kill == kills:
                self.assertEqual(set(ends), {"budget_exhausted"})
        self.assertLessEqual(self.total(), cap)
        asked = self.paris.requests()["count"] - already
        self.assertGreaterEqual(self.total(), sum(received))
        # Each kill may forget what was running at that moment: at most one request for each caller.
        self.assertLessEqual(asked * Decimal(cost_of_one), cap + kills * callers * Decimal(cost_of_one))

    def test_a_spend_store_that_is_no_database_stops_the_start(self):
        path = os.path.join(self.folder, "not-a-database")
        pathlib.Path(path).write_text("x" * 4096)
        config = base.write_config(self.folder, self.endpoints, spend_store=path, decision_log=os.path.join(self.folder, "other"))
        result = subprocess.run([os.path.join(base.BINARIES, "routegate"), "--bundle", base.BUNDLE, "--config", config, "--allow-unproved"],
                                capture_output=True, text=True, env=base.environment(), timeout=harness.PATIENCE)
        self.assertEqual(result.returncode, 1)
        self.assertIn(f"the spend store `{path}` cannot be used", result.stderr)


class TakingOver(Operating):
    def setUp(self):
        super().setUp()
        self.bundle = os.path.join(self.folder, "live.rtb")

    def build(self, version, single, to=None):
        text = (HERE / "sample.route").read_text()
        text = text.replace('version "2026.1"', f'version "{version}"')
        text = text.replace("when workload is one    to paris", f"when workload is one    to {single}")
        source = os.path.join(self.folder, f"sample-{version}.route")
        pathlib.Path(source).write_text(text)
        built = to or self.bundle + ".new"
        subprocess.run([os.path.join(base.BINARIES, "routec"), "build", source, "-o", built, "--today", "2026-11-24"],
                       check=True, capture_output=True, timeout=harness.PATIENCE)
        if to is None:
            os.rename(built, self.bundle)

    def test_a_new_bundle_is_taken_over_under_traffic_and_no_request_is_dropped(self):
        self.build("1", "paris")
        self.restart(bundle=self.bundle, threads=2)
        stop = threading.Event()

        def call():
            answers = []
            while not stop.is_set():
                answers.append(self.gateway.chat(headers=SINGLE))
            return answers

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            running = [pool.submit(call) for _ in range(4)]
            for version, single in [("2", "berlin"), ("3", "paris"), ("4", "berlin")]:
                self.build(version, single)
                self.gateway.process.send_signal(signal.SIGHUP)
                event = self.gateway.wait_for("reloaded")
                self.assertEqual(event["policies"][0]["version"], version)
            stop.set()
            answers = [answer for one in running for answer in one.result(timeout=harness.PATIENCE)]
        self.assertEqual({answer.status for answer in answers}, {200})
        expected = {"sample@1": "paris", "sample@2": "berlin", "sample@3": "paris", "sample@4": "berlin"}
        for answer in answers:
            self.assertEqual(answer.deployment, expected[answer.headers["x-route-policy"]])
        self.assertEqual(self.gateway.chat(headers=SINGLE).headers["x-route-policy"], "sample@4")

    def test_a_running_request_keeps_its_policy(self):
        self.build("1", "paris")
        self.restart(bundle=self.bundle)
        self.paris.control(gate="reply")
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            running = pool.submit(self.gateway.chat, headers=SINGLE)
            self.paris.wait_for("gated")
            self.build("2", "berlin")
            self.assertEqual(self.gateway.admin("POST", "/admin/reload"), (200, {"reloaded": True, "problems": []}))
            self.assertEqual(self.gateway.chat(headers=SINGLE).deployment, "berlin")
            self.paris.release()
            answer = running.result(timeout=harness.PATIENCE)
        self.assertEqual((answer.deployment, answer.headers["x-route-policy"]), ("paris", "sample@1"))

    def test_a_bad_bundle_is_refused_and_the_old_one_kept(self):
        self.build("1", "paris")
        self.restart(bundle=self.bundle)
        good = pathlib.Path(self.bundle).read_bytes()
        pathlib.Path(self.bundle).write_bytes(good[:-1])
        self.gateway.process.send_signal(signal.SIGHUP)
        problems = self.gateway.wait_for("reload_refused")["problems"]
        self.assertIn("the bundle is cut off", problems[0])
        self.assertEqual(self.gateway.chat(headers=SINGLE).headers["x-route-policy"], "sample@1")
        os.remove(self.bundle)
        status, answer = self.gateway.admin("POST", "/admin/reload")
        self.assertEqual((status, answer["reloaded"]), (409, False))
        self.assertIn("routegate_reloads_refused_total 2", self.gateway.admin("GET", "/metrics")[1])
        self.assertEqual(self.gateway.chat().status, 200)

    def test_keys_are_taken_over_and_what_needs_a_restart_is_refused(self):
        admin = {"listen": self.gateway.admin_address, "token_sha256": TOKEN}
        new = [tenant(), {"id": "new", "key_sha256": harness.key_hash("sk-new")}]
        base.write_config(self.folder, self.endpoints, tenants=new, admin=admin)
        self.assertEqual(self.gateway.chat(key="sk-new").status, 401)
        self.assertEqual(self.gateway.admin("POST", "/admin/reload")[0], 200)
        self.assertEqual(self.gateway.chat(key="sk-new").status, 200)
        self.assertEqual(self.gateway.chat(key="sk-platinum").status, 401)
        base.write_config(self.folder, self.endpoints, tenants=new, admin=admin, threads=2)
        status, answer = self.gateway.admin("POST", "/admin/reload")
        self.assertEqual(status, 409)
        self.assertIn("/threads: cannot change while the gateway runs", answer["problems"][0])

    def test_a_shadow_bundle_decides_too(self):
        shadow = os.path.join(self.folder, "shadow.rtb")
        self.build("next", "berlin", to=shadow)
        self.restart(arguments=["--shadow", shadow])
        same = self.gateway.chat()
        different = self.gateway.chat(headers=SINGLE)
        self.assertEqual((same.deployment, different.deployment), ("paris", "paris"))
        self.assertEqual(self.gateway.records(same.id)[0]["shadow"]["same"], True)
        record = self.gateway.records(different.id)[0]["shadow"]
        self.assertEqual((record["same"], record["version"], record["outcome"], record["route"], record["plan"]),
                         (False, "next", "routed", "single", [["berlin"]]))
        status = self.gateway.admin("GET", "/admin/status")[1]
        self.assertEqual((status["shadow_same"], status["shadow_different"]), (1, 1))
        self.assertEqual(self.berlin.requests()["count"], 0)

    def test_a_dry_run_sends_nothing(self):
        self.restart(arguments=["--dry-run"])
        answer = self.gateway.chat(headers=SINGLE)
        self.assertEqual((answer.status, answer.headers["x-route-dry-run"]), (200, "true"))
        self.assertEqual((answer.json["outcome"], answer.json["route"]), ("routed", "single"))
        self.assertEqual((self.outcome(answer.id)["code"], self.outcome(answer.id)["attempts"]), ("dry_run", []))
        self.assertEqual([provider.requests()["count"] for provider in self.providers.values()], [0, 0, 0])


class Administering(Operating):
    def test_only_with_the_token_and_on_its_own_socket(self):
        path = self.gateway.admin_address.removeprefix("unix:")
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        for token in [None, "", "wrong", "the-token2"]:
            for method, page in [("GET", "/metrics"), ("POST", "/admin/reload"), ("GET", "/nothing")]:
                self.assertEqual(self.gateway.admin(method, page, token)[0], 401)
        self.assertEqual(self.gateway.admin("GET", "/nothing")[0], 404)
        self.assertEqual(self.gateway.call("GET", "/admin/status", key="the-token")[0], 404)
        self.assertEqual(self.gateway.call("GET", "/metrics", key=None)[0], 404)
        self.gateway.stop()
        self.assertFalse(os.path.exists(path))

    def test_a_socket_that_a_crash_left_behind_is_no_obstacle_and_one_in_use_is(self):
        self.gateway.kill()
        self.gateway = self.start()
        self.assertEqual(self.gateway.admin("GET", "/admin/status")[0], 200)
        other = base.write_config(self.folder, self.endpoints, decision_log=os.path.join(self.folder, "other"),
                                  admin={"listen": self.gateway.admin_address, "token_sha256": TOKEN})
        result = subprocess.run([os.path.join(base.BINARIES, "routegate"), "--bundle", base.BUNDLE, "--config", other, "--allow-unproved"],
                                capture_output=True, text=True, env=base.environment(), timeout=harness.PATIENCE)
        self.assertEqual(result.returncode, 1)
        self.assertIn("the administrator's interface cannot listen on", result.stderr)
        self.assertEqual(self.gateway.admin("GET", "/admin/status")[0], 200)

    def test_status_and_metrics_on_a_port(self):
        self.restart(admin={"listen": "127.0.0.1:0", "token_sha256": TOKEN})
        self.gateway.chat()
        self.gateway.chat(stream=True)
        self.gateway.wait_for_record("usage", lambda record: True)
        self.gateway.chat(key="sk-wrong")
        status = self.gateway.admin("GET", "/admin/status")[1]
        self.assertEqual((status["policies"][0]["policy"], status["draining"], status["dry_run"]), ("sample", False, False))
        metrics = lambda: self.gateway.admin("GET", "/metrics")[1]
        self.until("all requests over", lambda: "routegate_in_flight 0\n" in metrics())
        text = metrics()
        for line in ['routegate_answers_total{code="ok"} 2', 'routegate_answers_total{code="invalid_api_key"} 1',
                     'routegate_attempts_total{policy="sample",deployment="paris",result="served"} 2',
                     "routegate_log_healthy 1", "routegate_ready 1"]:
            self.assertIn(line + "\n", text)
        labels = ('gen_ai_operation_name="chat",gen_ai_provider_name="mistral",gen_ai_request_model="paris-large",'
                  'routegate_policy="sample",routegate_deployment="paris"')
        self.assertIn("gen_ai_client_operation_duration_seconds_count{" + labels + "} 2\n", text)
        self.assertIn("gen_ai_client_token_usage_count{" + labels + ',gen_ai_token_type="input"} 2\n', text)
        families = [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")]
        self.assertEqual(len(families), len(set(families)))

    def test_draining_turns_readiness_off_and_serves_on(self):
        self.assertEqual(self.gateway.admin("POST", "/admin/drain"), (200, {"draining": True}))
        self.assertEqual(self.gateway.call("GET", "/readyz", key=None)[0], 503)
        answer = self.gateway.chat()
        self.assertEqual((answer.status, answer.headers["connection"]), (200, "close"))
        self.assertEqual(self.gateway.admin("DELETE", "/admin/drain"), (200, {"draining": False}))
        self.assertEqual(self.gateway.call("GET", "/readyz", key=None)[0], 200)


class Manual(unittest.TestCase):
    def test_the_page_has_every_option_and_is_clean(self):
        page = HERE.parents[1] / "docs" / "man" / "routegate.8"
        shown = subprocess.run([os.path.join(base.BINARIES, "routegate"), "--help"], capture_output=True, text=True,
                               timeout=harness.PATIENCE).stdout
        options = set(re.findall(r"(--[a-z][\w-]*)", shown)) - {"--help-all"}
        self.assertLessEqual({"--bundle", "--config", "--shadow", "--dry-run"}, options)
        for option in options:
            self.assertRegex(page.read_text(), rf"Fl {option[1:]}\b")
        if shutil.which("mandoc"):
            lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", page], capture_output=True, text=True)
            self.assertEqual(lint.stdout, "")


class Overloaded(Operating):
    def hold(self, pool):
        self.paris.control(gate="reply")
        running = pool.submit(self.gateway.chat, headers=SINGLE)
        self.paris.wait_for("gated")
        return running

    def test_more_requests_than_the_gateway_may_have_are_shed_at_once(self):
        self.restart(max_in_flight=1)
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            running = self.hold(pool)
            shed = self.gateway.chat()
            self.assertEqual((shed.status, shed.code, shed.headers["retry-after"]), (503, "overloaded", "1"))
            self.paris.release()
            self.assertEqual(running.result(timeout=harness.PATIENCE).status, 200)
        self.paris.control(mode="ok")
        self.assertEqual(self.gateway.chat().status, 200)

    def test_bodies_that_would_not_fit_into_memory_are_shed_before_they_are_sent(self):
        self.restart(max_body_bytes=100_000, max_body_bytes_in_flight=150_000)
        in_flight = lambda: self.gateway.admin("GET", "/admin/status")[1]["body_bytes_in_flight"]
        head = "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk-gold\r\n"
        text = json.dumps({"model": "any", "messages": [{"role": "user", "content": "x" * 90_000}]})
        for length in [f"Content-Length: {len(text)}\r\n", "Transfer-Encoding: chunked\r\n"]:
            with self.subTest(length=length), base.socket.create_connection(("127.0.0.1", self.gateway.port)) as slow:
                slow.settimeout(harness.PATIENCE)
                slow.sendall((head + length + "\r\n").encode())
                self.until("room taken", lambda: in_flight() == (len(text) if "Content" in length else 100_000))
                with base.socket.create_connection(("127.0.0.1", self.gateway.port)) as other:
                    other.settimeout(harness.PATIENCE)
                    other.sendall((head + "Expect: 100-continue\r\nContent-Length: 99000\r\n\r\n").encode())
                    answer = other.makefile("rb").read().decode()
                self.assertTrue(answer.startswith("HTTP/1.1 503 "), answer)
                self.assertIn('"code":"overloaded"', answer)
                self.assertIn("retry-after: 1\r\n", answer.lower())
                self.assertEqual(self.gateway.chat("small").status, 200)  # there is room for it
                slow.sendall((text if "Content" in length else f"{len(text):x}\r\n{text}\r\n0\r\n\r\n").encode())
                self.assertIn(b" 200 ", slow.makefile("rb").readline())
            self.until("room again", lambda: in_flight() == 0)
        self.assertIn("routegate_body_bytes_in_flight 0", self.gateway.admin("GET", "/metrics")[1])

    def test_what_is_running_counts_with_the_bytes_of_its_body(self):
        self.restart(max_body_bytes=100_000, max_body_bytes_in_flight=100_000)
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            running = self.hold(pool)
            self.assertEqual(self.gateway.chat("x" * 99_900).code, "overloaded")
            self.paris.control(mode="ok")
            self.assertEqual(self.gateway.chat("x" * 9_000).status, 200)
            self.paris.release()
            running.result(timeout=harness.PATIENCE)
        self.assertEqual(self.gateway.chat("x" * 99_900).status, 200)

    def test_a_tenant_cannot_take_all_places(self):
        others = {"id": "other", "key_sha256": harness.key_hash("sk-other")}
        self.restart(tenants=[tenant(max_in_flight=1), others])
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            running = self.hold(pool)
            shed = self.gateway.chat()
            self.assertEqual((shed.status, shed.code), (429, "too_many_requests"))
            self.paris.control(mode="ok")
            self.assertEqual(self.gateway.chat(key="sk-other").status, 200)
            self.paris.release()
            running.result(timeout=harness.PATIENCE)

    def test_connections_beyond_the_bound_are_closed(self):
        self.restart(max_connections=2)
        held = [base.socket.create_connection(("127.0.0.1", self.gateway.port)) for _ in range(2)]
        self.until("two connections",
                   lambda: self.gateway.admin("GET", "/admin/status")[1]["open_connections"] == 2)
        extra = base.socket.create_connection(("127.0.0.1", self.gateway.port), timeout=harness.PATIENCE)
        self.assertEqual(extra.recv(1), b"")
        extra.close()
        for connection in held:
            connection.close()
        self.until("room again", lambda: self.gateway.admin("GET", "/admin/status")[1]["open_connections"] == 0)
        self.assertEqual(self.gateway.chat().status, 200)

    def test_callers_leave_files_to_upstreams(self):
        self.restart(threads=1, before=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (128, 256)))  # to be raised
        held = [base.socket.create_connection(("127.0.0.1", self.gateway.port), timeout=harness.PATIENCE) for _ in range(256)]
        refused = re.compile(r"^routegate_connections_refused_total 128$", re.MULTILINE)
        self.until("half of them are refused", lambda: refused.search(self.gateway.admin("GET", "/metrics")[1]))
        self.assertEqual(self.gateway.admin("GET", "/admin/status")[1]["open_connections"], 128)
        body = json.dumps({"model": "m", "messages": [{"role": "user", "content": "hello"}]}).encode()
        held[0].sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk-gold\r\n"
                        b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.assertTrue(held[0].recv(4096).startswith(b"HTTP/1.1 200"))
        for connection in held:
            connection.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--binaries", required=True)
    parser.add_argument("--bundle", required=True)
    options, rest = parser.parse_known_args()
    base.BINARIES, base.BUNDLE = options.binaries, options.bundle
    # Only the tests of this file: those of the imported module run on their own.
    unittest.main(argv=[sys.argv[0], *rest])
