"""What restic's requests take, are answered, and are refused for. On the simulated Kubernetes, whose kubelet plays restic."""

import pytest

from flow.drivers import local_pvc
from flow.restic_scene import KEYS, bound, kubernetes, repository, start  # noqa: F401 (fixtures)
from flow.scene import row_of
from harness.contract import asserted
from harness.waiting import eventually


def takes(route, *fields):
    asserted(*(f"POST {route} takes {field}" for field in fields))


def gives(route, *members):
    asserted(*(f"{route} gives {member}" for member in members))


def listed(soteria, namespace, name="data"):
    """Once the repository has been listed."""
    return eventually("it is listed", lambda: (row := row_of(soteria, namespace, name, "?deleted=true"))
                      and row["health_reason"] != "unknown" and row, 30)


def backed_up(soteria, namespace):
    listed(soteria, namespace)
    started = soteria.json("POST", "/v1/backup", 202, json={"namespace": namespace, "pvc": "data"})
    soteria.wait_finished(started["operation"])


def test_a_backup_names_job_and_secret_and_its_row_is_right_within_two_seconds(kubernetes, start, namespace):
    local_pvc(kubernetes, namespace)
    soteria = start()
    body = {"namespace": namespace, "pvc": "data", "tags": ["service=llm", "nightly"], "driver": "restic"}
    planned = soteria.json("POST", "/v1/backup", 200, json={**body, "dry_run": True})
    assert planned["job_name"].startswith("soteria-backup-data-") and planned["secret"] == f"soteria-{planned['job_name']}-restic"
    started = soteria.json("POST", "/v1/backup", 202, json=body)
    assert list(started) == ["driver", "job_name", "namespace", "pvc", "secret", "requested_by", "dry_run", "operation"]
    operation = soteria.wait_finished(started["operation"])
    row = eventually("the row is right", lambda: (row := row_of(soteria, namespace, "data")) and row["backup_count"] == 1 and row, 2)
    assert (row["driver"], row["health_reason"]) == ("restic", "fresh")
    result = operation["result"]
    assert (result["job_name"], result["secret"]) == (started["job_name"], started["secret"])
    assert result["files"] > 0 and result["bytes"] >= result["bytes_added"] > 0 and result["seconds"] >= 0
    entry, = soteria.json("GET", f"/v1/backups?namespace={namespace}&pvc=data")["backups"]
    assert (entry["name"], entry["snapshot"]) == (result["backup"], started["job_name"])
    assert (entry["state"], entry["latest"], entry["restorable"]) == ("completed", True, True)
    assert sorted(entry["tags"]) == ["nightly", "service=llm"] and entry["size_bytes"] == result["bytes"]
    takes("/v1/backup", "driver", "tags")
    gives("POST /v1/backup", "job_name", "secret")
    gives("GET /v1/operations/{id}", "result.job_name", "result.secret", "result.files", "result.bytes", "result.bytes_added",
          "result.seconds")


def test_a_restore_test_leaves_nothing_but_its_verdict(kubernetes, start, namespace):
    local_pvc(kubernetes, namespace)
    soteria = start()
    backed_up(soteria, namespace)
    claims = len(kubernetes.list("PersistentVolumeClaim", namespace))
    started = soteria.json("POST", "/v1/restore-test", 202, json={"namespace": namespace})
    assert (started["pvc"], started["target_pvc"], started["test"], started["snapshot"]) == ("data", "", True, "latest")
    assert {"job_name", "secret", "backup", "backup_created_at"} <= set(started) and not {"volume", "backup_url"} & set(started)
    operation = soteria.wait_finished(started["operation"])
    assert operation["kind"] == "restore_test" and operation["result"]["verified"] is True
    assert operation["result"]["files"] > 0 and "target_pvc" not in operation
    assert len(kubernetes.list("PersistentVolumeClaim", namespace)) == claims
    row = eventually("the verdict stands at the row", lambda: (row := row_of(soteria, namespace, "data"))
                     and "restore_verified_at" in row and row)
    assert row["restore_verified_seconds"] >= 0
    shown = soteria.get("/metrics").text
    for name in ("soteria_restore_verified_timestamp_seconds", "soteria_restore_verified_duration_seconds"):
        assert f'{name}{{namespace="{namespace}",pvc="data",driver="restic"}}' in shown
    assert 'soteria_operations_total{kind="restore_test",driver="restic",outcome="succeeded"} 1' in shown
    takes("/v1/restore-test", "namespace", "pvc", "target_pvc")
    gives("POST /v1/restores", "test", "job_name", "secret")
    gives("POST /v1/restore-test", "test", "job_name", "secret")
    gives("GET /v1/inventory", "namespaces[].pvcs[].restore_verified_at", "namespaces[].pvcs[].restore_verified_seconds")
    gives("GET /v1/operations/{id}", "result.verified")


def test_a_restore_is_verified_unless_that_is_not_wanted(kubernetes, start, namespace):
    local_pvc(kubernetes, namespace)
    soteria = start()
    backed_up(soteria, namespace)
    for verify in (True, False):
        started = soteria.json("POST", "/v1/restores", 202, json={
            "namespace": namespace, "pvc": "data", "target_pvc": f"copy-{verify}".lower(), "verify": verify})
        result = soteria.wait_finished(started["operation"])["result"]
        assert result.get("verified", False) is verify and result["claim_name"] == f"copy-{verify}".lower()
    takes("/v1/restores", "verify")
    takes("/v1/restore-test", "verify")


ID = "abcdef01" + "2" * 55


def test_a_snapshot_is_named_by_its_id_or_the_beginning_of_it(kubernetes, repository, start, namespace):
    uid = bound(kubernetes, namespace)
    repository.seed(*({"namespace": namespace, "pvc": "data", "uid": uid, "hours": 2, "id": ID + digit} for digit in "34"))
    soteria = start()
    listed(soteria, namespace)
    body = {"namespace": namespace, "pvc": "data", "target_pvc": "copy", "storage_class": "nfs", "dry_run": True}
    assert soteria.json("POST", "/v1/restores", 200, json={**body, "snapshot": ID + "3"})["backup"] == ID + "3"
    refused = soteria.json("POST", "/v1/restores", 422, json={**body, "snapshot": ID})
    assert refused["code"] == "ambiguous_snapshot" and ID + "4" in refused["detail"]
    refused = soteria.json("POST", "/v1/restores", 422, json={**body, "backup_url": "s3://b@r/?backup=b&volume=v"})
    assert refused["code"] == "unsupported_field"


def test_what_is_too_large_for_a_test_needs_a_target(kubernetes, start, namespace):
    local_pvc(kubernetes, namespace)
    soteria = start({"SOTERIA_RESTORE_TEST_MAX_BYTES": "1Ki"})
    backed_up(soteria, namespace)
    body = {"namespace": namespace, "pvc": "data", "dry_run": True}
    assert soteria.json("POST", "/v1/restore-test", 422, json=body)["code"] == "too_large"
    assert soteria.json("POST", "/v1/restore-test", 200, json={**body, "target_pvc": "copy"})["target_pvc"] == "copy"


def test_what_restic_cannot_back_up_is_refused(kubernetes, start, namespace):
    bound(kubernetes, namespace, "disk", mode="Block")
    bound(kubernetes, namespace, "alone", access="ReadWriteOncePod")
    kubernetes.create({"kind": "Pod", "metadata": {"namespace": namespace, "name": "user"}, "spec": {
        "containers": [{"name": "app", "image": "app", "volumeMounts": [{"name": "data", "mountPath": "/data"}]}],
        "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "alone"}}]}})
    soteria = start()
    for pvc, code in (("disk", "block_volume"), ("alone", "pvc_in_use")):
        refused = soteria.json("POST", "/v1/backup", 422, json={"namespace": namespace, "pvc": pvc})
        assert refused["code"] == code and pvc in refused["detail"]


@pytest.mark.parametrize("change, code", [
    ({"RESTIC_PASSWORD": None}, "secret_incomplete"), ({"AWS_ACCESS_KEY_ID": ""}, "secret_incomplete"),
    ({"RESTIC_PASSWORD": "cmVwbGFjZS1tZQ=="}, "secret_incomplete"), (None, "secret_missing")])
def test_a_secret_that_cannot_be_used_is_named_before_anything_starts(kubernetes, start, namespace, change, code):
    local_pvc(kubernetes, namespace)
    kubernetes.delete("Secret", "soteria-restic", "soteria")
    if change is not None:
        keys = {key: value for key, value in {**KEYS, **change}.items() if value is not None}
        kubernetes.create({"kind": "Secret", "metadata": {"namespace": "soteria", "name": "soteria-restic"}, "data": keys})
    soteria = start()
    refused = soteria.json("POST", "/v1/backup", 422, json={"namespace": namespace, "pvc": "data"})
    assert refused["code"] == code and "soteria-restic" in refused["detail"]
    assert not kubernetes.list("Job", namespace) and not kubernetes.list("Backup", namespace)


@pytest.mark.parametrize("word, code", [("wrong_password", "wrong_password"), ("refused", "repository_refused")])
def test_a_repository_that_refuses_the_keys_is_told_before_anything_starts(kubernetes, repository, start, namespace, word, code):
    local_pvc(kubernetes, namespace)
    repository.seed()
    repository.control("POST", "faults", {"command": "list", "do": word, "times": 0})
    soteria = start()
    eventually("the listing has failed", lambda: soteria.get("/metrics").text.count('soteria_check_ok{check="repository"} 0')
               and "cannot be listed" in soteria.get("/readyz?verbose").text, 30)
    assert soteria.json("POST", "/v1/backup", 422, json={"namespace": namespace, "pvc": "data"})["code"] == code


def test_what_the_repository_holds_is_not_guessed(kubernetes, repository, start, namespace):
    local_pvc(kubernetes, namespace)
    repository.seed()
    repository.control("POST", "faults", {"command": "list", "do": "unreachable", "times": 0})
    soteria = start()
    answer = soteria.request("GET", f"/v1/backups?namespace={namespace}&pvc=data")
    assert (answer.status_code, answer.json()["code"]) == (503, "repository_unavailable")
    assert int(answer.headers["Retry-After"]) > 0
    body = {"namespace": namespace, "pvc": "data", "target_pvc": "copy"}
    assert soteria.json("POST", "/v1/restores", 503, json=body)["code"] == "repository_unavailable"
