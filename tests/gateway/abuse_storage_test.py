"""Disks that are full, files that are taken away, and a gateway that is killed under load: nothing is answered that is
not recorded, and nothing that was answered is lost."""

import ctypes
import os
import resource
import shutil
import threading

import abuse
import harness
from abuse import event, stream_head


class Full(abuse.Abuse):
    def fill(self, most):
        """The kernel lets no file of the gateway grow beyond so many bytes, as a full disk would not."""
        resource.prlimit(self.gateway.process.pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))

    def test_a_full_disk_stops_requests_until_there_is_room_again(self):
        self.assertEqual(self.gateway.chat().status, 200)
        self.fill(os.path.getsize(self.gateway.log))
        before = self.asked()
        for stream in [False, True]:
            answer = self.gateway.chat(stream=stream)
            self.assertEqual((answer.status, answer.code), (503, "log_unavailable"))
            self.assertEqual(self.gateway.records(answer.id), [])
        self.assertEqual(self.asked(), before)
        self.fill(resource.RLIM_INFINITY)
        answer = self.gateway.chat()
        self.assertEqual((answer.status, len(self.gateway.records(answer.id))), (200, 2))

    def test_a_disk_that_fills_between_the_two_records_of_a_request(self):
        asked = threading.Event()
        release = threading.Event()

        def hold(call):
            asked.set()
            release.wait(harness.PATIENCE)
            abuse.serve_well("paris")(call)
        self.paris.behave = hold
        answers = []
        caller = threading.Thread(target=lambda: answers.append(self.gateway.chat()))
        caller.start()
        self.assertTrue(asked.wait(harness.PATIENCE))
        self.fill(os.path.getsize(self.gateway.log))
        release.set()
        caller.join()
        # The upstream has answered, but nobody could ever prove it: so the caller does not get it.
        self.assertEqual((answers[0].status, answers[0].code), (503, "log_unavailable"))
        self.assertNotIn(b"choices", answers[0].body)
        self.assertEqual([record["record"] for record in self.gateway.records(answers[0].id)], ["decision"])
        self.fill(resource.RLIM_INFINITY)
        # The attempt has no outcome record, so `check_upstreams` could not account for it.
        self.paris.calls.clear()

    def test_half_a_record_is_taken_back(self):
        self.assertEqual(self.gateway.chat().status, 200)
        size = os.path.getsize(self.gateway.log)
        for room in [1, 10, 100, 300]:
            self.fill(size + room)
            self.assertEqual(self.gateway.chat().code, "log_unavailable")
            self.assertEqual(os.path.getsize(self.gateway.log), size)
        self.fill(resource.RLIM_INFINITY)
        self.assertEqual(self.gateway.chat().status, 200)
        self.gateway.records()  # whole lines only

    def test_a_full_disk_stops_those_whose_spend_must_be_kept(self):
        self.restart(tenants=[
            {"id": "acme", "key_sha256": harness.key_hash("sk-gold"), "caps": [{"usd": "100.00", "per": "total"}]},
            {"id": "best", "key_sha256": harness.key_hash("sk-platinum")}])
        for _ in range(3):
            self.assertEqual(self.gateway.chat().status, 200)
        # The store writes ahead into a file that is longer than the log.
        size = os.path.getsize(self.gateway.log + ".spend-wal")
        self.assertLess(os.path.getsize(self.gateway.log) + 4096, size)
        self.fill(size)
        codes = set()
        while "log_unavailable" not in codes and len(self.paris.calls) < 100:
            answer = self.gateway.chat()
            codes.add("" if answer.status == 200 else answer.code)
        self.assertIn("log_unavailable", codes)
        self.fill(resource.RLIM_INFINITY)
        self.recover()

    def recover(self):
        """The store is tried again every second."""
        while self.gateway.call("GET", "/readyz", key=None)[0] != 200:
            threading.Event().wait(0.05)


class TakenAway(abuse.Abuse):
    def tearDown(self):
        """The gateway that lost its log does not serve any more, on purpose; its successor does."""
        self.gateway.stop()
        os.makedirs(self.folder, exist_ok=True)
        for upstream in self.upstreams.values():
            upstream.calls.clear()
        self.gateway = self.start()
        super().tearDown()

    def nothing_is_served(self):
        before = self.asked()
        for stream in [False, True, False]:
            self.assertEqual(self.gateway.chat(stream=stream).code, "log_unavailable")
        self.assertEqual(self.gateway.call("GET", "/readyz", key=None)[0], 503)
        self.assertEqual(self.gateway.call("GET", "/healthz", key=None)[0], 200)
        self.assertEqual(self.asked(), before)

    def test_the_log_is_deleted(self):
        self.assertEqual(self.gateway.chat().status, 200)
        os.remove(self.gateway.log)
        self.nothing_is_served()
        self.assertFalse(os.path.exists(self.gateway.log))

    def test_the_log_s_folder_is_deleted(self):
        self.assertEqual(self.gateway.chat().status, 200)
        shutil.rmtree(self.folder)
        self.nothing_is_served()

    def test_the_log_is_replaced(self):
        self.assertEqual(self.gateway.chat().status, 200)
        with open(self.gateway.log + ".new", "w"):
            pass
        os.rename(self.gateway.log + ".new", self.gateway.log)
        self.nothing_is_served()
        self.assertEqual(os.path.getsize(self.gateway.log), 0)


class ReadOnly(abuse.Abuse):
    """A folder that the gateway may not write into, whoever it runs as."""

    @staticmethod
    def like_anybody():
        """Root may write everywhere by two capabilities, and what it starts from here on has them no more."""
        dac_override, dac_read_search, bounding_set_drop = 1, 2, 24
        for capability in [dac_override, dac_read_search]:
            ctypes.CDLL(None).prctl(bounding_set_drop, capability, 0, 0, 0)

    def folder_of_the_log(self):
        return os.path.dirname(self.gateway.log)

    def setUp(self):
        super().setUp()
        self.addCleanup(lambda: os.chmod(self.folder_of_the_log(), 0o700))

    def test_a_log_in_a_folder_that_becomes_read_only_is_written_on(self):
        self.restart(before=self.like_anybody)
        os.chmod(self.folder_of_the_log(), 0o500)
        answer = self.gateway.chat()
        self.assertEqual((answer.status, len(self.gateway.records(answer.id))), (200, 2))

    def test_a_gateway_that_cannot_make_its_log_does_not_start(self):
        self.gateway.stop()
        os.remove(self.gateway.log)
        os.chmod(self.folder_of_the_log(), 0o500)
        with self.assertRaises(AssertionError) as failed:
            self.restart(before=self.like_anybody)
        self.assertIn("decisions.jsonl` cannot be opened for writing", str(failed.exception))
        os.chmod(self.folder_of_the_log(), 0o700)
        self.restart()
        self.assertEqual(self.gateway.chat().status, 200)


class Renamed(abuse.Abuse):
    def test_a_log_that_is_moved_or_made_read_only_goes_on(self):
        first = self.gateway.chat()
        os.chmod(self.gateway.log, 0o400)
        second = self.gateway.chat()
        moved = self.gateway.log + ".1"
        os.rename(self.gateway.log, moved)
        third = self.gateway.chat()
        self.assertEqual([answer.status for answer in [first, second, third]], [200, 200, 200])
        self.gateway.log = moved  # for the checks at the end, too
        self.assertEqual([len(self.gateway.records(answer.id)) for answer in [first, second, third]], [2, 2, 2])


class Killed(abuse.Abuse):
    settings = {"threads": 2}

    def test_kill_9_under_load_loses_no_record_of_an_answer(self):
        """Callers that keep asking, plain and streams; the gateway is killed in the middle of it, three times."""
        answered, lock = [], threading.Lock()

        def slow_stream(call):
            if call.json.get("stream"):
                call.send(stream_head() + event("one") + event("two") + abuse.DONE)
                return call.close()
            return call.send(abuse.reply(abuse.answer_json("x")))
        for round_number in range(3):
            for upstream in self.upstreams.values():
                upstream.behave = slow_stream
            enough = threading.Semaphore(0)

            def ask(worker, gateway=self.gateway, enough=enough, round_number=round_number):
                for number in range(1000):
                    mark = f"r{round_number}-{worker}-{number}"
                    try:
                        answer = gateway.chat(stream=number % 3 == 0, model=mark, user=mark)
                    except (OSError, harness.http.client.HTTPException):
                        return
                    with lock:
                        answered.append((mark, answer.status, answer.id))
                    enough.release()
            workers = [threading.Thread(target=ask, args=(worker,)) for worker in range(8)]
            for worker in workers:
                worker.start()
            for _ in range(100):
                self.assertTrue(enough.acquire(timeout=harness.PATIENCE))
            self.gateway.kill()
            for worker in workers:
                worker.join()
            self.gateway = self.start()
        records = {}
        for record in self.gateway.records():  # every line is whole
            records.setdefault(record["id"], []).append(record)
        self.assertGreaterEqual(len(answered), 300)
        for mark, status, identity in answered:
            kinds = [record["record"] for record in records[identity]]
            self.assertEqual((status, kinds[:2]), (200, ["decision", "outcome"]))
            self.assertEqual(records[identity][0]["asked_model"], mark)
        # What an upstream was asked had been decided before, whether or not the outcome could still be written.
        plans = {found[0]["asked_model"]: [name for tier in found[0]["plan"] for name in tier["order"]] for found in records.values()}
        for name, upstream in self.upstreams.items():
            for call in upstream.calls:
                self.assertIn(name, plans[call.json["user"]])
            upstream.calls.clear()


if __name__ == "__main__":
    abuse.main()
