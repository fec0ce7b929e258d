"""What the flow tests set up: a PVC on a Longhorn volume with a past, and what must hold afterwards."""

from harness.waiting import eventually

GIGABYTE = 1 << 30
OPERATION = "soteria.dev/operation"


def seed_volume(longhorn, handle, namespace, pvc, state="attached", replicas=1, **fields):
    """A Longhorn volume as it stands behind a bound PVC."""
    longhorn.seed(volumes=[{
        "name": handle, "size": str(GIGABYTE), "replicas": replicas, "state": state,
        "robustness": "healthy" if state == "attached" else "unknown",
        "kubernetesStatus": {"pvName": handle, "pvStatus": "Bound", "namespace": namespace, "pvcName": pvc,
                             "lastPVCRefAt": "", "lastPodRefAt": ""}, **fields}])


def bound_pvc(kubernetes, longhorn, namespace, pvc="data", handle=None, labels=None, **volume):
    """A PVC bound to a PV on a Longhorn volume; returns the volume's name."""
    handle = handle or f"pvc-{namespace}-{pvc}"[:40]
    seed_volume(longhorn, handle, namespace, pvc, **volume)
    kubernetes.storage_class("longhorn")
    kubernetes.volume(handle, handle, claim=(namespace, pvc))
    kubernetes.claim(namespace, pvc, handle, labels=labels)
    kubernetes.wait_bound(namespace, pvc)
    return handle


def backed_up(soteria, namespace, pvc="data", **fields):
    """A finished backup; returns the operation."""
    started = soteria.json("POST", "/v1/backup", 202, json={"namespace": namespace, "pvc": pvc, **fields})
    return soteria.wait_finished(started["operation"])


def restore(soteria, namespace, target, pvc="data", expect=202, **fields):
    body = {"namespace": namespace, "pvc": pvc, "snapshot": "latest", "target_pvc": target, **fields}
    return soteria.json("POST", "/v1/restores", expect, json=body)


def row_of(soteria, namespace, pvc, query=""):
    """The inventory's row of one PVC, or None."""
    for group in soteria.json("GET", f"/v1/inventory{query}")["namespaces"]:
        for row in group["pvcs"]:
            if (row["namespace"], row["pvc"]) == (namespace, pvc):
                return row
    return None


def made_by(kubernetes, longhorn, uid):
    """Everything in Kubernetes and Longhorn that an operation made, read from them and not from our records."""
    found = []
    for kind in ("PersistentVolumeClaim", "PersistentVolume"):
        for item in kubernetes.list(kind):
            if item["metadata"].get("annotations", {}).get(OPERATION) == uid:
                found.append((kind, item["metadata"].get("namespace", ""), item["metadata"]["name"]))
    for snapshot in longhorn.snapshots():
        if (snapshot.get("labels") or {}).get(OPERATION) == uid:
            found.append(("LonghornSnapshot", "", snapshot["name"]))
    return found


def restored_volumes(longhorn):
    return sorted(name for name in longhorn.volumes() if name.startswith("soteria-"))


def slots(kubernetes):
    return [lease["metadata"]["name"] for lease in kubernetes.list("Lease", "soteria")
            if lease["metadata"]["name"].startswith("slot-")]


def wait_no_slots(kubernetes, seconds=15):
    eventually("all slots are given back", lambda: not slots(kubernetes), seconds)
