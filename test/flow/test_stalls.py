"""What does not move is seen to stand still, with the real cause, while there is still time to act; then it is given up.

On the simulated Kubernetes, for speed."""

import datetime
import re
import time

import pytest

from flow.scene import backed_up, bound_pvc, restore, restored_volumes, wait_no_slots
from harness.contract import asserted
from harness.faults import FaultProxy
from harness.longhorn import LonghornSimulator
from harness.restic import SimulatedRestic
from harness.waiting import eventually

SECONDS = {"SOTERIA_STALL_SECONDS": "3"}


@pytest.fixture(scope="session")
def kubernetes(simulated_kubernetes):
    return simulated_kubernetes


@pytest.fixture
def longhorn(kubernetes, log_directory):
    flags = ["--restore-seconds", "10", "--backup-seconds", "4"]
    with LonghornSimulator(log_directory, time_scale=0.1, kubernetes=kubernetes.plain_server, flags=flags) as longhorn:
        yield longhorn


@pytest.fixture(scope="session")
def restic(kubernetes):
    restic = SimulatedRestic(kubernetes)
    restic.install()
    return restic


def stalled_now(soteria, kind, driver):
    found = re.search(rf'^soteria_operations_stalled{{kind="{kind}",driver="{driver}"}} (\d+)$', soteria.get("/metrics").text, re.M)
    assert found, "the gauge is not there"
    return int(found.group(1))


def seen_stalled(soteria, operation):
    return eventually("it is shown as stalled", lambda: (one := soteria.operation(operation))["stalled"] and one, 30)


def unseen(soteria, operation, reason, words, seconds):
    """It is shown as stalled and stays so for longer than what is seen to stand still is borne."""
    def lasting():
        one = soteria.operation(operation)
        assert one["phase"] == "Running", one
        return one["reason"] == reason and time.time() - since(one) > seconds and one
    one = eventually("it is unseen for long", lasting, 60)
    assert one["stalled"] and words in one["message"], one


def since(one):
    """When it moved last, as its message says; now: it says nothing of it."""
    found = re.match(r"no progress since (\S+Z): ", one["message"])
    return datetime.datetime.fromisoformat(found.group(1)).timestamp() if found else time.time()


def test_a_restore_that_no_node_can_take_says_so_and_is_undone_unless_somebody_acts(
        kubernetes, longhorn, start_soteria, namespace):
    soteria = start_soteria(SECONDS)
    bound_pvc(kubernetes, longhorn, namespace)
    backed_up(soteria, namespace)
    assert stalled_now(soteria, "restore", "longhorn") == 0
    longhorn.fault(do="unschedulable", times=0)
    operation = restore(soteria, namespace, "copy")["operation"]
    one = seen_stalled(soteria, operation)
    assert (one["phase"], one["reason"]) == ("Running", "Unschedulable"), one
    assert re.fullmatch(r"no progress since \S+Z: insufficient storage; replica scheduling failed; unless it moves, it is given "
                        r"up at \S+Z", one["message"]), one["message"]
    assert stalled_now(soteria, "restore", "longhorn") == 1
    resource = one["resource"]
    status = kubernetes.get("Restore", resource["name"], namespace)["status"]
    condition, = [each for each in status["conditions"] if each["type"] == "Stalled"]
    assert (condition["status"], condition["reason"], condition["message"]) == ("True", "Unschedulable", one["message"])
    ended = soteria.wait_finished(operation, "Failed")
    assert ended["error"]["code"] == "stalled" and not ended["stalled"], ended
    assert ended["error"]["detail"] == "no progress for 6 seconds; last: insufficient storage; replica scheduling failed"
    assert restored_volumes(longhorn) == [] and kubernetes.get("PersistentVolumeClaim", "copy", namespace) is None
    assert stalled_now(soteria, "restore", "longhorn") == 0
    wait_no_slots(kubernetes)
    asserted("GET /v1/operations/{id} gives stalled")


def test_what_moves_again_is_not_stalled_any_more_and_succeeds(kubernetes, longhorn, start_soteria, namespace):
    soteria = start_soteria({"SOTERIA_STALL_SECONDS": "5"})
    bound_pvc(kubernetes, longhorn, namespace)
    longhorn.fault(do="stall_backup", at=40)
    longhorn.change_target(up=False, message="cannot reach s3")
    operation = soteria.json("POST", "/v1/backup", 202, json={"namespace": namespace, "pvc": "data"})["operation"]
    one = seen_stalled(soteria, operation)
    longhorn.no_faults()
    ended = soteria.wait_finished(operation)
    assert not ended["stalled"] and ended["reason"] == "Completed", (one, ended)


def test_a_restore_is_not_given_up_because_longhorn_cannot_be_asked_how_it_goes(
        kubernetes, longhorn, start_soteria, namespace, log_directory):
    with FaultProxy(log_directory, longhorn.url) as proxy:
        soteria = start_soteria({"SOTERIA_STALL_SECONDS": "5"}, longhorn_url=proxy.url)
        bound_pvc(kubernetes, longhorn, namespace)
        backed_up(soteria, namespace)
        longhorn.fault(do="stall_restore", at=40)
        operation = restore(soteria, namespace, "copy")["operation"]
        eventually("it is under way", lambda: soteria.operation(operation)["progress"]["percent"] == 40)
        proxy.rule("refuse", count=0)
        longhorn.no_faults()
        unseen(soteria, operation, "LonghornUnavailable", "Longhorn cannot be asked: ", 11)
        proxy.clear()
        ended = soteria.wait_finished(operation)
        assert not ended["stalled"], ended


def test_a_restic_backup_is_not_given_up_because_its_log_cannot_be_read(
        kubernetes, longhorn, restic, start_soteria, namespace, log_directory, tmp_path):
    with FaultProxy(log_directory, kubernetes.plain_server) as proxy:
        soteria = start_soteria({"SOTERIA_STALL_SECONDS": "6", **restic.settings(SOTERIA_BACKUP_DRIVER="restic")},
                                kubeconfig=kubernetes.kubeconfig(tmp_path / "kubeconfig", server=proxy.url))
        bound_pvc(kubernetes, longhorn, namespace)
        restic.seed()
        restic.pod_fault("stalled", job="soteria-backup-", container="backup")
        operation = soteria.json("POST", "/v1/backup", 202, json={"namespace": namespace, "pvc": "data"})["operation"]
        eventually("it is under way", lambda: "progress" in soteria.operation(operation), 30)
        proxy.rule("status", path="/log", status=500, count=0)
        unseen(soteria, operation, "LogUnreadable", "its log cannot be read: ", 13)
        proxy.clear()
        restic.no_faults()
        soteria.wait_finished(operation)


def test_a_restic_backup_whose_pod_cannot_start_says_why(kubernetes, longhorn, restic, start_soteria, namespace):
    soteria = start_soteria({**SECONDS, **restic.settings(SOTERIA_BACKUP_DRIVER="restic")})
    bound_pvc(kubernetes, longhorn, namespace)
    restic.seed()
    restic.pod_fault("unschedulable", job="soteria-backup-")
    operation = soteria.json("POST", "/v1/backup", 202, json={"namespace": namespace, "pvc": "data"})["operation"]
    one = seen_stalled(soteria, operation)
    assert one["reason"] == "Unschedulable" and "no node can take it" in one["message"], one
    assert stalled_now(soteria, "backup", "restic") == 1
    ended = soteria.wait_finished(operation, "Failed")
    assert ended["error"]["code"] == "stalled" and "no node can take it" in ended["error"]["detail"], ended
    restic.no_faults()
