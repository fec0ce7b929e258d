"""The two drivers as a test sees them from outside: how a PVC of each comes about, what each made, and how to hold it up."""

import itertools

from flow.scene import OPERATION, bound_pvc, restored_volumes

LOCAL_PATH = "rancher.io/local-path"
NUMBERS = itertools.count()


def local_pvc(kubernetes, namespace, name="data", labels=None, annotations=None, size="1Gi"):
    """A PVC bound to a volume on a node's disk, as the local-path provisioner leaves it; returns the PVC."""
    kubernetes.storage_class("local-path", binding="WaitForFirstConsumer", provisioner=LOCAL_PATH)
    made = kubernetes.create({
        "kind": "PersistentVolumeClaim",
        "metadata": {"namespace": namespace, "name": name, "labels": labels or {}, "annotations": annotations or {}},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}},
                 "storageClassName": "local-path"}})
    volume = f"pvc-{made['metadata']['uid']}"
    kubernetes.create({
        "kind": "PersistentVolume",
        "metadata": {"name": volume, "annotations": {"pv.kubernetes.io/provisioned-by": LOCAL_PATH}},
        "spec": {"capacity": {"storage": size}, "accessModes": ["ReadWriteOnce"], "storageClassName": "local-path",
                 "persistentVolumeReclaimPolicy": "Delete", "hostPath": {"path": f"/opt/local-path-provisioner/{volume}"},
                 "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": namespace, "name": name,
                              "uid": made["metadata"]["uid"]}}})
    return kubernetes.wait_bound(namespace, name)


def marked(kubernetes, kind, uid):
    """(kind, namespace, name) of the objects of that kind which carry the operation's mark."""
    return [(kind, item["metadata"].get("namespace", ""), item["metadata"]["name"]) for item in kubernetes.list(kind)
            if item["metadata"].get("annotations", {}).get(OPERATION) == uid]


class Longhorn:
    name = "longhorn"
    driver = "longhorn"
    storage_class = "longhorn"

    def __init__(self, kubernetes, longhorn, restic):
        self.kubernetes, self.longhorn, self.restic = kubernetes, longhorn, restic

    def pvc(self, namespace, name="data", labels=None):
        bound_pvc(self.kubernetes, self.longhorn, namespace, name, handle=f"pvc-{next(NUMBERS)}-of-the-test", labels=labels)

    def remove(self, namespace, name="data"):
        """The PVC with all that was behind it."""
        claim = self.kubernetes.get("PersistentVolumeClaim", name, namespace)
        self.longhorn.request("DELETE", f"/v1/volumes/{claim['spec']['volumeName']}")
        self.kubernetes.delete("PersistentVolumeClaim", name, namespace)
        self.kubernetes.wait_gone("PersistentVolumeClaim", name, namespace)

    def held_by(self, namespace, name):
        """The name of the backup whose data the PVC has."""
        claim = self.kubernetes.get("PersistentVolumeClaim", name, namespace)
        source = self.longhorn.volumes()[claim["spec"]["volumeName"]]["fromBackup"]
        return source.split("backup=")[1].split("&")[0]

    def made_by(self, uid):
        found = [each for kind in ("PersistentVolumeClaim", "PersistentVolume") for each in
                 marked(self.kubernetes, kind, uid)]
        return found + [("LonghornSnapshot", "", each["name"]) for each in self.longhorn.snapshots()
                        if (each.get("labels") or {}).get(OPERATION) == uid]

    def backups_made(self, operation):
        """Names of what the store holds of this operation."""
        snapshot = operation["resource"]["name"]
        return [each["name"] for each in self.longhorn.backups() if each["snapshotName"] == snapshot]

    def hold(self, kind):
        """The next backup or restore stands still half-way."""
        self.longhorn.fault(do=f"stall_{kind}", at=40, times=0)

    def fail(self, kind):
        """The next backup or restore fails half-way."""
        self.longhorn.fault(do=f"fail_{kind}", at=40, times=1)

    def go_on(self):
        self.longhorn.no_faults()

    def busy(self):
        """What changes in this driver's store with every write."""
        return [sorted(self.longhorn.volumes()), sorted(each["name"] for each in self.longhorn.snapshots()),
                sorted(each["name"] for each in self.longhorn.backups()), restored_volumes(self.longhorn)]


class Restic:
    name = "restic"
    driver = "restic"
    storage_class = "local-path"

    def __init__(self, kubernetes, longhorn, restic):
        self.kubernetes, self.longhorn, self.restic = kubernetes, longhorn, restic

    def pvc(self, namespace, name="data", labels=None):
        local_pvc(self.kubernetes, namespace, name, labels)

    def remove(self, namespace, name="data"):
        self.kubernetes.delete("PersistentVolumeClaim", name, namespace)
        for pod in self.kubernetes.list("Pod", namespace):
            self.kubernetes.delete("Pod", pod["metadata"]["name"], namespace)
        self.kubernetes.wait_gone("PersistentVolumeClaim", name, namespace)

    def held_by(self, namespace, name):
        claim = self.kubernetes.get("PersistentVolumeClaim", name, namespace)
        written = self.restic.restored(claim["metadata"]["uid"])
        return written and written["snapshot"]

    def made_by(self, uid):
        return [each for kind in ("PersistentVolumeClaim", "PersistentVolume", "Job", "Pod", "Secret") for each in
                marked(self.kubernetes, kind, uid)]

    def backups_made(self, operation):
        record = self.kubernetes.get(operation["resource"]["kind"], operation["resource"]["name"],
                                     operation["resource"]["namespace"])
        return [each["id"] for each in self.restic.snapshots() if f"soteria:op={record['metadata']['uid']}" in each["tags"]]

    def hold(self, kind):
        self.restic.pod_fault("stalled", job=f"soteria-{kind}-")

    def fail(self, kind):
        self.restic.fault("no_space", command=kind)

    def go_on(self):
        self.restic.no_faults()

    def busy(self):
        return [self.restic.snapshots(), sorted(job["metadata"]["name"] for job in self.kubernetes.list("Job")
                                                if job["metadata"]["labels"]["soteria.dev/role"] != "list")]


DRIVERS = {each.name: each for each in (Longhorn, Restic)}
