"""What Kubernetes is told of operations: Events as kubectl shows them, on the real API server."""

import json

import pytest

from flow.scene import backed_up, bound_pvc, restore
from harness.faults import FaultProxy
from harness.longhorn import LonghornSimulator
from harness.waiting import eventually

BRAD = {"X-Auth-Request-User": "brad", "X-Request-Id": "r-1"}


@pytest.fixture
def longhorn(kubernetes, log_directory):
    flags = ["--restore-seconds", "10", "--backup-seconds", "4"]
    with LonghornSimulator(log_directory, time_scale=0.1, kubernetes=kubernetes.plain_server, flags=flags) as longhorn:
        yield longhorn


def events(kubernetes, namespace, kind, name):
    """[(type, reason, message)] about one object, in the order of their making."""
    found = [event for event in kubernetes.list("Event", namespace)
             if (event["involvedObject"]["kind"], event["involvedObject"]["name"]) == (kind, name)
             and event.get("source", {}).get("component") == "soteria"]
    found.sort(key=lambda event: int(event["metadata"]["resourceVersion"]))
    return [(event["type"], event["reason"], event["message"]) for event in found]


def reasons(kubernetes, namespace, kind, name):
    return [reason for _, reason, _ in events(kubernetes, namespace, kind, name)]


def test_the_turns_of_an_operation_stand_at_its_record_and_its_claim_once_each(kubernetes, longhorn, start_soteria, namespace):
    soteria = start_soteria()
    bound_pvc(kubernetes, longhorn, namespace)
    made = soteria.post("/v1/backup", json={"namespace": namespace, "pvc": "data"}, headers=BRAD).json()
    record = soteria.wait_finished(made["operation"])["resource"]["name"]
    told = eventually("its end is told", lambda: len(all_ := events(kubernetes, namespace, "Backup", record)) == 2 and all_)
    who = "asked for by brad (proxy), request r-1"
    assert told == [("Normal", "BackupAccepted", f"backup of {namespace}/data, {who}"),
                    ("Normal", "BackupSucceeded", f"the backup of {namespace}/data is complete ({who})")]
    assert eventually("the claim has them too", lambda: len(all_ := events(kubernetes, namespace, "PersistentVolumeClaim", "data")) == 2
                      and all_) == told
    described = kubernetes.kubectl("describe", "persistentvolumeclaim", "data", "--namespace", namespace)
    assert "BackupSucceeded" in described and "asked for by brad" in described, described
    described = kubernetes.kubectl("describe", "backups.soteria.dev", record, "--namespace", namespace)
    assert "BackupAccepted" in described and "BackupSucceeded" in described, described


def test_a_stall_a_rollback_and_its_end_are_warnings_and_a_cancel_is_none(kubernetes, longhorn, start_soteria, namespace):
    soteria = start_soteria({"SOTERIA_STALL_SECONDS": "3"})
    bound_pvc(kubernetes, longhorn, namespace)
    backed_up(soteria, namespace)
    longhorn.fault(do="unschedulable", times=0)
    failed = soteria.wait_finished(restore(soteria, namespace, "copy")["operation"], "Failed")["resource"]["name"]
    expected = [("Normal", "RestoreAccepted"), ("Warning", "RestoreStalled"), ("Warning", "RestoreRollingBack"),
                ("Warning", "RestoreFailed")]
    told = eventually("its end is told", lambda: len(all_ := events(kubernetes, namespace, "Restore", failed)) == 4 and all_)
    assert [each[:2] for each in told] == expected, told
    assert "insufficient storage" in told[1][2] and "nothing of it is left" in told[3][2]
    kubernetes.create({"kind": "Restore", "metadata": {"namespace": namespace, "name": "by-hand"},
                       "spec": {"pvc": "data", "targetPvc": "copy"}})
    eventually("it is under way", lambda: soteria.operation(f"restore.{namespace}.by-hand").get("reason") == "WaitRestored", 20)
    soteria.json("POST", f"/v1/operations/restore.{namespace}.by-hand/cancel", 202)
    soteria.wait_finished(f"restore.{namespace}.by-hand", "Cancelled")
    told = eventually("the cancel is told", lambda: len(all_ := events(kubernetes, namespace, "Restore", "by-hand")) == 3 and all_)
    assert [each[:2] for each in told] == [("Normal", "RestoreAccepted"), ("Normal", "RestoreRollingBack"),
                                           ("Normal", "RestoreCancelled")], told
    assert "made with kubectl" in told[0][2]


def test_an_event_that_cannot_be_written_is_counted_and_stops_nothing(kubernetes, longhorn, start_soteria, namespace,
                                                                      tmp_path, log_directory):
    with FaultProxy(log_directory, kubernetes.plain_server) as proxy:
        soteria = start_soteria(kubeconfig=kubernetes.kubeconfig(tmp_path / "kubeconfig", server=proxy.url))
        bound_pvc(kubernetes, longhorn, namespace)
        refusal = {"kind": "Status", "reason": "Forbidden", "code": 403, "message": "this test refuses it"}
        proxy.rule("status", method="POST", path="/namespaces/.*/events", count=0, status=403, body=json.dumps(refusal),
                   headers={"Content-Type": "application/json"})
        backed_up(soteria, namespace)
        eventually("all four are counted", lambda: 'soteria_kubernetes_events_total{result="failed"} 4\n' in soteria.get("/metrics").text)
        assert len([line for line in soteria.records() if "an Event could not be written" in line["message"]]) == 1


def test_another_leader_tells_nothing_twice(kubernetes, longhorn, start_soteria, namespace):
    first = start_soteria({"SOTERIA_LEASE_SECONDS": "3"})
    bound_pvc(kubernetes, longhorn, namespace)
    longhorn.fault(do="stall_backup", at=40)
    made = first.json("POST", "/v1/backup", 202, json={"namespace": namespace, "pvc": "data"})
    record = first.operation(made["operation"])["resource"]["name"]
    eventually("it is told that it was accepted", lambda: reasons(kubernetes, namespace, "Backup", record) == ["BackupAccepted"], 40)
    first.kill()
    second = start_soteria({"SOTERIA_LEASE_SECONDS": "3"})
    longhorn.no_faults()
    second.wait_finished(made["operation"])
    eventually("its end is told once", lambda: reasons(kubernetes, namespace, "Backup", record) == ["BackupAccepted", "BackupSucceeded"], 30)
