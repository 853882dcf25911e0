"""Upstreams that lie, break off, hang, or never end. The request goes on to the next deployment that the policy allows;
where the caller has seen a byte, it is told that the answer broke off."""

import json
import os
import select
import socket
import ssl
import subprocess
import threading

import abuse
import harness
from abuse import DONE, answer_json, chat, event, reply, stream_head

GOOD = json.dumps(answer_json("good")).encode()
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"


def send_and_close(data):
    def behave(call):
        call.send(data)
        call.connection.shutdown(socket.SHUT_WR)
        call.wait_for_end()
        call.close()
    return behave


def send_and_reset(data):
    def behave(call):
        call.send(data)
        call.reset()
    return behave


def send_and_hang(data):
    def behave(call):
        call.send(data)
        call.wait_for_end()
        call.close()
    return behave


def send_without_end(data, piece):
    """Until the other side is gone, or has taken 2 GB, which nobody should."""
    def behave(call):
        call.send(data)
        for _ in range(2_000_000_000 // len(piece)):
            if not call.send(piece):
                break
        call.close()
    return behave


class Upstreams(abuse.Abuse):
    def fails_over(self, behave, result, stream=False):
        """Paris behaves so, and Berlin serves."""
        self.paris.behave = behave
        answer = self.gateway.chat(stream=stream)
        self.assertEqual((answer.status, answer.deployment, answer.attempts), (200, "berlin", 2))
        self.assertEqual(self.results(answer.id), [("paris", result), ("berlin", "served")])
        self.assertEqual(len(self.virginia.calls), 0)
        return self.outcome(answer.id)["attempts"][0]["detail"]


class Redirecting(Upstreams):
    def test_redirects_are_failures_and_not_followed(self):
        for status in [300, 301, 302, 303, 304, 305, 307, 308, 399]:
            for target in [self.elsewhere.url, f"http://127.0.0.1:{self.elsewhere.port}", "//127.0.0.1:%d/" % self.elsewhere.port,
                           self.virginia.url + "/chat/completions", "/v1/elsewhere", "file:///etc/passwd"]:
                more = f"Location: {target}\r\nRefresh: 0; url={target}\r\nLink: <{target}>; rel=canonical\r\n"
                for stream in [False, True]:
                    with self.subTest(status=status, target=target, stream=stream):
                        behave = send_and_close(reply(answer_json("moved"), status=f"{status} Moved", more=more))
                        self.fails_over(behave, "broken_deployment", stream)


class Lying(Upstreams):
    def test_about_the_length_of_an_answer(self):
        for data, result in [
            (reply(GOOD, length=len(GOOD) + 1), "connection_reset"),
            (reply(GOOD, length=2 ** 40), "connection_reset"),
            (reply(GOOD, length=len(GOOD) - 1), "garbage"),
            (reply(GOOD, length=0), "garbage"),
            (reply(GOOD, length=-1), "garbage"),
            (reply(GOOD, length="x"), "garbage"),
            (reply(GOOD, length=2 ** 64), "garbage"),
            (reply(GOOD, more="Content-Length: 5\r\n"), "garbage"),
            (reply(GOOD, more="Transfer-Encoding: chunked\r\n"), "garbage"),
            (HEAD + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % (len(GOOD) + 1) + GOOD, "connection_reset"),
            (HEAD + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(GOOD) + GOOD + b"\r\n", "connection_reset"),
            (HEAD + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % (len(GOOD) - 1) + GOOD + b"\r\n0\r\n\r\n", "garbage"),
            (HEAD + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n", "garbage"),
            (HEAD + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n", "garbage"),
            (HEAD + b'Transfer-Encoding: chunked\r\n\r\n1;a="\n"\r\n', "garbage"),
            (HEAD + b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", "garbage"),
            (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\nno colon\r\n\r\n", "garbage"),
        ]:
            with self.subTest(data=data):
                self.fails_over(send_and_close(data), result)

    def test_extra_bytes_are_never_the_answer_to_the_next_request(self):
        forged = reply(answer_json("forged"))
        for extra in [forged, forged * 100, b"\r\n" + forged, b"x"]:
            for stream in [False, True]:
                data = STREAM + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(event("good") + DONE)
                data += event("good") + DONE + b"\r\n0\r\n\r\n"
                self.paris.behave = send_and_hang((data if stream else reply(GOOD)) + extra)
                for _ in range(3):
                    answer = self.gateway.chat(stream=stream)
                    self.assertEqual((answer.status, answer.deployment), (200, "paris"))
                    self.assertNotIn(b"forged", answer.body)
        self.assertEqual(self.paris.connections, len(self.paris.calls))  # none was used again

    def test_answers_that_are_not_http(self):
        for data in [b"\x00" * 100, b"\r\n\r\n" * 10, b"HTTP/0.9 200 OK\r\n\r\n" + GOOD, b"HTTP/1.1\r\n\r\n", b"HTTP/1.1 OK\r\n\r\n", b"HTTP/1.1 20 OK\r\n\r\n",
                     b"HTTP/1.1 2000 OK\r\n\r\n", b"HTTP/1.1  200 OK\r\n\r\n", b"HTTP/2 200\r\n\r\n", b"ICY 200 OK\r\n\r\n", GOOD, b"SSH-2.0-x\r\n\r\n",
                     HEAD + b"no colon\r\n\r\n" + GOOD, HEAD + b"a\x00: b\r\n\r\n" + GOOD, HEAD + b"a: b\x00\r\n\r\n" + GOOD, HEAD + b"a : b\r\n\r\n" + GOOD,
                     HEAD.replace(b"\r\n", b"\n") + b"\n" + GOOD, b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
                     b"HTTP/1.1 200 OK\r\n" + b"a: " + b"x" * 100_000 + b"\r\n\r\n" + GOOD]:
            with self.subTest(data=data[:60]):
                self.fails_over(send_and_close(data), "garbage")

    def test_statuses_that_are_none(self):
        for status in ["000 x", "099 x", "600 x", "999 x"]:
            self.fails_over(send_and_close(reply(GOOD, status=status)), "garbage")
        for status in ["204 No Content", "205 Reset", "201 Created"]:
            self.fails_over(send_and_close(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode()), "garbage")

    def test_interim_answers_come_before_the_answer(self):
        self.paris.behave = lambda call: call.send(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n" + reply(GOOD))
        self.assertEqual(self.gateway.chat().deployment, "paris")

    def test_successes_that_are_no_answer(self):
        for body in [b"", b" ", b"null", b"[]", b"{}", GOOD[:-1], GOOD + GOOD, GOOD + b"\x00", b"<html></html>", b"\xff\xfe", b'{"choices":[]}',
                     b'{"choices":null}', b'{"choices":{}}', b'{"choices":"x"}', b'{"error":{"message":"overloaded","code":429}}',
                     b'{"choices":[{}],"choices":[{}]}', b'{"choices":' + b"[" * 100_000, b'{"choices":[{"message":{"content":"\xff"}}]}',
                     b'{"choices":[{}],"x":1e999}', b"\x1f\x8b\x08\x00"]:
            with self.subTest(body=body[:60]):
                self.fails_over(send_and_close(reply(body)), "garbage")
        for content_type in ["text/html", "text/plain", "text/event-stream", "application/octet-stream", "application/jsonx", "x", "\x80"]:
            with self.subTest(content_type=content_type):
                self.fails_over(send_and_close(reply(GOOD, content_type)), "garbage")

    def test_streams_that_are_none(self):
        for data in [b"", b"data: [DONE]\n\n", b"data: x\n\n", b"data: {}\n\n", b'data: {"error":{"message":"overloaded"}}\n\n', b"data: []\n\n",
                     b'data: {"choices":null}\n\n', b"event: error\ndata: {}\n\n", b": only a comment\n\n", b"id: 1\n\n", b"data\n\n", b"\xff\xfe",
                     b'data: {"choices":[' + b"[" * 1000 + b"\n\n", GOOD]:
            with self.subTest(data=data[:60]):
                self.fails_over(send_and_close(stream_head() + data), "garbage", stream=True)
        for content_type in ["application/json", "text/html", "text/event-streamx", ""]:
            data = reply(event("x") + DONE, content_type)
            self.fails_over(send_and_close(data), "garbage", stream=True)

    def test_mistakes_of_the_caller_that_are_none(self):
        """A body of an error that never ends is no answer either."""
        self.fails_over(send_and_close(reply(b"x" * 1_100_000, status="400 Bad")), "garbage")
        self.fails_over(send_and_close(reply(b"{}", status="400 Bad", length=100)), "connection_reset")

    def test_retry_after_without_sense(self):
        for value in ["-1", "99999999999999999999", "1e9", "0x1", "tomorrow", "", "1, 2", "Sun, 99 Nov 1994 08:49:37 GMT", "\x80"]:
            with self.subTest(value=value):
                self.fails_over(send_and_close(reply(status="429 Slow", more=f"Retry-After: {value}\r\n")), "rate_limited")


class BreakingOff(Upstreams):
    def test_before_the_caller_has_seen_a_byte(self):
        for data in [b"", b"HTTP", HEAD, HEAD + b"Content-Length: 100\r\n\r\n", HEAD + b"Content-Length: 100\r\n\r\n" + GOOD[:20],
                     HEAD + b"Transfer-Encoding: chunked\r\n\r\n", STREAM + b"\r\n", STREAM + b"Transfer-Encoding: chunked\r\n\r\n20\r\ndata: "]:
            for end in [send_and_close, send_and_reset]:
                stream = data.startswith(STREAM)
                with self.subTest(data=data, end=end.__name__):
                    # A stream that says nothing of its length and ends is complete: it has no first event.
                    complete = data == STREAM + b"\r\n" and end is send_and_close
                    self.fails_over(end(data), "garbage" if complete else "connection_reset", stream)

    def test_at_once(self):
        def close(connection):
            connection.close()

        def reset(connection):
            abuse.Call(connection, "", [], b"").reset()
        for on_connect in [close, reset]:
            self.paris.on_connect = on_connect
            answer = self.gateway.chat()
            self.assertEqual(answer.deployment, "berlin")
            self.assertIn(self.results(answer.id)[0], [("paris", "connection_reset"), ("paris", "connection_refused")])

    def test_after_the_caller_has_seen_a_byte(self):
        first = event("one")
        for data in [first, first + b"data: {\"cho", first + b"\xff\xfe\xfd", first + event("two")[:-1], first + b": comment\n"]:
            for head in [stream_head(), STREAM + b"Content-Length: 1000000\r\n\r\n"]:
                for end in [send_and_close, send_and_reset]:
                    self.paris.behave = end(head + data)
                    answer = self.gateway.chat(stream=True)
                    if not answer.events:  # the reset overtook the first event
                        self.assertEqual(end, send_and_reset)
                        continue
                    self.assertEqual((answer.status, answer.deployment), (200, answer.deployment))
                    if answer.deployment == "berlin":
                        self.assertEqual(end, send_and_reset)
                        continue
                    self.assertEqual(answer.events[0], first[6:-2].decode())
                    self.assertEqual(json.loads(answer.events[-1])["error"]["code"], "upstream_interrupted")
                    usage = self.gateway.wait_for_record("usage", lambda record, identity=answer.id: record["id"] == identity)
                    self.assertEqual((usage["end"], usage["deployment"]), ("interrupted", "paris"))
        self.assertEqual(len(self.virginia.calls), 0)


class Hanging(Upstreams):
    """Within the policy's times, here 4 s for a request and 1.5 s for its first tier."""

    deadline = "4 s"

    def pass_on(self, stages, results):
        """Virginia behaves in one of these ways for each request, all at once; `stages` are of a behaviour and whether it
        is that of a stream."""
        left, lock = list(stages), threading.Lock()

        def behave(call):
            with lock:
                stage = next(stage for stage in left if stage[1] == bool(call.json.get("stream")))
                left.remove(stage)
            stage[0](call)
        self.virginia.behave = behave
        answers = self.at_once([lambda stream=stream: self.gateway.chat(key="sk-platinum", stream=stream) for _, stream in stages])
        for answer in answers:
            self.assertEqual((answer.status, answer.deployment), (200, "paris"))
            self.assertIn(self.results(answer.id), [[("virginia", result), ("paris", "served")] for result in results])
        self.assertEqual(left, [])

    def test_at_every_stage(self):
        self.pass_on([(send_and_hang(data), stream) for data, stream in [
            (b"", False), (b"HTTP/1.1 2", False), (HEAD, False), (HEAD + b"Content-Length: 100\r\n\r\n{", False),
            (HEAD + b"Transfer-Encoding: chunked\r\n\r\n5", False), (stream_head(), True), (stream_head() + b": x\n\n", True),
            (stream_head() + b"data: {", True)]], ["timeout"])

    @staticmethod
    def at_once(calls):
        results = [None] * len(calls)

        def run(number, call):
            results[number] = call()
        threads = [threading.Thread(target=run, args=(number, call)) for number, call in enumerate(calls)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return results

    def test_that_never_end_without_saying_anything(self):
        before = self.gateway.memory()
        self.pass_on([
            (send_without_end(stream_head(), b": keep waiting\n\n" * 1000), True),
            (send_without_end(stream_head(), b"\n" * 10_000), True),
            (send_without_end(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100), False),
        ], ["timeout", "garbage"])
        self.assert_grew_less(before, 100_000)

    def test_a_connection_that_is_not_taken(self):
        full = socket.socket()
        self.addCleanup(full.close)
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = full.getsockname()
        waiting = []
        for _ in range(8):  # until the kernel takes no more for a listener that does not accept
            caller = socket.socket()
            caller.setblocking(False)
            caller.connect_ex(address)
            waiting.append(caller)
            self.addCleanup(caller.close)
        self.endpoints["paris"] = f"http://127.0.0.1:{address[1]}/v1"
        self.restart(connect_timeout_ms=100)
        answer = self.gateway.chat()
        self.assertEqual(self.results(answer.id), [("paris", "timeout"), ("berlin", "served")])
        self.endpoints["paris"] = self.paris.url
        self.restart()


class Keeping(Upstreams):
    """Streams that have begun, say no more and do not end."""

    START = b'event: message_start\ndata: {"type":"message_start","message":{"id":"m","usage":{"input_tokens":1}}}\n\n'
    PING = b'event: ping\ndata: {"type": "ping"}\n\n'

    def ends(self, identity, end):
        usage = self.gateway.wait_for_record("usage", lambda record: record["id"] == identity)
        self.assertEqual((usage["deployment"], usage["end"]), ("paris", end))

    def is_interrupted(self, behave):
        self.paris.behave = behave
        answer = self.gateway.chat(stream=True)
        self.assertEqual((answer.status, answer.events[0]), (200, event("one")[6:-2].decode()))
        self.assertIn(b"upstream_interrupted", answer.body[-500:])
        self.ends(answer.id, "interrupted")

    def test_silence(self):
        self.restart(stream_silence_ms=100)
        for rest in [b"", b"data: {\"cho", b": waiting\n"]:
            with self.subTest(rest=rest):
                self.is_interrupted(send_and_hang(stream_head() + event("one") + rest))

    def test_comments_and_blank_lines(self):
        self.restart(stream_idle_ms=300)
        for piece in [b": still here\n\n", b"\n", b"event: x\nid: 1\n\n"]:
            with self.subTest(piece=piece):
                self.is_interrupted(send_without_end(stream_head() + event("one"), piece))

    def test_pings(self):
        self.restart(stream_idle_ms=300, endpoints={**self.endpoints, "paris": {"url": self.paris.url, "speaks": ["messages"]}})
        self.paris.behave = send_without_end(stream_head() + self.START, self.PING)
        body = {"model": "any", "max_tokens": 9, "stream": True, "messages": [{"role": "user", "content": "hello"}]}
        _, headers, answer = self.gateway.call("POST", "/v1/messages", body)
        self.assertTrue(answer.startswith(self.START), answer[:200])
        self.assertIn(b"upstream_interrupted", answer[-500:])
        self.ends(headers["x-route-decision-id"], "interrupted")
        answer = self.gateway.chat(stream=True)  # the same, translated
        self.assertEqual(json.loads(answer.events[-1])["error"]["code"], "upstream_interrupted")
        self.restart()

    def test_a_stream_that_goes_on_is_not_measured_as_a_whole(self):
        self.restart(stream_silence_ms=2000, stream_idle_ms=2000)

        def slowly(call):
            call.send(stream_head())
            for _ in range(25):  # longer than the limits together with each pause far below them
                call.send(event("x"))
                threading.Event().wait(0.1)
            call.send(DONE)
            call.close()
        self.paris.behave = slowly
        answer = self.gateway.chat(stream=True)
        self.assertEqual((len(answer.events), answer.events[-1]), (26, "[DONE]"))
        self.ends(answer.id, "completed")


class Leaving(Upstreams):
    settings = {"max_body_bytes": 20_000_000}

    def test_with_an_answer_before_it_has_read_the_request(self):
        """A request that is more than sockets hold, so the gateway is still sending it when it is cut off."""
        for status, result in [("413 Too Large", "caller_error"), ("429 Too Many", "rate_limited"), ("401 Who", "broken_deployment"),
                               ("503 Busy", "error_status"), ("200 OK", "connection_reset")]:
            with self.subTest(status=status):
                def refuse(connection, status=status):
                    head = b""
                    while b"\r\n\r\n" not in head:
                        head += connection.recv(1000)
                    connection.sendall(reply(GOOD, status=status))
                    connection.close()
                self.paris.on_connect = refuse
                answer = self.gateway.chat(padding="x" * 15_000_000)
                self.assertEqual(self.results(answer.id)[0], ("paris", result))
                self.assertEqual(answer.status, 413 if result == "caller_error" else 200)

    def test_a_connection_that_was_kept(self):
        """It is closed on this side too, although nobody asks that upstream any more."""
        gone = threading.Event()

        def behave(call):
            call.send(reply(GOOD))
            call.connection.shutdown(socket.SHUT_WR)
            call.wait_for_end()
            gone.set()
        self.paris.behave = behave
        self.assertEqual(self.gateway.chat().deployment, "paris")
        self.assertTrue(gone.wait(harness.PATIENCE))


class Flooding(Upstreams):
    """More than anybody may keep."""

    def test_headers_extensions_and_trailers_without_end(self):
        chunked = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
        before = self.gateway.memory()
        for data, piece in [(b"", b"a"), (b"HTTP/1.1 200 ", b"a"), (HEAD, b"a"), (HEAD, b"a: b\r\n"), (chunked + b"1;", b"a"),
                            (chunked + b"0\r\n", b"a: b\r\n"), (chunked + b"0;", b"a")]:
            with self.subTest(data=data):
                self.fails_over(send_without_end(data, piece * (60_000 // len(piece))), "garbage")
        self.assert_grew_less(before, 16_000)

    def test_an_answer_without_end(self):
        before = self.gateway.memory()
        detail = self.fails_over(send_without_end(HEAD + b"Connection: close\r\n\r\n", b" " * 1_000_000), "garbage")
        self.assertEqual(detail, "the answer is too long")
        self.assert_grew_less(before, 200_000)

    def test_an_event_without_end(self):
        before = self.gateway.memory()
        for data in [b"data: ", b": ", b"data: x\n" * 1000, event("first") + b"data: "]:
            self.paris.behave = send_without_end(stream_head() + data, b"data: x\n" * 1000 if data.endswith(b"\n") else b"a" * 100_000)
            answer = self.gateway.chat(stream=True)
            if data.startswith(event("first")):
                self.assertEqual(json.loads(answer.events[-1])["error"]["code"], "upstream_interrupted")
                self.assertEqual(len(answer.events), 2)
            else:
                self.assertEqual(self.results(answer.id), [("paris", "garbage"), ("berlin", "served")])
        self.assert_grew_less(before, 160_000)

    def test_a_stream_without_end_stops_when_its_caller_leaves(self):
        for piece in [event("more") * 100, b": still there\n\n" * 1000]:
            ended = threading.Event()

            def behave(call, piece=piece, ended=ended):
                send_without_end(stream_head() + event("first"), piece)(call)
                ended.set()
            self.paris.behave = behave
            before = self.gateway.memory()
            connection = self.connect()
            connection.sendall(abuse.post(chat("endless", model=f"m{len(piece)}", stream=True)))
            taken = 0
            while taken < 30_000_000:
                taken += len(connection.recv(1_000_000))
            connection.close()
            self.assertTrue(ended.wait(harness.PATIENCE))
            usage = self.gateway.wait_for_record("usage", lambda record: record["id"] == self.gateway.records()[-1]["id"])
            self.assertEqual(usage["end"], "caller_gone")
            self.assertIn("charged by estimate", usage["usage_note"])
            self.assert_grew_less(before, 16_000)

    def test_a_stream_that_never_pauses_leaves_others_their_turn(self):
        """On the one thread that this gateway has."""
        self.paris.behave = send_without_end(stream_head() + event("first"), b": still there\n\n" * 1000)
        connection = self.connect()
        connection.sendall(abuse.post(chat(stream=True)))
        much, stop = threading.Event(), threading.Event()

        def read():
            taken = 0
            while not stop.is_set():
                taken += len(connection.recv(1_000_000))
                if taken > 5_000_000:
                    much.set()
        reader = threading.Thread(target=read)
        reader.start()
        self.assertTrue(much.wait(harness.PATIENCE))
        for _ in range(3):
            self.assertEqual(self.gateway.chat(key="sk-platinum").status, 200)
        stop.set()
        reader.join()
        connection.close()

    def test_a_caller_that_reads_slowly_holds_its_upstream_back(self):
        """It reads a little only when the upstream cannot send any more, so that somebody would have to keep the rest."""
        stuck, everything = threading.Event(), 60_000_000

        def behave(call):
            call.send(stream_head())
            call.connection.setblocking(False)
            piece, sent = event("x" * 10_000), 0
            left = piece * (everything // len(piece)) + DONE
            while sent < len(left):
                try:
                    sent += call.connection.send(left[sent:sent + 1_000_000])
                except BlockingIOError:
                    stuck.set()
                    select.select([], [call.connection], [], harness.PATIENCE)
                    stuck.clear()
            stuck.set()
            call.close()
        self.paris.behave = behave
        before = self.gateway.memory()
        connection = self.connect()
        connection.sendall(abuse.post(chat(stream=True), "Connection: close\r\n"))
        taken, piece = 0, b"x"
        while piece:
            self.assertTrue(stuck.wait(harness.PATIENCE))
            piece = connection.recv(262_144)
            taken += len(piece)
        self.assertGreater(taken, everything)
        self.assert_grew_less(before, 16_000)


class Certificates:
    """A certificate authority, and certificates that it signed, made with openssl."""

    def __init__(self, folder):
        self.folder = folder
        self.authority = self.path("authority.pem")
        self.openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", self.path("authority.key"), "-out", self.authority, "-days", "2",
                     "-subj", "/CN=authority")
        with open(self.path("ca.conf"), "w") as file:
            file.write("[ca]\ndefault_ca=a\n[a]\nnew_certs_dir=.\ndatabase=index\nserial=serial\npolicy=p\ndefault_md=sha256\n"
                       "copy_extensions=copy\nunique_subject=no\n[p]\ncommonName=supplied\n")
        with open(self.path("serial"), "w") as file:
            file.write("01\n")
        open(self.path("index"), "w").close()

    def path(self, name):
        return os.path.join(self.folder, name)

    def openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=self.folder)

    def context(self, name, subject_names, begins="20200101000000Z", ends="20490101000000Z", usage="serverAuth", signed=True):
        key, request, certificate = (self.path(f"{name}.{kind}") for kind in ["key", "csr", "pem"])
        self.openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", request, "-subj", "/CN=localhost",
                     "-addext", f"subjectAltName={subject_names}", "-addext", f"extendedKeyUsage={usage}")
        if signed:
            self.openssl("ca", "-batch", "-config", "ca.conf", "-cert", self.authority, "-keyfile", self.path("authority.key"), "-in", request,
                         "-out", certificate, "-startdate", begins, "-enddate", ends, "-notext")
        else:
            self.openssl("x509", "-req", "-in", request, "-signkey", key, "-out", certificate, "-days", "2", "-copy_extensions", "copy")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        return context


class Tls(Upstreams):
    def test_certificates_that_do_not_hold(self):
        made = Certificates(self.folder)
        cases = {
            "good": (made.context("good", "DNS:localhost"), "served"),
            "expired": (made.context("expired", "DNS:localhost", ends="20210101000000Z"), "tls_error"),
            "not yet": (made.context("not_yet", "DNS:localhost", begins="20480101000000Z"), "tls_error"),
            "another name": (made.context("name", "DNS:example.org,DNS:localhost.example.org,DNS:*.localhost"), "tls_error"),
            "for callers": (made.context("client", "DNS:localhost", usage="clientAuth"), "tls_error"),
            "signed by itself": (made.context("self", "DNS:localhost", signed=False), "tls_error"),
        }
        for case, (context, result) in cases.items():
            with self.subTest(case=case):
                secure = abuse.Upstream("paris", context)
                self.addCleanup(secure.close)
                self.endpoints["paris"] = f"https://localhost:{secure.port}/v1"
                self.restart(more_environment={"SSL_CERT_FILE": made.authority, "SSL_CERT_DIR": "/nonexistent"})
                answer = self.gateway.chat()
                self.assertEqual(self.results(answer.id)[0], ("paris", result))
                self.assertEqual(len(secure.calls), 1 if result == "served" else 0)  # no key without a certificate
        self.endpoints["paris"] = self.paris.url
        self.restart()

    def test_what_is_no_tls(self):
        for data in [b"HTTP/1.1 400 Bad Request\r\n\r\nplain HTTP", b"", b"\x15\x03\x01\x00\x02\x02\x28", b"\x16\x03\x03\xff\xff" + b"\x00" * 70_000]:
            with self.subTest(data=data[:20]):
                plain = abuse.Upstream("paris")
                self.addCleanup(plain.close)

                def answer(connection, data=data):
                    connection.recv(65536)
                    connection.sendall(data)
                    connection.shutdown(socket.SHUT_WR)
                    while connection.recv(65536):
                        pass
                plain.on_connect = answer
                self.endpoints["paris"] = f"https://localhost:{plain.port}/v1"
                self.restart()
                done = self.gateway.chat()
                self.assertEqual(self.results(done.id), [("paris", "tls_error"), ("berlin", "served")])
        self.endpoints["paris"] = self.paris.url
        self.restart()


if __name__ == "__main__":
    abuse.main()
