"""The requests that the product makes: the main flows run against a real API server and every request is compared with
requests.json, whose shapes the cases of the conformance suite replay.

    SOTERIA_RECORD=1 /usr/bin/python3 -B -m pytest conformance/test_recorded_requests.py    writes that file anew
"""

import collections
import json
import os

import pytest

from conformance import shapes
from flow.scene import backed_up, bound_pvc, made_by, restore, wait_no_slots
from harness.faults import FaultProxy
from harness.longhorn import LonghornSimulator
from harness.soteria import Soteria
from harness.waiting import eventually

FORBIDDEN = json.dumps({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Forbidden", "code": 403,
                        "message": "this test refuses it"})


class World:
    """Soteria before a real Kubernetes, with every request in between written down."""

    def __init__(self, kubernetes, folder):
        self.kubernetes = kubernetes
        self.folder = folder
        self.longhorn = LonghornSimulator(folder, 0.05, kubernetes.plain_server,
                                          ["--restore-seconds", "10", "--backup-seconds", "4"])
        self.proxy = FaultProxy(folder, kubernetes.plain_server, ["--log-bodies", "100000"])
        self.running = []

    def __enter__(self):
        self.longhorn.start()
        self.proxy.start()
        self.kubeconfig = self.kubernetes.kubeconfig(self.folder / "kubeconfig", self.proxy.url)
        return self

    def __exit__(self, *_):
        for soteria in self.running:
            soteria.stop()
        self.proxy.kill()
        self.longhorn.kill()

    def soteria(self):
        soteria = Soteria(self.folder, self.kubeconfig, self.longhorn.url, {"SOTERIA_LEASE_SECONDS": 3},
                          name=f"soteria-{len(self.running) + 1}")
        self.running.append(soteria)
        soteria.start()
        return soteria.wait_ready()

    def shapes(self):
        """Of every request of the product so far."""
        found = []
        for entry in self.proxy.log_of_requests():
            if entry["user_agent"].startswith("soteria/"):
                shape = shapes.shape_of(entry["method"], entry["target"], entry["content_type"], entry["body"])
                found.append({**shape, "for": [shapes.purpose_of(entry["user_agent"])]})
        return found


@pytest.fixture(scope="module")
def world(real_kubernetes, tmp_path_factory):
    with World(real_kubernetes, tmp_path_factory.mktemp("recorded")) as world:
        world.soteria()
        yield world


@pytest.fixture
def kubernetes(real_kubernetes):
    return real_kubernetes


FLOWS = []


def flow(run):
    FLOWS.append(run)
    return run


@flow
def backups_and_restores(world, soteria, namespace):
    kubernetes, longhorn = world.kubernetes, world.longhorn
    bound_pvc(kubernetes, longhorn, namespace, labels={"app": "llm"})
    soteria.json("POST", "/v1/backup", json={"namespace": namespace, "pvc": "data", "dry_run": True})
    first = backed_up(soteria, namespace, tags=["service=llm", "nightly"])
    backed_up(soteria, namespace)
    restore(soteria, namespace, "copy", expect=200, dry_run=True)
    soteria.wait_finished(restore(soteria, namespace, "copy")["operation"])
    name = first["result"]["backup"]
    with kubernetes.temporary_namespace() as other:
        started = restore(soteria, namespace, "copy", target_namespace=other, snapshot=name, storage_class="longhorn",
                          capacity="1Gi", access_modes=["ReadWriteOnce"])
        soteria.wait_finished(started["operation"])
    url = soteria.json("GET", f"/v1/backups?namespace={namespace}&pvc=data")["backups"][0]["url"]
    body = {"namespace": namespace, "pvc": "data", "backup_url": url, "target_pvc": "copy-2", "allow_foreign": True}
    soteria.wait_finished(soteria.json("POST", "/v1/restores", 202, json=body)["operation"])
    restore(soteria, namespace, "copy", expect=409)
    restore(soteria, namespace, "new", expect=404, target_namespace="no-such-namespace")
    soteria.json("GET", "/v1/operations/backup.nowhere.nothing", 404)


@flow
def requests_with_a_key(world, soteria, namespace):
    kubernetes = world.kubernetes
    bound_pvc(kubernetes, world.longhorn, namespace)
    for name in ("answered", "open"):
        kubernetes.create({"kind": "ConfigMap", "metadata": {"name": f"key-{name}-{namespace}", "namespace": "soteria", "labels": {
            "soteria.dev/idempotency-key": name}}, "data": {
                "digest": "d", "operation": f"backup.{namespace}.never-made", "claimedAt": "2026-01-01T00:00:00Z",
                **({"uid": "u"} if name == "answered" else {})}})
    answers = [soteria.json("POST", "/v1/backup", 202, headers={"Idempotency-Key": "once"}, json={
        "namespace": namespace, "pvc": "data"}) for _ in range(2)]
    assert answers[0] == answers[1]
    soteria.wait_finished(answers[0]["operation"])
    kubernetes.wait_gone("ConfigMap", f"key-open-{namespace}", "soteria", 90)


@flow
def what_is_gone_is_restored(world, soteria, namespace):
    kubernetes, longhorn = world.kubernetes, world.longhorn
    handle = bound_pvc(kubernetes, longhorn, namespace)
    backed_up(soteria, namespace)
    assert longhorn.request("DELETE", f"/v1/volumes/{handle}").status_code == 200
    kubernetes.delete("PersistentVolumeClaim", "data", namespace)
    kubernetes.delete("PersistentVolume", handle)
    kubernetes.wait_gone("PersistentVolumeClaim", "data", namespace)
    kubernetes.wait_gone("PersistentVolume", handle)
    soteria.wait_finished(restore(soteria, namespace, "data", storage_class="longhorn")["operation"])


@flow
def cancels_and_failures(world, soteria, namespace):
    kubernetes, longhorn = world.kubernetes, world.longhorn
    bound_pvc(kubernetes, longhorn, namespace)
    backed_up(soteria, namespace)
    for how in ("http", "kubectl delete"):
        longhorn.fault(do="stall_restore", at=40, times=1)
        started = restore(soteria, namespace, "copy")
        operation = eventually("it waits for the data", lambda: (now := soteria.operation(started["operation"]))
                               and now.get("reason") == "WaitRestored" and now)
        name = operation["resource"]["name"]
        if how == "http":
            soteria.json("POST", f"/v1/operations/{started['operation']}/cancel", 202)
            soteria.wait_finished(started["operation"], "Cancelled")
            wait_no_slots(kubernetes)
        else:
            kubernetes.delete("Restore", name, namespace)
            kubernetes.wait_gone("Restore", name, namespace, 60)
    longhorn.fault(do="fail_restore", at=30)
    soteria.wait_finished(restore(soteria, namespace, "copy")["operation"], "Failed")
    longhorn.fault(do="fail_backup", at=30, error="the store is full")
    started = soteria.json("POST", "/v1/backup", 202, json={"namespace": namespace, "pvc": "data"})
    soteria.wait_finished(started["operation"], "Failed")
    longhorn.fault(do="stall_backup", at=10)
    started = soteria.json("POST", "/v1/backup", 202, json={"namespace": namespace, "pvc": "data"})
    soteria.json("POST", "/v1/backup", 409, json={"namespace": namespace, "pvc": "data"})
    soteria.json("POST", f"/v1/operations/{started['operation']}/cancel", 202)
    soteria.wait_finished(started["operation"], "Cancelled")


@flow
def a_cancel_in_the_last_step_and_an_undo_that_is_refused_at_first(world, soteria, namespace):
    kubernetes, longhorn = world.kubernetes, world.longhorn
    bound_pvc(kubernetes, longhorn, namespace)
    backed_up(soteria, namespace)
    world.proxy.rule("delay", method="POST", agent="restore/create_persistent_volume", milliseconds=1500)
    world.proxy.rule("status", method="DELETE", path="/persistentvolumeclaims/", count=2, status=403, body=FORBIDDEN,
                     headers={"Content-Type": "application/json"})
    started = restore(soteria, namespace, "copy")
    uid = kubernetes.get("Restore", soteria.operation(started["operation"])["resource"]["name"], namespace)["metadata"]["uid"]
    eventually("the PV is being made", lambda: world.proxy.counts()[0]["applied"], 60)
    soteria.json("POST", f"/v1/operations/{started['operation']}/cancel", 202)
    ended = soteria.wait_finished(started["operation"], "Cancelled", 90)
    assert "leftovers" not in ended and made_by(kubernetes, longhorn, uid) == [], ended
    wait_no_slots(kubernetes)


@flow
def records_made_with_kubectl(world, soteria, namespace):
    kubernetes, longhorn = world.kubernetes, world.longhorn
    bound_pvc(kubernetes, longhorn, namespace)
    kubernetes.create({"kind": "Backup", "metadata": {"name": "nightly", "namespace": namespace},
                       "spec": {"pvc": "data", "tags": ["a=b"]}})
    soteria.wait_finished(f"backup.{namespace}.nightly")
    kubernetes.create({"kind": "Restore", "metadata": {"name": "back", "namespace": namespace},
                       "spec": {"pvc": "data", "targetPvc": "copy"}})
    soteria.wait_finished(f"restore.{namespace}.back")
    kubernetes.create({"kind": "Restore", "metadata": {"name": "nothing", "namespace": namespace},
                       "spec": {"pvc": "missing", "targetPvc": "other"}})
    soteria.wait_finished(f"restore.{namespace}.nothing", "Failed")
    kubernetes.delete("Backup", "nightly", namespace)


@flow
def slots_that_nobody_holds_any_more(world, soteria, namespace):
    kubernetes, longhorn = world.kubernetes, world.longhorn
    bound_pvc(kubernetes, longhorn, namespace)
    done = backed_up(soteria, namespace)
    wait_no_slots(kubernetes)
    # A slot whose record has ended, as a crash between the two leaves it: the next request takes it over.
    world.proxy.rule("status", method="DELETE", path="/leases/slot-", count=3, status=403, body=FORBIDDEN,
                     headers={"Content-Type": "application/json"})
    again = backed_up(soteria, namespace)
    assert again["id"] != done["id"]
    world.proxy.clear()
    wait_no_slots(kubernetes, 90)


@flow
def a_crash_and_the_next_leader(world, soteria, namespace):
    kubernetes, longhorn = world.kubernetes, world.longhorn
    bound_pvc(kubernetes, longhorn, namespace)
    backed_up(soteria, namespace)
    started = restore(soteria, namespace, "copy")
    eventually("it waits for the data", lambda: soteria.operation(started["operation"]).get("reason") == "WaitRestored")
    soteria.kill()
    other = world.soteria()
    other.wait_finished(started["operation"], seconds=90)
    soteria.start()
    soteria.wait_ready()
    kubernetes.wait_bound(namespace, "copy")
    other.stop()
    eventually("the first one leads again", lambda: backed_up(soteria, namespace), 60)


@flow
def watches_that_end(world, soteria, namespace):
    world.proxy.cut()
    bound_pvc(world.kubernetes, world.longhorn, namespace)
    backed_up(soteria, namespace)


@pytest.mark.parametrize("run", FLOWS, ids=lambda run: run.__name__.replace("_", " "))
def test_the_flow_works_through_the_recording_proxy(world, namespace, run):
    world.longhorn.no_faults()
    world.proxy.clear()
    run(world, world.running[0], namespace)


def test_every_request_of_the_product_is_recorded(world):
    """Runs last: what came through the proxy in the flows above."""
    seen = world.shapes()
    assert len(seen) > 100, f"only {len(seen)} requests came through the proxy: were the flows run?"
    found = shapes.merged(seen)
    purposes = collections.Counter(purpose for shape in found for purpose in shape["for"])
    print(f"\n{len(seen)} requests of the product, {len(found)} shapes, {len(purposes)} purposes")
    if os.environ.get("SOTERIA_RECORD"):
        old = shapes.recorded() if shapes.FILE.exists() else []
        lost = [shape for shape in old if shapes.unknown([shape], found)]
        print("\n".join(f"no longer seen: {shapes.text_of(shape)}" for shape in lost))
        shapes.FILE.write_text(json.dumps(found, indent=1) + "\n")
    problems = shapes.unknown(found, shapes.recorded())
    assert not problems, "The product makes requests that the conformance suite does not know. Look at them, record " \
        "them (SOTERIA_RECORD=1, see this file), and give new ones a case in cases.py:\n" + "\n".join(problems)
