"""Runs the official OpenAI client for Node against routegate and fake providers.

    openai_client_test.py --binaries DIR --bundle FILE --folder DIR [unittest arguments]

--folder names a folder of the build in which `npm ci` installs the client.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import unittest

import end_to_end_test
import harness

FOLDER = ""


class OpenAiClient(end_to_end_test.Setting):
    @classmethod
    def setUpClass(cls):
        os.makedirs(FOLDER, exist_ok=True)
        here = os.path.dirname(os.path.abspath(__file__))
        for name in ["package.json", "package-lock.json", "openai_client.mjs"]:
            shutil.copy(os.path.join(here, name), FOLDER)
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--prefer-offline"], cwd=FOLDER, check=True,
                       capture_output=True)

    def client(self, call, key="sk-gold"):
        return subprocess.Popen(["node", "openai_client.mjs", f"http://{self.gateway.address}/v1", key, call],
                                cwd=FOLDER, stdout=subprocess.PIPE)

    def result(self, process):
        text, _ = process.communicate(timeout=harness.PATIENCE)
        return json.loads(text)

    def call(self, call, key="sk-gold"):
        return self.result(self.client(call, key))

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
        self.assertEqual(self.call("models"), {"models": ["paris", "berlin", "virginia"]})

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


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--binaries", required=True)
    parser.add_argument("--bundle", required=True)
    parser.add_argument("--folder", required=True)
    known, rest = parser.parse_known_args()
    end_to_end_test.BINARIES, end_to_end_test.BUNDLE, FOLDER = known.binaries, known.bundle, known.folder
    unittest.main(argv=[sys.argv[0], *rest])
