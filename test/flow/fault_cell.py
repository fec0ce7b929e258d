"""One cell of the fault table: one effect, one fault, a world of its own, and what must hold at the end."""

import json
import re
import threading

import requests

from harness.faults import FaultProxy
from harness.longhorn import LonghornSimulator
from harness.simulated_kubernetes import SimulatedKubernetes
from harness.soteria import Soteria
from harness.waiting import eventually

from flow.scene import OPERATION, bound_pvc, restored_volumes, slots

NAMESPACE = "work"
LEASE_SECONDS = 3  # the least; an effect may take half of it
FINAL = ("Succeeded", "Incomplete", "Failed", "Cancelled")

# effect -> (upstream, method, path) of the one call that it is. Reads of the same step do not match.
CALLS = {
    "slot/take": ("kubernetes", "POST", "/leases"),
    "record/create": ("kubernetes", "POST", "/(backups|restores)[?]"),
    "record/protect": ("kubernetes", "PATCH", "/(backups|restores)/"),
    "record/status": ("kubernetes", "PATCH", "/status"),
    "record/cancel": ("kubernetes", "PATCH", "/(backups|restores)/"),
    "record/release": ("kubernetes", "PATCH", "/(backups|restores)/"),
    "slot/give_back": ("kubernetes", "DELETE", "/leases/"),
    "create_snapshot": ("longhorn", "POST", "action=snapshotCRCreate"),
    "start_backup": ("longhorn", "POST", "action=snapshotBackup"),
    "create_volume": ("longhorn", "POST", "/v1/volumes$"),
    "create_claim": ("kubernetes", "POST", "/persistentvolumeclaims[?]"),
    "create_persistent_volume": ("kubernetes", "POST", "/persistentvolumes[?]"),
    "undo_create_snapshot": ("longhorn", "POST", "action=snapshotCRDelete"),
    "undo_start_backup": ("longhorn", "POST", "action=backupDelete"),
    "undo_create_volume": ("longhorn", "DELETE", "/v1/volumes/"),
    "undo_create_claim": ("kubernetes", "DELETE", "/persistentvolumeclaims/"),
    "undo_create_persistent_volume": ("kubernetes", "DELETE", "/persistentvolumes/"),
    "tidy": ("longhorn", "POST", "action=snapshotCRDelete"),
}

FORBIDDEN = json.dumps({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Forbidden", "code": 403,
                        "message": "the fault table refuses this"})
DENIED = json.dumps({"type": "error", "status": 500, "code": "Internal Server Error", "detail": "",
                     "message": 'admission webhook "validator.longhorn.io" denied the request: the fault table refuses'})


def steps_effect(kind, step):
    """The User-Agent's purpose of a step's effect or of an effect around it."""
    return step if "/" in step else f"{kind}/{step}"


class Cell:
    """Use as a context manager. `kind`: backup or restore; `effect`: a key of CALLS."""

    def __init__(self, folder, kind, effect):
        self.folder = folder
        self.kind = kind
        self.effect = effect
        self.upstream, self.method, self.path = CALLS[effect]
        self.running = []

    def __enter__(self):
        try:
            return self._start()
        except BaseException:
            self.__exit__()
            raise

    def _start(self):
        self.kubernetes = self._run(SimulatedKubernetes(self.folder))
        self.kubernetes.install()
        flags = ["--restore-seconds", "4", "--backup-seconds", "4"]
        self.longhorn = self._run(LonghornSimulator(self.folder, 0.05, self.kubernetes.url, flags))
        self.proxies = {"kubernetes": self._run(FaultProxy(self.folder, self.kubernetes.url, name="kubernetes-proxy")),
                        "longhorn": self._run(FaultProxy(self.folder, self.longhorn.url, name="longhorn-proxy"))}
        kubeconfig = self.kubernetes.kubeconfig(self.folder / "kubeconfig", self.proxies["kubernetes"].url)
        self.soteria = self._run(Soteria(self.folder, kubeconfig, self.proxies["longhorn"].url, {
            "SOTERIA_LEASE_SECONDS": LEASE_SECONDS, "SOTERIA_RESTORE_TIMEOUT_SECONDS": 12,
            "SOTERIA_BACKUP_TIMEOUT_SECONDS": 12, "SOTERIA_METRICS_REFRESH_SECONDS": 5}))
        self.soteria.wait_ready()
        self._set_the_scene()
        return self

    def _run(self, server):
        server.start()
        self.running.append(server)
        return server

    def __exit__(self, *_):
        for server in reversed(self.running):
            server.stop() if server is getattr(self, "soteria", None) else server.kill()

    # --- before

    def _set_the_scene(self):
        self.kubernetes.create({"kind": "Namespace", "metadata": {"name": NAMESPACE}})
        self.handle = bound_pvc(self.kubernetes, self.longhorn, NAMESPACE)
        bound_pvc(self.kubernetes, self.longhorn, NAMESPACE, "bystander", handle="pvc-bystander")
        label = json.dumps({"namespace": NAMESPACE, "pvcName": "data", "pvName": self.handle, "pvStatus": "Bound"})
        self.longhorn.seed(backups=[
            {"name": "backup-older", "volume": self.handle, "snapshotName": "by-hand", "size": 1 << 20,
             "labels": {"KubernetesStatus": label}},
            {"name": "backup-bystander", "volume": "pvc-bystander", "snapshotName": "by-hand-2", "size": 1 << 20}])
        if self.effect == "tidy":
            first = self.soteria.json("POST", "/v1/backup", 202, json={"namespace": NAMESPACE, "pvc": "data"})
            self.soteria.wait_finished(first["operation"])
            eventually("the first backup is released", lambda: not slots(self.kubernetes))
        self.before = self._others()
        self.own_before = {record["metadata"]["uid"] for record in self._records()}

    def _others(self):
        """Everything that no operation under test made: it must be the same at the end."""
        claims = {item["metadata"]["name"]: (item["metadata"]["uid"], item["spec"])
                  for item in self.kubernetes.list("PersistentVolumeClaim", NAMESPACE)
                  if OPERATION not in item["metadata"].get("annotations", {})}
        volumes = {item["metadata"]["name"]: (item["metadata"]["uid"], item["spec"])
                   for item in self.kubernetes.list("PersistentVolume")
                   if OPERATION not in item["metadata"].get("annotations", {})}
        longhorn = {name: (volume["size"], volume["fromBackup"]) for name, volume in self.longhorn.volumes().items()
                    if not name.startswith("soteria-") or name in getattr(self, "foreign", ())}
        backups = {backup["name"]: backup["state"] for backup in self.longhorn.backups()
                   if not backup["snapshotName"].startswith("soteria-backup-")}
        foreign = {one["name"]: one["volume"] for one in self.longhorn.snapshots()
                   if OPERATION not in (one.get("labels") or {})}
        return {"claims": claims, "volumes": volumes, "longhorn": longhorn, "backups": backups, "snapshots": foreign}

    def _records(self):
        return self.kubernetes.list("Backup") + self.kubernetes.list("Restore")

    # --- what is asked for

    def body(self):
        if self.kind == "backup":
            return "/v1/backup", {"namespace": NAMESPACE, "pvc": "data"}
        return "/v1/restores", {"namespace": NAMESPACE, "pvc": "data", "snapshot": "backup-older",
                                "target_namespace": NAMESPACE, "target_pvc": "copy"}

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
        return f"{self.kind}.{NAMESPACE}.{record['metadata']['name']}"

    def cancel(self):
        answer = self.soteria.post(f"/v1/operations/{self.identity()}/cancel")
        assert answer.status_code in (202, 409), answer.text

    # --- faults

    @property
    def proxy(self):
        return self.proxies[self.upstream]

    def rule(self, action, count=1, **fields):
        purpose = steps_effect(self.kind, self.effect)
        self.proxy.rule(action, self.method, self.path, f"[(]{re.escape(purpose)}[)]", count=count, **fields)

    def refuse(self, count=0):
        if self.upstream == "kubernetes":
            self.rule("status", count, status=403, body=FORBIDDEN, headers={"Content-Type": "application/json"})
        else:
            self.rule("status", count, status=500, body=DENIED)

    def crash(self):
        """SIGKILL and a new start; the proxies keep their port, the service gets another."""
        self.soteria.kill()
        self.proxy.clear()
        self.soteria.start()
        self.soteria.wait_ready()

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
        uid = record["metadata"]["uid"] if record else ""
        if self.kind == "restore":
            self._check_restore(phase, uid)
        else:
            self._check_backup(phase, record)
        after = self._others()
        for what, value in (foreign or {}).items():
            assert after[what].pop(value[0], None) == value[1], f"the {what} {value[0]} that somebody made was touched"
        assert after == self.before, f"what was there before has changed:\n{self.before}\n{after}"

    def _check_restore(self, phase, uid):
        ours = {kind: [item for item in self.kubernetes.list(kind)
                       if item["metadata"].get("annotations", {}).get(OPERATION) == uid]
                for kind in ("PersistentVolumeClaim", "PersistentVolume")}
        claims, volumes = ours["PersistentVolumeClaim"], ours["PersistentVolume"]
        data = [name for name in restored_volumes(self.longhorn) if name not in getattr(self, "foreign", ())]
        if phase != "Succeeded":
            assert (claims, volumes, data) == ([], [], []), f"left behind: {claims} {volumes} {data}"
            return
        assert len(claims) == len(volumes) == len(data) == 1, f"{claims} {volumes} {data}"
        assert claims[0]["status"]["phase"] == "Bound"
        assert claims[0]["spec"]["volumeName"] == volumes[0]["metadata"]["name"]
        assert volumes[0]["spec"]["claimRef"]["uid"] == claims[0]["metadata"]["uid"]
        assert volumes[0]["spec"]["csi"]["volumeHandle"] == data[0]
        volume = self.longhorn.volumes()[data[0]]
        assert "backup=backup-older" in volume["fromBackup"] and not volume["restoreRequired"]

    def _check_backup(self, phase, record):
        name = record["status"].get("facts", {}).get("snapshot", record["metadata"]["name"]) if record else ""
        ours = [one for one in self.longhorn.snapshots() if one["name"] == name
                and (one.get("labels") or {}).get(OPERATION) == record["metadata"]["uid"]]
        backups = [backup for backup in self.longhorn.backups() if backup["snapshotName"] == name and name]
        if phase != "Succeeded":
            assert ours == [] and backups == [], f"left behind: {ours} {backups}"
            return
        assert len(ours) == 1 and [backup["state"] for backup in backups] == ["Completed"], f"{ours} {backups}"
        assert record["status"]["result"]["backup"] == backups[0]["name"]
        if self.effect == "tidy":
            # Longhorn deletes a snapshot in its own time after it has said yes.
            eventually("only our newest snapshot is left", lambda: [
                one["name"] for one in self.longhorn.snapshots(self.handle)
                if one["name"].startswith("soteria-")] == [name], 10)
