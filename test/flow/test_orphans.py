"""What bears Soteria's name and stands on no record is shown, and left alone. On the simulated Kubernetes, for speed."""

import re

import pytest

from flow.scene import backed_up, bound_pvc, restore
from harness.contract import asserted
from harness.longhorn import LonghornSimulator
from harness.simulated_kubernetes import SimulatedKubernetes
from harness.waiting import eventually

LOST = "soteria-" + "abcdefghijklmnopqrstuvwxyz"


@pytest.fixture
def kubernetes(log_directory):
    """One for this test alone: another test's volumes would be counted."""
    with SimulatedKubernetes(log_directory) as kubernetes:
        kubernetes.install()
        yield kubernetes


@pytest.fixture
def longhorn(kubernetes, log_directory):
    flags = ["--restore-seconds", "10", "--backup-seconds", "4"]
    with LonghornSimulator(log_directory, time_scale=0.1, kubernetes=kubernetes.plain_server, flags=flags) as longhorn:
        yield longhorn


@pytest.fixture
def kubeconfig(kubernetes, tmp_path):
    return kubernetes.kubeconfig(tmp_path / "kubeconfig")


def orphans(soteria):
    """How many of each kind the replica sees. It is the promise of this metric that is asserted here."""
    asserted("metric soteria_orphans")
    return {kind: int(count) for kind, count in re.findall(r'^soteria_orphans{kind="(\w+)"} (\d+)$',
                                                           soteria.get("/metrics").text, re.M)}


def test_what_stands_on_no_record_is_counted_and_named_and_left_alone(kubernetes, longhorn, start_soteria, namespace):
    first = start_soteria()
    bound_pvc(kubernetes, longhorn, namespace)
    backed_up(first, namespace)
    used = first.wait_finished(restore(first, namespace, "copy")["operation"])
    longhorn.fault(do="stall_restore", at=40, times=0)
    running = restore(first, namespace, "slow")["operation"]
    eventually("its volume is there", lambda: first.operation(running).get("reason") == "WaitRestored", 20)
    assert orphans(first) == {"LonghornVolume": 0, "PersistentVolume": 0, "Job": 0}
    # The restored PVC lives on without its record.
    kubernetes.delete("Restore", used["resource"]["name"], namespace)
    kubernetes.wait_gone("Restore", used["resource"]["name"], namespace)
    assert first.stop() == 0
    # Nobody knows these: a crash long ago, and a record that was deleted by force.
    longhorn.seed(volumes=[{"name": LOST, "size": "1Gi"}, {"name": "soteria-of-somebody-else", "size": "1Gi"}])
    kubernetes.volume(LOST, LOST)
    second = start_soteria()
    expected = {"LonghornVolume": 1, "PersistentVolume": 1, "Job": 0}
    eventually("they are counted", lambda: orphans(second) == expected, 40)
    line, = [record for record in second.records() if record["level"] == "warning" and "no record" in record["message"]]
    assert line["count"] == 2 and all(LOST in named for named in line["objects"]), line
    assert LOST in longhorn.volumes() and kubernetes.get("PersistentVolume", LOST)
    longhorn.no_faults()
    second.wait_finished(running)
