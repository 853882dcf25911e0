#!/usr/bin/env python3
"""What routegate costs, beside nginx and HAProxy as plain reverse proxies and Portkey's gateway, in one run on one machine.

    bench.py ROUTEGATE BUNDLE FAKE_PROVIDER FOLDER [--seconds N] [--only NAME,NAME] [--instructions]

ROUTEGATE and FAKE_PROVIDER are programs, BUNDLE is that of tests/gateway/sample.route, FOLDER is for files of the run and for
Portkey's gateway, which `npm ci` installs there once. nginx, haproxy and h2load (nghttp2-client) have to be installed; what is
missing is left out and said.

Method. The provider is nginx with one worker that gives the same completion to every request. Each contender is one
process with one thread or worker (Portkey's has node's) and forwards to it over kept connections. routegate decides, and writes
and syncs its decision log on the disk that holds FOLDER. h2load sends the same chat completion over HTTP/1.1.

1. Throughput: 32 connections without pause. Requests a second; processor time of the contender for a request, out of /proc,
   and from that requests a second for each core that it uses.
2. Latency: the rate is half of what the slower of the contender and direct has shown, over 8 connections; times of single requests from h2load's log.
   Added latency is a percentile minus the same percentile of requests sent to the provider directly at the same rate.
3. The same throughput with TLS towards the caller (routegate, nginx, HAProxy), and for routegate with HTTP/2 over TLS: 4
   connections with 8 requests at a time each.
4. Memory: resident memory with 1,000 streams open, each having had its first event (routegate, nginx and HAProxy).
5. 10,000 streams at a time over HTTP/2: each is opened, has its first event, waits until all have, and then gets its last
   one (routegate).

With --instructions nothing of this is measured, but what routegate's own code executes for one such request, counted by valgrind
(which has to be installed): 3,000 requests over 8 connections less 1,000 in another run, so that start and end do not count.

Other programs on the machine change the figures: the load before the run is printed. Processor time for a request suffers
least. Ratios are to nginx.
"""

import argparse
import asyncio
import contextlib
import hashlib
import http.client
import json
import os
import pathlib
import resource
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "gateway"))

import frames  # noqa: E402: HTTP/2 as the tests speak it

KEY = "sk-bench"
REQUEST = json.dumps({"model": "any", "max_tokens": 64, "messages": [
    {"role": "system", "content": "You are a helpful assistant. Answer in one sentence."},
    {"role": "user", "content": "Why do cats sleep so much, and is there anything that one should do about it? " * 4}]})
ANSWER = json.dumps({"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "paris-large",
                     "choices": [{"index": 0, "finish_reason": "stop", "message": {
                         "role": "assistant", "content": "Cats are crepuscular hunters that save their strength. " * 4}}],
                     "usage": {"prompt_tokens": 90, "completion_tokens": 44, "total_tokens": 134}})
STREAMS = 1000
MANY_STREAMS = 10_000


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port, process):
    for _ in range(600):
        if process.poll() is not None:
            raise RuntimeError(f"a program ended at its start with {process.returncode}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise RuntimeError(f"nobody listens on port {port}")


class Contender:
    """A running program and its children."""

    def __init__(self, name, arguments, port, headers=(), environment=None, scheme="http"):
        self.name, self.port, self.headers, self.scheme = name, port, list(headers), scheme
        self.process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        env={**os.environ, **(environment or {})}, start_new_session=True)
        wait_for_port(port, self.process)

    def pids(self):
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [self.process.pid, *map(int, children)]

    def seconds(self):
        """Processor time so far, of all its processes."""
        total = 0
        for pid in self.pids():
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
        return total / os.sysconf("SC_CLK_TCK")

    def memory(self):
        """Resident megabytes, of all its processes."""
        text = "".join(pathlib.Path(f"/proc/{pid}/status").read_text() for pid in self.pids())
        return sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("VmRSS")) / 1024

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Bench:
    def __init__(self, options):
        self.options = options
        self.folder = pathlib.Path(options.folder).resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.request = self.folder / "request.json"
        self.request.write_text(REQUEST)
        self.certificate, self.key = self.folder / "gateway.pem", self.folder / "gateway.key"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", self.key, "-out", self.certificate,
                        "-days", "2", "-subj", "/CN=localhost"], check=True, capture_output=True)
        both = self.folder / "both.pem"  # as HAProxy wants it
        both.write_text(self.certificate.read_text() + self.key.read_text())

    # The programs

    def nginx(self, name, server, upstream="", scheme="http"):
        port = free_port()
        tls = f"ssl_certificate {self.certificate}; ssl_certificate_key {self.key};" if scheme == "https" else ""
        config = self.folder / f"{name}.conf"
        config.write_text(f"""daemon off; worker_processes 1; pid {self.folder}/{name}.pid; error_log /dev/null;
events {{ worker_connections 8192; }}
http {{
  access_log off; keepalive_requests 1000000000; keepalive_timeout 600s; client_body_buffer_size 64k;
  client_body_temp_path {self.folder}/{name}-body; proxy_temp_path {self.folder}/{name}-proxy;
  fastcgi_temp_path {self.folder}/{name}-f; uwsgi_temp_path {self.folder}/{name}-u; scgi_temp_path {self.folder}/{name}-s;
  {upstream}
  server {{ listen 127.0.0.1:{port} {"ssl" if tls else ""} backlog=4096; {tls} {server} }}
}}
""")
        return Contender(name, ["nginx", "-c", str(config), "-p", str(self.folder)], port, scheme=scheme)

    def provider(self):
        return self.nginx("provider", f"location / {{ default_type application/json; return 200 '{ANSWER}'; }}")

    def nginx_proxy(self, target, scheme="http"):
        return self.nginx("nginx", "location / { proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection ''; "
                                   "proxy_buffering off; }",
                          f"upstream up {{ server 127.0.0.1:{target}; keepalive 64; keepalive_requests 1000000000; }}", scheme)

    def haproxy(self, target, scheme="http"):
        port = free_port()
        tls = f"ssl crt {self.folder}/both.pem" if scheme == "https" else ""
        config = self.folder / "haproxy.cfg"
        config.write_text(f"""global
  nbthread 1
  maxconn 8192
defaults
  mode http
  timeout connect 5s
  timeout client 600s
  timeout server 600s
  http-reuse always
frontend front
  bind 127.0.0.1:{port} {tls} backlog 4096
  default_backend back
backend back
  server provider 127.0.0.1:{target}
""")
        return Contender("haproxy", ["haproxy", "-db", "-f", str(config)], port, scheme=scheme)

    def routegate(self, target, scheme="http", under=()):
        port = free_port()
        tls = {"tls": {"certificate": str(self.certificate), "key": str(self.key)}} if scheme == "https" else {}
        log = self.folder / "decisions.jsonl"
        for leftover in self.folder.glob("decisions.jsonl*"):
            leftover.unlink()
        config = self.folder / "gateway.json"
        config.write_text(json.dumps({
            **tls, "listen": f"127.0.0.1:{port}", "threads": 1, "decision_log": str(log),
            "tenants": [{"id": "bench", "key_sha256": hashlib.sha256(KEY.encode()).hexdigest(), "attributes": {"tier": "gold"}}],
            "endpoints": {name: f"http://127.0.0.1:{target}/v1" for name in ["paris", "berlin", "virginia"]}}))
        keys = {f"{name}_KEY": "key" for name in ["PARIS", "BERLIN", "VIRGINIA"]}
        return Contender("routegate", [*under, self.options.routegate, "--bundle", self.options.bundle, "--config", str(config), "--allow-unproved"], port,
                         [f"authorization: Bearer {KEY}"], keys, scheme)

    def portkey(self, target, scheme="http"):
        port = free_port()
        home = self.folder / "portkey"
        if not (home / "node_modules").exists():
            home.mkdir(exist_ok=True)
            for name in ["package.json", "package-lock.json"]:
                shutil.copy(HERE / name, home)
            subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"], cwd=home, check=True,
                           capture_output=True)
        script = home / "node_modules" / "@portkey-ai" / "gateway" / "build" / "start-server.js"
        return Contender("portkey", ["node", str(script), f"--port={port}", "--headless"], port,
                         ["authorization: Bearer key", "x-portkey-provider: openai",
                          f"x-portkey-custom-host: http://127.0.0.1:{target}/v1"], {"NODE_ENV": "production"})

    # The measurements

    def load(self, contender, connections, rate=None, version="--h1", at_a_time=1):
        """Seconds of each request, sorted."""
        log = self.folder / "h2load.log"
        log.unlink(missing_ok=True)
        arguments = ["h2load", *([version] if version else []), "-t1", f"-c{connections}", f"-m{at_a_time}", f"-D{self.options.seconds}", "--warm-up-time=1",
                     f"--log-file={log}", "-d", str(self.request), "-H", "content-type: application/json"]
        for header in contender.headers:
            arguments += ["-H", header]
        if rate:
            arguments += [f"--rps={rate / connections:.2f}"]
        arguments += [f"{contender.scheme}://127.0.0.1:{contender.port}/v1/chat/completions"]
        done = subprocess.run(arguments, capture_output=True, text=True, timeout=self.options.seconds + 60)
        if done.returncode != 0:
            raise RuntimeError(f"h2load: {done.stderr or done.stdout}")
        rows = [line.split("\t") for line in log.read_text().splitlines()]
        wrong = [row for row in rows if row[1] != "200"]
        if wrong:
            raise RuntimeError(f"{contender.name}: {len(wrong)} of {len(rows)} answers were not 200 but {wrong[0][1]}")
        return sorted(int(row[2]) / 1e6 for row in rows)

    def instructions(self, target):
        """Of the user's mode, for one request."""
        totals = []
        for requests in (1000, 3000):
            counts = self.folder / "callgrind.out"
            contender = self.routegate(target, under=["valgrind", "--tool=callgrind", f"--callgrind-out-file={counts}"])
            try:
                headers = [part for header in ["content-type: application/json", *contender.headers] for part in ("-H", header)]
                done = subprocess.run(["h2load", "--h1", "-t1", "-c8", f"-n{requests}", "-d", str(self.request), *headers,
                                       f"http://127.0.0.1:{contender.port}/v1/chat/completions"],
                                      capture_output=True, text=True, timeout=600)
            finally:
                contender.stop()
            if f"{requests} 2xx" not in done.stdout:
                raise RuntimeError(f"h2load: {done.stderr or done.stdout}")
            totals.append(next(int(line.split()[1]) for line in counts.read_text().splitlines() if line.startswith("totals:")))
        return (totals[1] - totals[0]) / 2000

    def throughput(self, contender, connections=32, version="--h1", at_a_time=1):
        before = contender.seconds()
        times = self.load(contender, connections, version=version, at_a_time=at_a_time)
        used, wall = contender.seconds() - before, self.options.seconds
        # The second of warming up is not in the log but in the processor time.
        requests = len(times) * (wall + 1) / wall
        return {"rps": len(times) / wall, "cpu_us": used / requests * 1e6}

    def open_streams(self, contender, count):
        """That many connections, on each of which the first event of a stream has come."""
        body = json.dumps({"model": "any", "stream": True, "messages": [{"role": "user", "content": "hello"}]}).encode()
        head = ["POST /v1/chat/completions HTTP/1.1", "host: x", f"content-length: {len(body)}", "content-type: application/json",
                *contender.headers]
        message = "\r\n".join(head).encode() + b"\r\n\r\n" + body
        opened = []
        for first in range(0, count, 500):
            batch = []
            for _ in range(min(500, count - first)):
                one = socket.create_connection(("127.0.0.1", contender.port), timeout=60)
                one.sendall(message)
                batch.append(one)
            for one in batch:
                self.read_until(contender, one, b"data: ")
            opened += batch
        return opened

    @staticmethod
    def read_until(contender, one, mark):
        seen = b""
        while mark not in seen:
            piece = one.recv(4096)
            if not piece:
                raise RuntimeError(f"{contender.name}: a stream ended: {seen[:200]!r}")
            seen += piece

    def streams(self, contender):
        """Memory with many streams open."""
        before = contender.memory()
        opened = self.open_streams(contender, STREAMS)
        try:
            return {"idle_mb": before, "streams_mb": contender.memory()}
        finally:
            for one in opened:
                one.close()

    def many_streams(self, contender, provider):
        """Memory with very many, each of which comes to its end. They share connections of HTTP/2, a hundred each, so that the
        gateway needs hardly more open files than streams."""
        body = json.dumps({"model": "any", "stream": True, "messages": [{"role": "user", "content": "hello"}]}).encode()
        numbers = range(1, 200, 2)
        connections = []
        for _ in range(MANY_STREAMS // len(numbers)):
            connection = frames.Connection(contender.port)
            for number in numbers:
                connection.request(number, body, key=KEY)
            connections.append(connection)
            waiting = set(numbers)
            while waiting:
                waiting.discard(connection.until(frames.DATA)[2])
        memory = contender.memory()
        provider.send_signal(signal.SIGUSR1)
        for connection in connections:
            waiting = set(numbers)
            while waiting:
                _, flags, number, _ = connection.until(frames.DATA)
                if flags & frames.END_STREAM:
                    waiting.discard(number)
            connection.close()
        return {"many_mb": memory}


def percentile(times, share):
    return times[min(len(times) - 1, int(len(times) * share))] * 1000


def fake_provider(program):
    process = subprocess.Popen([program, "--name", "paris", "--port", "0"], stdout=subprocess.PIPE)
    port = json.loads(process.stdout.readline())["port"]
    threading.Thread(target=lambda: [None for _ in process.stdout], daemon=True).start()
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("POST", "/control", json.dumps({"gate": "stream", "chunks": 3}))
    connection.getresponse().read()
    return process, port


STREAM_HEAD = (b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"
               b'data: {"choices":[{"index":0,"delta":{"content":"hello"},"finish_reason":null}]}\n\n')
STREAM_END = b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'


async def hold_streams():
    """A provider that begins every stream and ends all of them on SIGUSR1. Prints its port."""
    over = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, over.set)

    async def serve(reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(int(length.split(b":")[1]))
        writer.write(STREAM_HEAD)
        await over.wait()
        writer.write(STREAM_END)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def main():
    if sys.argv[1:] == ["hold-streams"]:
        return asyncio.run(hold_streams())
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("routegate")
    parser.add_argument("bundle")
    parser.add_argument("fake_provider")
    parser.add_argument("folder")
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--only", default="routegate,nginx,haproxy,portkey")
    parser.add_argument("--instructions", action="store_true")
    options = parser.parse_args()
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit[1], limit[1]))
    bench = Bench(options)
    if options.instructions:
        provider = bench.provider()
        try:
            print(f"routegate executes {bench.instructions(provider.port):,.0f} instructions for a request")
        finally:
            provider.stop()
        return 0
    starts = {"nginx": ("nginx", bench.nginx_proxy), "haproxy": ("haproxy", bench.haproxy), "routegate": (options.routegate, bench.routegate),
              "portkey": ("npm", bench.portkey)}
    wanted = [name for name in starts if name in options.only.split(",")]
    for name in list(wanted):
        if not shutil.which(starts[name][0]):
            print(f"{name} is left out: {starts[name][0]} is not installed")
            wanted.remove(name)
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}, {options.seconds} s for each figure")

    provider = bench.provider()
    results = {}
    try:
        direct = provider
        results["direct"] = bench.throughput(direct)
        for name in wanted:
            contender = starts[name][1](provider.port)
            try:
                row = bench.throughput(contender)
                rate = max(10, min(row["rps"], results["direct"]["rps"]) / 2)
                through, past = bench.load(contender, 8, rate), bench.load(direct, 8, rate)
                row.update(rate=rate, **{f"p{int(share * 100)}_ms": percentile(through, share) - percentile(past, share)
                                         for share in (0.5, 0.99)})
                results[name] = row
            finally:
                contender.stop()
        for name in wanted:
            if name == "portkey":
                continue
            contender = starts[name][1](provider.port, "https")
            try:
                results[name]["tls_us"] = bench.throughput(contender)["cpu_us"]
                if name == "routegate":
                    results[name]["h2_us"] = bench.throughput(contender, 4, "", 8)["cpu_us"]
            finally:
                contender.stop()
    finally:
        provider.stop()
    for name in wanted:
        if name == "portkey":
            continue
        process, port = fake_provider(options.fake_provider)
        contender = starts[name][1](port)
        try:
            results[name].update(bench.streams(contender))
        finally:
            contender.stop()
            process.kill()
            process.wait()

    if "routegate" in wanted:
        holder = subprocess.Popen([sys.executable, __file__, "hold-streams"], stdout=subprocess.PIPE)
        contender = bench.routegate(int(holder.stdout.readline()))
        try:
            results["routegate"].update(bench.many_streams(contender, holder))
        finally:
            contender.stop()
            holder.kill()
            holder.wait()

    print(f"{'':12}{'requests/s':>12}{'CPU us/req':>12}{'req/s/core':>12}{'TLS us/req':>12}{'h2 us/req':>11}{'at rate':>10}{'+p50 ms':>10}{'+p99 ms':>10}"
          f"{'idle MB':>10}{'1000 streams MB':>17}")
    for name, row in results.items():
        cell = lambda key, form: format(row[key], form) if key in row else "-"
        print(f"{name:12}{row['rps']:12.0f}{row['cpu_us']:12.1f}{1e6 / max(row['cpu_us'], 0.1):12.0f}{cell('tls_us', '.1f'):>12}{cell('h2_us', '.1f'):>11}{cell('rate', '.0f'):>10}"
              f"{cell('p50_ms', '.3f'):>10}{cell('p99_ms', '.3f'):>10}{cell('idle_mb', '.1f'):>10}{cell('streams_mb', '.1f'):>17}")
    if "routegate" in results:
        ours = results["routegate"]
        for name in results:
            if name not in ("routegate", "direct"):
                tls = f", with TLS {ours['tls_us'] / results[name]['tls_us']:.2f}" if "tls_us" in results[name] else ""
                print(f"CPU for a request, routegate / {name}: {ours['cpu_us'] / results[name]['cpu_us']:.2f}{tls}")
        print(f"{MANY_STREAMS} streams held and ended by routegate: {ours['many_mb']:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
