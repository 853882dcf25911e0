"""Everything at once: callers of every kind, upstreams that are unwell and are killed, new bundles and configurations,
good and bad, and a gateway that is killed and stopped again and again. Afterwards what must be true is checked.

    chaos.py --binaries DIR --policy sample.route (--minutes N | --requests N) [--callers N] [--seed N] [--most-mb N]

Something happens after every so many requests, in an order that the seed gives. Exit code 0: nothing was wrong.
"""

import argparse
import collections
import decimal
import json
import os
import pathlib
import random
import signal
import struct
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import harness
from callers import Callers, Tenant
from checks import Checks
from harness import Gateway, Process
from policies import ONE, TWO, Policies

BETWEEN = 150  # requests from one event to the next
NAMES = ["paris", "berlin", "virginia"]
KEYS = {f"{name.upper()}_KEY": f"key-of-{name}" for name in NAMES}
TENANTS = [Tenant("acme", "sk-gold"), Tenant("acme", "sk-second", changing=True), Tenant("best", "sk-platinum", tier="platinum"),
           Tenant("few", "sk-few"), Tenant("bank", "sk-bank", capped=True, small=True), Tenant("spill", "sk-spill", capped=True, small=True)]
BANK_RUNNING = 4  # requests at a time
MOST_OF_ONE = decimal.Decimal("0.001")  # dollars that a request of a small tenant can cost


class Upstreams:
    """The providers' processes. One that is killed comes back at the same port."""

    def __init__(self, folder, seed):
        self.seen = os.path.join(folder, "seen.jsonl")
        self.dice = random.Random(seed)
        self.processes = {}
        self.ports = dict.fromkeys(NAMES, 0)
        for name in NAMES:
            self.start(name)

    def start(self, name):
        program = os.path.join(os.path.dirname(os.path.abspath(__file__)), "upstream.py")
        self.processes[name] = Process([sys.executable, "-B", program, "--name", name, "--port", str(self.ports[name]), "--seen", self.seen,
                                        "--seed", str(self.dice.randrange(2 ** 32))])
        self.ports[name] = self.processes[name].wait_for("listening")["port"]

    def kill(self, name):
        self.processes[name].close()

    def close(self):
        for process in self.processes.values():
            process.close()


def journal_begin(path):
    """Where in the log the first bytes stand that a journal holds; None if it holds none."""
    try:
        with open(path, "rb") as file:
            header = file.read(56)
    except FileNotFoundError:
        return None
    magic, _, _, _, offset, _, _ = struct.unpack("<8s6Q", header)
    return offset if magic == b"rtjourn1" else None


class Chaos:
    def __init__(self, options, folder):
        self.options = options
        self.folder = folder
        self.dice = random.Random(options.seed)
        self.policies = Policies(os.path.join(options.binaries, "routec"), options.policy, folder)
        self.version = ONE
        self.bundle = os.path.join(folder, "policy.rtb")
        self.put_bundle(pathlib.Path(self.policies.bundles[ONE]).read_bytes())
        self.upstreams = Upstreams(folder, options.seed)
        self.down = None  # the upstream that is not there
        self.bank_cap = decimal.Decimal("0.002")
        self.second_key = True
        self.port = 0
        self.listen = ""
        self.epoch = 0
        self.up = threading.Event()
        self.peaks = []  # kilobytes of each gateway
        self.problems = []
        self.happened = collections.Counter()
        self.gateway = None
        self.start()
        self.callers = Callers(self.where, TENANTS, options.seed)

    def where(self):
        self.up.wait()
        return self.port, self.epoch

    def put_bundle(self, data):
        new = self.bundle + ".new"
        pathlib.Path(new).write_bytes(data)
        os.rename(new, self.bundle)

    def write_config(self):
        keys = [{"name": "first", "key_sha256": harness.key_hash("sk-gold")}]
        if self.second_key:
            keys.append({"name": "second", "key_sha256": harness.key_hash("sk-second")})
        gold = {"attributes": {"tier": "gold"}}
        config = {
            "listen": self.listen, "threads": 2, "decision_log": os.path.join(self.folder, "decisions.jsonl"),
            "endpoints": {name: f"http://127.0.0.1:{port}/v1" for name, port in self.upstreams.ports.items()},
            "backoff_ms": 10, "cooldown_ms": 200, "connect_timeout_ms": 500, "max_body_bytes": 1_000_000,
            "admin": {"listen": "unix:" + os.path.join(self.folder, "admin"), "token_sha256": harness.key_hash("the-token")},
            "tenants": [
                {"id": "acme", "keys": keys, **gold},
                {"id": "best", "key_sha256": harness.key_hash("sk-platinum"), "attributes": {"tier": "platinum"}},
                {"id": "few", "key_sha256": harness.key_hash("sk-few"), "max_in_flight": 1, **gold},
                {"id": "bank", "key_sha256": harness.key_hash("sk-bank"), "max_in_flight": BANK_RUNNING, **gold,
                 "caps": [{"usd": str(self.bank_cap), "per": "total", "at_cap": "refuse"}]},
                {"id": "spill", "key_sha256": harness.key_hash("sk-spill"), **gold,
                 "caps": [{"usd": "0.002", "per": "total", "at_cap": "policy"}]},
            ],
        }
        path = os.path.join(self.folder, "gateway.json")
        pathlib.Path(path).write_text(json.dumps(config))
        return path

    def start(self):
        self.listen = f"127.0.0.1:{self.port}"
        self.gateway = Gateway(self.options.binaries, self.bundle, self.write_config(), {**os.environ, **KEYS})
        self.port = self.gateway.port
        self.epoch += 1
        self.up.set()

    def end(self, how):
        self.up.clear()
        self.epoch += 1
        self.peaks.append(self.gateway.memory("VmHWM"))
        if how == "kill":
            self.gateway.kill()
        else:
            code = self.gateway.stop()
            self.expect(code == 0, f"a gateway that was stopped ended with {code}")
        self.expect(self.gateway.error_text() == "", self.gateway.error_text())
        self.gateway.close()

    def expect(self, condition, problem):
        if not condition:
            self.problems.append(problem)

    # What happens. Each leaves a gateway that runs.

    def kill_gateway(self):
        self.end("kill")
        self.start()

    def lose_power(self):
        """A kill after which the log lacks what it was not yet synced for."""
        self.end("kill")
        log = os.path.join(self.folder, "decisions.jsonl")
        synced = journal_begin(log + ".journal")
        if synced is not None:
            os.truncate(log, self.dice.randint(synced, os.path.getsize(log)))
        self.start()

    def stop_gateway(self):
        self.end("stop")
        self.start()

    def reload(self, expected):
        self.gateway.process.send_signal(signal.SIGHUP)
        event = self.gateway.events.get(timeout=harness.PATIENCE)
        self.expect(event["event"] == expected, f"instead of {expected} came {event}")

    def switch_bundle(self):
        self.version = TWO if self.version == ONE else ONE
        self.put_bundle(pathlib.Path(self.policies.bundles[self.version]).read_bytes())
        self.reload("reloaded")

    def offer_broken_bundle(self):
        good = pathlib.Path(self.bundle).read_bytes()
        broken = bytearray(good)
        broken[self.dice.randrange(len(broken))] ^= 1 << self.dice.randrange(8)
        self.put_bundle(bytes(broken[:self.dice.randrange(len(broken))]) if self.dice.random() < 0.3 else bytes(broken))
        self.reload("reload_refused")
        self.put_bundle(good)

    def change_tenants(self):
        self.second_key = not self.second_key
        self.bank_cap += decimal.Decimal("0.001")
        self.write_config()
        self.reload("reloaded")

    def offer_broken_config(self):
        path = self.write_config()
        good = pathlib.Path(path).read_text()
        pathlib.Path(path).write_text(self.dice.choice([good[:-1], good.replace('"gold"', '"golden"'), "{}", ""]))
        self.reload("reload_refused")
        pathlib.Path(path).write_text(good)

    def drain_and_back(self):
        for method in ["POST", "DELETE"]:
            status, _ = self.gateway.admin(method, "/admin/drain")
            self.expect(status == 200, f"{method} /admin/drain answered {status}")

    def kill_upstream(self):
        if self.down:
            self.upstreams.start(self.down)
        self.down = self.dice.choice(NAMES)
        self.upstreams.kill(self.down)

    def revive_upstream(self):
        if self.down:
            self.upstreams.start(self.down)
            self.down = None

    EVENTS = [kill_gateway, lose_power, stop_gateway, switch_bundle, switch_bundle, offer_broken_bundle, change_tenants, offer_broken_config,
              drain_and_back, kill_upstream, revive_upstream]

    def run(self):
        begin = time.monotonic()
        until = begin + 60 * self.options.minutes if self.options.minutes else None
        self.callers.start(self.options.callers)
        requests, events = 0, []
        while not self.callers.failures and (time.monotonic() < until if until else requests < self.options.requests):
            for _ in range(BETWEEN):
                self.callers.count.acquire()
            requests += BETWEEN
            if not events:
                events = self.dice.sample(self.EVENTS, len(self.EVENTS))
            event = events.pop()
            event(self)
            self.happened[event.__name__] += 1
        self.callers.join()
        spend = self.spend()
        self.end("stop")
        kills = self.happened["kill_gateway"] + self.happened["lose_power"]
        caps = {"bank": (self.bank_cap, MOST_OF_ONE, BANK_RUNNING)}
        checks = Checks(self.gateway.log, self.upstreams.seen, self.callers)
        self.problems += checks.run(caps, spend, kills)
        self.expect(max(self.peaks) <= self.options.most_mb * 1024, f"a gateway took {max(self.peaks) // 1024} MB")
        self.report(checks, time.monotonic() - begin)
        return not self.problems

    def spend(self):
        _, answer = self.gateway.admin("GET", "/admin/spend")
        kept = collections.defaultdict(decimal.Decimal)
        for row in answer["spend"]:
            if row["key"] is None:  # of the tenant, not of one of its keys
                kept[row["tenant"]] += decimal.Decimal(row["total_usd"])
        return kept

    def report(self, checks, seconds):
        results = collections.Counter(attempt["result"] for outcome in checks.outcomes.values() for attempt in outcome["attempts"])
        statuses = collections.Counter(sent.status for sent in self.callers.sent)
        print(json.dumps({
            "seconds": round(seconds), "requests": len(self.callers.sent), "noise": self.callers.noise, "statuses": dict(sorted(statuses.items())),
            "streams_interrupted": sum(sent.interrupted for sent in self.callers.sent), "decisions": len(checks.decisions),
            "seen_by_upstreams": len(checks.seen), "attempts": dict(results.most_common()), "happened": dict(self.happened),
            "peak_mb": [peak // 1024 for peak in sorted(self.peaks)][-3:], "problems": len(self.problems)}, indent=1))
        for problem in self.problems[:50]:
            print("problem:", problem)

    def close(self):
        if self.gateway:
            self.gateway.close()
        self.upstreams.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binaries", required=True)
    parser.add_argument("--policy", required=True)
    how_long = parser.add_mutually_exclusive_group(required=True)
    how_long.add_argument("--minutes", type=float)
    how_long.add_argument("--requests", type=int)
    parser.add_argument("--callers", type=int, default=16)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--most-mb", type=int, default=192)
    with tempfile.TemporaryDirectory() as folder:
        chaos = Chaos(parser.parse_args(), folder)
        try:
            return 0 if chaos.run() else 1
        finally:
            chaos.close()


if __name__ == "__main__":
    sys.exit(main())
