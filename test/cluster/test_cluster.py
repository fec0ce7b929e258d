"""The real Kubernetes that the other suites stand on, and manifests/ in it."""

import pytest
import requests
import yaml

from harness.binaries import ROOT
from harness.kubernetes import ApiError, path_of
from harness.processes import Process
from harness.waiting import eventually
from cluster.cluster import RealKubernetes

PLURALS = ("backups", "restores")


@pytest.fixture(scope="session")
def kubernetes(real_kubernetes):
    return real_kubernetes


@pytest.fixture(scope="session")
def may(kubernetes):
    """may(verb, resource, namespace, group) -> what RBAC says of Soteria's ServiceAccount."""

    def ask(verb, resource, namespace="", group="", subresource="", name=""):
        answer = kubernetes.call("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", json={
            "apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
            "spec": {"user": "system:serviceaccount:soteria:soteria",
                     "groups": ["system:serviceaccounts", "system:serviceaccounts:soteria", "system:authenticated"],
                     "resourceAttributes": {"verb": verb, "resource": resource, "namespace": namespace, "name": name,
                                            "group": group, "subresource": subresource}}})
        return answer["status"]["allowed"]

    return ask


def backup(namespace, name="b1", **spec):
    return {"kind": "Backup", "metadata": {"namespace": namespace, "name": name}, "spec": {"pvc": "data", **spec}}


@pytest.mark.parametrize("plural, singular, short", [("backups", "backup", "sbk"), ("restores", "restore", "srs")])
def test_both_resources_are_established_under_their_names(kubernetes, plural, singular, short):
    crd = kubernetes.get("CustomResourceDefinition", f"{plural}.soteria.dev")
    conditions = {condition["type"]: condition["status"] for condition in crd["status"]["conditions"]}
    assert conditions["Established"] == "True" and conditions["NamesAccepted"] == "True", conditions
    # A schema that is not structural is accepted as well, with this condition, and then prunes nothing.
    assert conditions.get("NonStructuralSchema", "False") == "False", crd["status"]
    assert crd["status"]["acceptedNames"]["shortNames"] == [short]
    assert crd["status"]["acceptedNames"]["singular"] == singular
    assert crd["status"]["acceptedNames"]["categories"] == ["soteria"]


def test_both_resources_have_the_same_status():
    schemas = [yaml.safe_load((ROOT / f"manifests/base/crd-{plural}.yaml").read_text())["spec"]["versions"][0]["schema"]
               for plural in PLURALS]
    backups, restores = (schema["openAPIV3Schema"]["properties"]["status"] for schema in schemas)
    assert backups == restores


def test_kubectl_shows_phase_claim_progress_and_age(kubernetes, namespace):
    kubernetes.create(backup(namespace))
    kubernetes.patch("Backup", "b1", {"status": {"phase": "Running", "stalled": True, "progress": {"percent": 40}}}, namespace,
                     "status")
    head, row = kubernetes.kubectl("get", "sbk", "-n", namespace).splitlines()
    assert head.split() == ["NAME", "PHASE", "PVC", "PROGRESS", "STALLED", "AGE"]
    assert row.split()[:5] == ["b1", "Running", "data", "40", "true"]


def test_a_whole_status_is_kept_as_it_was_written(kubernetes, namespace):
    when = "2026-04-12T15:30:00Z"
    status = {
        "phase": "RollingBack", "direction": "Undoing", "stalled": True, "stalledSince": when, "reason": "Cancelled",
        "message": "A sentence.",
        "steps": [{"name": "volume", "state": "undo_failed", "startedAt": when, "finishedAt": when, "message": "why"}],
        "progress": {"percent": 42, "bytesDone": 1, "bytesTotal": 2**40, "etaSeconds": 30, "at": when},
        "facts": {"volume": "soteria-abc", "url": "s3://bucket@region/?backup=b&volume=v"},
        "result": {"backup": "backup-1", "volume": "v", "claimName": "c"},
        "error": {"code": "no_backup", "detail": "There is none."},
        "leftovers": [{"kind": "PersistentVolume", "namespace": "", "name": "pv", "why": "in use"}],
        "startedAt": when, "finishedAt": when, "lastProgressAt": when, "observedGeneration": 1,
        "conditions": [{"type": "Succeeded", "status": "False", "reason": "Cancelled", "message": "",
                        "lastTransitionTime": when, "observedGeneration": 1}],
    }
    kubernetes.create(backup(namespace))
    kubernetes.patch("Backup", "b1", {"status": status}, namespace, "status", fieldValidation="Strict")
    assert kubernetes.get("Backup", "b1", namespace)["status"] == status


def test_status_is_a_subresource(kubernetes, namespace):
    made = kubernetes.create({**backup(namespace), "status": {"phase": "Succeeded"}})
    assert "status" not in made, "a status given on create must be dropped"


@pytest.mark.parametrize("spec", [
    {"pvc": ""}, {"pvc": "x" * 254}, {"tags": ["a=b"] * 33}, {"tags": ["x" * 257]}, {"driver": "velero"},
    {"pvc": None}, {"deadlineSeconds": 0},
])
def test_a_backup_outside_its_bounds_is_refused(kubernetes, namespace, spec):
    with pytest.raises(ApiError) as refused:
        kubernetes.create(backup(namespace, **spec))
    assert (refused.value.code, refused.value.reason) == (422, "Invalid")


def test_a_field_that_does_not_exist_is_refused_where_asked_for_strictly(kubernetes, namespace):
    with pytest.raises(ApiError, match="unknown field"):
        kubernetes.create(backup(namespace, dry_run=True), fieldValidation="Strict")


def test_a_spec_never_changes(kubernetes, namespace):
    kubernetes.create(backup(namespace, tags=["a=b"]))
    with pytest.raises(ApiError, match="cannot be changed"):
        kubernetes.patch("Backup", "b1", {"spec": {"pvc": "other"}}, namespace)
    kubernetes.patch("Backup", "b1", {"metadata": {"labels": {"a": "b"}}}, namespace)

    restore = {"kind": "Restore", "metadata": {"namespace": namespace, "name": "r1"},
               "spec": {"pvc": "data", "targetPvc": "new", "accessModes": ["ReadWriteOnce"], "verify": False}}
    kubernetes.create(restore, fieldValidation="Strict")
    with pytest.raises(ApiError, match="cannot be changed"):
        kubernetes.patch("Restore", "r1", {"spec": {"targetPvc": "other"}}, namespace)


DENIED = [
    *[(verb, "secrets", namespace, "") for verb in ("get", "list", "watch", "create") for namespace in ("any", "soteria")],
    *[(verb, "persistentvolumeclaims", "any", "") for verb in ("update", "patch", "deletecollection")],
    *[(verb, "persistentvolumes", "", "") for verb in ("update", "patch", "deletecollection")],
    *[(verb, kind, "any", "soteria.dev") for kind in PLURALS for verb in ("update", "deletecollection", "restore-foreign")],
    *[(verb, "namespaces", "", "") for verb in ("create", "update", "patch", "delete")],
    ("create", "pods", "any", ""), ("create", "pods/exec", "any", ""), ("create", "jobs", "any", "batch"),
    *[("create", "leases", "any", "coordination.k8s.io"), ("get", "configmaps", "any", "")],
    ("escalate", "clusterroles", "", "rbac.authorization.k8s.io"), ("impersonate", "users", "", ""),
]


@pytest.mark.parametrize("verb, resource, namespace, group", DENIED)
def test_soteria_may_not(may, verb, resource, namespace, group):
    resource, _, subresource = resource.partition("/")
    assert not may(verb, resource, namespace, group, subresource)


def test_the_kubeconfig_is_that_of_the_service_account_and_no_more(kubernetes, tmp_path):
    kubeconfig = kubernetes.kubeconfig(tmp_path / "kubeconfig")
    who = kubernetes.kubectl("auth", "whoami", "-o", "jsonpath={.status.userInfo.username}", kubeconfig=kubeconfig)
    assert who == "system:serviceaccount:soteria:soteria"
    kubernetes.kubectl("get", "pvc", "-A", kubeconfig=kubeconfig)
    refused = kubernetes.kubectl("get", "secrets", "-A", kubeconfig=kubeconfig, check=False)
    assert refused.returncode != 0 and "forbidden" in refused.stderr


def test_over_plain_http_a_token_is_still_who_it_says(kubernetes, namespace):
    def who(headers):
        answer = requests.post(f"{kubernetes.plain_server}/apis/authentication.k8s.io/v1/selfsubjectreviews", timeout=30,
                               json={"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}, headers=headers)
        return answer.json()["status"]["userInfo"]["username"]

    assert who({}) == "admin"
    token = kubernetes.service_account_token()
    assert who({"Authorization": f"Bearer {token}"}) == "system:serviceaccount:soteria:soteria"


def test_a_claim_binds_to_the_volume_that_names_it(kubernetes, namespace):
    claim = kubernetes.bound_claim(namespace, "data", f"vol-{namespace}", size="2Gi")
    assert claim["spec"]["volumeName"] == f"vol-{namespace}"
    volume = kubernetes.get("PersistentVolume", f"vol-{namespace}")
    assert volume["status"]["phase"] == "Bound"
    assert volume["spec"]["claimRef"]["uid"] == claim["metadata"]["uid"]
    kubernetes.delete("PersistentVolumeClaim", "data", namespace)
    kubernetes.wait_gone("PersistentVolumeClaim", "data", namespace)
    # No provisioner deletes it here, whatever its policy: the test does.
    kubernetes.delete("PersistentVolume", f"vol-{namespace}")
    kubernetes.wait_gone("PersistentVolume", f"vol-{namespace}")


def test_a_volume_reserved_for_another_uid_never_binds(kubernetes, namespace):
    kubernetes.storage_class()
    kubernetes.claim(namespace, "data", volume=f"vol-{namespace}")
    kubernetes.volume(f"vol-{namespace}", reclaim="Retain", claim=(namespace, "data"))
    kubernetes.wait_bound(namespace, "data")
    kubernetes.delete("PersistentVolumeClaim", "data", namespace)
    kubernetes.wait_gone("PersistentVolumeClaim", "data", namespace)
    kubernetes.claim(namespace, "data", volume=f"vol-{namespace}")

    def released_and_pending():
        volume = kubernetes.get("PersistentVolume", f"vol-{namespace}")
        claim = kubernetes.get("PersistentVolumeClaim", "data", namespace)
        return volume["status"]["phase"] == "Released" and claim["status"]["phase"] == "Pending"

    eventually("the volume is Released and the new claim Pending", released_and_pending)
    kubernetes.delete("PersistentVolume", f"vol-{namespace}")


def test_every_object_of_the_manifests_passes_the_servers_own_validation(kubernetes):
    for folder in ("manifests", "deploy", "manifests/overlays/high-availability"):
        kubernetes.kubectl("apply", "--dry-run=server", "--validate=strict", "-k", ROOT / folder)
    kubernetes.kubectl("apply", "--dry-run=server", "--validate=strict", "-f", ROOT / "manifests/secret-example.yaml")


def test_the_deployments_pod_is_admitted_under_restricted_pod_security(kubernetes):
    deployment = kubernetes.call("GET", "/apis/apps/v1/namespaces/soteria/deployments/soteria")
    pod = {"kind": "Pod", "metadata": {"namespace": "soteria", "name": "check"},
           "spec": deployment["spec"]["template"]["spec"]}
    kubernetes.create(pod, dryRun="All")
    pod["spec"]["containers"][0]["securityContext"].pop("allowPrivilegeEscalation")
    with pytest.raises(ApiError, match="violates PodSecurity"):
        kubernetes.create(pod, dryRun="All")


def test_nothing_is_left_of_a_cluster_that_was_stopped(log_directory):
    with RealKubernetes(log_directory) as kubernetes:
        folder = kubernetes.folder
        parts = list(kubernetes.parts.values())
        assert len(parts) == 3 and all(part.running for part in parts)
    assert not folder.exists()
    assert not any(part.running for part in parts)


def test_a_program_ends_with_the_process_that_started_it(tmp_path):
    """The test run may be killed at any moment: what it started must not stay."""
    script = ("import sys, time; sys.path.insert(0, sys.argv[1])\n"
              "from harness.processes import Process\n"
              "pid = Process(['sleep', '300'], sys.argv[2] + '/sleep.log').pid\n"
              "while open(f'/proc/{pid}/comm').read() != 'sleep\\n': time.sleep(0.01)\n"  # from then on it is bound to us
              "print('pid', pid, flush=True)\n"
              "time.sleep(300)")
    parent = Process(["/usr/bin/python3", "-c", script, ROOT / "test", tmp_path], tmp_path / "parent.log")
    child = parent.wait_for_line(lambda line: line.startswith("pid ") and int(line[4:]))
    parent.kill()

    def ended():
        status = tmp_path.__class__(f"/proc/{child}/status")
        return not status.exists() or "State:\tZ" in status.read_text()

    eventually("the child has ended with its parent", ended, 5)


class TestWithoutWatchCache:
    """compact() gives real 410s."""

    @pytest.fixture(scope="class")
    def kubernetes(self, request, tmp_path_factory):
        with RealKubernetes(tmp_path_factory.mktemp("kubernetes"), watch_cache=False) as kubernetes:
            yield kubernetes

    def test_a_watch_from_before_a_compaction_ends_with_410(self, kubernetes):
        path = path_of("ConfigMap", "default")
        before = kubernetes.call("GET", path)["metadata"]["resourceVersion"]
        for number in range(3):
            kubernetes.create({"kind": "ConfigMap", "metadata": {"namespace": "default", "name": f"c{number}"}})
        kubernetes.compact()
        answer = kubernetes.request("GET", path, params={"watch": "true", "resourceVersion": before, "timeoutSeconds": 5})
        body = answer.json()
        status = body["object"] if "object" in body else body
        assert (status["code"], status["reason"]) == (410, "Expired"), body

    def test_a_continue_token_from_before_a_compaction_is_refused_with_410(self, kubernetes):
        path = path_of("ConfigMap", "kube-system")
        for number in range(3):
            kubernetes.create({"kind": "ConfigMap", "metadata": {"namespace": "kube-system", "name": f"c{number}"}})
        page = kubernetes.call("GET", path, params={"limit": 1})
        kubernetes.create({"kind": "ConfigMap", "metadata": {"namespace": "kube-system", "name": "later"}})
        kubernetes.compact()
        answer = kubernetes.request("GET", path, params={"limit": 1, "continue": page["metadata"]["continue"]})
        assert (answer.status_code, answer.json()["reason"]) == (410, "Expired"), answer.text

    def test_the_api_server_comes_back_with_its_state_after_it_was_killed(self, kubernetes):
        kubernetes.create({"kind": "ConfigMap", "metadata": {"namespace": "default", "name": "kept"}})
        kubernetes.kill_part("kube-apiserver")
        kubernetes.start_part("kube-apiserver")
        kubernetes.wait_ready()
        assert kubernetes.get("ConfigMap", "kept", "default")
