"""Starts the processes that the gateway's tests need, and waits for what they report instead of sleeping."""

import hashlib
import http.client
import json
import os
import queue
import signal
import socket
import subprocess
import tempfile
import threading
import time

PATIENCE = 60  # seconds until a condition that does not come true fails a test


class Process:
    """A program that reports events as JSON lines on its standard output."""

    def __init__(self, arguments, environment=None, before=None):
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            arguments, stdout=subprocess.PIPE, stderr=self.errors, env=environment, preexec_fn=before
        )
        self.events = queue.Queue()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.events.put(json.loads(line))
        self.events.put({"event": "end of output"})

    def wait_for(self, event, **fields):
        """The next event of this kind with these fields; events before it are dropped."""
        until = time.monotonic() + PATIENCE
        while True:
            try:
                seen = self.events.get(timeout=max(0.01, until - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"no event {event} {fields} came") from None
            if seen["event"] == event and all(seen.get(name) == value for name, value in fields.items()):
                return seen
            if seen["event"] == "end of output":
                raise AssertionError(f"the program ended before {event}: {self.error_text()}")

    def error_text(self):
        self.errors.seek(0)
        return self.errors.read().decode()

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        """Asks the program to end and gives its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=PATIENCE)

    def close(self):
        if self.process.poll() is None:
            self.kill()
        self.reader.join()
        self.process.stdout.close()
        self.errors.close()


class Provider(Process):
    """A fake provider."""

    def __init__(self, binaries, name, port=0):
        super().__init__([os.path.join(binaries, "fake_provider"), "--name", name, "--port", str(port)])
        self.name = name
        self.port = self.wait_for("listening")["port"]
        self.url = f"http://127.0.0.1:{self.port}/v1"

    def _call(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, None if body is None else json.dumps(body))
            answer = connection.getresponse()
            text = answer.read()
            assert answer.status == 200, text
            return json.loads(text)
        finally:
            connection.close()

    def control(self, **behaviour):
        self._call("POST", "/control", behaviour)

    def release(self):
        self._call("POST", "/control/release", {})

    def requests(self):
        return self._call("GET", "/control/requests")


def key_hash(key):
    return hashlib.sha256(key.encode()).hexdigest()


def make_certificate(folder, name="gateway", names="DNS:localhost,IP:127.0.0.1"):
    """(certificate, key): signed by itself, so that it is its own authority."""
    certificate, key = os.path.join(folder, name + ".pem"), os.path.join(folder, name + ".key")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "2",
                    "-subj", "/CN=" + name, "-addext", "subjectAltName=" + names], check=True, capture_output=True)
    return certificate, key


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=PATIENCE)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(PATIENCE)
        self.sock.connect(self.path)


class Gateway(Process):
    """A running routegate."""

    def __init__(self, binaries, bundle, config, environment, before=None, more=()):
        arguments = [os.path.join(binaries, "routegate"), "--bundle", bundle, "--config", config, *more, "--allow-unproved"]
        super().__init__(arguments, environment, before)
        listening = self.wait_for("listening")
        self.address = listening["address"]
        self.admin_address = listening.get("admin")
        self.port = int(self.address.rsplit(":", 1)[1])
        with open(config) as file:
            self.log = json.load(file)["decision_log"]

    def call(self, method, path, body=None, headers=None, key="sk-gold"):
        """(status, headers, body) of one request on its own connection."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            sent = dict(headers or {})
            if key is not None:
                sent["Authorization"] = f"Bearer {key}"
            text = json.dumps(body) if isinstance(body, (dict, list)) else body
            connection.request(method, path, text, sent)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def admin(self, method, path, token="the-token"):
        """(status, answer) of the administrator's interface; the answer is JSON but for /metrics."""
        if self.admin_address.startswith("unix:"):
            connection = UnixConnection(self.admin_address.removeprefix("unix:"))
        else:
            connection = http.client.HTTPConnection(self.admin_address, timeout=PATIENCE)
        try:
            connection.request(method, path, headers={"Authorization": f"Bearer {token}"} if token else {})
            answer = connection.getresponse()
            text = answer.read().decode()
            return answer.status, text if answer.headers["content-type"].startswith("text/plain") else json.loads(text)
        finally:
            connection.close()

    def chat(self, text="hello", headers=None, key="sk-gold", **fields):
        body = {"model": "any", "messages": [{"role": "user", "content": text}], **fields}
        status, answer_headers, answer = self.call("POST", "/v1/chat/completions", body, headers, key)
        return Answer(status, answer_headers, answer)

    def records(self, identity=None):
        with open(self.log) as file:
            lines = file.read().splitlines()
        records = [json.loads(line) for line in lines]
        return [record for record in records if identity is None or record["id"] == identity]

    def memory(self, field="VmHWM"):
        """Kilobytes of memory that the process has (VmRSS), or had at most (VmHWM)."""
        with open(f"/proc/{self.process.pid}/status") as file:
            return next(int(line.split()[1]) for line in file if line.startswith(field + ":"))

    def wait_for_record(self, kind, matches):
        """Records that follow an answer are not there at once: looks until one is."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            for record in self.records():
                if record["record"] == kind and matches(record):
                    return record
            threading.Event().wait(0.01)
        raise AssertionError(f"no record {kind} was written")


class Answer:
    """An answer of the gateway to a chat request."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def id(self):
        return self.headers["x-route-decision-id"]

    @property
    def deployment(self):
        return self.headers["x-route-deployment"]

    @property
    def attempts(self):
        return int(self.headers["x-route-attempts"])

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def text(self):
        return self.json["choices"][0]["message"]["content"]

    @property
    def code(self):
        error = self.json["error"]
        return error["details"]["error_code"] if "details" in error else error["code"]

    @property
    def events(self):
        """The data of every event of a stream."""
        return [event[len("data: "):] for event in self.body.decode().split("\n\n") if event.startswith("data: ")]
