"""What callers meet who come over TLS or speak HTTP/2: official programs, and strangers who send what none of them would.

    http2_test.py --binaries DIR --bundle FILE [unittest arguments]

DIR holds routegate and fake_provider; FILE is the bundle of sample.route.
"""

import argparse
import concurrent.futures
import json
import os
import shutil
import signal
import ssl
import struct
import subprocess
import sys
import threading
import unittest

import end_to_end_test as base
import frames
import harness
from end_to_end_test import Setting

BODY = json.dumps({"model": "m", "messages": [{"role": "user", "content": "hello"}]}).encode()
STREAM = json.dumps({"model": "m", "stream": True, "messages": [{"role": "user", "content": "hello"}]}).encode()


class Encrypted(Setting):
    def start(self, **more):
        self.certificate, key = harness.make_certificate(self.folder)
        return super().start(**{"tls": {"certificate": self.certificate, "key": key}, **more})

    def curl(self, *arguments, url="/v1/chat/completions"):
        done = subprocess.run(
            ["curl", "-sS", "--cacert", self.certificate, "-w", "\n%{http_version} %{http_code} %{num_connects}",
             "-H", "Authorization: Bearer sk-gold", f"https://localhost:{self.gateway.port}{url}", *arguments],
            capture_output=True, text=True, timeout=harness.PATIENCE)
        self.assertEqual(done.returncode, 0, done.stderr)
        body, _, end = done.stdout.rpartition("\n")
        return body, end.split()

    def test_both_versions_over_tls(self):
        for option, version in [("--http2", "2"), ("--http1.1", "1.1")]:
            body, end = self.curl(option, "-d", BODY.decode())
            self.assertEqual(end[:2], [version, "200"])
            self.assertEqual(json.loads(body)["choices"][0]["message"]["content"], "paris serves paris-large: hello")
            body, end = self.curl(option, "-N", "-d", STREAM.decode())
            self.assertEqual(end[:2], [version, "200"])
            self.assertTrue(body.endswith("data: [DONE]\n\n"), body)

    def test_a_large_body_and_its_limit(self):
        """More than the windows, so that the gateway has to open them again and again."""
        path = os.path.join(self.folder, "body.json")
        for size, status in [(900_000, "200"), (1_100_000, "413")]:
            image = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * size}}
            with open(path, "w") as file:
                json.dump({"model": "m", "messages": [{"role": "user", "content": [image]}]}, file)
            body, end = self.curl("--http2", "-d", "@" + path)
            self.assertEqual(end[:2], ["2", status], body[:200])

    def test_one_who_cannot_speak_tls_is_let_go(self):
        with frames.socket.create_connection(("127.0.0.1", self.gateway.port), timeout=harness.PATIENCE) as plain:
            plain.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            answer = b""
            while piece := plain.recv(4096):
                answer += piece
        self.assertNotIn(b"HTTP/1.1 200", answer)

    def test_old_versions_of_tls_are_refused(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        with frames.socket.create_connection(("127.0.0.1", self.gateway.port), timeout=harness.PATIENCE) as plain:
            with self.assertRaises(ssl.SSLError):
                context.wrap_socket(plain)

    def test_a_caller_that_leaves_cancels_the_upstream(self):
        self.paris.control(gate="reply")
        context = ssl.create_default_context(cafile=self.certificate)
        request = (b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer sk-gold\r\n"
                   b"Content-Length: %d\r\n\r\n" % len(BODY)) + BODY
        plain = frames.socket.create_connection(("127.0.0.1", self.gateway.port), timeout=harness.PATIENCE)
        caller = context.wrap_socket(plain, server_hostname="localhost")
        caller.sendall(request)
        number = self.paris.wait_for("gated")["n"]
        caller.unwrap()  # says goodbye, as TLS wants it
        caller.close()
        self.paris.wait_for("caller_gone", n=number)

    def test_a_goodbye_right_behind_the_request_is_heard(self):
        """In one packet, so that it has been read before anybody waits for it."""
        self.paris.control(gate="reply")
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        caller = ssl.create_default_context(cafile=self.certificate).wrap_bio(incoming, outgoing, server_hostname="localhost")
        with frames.socket.create_connection(("127.0.0.1", self.gateway.port), timeout=harness.PATIENCE) as plain:
            def until_done(step):
                while True:
                    try:
                        return step()
                    except ssl.SSLWantReadError:
                        plain.sendall(outgoing.read())
                        incoming.write(plain.recv(65536))
            until_done(caller.do_handshake)
            caller.write(b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer sk-gold\r\n"
                         b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY)
            with self.assertRaises(ssl.SSLWantReadError):  # the goodbye is written, and its answer is not there
                caller.unwrap()
            plain.sendall(outgoing.read())
            self.gateway.wait_for_record("outcome", lambda record: record["code"] == "caller_gone")

    def test_a_new_certificate_is_taken_over_by_a_reload(self):
        old = ssl.get_server_certificate(("127.0.0.1", self.gateway.port))
        certificate, _ = harness.make_certificate(self.folder)  # the same files, written anew
        self.gateway.process.send_signal(signal.SIGHUP)
        self.gateway.wait_for("reloaded")
        until = threading.Event()
        for _ in range(1000):  # the loops take a generation over one after another
            new = ssl.get_server_certificate(("127.0.0.1", self.gateway.port))
            if new != old:
                break
            until.wait(0.01)
        with open(certificate) as file:
            self.assertEqual(ssl.PEM_cert_to_DER_cert(new), ssl.PEM_cert_to_DER_cert(file.read()))
        with open(certificate, "w") as file:
            file.write("nothing")
        self.gateway.process.send_signal(signal.SIGHUP)
        problems = self.gateway.wait_for("reload_refused")["problems"]
        self.assertIn("/tls/certificate", problems[0])
        self.assertEqual(ssl.get_server_certificate(("127.0.0.1", self.gateway.port)), new)

    @unittest.skipUnless(shutil.which("node"), "node is not installed")
    def test_many_streams_of_node_on_one_connection(self):
        program = """
          const http2 = require('http2'), fs = require('fs');
          const client = http2.connect(process.argv[1], {ca: fs.readFileSync(process.argv[2])});
          let open = 0, total = 60, wrong = 0;
          for (let i = 0; i < total; i++) {
            const stream = i % 2 == 1;
            const request = client.request({':method': 'POST', ':path': '/v1/chat/completions', authorization: 'Bearer sk-gold'});
            let text = '', status = 0;
            request.on('response', headers => { status = headers[':status']; });
            request.setEncoding('utf8');
            request.on('data', piece => { text += piece; });
            request.on('end', () => {
              if (status != 200 || !text.includes(stream ? '[DONE]' : 'large: number ' + i)) { wrong++; console.error(status, text); }
              if (++open == total) { client.close(); console.log(JSON.stringify({total, wrong})); }
            });
            request.end(JSON.stringify({model: 'm', stream, messages: [{role: 'user', content: 'number ' + i}]}));
          }"""
        done = subprocess.run(["node", "-e", program, f"https://localhost:{self.gateway.port}", self.certificate],
                              capture_output=True, text=True, timeout=harness.PATIENCE)
        self.assertEqual(json.loads(done.stdout or "null"), {"total": 60, "wrong": 0}, done.stderr)


class Misconfigured(base.Starting):
    def problem(self, **tls):
        result = self.run_gateway(base.write_config(self.folder, self.endpoints, tls=tls), "--check")
        self.assertEqual(result.returncode, 1)
        return result.stderr

    def test_what_is_wrong_is_said_before_the_start(self):
        certificate, key = harness.make_certificate(self.folder)
        other, other_key = harness.make_certificate(self.folder, "other")
        self.assertIn("gateway.json: /tls/key: is missing", self.problem(certificate=certificate))
        self.assertIn("/tls/certificate: the file `/nonexistent` cannot be read", self.problem(certificate="/nonexistent", key=key))
        self.assertIn("holds no chain of certificates", self.problem(certificate=key, key=key))
        self.assertIn("holds no private key", self.problem(certificate=certificate, key=certificate))
        self.assertIn("key values mismatch", self.problem(certificate=certificate, key=other_key))
        self.assertIn("/tls/file: is not a key of `tls`", self.problem(certificate=certificate, key=key, file=other))


# The cases of `Starting` run where they belong.
for name in [name for name in dir(base.Starting) if name.startswith("test_")]:
    setattr(Misconfigured, name, None)


class Frames(Setting):
    """HTTP/2 by prior knowledge, without encryption."""

    def connect(self, **settings):
        connection = frames.Connection(self.gateway.port, **settings)
        self.addCleanup(connection.close)
        return connection

    def assert_serving(self):
        self.assertEqual(self.gateway.chat().status, 200)
        self.assertIsNone(self.gateway.process.poll())

    def test_requests_beside_each_other(self):
        self.paris.control(gate="reply", times=1)
        connection = self.connect()
        connection.request(1, BODY)
        self.paris.wait_for("gated")
        connection.request(3, BODY)  # is answered first
        self.assertIn(b"paris serves", connection.body(3))
        self.paris.release()
        self.assertIn(b"paris serves", connection.body(1))

    def test_bodies_that_would_not_fit_into_memory_are_shed_before_they_are_sent(self):
        self.restart(max_body_bytes=100_000, max_body_bytes_in_flight=150_000)
        connection = self.connect()
        begin = lambda stream, *more: connection.send(frames.frame(frames.HEADERS, frames.END_HEADERS, stream, frames.head(more=more)))
        begin(1)  # does not say how much: as much as is allowed
        begin(3, ("content-length", "60000"))
        self.assertIn(b"overloaded", connection.body(3))
        begin(5, ("content-length", str(len(BODY))))
        for stream in [5, 1]:
            connection.send(frames.frame(frames.DATA, frames.END_STREAM, stream, BODY))
            self.assertIn(b"paris serves", connection.body(stream))
        begin(7, ("content-length", "60000"))  # there is room again
        begin(9, ("content-length", str(len(BODY))))
        connection.send(frames.frame(frames.DATA, frames.END_STREAM, 9, BODY))
        self.assertIn(b"paris serves", connection.body(9))

    def test_errors_have_their_form(self):
        connection = self.connect()
        for number, (arguments, code) in enumerate([(dict(path="/nothing", body=BODY), b"not_found"),
                                                     (dict(key="sk-wrong", body=BODY), b"invalid_api_key"),
                                                     (dict(method="GET"), b"method_not_allowed"),
                                                     (dict(body=b"{"), b"invalid_request")]):
            connection.request(2 * number + 1, **arguments)
            self.assertIn(code, connection.body(2 * number + 1))

    def test_settings_say_what_is_allowed(self):
        payload = self.connect().until(frames.SETTINGS)[3]
        said = dict(struct.unpack(">HI", payload[at:at + 6]) for at in range(0, len(payload), 6))
        self.assertEqual(said[frames.MAX_CONCURRENT_STREAMS], 100)
        self.assertEqual(said[frames.MAX_HEADER_LIST_SIZE], 16384)

    def test_more_streams_than_allowed_are_refused(self):
        self.paris.control(gate="reply")
        for knows in [False, True]:
            connection = self.connect()
            if knows:
                connection.until(frames.SETTINGS)
                connection.send(frames.frame(frames.SETTINGS, frames.ACK, 0))
            for number in range(101):
                connection.request(2 * number + 1, BODY)
            if knows:
                self.assertEqual(connection.last_word(), frames.PROTOCOL_ERROR)
            else:
                self.assertEqual(connection.until(frames.RST_STREAM)[2:], (201, struct.pack(">I", frames.REFUSED_STREAM)))
            connection.close()
        self.paris.control()
        self.assert_serving()

    def test_a_reset_cancels_the_upstream(self):
        for body, gate in [(BODY, "reply"), (STREAM, "stream")]:
            self.paris.control(gate=gate)
            connection = self.connect()
            connection.request(1, body)
            number = self.paris.wait_for("gated")["n"]
            connection.send(frames.frame(frames.RST_STREAM, 0, 1, struct.pack(">I", frames.CANCEL)))
            self.paris.wait_for("caller_gone", n=number)
            self.paris.control()
            connection.request(3, BODY)  # the connection goes on
            self.assertIn(b"paris serves", connection.body(3))

    def test_a_connection_that_breaks_cancels_all_its_requests(self):
        self.paris.control(gate="reply")
        connection = self.connect()
        for stream in [1, 3, 5]:
            connection.request(stream, BODY)
            self.paris.wait_for("gated")
        connection.close()
        for _ in range(3):
            self.paris.wait_for("caller_gone")

    def test_a_window_that_stays_shut_holds_nobody_else_up(self):
        connection = self.connect(window=0)
        connection.request(1, STREAM)
        connection.until(frames.HEADERS, 1)
        self.assert_serving()
        connection.send(frames.frame(frames.WINDOW_UPDATE, 0, 1, struct.pack(">I", 1 << 20)))
        self.assertTrue(connection.body(1).endswith(b"data: [DONE]\n\n"))

    def ask_for_more_than_sockets_hold(self, streams):
        """Answers of 150 kB each, all at once, with open windows and a caller who reads nothing yet."""
        text = b"x" * 150_000
        body = json.dumps({"model": "m", "messages": [{"role": "user", "content": text.decode()}]}).encode()
        connection = self.connect(window=1 << 30)
        connection.send(frames.frame(frames.WINDOW_UPDATE, 0, 0, struct.pack(">I", 1 << 30)))
        self.paris.control(gate="reply")
        for stream in streams:
            connection.send(frames.frame(frames.HEADERS, frames.END_HEADERS, stream, frames.head()))
            for at in range(0, len(body), 16_000):
                last = frames.END_STREAM if at + 16_000 >= len(body) else 0
                connection.send(frames.frame(frames.DATA, last, stream, body[at:at + 16_000]))
            self.paris.wait_for("gated")
        self.paris.control()
        self.paris.release()
        return connection, text

    def test_what_the_socket_does_not_take_is_sent_later(self):
        streams = range(1, 121, 2)
        connection, text = self.ask_for_more_than_sockets_hold(streams)
        self.assert_serving()  # while the answers wait for their reader
        bodies = {stream: b"" for stream in streams}
        whole = set()
        for kind, flags, stream, payload in connection.frames():
            self.assertNotEqual(kind, frames.RST_STREAM)
            if kind == frames.DATA:
                bodies[stream] += payload
                if flags & frames.END_STREAM:
                    whole.add(stream)
            if len(whole) == len(streams):
                break
        for stream in streams:
            self.assertIn(text, bodies[stream])
        self.assert_serving()

    def test_callers_who_leave_while_answers_wait(self):
        """By saying nothing more but reading on, by breaking the rules, and by closing."""
        wrong = frames.frame(frames.DATA, 0, 0, b"x")
        for leave in (lambda connection: connection.socket.shutdown(frames.socket.SHUT_WR),
                      lambda connection: connection.send(wrong), lambda connection: connection.close()):
            connection, _ = self.ask_for_more_than_sockets_hold(range(1, 121, 2))
            self.assert_serving()
            leave(connection)
            self.assert_serving()
            if connection.socket.fileno() >= 0:
                connection.last_word()  # reads to the end
            self.assert_serving()

    def test_headers_beyond_the_limit(self):
        connection = self.connect()
        many = [(f"x-{number}", "") for number in range(40)]  # few bytes, but each counts 32 more
        connection.request(1, BODY, more=[("x-long", "a" * 15_000), *many])
        self.assertIn(b"headers_too_large", connection.body(1))
        connection.request(3, BODY)
        self.assertIn(b"paris serves", connection.body(3))

    def test_a_header_bomb_ends_the_connection(self):
        """One entry of the table, named again and again: a few bytes each that stand for 4 kB (RFC 7541, 7.3)."""
        connection = self.connect()
        entry = b"\x40" + frames.literal("x", "a" * 4000)[1:]  # enters the dynamic table
        block = frames.head() + entry + b"\xbe" * 2000         # its index, 62
        connection.send(frames.frame(frames.HEADERS, frames.END_HEADERS | frames.END_STREAM, 1, block))
        self.assertEqual(connection.last_word(), frames.ENHANCE_YOUR_CALM)
        self.assert_serving()

    def flood(self, one, times, *first):
        connection = self.connect()
        for data in first:
            connection.send(data)
        try:
            for _ in range(times // 100):
                connection.send(one * 100)
        except OSError:
            pass  # cut off in the middle
        # nghttp2 has a limit of its own for continuations. The word may be lost, since unread bytes reset a connection.
        self.assertIn(connection.last_word(), (frames.ENHANCE_YOUR_CALM, frames.PROTOCOL_ERROR, None))
        self.assert_serving()

    def test_floods_are_cut_off(self):
        opened = frames.frame(frames.HEADERS, frames.END_HEADERS, 1, frames.head())
        unfinished = frames.frame(frames.HEADERS, 0, 1, frames.head())
        for one, first in [(frames.frame(frames.PING, 0, 0, b"12345678"), []),
                           (frames.settings(), []),
                           (frames.frame(frames.PRIORITY, 0, 1, b"\0\0\0\0\x10"), []),
                           (frames.frame(frames.DATA, 0, 1), [opened]),
                           (frames.frame(frames.CONTINUATION, 0, 1), [unfinished]),
                           (frames.frame(frames.CONTINUATION, 0, 1, frames.literal("x", "y" * 1000)), [unfinished])]:
            self.flood(one, 20_000, *first)

    def test_rapid_resets_are_cut_off(self):
        self.paris.control(gate="reply")
        connection = self.connect()
        try:
            for number in range(2000):
                stream = 2 * number + 1
                connection.request(stream, BODY)
                connection.send(frames.frame(frames.RST_STREAM, 0, stream, struct.pack(">I", frames.CANCEL)))
        except OSError:
            pass
        self.assertIn(connection.last_word(), (frames.ENHANCE_YOUR_CALM, None))
        self.paris.control()
        self.paris.release()
        self.assertLess(self.paris.requests()["count"], 1000)
        self.assert_serving()

    def test_what_breaks_the_rules_ends_the_connection(self):
        post = frames.frame(frames.HEADERS, frames.END_HEADERS, 1, frames.head())
        for wrong in [frames.frame(frames.DATA, 0, 0, b"x"),                       # no stream
                      frames.frame(frames.HEADERS, frames.END_HEADERS, 2, frames.head()),  # a server's number
                      frames.frame(frames.SETTINGS, 0, 0, b"12345"),               # cut off
                      frames.frame(frames.WINDOW_UPDATE, 0, 0, b"\0\0\0\0"),      # by nothing
                      post + frames.frame(frames.PING, 0, 1, b"12345678"),         # of one stream
                      frames.frame(frames.HEADERS, frames.END_HEADERS, 1, b"\xff\xff\xff\xff\xff\xff"),  # no headers
                      b"\xff\xff\xff" + bytes(64)]:                                # a frame of 16 MB
            connection = self.connect()
            connection.send(wrong)
            connection.last_word()  # ends
        self.assert_serving()

    def test_requests_that_http_1_would_see_differently(self):
        """Headers of connections, lengths that lie, and line ends inside of values: each is reset, and reaches nobody."""
        before = self.paris.requests()["count"]
        for more, body in [([("transfer-encoding", "chunked")], BODY), ([("connection", "close")], BODY),
                           ([("content-length", str(len(BODY) + 1))], BODY), ([("content-length", "1")], BODY),
                           ([("x-evil", "a\r\nx-route-workload: code")], BODY), ([("X-Upper", "case")], BODY)]:
            connection = self.connect()
            connection.request(1, body, more=more)
            self.assertEqual(connection.until(frames.RST_STREAM)[2], 1, more)
        self.assertEqual(self.paris.requests()["count"], before)
        self.assert_serving()

    def test_the_gateway_says_goodbye_and_finishes(self):
        self.paris.control(gate="reply")
        connection = self.connect()
        connection.request(1, BODY)
        self.paris.wait_for("gated")
        self.gateway.process.send_signal(signal.SIGTERM)
        connection.until(frames.GOAWAY)
        self.paris.release()
        self.assertIn(b"paris serves", connection.body(1))
        self.assertEqual(self.gateway.process.wait(timeout=harness.PATIENCE), 0)

    def test_many_connections_at_once(self):
        self.restart(threads=2)

        def several(_):
            connection = frames.Connection(self.gateway.port)
            try:
                for stream in range(1, 21, 2):
                    connection.request(stream, STREAM if stream % 4 == 1 else BODY)
                ended = set()
                for kind, flags, stream, _ in connection.frames():
                    if kind == frames.DATA and flags & frames.END_STREAM:
                        ended.add(stream)
                    if len(ended) == 10:
                        return 10
                return len(ended)
            finally:
                connection.close()

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            self.assertEqual(set(pool.map(several, range(24))), {10})
        records = self.gateway.records()
        self.assertEqual(sum(record["record"] == "outcome" and record["status"] == 200 for record in records), 240)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--binaries", required=True)
    parser.add_argument("--bundle", required=True)
    known, rest = parser.parse_known_args()
    base.BINARIES, base.BUNDLE = known.binaries, known.bundle
    unittest.main(argv=[sys.argv[0], *rest])
