"""What of the cluster's state stands in the way of a backup or a restore, each said by its name."""

import json

import pytest

from flow.scene import bound_pvc
from harness.faults import FaultProxy
from harness.longhorn import LonghornSimulator
from harness.simulated_kubernetes import SimulatedKubernetes
from harness.soteria import Soteria
from harness.waiting import eventually


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("unusable")
    with SimulatedKubernetes(folder) as kubernetes:
        kubernetes.install()
        kubernetes.create({"kind": "Namespace", "metadata": {"name": "ai"}})
        flags = ["--restore-seconds", "3600"]
        with LonghornSimulator(folder, 1, kubernetes.plain_server, flags) as longhorn, \
                FaultProxy(folder, kubernetes.plain_server) as proxy:
            kubeconfig = kubernetes.kubeconfig(folder / "kubeconfig", server=proxy.url)
            with Soteria(folder, kubeconfig, longhorn.url, {"SOTERIA_METRICS_REFRESH_SECONDS": "1"}) as soteria:
                soteria.kubernetes, soteria.longhorn, soteria.proxy = kubernetes, longhorn, proxy
                yield soteria.wait_ready()


def backup(world, pvc, status, code):
    answer = eventually("Soteria sees the PVC's volume", lambda: _posted(world, pvc, status))
    assert answer["code"] == code, answer


def _posted(world, pvc, status):
    return world.json("POST", "/v1/backup", status, json={"namespace": "ai", "pvc": pvc, "dry_run": True})


@pytest.mark.parametrize("code, volume", [
    ("volume_faulted", {"robustness": "faulted"}), ("volume_standby", {"standby": True}), ("volume_deleting", {"state": "deleting"})])
def test_a_volume_that_cannot_be_backed_up(world, code, volume):
    pvc = code.replace("_", "-")
    bound_pvc(world.kubernetes, world.longhorn, "ai", pvc, handle=pvc, **volume)
    backup(world, pvc, 422, code)


def test_a_volume_that_longhorn_does_not_know(world):
    world.kubernetes.storage_class("longhorn")
    world.kubernetes.volume("unknown", "unknown", claim=("ai", "unknown"))
    world.kubernetes.claim("ai", "unknown", "unknown")
    backup(world, "unknown", 422, "volume_missing")


def backed_up_volume(world, pvc, **volume):
    bound_pvc(world.kubernetes, world.longhorn, "ai", pvc, handle=pvc, **volume)
    world.longhorn.seed(backups=[{"name": f"b-{pvc}", "volume": pvc, "snapshotName": f"by-hand-{pvc}", "size": 1 << 20,
                                  "created": -3600, "snapshotCreated": -3600}])
    return f"s3://backups@eu-central-1/?backup=b-{pvc}&volume={pvc}"


def test_a_volume_that_is_still_being_restored(world):
    url = backed_up_volume(world, "source")
    made = world.longhorn.request("POST", "/v1/volumes", json={"name": "restoring", "size": str(1 << 30), "fromBackup": url,
                                                               "numberOfReplicas": 1, "frontend": "blockdev"})
    assert made.status_code == 200, made.text
    world.kubernetes.volume("restoring", "restoring", claim=("ai", "restoring"))
    world.kubernetes.claim("ai", "restoring", "restoring")
    backup(world, "restoring", 422, "volume_restoring")


def test_a_pvc_that_is_being_deleted(world):
    bound_pvc(world.kubernetes, world.longhorn, "ai", "leaving", handle="leaving")
    world.kubernetes.patch("PersistentVolumeClaim", "leaving", {"metadata": {"finalizers": ["test/held"]}}, "ai")
    world.kubernetes.delete("PersistentVolumeClaim", "leaving", "ai")
    backup(world, "leaving", 422, "pvc_terminating")


def test_a_backup_target_without_a_url(world):
    bound_pvc(world.kubernetes, world.longhorn, "ai", "targetless", handle="targetless")
    url = next(target["backupTargetURL"] for target in world.longhorn.state()["targets"] if target["name"] == "default")
    world.longhorn.change_target(url="")
    try:
        backup(world, "targetless", 422, "backup_target_not_configured")
    finally:
        world.longhorn.change_target(url=url)


def restore(world, pvc, status, **fields):
    return world.json("POST", "/v1/restores", status, json={"namespace": "ai", "pvc": pvc, "target_pvc": f"copy-of-{pvc}",
                                                            "dry_run": True, **fields})


def test_a_backup_that_is_encrypted_and_nobody_names_the_secret(world):
    backed_up_volume(world, "secretive", encrypted=True)
    refused = eventually("the backup is known", lambda: restore(world, "secretive", 422))
    assert refused["code"] == "encryption_secret_unknown" and "secretive" in refused["detail"]


def test_a_backup_whose_size_longhorn_does_not_tell_yet(world):
    status = json.dumps({"namespace": "ai", "pvcName": "sizeless", "pvName": "sizeless", "pvStatus": "Bound"})
    world.longhorn.seed(backups=[{"name": "b-sizeless", "volume": "sizeless", "snapshotName": "by-hand-sizeless", "size": 0,
                                  "volumeSize": 0, "created": -3600, "snapshotCreated": -3600,
                                  "labels": {"KubernetesStatus": status}}])
    refused = eventually("the backup is known", lambda: restore(world, "sizeless", 503, storage_class="longhorn",
                                                                access_modes=["ReadWriteOnce"]), seconds=30)
    assert refused["code"] == "backup_volume_not_synced"


def test_an_object_that_kubernetes_would_refuse(world):
    backed_up_volume(world, "refused")
    said = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Invalid", "code": 422, "message": "no such luck"}
    world.proxy.rule("status", path="persistentvolumeclaims", agent="dry-run", count=0, status=422, body=json.dumps(said))
    try:
        refused = eventually("the backup is known", lambda: restore(world, "refused", 422))
        assert refused["code"] == "refused_by_cluster" and "no such luck" in refused["detail"]
    finally:
        world.proxy.clear()
