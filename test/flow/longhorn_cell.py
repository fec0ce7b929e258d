"""A cell of Longhorn's fault table."""

import base64
import hashlib
import json

from flow.fault_cell import Cell
from flow.scene import GIGABYTE, OPERATION, bound_pvc, restored_volumes, slots
from harness.faults import FaultProxy
from harness.longhorn import LonghornSimulator
from harness.waiting import eventually

DENIED = json.dumps({"type": "error", "status": 500, "code": "Internal Server Error", "detail": "",
                     "message": 'admission webhook "validator.longhorn.io" denied the request: the fault table refuses'})


class LonghornCell(Cell):
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
    WAITS = {"backup": "WaitBackup", "restore": "WaitRestored"}
    bystander = "pvc-bystander"
    older = "backup-older"

    def _start(self):
        self._start_kubernetes()
        flags = ["--restore-seconds", "4", "--backup-seconds", "4"]
        self.longhorn = self._run(LonghornSimulator(self.folder, 0.05, self.kubernetes.url, flags))
        self.proxies["longhorn"] = self._run(FaultProxy(self.folder, self.longhorn.url, name="longhorn-proxy"))
        self._start_soteria(self.proxies["longhorn"].url)

    def _set_the_scene(self):
        self.handle = bound_pvc(self.kubernetes, self.longhorn, self.namespace)
        bound_pvc(self.kubernetes, self.longhorn, self.namespace, "bystander", handle=self.bystander)
        label = json.dumps({"namespace": self.namespace, "pvcName": "data", "pvName": self.handle, "pvStatus": "Bound"})
        self.longhorn.seed(backups=[
            {"name": self.older, "volume": self.handle, "snapshotName": f"by-hand-{self.older}", "size": 1 << 20,
             "labels": {"KubernetesStatus": label}},
            {"name": f"{self.older}-bystander", "volume": self.bystander, "snapshotName": f"by-hand-{self.bystander}",
             "size": 1 << 20}])
        self.restored_before = set(restored_volumes(self.longhorn))
        if self.effect == "tidy":
            first = self.soteria.json("POST", "/v1/backup", 202, json={"namespace": self.namespace, "pvc": "data"})
            self.soteria.wait_finished(first["operation"])
            eventually("the first backup is released", lambda: not slots(self.kubernetes))

    def _others(self):
        claims = {item["metadata"]["name"]: (item["metadata"]["uid"], item["spec"])
                  for item in self.kubernetes.list("PersistentVolumeClaim", self.namespace)
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

    def body(self):
        if self.kind == "backup":
            return "/v1/backup", {"namespace": self.namespace, "pvc": "data"}
        return "/v1/restores", {"namespace": self.namespace, "pvc": "data", "snapshot": self.older,
                                "target_namespace": self.namespace, "target_pvc": "copy"}

    def stall(self):
        self.longhorn.fault(do="stall_backup" if self.kind == "backup" else "stall_restore", at=40, times=0)

    def go_on(self):
        self.longhorn.no_faults()

    def refuse(self, count=0):
        if self.upstream == "kubernetes":
            super().refuse(count)
        else:
            self.rule("status", count, status=500, body=DENIED)

    def hold_before_undo(self):
        """Brings the operation so far that there is this effect to undo."""
        if self.effect == "undo_create_persistent_volume":
            # The PV is made at the end: hold its own creation's answer and cancel there.
            self.proxy.rule("hold_after", "POST", "/persistentvolumes[?]", "restore/create_persistent_volume")
            self.ask()
            self.proxy.wait_held(30)
            return self.proxy.release
        return super().hold_before_undo()

    def take_the_name(self):
        if self.effect == "slot/take":
            # Held by a request that died before its record: swept in a while.
            subject = f"{self.kind}\n{self.namespace}\n{'data' if self.kind == 'backup' else 'copy'}"
            name = base64.b32encode(hashlib.sha256(subject.encode()).digest()).decode().lower().rstrip("=")[:52]
            self.kubernetes.create({"kind": "Lease", "metadata": {"name": f"slot-{name}", "namespace": "soteria"},
                                    "spec": {"holderIdentity": f"{self.kind}.{self.namespace}.nobody"}})
            return None
        name = self.record()["status"].get("facts", {}).get("snapshot" if self.kind == "backup" else "volume")
        if self.effect == "create_claim":
            made = self.kubernetes.claim(self.namespace, "copy")
            return {"claims": ("copy", (made["metadata"]["uid"], made["spec"]))}
        if self.effect == "create_persistent_volume":
            made = self.kubernetes.volume(name, "pvc-foreign", claim=(self.namespace, "somebodys"))
            return {"volumes": (name, (made["metadata"]["uid"], made["spec"]))}
        if self.effect == "create_volume":
            self.foreign = (name,)
            self.longhorn.seed(volumes=[{"name": name, "size": str(GIGABYTE), "replicas": 1}])
            volume = self.longhorn.volumes()[name]
            return {"longhorn": (name, (volume["size"], volume["fromBackup"]))}
        answer = self.longhorn.post(f"/v1/volumes/{self.handle}?action=snapshotCRCreate", json={"name": name})
        assert answer.status_code == 200, answer.text
        return {"snapshots": (name, self.handle)}

    def _check_restore(self, phase, record):
        uid = record["metadata"]["uid"] if record else ""
        ours = {kind: [item for item in self.kubernetes.list(kind)
                       if item["metadata"].get("annotations", {}).get(OPERATION) == uid]
                for kind in ("PersistentVolumeClaim", "PersistentVolume")}
        claims, volumes = ours["PersistentVolumeClaim"], ours["PersistentVolume"]
        others = self.restored_before | set(getattr(self, "foreign", ()))
        data = [name for name in restored_volumes(self.longhorn) if name not in others]
        if phase != "Succeeded":
            assert (claims, volumes, data) == ([], [], []), f"left behind: {claims} {volumes} {data}"
            return
        assert len(claims) == len(volumes) == len(data) == 1, f"{claims} {volumes} {data}"
        assert claims[0]["status"]["phase"] == "Bound"
        assert claims[0]["spec"]["volumeName"] == volumes[0]["metadata"]["name"]
        assert volumes[0]["spec"]["claimRef"]["uid"] == claims[0]["metadata"]["uid"]
        assert volumes[0]["spec"]["csi"]["volumeHandle"] == data[0]
        volume = self.longhorn.volumes()[data[0]]
        assert f"backup={self.older}" in volume["fromBackup"] and not volume["restoreRequired"]

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
