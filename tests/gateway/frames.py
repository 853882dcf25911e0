"""HTTP/2 frame by frame (RFC 9113), for tests that say what no well-behaved client would."""

import socket
import struct

import harness

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, 2, 3, 4, 6, 7, 8, 9
END_STREAM, END_HEADERS, ACK = 1, 4, 1
PROTOCOL_ERROR, REFUSED_STREAM, CANCEL, ENHANCE_YOUR_CALM = 1, 7, 8, 11
MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE, MAX_HEADER_LIST_SIZE = 3, 4, 6


def literal(name, value):
    """A header that refers to no table and enters none (RFC 7541, 6.2.2)."""
    def text(string):
        data = string.encode()
        if len(data) < 127:
            return bytes([len(data)]) + data
        rest, size = len(data) - 127, b"\x7f"
        while rest >= 128:
            size += bytes([rest % 128 + 128])
            rest //= 128
        return size + bytes([rest]) + data
    return b"\x00" + text(name) + text(value)


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def settings(**values):
    numbers = {"window": INITIAL_WINDOW_SIZE, "streams": MAX_CONCURRENT_STREAMS}
    return frame(SETTINGS, 0, 0, b"".join(struct.pack(">HI", numbers[name], value) for name, value in values.items()))


def head(method="POST", path="/v1/chat/completions", key="sk-gold", more=()):
    fields = [(":method", method), (":scheme", "http"), (":path", path), (":authority", "x"),
              ("authorization", f"Bearer {key}"), *more]
    return b"".join(literal(name, value) for name, value in fields)


class Connection:
    """A connection of prior knowledge to the gateway: the preface and the settings have been sent."""

    def __init__(self, port, **own_settings):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=harness.PATIENCE)
        self.received = b""
        self.send(PREFACE + settings(**own_settings))

    def send(self, data):
        self.socket.sendall(data)

    def request(self, stream, body=None, **arguments):
        self.send(frame(HEADERS, END_HEADERS | (END_STREAM if body is None else 0), stream, head(**arguments)))
        if body is not None:
            self.send(frame(DATA, END_STREAM, stream, body))

    def frames(self):
        """(kind, flags, stream, payload) of what comes, until the other side closes."""
        while True:
            while len(self.received) < 9 or len(self.received) < 9 + int.from_bytes(self.received[:3], "big"):
                try:
                    piece = self.socket.recv(65536)
                except ConnectionResetError:
                    return
                if not piece:
                    return
                self.received += piece
            size = int.from_bytes(self.received[:3], "big")
            kind, flags, stream = struct.unpack(">BBI", self.received[3:9])
            payload, self.received = self.received[9:9 + size], self.received[9 + size:]
            yield kind, flags, stream, payload

    def until(self, kind, stream=None):
        for seen in self.frames():
            if seen[0] == kind and stream in (None, seen[2]):
                return seen
        raise AssertionError(f"the connection ended before a frame of kind {kind}")

    def body(self, stream):
        """The whole body of an answer."""
        text = b""
        for kind, flags, of, payload in self.frames():
            if kind == DATA and of == stream:
                text += payload
                if flags & END_STREAM:
                    return text
            if kind == RST_STREAM and of == stream:
                raise AssertionError(f"the stream was reset: {payload!r}")
        raise AssertionError("the connection ended before the answer")

    def last_word(self):
        """The error code of the GOAWAY with which the other side ends the connection, or None if it just ends."""
        code = None
        for kind, _, _, payload in self.frames():
            if kind == GOAWAY:
                code = struct.unpack(">I", payload[4:8])[0]
        return code

    def close(self):
        self.socket.close()
