"""What must be true after chaos, from the decision log, from what the upstreams saw and from what the callers got."""

import collections
import decimal
import json

from policies import plan

MOST_ATTEMPTS = 6
DEADLINE_MS = 4000
SLACK_MS = 1000  # between the deadline and the last attempt's end, on a machine that is busy


class Checks:
    def __init__(self, log, seen, callers):
        self.problems = []
        self.decisions, self.outcomes, self.usages = {}, {}, {}
        self.by_mark = {}
        with open(log, encoding="utf-8") as file:
            for line in file:
                self.read(json.loads(line))
        with open(seen) as file:
            self.seen = [json.loads(line) for line in file]
        self.sent = {sent.mark: sent for sent in callers.sent}
        self.callers = callers

    def read(self, record):
        kinds = {"decision": self.decisions, "outcome": self.outcomes, "usage": self.usages}
        identity = record["id"]
        self.expect(identity not in kinds[record["record"]], f"{identity} has two records of a kind")
        kinds[record["record"]][identity] = record
        if record["record"] == "decision":
            self.expect(record["asked_model"] not in self.by_mark, f"{record['asked_model']} was decided twice")
            self.by_mark[record["asked_model"]] = record
        else:
            self.expect(identity in self.decisions, f"{identity} has an outcome before its decision")

    def expect(self, condition, problem):
        if not condition:
            self.problems.append(problem)

    def allowed(self, decision):
        """The plan that the policy prescribes for what is true of the request, whatever the log says of it."""
        sent = self.sent[decision["asked_model"]]
        spent = decimal.Decimal(decision["attributes"]["spend"].split("%")[0].replace("_", ""))
        capped = sent.tenant.capped and spent >= 100
        return plan(decision["version"], sent.tenant.tier, sent.workload, sent.data, capped)

    def check_decisions(self):
        for mark, decision in self.by_mark.items():
            sent = self.sent.get(mark)
            if sent is None:
                self.expect(False, f"{mark} was decided and nobody sent it")
                continue
            self.expect(decision["tenant"] == sent.tenant.id, f"{mark} is another tenant's")
            theirs = [set(tier["order"]) for tier in decision["plan"]]
            ours = [names for names, _ in self.allowed(decision)]
            self.expect(theirs == ours, f"{mark}: the plan is {theirs}, the policy says {ours}")

    def check_attempts(self):
        for identity, outcome in self.outcomes.items():
            decision = self.decisions[identity]
            tiers = self.allowed(decision)
            made = [attempt["deployment"] for attempt in outcome["attempts"]]
            names = set().union(*(names for names, _ in tiers))
            self.expect(set(made) <= names, f"{identity}: {made} is outside {names}")
            most = min(MOST_ATTEMPTS, sum(attempts for _, attempts in tiers))
            self.expect(len(made) <= most, f"{identity}: {len(made)} attempts, and {most} are allowed")
            for attempt in outcome["attempts"]:
                self.expect(attempt["started_ms"] <= DEADLINE_MS, f"{identity}: an attempt began after the deadline")
            at = 0
            for name in made:  # tiers follow each other; none is gone back to
                while at < len(tiers) and name not in tiers[at][0]:
                    at += 1
            self.expect(at < len(tiers) or not made, f"{identity}: {made} goes back in {tiers}")
            if outcome["served_by"] is not None:
                self.expect(made and made[-1] == outcome["served_by"], f"{identity} was served by another than the last")

    def check_upstreams(self):
        times = collections.Counter((seen["upstream"], seen["mark"]) for seen in self.seen)
        for (name, mark), count in times.items():
            decision = self.by_mark.get(mark)
            if decision is None:
                self.expect(False, f"{name} saw {mark}, which no record tells of")
                continue
            self.expect(any(name in names for names, _ in self.allowed(decision)), f"{name} saw {mark}, which may not go there")
            outcome = self.outcomes.get(decision["id"])
            if outcome is not None:
                made = [attempt["deployment"] for attempt in outcome["attempts"]].count(name)
                # A kept connection that turns out to be dead is replaced once; the request may have been read before.
                self.expect(count <= 2 * made, f"{name} saw {mark} {count} times in {made} attempts")
        for seen in self.seen:
            self.expect(not (seen["personal"] and seen["upstream"] == "virginia"), f"personal data of {seen['mark']} left the EU")

    def check_answers(self):
        for sent in self.callers.sent:
            expected = (200, 401, 429, 503, 504) if sent.tenant.changing else (200, 429, 503, 504)
            self.expect(sent.status in expected or sent.status == 0, f"{sent.mark} got {sent.status}")
            self.expect(sent.status != 200 or sent.complete or sent.unsure, f"{sent.mark} got half an answer")
            if not sent.identity:
                continue
            outcome = self.outcomes.get(sent.identity)
            self.expect(outcome is not None, f"{sent.mark} was answered and has no outcome record")
            if outcome is None or outcome["code"] == "log_unavailable":
                continue
            self.expect(self.decisions[sent.identity]["asked_model"] == sent.mark, f"{sent.mark} got another's answer")
            self.expect(outcome["status"] == sent.status, f"{sent.mark} got {sent.status}, recorded is {outcome['status']}")
            self.expect((outcome["served_by"] or "") in ("", sent.deployment), f"{sent.mark} was told another deployment")
        self.expect(not self.callers.lost, f"without an answer from a gateway that ran: {[sent.mark for sent in self.callers.lost][:10]}")
        self.problems += self.callers.failures

    def check_money(self, caps, spend, kills):
        """Caps hold up to what may be running at a kill, and what a caller has an answer for was kept."""
        for tenant, (cap, most_of_one, most_running) in caps.items():
            charged = sum(decimal.Decimal(record["cost_usd"]) for record in [*self.outcomes.values(), *self.usages.values()]
                          if self.decisions[record["id"]]["tenant"] == tenant and record["cost_usd"] is not None)
            bound = cap + kills * most_running * most_of_one
            self.expect(charged <= bound, f"{tenant} spent {charged}, and at most {bound} may have been")
            kept = spend[tenant]
            self.expect(kept <= cap, f"{tenant} has {kept} on its account, above its cap {cap}")
            delivered = sum(decimal.Decimal(self.outcomes[sent.identity]["cost_usd"]) for sent in self.callers.sent
                            if sent.tenant.id == tenant and sent.status == 200 and sent.complete and not sent.stream and sent.identity in self.outcomes)
            self.expect(kept >= delivered, f"{tenant} has answers worth {delivered} and {kept} on its account")

    def run(self, caps, spend, kills):
        self.check_decisions()
        self.check_attempts()
        self.check_upstreams()
        self.check_answers()
        self.check_money(caps, spend, kills)
        return self.problems
