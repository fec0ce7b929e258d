"""One cell of a fault table: one effect, one fault, a world of its own, and what must hold at the end.

What the two drivers have in common; longhorn_cell.py and restic_cell.py are the rest.
"""

import json
import re
import threading

import requests

from flow.scene import slots
from harness.faults import FaultProxy
from harness.simulated_kubernetes import SimulatedKubernetes
from harness.soteria import Soteria
from harness.waiting import eventually

LEASE_SECONDS = 3  # the least; an effect may take half of it
FINAL = ("Succeeded", "Incomplete", "Failed", "Cancelled")

FORBIDDEN = json.dumps({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Forbidden", "code": 403,
                        "message": "the fault table refuses this"})


def steps_effect(kind, step):
    """The User-Agent's purpose of a step's effect or of an effect around it. A step may make several calls: "step#call"."""
    step = step.split("#")[0]
    return step if "/" in step else f"{kind}/{step}"


class Cell:
    """Use as a context manager. `kind`: backup or restore; `effect`: a key of CALLS."""

    # effect -> (upstream, method, path) of the one call that it is. Reads of the same step do not match.
    CALLS = {}
    # Where what is asked for is; its own where cells share a cluster.
    namespace = "work"
    # The reasons with which an operation waits for its data.
    WAITS = {}
    # Effects after the point of no return: their failure does not change how the operation ends.
    AFTER_RETURN = ()

    def __init__(self, folder, kind, effect):
        self.folder = folder
        self.kind = kind
        self.effect = effect
        self.upstream, self.method, self.path = self.CALLS[effect]
        self.running = []
        self.proxies = {}

    def __enter__(self):
        try:
            self._start()
            self._set_the_scene()
            self.before = self._others()
            self.own_before = {record["metadata"]["uid"] for record in self._records()}
            return self
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_):
        for server in reversed(self.running):
            server.stop() if server is getattr(self, "soteria", None) else server.kill()

    def _run(self, server):
        server.start()
        self.running.append(server)
        return server

    # --- before

    def _start(self):
        """Starts what there is, Soteria last."""
        raise NotImplementedError

    def _start_kubernetes(self, flags=()):
        self.kubernetes = self._run(SimulatedKubernetes(self.folder, flags))
        self.kubernetes.install()
        self.kubernetes.create({"kind": "Namespace", "metadata": {"name": self.namespace}})
        self.proxies["kubernetes"] = self._run(FaultProxy(self.folder, self.kubernetes.url, name="kubernetes-proxy"))

    def _settings(self, **more):
        return {"SOTERIA_LEASE_SECONDS": LEASE_SECONDS, "SOTERIA_RESTORE_TIMEOUT_SECONDS": 12,
                "SOTERIA_BACKUP_TIMEOUT_SECONDS": 12, "SOTERIA_METRICS_REFRESH_SECONDS": 5, **more}

    def _kubeconfig(self):
        return self.kubernetes.kubeconfig(self.folder / "kubeconfig", self.proxies["kubernetes"].url)

    def _start_soteria(self, longhorn_url, **settings):
        self.soteria = self._run(Soteria(self.folder, self._kubeconfig(), longhorn_url, self._settings(**settings)))
        self.soteria.wait_ready()

    def _set_the_scene(self):
        raise NotImplementedError

    def _others(self):
        """Everything that no operation under test made, by kind: it must be the same at the end."""
        raise NotImplementedError

    def _records(self):
        return self.kubernetes.list("Backup") + self.kubernetes.list("Restore")

    # --- what is asked for

    def body(self):
        """(path, body) of the request."""
        raise NotImplementedError

    def ask(self):
        """POSTs in the background: the answer may be what is being held."""
        path, body = self.body()
        url = self.soteria.url

        def post():
            try:
                self.answer = requests.post(url + path, json=body, timeout=40)
            except requests.RequestException as error:
                self.answer = error

        self.asking = threading.Thread(target=post)
        self.answer = None
        self.asking.start()

    def record(self):
        """The record under test, or None."""
        found = [record for record in self._records() if record["metadata"]["uid"] not in self.own_before]
        assert len(found) <= 1, f"one request, {len(found)} records"
        return found[0] if found else None

    def identity(self):
        record = eventually("the record is there", self.record, 15)
        return f"{self.kind}.{self.namespace}.{record['metadata']['name']}"

    def cancel(self):
        answer = self.soteria.post(f"/v1/operations/{self.identity()}/cancel")
        assert answer.status_code in (202, 409), answer.text

    # --- the work holds still

    def good_end(self):
        return "Succeeded"

    def stall(self):
        """The data of what is asked for next stands still half-way."""
        raise NotImplementedError

    def go_on(self):
        raise NotImplementedError

    def wait_stalled(self):
        reason = self.WAITS[self.kind]

        def reached():
            record = self.record()
            assert record, "no record yet"
            return record.get("status", {}).get("reason") == reason

        eventually(f"the operation is at {reason}", reached, 20)

    def hold_before_undo(self):
        """Brings the operation so far that there is this effect to undo; returns what to call once a cancel was asked for."""
        self.stall()
        self.ask()
        self.wait_stalled()
        return lambda: None

    # --- faults

    def fault_of(self, column):
        """What goes wrong in this column of the table, for forward_cell() and undo_cell()."""
        return column

    @property
    def proxy(self):
        return self.proxies[self.upstream]

    def rule(self, action, count=1, **fields):
        purpose = steps_effect(self.kind, self.effect)
        self.proxy.rule(action, self.method, self.path, f"[(]{re.escape(purpose)}[)]", count=count, **fields)

    def refuse(self, count=0):
        self.rule("status", count, status=403, body=FORBIDDEN, headers={"Content-Type": "application/json"})

    def crash(self):
        """SIGKILL and a new start; the proxies keep their port, the service gets another."""
        self.soteria.kill()
        self.proxy.clear()
        self.soteria.start()
        self.soteria.wait_ready()

    def take_the_name(self):
        """Somebody else makes an object of that name while our request is on its way; returns what must stay as it is."""
        raise NotImplementedError

    def replace_what_is_deleted(self):
        """The object that is about to be deleted (the target's claim) is deleted by somebody and made anew."""
        self.kubernetes.delete("PersistentVolumeClaim", "copy", self.namespace)
        self.kubernetes.wait_gone("PersistentVolumeClaim", "copy", self.namespace)
        made = self.kubernetes.claim(self.namespace, "copy")
        return {"claims": ("copy", (made["metadata"]["uid"], made["spec"]))}

    # --- after

    def wait_settled(self, seconds=60):
        """The record is final and let go (or there is none), and no slot is taken; returns the phase, or "none"."""
        self.asking.join(45)

        def settled():
            record = self.record()
            if record:
                phase = record.get("status", {}).get("phase")
                assert phase in FINAL, (phase, record.get("status", {}).get("message"))
                assert not record["metadata"].get("finalizers"), "the finalizer is still there"
            assert not slots(self.kubernetes), f"slots: {slots(self.kubernetes)}"
            return record["status"]["phase"] if record else "none"

        return eventually("everything has settled", settled, seconds)

    def check(self, phase, foreign=None):
        """Nothing of ours is left or all of it is there; everything else is as it was."""
        record = self.record()
        if record:
            assert not record["status"].get("leftovers"), record["status"]["leftovers"]
        if self.kind == "restore":
            self._check_restore(phase, record)
        else:
            self._check_backup(phase, record)
        after = self._others()
        for what, value in (foreign or {}).items():
            assert after[what].pop(value[0], None) == value[1], f"the {what} {value[0]} that somebody made was touched"
        assert after == self.before, f"what was there before has changed:\n{self.before}\n{after}"

    def _check_restore(self, phase, record):
        raise NotImplementedError

    def _check_backup(self, phase, record):
        raise NotImplementedError
