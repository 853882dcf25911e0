"""A model provider that is unwell: it answers, or hangs, resets, lies or refuses, as a dice says.

    upstream.py --name NAME --port PORT --seen FILE --seed N

Standard output is one JSON object: {"event":"listening","port":N}. Each request that was read is a line of FILE before
anything is answered, so that it is known even if the process is killed: {"upstream","mark","stream","personal"}. The mark
is the field `user` of the body. Only so much of an answer is given as `max_completion_tokens` or `max_tokens` allows.
"""

import argparse
import json
import os
import random
import socket
import struct
import threading

# How often each behaviour is drawn, of all.
WAYS = {"well": 60, "status 500": 5, "status 429": 3, "status 503": 3, "status 401": 1, "status 302": 2, "reset": 4, "close": 3,
        "hang": 1, "garbage": 4, "no choices": 2, "html": 2, "short": 3, "break off": 4, "comments": 2, "not HTTP": 1, "slow": 3}
PERSONAL = "jane.doe@example.org"


def answer(text, tokens):
    usage = {"prompt_tokens": 1, "completion_tokens": tokens, "total_tokens": tokens + 1}
    return {"choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}], "usage": usage}


def event(data):
    return b"data: " + json.dumps(data).encode() + b"\n\n"


def delta(text):
    return event({"choices": [{"index": 0, "delta": {"content": text}}]})


def reply(body, status="200 OK", content_type="application/json", length=None, more=""):
    head = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {len(body) if length is None else length}\r\n{more}\r\n"
    return head.encode() + body


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


class Upstream:
    def __init__(self, options):
        self.name = options.name
        self.dice = random.Random(options.seed)
        self.seen = os.open(options.seen, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self.listener = socket.create_server(("127.0.0.1", options.port), backlog=512)

    def run(self):
        print(json.dumps({"event": "listening", "port": self.listener.getsockname()[1]}), flush=True)
        while True:
            connection, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        try:
            with connection.makefile("rb") as reader:
                while request := self.read(reader):
                    if not self.answer(connection, request, self.dice.choices(list(WAYS), WAYS.values())[0]):
                        break
        except (OSError, ValueError):
            pass
        finally:
            connection.close()

    def read(self, reader):
        if not reader.readline():
            return None
        length = 0
        while (line := reader.readline()) not in (b"\r\n", b""):
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        body = reader.read(length)
        if len(body) < length:
            return None
        request = json.loads(body)
        seen = {"upstream": self.name, "mark": request["user"], "stream": request.get("stream", False), "personal": PERSONAL.encode() in body}
        os.write(self.seen, json.dumps(seen).encode() + b"\n")
        return request

    def answer(self, connection, request, way):
        """Whether the connection may be used again."""
        stream = request.get("stream", False)
        tokens = request.get("max_completion_tokens") or request.get("max_tokens") or 5
        text = "word " * tokens
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        if way.startswith("status"):
            more = "Retry-After: 1\r\nLocation: http://127.0.0.1:1/\r\n"
            connection.sendall(reply(b'{"error":{"message":"unwell"}}', way.removeprefix("status ") + " Unwell", more=more))
            return True
        if way == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return False
        if way == "close":
            return False
        if way == "hang":
            connection.recv(1)
            return False
        if way == "not HTTP":
            connection.sendall(b"\x00\x01\x02" * 100)
            return False
        if way == "html":
            connection.sendall(reply(b"<html>", content_type="text/html"))
            return True
        if way in ("garbage", "no choices"):
            body = b'{"choices":[{"ind' if way == "garbage" else b'{"choices":[]}'
            if stream:
                connection.sendall(head + chunk(b"data: " + (b"x" if way == "garbage" else b"{}") + b"\n\n") + b"0\r\n\r\n")
            else:
                connection.sendall(reply(body))
            return True
        if way in ("short", "break off", "comments") and stream:
            connection.sendall(head + (chunk(b": comment\n\n" * 100) if way == "comments" else chunk(delta("begun"))))
            return False
        if way in ("short", "break off", "comments"):
            body = json.dumps(answer(text, tokens)).encode()
            connection.sendall(reply(body[:-1], length=len(body)))
            return False
        if way == "slow":
            threading.Event().wait(self.dice.random() / 5)
        if not stream:
            connection.sendall(reply(json.dumps(answer(text, tokens)).encode()))
            return True
        usage = {"prompt_tokens": 1, "completion_tokens": tokens, "total_tokens": tokens + 1}
        connection.sendall(head)
        for _ in range(tokens):
            connection.sendall(chunk(delta("word ")))
        connection.sendall(chunk(event({"choices": [], "usage": usage}) + b"data: [DONE]\n\n") + b"0\r\n\r\n")
        return True


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--name", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--seen", required=True)
    parser.add_argument("--seed", type=int, required=True)
    Upstream(parser.parse_args()).run()
