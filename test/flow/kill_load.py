"""What random kills happen beside: backups, restores and cancels that are asked for of either replica, as a plan from a seed."""

import dataclasses
import random
import threading
import time

import requests

PURPOSES = {
    "longhorn": ["backup/create_snapshot", "backup/start_backup", "restore/create_volume", "restore/create_claim",
                 "restore/create_persistent_volume"],
    "restic": ["backup/create_job", "backup/create_secret", "backup/start_job", "restore/create_job", "restore/start_job"],
    "any": ["slot/take", "record/create", "record/protect", "record/status", "slot/give_back", "record/release"],
}


@dataclasses.dataclass
class Request:
    after: float  # seconds since the one before
    what: str  # backup, restore, cancel
    source: int  # number of the PVC, or of the operation that is cancelled
    replica: int


@dataclasses.dataclass
class Round:
    """What is asked for, and how one replica is killed meanwhile."""

    requests: list
    leader: bool  # is it the one that acts, or the other
    after: float  # seconds; where there is a failpoint, how long that is waited for
    failpoint: tuple  # (purpose, "hold_before" or "hold_after"), or None: by time alone
    pause: float  # seconds until it is started again


def plan(seed, rounds, requests_a_round=5):
    """The same for the same seed."""
    dice = random.Random(seed)
    purposes = PURPOSES["any"] + PURPOSES["longhorn"] + PURPOSES["restic"]
    made = []
    for _ in range(rounds):
        asked = [Request(dice.uniform(0, 0.6), dice.choices(["backup", "restore", "cancel"], [4, 5, 1])[0], dice.randrange(1000),
                         dice.randrange(2)) for _ in range(requests_a_round)]
        failpoint = (dice.choice(purposes), dice.choice(["hold_before", "hold_after"])) if dice.random() < 0.6 else None
        after = 8 if failpoint else dice.uniform(0.1, 3)
        made.append(Round(asked, dice.random() < 0.75, after, failpoint, dice.uniform(0, 2)))
    return made


class Load:
    """Carries the requests of a round out, in the background. `sources`: (namespace, pvc, driver) of what can be backed up
    and restored. What was answered 202 is passed to `accept`."""

    def __init__(self, replicas, sources, accept):
        self.replicas, self.sources, self.accept = replicas, sources, accept
        self.accepted, self.answers, self.unexpected = [], {}, []
        self.targets = 0

    def start(self, asked):
        thread = threading.Thread(target=self._run, args=(asked,), daemon=True)
        thread.start()
        return thread

    def _run(self, asked):
        with requests.Session() as http:
            http.trust_env = False
            for one in asked:
                time.sleep(one.after)
                self._ask(http, one)

    def _ask(self, http, one):
        found = self.replicas.running()
        path, body = self._body(one)
        if not path or not found:
            return
        try:
            answer = http.post(found[one.replica % len(found)].url + path, json=body, timeout=40)
        except requests.RequestException:
            self._count(one.what, "no answer")  # whether it was taken up, the records tell
            return
        self._count(one.what, answer.status_code)
        if answer.status_code == 202 and one.what != "cancel":
            self.accepted.append(self.accept(answer.json()["operation"]))
        elif answer.status_code not in (202, 409, 429, 503, 504):
            self.unexpected.append(f"{path} {body}: {answer.status_code} {answer.text}")

    def _body(self, one):
        namespace, pvc, driver = self.sources[one.source % len(self.sources)]
        if one.what == "backup":
            return "/v1/backup", {"namespace": namespace, "pvc": pvc, "driver": driver}
        if one.what == "restore":
            self.targets += 1
            return "/v1/restores", {"namespace": namespace, "pvc": pvc, "snapshot": "latest", "driver": driver,
                                    "target_pvc": f"copy-{self.targets}"}
        if not self.accepted:
            return None, None
        return f"/v1/operations/{self.accepted[one.source % len(self.accepted)]}/cancel", {}

    def _count(self, what, how):
        self.answers[what, how] = self.answers.get((what, how), 0) + 1
