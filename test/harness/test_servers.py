"""The simulators and the fault proxy behind their wrappers, before real and simulated Kubernetes alike."""

import pytest
import requests

from harness.faults import FaultProxy
from harness.kubernetes import ApiError, path_of
from harness.longhorn import LonghornSimulator
from harness.waiting import eventually


@pytest.fixture(params=["simulated", "real"])
def kubernetes(request):
    return request.getfixturevalue(f"{request.param}_kubernetes")


@pytest.fixture
def faults(kubernetes, log_directory):
    with FaultProxy(log_directory, kubernetes.plain_server) as proxy:
        yield proxy


def test_both_kubernetes_bind_a_claim_and_keep_a_record(kubernetes, namespace):
    kubernetes.bound_claim(namespace, "data", f"vol-{namespace}")
    kubernetes.create({"kind": "Backup", "metadata": {"namespace": namespace, "name": "b1"}, "spec": {"pvc": "data"}})
    kubernetes.patch("Backup", "b1", {"status": {"phase": "Running"}}, namespace, "status")
    assert kubernetes.get("Backup", "b1", namespace)["status"] == {"phase": "Running"}
    assert kubernetes.get("Backup", "b2", namespace) is None
    with pytest.raises(ApiError) as refused:
        kubernetes.claim(namespace, "data")
    assert (refused.value.code, refused.value.reason) == (409, "AlreadyExists")
    assert kubernetes.delete("Backup", "b1", namespace) and not kubernetes.delete("Backup", "b1", namespace)


def test_a_deleted_longhorn_volume_takes_volume_and_claim_along(kubernetes, namespace, log_directory):
    handle = f"vol-{namespace}"
    with LonghornSimulator(log_directory, kubernetes=kubernetes.plain_server) as longhorn:
        longhorn.seed(volumes=[{"name": handle, "size": "1Gi"}])
        kubernetes.bound_claim(namespace, "data", handle)
        eventually("Longhorn knows the claim", lambda:
                   longhorn.volumes()[handle]["kubernetesStatus"]["pvcName"] == "data", 20)
        assert longhorn.delete(f"/v1/volumes/{handle}").status_code < 300
        kubernetes.wait_gone("PersistentVolumeClaim", "data", namespace)
        kubernetes.wait_gone("PersistentVolume", handle)


def test_the_proxy_loses_the_answer_of_the_request_that_a_rule_names(kubernetes, namespace, faults):
    faults.rule("answer_lost", method="POST", path="configmaps", agent="test/create$")
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c1"}}
    with pytest.raises(requests.ConnectionError):
        faults.post(path_of("ConfigMap", namespace), json=body, headers={"User-Agent": "x test/create"})
    assert kubernetes.get("ConfigMap", "c1", namespace), "it was forwarded"
    assert [rule["applied"] for rule in faults.counts()] == [1]
    again = faults.post(path_of("ConfigMap", namespace), json=body, headers={"User-Agent": "x test/create"})
    assert again.status_code == 409, again.text


def test_a_held_request_goes_on_after_its_release(kubernetes, namespace, faults):
    from concurrent.futures import ThreadPoolExecutor

    faults.rule("hold_before", method="POST", path="configmaps")
    with ThreadPoolExecutor(1) as caller:
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c1"}}
        answer = caller.submit(requests.post, faults.url + path_of("ConfigMap", namespace), json=body, timeout=30)
        held = faults.wait_held()
        assert held["method"] == "POST" and kubernetes.get("ConfigMap", "c1", namespace) is None
        assert faults.release(held["id"]) == 1
        assert answer.result(30).status_code == 201
    assert kubernetes.get("ConfigMap", "c1", namespace)
