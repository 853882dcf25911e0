"""Runs routegate between callers and providers that speak different APIs.

    dialects_test.py --binaries DIR --bundle FILE [unittest arguments]
"""

import argparse
import json
import subprocess
import sys
import unittest

import end_to_end_test
from harness import Answer

APIS = ["chat", "messages", "responses", "completions", "embeddings"]
PATHS = {"chat": "/v1/chat/completions", "messages": "/v1/messages", "responses": "/v1/responses",
         "completions": "/v1/completions", "embeddings": "/v1/embeddings"}
WEATHER = {"type": "object", "properties": {"city": {"type": "string"}}}


def body_of(api, text="hello", **fields):
    if api == "chat":
        body = {"messages": [{"role": "user", "content": text}]}
    elif api == "messages":
        body = {"max_tokens": 50, "messages": [{"role": "user", "content": text}]}
    else:
        body = {"prompt" if api == "completions" else "input": text}
    return {"model": "any", **body, **fields}


def events_of(answer):
    """(name, data) of every event."""
    events = []
    for event in answer.body.decode().strip().split("\n\n"):
        lines = dict(line.split(": ", 1) for line in event.split("\n"))
        data = lines["data"]
        events.append((lines.get("event"), data if data == "[DONE]" else json.loads(data)))
    return events


def text_of(api, answer):
    """The text of an answer in one piece."""
    if api == "chat":
        return answer["choices"][0]["message"]["content"]
    if api == "completions":
        return answer["choices"][0]["text"]
    if api == "messages":
        return "".join(block.get("text", "") for block in answer["content"])
    return "".join(part["text"] for item in answer["output"] for part in item.get("content", []))


def text_of_stream(api, events):
    if api == "chat":
        return "".join(choice["delta"].get("content") or "" for _, event in events if event != "[DONE]"
                       for choice in event["choices"])
    if api == "completions":
        return "".join(choice["text"] for _, event in events if event != "[DONE]" for choice in event["choices"])
    if api == "messages":
        return "".join(event["delta"].get("text", "") for name, event in events if name == "content_block_delta")
    return "".join(event["delta"] for name, event in events if name == "response.output_text.delta")


class Dialects(end_to_end_test.Setting):
    def start(self, before=None, extra_environment=None, bundle=None, speaks=None, **more):
        endpoints = {}
        for name, provider in self.providers.items():
            endpoints[name] = {"url": provider.url}
            if speaks and name in speaks:
                endpoints[name]["speaks"] = speaks[name]
        self.endpoints = endpoints
        return super().start(before, extra_environment, bundle, **more)

    def let_speak(self, **speaks):
        self.restart(speaks=speaks)

    def ask(self, api, text="hello", headers=None, key="sk-gold", **fields):
        return Answer(*self.gateway.call("POST", PATHS[api], body_of(api, text, **fields), headers, key))

    def last(self, provider=None):
        return (provider or self.paris).requests()["last"]


class OwnApi(Dialects):
    def test_every_api_is_passed_on_as_it_is(self):
        self.let_speak(paris=APIS)
        for api in ["chat", "messages", "responses", "completions"]:
            with self.subTest(api):
                answer = self.ask(api, zeta={"b": 1, "a": 2})
                self.assertEqual((answer.status, answer.deployment), (200, "paris"), answer.body)
                self.assertEqual(text_of(api, answer.json), "paris serves paris-large: hello")
                last = self.last()
                self.assertEqual((last["path"], last["body"]["model"]), (PATHS[api], "paris-large"))
                self.assertEqual(json.dumps(last["body"]["zeta"]), '{"b": 1, "a": 2}')
                self.assertEqual(self.outcome(answer.id)["usage"], {"prompt_tokens": 5, "completion_tokens": 31})

    def test_every_stream_is_passed_on_as_it_is(self):
        self.let_speak(paris=APIS)
        for api in ["chat", "messages", "responses", "completions"]:
            with self.subTest(api):
                answer = self.ask(api, stream=True)
                events = events_of(answer)
                self.assertEqual(text_of_stream(api, events), "paris serves paris-large: hello")
                last = {"chat": (None, "[DONE]"), "completions": (None, "[DONE]")}.get(api)
                if last:
                    self.assertEqual(events[-1], last)
                else:
                    self.assertIn(events[-1][0], ["message_stop", "response.completed"])
                usage = self.gateway.wait_for_record("usage", lambda record: record["id"] == answer.id)
                self.assertEqual((usage["end"], usage["usage"]), ("completed", {"prompt_tokens": 5, "completion_tokens": 31}))

    def test_embeddings(self):
        answer = self.ask("embeddings", text=["one", "two!"])
        self.assertEqual([element["embedding"] for element in answer.json["data"]], [[0.5, -2.0], [0.5, -2.0]])
        self.assertEqual(self.outcome(answer.id)["usage"], {"prompt_tokens": 4, "completion_tokens": 0})
        self.assertEqual(self.outcome(answer.id)["cost_usd"], "0.000008000")
        self.assertEqual(self.ask("embeddings", stream=True).status, 400)
        tokens = self.ask("embeddings", text=[15339, 1917])
        self.assertEqual((tokens.status, tokens.json["error"]["param"]), (400, "input"))

    def test_personal_data_is_found_in_every_api(self):
        self.let_speak(virginia=APIS, paris=APIS, berlin=APIS)
        for api in APIS:
            answer = self.ask(api, text="write to jane@example.org", headers={"X-Route-Workload": "code"})
            decision = self.gateway.records(answer.id)[0]
            self.assertEqual(decision["attributes"]["data"], "personal", api)
            self.assertNotIn("virginia", [name for tier in decision["plan"] for name in tier["order"]])

    def test_garbage_of_each_shape_is_no_answer(self):
        self.let_speak(paris=APIS, berlin=APIS)
        for api in APIS:
            for mode in ["empty_choices", "garbage_json", "garbage_html"]:
                with self.subTest(api, mode=mode):
                    self.paris.control(mode=mode, times=1)
                    answer = self.ask(api)
                    self.assertEqual(self.results(answer.id)[0], ("paris", "garbage"))
                    self.assertEqual(answer.deployment, "berlin")
        for api in ["messages", "responses", "completions"]:
            with self.subTest(api, stream=True):
                self.paris.control(mode="error_event", times=1)
                self.assertEqual(self.ask(api, stream=True).deployment, "berlin")

    def test_streams_that_break_off_end_with_an_error_of_their_api(self):
        self.let_speak(paris=APIS)
        for api in ["messages", "responses", "completions"]:
            with self.subTest(api):
                self.paris.control(mode="truncate_stream", chunks=2, times=1)
                answer = self.ask(api, stream=True)
                events = events_of(answer)
                self.assertEqual(text_of_stream(api, events[:-1]), "paris serves")
                name, error = events[-1]
                if api == "messages":
                    self.assertEqual((name, error["type"], error["error"]["details"]["error_code"]), ("error", "error", "upstream_interrupted"))
                elif api == "responses":
                    self.assertEqual((name, error["type"], error["code"]), ("error", "error", "upstream_interrupted"))
                else:
                    self.assertEqual(error["error"]["code"], "upstream_interrupted")

    def test_what_is_stored_elsewhere_is_refused(self):
        for field, value in [("previous_response_id", "resp_1"), ("conversation", "c"), ("store", True), ("background", True)]:
            answer = self.ask("responses", **{field: value})
            self.assertEqual((answer.status, answer.json["error"]["param"]), (400, field))
        status, _, text = self.gateway.call("GET", "/v1/responses/resp_1")
        self.assertEqual((status, json.loads(text)["error"]["code"]), (404, "not_found"))

    def test_models(self):
        status, _, text = self.gateway.call("GET", "/v1/models/berlin")
        self.assertEqual((status, json.loads(text)), (200, {"id": "berlin", "object": "model", "created": 0, "owned_by": "aleph"}))
        status, _, text = self.gateway.call("GET", "/v1/models/rome")
        self.assertEqual((status, json.loads(text)["error"]["code"]), (404, "not_found"))
        status, _, text = self.gateway.call("GET", "/v1/models?limit=20", None, {"anthropic-version": "2023-06-01"})
        models = json.loads(text)
        self.assertEqual([model["id"] for model in models["data"]], ["paris", "berlin", "virginia"])
        self.assertEqual((models["has_more"], models["first_id"], models["last_id"]), (False, "paris", "virginia"))

    def test_decide_takes_every_api(self):
        for api in APIS:
            status, _, text = self.gateway.call("POST", f"/v1/route/decide?api={api}", body_of(api, "jane@example.org"))
            self.assertEqual((status, json.loads(text)["rules"]), (200, ["personal_stays"]), api)
        self.assertEqual(self.gateway.call("POST", "/v1/route/decide?api=telex", {})[0], 400)


class Translation(Dialects):
    def test_messages_to_a_provider_of_chat(self):
        answer = self.ask("messages", system="be kind", headers={"anthropic-version": "2023-06-01", "anthropic-beta": "x-1"})
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual(answer.json["type"], "message")
        self.assertEqual(text_of("messages", answer.json), "paris serves paris-large: hello")
        self.assertEqual(answer.json["stop_reason"], "end_turn")
        self.assertEqual((answer.json["usage"]["input_tokens"], answer.json["usage"]["output_tokens"]), (5, 31))
        last = self.last()
        self.assertEqual(last["path"], "/v1/chat/completions")
        self.assertEqual(last["headers"]["authorization"], "Bearer key-of-paris")
        self.assertNotIn("anthropic-beta", last["headers"])
        self.assertEqual(last["body"], {"model": "paris-large", "messages": [{"role": "system", "content": "be kind"},
                                                                             {"role": "user", "content": "hello"}],
                                        "max_tokens": 50})

    def test_chat_to_a_provider_of_messages(self):
        self.let_speak(paris=["messages"])
        answer = self.ask("chat", headers={"anthropic-beta": "x-1"})
        self.assertEqual(answer.text, "paris serves paris-large: hello")
        self.assertEqual(answer.json["choices"][0]["finish_reason"], "stop")
        self.assertEqual(answer.json["usage"]["total_tokens"], 36)
        last = self.last()
        self.assertEqual(last["path"], "/v1/messages")
        self.assertEqual((last["headers"]["x-api-key"], last["headers"]["anthropic-version"], last["headers"]["anthropic-beta"]),
                         ("key-of-paris", "2023-06-01", "x-1"))
        self.assertNotIn("authorization", last["headers"])
        self.assertEqual(last["body"]["max_tokens"], 4096)
        self.assertEqual(self.outcome(answer.id)["usage"], {"prompt_tokens": 5, "completion_tokens": 31})

    def test_streams_between_all(self):
        for speaks, apis in [(["chat"], ["messages", "responses"]), (["messages"], ["chat", "responses"])]:
            self.let_speak(paris=speaks)
            for api in apis:
                with self.subTest(api, speaks=speaks):
                    answer = self.ask(api, stream=True)
                    events = events_of(answer)
                    self.assertEqual(text_of_stream(api, events), "paris serves paris-large: hello")
                    usage = self.gateway.wait_for_record("usage", lambda record: record["id"] == answer.id)
                    self.assertEqual((usage["end"], usage["usage"]),
                                     ("completed", {"prompt_tokens": 5, "completion_tokens": 31}))

    def test_a_translated_stream_is_passed_on_as_it_arrives(self):
        self.let_speak(paris=["messages"])
        self.paris.control(gate="stream", chunks=2)
        curl = subprocess.Popen(["curl", "-sSN", f"http://{self.gateway.address}/v1/chat/completions", "-H",
                                 "Authorization: Bearer sk-gold", "-d", json.dumps(body_of("chat", stream=True))],
                                stdout=subprocess.PIPE)
        seen = b""
        while b"serves" not in seen:
            seen += curl.stdout.read1()
        self.paris.wait_for("gated")
        self.assertNotIn(b"large", seen.split(b"serves")[1])
        self.paris.release()
        self.assertTrue((seen + curl.stdout.read()).endswith(b"data: [DONE]\n\n"))
        curl.stdout.close()
        curl.wait()

    def test_a_translated_stream_that_breaks_off(self):
        self.let_speak(paris=["messages"])
        self.paris.control(mode="truncate_stream", chunks=2)
        answer = self.ask("chat", stream=True)
        events = events_of(answer)
        self.assertEqual(text_of_stream("chat", events[:-1]), "paris serves")
        self.assertEqual(events[-1][1]["error"]["code"], "upstream_interrupted")

    def test_tools(self):
        chat_tools = [{"type": "function", "function": {"name": "weather", "parameters": WEATHER}}]
        anthropic_tools = [{"name": "weather", "input_schema": WEATHER}]
        answer = self.ask("messages", "call the tool", tools=anthropic_tools)
        self.assertEqual(answer.json["stop_reason"], "tool_use")
        self.assertEqual((answer.json["content"][0]["name"], answer.json["content"][0]["input"]), ("weather", {"city": "Paris"}))
        self.assertEqual(self.last()["body"]["tools"], chat_tools)
        streamed = events_of(self.ask("messages", "call the tool", tools=anthropic_tools, stream=True))
        pieces = [event["delta"]["partial_json"] for name, event in streamed if name == "content_block_delta"]
        self.assertEqual(json.loads("".join(pieces)), {"city": "Paris"})
        self.let_speak(paris=["messages"])
        answer = self.ask("chat", "call the tool", tools=chat_tools)
        choice = answer.json["choices"][0]
        self.assertEqual(choice["finish_reason"], "tool_calls")
        self.assertEqual(json.loads(choice["message"]["tool_calls"][0]["function"]["arguments"]), {"city": "Paris"})
        self.assertEqual(self.last()["body"]["tools"], anthropic_tools)
        answer = self.ask("responses", "call the tool", tools=[{"type": "function", "name": "weather", "parameters": WEATHER}])
        self.assertEqual(answer.json["output"][0]["type"], "function_call")
        self.assertEqual(json.loads(answer.json["output"][0]["arguments"]), {"city": "Paris"})

    def test_failover_from_one_api_to_another(self):
        self.let_speak(paris=["messages"], berlin=["chat"], virginia=["messages"])
        for api in ["chat", "messages", "responses"]:
            for stream in [False, True]:
                with self.subTest(api, stream=stream):
                    self.paris.control(mode="status", status=529, times=1)
                    self.berlin.control(mode="reset", times=1)
                    answer = self.ask(api, stream=stream)
                    self.assertEqual(self.results(answer.id),
                                     [("paris", "error_status"), ("berlin", "connection_reset"), ("virginia", "served")])
                    text = text_of_stream(api, events_of(answer)) if stream else text_of(api, answer.json)
                    self.assertEqual(text, "virginia serves virginia-large: hello")
                    self.assertEqual([provider.requests()["last"]["path"] for provider in self.providers.values()],
                                     ["/v1/messages", "/v1/chat/completions", "/v1/messages"])

    def test_who_cannot_be_asked_is_left_out(self):
        self.let_speak(paris=["messages"], berlin=["chat"])
        answer = self.ask("chat", response_format={"type": "json_object"})
        self.assertEqual(answer.deployment, "berlin")
        skip = self.outcome(answer.id)["skipped"][0]
        self.assertEqual((skip["deployment"], skip["reason"]), ("paris", "not_translatable"))
        self.assertIn("`response_format` cannot be translated", skip["detail"])
        self.assertEqual(self.paris.requests()["count"], 0)

    def test_a_request_that_nobody_can_be_asked(self):
        self.let_speak(paris=["messages"], berlin=["messages"], virginia=["messages"])
        answer = self.ask("chat", n=2)
        self.assertEqual((answer.status, answer.code), (400, "not_translatable"))
        self.assertIn("`n` cannot be translated", answer.json["error"]["message"])
        answer = self.ask("embeddings")
        self.assertEqual((answer.status, answer.code), (400, "not_translatable"))
        self.assertEqual(sum(provider.requests()["count"] for provider in self.providers.values()), 0)

    def test_errors_come_in_the_callers_form(self):
        self.let_speak(paris=["messages"])
        self.paris.control(mode="status", status=422)
        self.assertEqual(self.ask("chat").json["error"],
                         {"message": "as told", "type": "invalid_request_error", "param": None, "code": None})
        self.let_speak(paris=["chat"])
        answer = self.ask("messages")
        self.assertEqual((answer.status, answer.json),
                         (422, {"type": "error", "error": {"type": "invalid_request_error", "message": "as told",
                                                           "details": {"error_code": "fake_error"}}, "request_id": None}))
        refused = self.ask("messages", model="banned")
        self.assertEqual((refused.status, refused.json["error"]["type"], refused.code), (403, "permission_error", "policy_refused"))
        unknown = self.ask("messages", key="sk-unknown")
        self.assertEqual((unknown.status, unknown.json["error"]["type"]), (401, "authentication_error"))
        count = self.gateway.call("POST", "/v1/messages/count_tokens", body_of("messages"))
        self.assertEqual((count[0], json.loads(count[2])["error"]["type"]), (404, "not_found_error"))
        for provider in self.providers.values():
            provider.control(mode="status", status=500)
        self.assertEqual(self.ask("messages").json["error"]["type"], "overloaded_error")

    def test_keys_and_versions(self):
        answer = self.ask("messages", key=None, headers={"x-api-key": "sk-gold", "anthropic-version": "2023-06-01"})
        self.assertEqual(answer.status, 200)
        self.assertEqual(self.ask("chat", key=None, headers={"x-api-key": "sk-gold"}).status, 200)
        self.assertEqual(self.ask("messages", headers={"x-api-key": "sk-gold"}).status, 401)
        self.let_speak(paris=["messages"])
        for version in ["2023-06-01", "2026-10-21"]:
            self.assertEqual(self.ask("messages", headers={"anthropic-version": version}).status, 200)
            self.assertEqual(self.last()["headers"]["anthropic-version"], version)
        old = self.ask("messages", headers={"anthropic-version": "2023-01-01"})
        self.assertEqual((old.status, old.json["error"]["type"]), (400, "invalid_request_error"))


class Config(Dialects):
    def test_what_is_wrong_with_an_endpoint(self):
        self.gateway.stop()
        self.endpoints = {"paris": {"url": self.paris.url, "speaks": ["chat", "telex"], "dialect": "x"}, "rome": {"speaks": ["chat"]}}
        path = end_to_end_test.write_config(self.folder, self.endpoints)
        done = subprocess.run([f"{end_to_end_test.BINARIES}/routegate", "--bundle", end_to_end_test.BUNDLE, "--config", path, "--check", "--allow-unproved"],
                              capture_output=True, text=True, env=end_to_end_test.environment())
        self.assertEqual(done.returncode, 1)
        self.assertIn("/endpoints/paris/speaks/1: must be `chat`, `completions`, `embeddings`, `responses` or `messages`", done.stderr)
        self.assertIn("/endpoints/paris/dialect: is not a key of an endpoint: it takes `url` and `speaks`", done.stderr)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--binaries", required=True)
    parser.add_argument("--bundle", required=True)
    known, rest = parser.parse_known_args()
    end_to_end_test.BINARIES, end_to_end_test.BUNDLE = known.binaries, known.bundle
    unittest.main(argv=[sys.argv[0], *rest])
