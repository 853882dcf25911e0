"""Requests whose bytes are wrong, and requests that two readers could cut differently: none is served twice, none in
part, and nothing of a refused one is read as the next."""

import threading
import unittest

import abuse
from abuse import chat, error_of, post

SMUGGLED = b"GET /v1/models HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk-gold\r\nConnection: close\r\n\r\n"
HEAD = b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk-gold\r\n"


def chunked(*pieces, more=b""):
    body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return HEAD + b"Transfer-Encoding: chunked\r\n" + more + b"\r\n" + body


BODY = b'{"model":"any","messages":[{"role":"user","content":"hello"}]}'


class Refusing(abuse.Abuse):
    def refused(self, data, status=400, code="invalid_request"):
        """Exactly one answer, an error, and then the end of the connection; no upstream and no record."""
        before = self.asked(), len(self.gateway.records())
        answers = self.raw(data)
        self.assertEqual([answer[0] for answer in answers], [status], (data[:200], answers))
        self.assertEqual(error_of(answers[0][2])["code"], code)
        self.assertEqual(answers[0][1]["connection"], "close")
        self.assertEqual((self.asked(), len(self.gateway.records())), before)
        return error_of(answers[0][2])["message"]


class Smuggling(Refusing):
    def test_lengths_that_two_readers_could_take_differently(self):
        for fields in [
            b"Content-Length: 5\r\nTransfer-Encoding: chunked",
            b"Transfer-Encoding: chunked\r\nContent-Length: 5",
            b"Content-Length: 5\r\ntransfer-encoding:chunked",
            b"Content-Length: 5\r\nContent-Length: 6",
            b"Content-Length: 5\r\nContent-Length: 5",
            b"Content-Length: 5, 5",
            b"Content-Length: 5, 6",
            b"Content-Length: 5,",
            b"Content-Length:",
            b"Content-Length: -5",
            b"Content-Length: +5",
            b"Content-Length: 0x5",
            b"Content-Length: 5 5",
            b"Content-Length: 5.0",
            b"Content-Length: five",
            b"Content-Length: 18446744073709551616",
            b"Content-Length: 18446744073709551621",
            b"Content-Length: 99999999999999999999999999999999",
            b"Content-Length : 5",
            b"Content-Length\t: 5",
            b"Content-Length\x00: 5",
            b"Content-Length: 5\x00",
        ]:
            with self.subTest(fields=fields):
                self.refused(HEAD + fields + b"\r\n\r\n0\r\n\r\n" + SMUGGLED)

    def test_transfer_codings_other_than_chunked_alone(self):
        for coding in [b"identity", b"gzip", b"gzip, chunked", b"chunked, identity", b"identity, chunked", b"xchunked",
                       b"chunkedx", b"chunked;q=1", b'"chunked"', b"chunked\x0b", b"\x0bchunked", b"ch\x00unked", b"",
                       b"chunked, chunked", b"chunked\r\nTransfer-Encoding: chunked",
                       b"chunked\r\nTransfer-Encoding: identity", b"identity\r\nTransfer-Encoding: chunked"]:
            with self.subTest(coding=coding):
                self.refused(HEAD + b"Transfer-Encoding: " + coding + b"\r\n\r\n0\r\n\r\n" + SMUGGLED)
        self.refused(HEAD + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + SMUGGLED)
        old = HEAD.replace(b"HTTP/1.1", b"HTTP/1.0") + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        self.refused(old + SMUGGLED)

    def test_chunks_that_are_none(self):
        for chunk in [b"xyz\r\nabc\r\n", b"0x5\r\nhello\r\n", b"-5\r\nhello\r\n", b"+5\r\nhello\r\n", b" 5\r\nhello\r\n",
                      b"5 \r\nhello\r\n", b"\r\nhello\r\n", b"5\nhello\n", b"5\rhello\r\n", b"5\r\nhelloX\r\n",
                      b"5\r\nhello0\r\n\r\n", b"4\r\nhello\r\n", b"5;a\nb\r\nhello\r\n", b"5;a\rb\r\nhello\r\n",
                      b"5;\x00\r\nhello\r\n", b'5;a="b\nc"\r\nhello\r\n',
                      b'5;a="\x00"\r\nhello\r\n', b"5;=\r\nhello\r\n", b"10000000000000005\r\nhello\r\n",
                      b"00000000000000000000000000000000000000000g\r\n"]:
            with self.subTest(chunk=chunk):
                self.refused(chunked(more=b"") + chunk + b"0\r\n\r\n" + SMUGGLED)
        self.refused(chunked() + b"ffffffffffffffff\r\nhello\r\n", 413, "request_too_large")
        self.refused(chunked(BODY) + b"0\r\nno colon\r\n\r\n" + SMUGGLED)
        self.refused(chunked(BODY) + b"0\r\nTransfer-Encoding: chunked\r\n\r\n" + SMUGGLED)
        self.refused(chunked(BODY) + b"0\r\nContent-Length: 5\r\n\r\n" + SMUGGLED)

    def test_a_request_inside_a_body_is_no_request(self):
        hidden = chat(SMUGGLED.decode())
        answers = self.raw(post(hidden) + SMUGGLED)
        self.assertEqual([status for status, _, _ in answers], [200, 200])
        self.assertEqual(self.paris.calls[-1].json["messages"], hidden["messages"])
        self.assertIn(b'"list"', answers[1][2])

    def test_what_follows_a_body_is_the_next_request_or_none(self):
        for rest in [b"garbage", b"\x00\x00", b"{}", b"0\r\n\r\n", b"GET /v1/models\r\n\r\n"]:
            answers = self.raw(post(chat()) + rest + b"\r\n\r\n" + SMUGGLED)
            self.assertEqual([status for status, _, _ in answers], [200, 400], rest)
        self.assertEqual(len(self.paris.calls), 5)

    def test_a_body_that_a_get_brings_is_not_the_next_request(self):
        get = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"
        for framing in [b"Content-Length: %d\r\n\r\n" % len(SMUGGLED), b"Transfer-Encoding: chunked\r\n\r\n"]:
            answers = self.raw(get + framing + SMUGGLED)
            self.assertEqual([status for status, _, _ in answers], [200], framing)

    def test_trailers_are_not_headers(self):
        forged = b"X-Data-Class: nonsense\r\nX-Route-Workload: legal\r\nAuthorization: Bearer sk-wrong\r\nHost: y\r\n\r\n"
        (answer,) = self.raw(chunked(BODY, more=b"Connection: close\r\n") + b"0\r\n" + forged)
        self.assertEqual(answer[0], 200)
        decision = self.gateway.records(answer[1]["x-route-decision-id"])[0]
        self.assertEqual((decision["tenant"], decision["attributes"]["workload"], decision["ignored"]), ("acme", "chat", []))

    def test_chunks_of_any_size_with_extensions_make_one_body(self):
        pieces = b"".join(b"%x;name=value;quoted=\"a;b\"\r\n%c\r\n" % (1, byte) for byte in BODY)
        (answer,) = self.raw(chunked(more=b"Connection: close\r\n") + pieces + b"000;last\r\n\r\n")
        self.assertEqual(answer[0], 200)
        self.assertEqual(self.paris.calls[-1].json["messages"][0]["content"], "hello")


class Malformed(Refusing):
    def test_request_lines(self):
        rest = b"\r\nHost: x\r\n\r\n"
        for line in [b"", b"GET", b"GET /healthz", b"GET  /healthz HTTP/1.1", b"GET /healthz  HTTP/1.1", b"/healthz HTTP/1.1",
                     b" GET /healthz HTTP/1.1", b"GET /healthz HTTP/1.1 ", b"GET /healthz HTTP/1.1 x", b"GET /healthz HTTP/1.2",
                     b"GET /healthz HTTP/0.9", b"GET /healthz HTTP/2.0", b"GET /healthz HTTP/11", b"GET /healthz http/1.1",
                     b"GET /healthz HTTPS/1.1", b"GET /healthz ICAP/1.0", b"GET /health z HTTP/1.1", b"GET\t/healthz\tHTTP/1.1",
                     b"GET /healthz\x00 HTTP/1.1", b"GET /healthz\x7f HTTP/1.1", b"G\x00T /healthz HTTP/1.1",
                     b"GE(T /healthz HTTP/1.1", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"\xff\xfe\xfd"]:
            with self.subTest(line=line):
                self.refused(line + rest)
        self.refused(b"GET /healthz HTTP/1.1\nHost: x\n\n" + b"\r\n\r\n")
        self.refused(b"GET /healthz HTTP/1.1\rHost: x\r\r" + b"\r\n\r\n")

    def test_headers(self):
        for field in [b"no colon", b": no name", b"space before : x", b"tab\t: x", b"(name): x", b"na me: x", b"n\x00me: x",
                      b"n\xc3\xa4me: x", b"name: \x00", b"name: a\x00b", b"name: a\x01b", b"name: a\x7fb", b"name: a\nb: c",
                      b"name: a\rb: c", b"name: x\n", b"\x00"]:
            with self.subTest(field=field):
                self.refused(b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + field + b"\r\n\r\n" + SMUGGLED)
        for hosts in [b"", b"Host: x\r\nHost: x\r\n", b"Host: x\r\nhost: y\r\n"]:
            with self.subTest(hosts=hosts):
                answers = self.raw(b"GET /healthz HTTP/1.1\r\n" + hosts + b"Connection: close\r\n\r\n")
                self.assertEqual([status for status, _, _ in answers], [400])

    def test_a_folded_header_is_one_line(self):
        folded = b"X-Route-Workload: code\r\n legal\r\nConnection: close\r\n"
        (answer,) = self.raw(post(BODY, folded.decode()))
        decision = self.gateway.records(answer[1]["x-route-decision-id"])[0]
        self.assertEqual((answer[0], decision["attributes"]["workload"]), (200, "chat"))
        self.assertEqual([ignored["attribute"] for ignored in decision["ignored"]], ["workload"])

    def test_methods_and_targets_that_proxies_take(self):
        port = self.elsewhere.port
        for line, status in [(b"CONNECT 127.0.0.1:%d HTTP/1.1" % port, 404), (b"TRACE / HTTP/1.1", 404),
                             (b"OPTIONS * HTTP/1.1", 404), (b"GET http://127.0.0.1:%d/ HTTP/1.1" % port, 404),
                             (b"GET http://127.0.0.1:%d/v1/models HTTP/1.1" % port, 200),
                             (b"TRACE /v1/models HTTP/1.1", 405), (b"PUT /v1/chat/completions HTTP/1.1", 405)]:
            with self.subTest(line=line):
                head = line + b"\r\nHost: 127.0.0.1:%d\r\nAuthorization: Bearer sk-gold\r\nConnection: close\r\n\r\n" % port
                self.assertEqual([answer[0] for answer in self.raw(head)], [status])

    def test_an_upgrade_is_not_taken(self):
        for upgrade in ["websocket", "TLS/1.0", "h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"]:
            answers = self.raw(post(chat(), f"Connection: Upgrade, close\r\nUpgrade: {upgrade}\r\n"))
            self.assertEqual([status for status, _, _ in answers], [200])


class Oversized(Refusing):
    def test_lines_and_headers(self):
        get = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"
        self.refused(b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 431, "headers_too_large")
        self.refused(b"A" * 20_000, 431, "headers_too_large")
        self.refused(get + b"X: " + b"a" * 20_000 + b"\r\n\r\n", 431, "headers_too_large")
        self.refused(get + b"a" * 20_000 + b": x\r\n\r\n", 431, "headers_too_large")
        self.refused(get + b"a:\r\n" * 5_000 + b"\r\n", 431, "headers_too_large")
        self.refused(get + b"a:\r\n" * 2_000_000, 431, "headers_too_large")

    def test_many_small_headers_within_the_bound_are_no_trouble(self):
        (answer,) = self.raw(post(chat(), "a:\r\n" * 3_000 + "Connection: close\r\n"))
        self.assertEqual(answer[0], 200)
        self.assertLess(len(self.paris.calls[-1].headers), 10)

    def test_a_body_is_refused_by_its_length_before_it_is_sent(self):
        for expect in ["", "Expect: 100-continue\r\n"]:
            self.refused(post(b"", expect, length=1_000_001), 413, "request_too_large")
            self.refused(post(b"", expect, length=2 ** 63), 413, "request_too_large")

    def test_a_body_without_a_length_is_refused_where_it_grows_too_long(self):
        self.refused(chunked(*[b"x" * 400_000] * 3), 413, "request_too_large")

    def test_extensions_and_trailers_without_end_take_no_memory(self):
        before = self.gateway.memory()
        for beginning in [b"5;" , b"0\r\nname: ", b"0;", b"0\r\n"]:
            with self.subTest(beginning=beginning):
                filler = b"a:\r\n" * 8_000_000 if beginning == b"0\r\n" else b"a" * 32_000_000
                self.refused(chunked() + beginning + filler, 431, "headers_too_large")
        self.assert_grew_less(before, 16_000)


class Continuing(Refusing):
    def test_a_caller_that_waits_is_told_to_go_on_once(self):
        connection = self.connect()
        connection.sendall(post(b"", "Expect: 100-continue\r\nConnection: close\r\n", length=len(BODY)))
        told = connection.recv(65536)
        self.assertEqual(told, b"HTTP/1.1 100 Continue\r\n\r\n")
        connection.sendall(BODY)
        rest = b""
        while piece := connection.recv(65536):
            rest += piece
        self.assertEqual([status for status, _, _ in abuse.read_answers(rest)], [200])

    def test_nobody_is_told_to_send_what_is_refused(self):
        expect = "Expect: 100-continue\r\n"
        for data, status in [(post(b"", expect, key="sk-wrong", length=10), 401),
                             (post(b"", expect, path="/v1/nothing", length=10), 404),
                             (post(b"", expect + "Content-Encoding: gzip\r\n", length=10), 400)]:
            self.assertEqual([answer[0] for answer in self.raw(data)], [status])

    def test_other_expectations_are_not_obeyed(self):
        (answer,) = self.raw(post(BODY, "Expect: 200-maybe\r\nConnection: close\r\n"))
        self.assertEqual(answer[0], 200)


class Pipelining(abuse.Abuse):
    def test_a_refused_request_ends_what_was_sent_ahead(self):
        answers = self.raw(post(chat("one")) + post(chat("two")) + b"nonsense\r\n\r\n" + post(chat("three")))
        self.assertEqual([status for status, _, _ in answers], [200, 200, 400])
        self.assertEqual([call.json["messages"][0]["content"] for call in self.paris.calls], ["one", "two"])

    def test_a_caller_that_sends_ahead_and_reads_nothing_is_held_back(self):
        get = b"GET /v1/models HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk-gold\r\n\r\n"
        connection = self.connect()
        connection.setblocking(False)
        sent, held = 0, 0
        before = self.gateway.memory()
        data = get * 1000
        while sent < 200_000_000 and held < 1000:  # a thousand refusals in a row: nobody takes more
            try:
                sent += connection.send(data[sent % len(get):])
                held = 0
            except BlockingIOError:
                held += 1
                threading.Event().wait(0.001)
        self.assertEqual(held, 1000)
        self.assert_grew_less(before, 16_000)

    def test_a_caller_that_never_pauses_leaves_others_their_turn(self):
        """On the one thread that this gateway has. Its body is of spaces, each in a chunk with a long extension."""
        much, stop = threading.Event(), threading.Event()
        connection = self.connect()

        def send():
            connection.sendall(chunked())
            for number in range(100_000):
                if stop.is_set():
                    break
                connection.sendall((b"1;" + b"a" * 4000 + b"\r\n \r\n") * 10)
                if number == 100:
                    much.set()
        sender = threading.Thread(target=send)
        sender.start()
        self.assertTrue(much.wait(60))
        for _ in range(3):
            self.assertEqual(self.gateway.chat().status, 200)
        stop.set()
        sender.join()
        connection.close()

    def test_a_caller_that_closes_its_side_is_gone(self):
        """Whatever it sent ahead, in the same packet or later."""
        for ahead, later in [(b"", b""), (b"\r\n", b""), (post(chat()), b""), (b"", b"P"), (b"P", b"OST ")]:
            with self.subTest(ahead=ahead, later=later):
                arrived, gone = threading.Event(), threading.Event()

                def hold(call, arrived=arrived, gone=gone):
                    arrived.set()
                    call.wait_for_end()
                    gone.set()
                self.paris.behave = hold
                asked, recorded = self.asked(), len(self.gateway.records())
                connection = self.connect()
                connection.sendall(post(chat()) + ahead)
                self.assertTrue(arrived.wait(60))
                connection.sendall(later)
                connection.shutdown(1)
                self.assertTrue(gone.wait(60))
                self.assertEqual(connection.recv(1), b"")  # the connection has ended, too
                outcome = self.gateway.wait_for_record("outcome", lambda record: record in self.gateway.records()[recorded:])
                self.assertEqual((outcome["code"], [attempt["result"] for attempt in outcome["attempts"]]), ("caller_gone", ["cancelled"]))
                self.assertEqual(self.asked(), asked + 1)

    def test_a_request_that_was_sent_ahead_is_not_answered_in_place_of_one_whose_caller_is_gone(self):
        for body in (chat(), chat(stream=True)):
            arrived = threading.Event()

            def hold(call, arrived=arrived):
                if call.json.get("stream"):
                    call.send(abuse.stream_head() + abuse.event("first half"))
                arrived.set()
                call.wait_for_end()
            self.paris.behave = hold
            connection = self.connect()
            connection.sendall(post(body) + post(chat(text="the second")))
            self.assertTrue(arrived.wait(60))
            self.paris.behave = lambda call: call.send(abuse.reply(abuse.answer_json("to the second")))
            connection.shutdown(1)
            answer = b""
            while piece := connection.recv(65536):
                answer += piece
            self.assertNotIn(b"to the second", answer)
            self.assertLessEqual(answer.count(b"HTTP/1.1 "), 1)


if __name__ == "__main__":
    abuse.main()
