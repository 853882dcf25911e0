"""Callers of every kind, good and bad, that keep a gateway busy and remember what they sent and what they got."""

import dataclasses
import json
import random
import socket
import threading

PERSONAL = "jane.doe@example.org"
PATIENCE = 60  # seconds; the policy's deadline is 4

NOISE = [b"GET /\r\n\r\n", b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
         b"\x16\x03\x01\x00\x00" * 20, b"A" * 40_000, b"GET /healthz HTTP/1.1\r\n" + b"a:\r\n" * 20_000,
         b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk-gold\r\nContent-Length: 9\r\n\r\n{\"model\":",
         b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk-wrong\r\nContent-Length: 2\r\n\r\n{}"]


@dataclasses.dataclass
class Tenant:
    """Whose key a caller has, and what is true of it."""
    id: str
    key: str
    tier: str = "gold"
    capped: bool = False    # has a cap, at which the policy has another route for it
    small: bool = False     # has no money for large requests
    changing: bool = False  # its key comes and goes


@dataclasses.dataclass
class Sent:
    """A request that the gateway should decide, and what came of it."""
    mark: str
    tenant: Tenant
    workload: str
    data: str
    stream: bool
    aborted: bool = False
    status: int = 0         # 0: no answer came
    identity: str = ""
    deployment: str = ""
    complete: bool = False  # the answer came to its end
    interrupted: bool = False
    unsure: bool = False    # the gateway was killed or stopped meanwhile


class Gone(Exception):
    """The gateway closed the connection, or did not take it."""


class Connection:
    """One caller's connection, kept while the gateway keeps it."""

    def __init__(self, port):
        try:
            self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        except ConnectionError as error:
            raise Gone from error
        self.reader = self.socket.makefile("rb")

    def close(self):
        self.reader.close()
        self.socket.close()

    def send(self, data):
        try:
            self.socket.sendall(data)
        except ConnectionError as error:
            raise Gone from error

    def read(self, sent):
        """Reads an answer into `sent`. Whether the connection may be used again."""
        try:
            line = self.reader.readline()
            if not line:
                raise Gone
            sent.status = int(line.split()[1])
            headers = {}
            while (field := self.reader.readline()) not in (b"\r\n", b""):
                name, _, value = field.decode().partition(":")
                headers[name.lower()] = value.strip()
            sent.identity = headers.get("x-route-decision-id", "")
            sent.deployment = headers.get("x-route-deployment", "")
            if headers.get("transfer-encoding") == "chunked":
                body = self.read_chunks()
                sent.interrupted = b"upstream_interrupted" in body
                sent.complete = sent.interrupted or body.endswith(b"data: [DONE]\n\n")
            else:
                length = int(headers["content-length"])
                sent.complete = len(self.reader.read(length)) == length
        except ConnectionError as error:
            raise Gone from error
        return headers.get("connection") != "close"

    def read_chunks(self):
        body = b""
        while True:
            line = self.reader.readline()
            if not line.endswith(b"\r\n"):
                raise Gone
            size = int(line, 16)
            piece = self.reader.read(size + 2)
            if len(piece) < size + 2:
                raise Gone
            if size == 0:
                return body
            body += piece[:-2]


class Callers:
    """Threads that send until they are told to stop. `count` is released once for each request that ended."""

    def __init__(self, where, tenants, seed):
        self.where = where  # port and number of the gateway that runs now
        self.tenants = tenants
        self.seed = seed
        self.count = threading.Semaphore(0)
        self.stop = threading.Event()
        self.lock = threading.Lock()
        self.sent = []
        self.lost = []    # requests that got no answer although the gateway was neither killed nor stopped
        self.noise = 0
        self.failures = []
        self.threads = []

    def start(self, how_many):
        for number in range(how_many):
            self.threads.append(threading.Thread(target=self.run, args=(number,), daemon=True))
            self.threads[-1].start()

    def join(self):
        self.stop.set()
        for thread in self.threads:
            thread.join()

    def run(self, number):
        dice = random.Random(f"{self.seed}-{number}")
        connection, at = None, None
        try:
            for request in range(10 ** 9):
                if self.stop.is_set():
                    break
                port, epoch = self.where()
                if at != epoch and connection:
                    connection.close()
                    connection = None
                at = epoch
                if dice.random() < 0.05:
                    self.make_noise(dice, port)
                else:
                    connection = self.ask(dice, f"c{self.seed}-{number}-{request}", connection, port, epoch)
                self.count.release()
        except Exception as error:  # a test that lost a caller would see nothing wrong
            self.failures.append(f"caller {number}: {error!r}")
            self.count.release()
        if connection:
            connection.close()

    def make_noise(self, dice, port):
        with self.lock:
            self.noise += 1
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as noisy:
                noisy.sendall(dice.choice(NOISE))
                noisy.shutdown(socket.SHUT_WR)
                while noisy.recv(65536):
                    pass
        except ConnectionError:
            pass

    def ask(self, dice, mark, connection, port, epoch):
        tenant = dice.choice(self.tenants)
        sent = Sent(mark, tenant, dice.choice(["chat", "code", "retry", "pair", "one"]), dice.choice(["", "", "personal", "health"]), dice.random() < 0.4)
        text = "big " * 37_500 if dice.random() < 0.03 and not tenant.small else "hello"
        if sent.data == "personal":
            text += " " + PERSONAL
        body = {"model": mark, "user": mark, "max_tokens": 5, "messages": [{"role": "user", "content": text}]}
        if sent.stream:
            body["stream"] = True
        headers = f"X-Route-Workload: {sent.workload}\r\n" + ("X-Data-Class: health\r\n" if sent.data == "health" else "")
        body = json.dumps(body).encode()
        head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {tenant.key}\r\n{headers}"
        data = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
        sent.aborted = dice.random() < 0.05
        keep = False
        # A kept connection may have been closed by the gateway while it idled; a fresh one may not.
        fresh = connection is None
        try:
            connection = connection or Connection(port)
            connection.send(data[:len(data) // 2] if sent.aborted and dice.random() < 0.3 else data)
            if not sent.aborted:
                keep = connection.read(sent)
        except Gone:
            sent.unsure = self.where()[1] != epoch
            if fresh and not sent.aborted and not sent.unsure:
                self.lost.append(sent)
        with self.lock:
            self.sent.append(sent)
        if keep or connection is None:
            return connection
        connection.close()
        return None
