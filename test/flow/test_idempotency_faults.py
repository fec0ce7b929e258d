"""A request with an Idempotency-Key whose service is killed, or loses an answer, at each of its writes: key, slot, record,
answer. Its caller asks again under the same key until it is told, as a caller does who does not know what became of it: one
operation has come of it, and everybody was told that one. Where nobody asks again, nothing is left.

Each cell in a world of its own, as in the fault tables.
"""

import pathlib
import re
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor

import requests

from flow.longhorn_cell import LonghornCell
from flow.scene import slots
from harness.binaries import ROOT
from harness.waiting import eventually

LABEL = "soteria.dev/idempotency-key"
WRITES = ["key/claim", "slot/take", "record/create", "key/answer"]
FAULTS = ["refused", "answer_lost", "late", "kill_before", "kill_after"]
# Longer than the service gives a write of such a request where its Lease lasts 3 s, shorter than it takes others for gone.
LATE_MILLISECONDS = 7500
UNKNOWN = (409, 429, 502, 503, 504)  # what a caller asks again after, with "in use" as the only conflict


class KeyedCell(LonghornCell):
    CALLS = {**LonghornCell.CALLS, "key/claim": ("kubernetes", "POST", "/configmaps[?]"),
             "key/take_over": ("kubernetes", "PATCH", "/configmaps/key-"),
             "key/answer": ("kubernetes", "PATCH", "/configmaps/key-"),
             "key/remove": ("kubernetes", "DELETE", "/configmaps/key-")}

    def send(self):
        path, body = self.body()
        return requests.post(self.soteria.url + path, json=body, headers={"Idempotency-Key": "the-same"}, timeout=40)

    def ask(self):
        def post():
            try:
                self.answer = self.send()
            except requests.RequestException as error:
                self.answer = error

        self.answer = None
        self.asking = threading.Thread(target=post)
        self.asking.start()

    def ask_until_told(self):
        """The answer, once there is one; a refusal ends it."""

        def told():
            try:
                answer = self.send()
            except requests.RequestException as error:
                raise AssertionError(str(error)) from None
            if answer.status_code in UNKNOWN:
                assert answer.status_code != 409 or answer.json()["code"] == "idempotency_key_in_use", answer.text
                raise AssertionError(answer.text)
            return answer

        answer = eventually("it was told what came of it", told, 60, every=0.3)
        assert answer.status_code == 202, answer.text
        return answer

    def keys(self):
        return [one for one in self.kubernetes.list("ConfigMap", "soteria") if LABEL in one["metadata"].get("labels", {})]

    def inject(self, fault):
        if fault == "refused":
            self.refuse(count=1)
        elif fault == "late":
            self.rule("delay", milliseconds=LATE_MILLISECONDS)
        elif fault == "answer_lost":
            self.rule("answer_lost")
        else:
            self.rule("hold_before" if fault == "kill_before" else "hold_after")

    def fail_once(self, fault):
        """The first request, into its fault."""
        self.inject(fault)
        self.ask()
        if fault.startswith("kill"):
            self.proxy.wait_held(20)
            self.crash()
        self.asking.join(45)

    def check_one_operation(self):
        answers = [self.ask_until_told(), self.ask_until_told()]
        if getattr(self.answer, "status_code", 0) == 202:
            answers.append(self.answer)
        assert len({(answer.text, answer.headers["Location"]) for answer in answers}) == 1, [one.text for one in answers]
        assert answers[1].headers["Idempotency-Replayed"] == "true"
        phase = self.wait_settled()
        self.check(phase)
        assert answers[0].json()["operation"] == self.identity() and phase == "Succeeded"
        key, = self.keys()
        assert key["metadata"]["labels"][LABEL] == "answered" and key["data"]["operation"] == self.identity()
        return phase


def asked_again(cell, fault):
    cell.fail_once(fault)
    return cell.check_one_operation()


def killed_twice(cell, fault):
    """The one that carries on is killed at the same work."""
    cell.fail_once("kill_after")
    cell.effect = "key/take_over"
    cell.upstream, cell.method, cell.path = cell.CALLS[cell.effect]
    cell.inject(fault)
    enough = threading.Event()
    second = threading.Thread(target=keep_asking, args=(cell, enough))
    second.start()
    try:
        cell.proxy.wait_held(40)
        cell.crash()
    finally:
        enough.set()
        second.join(60)
    return cell.check_one_operation()


def keep_asking(cell, enough):
    while not enough.wait(0.3):
        try:
            cell.send()
        except requests.RequestException:
            pass  # it was killed


def nobody_asks_again(cell, fault):
    """The leader finds what is left: an operation that was made stays, and its key is answered; otherwise all of it goes."""
    cell.fail_once(fault)
    made = fault == "kill_after" and cell.effect == "record/create" or cell.effect == "key/answer"
    states = [["answered"]] if made else [[]]
    eventually("the key is settled", lambda: [one["metadata"]["labels"][LABEL] for one in cell.keys()] in states, 90)
    phase = cell.wait_settled()
    assert phase == ("Succeeded" if made else "none") and not slots(cell.kubernetes)
    cell.check(phase)
    return phase


# Those that wait longest first.
CELLS = [(nobody_asks_again, "backup", write, "kill_after") for write in WRITES] + [
    (killed_twice, "backup", "slot/take", "kill_after"),
    (asked_again, "restore", "record/create", "kill_before"), (asked_again, "restore", "record/create", "kill_after"),
    (asked_again, "restore", "key/answer", "kill_before")] + [
    (asked_again, "backup", write, fault) for write in WRITES for fault in FAULTS]


def run(log_directory, how, kind, effect, fault):
    folder = pathlib.Path(log_directory) / re.sub("/", "-", f"{how.__name__}-{kind}-{effect}-{fault}")
    try:
        with KeyedCell(folder, kind, effect) as cell:
            return how(cell, fault)
    except Exception:  # noqa: BLE001 one cell's failure is a row of the table, with its whole story
        return "FAILED\n" + traceback.format_exc(limit=-4)


def test_one_operation_comes_of_it_wherever_it_fails(log_directory):
    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(lambda cell: run(log_directory, *cell), CELLS))
    lines = [f"{how.__name__:18} {kind:8} {effect:14} {fault:12} {outcome.splitlines()[0]}"
             for (how, kind, effect, fault), outcome in zip(CELLS, outcomes)]
    (ROOT / "build/logs").mkdir(parents=True, exist_ok=True)
    (ROOT / "build/logs/idempotency.txt").write_text("\n".join(lines) + "\n")
    failed = [outcome for outcome in outcomes if outcome.startswith("FAILED")]
    assert not failed, "\n".join(lines) + "\n\n" + "\n\n".join(failed)
