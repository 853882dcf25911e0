"""Bodies that are bombs, that two readers could read differently, or that name hosts to be asked."""

import json
import os
import subprocess

import abuse
import harness
from abuse import chat, error_of


def body(more):
    return '{"model":"any","messages":[{"role":"user","content":"hello"}],' + more + "}"


class Bodies(abuse.Abuse):
    def send(self, text, path="/v1/chat/completions", headers=None):
        return self.gateway.call("POST", path, text.encode() if isinstance(text, str) else text, headers)

    def refused(self, text, message, param=None, path="/v1/chat/completions"):
        before = self.asked(), len(self.gateway.records())
        status, _, answer = self.send(text, path)
        error = error_of(answer)
        self.assertEqual((status, error["code"]), (400, "invalid_request"), (text[:100], answer))
        self.assertIn(message, error["message"])
        if param is not None:
            self.assertEqual(error["param"], param)
        self.assertEqual((self.asked(), len(self.gateway.records())), before)

    def served(self, text, **arguments):
        status, headers, answer = self.send(text, **arguments)
        self.assertEqual(status, 200, answer)
        return self.paris.calls[-1], self.gateway.records(headers["x-route-decision-id"])[0]


class Bombs(Bodies):
    def test_nested_without_end(self):
        for beginning in ['{"a":', "[", '[{"a":', '{"model":"any","messages":[{"content":' + "["]:
            self.refused(beginning * (900_000 // len(beginning)), "nested more than 64 deep")
        self.served(body('"x":' + "[" * 63 + "]" * 63))
        self.refused(body('"x":' + "[" * 64 + "]" * 64), "nested more than 64 deep")

    def test_values_and_keys_without_end(self):
        self.refused(body('"x":[' + "0," * 250_000 + "0]"), "more than 250000 values")
        self.refused(body('"x":{' + ",".join(f'"{i:x}":0' for i in range(99_000)) + ',"0":1}'), "`0` occurs twice")
        self.served(body('"x":{' + ",".join(f'"{i:x}":0' for i in range(90_000)) + "}"))

    def test_texts_and_numbers_without_end(self):
        self.served(body('"x":"' + "a" * 900_000 + '"'))
        self.served(body('"' + "k" * 900_000 + '":0'))
        call, _ = self.served(body('"x":' + "9" * 900_000 + "e-900000"))
        self.assertNotIn(b"9" * 100, call.body)
        for number in ["1e999", "-1e999", "9" * 400, "1" + "0" * 900_000]:
            self.refused(body('"x":' + number), "not valid JSON")
        self.refused(body('"max_tokens":1e999'), "not valid JSON")

    def test_peak_memory_of_a_bomb_is_a_small_multiple_of_it(self):
        self.served(body('"x":[' + "{}," * 200_000 + "{}]"))
        before = self.gateway.memory()
        for _ in range(20):
            self.refused(body('"x":[' + "{}," * 260_000 + "{}]"), "more than 250000 values")
        self.assert_grew_less(before, 64_000)


class Ambiguous(Bodies):
    def test_a_key_twice(self):
        for text in [body('"model":"other"'), body('"mod\\u0065l":"other"'), body('"x":{"a":1,"b":2,"a":3}'),
                     body('"x":[{"a":1,"\\u0061":1}]'),
                     '{"model":"a","messages":[{"role":"user","content":"a","content":"b"}]}',
                     '{"messages":[{"role":"user","content":"a"}],"model":"a","messages":[{"role":"user","content":"b"}]}']:
            self.refused(text, "occurs twice")

    def test_a_field_in_another_spelling_is_not_passed_on_beside_the_one_that_was_read(self):
        for key, param in [("Model", "model"), ("MODEL", "model"), ("model\\u0000", "model"), ("model\\u0000x", "model"),
                           ("Messages", "messages"), ("me\u017f\u017fages", "messages"), ("ME\\u017f\\u017fAGES", "messages"),
                           ("max_to\u212aens", "max_tokens"), ("Max_Tokens", "max_tokens"), ("Stream", "stream"),
                           ("Tools", "tools"), ("Store", "store"), ("N", "n")]:
            with self.subTest(key=key):
                self.refused(body(f'"{key}":"x"'), f"take this key for `{param}`", param)
        for message in ['{"role":"user","content":"a","Content":"jane@example.org"}', '{"role":"user","cont\u0065nt\\u0000":"b"}',
                        '{"role":"user","content":[{"type":"text","text":"a","Type":"image_url"}]}']:
            self.refused('{"model":"any","messages":[' + message + "]}", "take this key for")
        self.refused('{"model":"any","input":[{"role":"user","Content":"b"}]}', "take this key for `content`",
                     path="/v1/responses")

    def test_other_keys_keep_their_spelling(self):
        schema = {"type": "object", "properties": {"Name": {"type": "string"}, "name": {"type": "string"}}}
        text = chat(topK=3, Größe=1, tools=[{"type": "function", "function": {"name": "f", "parameters": schema}}])
        call, _ = self.served(json.dumps(text))
        self.assertEqual((call.json["topK"], call.json["Größe"], call.json["tools"]), (3, 1, text["tools"]))

    def test_what_is_not_json_or_more_than_json(self):
        good = body('"x":1').encode()
        for text in [b"", b" ", b"null", b"true", b"1", b'"text"', b"[]", b"{}{}", good + good, good + b"x", good + b"\x00", good + b",",
                     good[:-1], good[1:], good.replace(b'"x":1', b'"x":1,'), good.replace(b'"x":1', b'"x":NaN'),
                     good.replace(b'"x":1', b'"x":Infinity'), good.replace(b'"x":1', b'"x":01'), good.replace(b'"x":1', b'"x":0x1'),
                     good.replace(b'"x":1', b'"x":.5'), good.replace(b'"x":1', b'"x":1.'), good.replace(b'"x":1', b'"x":+1'),
                     good.replace(b'"x":1', b"'x':1"), good.replace(b'"x":1', b"x:1"), good.replace(b'"x":1', b'"x":1/**/'),
                     good + b"//", b"/**/" + good, good.decode().encode("utf-16"), good.decode().encode("utf-32-le")]:
            with self.subTest(text=text):
                self.refused(text, "")

    def test_texts_that_are_no_text(self):
        for text in [b"\xff", b"\xc3", b"\xc3(", b"\xc0\xaf", b"\xe0\x80\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xf8\x88\x80\x80\x80",
                     b"\\ud800", b"\\udc00", b"\\ud800\\ud800", b"\\ud800x", b"\\u12g4", b"\\x41", b"\\", b"\x00", b"\x1f", b"\n"]:
            with self.subTest(text=text):
                self.refused(b'{"model":"any","messages":[{"role":"user","content":"' + text + b'"}]}', "")
        call, _ = self.served('\ufeff{"model":"any","messages":[{"role":"user","content":"\\ud83d\\ude00\\u0000"}]}'.encode())
        self.assertTrue(call.body.startswith(b"{"))
        self.assertEqual(call.json["messages"][0]["content"], "\U0001f600\0")

    def test_the_upstream_reads_what_the_policy_read(self):
        text = '{ "messages":[{"role":"user","content":"h\\u0069"}],\t"model" : "\\u0061ny", "x":1.0, "y":12345678901234567890 }\r\n'
        call, decision = self.served(text)
        self.assertEqual(decision["asked_model"], "any")
        self.assertEqual(call.body, b'{"messages":[{"role":"user","content":"hi"}],"model":"paris-large","x":1.0,"y":12345678901234567890}')

    def test_a_body_in_another_coding_is_not_guessed_at(self):
        for coding in ["gzip", "br", "deflate", "identity, gzip", "x"]:
            status, _, answer = self.send(json.dumps(chat()), headers={"Content-Encoding": coding})
            self.assertEqual((status, error_of(answer)["code"]), (400, "invalid_request"))
        self.served(json.dumps(chat()), headers={"Content-Encoding": "Identity", "Content-Type": "text/xml; charset=utf-16"})


class Reaching(Bodies):
    """Nothing that a caller sends makes the gateway ask a host; `tearDown` checks that of `elsewhere`."""

    def test_fields_that_name_hosts(self):
        url = f"http://127.0.0.1:{self.elsewhere.port}/v1"
        fields = {name: url for name in ["base_url", "api_base", "endpoint", "url", "host", "proxy", "callback_url", "webhook",
                                         "x-route-endpoint", "deployment", "organization"]}
        call, _ = self.served(json.dumps(chat(**fields)))
        self.assertEqual((call.line, call.json["base_url"]), ("POST /v1/chat/completions HTTP/1.1", url))

    def test_endpoints_that_are_none_stop_the_start(self):
        with open(os.path.join(self.folder, "gateway.json")) as file:
            config = json.load(file)
        path = os.path.join(self.folder, "wrong.json")
        for url in ["file:///etc/passwd", "ftp://x/", "gopher://x/", "//x/v1", "x", "", "http://", "http://user:secret@x/v1", "http://x/v1?a=b",
                    "http://x/v1#a", "http://x:0/", "http://x:65536/", "http://x:a/", "http://[::1", "http://x /", "http://x/\r\nHost: y", "http://x\\@y/"]:
            with self.subTest(url=url):
                with open(path, "w") as file:
                    json.dump({**config, "endpoints": {**config["endpoints"], "paris": url}}, file)
                done = subprocess.run([os.path.join(abuse.BINARIES, "routegate"), "--bundle", self.bundle, "--config", path, "--allow-unproved", "--check"],
                                      capture_output=True, text=True, env={**os.environ, **abuse.KEYS}, timeout=harness.PATIENCE)
                self.assertEqual(done.returncode, 1)
                self.assertIn("wrong.json: /endpoints/paris: ", done.stderr)
                self.assertNotIn("secret@", done.stderr)

    def test_headers_that_name_hosts(self):
        host = f"127.0.0.1:{self.elsewhere.port}"
        names = ["X-Forwarded-Host", "X-Forwarded-For", "Forwarded", "X-Original-URL", "X-Rewrite-URL", "X-Host", "Referer", "Origin",
                 "X-Route-Endpoint", "X-Route-Deployment", "X-Portkey-Custom-Host", "Helicone-Target-Url", "Via"]
        call, _ = self.served(json.dumps(chat()), headers={name: f"http://{host}/" for name in names} | {"Host": host})
        self.assertNotIn(str(self.elsewhere.port), str(call.headers))

    def test_addresses_of_images_and_files_are_passed_on_and_not_fetched(self):
        url = f"http://127.0.0.1:{self.elsewhere.port}/image.png"
        for part in [{"type": "image_url", "image_url": {"url": url}}, {"type": "file", "file": {"file_url": url}},
                     {"type": "image_url", "image_url": {"url": "file:///etc/passwd"}}]:
            call, decision = self.served(json.dumps(chat([part])))
            self.assertEqual(call.json["messages"][0]["content"], [part])
            self.assertNotIn("root:", call.body.decode())
        self.assertEqual(decision["attributes"]["needs"], "vision")
        message = {"model": "any", "max_tokens": 10, "messages": [{"role": "user", "content": [
            {"type": "image", "source": {"type": "url", "url": url}}]}]}
        self.assertEqual(self.gateway.call("POST", "/v1/messages", message)[0], 200)

    def test_names_of_models_that_are_paths_hosts_or_headers(self):
        names = ["../../admin", "/etc/passwd", f"http://127.0.0.1:{self.elsewhere.port}/", "paris", "virginia", "any?x=1#y", "a\r\nX-Evil: 1",
                 "a\0b", "%2e%2e%2f", "\u202egnp.exe", "a" * 100_000, "", "${jndi:ldap://x}", "'; drop table spend; --", "{{7*7}}"]
        for name in names:
            with self.subTest(name=name[:30]):
                status, headers, answer = self.send(json.dumps({**chat(), "model": name}))
                self.assertEqual(status, 200, answer)
                call = self.paris.calls[-1]
                self.assertEqual((call.line, call.json["model"]), ("POST /v1/chat/completions HTTP/1.1", "paris-large"))
                self.assertNotIn("X-Evil", headers)
                self.assertNotIn("x-evil", dict(call.headers))
                # One line a record, whatever the text holds.
                self.assertEqual(self.gateway.records(headers["x-route-decision-id"])[0]["asked_model"], name)
        self.assertEqual(len(self.virginia.calls), 0)

    def test_paths(self):
        for path in ["/v1/chat/completions/", "//v1/chat/completions", "/v1//chat/completions", "/v1/./chat/completions", "/v1/chat/../completions",
                     "/v1/chat/completions%00", "/v1/chat%2fcompletions", "/V1/chat/completions", "/v1/chat/completions;x", "/../v1/chat/completions",
                     "/admin/status", "/admin/reload", "/metrics", "/control", "/v1/models/../../admin/status", "/v1/files", "/etc/passwd", "*"]:
            with self.subTest(path=path):
                self.assertEqual(self.send(json.dumps(chat()), path)[0], 405 if path.startswith("/v1/models") else 404)
        for path in ["/v1/models/..", "/v1/models/%2e%2e", "/v1/models/paris/", "/v1/models/paris\\..", "/v1/models/PARIS"]:
            self.assertEqual(self.gateway.call("GET", path)[0], 404, path)
        self.assertEqual(self.send(json.dumps(chat()), "/v1/chat/completions?base_url=http://127.0.0.1:1/&model=virginia#x")[0], 200)
        self.assertEqual(self.paris.calls[-1].line, "POST /v1/chat/completions HTTP/1.1")


if __name__ == "__main__":
    abuse.main()
