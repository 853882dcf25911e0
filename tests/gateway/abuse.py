"""What the tests of attackers and broken upstreams share: upstreams that send any bytes, callers that send any bytes,
and the checks that every such test ends with.

Each test file is run as `abuse_….py --binaries DIR --bundle FILE [unittest arguments]`; the bundle is not used.
"""

import argparse
import functools
import http.client
import io
import itertools
import json
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import unittest

import harness
from harness import Gateway

BINARIES = ""
NAMES = ["paris", "berlin", "virginia"]
KEYS = {"PARIS_KEY": "key-of-paris", "BERLIN_KEY": "key-of-berlin", "VIRGINIA_KEY": "key-of-virginia"}
CALLER_KEYS = {"acme": "sk-gold", "best": "sk-platinum"}


class Call:
    """A request as an upstream read it, and the connection to answer on."""

    def __init__(self, connection, line, headers, body):
        self.connection = connection
        self.line = line
        self.headers = headers  # names in lower case, in the order in which they came
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)

    def send(self, data):
        """False when the other side is gone."""
        try:
            self.connection.sendall(data)
            return True
        except OSError:
            return False

    def close(self):
        """At once, although a reader of the connection is still there."""
        if self.connection.fileno() >= 0:
            os.close(self.connection.detach())

    def reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def wait_for_end(self):
        """Until the other side has closed."""
        try:
            while self.connection.recv(65536):
                pass
        except OSError:
            pass


def reply(body=b"", content_type="application/json", status="200 OK", more="", length=None):
    """An answer as bytes."""
    if isinstance(body, (dict, list)):
        body = json.dumps(body)
    if isinstance(body, str):
        body = body.encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\n{more}"
    return f"{head}Content-Length: {len(body) if length is None else length}\r\n\r\n".encode() + body


def stream_head(more=""):
    return f"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n{more}Connection: close\r\n\r\n".encode()


def answer_json(text):
    return {"choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1}}


def event(text):
    return b"data: " + json.dumps({"choices": [{"index": 0, "delta": {"content": text}}]}).encode() + b"\n\n"


DONE = b"data: [DONE]\n\n"


def serve_well(name):
    def behave(call):
        if call.json.get("stream"):
            call.send(stream_head() + event(name) + DONE)
            return call.close()
        return call.send(reply(answer_json(name)))
    return behave


class Upstream:
    """A provider in this process. `behave` takes a Call and answers as it likes; what comes in is kept."""

    def __init__(self, name, context=None):
        self.name = name
        self.behave = serve_well(name)
        self.on_connect = None  # instead of reading a request
        self.context = context  # of TLS
        self.calls = []
        self.connections = 0
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.listener.getsockname()[1]
        self.scheme = "https" if context else "http"
        self.url = f"{self.scheme}://127.0.0.1:{self.port}/v1"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
            with connection:
                if self.on_connect:
                    return self.on_connect(connection)
                with connection.makefile("rb") as reader:
                    while connection.fileno() >= 0 and (call := self._read(connection, reader)):
                        self.calls.append(call)
                        self.behave(call)
        except (OSError, ValueError):
            pass
        return None

    @staticmethod
    def _read(connection, reader):
        line = reader.readline()
        if not line:
            return None
        headers = []
        while (field := reader.readline()) not in (b"\r\n", b""):
            name, _, value = field.decode().partition(":")
            headers.append((name.lower(), value.strip()))
        length = int(dict(headers).get("content-length", 0))
        return Call(connection, line.decode().strip(), headers, reader.read(length))

    def close(self):
        self.listener.close()


def read_answers(data):
    """Every answer in these bytes as (status, headers, body). What is no whole answer fails."""
    class Source:
        def __init__(self, stream):
            self.stream = stream

        def makefile(self, *_):
            return self.stream

    stream = io.BytesIO(data)
    stream.close = lambda: None  # http.client would close it after the first answer
    answers = []
    while stream.tell() < len(data):
        answer = http.client.HTTPResponse(Source(stream))
        answer.begin()
        answers.append((answer.status, answer.headers, answer.read()))
    return answers


def error_of(body):
    return json.loads(body)["error"]


def post(body, more="", key="sk-gold", path="/v1/chat/completions", length=None):
    """A request as bytes."""
    if isinstance(body, (dict, list)):
        body = json.dumps(body)
    if isinstance(body, str):
        body = body.encode()
    length = len(body) if length is None else length
    return (f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n{more}"
            f"Content-Length: {length}\r\n\r\n").encode() + body


def chat(text="hello", **fields):
    return {"model": "any", "messages": [{"role": "user", "content": text}], **fields}


@functools.cache
def is_sanitized():
    program = pathlib.Path(BINARIES, "routegate").read_bytes()
    return any(name in program for name in [b"__asan_init", b"__tsan_init"])


class Abuse(unittest.TestCase):
    """Three upstreams, a host that nobody may ask, and a gateway. After each test it must still serve, its log must be
    whole, and what the upstreams saw must be what the log allows.

    The policy is sample.route with more time for a request, so that a busy machine fails no test. `deadline` is "4 s"
    where the policy's times are what is tested."""

    settings = {}
    deadline = "50 s"

    @classmethod
    def setUpClass(cls):
        folder = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, folder)
        text = (pathlib.Path(__file__).parent / "sample.route").read_text()
        assert text.count("deadline 4 s") == 1
        policy, cls.bundle = pathlib.Path(folder, "policy.route"), os.path.join(folder, "policy.rtb")
        policy.write_text(text.replace("deadline 4 s", f"deadline {cls.deadline}"))
        subprocess.run([os.path.join(BINARIES, "routec"), "build", str(policy), "-o", cls.bundle, "--today", "2026-11-24"], check=True,
                       capture_output=True, timeout=harness.PATIENCE)

    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.upstreams = {name: Upstream(name) for name in NAMES}
        self.paris, self.berlin, self.virginia = self.upstreams.values()
        self.elsewhere = Upstream("elsewhere")
        for upstream in [*self.upstreams.values(), self.elsewhere]:
            self.addCleanup(upstream.close)
        self.endpoints = {name: upstream.url for name, upstream in self.upstreams.items()}
        self.marks = itertools.count(1)
        self.gateway = self.start()

    def assert_grew_less(self, before, kilobytes):
        """Than so much since `memory()` was `before`. A sanitizer keeps freed memory, and says itself what is never freed."""
        quarantine = 1_000_000 if is_sanitized() else 0
        self.assertLess(self.gateway.memory() - before, kilobytes + quarantine)

    def start(self, before=None, more_environment=None, **more):
        config = {
            "listen": "127.0.0.1:0",
            "threads": 1,
            "decision_log": os.path.join(self.folder, "decisions.jsonl"),
            "tenants": [
                {"id": "acme", "key_sha256": harness.key_hash("sk-gold"), "attributes": {"tier": "gold"}},
                {"id": "best", "key_sha256": harness.key_hash("sk-platinum"), "attributes": {"tier": "platinum"}},
            ],
            "endpoints": self.endpoints,
            "backoff_ms": 1,
            "cooldown_ms": 0,  # what one broken answer does to later requests is tested elsewhere
            "max_body_bytes": 1_000_000,
            **self.settings,
            **more,
        }
        path = os.path.join(self.folder, "gateway.json")
        with open(path, "w") as file:
            json.dump(config, file)
        gateway = Gateway(BINARIES, self.bundle, path, {**os.environ, **KEYS, **(more_environment or {})}, before)
        self.addCleanup(gateway.close)
        return gateway

    def restart(self, **arguments):
        self.gateway.stop()
        self.gateway = self.start(**arguments)

    def tearDown(self):
        self.assertIsNone(self.gateway.process.poll(), "the gateway has ended: " + self.gateway.error_text())
        self.assertTrue(self.serves(), "the gateway does not serve any more")
        self.check_upstreams()
        self.assertEqual((self.elsewhere.connections, self.elsewhere.calls), (0, []), "a host was asked that nobody named")
        self.assertNotIn("a connection was dropped", self.gateway.error_text())

    def serves(self):
        for name, upstream in self.upstreams.items():
            upstream.behave, upstream.on_connect = serve_well(name), None
        return self.gateway.chat("are you well?").status == 200

    def check_upstreams(self):
        """Every request that an upstream saw is an attempt in the log, inside that decision's plan."""
        decisions, attempts = {}, []
        for record in self.gateway.records():
            if record["record"] == "decision":
                decisions[record["id"]] = [name for tier in record["plan"] for name in tier["order"]]
            elif record["record"] == "outcome":
                attempts += [(attempt["deployment"], record["id"]) for attempt in record["attempts"]]
        for deployment, identity in attempts:
            self.assertIn(deployment, decisions[identity])
        for name, upstream in self.upstreams.items():
            tried = [deployment for deployment, _ in attempts].count(name)
            self.assertLessEqual(len(upstream.calls), tried, f"{name} saw requests that no record tells of")
            for call in upstream.calls:
                for key in CALLER_KEYS.values():
                    self.assertNotIn(key, str(call.headers) + call.line)

    def connect(self):
        connection = socket.create_connection(("127.0.0.1", self.gateway.port), timeout=harness.PATIENCE)
        self.addCleanup(connection.close)
        return connection

    def raw(self, data):
        """Sends the bytes and gives every answer until the gateway closes; fails if it does not close."""
        with self.connect() as connection:
            received = b""
            try:
                connection.sendall(data)
            except OSError:
                pass  # refused before its end
            try:
                while piece := connection.recv(65536):
                    received += piece
            except ConnectionResetError:
                pass
        return read_answers(received)

    def asked(self):
        """How many requests all upstreams saw."""
        return sum(len(upstream.calls) for upstream in self.upstreams.values())

    def outcome(self, identity):
        return next(record for record in self.gateway.records(identity) if record["record"] == "outcome")

    def results(self, identity):
        return [(attempt["deployment"], attempt["result"]) for attempt in self.outcome(identity)["attempts"]]


def main():
    global BINARIES
    parser = argparse.ArgumentParser()
    parser.add_argument("--binaries", required=True)
    parser.add_argument("--bundle", required=True)
    known, rest = parser.parse_known_args()
    BINARIES = known.binaries
    unittest.main(module="__main__", argv=[sys.argv[0], *rest])
