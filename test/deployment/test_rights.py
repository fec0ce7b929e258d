"""Soteria has the rights that it uses, and no others: the API server's audit log, while Soteria does everything that it can
do, against the roles in manifests/ and against what each right is for."""

import collections
import shutil

import pytest

from cluster.cluster import RealKubernetes
from conftest import LOGS
from deployment.rights import granted
from flow.scene import backed_up, bound_pvc, restore
from harness.longhorn import LonghornSimulator
from harness.soteria import Soteria
from harness.waiting import eventually

SERVICE_ACCOUNT = "system:serviceaccount:soteria:soteria"

RECORD = {
    "get": "read again after a refused write; asked for by id before the watch has shown it",
    "list": "the cache of records", "watch": "the cache of records",
    "create": "POST /v1/backup and /v1/restores",
    "patch": "the finalizer with the first intent and off at the end; the mark of a cancellation",
    "delete": "the history",
    "vouch": "says who asked, and writes the status",
}
EVERYWHERE = {
    "persistentvolumeclaims": {
        "get": "resolving a request; is it ours, before its deletion", "list": "the inventory", "watch": "the inventory",
        "create": "a restore's claim", "delete": "its rollback"},
    "persistentvolumes": {
        "get": "is it ours, before its deletion", "list": "the inventory", "watch": "the inventory",
        "create": "a restore's volume", "delete": "its rollback"},
    "namespaces": {"get": "the target namespace is there and not terminating"},
    "storageclasses.storage.k8s.io": {"get": "the parameters of a restored volume"},
    "backups.soteria.dev": RECORD,
    "restores.soteria.dev": RECORD,
    "backups/status.soteria.dev": {"patch": "what is about to be done, and what came of it"},
    "restores/status.soteria.dev": {"patch": "what is about to be done, and what came of it"},
    "events": {"create": "what becomes of an operation, on its record and its claim"},
    "validatingadmissionpolicies.admissionregistration.k8s.io": {
        "get": "was the policy in force that checks a record from another namespace"},
    "validatingadmissionpolicybindings.admissionregistration.k8s.io": {"get": "the same"},
    "subjectaccessreviews.authorization.k8s.io": {"create": "SOTERIA_AUTHORIZATION=rbac"},
}
IN_ITS_OWN_NAMESPACE = {
    "leases.coordination.k8s.io": {
        "get": "who leads; who holds a slot", "list": "slots that a crash left",
        "watch": "the Lease of the replica that leads, given back or not renewed",
        "create": "the first leader; a slot", "patch": "leading on, and giving it back", "delete": "a slot given back"},
    "configmaps": {
        "get": "an Idempotency-Key that is on record", "list": "those that a crash left, and those that have had their time",
        "create": "what a rollback could not remove, where its record is deleted; an Idempotency-Key",
        "patch": "the answer to a request with a key", "delete": "a key that was refused, or has had its time"},
}
# No request of Soteria's: the admission policies ask for it (test_manifests.py shows who is refused without it).
ASKED_FOR_BY_THE_POLICIES = {("everywhere", "backups.soteria.dev", "vouch"), ("everywhere", "restores.soteria.dev", "vouch")}


def listed():
    """(where, resource, verb) of the tables above."""
    return {(where, resource, verb) for where, table in (("everywhere", EVERYWHERE), ("own", IN_ITS_OWN_NAMESPACE))
            for resource, verbs in table.items() for verb in verbs}


def asked(event):
    """What one request of the audit log needed."""
    about = event["objectRef"]
    resource = "/".join(filter(None, [about["resource"], about.get("subresource")]))
    resource = ".".join(filter(None, [resource, about.get("apiGroup")]))
    own = resource in IN_ITS_OWN_NAMESPACE and about.get("namespace") == "soteria"
    return ("own" if own else "everywhere", resource, event["verb"])


@pytest.fixture(scope="module")
def folder():
    folder = LOGS / "deployment-rights"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


@pytest.fixture(scope="module")
def kubernetes(folder):
    with RealKubernetes(folder, audited=SERVICE_ACCOUNT) as kubernetes:
        kubernetes.install()
        yield kubernetes


@pytest.fixture(scope="module")
def events(kubernetes, folder):
    """The audit log of a day in the life of Soteria."""
    kubeconfig = kubernetes.kubeconfig(folder / "kubeconfig")
    flags = ["--restore-seconds", "10", "--backup-seconds", "4"]
    settings = {"SOTERIA_LEASE_SECONDS": "3", "SOTERIA_HISTORY_COUNT": "2"}
    with LonghornSimulator(folder, time_scale=0.1, kubernetes=kubernetes.plain_server, flags=flags) as longhorn, \
            kubernetes.temporary_namespace() as namespace:
        deleted_with_leftovers(kubernetes, namespace)
        left_by_a_crash(kubernetes, namespace)
        with Soteria(folder, kubeconfig, longhorn.url, settings, "first") as soteria:
            soteria.wait_ready()
            kubernetes.wait_gone("Restore", "crashed", namespace)
            kubernetes.wait_gone("ConfigMap", "key-crashed", "soteria", 90)
            works(kubernetes, longhorn, soteria, namespace)
            started = restore(soteria, namespace, "later")
            soteria.kill()
        with Soteria(folder, kubeconfig, longhorn.url, settings, "second") as soteria:
            soteria.wait_ready()
            soteria.wait_finished(started["operation"])
            takes_back(kubernetes, soteria, namespace)
        by_rbac = {**settings, "SOTERIA_AUTH_REQUIRED": "true", "SOTERIA_AUTHORIZATION": "rbac",
                   "SOTERIA_TRUSTED_PROXIES": "127.0.0.0/8"}
        with Soteria(folder, kubeconfig, longhorn.url, by_rbac, "third") as soteria:
            soteria.wait_ready()
            soteria.json("GET", f"/v1/backups?namespace={namespace}&pvc=data", 403, headers={"X-Auth-Request-User": "anna"})
            eventually("what is beyond the history's count is forgotten", lambda: len(
                kubernetes.list("Backup") + kubernetes.list("Restore")) == 2, 30)
            eventually("it has looked for abandoned slots", lambda: [
                event for event in kubernetes.audit() if asked(event) == ("own", "leases.coordination.k8s.io", "list")], 60)
    return kubernetes.audit()


def deleted_with_leftovers(kubernetes, namespace):
    """A restore whose rollback ended with something that it could not remove, deleted while nobody was there."""
    kubernetes.create({"kind": "Restore", "spec": {"pvc": "data", "targetPvc": "copy"}, "metadata": {
        "namespace": namespace, "name": "crashed", "finalizers": ["soteria.dev/operation"]}})
    kubernetes.patch("Restore", "crashed", {"status": {
        "phase": "Cancelled", "reason": "Cancelled", "message": "It was cancelled.",
        "leftovers": [{"kind": "PersistentVolume", "name": "volume", "why": "in use"}]}}, namespace, "status")
    kubernetes.delete("Restore", "crashed", namespace)


def left_by_a_crash(kubernetes, namespace):
    """An Idempotency-Key whose request was killed before it made its record, an hour ago."""
    kubernetes.create({"kind": "ConfigMap", "metadata": {"name": "key-crashed", "namespace": "soteria", "labels": {
        "soteria.dev/idempotency-key": "open"}}, "data": {"digest": "d", "operation": f"backup.{namespace}.never-made",
                                                          "claimedAt": "2026-01-01T00:00:00Z"}})


def works(kubernetes, longhorn, soteria, namespace):
    bound_pvc(kubernetes, longhorn, namespace)
    backed_up(soteria, namespace)
    for _ in range(2):
        started = soteria.json("POST", "/v1/restores", 202, headers={"Idempotency-Key": "once"}, json={
            "namespace": namespace, "pvc": "data", "target_pvc": "copy"})
    soteria.wait_finished(started["operation"])
    for kind in ("backup", "restore"):
        soteria.json("GET", f"/v1/operations/{kind}.{namespace}.never-made", 404)
    kubernetes.create({"kind": "Backup", "metadata": {"name": "by-hand", "namespace": namespace}, "spec": {"pvc": "data"}})
    soteria.wait_finished(f"backup.{namespace}.by-hand")
    kubernetes.create({"kind": "Restore", "metadata": {"name": "by-hand", "namespace": namespace},
                       "spec": {"pvc": "data", "allowForeign": True, "targetPvc": "by-hand"}})
    eventually("it was carried out, or refused for want of a policy", lambda: soteria.operation(
        f"restore.{namespace}.by-hand")["phase"] in ("Succeeded", "Failed"), 60)
    longhorn.fault(do="stall_backup", at=40)
    started = soteria.json("POST", "/v1/backup", 202, json={"namespace": namespace, "pvc": "data"})
    soteria.json("POST", f"/v1/operations/{started['operation']}/cancel", 202)
    soteria.wait_finished(started["operation"], "Cancelled")
    longhorn.no_faults()


def takes_back(kubernetes, soteria, namespace):
    """A restore that is cancelled when all of it is made, as nobody is there who binds."""
    kubernetes.kill_part("kube-controller-manager")
    started = restore(soteria, namespace, "unwanted")
    eventually("it waits to be bound", lambda: soteria.operation(started["operation"]).get("reason") == "WaitBound", 30)
    soteria.json("POST", f"/v1/operations/{started['operation']}/cancel", 202)
    kubernetes.start_part("kube-controller-manager")
    ended = soteria.wait_finished(started["operation"], "Cancelled")
    assert "leftovers" not in ended, ended


def test_the_roles_grant_what_the_table_lists_verb_by_verb():
    assert granted("base") - listed() == set(), "granted, and nobody says what for"
    assert listed() - granted("base") == set(), "listed, and not granted"


def test_every_right_is_used(events):
    used = {asked(event) for event in events}
    assert granted("base") - used - ASKED_FOR_BY_THE_POLICIES == set(), "granted and never used"
    assert used - granted("base") == set(), "used and not granted by our roles"


def test_no_request_is_refused_for_want_of_a_right(events):
    refused = collections.Counter(asked(event) for event in events if event["responseStatus"]["code"] in (401, 403))
    assert not refused and len(events) > 50


def test_every_request_tells_what_it_is_for(events):
    agents = {event["userAgent"] for event in events}
    assert all(agent.startswith("soteria/") and agent.endswith(")") for agent in agents), agents
