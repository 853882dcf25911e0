"""The two policies that the gateway is switched between, and what each of them means, read by hand and not by routec."""

import itertools
import json
import pathlib
import subprocess

ONE, TWO = "2026.1", "2026.2"

# What the second policy says in place of the first.
CHANGES = [('version "2026.1"', 'version "2026.2"'),
           ("to paris, then berlin, then virginia", "to berlin, then virginia"),
           ("to virginia within 1500 ms, then paris", "to paris within 1500 ms, then virginia"),
           ("virginia weight 3, paris weight 1", "virginia weight 1, berlin weight 1")]

TIERS = ["gold", "platinum"]
WORKLOADS = ["chat", "code", "retry", "pair", "one"]
CLASSES = ["", "personal", "health"]

# route: tiers, each as deployments and how many attempts may be made in it.
ROUTES = {
    ONE: {"capped": [("berlin", 1)], "platinum": [("virginia", 1), ("paris", 1)], "code": [("virginia paris", 2)],
          "retry": [("paris", 3), ("berlin", 1)], "pair": [("paris virginia", 3), ("berlin", 1)], "one": [("paris", 1)],
          "chat": [("paris", 1), ("berlin", 1), ("virginia", 1)]},
    TWO: {"capped": [("berlin", 1)], "platinum": [("paris", 1), ("virginia", 1)], "code": [("virginia berlin", 2)],
          "retry": [("paris", 3), ("berlin", 1)], "pair": [("paris virginia", 3), ("berlin", 1)], "one": [("paris", 1)],
          "chat": [("berlin", 1), ("virginia", 1)]},
}


def plan(version, tier, workload, data, capped):
    """The deployments of each tier that may be asked, with the most attempts there."""
    route = "capped" if capped else "platinum" if tier == "platinum" else workload
    tiers = []
    for names, attempts in ROUTES[version][route]:
        allowed = {name for name in names.split() if not (data and name == "virginia")}
        if allowed:
            lost = len(names.split()) - len(allowed)
            tiers.append((allowed, attempts - lost))
    return tiers


class Policies:
    """Both bundles in a folder. That routec reads them as `plan` does is checked for every case."""

    def __init__(self, routec, source, folder):
        self.routec = routec
        text = pathlib.Path(source).read_text()
        changed = text
        for old, new in CHANGES:
            assert changed.count(old) == 1, old
            changed = changed.replace(old, new)
        self.bundles = {}
        for version, policy in [(ONE, text), (TWO, changed)]:
            file = pathlib.Path(folder, f"{version}.route")
            file.write_text(policy)
            self.bundles[version] = str(file.with_suffix(".rtb"))
            self.run("build", str(file), "-o", self.bundles[version], "--today", "2026-11-24")
        for case in itertools.product(self.bundles, TIERS, WORKLOADS, CLASSES, [False, True]):
            self.compare(*case)

    def run(self, *arguments):
        done = subprocess.run([self.routec, *arguments], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def compare(self, version, tier, workload, data, capped):
        given = f"tier={tier} workload={workload} spend={100 if capped else 0}" + (f" data={data}" if data else "")
        decided = json.loads(self.run("decide", self.bundles[version], "--given", given, "--format", "json"))
        theirs = [{deployment["name"] for deployment in one["deployments"]} for one in decided["plan"]]
        ours = [names for names, _ in plan(version, tier, workload, data, capped)]
        assert theirs == ours, (version, given, theirs, ours)
