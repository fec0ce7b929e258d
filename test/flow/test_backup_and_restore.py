"""The main job on a real Kubernetes: back up, see it, restore it, and what is left when something stops it."""

import itertools

import pytest

from flow.scene import (OPERATION, backed_up, bound_pvc, made_by, restore, restored_volumes, row_of, slots,
                        wait_no_slots)
from harness.longhorn import LonghornSimulator
from harness.waiting import eventually


@pytest.fixture
def longhorn(kubernetes, log_directory):
    flags = ["--restore-seconds", "10", "--backup-seconds", "4"]
    with LonghornSimulator(log_directory, time_scale=0.1, kubernetes=kubernetes.plain_server, flags=flags) as longhorn:
        yield longhorn


def record(kubernetes, operation):
    resource = operation["resource"]
    return kubernetes.get(resource["kind"], resource["name"], resource["namespace"])


def test_a_backup_makes_the_inventory_fresh_and_restores_into_a_new_bound_pvc(kubernetes, longhorn, soteria, namespace):
    handle = bound_pvc(kubernetes, longhorn, namespace, labels={"app": "llm"})
    eventually("the inventory shows it", lambda: row_of(soteria, namespace, "data")["health_reason"] == "missing")

    backup = backed_up(soteria, namespace, tags=["service=llm", "nightly"])
    assert [step["state"] for step in backup["steps"]] == ["done"] * len(backup["steps"]), backup
    row = eventually("the row is right soon after", lambda: (row := row_of(soteria, namespace, "data"))
                     and row["health_reason"] == "fresh" and row)
    assert row["backup_count"] == 1 and row["healthy"] and row["volume"] == handle
    listed = soteria.json("GET", f"/v1/backups?namespace={namespace}&pvc=data")
    assert [(entry["state"], entry["latest"], sorted(entry["tags"])) for entry in listed["backups"]] == \
        [("completed", True, ["nightly=true", "service=llm"])]

    started = restore(soteria, namespace, "copy")
    done = soteria.wait_finished(started["operation"])
    claim = kubernetes.wait_bound(namespace, "copy")
    volume = kubernetes.get("PersistentVolume", claim["spec"]["volumeName"])
    assert volume["spec"]["csi"]["volumeHandle"] == started["volume"] == done["result"]["volume"]
    assert volume["spec"]["claimRef"]["uid"] == claim["metadata"]["uid"]
    assert volume["spec"]["persistentVolumeReclaimPolicy"] == "Retain"
    assert claim["metadata"]["labels"] == {"app": "llm"}
    assert claim["metadata"]["annotations"]["soteria.dev/restored-from"].startswith(f"{namespace}/data@backup-")
    restored = longhorn.volumes()[started["volume"]]
    assert f"backup={listed['backups'][0]['name']}" in restored["fromBackup"]
    assert not restored["restoreRequired"] and restored["robustness"] != "faulted"

    # Deleting the finished record deletes the record only.
    name = done["resource"]["name"]
    kubernetes.delete("Restore", name, namespace)
    kubernetes.wait_gone("Restore", name, namespace)
    assert kubernetes.get("PersistentVolumeClaim", "copy", namespace)["status"]["phase"] == "Bound"
    assert started["volume"] in longhorn.volumes()
    wait_no_slots(kubernetes)


def test_a_pvc_that_is_gone_with_its_pv_and_volume_is_restored_by_its_old_name(kubernetes, longhorn, soteria, namespace):
    handle = bound_pvc(kubernetes, longhorn, namespace)
    backed_up(soteria, namespace)
    assert longhorn.request("DELETE", f"/v1/volumes/{handle}").status_code == 200
    kubernetes.delete("PersistentVolumeClaim", "data", namespace)
    kubernetes.delete("PersistentVolume", handle)
    kubernetes.wait_gone("PersistentVolumeClaim", "data", namespace)
    kubernetes.wait_gone("PersistentVolume", handle)
    eventually("Longhorn has deleted the volume", lambda: handle not in longhorn.volumes())

    row = eventually("the inventory shows what is gone", lambda: (
        row := row_of(soteria, namespace, "data", "?deleted=true")) and row.get("deleted") and row)
    assert row["backup_count"] == 1 and row_of(soteria, namespace, "data") is None
    started = restore(soteria, namespace, "data", storage_class="longhorn")
    soteria.wait_finished(started["operation"])
    assert kubernetes.wait_bound(namespace, "data")["spec"]["volumeName"] == started["volume"]


def test_a_detached_volume_is_backed_up_and_detached_again(kubernetes, longhorn, soteria, namespace):
    handle = bound_pvc(kubernetes, longhorn, namespace, state="detached")
    plan = soteria.json("POST", "/v1/backup", json={"namespace": namespace, "pvc": "data", "dry_run": True})
    assert any("detached" in warning for warning in plan["warnings"])
    backed_up(soteria, namespace)
    eventually("the volume is detached again", lambda: longhorn.volumes()[handle]["state"] == "detached", 20)


def test_another_namespace_and_a_class_that_waits_for_its_first_consumer(kubernetes, longhorn, soteria, namespace):
    kubernetes.storage_class("longhorn-late", binding="WaitForFirstConsumer")
    bound_pvc(kubernetes, longhorn, namespace)
    backed_up(soteria, namespace)
    with kubernetes.temporary_namespace() as other:
        started = restore(soteria, namespace, "copy", target_namespace=other, storage_class="longhorn-late")
        soteria.wait_finished(started["operation"])
        claim = kubernetes.wait_bound(other, "copy")
        assert claim["spec"]["storageClassName"] == "longhorn-late"
        kubernetes.delete("PersistentVolumeClaim", "copy", other)


def test_a_dry_run_tells_the_steps_and_makes_nothing(kubernetes, longhorn, soteria, namespace):
    bound_pvc(kubernetes, longhorn, namespace)
    backed_up(soteria, namespace)
    before = len(longhorn.calls())
    plan = restore(soteria, namespace, "copy", expect=200, dry_run=True)
    assert "operation" not in plan and plan["dry_run"] and len(plan["plan_hash"]) > 10
    assert [step["step"] for step in plan["plan"]] == ["resolve", "create_volume", "create_claim", "wait_restored",
                                                       "create_persistent_volume", "wait_bound"]
    assert kubernetes.get("PersistentVolumeClaim", "copy", namespace) is None
    assert restored_volumes(longhorn) == [] and not slots(kubernetes)
    assert kubernetes.list("Restore", namespace) == []
    changes = [call for call in longhorn.calls()[before:]
               if call["method"] == "DELETE" or (call["method"] == "POST" and "List" not in call.get("action", ""))]
    assert changes == []
    again = restore(soteria, namespace, "copy", expect=200, dry_run=True)
    assert again["plan_hash"] == plan["plan_hash"]


def test_an_existing_target_is_refused_and_untouched(kubernetes, longhorn, soteria, namespace):
    bound_pvc(kubernetes, longhorn, namespace)
    backed_up(soteria, namespace)
    mine = kubernetes.claim(namespace, "copy")
    refusal = restore(soteria, namespace, "copy", expect=409)
    assert refusal["code"] == "target_exists" and "copy" in refusal["detail"]
    after = kubernetes.get("PersistentVolumeClaim", "copy", namespace)
    assert after["metadata"]["uid"] == mine["metadata"]["uid"] and after["spec"] == mine["spec"]


@pytest.mark.parametrize("how", ["http", "kubectl delete"])
def test_a_cancelled_restore_leaves_nothing(kubernetes, longhorn, soteria, namespace, how):
    bound_pvc(kubernetes, longhorn, namespace)
    backed_up(soteria, namespace)
    longhorn.fault(do="stall_restore", at=40, times=0)
    started = restore(soteria, namespace, "copy")
    operation = eventually("it waits for the data", lambda: (now := soteria.operation(started["operation"]))
                           and now.get("reason") == "WaitRestored" and now)
    uid = record(kubernetes, operation)["metadata"]["uid"]
    if how == "http":
        soteria.json("POST", f"/v1/operations/{started['operation']}/cancel", 202)
        soteria.json("POST", f"/v1/operations/{started['operation']}/cancel", 202)
        ended = soteria.wait_finished(started["operation"], "Cancelled")
        assert "leftovers" not in ended
        assert soteria.json("POST", f"/v1/operations/{started['operation']}/cancel", 409)["code"] == "already_finished"
    else:
        kubernetes.delete("Restore", operation["resource"]["name"], namespace)
        kubernetes.wait_gone("Restore", operation["resource"]["name"], namespace, 30)
    assert made_by(kubernetes, longhorn, uid) == []
    assert restored_volumes(longhorn) == []
    wait_no_slots(kubernetes)


def test_a_restore_that_longhorn_gives_up_is_rolled_back_with_its_reason(kubernetes, longhorn, soteria, namespace):
    bound_pvc(kubernetes, longhorn, namespace)
    backed_up(soteria, namespace)
    longhorn.fault(do="fail_restore", at=30)
    started = restore(soteria, namespace, "copy")
    ended = soteria.wait_finished(started["operation"], "Failed")
    assert ended["error"]["code"] == "restore_failed" and "leftovers" not in ended
    assert restored_volumes(longhorn) == []
    assert kubernetes.get("PersistentVolumeClaim", "copy", namespace) is None
    wait_no_slots(kubernetes)


def test_a_backup_that_fails_takes_its_snapshot_and_its_remains_with_it(kubernetes, longhorn, soteria, namespace):
    handle = bound_pvc(kubernetes, longhorn, namespace)
    longhorn.fault(do="fail_backup", at=30, error="the store is full")
    started = soteria.json("POST", "/v1/backup", 202, json={"namespace": namespace, "pvc": "data"})
    ended = soteria.wait_finished(started["operation"], "Failed")
    assert "the store is full" in ended["error"]["detail"]
    assert longhorn.snapshots(handle) == [] and longhorn.backups(handle) == []


def test_only_our_newest_snapshot_stays_and_those_of_others_are_untouched(kubernetes, longhorn, soteria, namespace):
    handle = bound_pvc(kubernetes, longhorn, namespace)
    answer = longhorn.post(f"/v1/volumes/{handle}?action=snapshotCRCreate", json={"name": f"by-hand-{namespace}"})
    assert answer.status_code == 200
    first = backed_up(soteria, namespace)
    second = backed_up(soteria, namespace)
    names = eventually("the older one is deleted", lambda: (
        left := sorted(one["name"] for one in longhorn.snapshots(handle))) and len(left) == 2 and left)
    assert names == sorted([f"by-hand-{namespace}", second["resource"]["name"]]) and first["result"]


def test_one_backup_of_a_pvc_at_a_time(kubernetes, longhorn, soteria, namespace):
    bound_pvc(kubernetes, longhorn, namespace)
    longhorn.fault(do="stall_backup", at=10)
    body = {"namespace": namespace, "pvc": "data"}
    first = soteria.json("POST", "/v1/backup", 202, json=body)
    refusal = soteria.json("POST", "/v1/backup", 409, json=body)
    assert refusal["code"] == "operation_running" and first["operation"] in refusal["detail"]
    soteria.json("POST", f"/v1/operations/{first['operation']}/cancel", 202)
    soteria.wait_finished(first["operation"], "Cancelled")


def test_a_record_applied_with_kubectl_is_carried_out_in_its_own_namespace(kubernetes, longhorn, soteria, namespace):
    bound_pvc(kubernetes, longhorn, namespace)
    kubernetes.create({"kind": "Backup", "metadata": {"name": "nightly", "namespace": namespace},
                       "spec": {"pvc": "data"}})
    backup = soteria.wait_finished(f"backup.{namespace}.nightly")
    assert backup["source"] == "kubectl"
    kubernetes.create({"kind": "Restore", "metadata": {"name": "back", "namespace": namespace},
                       "spec": {"pvc": "data", "targetPvc": "copy"}})
    soteria.wait_finished(f"restore.{namespace}.back")
    kubernetes.wait_bound(namespace, "copy")


def test_from_another_namespace_only_where_the_admission_policy_has_checked_it(kubernetes, longhorn, soteria, namespace):
    def applied(name):
        """How a Restore from `namespace` ends that is made in another with kubectl."""
        kubernetes.create({"kind": "Restore", "metadata": {"name": name, "namespace": other},
                           "spec": {"pvc": "data", "sourceNamespace": namespace, "targetPvc": name}})
        return eventually("it has ended", lambda: (now := soteria.operation(f"restore.{other}.{name}"))["phase"] in (
            "Succeeded", "Failed") and now, 60)

    bound_pvc(kubernetes, longhorn, namespace)
    backed_up(soteria, namespace)
    with kubernetes.temporary_namespace() as other:
        kubernetes.kubectl("delete", "validatingadmissionpolicybinding", "soteria-restores")
        try:
            ended = applied("without")
        finally:
            kubernetes.install()
        assert ended["phase"] == "Failed" and ended["error"]["code"] == "not_allowed", ended
        assert kubernetes.get("PersistentVolumeClaim", "without", other) is None and restored_volumes(longhorn) == []
        tries = itertools.count()
        eventually("once it is in force, it counts", lambda: applied(f"with-{next(tries)}")["phase"] == "Succeeded", 60)
        assert len(restored_volumes(longhorn)) == 1


def test_a_crash_in_mid_restore_is_finished_by_the_next_start(kubernetes, longhorn, start_soteria, namespace):
    soteria = start_soteria({"SOTERIA_LEASE_SECONDS": "3"})
    bound_pvc(kubernetes, longhorn, namespace)
    backed_up(soteria, namespace)
    started = restore(soteria, namespace, "copy")
    eventually("it waits for the data", lambda: soteria.operation(started["operation"]).get("reason") == "WaitRestored")
    soteria.kill()
    soteria.start()
    soteria.wait_ready()
    soteria.wait_finished(started["operation"])
    claim = kubernetes.wait_bound(namespace, "copy")
    assert claim["metadata"]["annotations"][OPERATION]
    assert restored_volumes(longhorn) == [claim["spec"]["volumeName"]]
    wait_no_slots(kubernetes)


REFUSALS = [
    ("a PVC that is missing", {"pvc": "nothing"}, 404, "pvc_not_found"),
    ("an unbound PVC", {"pvc": "unbound"}, 422, "pvc_not_bound"),
    ("a PVC of another driver", {"pvc": "elsewhere"}, 422, "not_longhorn"),
    ("a tag with a reserved key", {"pvc": "data", "tags": ["longhorn.io/x=1"]}, 422, "reserved_tag"),
    ("a tag with an empty value", {"pvc": "data", "tags": ["a="]}, 400, "invalid_tags"),
    ("another driver", {"pvc": "data", "driver": "restic"}, 422, "driver_not_configured"),
]


def test_backups_that_cannot_be_are_refused_and_change_nothing(kubernetes, longhorn, soteria, namespace):
    handle = bound_pvc(kubernetes, longhorn, namespace)
    kubernetes.claim(namespace, "unbound", storage_class="nowhere")
    kubernetes.volume(f"disk-{namespace}", driver="ebs.csi.aws.com", storage_class="", claim=(namespace, "elsewhere"))
    kubernetes.claim(namespace, "elsewhere", f"disk-{namespace}", storage_class="")
    kubernetes.wait_bound(namespace, "elsewhere")
    for what, fields, status, code in REFUSALS:
        refusal = soteria.json("POST", "/v1/backup", status, json={"namespace": namespace, **fields})
        assert refusal["code"] == code, (what, refusal)
        assert refusal["detail"] == refusal["error"] and refusal["status"] == status, (what, refusal)
    assert longhorn.snapshots(handle) == [] and kubernetes.list("Backup", namespace) == [] and not slots(kubernetes)


def test_restores_of_backups_that_cannot_be_are_refused(kubernetes, longhorn, soteria, namespace):
    bound_pvc(kubernetes, longhorn, namespace)
    bound_pvc(kubernetes, longhorn, namespace, "other", handle=f"pvc-o-{namespace}"[:40])
    assert restore(soteria, namespace, "copy", expect=404)["code"] == "no_backup"
    assert restore(soteria, namespace, "copy", pvc="nothing", expect=404)["code"] == "pvc_not_found"
    foreign = backed_up(soteria, namespace, "other")
    name = foreign["result"]["backup"]
    eventually("the poller has seen it", lambda: row_of(soteria, namespace, "other")["backup_count"] == 1)
    assert restore(soteria, namespace, "copy", snapshot=name, expect=422)["code"] == "foreign_backup"
    listed = soteria.json("GET", f"/v1/backups?namespace={namespace}&pvc=other")["backups"][0]
    body = {"namespace": namespace, "pvc": "data", "backup_url": listed["url"], "target_pvc": "copy"}
    assert soteria.json("POST", "/v1/restores", 422, json=body)["code"] == "foreign_backup"
    longhorn.fault(do="stall_backup", at=10)
    running = soteria.json("POST", "/v1/backup", 202, json={"namespace": namespace, "pvc": "data"})
    name = running["backup"]
    eventually("it is listed", lambda: soteria.json(
        "GET", f"/v1/backups?namespace={namespace}&pvc=data")["backups"])
    assert restore(soteria, namespace, "copy", snapshot=name, expect=422)["code"] == "backup_not_completed"
    assert restore(soteria, namespace, "copy", target_namespace="no-such-namespace",
                   expect=404)["code"] == "namespace_not_found"
    assert restored_volumes(longhorn) == []
    soteria.json("POST", f"/v1/operations/{running['operation']}/cancel", 202)
    soteria.wait_finished(running["operation"], "Cancelled")


def test_allow_foreign_restores_another_pvcs_backup(kubernetes, longhorn, soteria, namespace):
    bound_pvc(kubernetes, longhorn, namespace)
    bound_pvc(kubernetes, longhorn, namespace, "other", handle=f"pvc-o-{namespace}"[:40])
    backed_up(soteria, namespace, "other")
    listed = soteria.json("GET", f"/v1/backups?namespace={namespace}&pvc=other")["backups"][0]
    body = {"namespace": namespace, "pvc": "data", "backup_url": listed["url"], "target_pvc": "copy",
            "allow_foreign": True}
    started = soteria.json("POST", "/v1/restores", 202, json=body)
    soteria.wait_finished(started["operation"])
    kubernetes.wait_bound(namespace, "copy")


def test_a_longhorn_that_is_down_is_said_to_be_down(kubernetes, longhorn, soteria, namespace):
    bound_pvc(kubernetes, longhorn, namespace)
    longhorn.kill()
    refusal = soteria.json("POST", "/v1/backup", 503, json={"namespace": namespace, "pvc": "data"})
    assert "Longhorn" in refusal["detail"]
    assert soteria.get("/readyz").status_code == 200
    assert kubernetes.list("Backup", namespace) == [] and not slots(kubernetes)


def test_a_quota_speaks_before_anything_is_made(kubernetes, longhorn, soteria, namespace):
    bound_pvc(kubernetes, longhorn, namespace)
    backed_up(soteria, namespace)
    with kubernetes.temporary_namespace() as small:
        kubernetes.call("POST", f"/api/v1/namespaces/{small}/resourcequotas", json={
            "apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "none"},
            "spec": {"hard": {"persistentvolumeclaims": "0"}}})
        eventually("the quota is in force", lambda: kubernetes.call(
            "GET", f"/api/v1/namespaces/{small}/resourcequotas/none").get("status", {}).get("hard"))
        refusal = restore(soteria, namespace, "copy", target_namespace=small, expect=422)
        assert refusal["code"] == "refused_by_cluster" and "quota" in refusal["detail"]
    assert restored_volumes(longhorn) == []


def test_a_pvc_made_anew_under_the_same_name_has_its_own_latest(kubernetes, longhorn, soteria, namespace):
    bound_pvc(kubernetes, longhorn, namespace)
    old = backed_up(soteria, namespace)
    handle = f"pvc-{namespace}-data"[:40]
    assert longhorn.request("DELETE", f"/v1/volumes/{handle}").status_code == 200
    kubernetes.delete("PersistentVolumeClaim", "data", namespace)
    kubernetes.delete("PersistentVolume", handle)
    kubernetes.wait_gone("PersistentVolumeClaim", "data", namespace)
    anew = bound_pvc(kubernetes, longhorn, namespace, handle=f"pvc-new-{namespace}"[:40])

    def has_no_backup():
        row = row_of(soteria, namespace, "data")
        assert row and (row["volume"], row["backup_count"], row["health_reason"]) == (anew, 0, "missing"), row
        return True

    eventually("the new claim has no backup of its own", has_no_backup)
    assert restore(soteria, namespace, "copy", expect=404)["code"] == "no_backup"
    listed = soteria.json("GET", f"/v1/backups?namespace={namespace}&pvc=data")["backups"]
    assert [entry["volume"] for entry in listed] == [handle] and not listed[0]["latest"]
    started = restore(soteria, namespace, "copy", snapshot=old["result"]["backup"])
    soteria.wait_finished(started["operation"])


