"""Callers who guess keys, claim attributes that are not theirs to claim, or try to reach an upstream's headers."""

import hashlib
import json

import abuse
from abuse import chat, error_of, post, reply, answer_json

PLAIN_HEADERS = {"host", "user-agent", "accept", "content-type", "content-length", "authorization"}


class Guessing(abuse.Abuse):
    def test_every_wrong_key_gets_the_same_answer(self):
        hashed = hashlib.sha256(b"sk-gold").hexdigest()
        guesses = ["sk-wrong", "x", "sk-gol", "sk-goldd", "SK-GOLD", "sk_gold", "sk-gold\u00e9", hashed, hashed[:32], "acme", "null", "*",
                   "sk-gold,sk-gold", "sk-gold sk-gold", "key-of-paris", "' or 1=1 --", "sk-platinum1", "a" * 15_000, "=="]
        answers = set()
        for guess in guesses:
            for header in [{"Authorization": f"Bearer {guess}".encode()}, {"x-api-key": guess.encode()}]:
                for path in ["/v1/chat/completions", "/v1/route/decide"]:
                    status, headers, body = self.gateway.call("POST", path, chat(), header, key=None)
                    headers = sorted(headers.items())
                    answers.add((status, str(headers), body))
        self.assertEqual(len(answers), 1, answers)
        (answer,) = answers
        self.assertEqual((answer[0], error_of(answer[2])["code"]), (401, "invalid_api_key"))
        self.assertEqual((self.asked(), self.gateway.records()), (0, []))

    def test_requests_without_one_key_in_one_form(self):
        for headers in [{}, {"Authorization": ""}, {"Authorization": "sk-gold"}, {"Authorization": "Basic c2stZ29sZA=="},
                        {"Authorization": "Bearer"}, {"Authorization": "Bearer "}, {"Authorization": "Bearersk-gold"}, {"x-api-key": ""},
                        {"X_Api_Key": "sk-gold"}, {"api-key": "sk-gold"}, {"Cookie": "key=sk-gold"}, {"Proxy-Authorization": "Bearer sk-gold"},
                        {"Authorization": "Bearer sk-gold", "x-api-key": "sk-gold"}, {"Authorization": "Bearer sk-wrong", "x-api-key": "sk-gold"}]:
            with self.subTest(headers=headers):
                status, _, body = self.gateway.call("POST", "/v1/chat/completions", chat(), headers, key=None)
                self.assertEqual((status, error_of(body)["code"]), (401, "invalid_api_key"))
        twice = post(chat(), "Authorization: Bearer sk-platinum\r\n")
        self.assertEqual([status for status, _, _ in self.raw(twice)], [401])
        status, _, _ = self.gateway.call("POST", "/v1/chat/completions?key=sk-gold&api_key=sk-gold", chat(), key=None)
        self.assertEqual(status, 401)
        self.assertEqual((self.asked(), self.gateway.records()), (0, []))

    def test_nobody_without_a_key_learns_what_there_is(self):
        bodies = {self.gateway.call("GET", path, key="sk-wrong")[2] for path in ["/v1/models", "/v1/models/paris", "/v1/models/nowhere"]}
        self.assertEqual(len(bodies), 1)
        large, small = (self.gateway.call("POST", "/v1/chat/completions", text, key="sk-wrong") for text in ["{" * 500_000, "{}"])
        self.assertEqual(large[2], small[2])


class Forging(abuse.Abuse):
    def decide(self, body=None, more="", key="sk-gold"):
        """The decision's record of a request with these bytes among its headers."""
        (answer,) = self.raw(post(chat() if body is None else body, more + "Connection: close\r\n", key))
        return answer[0], self.gateway.records(answer[1]["x-route-decision-id"])[0]

    def test_what_belongs_to_the_tenant_cannot_be_claimed(self):
        names = ["Tier", "X-Tier", "X-Route-Tier", "X-Tenant", "X-Tenant-Id", "X-Route-Tenant", "X-Route-Attributes", "X-Spend", "X-Today",
                 "X-Prompt", "X-Needs", "X-Route-Policy", "X-Route-Rule"]
        for value in ["platinum", "best", "tier=platinum", "0", '{"tier":"platinum"}']:
            more = "".join(f"{name}: {value}\r\n" for name in names)
            claims = {"tier": value, "tenant": "best", "spend": 0, "today": "2020-01-01", "prompt": 1, "needs": [],
                      "metadata": {"tier": value, "tenant": "best"}, "user": "best", "attributes": {"tier": value}}
            status, decision = self.decide(chat(**claims), more)
            self.assertEqual((status, decision["tenant"], decision["attributes"]["tier"]), (200, "acme", "gold"))
            self.assertNotEqual(decision["attributes"]["today"], "2020-01-01")
            self.assertNotEqual(decision["attributes"]["prompt"], "1 tokens")
            self.assertEqual(decision["route"]["name"], "everything_else")

    def test_what_is_measured_cannot_be_claimed_away(self):
        mail = chat("write to jane.doe@example.org")
        for more in ["", "X-Data-Class: \r\n", "X-Data-Class: financial\r\n", "x-DATA-class: financial\r\n", "X-Data-Class: financial\r\nX-Data-Class: \r\n"]:
            status, decision = self.decide(mail, more)
            self.assertEqual(status, 200)
            self.assertIn("personal", decision["attributes"]["data"], more)
            self.assertEqual([rule["name"] for rule in decision["rules"]], ["personal_stays"], more)
            self.assertNotIn("virginia", [name for tier in decision["plan"] for name in tier["order"]])
        self.assertEqual(len(self.virginia.calls), 0)

    def test_personal_data_is_found_in_whatever_field_it_stands(self):
        mail = "jane.doe@example.org"
        function = {"name": "f", "parameters": {"type": "object", "properties": {"to": {"type": "string", "enum": [mail]}}}}
        for fields in [{"user": mail}, {"metadata": {"deep": [[{"x": mail}]]}}, {"metadata": {mail: "x"}}, {"stop": [mail]}, {"no_such_field": mail},
                       {"tools": [{"type": "function", "function": function}]}, {"metadata": {"card": 4111111111111111}},
                       {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"default": mail}}}}]:
            with self.subTest(fields=fields):
                status, decision = self.decide(chat(**fields))
                self.assertEqual((status, decision["rules"][0]["name"]), (200, "personal_stays"))
        escaped = json.dumps(chat(note="X")).replace('"X"', '"jane.doe\\u0040example.org"')
        self.assertEqual([rule["name"] for rule in self.decide(escaped)[1]["rules"]], ["personal_stays"])
        self.assertEqual(self.decide(chat(user="u-17", seed=4111111111111111))[1]["rules"], [])
        self.assertEqual(len(self.virginia.calls), 0)

    def test_a_claim_counts_under_its_own_name_alone(self):
        for name, counts in [("X-Data-Class", True), ("x-data-class", True), ("X-DATA-CLASS", True), ("X_Data_Class", False),
                             ("X-Data_Class", False), ("X-Data-Class-", False), ("HTTP-X-Data-Class", False)]:
            status, decision = self.decide(more=f"{name}: health\r\n")
            self.assertEqual((status, "health" in (decision["attributes"]["data"] or "")), (200, counts), name)

    def test_a_claim_twice(self):
        status, decision = self.decide(more="X-Route-Workload: code\r\nX-Route-Workload: legal\r\n")
        self.assertEqual((status, decision["attributes"]["workload"]), (200, "chat"))
        self.assertEqual([ignored["attribute"] for ignored in decision["ignored"]], ["workload"])
        status, decision = self.decide(more="X-Data-Class: health\r\nX-Data-Class: financial\r\n")
        self.assertEqual((status, decision["attributes"]["data"]), (200, "health,financial"))
        status, decision = self.decide(more="X-Data-Class: health\r\nX-Data-Class: nonsense\r\n")
        self.assertEqual((status, decision["outcome"]), (403, "refused"))

    def test_a_claim_that_is_no_text(self):
        for value in [b"\xff", b"\xc3(", b"personal\xed\xa0\x80", b"\xf0\x9f\x98\x80", b"x" * 3_000]:
            for path in ["/v1/chat/completions", "/v1/route/decide"]:
                status, _, body = self.gateway.call("POST", path, chat(), {"X-Data-Class": value, "X-Region": value, "X-Route-Workload": value})
                self.assertIn("no value and no default", body.decode())
                self.assertEqual(status, 403 if path.endswith("completions") else 200)

    def test_connection_cannot_take_a_claim_away(self):
        for options in ["x-data-class", "close, X-Data-Class", "authorization", "host, content-length"]:
            status, decision = self.decide(more=f"X-Data-Class: health\r\nConnection: {options}\r\n")
            self.assertEqual((status, decision["attributes"]["data"]), (200, "health"), options)


class Passing(abuse.Abuse):
    def test_of_the_caller_s_headers_only_the_named_ones_reach_an_upstream(self):
        names = ["Cookie", "Proxy-Authorization", "X-Forwarded-For", "Forwarded", "Via", "X-Real-IP", "TE", "Trailer", "Upgrade", "Keep-Alive",
                 "OpenAI-Organization", "OpenAI-Project", "OpenAI-Beta", "X-Stainless-Lang", "X-Route-Deployment", "X-Route-Workload",
                 "X-Data-Class", "X-Region", "Idempotency-Key", "Range", "If-None-Match", "Accept-Encoding", "Accept", "User-Agent", "Expect",
                 "Authorization2", "Host2", "api-key", "anthropic-version", "anthropic-beta", "Baggage", "X-Request-Id", "X-Api-Key-2"]
        values = {"anthropic-version": "2023-06-01", "X-Data-Class": "health", "X-Region": "DE"}
        more = "".join(f"{name}: {values.get(name, 'forged')}\r\n" for name in names)
        answers = self.raw(post(chat(), more + "Connection: close, x-api-key, Cookie\r\n"))
        self.assertEqual([status for status, _, _ in answers], [200])
        (call,) = self.paris.calls
        self.assertEqual({name for name, _ in call.headers}, PLAIN_HEADERS)
        self.assertEqual(len(call.headers), len(PLAIN_HEADERS))
        self.assertNotIn("forged", str(call.headers))
        self.assertEqual(dict(call.headers)["authorization"], "Bearer key-of-paris")

    def test_what_is_passed_on_cannot_bring_another_header(self):
        parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        for more in [f"traceparent: {parent}\r\n", f"traceparent: {parent}\r\n Authorization: Bearer forged\r\n", "tracestate: a=b\r\n\tHost: x\r\n",
                     f"traceparent: {parent}\r\ntraceparent: forged\r\n"]:
            answers = self.raw(post(chat(), more + "Connection: close\r\n"))
            self.assertEqual([status for status, _, _ in answers], [200], more)
            names = [name for name, _ in self.paris.calls[-1].headers]
            self.assertEqual(len(names), len(set(names)))
            self.assertEqual(dict(self.paris.calls[-1].headers)["authorization"], "Bearer key-of-paris")
            self.assertEqual(dict(self.paris.calls[-1].headers)["host"], f"127.0.0.1:{self.paris.port}")

    def test_the_caller_s_key_reaches_neither_an_upstream_nor_the_log(self):
        for header in ["Authorization: Bearer sk-gold", "X-API-Key: sk-gold"]:
            request = post(chat(), "Connection: close\r\n").replace(b"Authorization: Bearer sk-gold", header.encode())
            self.assertEqual([status for status, _, _ in self.raw(request)], [200])
        seen = str([(call.line, call.headers, call.body) for call in self.paris.calls])
        with open(self.gateway.log) as file:
            log = file.read()
        for text in [seen, log]:
            self.assertNotIn("sk-gold", text)
        for key in abuse.KEYS.values():
            self.assertNotIn(key, log)

    def test_an_upstream_s_headers_do_not_reach_the_caller(self):
        forged = ("x-route-deployment: forged\r\nx-route-decision-id: forged\r\nSet-Cookie: a=b\r\nLocation: http://x/\r\nServer: s\r\n"
                  "Access-Control-Allow-Origin: *\r\nX-Route-Policy: forged\r\nWWW-Authenticate: Basic\r\nTrailer: x\r\nAlt-Svc: h3=\":1\"\r\n")
        for status in ["200 OK", "400 Bad Request"]:
            self.paris.behave = lambda call, status=status: call.send(reply(answer_json("x"), status=status, more=forged))
            _, headers, _ = self.gateway.call("POST", "/v1/chat/completions", chat())
            self.assertNotIn("forged", str(headers.items()))
            self.assertEqual({name for name in headers if not name.startswith("x-route-")}, {"content-type", "content-length"})

    def test_an_upstream_s_content_type_cannot_bring_a_header(self):
        self.paris.behave = lambda call: call.send(reply({"error": {}}, "text/html\t\x80; a=\"b\r\n c\"", "400 Bad Request"))
        status, headers, _ = self.gateway.call("POST", "/v1/chat/completions", chat())
        self.assertEqual(status, 400)
        self.assertRegex(headers["content-type"], r"^[ -~]*$")

    def test_keys_of_upstreams_go_to_their_own_alone(self):
        self.paris.behave = lambda call: call.send(reply(status="500 Broken"))
        self.berlin.behave = self.paris.behave
        self.assertEqual(self.gateway.chat().deployment, "virginia")
        for name, upstream in self.upstreams.items():
            self.assertEqual([dict(call.headers)["authorization"] for call in upstream.calls], [f"Bearer key-of-{name}"])


if __name__ == "__main__":
    abuse.main()
