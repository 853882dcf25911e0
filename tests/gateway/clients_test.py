"""Runs the official clients of OpenAI and Anthropic for Node against routegate and fake providers.

    clients_test.py --binaries DIR --bundle FILE --folder DIR [unittest arguments]

--folder names a folder of the build in which `npm ci` installs the clients.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import unittest

import dialects_test
import end_to_end_test
import harness

FOLDER = ""


def setUpModule():
    os.makedirs(FOLDER, exist_ok=True)
    here = os.path.dirname(os.path.abspath(__file__))
    for name in ["package.json", "package-lock.json", "openai_client.mjs", "anthropic_client.mjs"]:
        shutil.copy(os.path.join(here, name), FOLDER)
    subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--prefer-offline"], cwd=FOLDER, check=True, capture_output=True)


class Client(dialects_test.Dialects):
    SCRIPT = ""
    BASE = ""  # below the gateway's address
    SCHEME = "http"

    def client(self, call, key="sk-gold", **environment):
        return subprocess.Popen(["node", self.SCRIPT, f"{self.SCHEME}://{self.gateway.address}{self.BASE}", key, call],
                                cwd=FOLDER, stdout=subprocess.PIPE, env={**os.environ, **environment})

    def result(self, process):
        text, _ = process.communicate(timeout=harness.PATIENCE)
        return json.loads(text)

    def call(self, call, key="sk-gold"):
        return self.result(self.client(call, key))

    def call_over(self, speaks, call):
        """The call with providers that speak these APIs."""
        self.let_speak(**{name: speaks for name in self.providers})
        return self.call(call)


class OpenAiClient(Client):
    SCRIPT = "openai_client.mjs"
    BASE = "/v1"

    def test_plain(self):
        result = self.call("plain")
        self.assertEqual(result["text"], "paris serves paris-large: hello from node")
        self.assertEqual((result["deployment"], result["attempts"]), ("paris", "1"))
        self.assertEqual([record["record"] for record in self.gateway.records(result["id"])], ["decision", "outcome"])

    def test_stream(self):
        result = self.call("stream")
        self.assertEqual(result["text"], "paris serves paris-large: hello from node")
        self.assertEqual(result["tokens"], len("hello from node") + len(result["text"]))

    def test_errors(self):
        self.assertEqual(self.call("refused"),
                         {"error": "PermissionDeniedError", "status": 403, "code": "policy_refused"})
        self.assertEqual(self.call("plain", key="sk-unknown"),
                         {"error": "AuthenticationError", "status": 401, "code": "invalid_api_key"})
        self.assertEqual(self.call("models"), {"models": ["paris", "berlin", "virginia"], "owner": "aleph"})
        self.assertEqual(self.call("noModel"), {"error": "NotFoundError", "status": 404, "code": "not_found"})
        self.assertEqual(self.call("stored"), {"error": "BadRequestError", "status": 400, "code": "invalid_request"})
        self.paris.control(mode="status", status=422)
        self.assertEqual(self.call("plain"), {"error": "UnprocessableEntityError", "status": 422, "code": "fake_error"})

    def test_providers_of_either_api(self):
        text = "paris serves paris-large: hello from node"
        for speaks in [["chat"], ["messages"]]:
            with self.subTest(speaks=speaks):
                self.let_speak(**{name: speaks for name in self.providers})
                plain = self.call("plain")
                self.assertEqual((plain["text"], plain["tokens"]), (text, len("hello from node") + len(text)))
                self.assertEqual(self.call("stream"), {"text": text, "tokens": plain["tokens"]})
                tools = self.call("tools")
                self.assertEqual(tools["cities"], ["Paris"])
                self.assertIn("sunny in Paris", tools["text"])
                self.assertEqual(self.call("toolStream"), {"name": "weather", "city": "Paris"})
                self.assertEqual(self.call("image"), {"finish": "stop"})
                self.assertIn("iVBORw0KGgo=", json.dumps(self.paris.requests()["last"]["body"]))
                self.assertEqual(self.call("response"), {"text": text, "status": "completed", "tokens": plain["tokens"]})
                self.assertEqual(self.call("responseStream"), {"text": text, "final": text, "types": True})
                self.assertEqual(self.call("responseTool")["city"], "Paris")

    def test_completions_and_embeddings(self):
        text = "paris serves paris-large: once upon"
        self.assertEqual(self.call("completion"), {"text": text, "streamed": text})
        self.assertEqual(self.call("embeddings"), {"vectors": [[0.5, -2], [0.5, -2]], "tokens": 3})

    def test_responses_of_a_provider_that_speaks_them(self):
        text = "paris serves paris-large: hello from node"
        self.assertEqual(self.call_over(["responses"], "response")["text"], text)
        self.assertEqual(self.call("responseStream")["text"], text)
        self.assertEqual(self.paris.requests()["last"]["body"]["store"], False)

    def test_an_upstream_killed_before_its_answer(self):
        self.paris.control(gate="reply")
        running = self.client("plain")
        self.paris.wait_for("gated")
        self.paris.kill()
        result = self.result(running)
        self.assertEqual((result["text"], result["attempts"]), ("berlin serves berlin-large: hello from node", "2"))

    def test_an_upstream_killed_within_its_stream(self):
        self.paris.control(gate="stream", chunks=1)
        running = self.client("stream")
        self.paris.wait_for("gated")
        self.paris.kill()
        self.assertEqual(self.result(running), {"error": "APIError", "status": None, "code": "upstream_interrupted"})
        self.assertEqual(self.call("plain")["deployment"], "berlin")

    def test_all_upstreams_down(self):
        for provider in self.providers.values():
            provider.kill()
        self.assertEqual(self.call("plain"),
                         {"error": "InternalServerError", "status": 503, "code": "upstream_unavailable"})


class OpenAiClientOverTls(Client):
    SCRIPT = "openai_client.mjs"
    BASE = "/v1"
    SCHEME = "https"

    def start(self, **more):
        self.certificate, key = harness.make_certificate(self.folder)
        return super().start(**{"tls": {"certificate": self.certificate, "key": key}, **more})

    def call(self, call, key="sk-gold"):
        return self.result(self.client(call, key, NODE_EXTRA_CA_CERTS=self.certificate))

    def test_plain_and_stream(self):
        self.assertEqual(self.call("plain")["text"], "paris serves paris-large: hello from node")
        self.assertEqual(self.call("stream")["text"], "paris serves paris-large: hello from node")
        self.assertEqual(self.call("plain", key="sk-unknown")["status"], 401)


class AnthropicClient(Client):
    SCRIPT = "anthropic_client.mjs"

    def test_providers_of_either_api(self):
        text = "paris serves paris-large: hello from node"
        for speaks in [["messages"], ["chat"]]:
            with self.subTest(speaks=speaks):
                self.let_speak(**{name: speaks for name in self.providers})
                plain = self.call("plain")
                self.assertEqual((plain["text"], plain["stop"], plain["deployment"]), (text, "end_turn", "paris"))
                self.assertEqual(plain["tokens"], len("hello from node") + len(text))
                self.assertEqual(self.gateway.records(plain["id"])[1]["status"], 200)
                self.assertEqual(self.call("stream"), {"text": text, "final": text, "stop": "end_turn", "tokens": len(text)})
                tools = self.call("tools")
                self.assertEqual((tools["stop"], tools["city"]), ("tool_use", "Paris"))
                self.assertIn("sunny", tools["text"])
                self.assertEqual(self.call("toolStream"), {"stop": "tool_use", "city": "Paris"})
                self.assertEqual(self.call("image"), {"stop": "end_turn"})
                self.assertIn("iVBORw0KGgo=", json.dumps(self.paris.requests()["last"]["body"]))

    def test_models(self):
        self.assertEqual(self.call("models"), {"models": ["paris", "berlin", "virginia"], "name": "berlin"})

    def test_errors(self):
        self.assertEqual(self.call("refused"), {"error": "PermissionDeniedError", "status": 403, "code": "policy_refused"})
        self.assertEqual(self.call("plain", key="sk-unknown"), {"error": "AuthenticationError", "status": 401, "code": "invalid_api_key"})
        self.assertEqual(self.call("wrong"), {"error": "BadRequestError", "status": 400, "code": "invalid_request"})
        self.assertEqual(self.call("count"), {"error": "NotFoundError", "status": 404, "code": "not_found"})
        self.paris.control(mode="status", status=422)
        self.assertEqual(self.call("plain"), {"error": "UnprocessableEntityError", "status": 422, "code": "fake_error"})
        for provider in self.providers.values():
            provider.kill()
        self.assertEqual(self.call("plain"), {"error": "ServiceUnavailableError", "status": 503, "code": "upstream_unavailable"})

    def test_an_upstream_killed_within_its_stream(self):
        for speaks in [["messages"], ["chat"]]:
            with self.subTest(speaks=speaks):
                self.let_speak(paris=speaks)
                self.paris.control(mode="truncate_stream", chunks=2, times=1)
                result = self.call("stream")
                self.assertEqual((result["error"], result["code"]), ("APIError", "upstream_interrupted"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--binaries", required=True)
    parser.add_argument("--bundle", required=True)
    parser.add_argument("--folder", required=True)
    known, rest = parser.parse_known_args()
    end_to_end_test.BINARIES, end_to_end_test.BUNDLE, FOLDER = known.binaries, known.bundle, known.folder
    unittest.main(argv=[sys.argv[0], *rest])
