"""The worlds of the fault suite: a simulated Kubernetes with restic and a simulated Longhorn, a proxy before each, and the
service with short time limits. Many stories are told in one world, one after the other, each in a namespace of its own."""

import json
import re

import requests

from flow.drivers import local_pvc
from flow.fault_calls import call_of
from flow.invariants import Invariants
from flow.scene import OPERATION, bound_pvc
from harness.faults import FaultProxy
from harness.kubernetes import path_of
from harness.longhorn import LonghornSimulator
from harness.restic import PASSWORD, SimulatedRestic
from harness.simulated_kubernetes import SimulatedKubernetes
from harness.soteria import Soteria
from harness.waiting import eventually

LEASE_SECONDS = 5
PAST = "an-older-operation"
# What may not show up in an answer, a record or a log.
ROBOT = "the-robot-of-the-fault-suite"
SECRETS = (ROBOT, PASSWORD)
# A request is answered within soteria-quick's five seconds; the rest is patience with a busy machine.
LONGEST_ANSWER = 20
FINAL = ("Succeeded", "Incomplete", "Failed", "Cancelled")
# The sanitizer keeps 256 MiB of freed memory a process by default, and there are many.
FRUGAL = {"ASAN_OPTIONS": "quarantine_size_mb=8"}
PREPARED = 10  # namespaces are made ready so many at a time


class QuickSoteria(Soteria):
    program = "soteria-quick"


class Place:
    """A namespace with the PVC `data`, backed up once, for one story. What is there besides came from the story."""

    def __init__(self, world, number, driver):
        self.world, self.driver = world, driver
        self.namespace = f"{driver}-{number:03}"
        self.handle = f"pvc-{self.namespace}"
        self.older = f"backup-{self.namespace}" if driver == "longhorn" else f"{number:064x}"

    def prepare(self, kubernetes, longhorn):
        kubernetes.create({"kind": "Namespace", "metadata": {"name": self.namespace}})
        if self.driver == "restic":
            local_pvc(kubernetes, self.namespace, "data")
            return
        bound_pvc(kubernetes, longhorn, self.namespace, handle=self.handle)
        label = json.dumps({"namespace": self.namespace, "pvcName": "data", "pvName": self.handle, "pvStatus": "Bound"})
        past = {"volume": self.handle, "created": "2026-01-01T00:00:00Z"}
        longhorn.seed(
            snapshots=[{"name": f"soteria-backup-{self.namespace}-data-20260101-000000", "labels": {OPERATION: PAST}, **past}],
            backups=[{"name": self.older, "volume": self.handle, "snapshotName": f"of-{self.namespace}", "size": 1 << 20,
                      "labels": {"KubernetesStatus": label}}])

    # --- what is there, read from Kubernetes, Longhorn and the repository

    def things(self):
        """(kind, name) -> what must not change about it."""
        kubernetes = self.world.kubernetes
        found = {}
        for kind in ("PersistentVolumeClaim", "Job", "Pod", "Secret"):
            if kind == "PersistentVolumeClaim" or self.driver == "restic":
                for item in kubernetes.list(kind, self.namespace):
                    found[kind, item["metadata"]["name"]] = item["metadata"]["uid"]
        for item in kubernetes.list("PersistentVolume"):
            if item["spec"].get("claimRef", {}).get("namespace") == self.namespace:
                found["PersistentVolume", item["metadata"]["name"]] = item["metadata"]["uid"]
        if self.driver == "restic":
            for one in self.world.restic.snapshots():
                if one["host"] == f"{self.namespace}/data":
                    found["snapshot", one["original"] or one["id"]] = one["host"]
            return found
        state = self.world.longhorn.state()
        for volume in state["volumes"]:
            if volume["name"] == self.handle or f"volume={self.handle}" in volume["fromBackup"]:
                found["LonghornVolume", volume["name"]] = (volume["size"], volume["fromBackup"])
        for one in state["snapshots"]:
            if one["volume"] == self.handle:
                found["LonghornSnapshot", one["name"]] = one["volume"]
        for one in state["backups"]:
            if one["volumeName"] == self.handle:
                found["LonghornBackup", one["name"]] = one["snapshotName"]
        return found

    def records(self):
        kubernetes = self.world.kubernetes
        return kubernetes.list("Backup", self.namespace) + kubernetes.list("Restore", self.namespace)


class World:
    """Use as a context manager."""

    def __init__(self, folder, places=400):
        self.folder = folder
        self.most = places
        self.running = []
        self.places = {"longhorn": [], "restic": []}
        self.made = {"longhorn": 0, "restic": 0}
        self.asked_calls = set()
        self.forgotten = set()  # names of records

    def __enter__(self):
        try:
            self._start()
            return self
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_):
        for server in reversed(self.running):
            server.stop() if isinstance(server, Soteria) else server.kill()

    def _run(self, server):
        server.start()
        self.running.append(server)
        return server

    def _start(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        self.kubernetes = self._run(SimulatedKubernetes(self.folder, ["--restic-milliseconds", "20"], env=FRUGAL))
        self.kubernetes.install()
        self.restic = SimulatedRestic(self.kubernetes)
        self.restic.install()
        flags = ["--restore-seconds", "4", "--backup-seconds", "4"]
        self.longhorn = self._run(LonghornSimulator(self.folder, 0.02, self.kubernetes.url, flags, env=FRUGAL))
        self.proxies = {name: self._run(FaultProxy(self.folder, server.url, name=f"{name}-proxy", env=FRUGAL))
                        for name, server in (("kubernetes", self.kubernetes), ("longhorn", self.longhorn))}
        # As restic lists all of its repository at start, the past of all places is there from the start.
        restic_places = [Place(self, number, "restic") for number in range(self.most)]
        self.restic.seed(*({"namespace": place.namespace, "pvc": "data", "hours": 30, "id": place.older}
                           for place in restic_places))
        kubeconfig = self.kubernetes.kubeconfig(self.folder / "kubeconfig", self.proxies["kubernetes"].url)
        self.soteria = self._run(QuickSoteria(self.folder, kubeconfig, self.proxies["longhorn"].url, {
            "SOTERIA_LEASE_SECONDS": LEASE_SECONDS, "SOTERIA_RESTORE_TIMEOUT_SECONDS": 20,
            "SOTERIA_BACKUP_TIMEOUT_SECONDS": 40, "SOTERIA_AUTH_REQUIRED": "true", "SOTERIA_AUTHORIZATION": "rbac",
            "SOTERIA_AUTH_BEARER_TOKENS": ROBOT, "SOTERIA_TRUSTED_PROXIES": "127.0.0.0/8",
            "SOTERIA_JOB_TTL_SECONDS": 3600, **FRUGAL, **self.restic.settings(SOTERIA_RESTIC_FORGET_ARGS="--keep-last 5")}))
        self.soteria.http.headers["Authorization"] = f"Bearer {ROBOT}"
        self.wait_ready()
        # Where the events of this world begin, as a Lease tells it a few minutes later.
        versions = [self.kubernetes.call("GET", path_of(kind))["metadata"]["resourceVersion"] for kind in ("Backup", "Restore")]
        self.beginning = ".".join(["1", *versions])
        self.invariants = Invariants(self.kubernetes, self.longhorn, self.restic)

    def wait_ready(self):
        self.soteria.wait_ready(60)

        def listed():
            checks = {one["name"]: one for one in self.soteria.get("/readyz?verbose").json()["checks"]}
            assert checks["longhorn"]["ok"] and checks["repository"]["ok"], checks
            text = self.soteria.get("/metrics").text
            return "soteria_leader 1" in text

        eventually("Longhorn and the repository are read, and it leads", listed, 120)

    def place(self, driver):
        """One that no story has used."""
        kept = self.places[driver]
        if not kept:
            first = self.made[driver]
            self.made[driver] = first + PREPARED
            assert self.made[driver] <= self.most, "the world is too small for its stories"
            fresh = [Place(self, number, driver) for number in range(first, first + PREPARED)]
            for each in fresh:
                each.prepare(self.kubernetes, self.longhorn)
            self.wait_known(fresh[-1].namespace)
            kept.extend(fresh)
        return kept.pop(0)

    def wait_known(self, namespace):
        def known():
            rows = self.json("GET", "/v1/inventory")["namespaces"]
            return any(group["name"] == namespace and group["pvcs"][0]["volume"] for group in rows)

        eventually(f"the service has seen {namespace}/data", known, 30)

    # --- asking

    def ask(self, method, path, body=None, headers=None):
        """(status, the answer's JSON). Never anything but an answer, in time, that makes sense and tells no secret."""
        try:
            answer = requests.request(method, self.soteria.url + path, json=body, timeout=LONGEST_ANSWER,
                                      headers=headers or {"Authorization": f"Bearer {ROBOT}"})
        except requests.RequestException as error:
            raise AssertionError(f"{method} {path} was not answered: {error!r}") from error
        told = answer.json()
        if answer.status_code >= 400:
            assert answer.status_code != 500 and told["code"] != "internal", f"{method} {path}: a bug: {answer.text}"
            assert answer.headers["Content-Type"] == "application/problem+json", answer.headers
            assert len(told["detail"]) > 15 and told["status"] == answer.status_code, answer.text
            if answer.status_code in (429, 503):
                assert int(answer.headers["Retry-After"]) > 0, answer.headers
        no_secret(answer.text)
        return answer.status_code, told

    def json(self, method, path, **keywords):
        status, told = self.ask(method, path, **keywords)
        assert status < 400, f"{method} {path}: {status} {told}"
        return told

    # --- the proxies

    def arm(self, call, rule):
        """Adds the rule (see fault_kinds); returns what tells how often it was applied."""
        rule = dict(rule)
        proxy = self.proxies[call.upstream]
        number = len(proxy.counts())
        proxy.rule(rule.pop("action"), **rule)
        return lambda: proxy.counts()[number]["applied"]

    def calls(self):
        """{Call: how often}, since calls() was last asked for."""
        seen = {}
        for upstream, proxy in self.proxies.items():
            for entry in proxy.log_of_requests(clear=True):
                call = call_of(upstream, entry)
                seen[call] = seen.get(call, 0) + 1
        self.asked_calls |= set(seen)
        return seen

    def calm(self):
        """No faults, nothing stalled."""
        for proxy in self.proxies.values():
            proxy.clear()
        self.longhorn.no_faults()
        self.restic.no_faults()

    # --- at the end

    def check_everything(self):
        """Everything has come to rest, and the invariants hold of all that was done here; nothing secret was logged."""
        self.calm()
        eventually("everything has come to rest", self.invariants.at_rest, 20 * LEASE_SECONDS)
        found = self.invariants
        problems = [*found.changed(), *found.unaccounted(), *found.disagreeing(), *found.told_wrongly([self.soteria])]
        # The past of a place is of an operation before all this, and what was forgotten is not on record any more.
        wrong = [problem for problem in problems if not any(word in problem for word in (PAST, *self.forgotten))]
        assert not wrong, "\n".join(wrong)
        no_secret(self.soteria.log.read_text(errors="replace"))


def no_secret(text):
    for secret in SECRETS:
        assert secret not in text, f"a secret was told: {re.sub(secret, '<secret>', text)[:500]}"


