"""Every route, field and metric of the HTTP interface, by its value on the running service.

One world for all of it (simulated Kubernetes and Longhorn), whose every PVC is known, so that whole documents are compared.
At the end a table tells which test looked at which field and metric, and what the contract names must be in it.
"""

import collections
import gzip
import json
import os
import re
import threading

import pytest
import requests

from flow.scene import bound_pvc, row_of, slots
from harness.binaries import ROOT
from harness.contract import asserted, asserted_answer, route_of
from harness.faults import FaultProxy
from harness.longhorn import LonghornSimulator
from harness.simulated_kubernetes import SimulatedKubernetes
from harness.soteria import Soteria
from harness.waiting import eventually

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
BRAD = {"X-Auth-Request-User": "brad", "X-Auth-Request-Email": "b@x", "X-Auth-Request-Groups": "/maintenance, night"}
STORE = "s3://backups@eu-central-1/?backup={}&volume={}"
SEEN = collections.defaultdict(set)  # "GET /v1/inventory namespaces[].name" -> tests


def seen(*what):
    test = os.environ["PYTEST_CURRENT_TEST"].split("::")[-1].split(" ")[0].split("[")[0]
    for one in what:
        SEEN[one].add(test)
        one = re.sub("^problem details ", "problem details gives ", one)
        asserted(re.sub(r"^((?:GET|POST) \S+)(?: \(.*\))? (?=[a-z])", lambda found: route_of(found[1]) + " gives ", one))


def fields_of(value, path=""):
    if isinstance(value, dict):
        return {name for key, inner in value.items() for name in fields_of(inner, f"{path}.{key}" if path else key)} | \
            ({path} if path else set())
    if isinstance(value, list):
        return {name for inner in value for name in fields_of(inner, path + "[]")} | {path}
    return {path}


def plain(value):
    """Times as <time>: when something happened is looked at where it matters."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return "<time>" if isinstance(value, str) and TIME.match(value) else value


def check(route, body, expected):
    """The whole document, and every field of it goes into the table."""
    assert plain(body) == expected
    seen(route, *(f"{route} {field}" for field in fields_of(body)))


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    world = World(tmp_path_factory.mktemp("api"))
    try:
        world.start()
        yield world
    finally:
        world.stop()


class World:
    def __init__(self, folder):
        self.folder = folder
        self.kubernetes = SimulatedKubernetes(folder)
        self.running = []

    def start(self):
        self.kubernetes.start()
        self.kubernetes.install()
        flags = ["--restore-seconds", "10", "--backup-seconds", "4"]
        self.longhorn = LonghornSimulator(self.folder, 0.1, self.kubernetes.url, flags).start()
        self.fill()
        self.soteria = self.another()
        eventually("the inventory is whole", lambda: row_of(self.soteria, "ai", "fresh")["backup_count"] == 1)

    def another(self, settings=None, longhorn_url=None):
        soteria = Soteria(self.folder, self.kubernetes.kubeconfig(self.folder / "kubeconfig"),
                          longhorn_url or self.longhorn.url, settings, name=f"soteria-{len(self.running)}")
        self.running.append(soteria)
        soteria.start()
        return soteria.wait_ready()

    def stop(self):
        for soteria in self.running:
            soteria.stop()
        self.longhorn.kill()
        self.kubernetes.kill()

    def fill(self):
        kubernetes, longhorn = self.kubernetes, self.longhorn
        for name in ("ai", "web", "elsewhere"):
            kubernetes.create({"kind": "Namespace", "metadata": {"name": name}})
        for namespace, pvc in (("ai", "fresh"), ("ai", "stale"), ("web", "missing")):
            bound_pvc(kubernetes, longhorn, namespace, pvc, handle=f"vol-{pvc}")
        kubernetes.claim("ai", "unbound", storage_class="nowhere")
        kubernetes.volume("disk", driver="ebs.csi.aws.com", storage_class="gp3", claim=("web", "unsupported"))
        kubernetes.claim("web", "unsupported", "disk", storage_class="gp3")
        status = json.dumps({"namespace": "old", "pvcName": "gone", "pvName": "vol-gone", "pvStatus": "Bound"})
        for volume, name, hours, labels in (("vol-fresh", "b-fresh", 1, {"team": "a"}), ("vol-stale", "b-stale", 100, {}),
                                            ("vol-gone", "b-gone", 2, {"KubernetesStatus": status})):
            longhorn.seed(backups=[{"name": name, "volume": volume, "snapshotName": f"by-hand-{name}", "size": 1 << 20,
                                    "created": -hours * 3600, "snapshotCreated": -hours * 3600, "labels": labels}])

    def metrics(self, soteria=None):
        """(name, labels in their order) -> value"""
        found = {}
        for line in (soteria or self.soteria).get("/metrics").text.splitlines():
            if line and not line.startswith("#"):
                name, labels, value = re.match(r"([a-z_]+)(?:\{(.*)\})? (\S+)$", line).groups()
                found[name, labels or ""] = float(value)
        return found


# --- the inventory

def row(pvc, reason, namespace="ai", hours=None, **more):
    kept = {"backup_count": 0 if hours is None else 1, "health_reason": reason}
    if hours is not None:
        kept["last_backup_at"] = "<time>"
    made = {"namespace": namespace, "pvc": pvc, "volume": f"vol-{pvc}", "storage_class": "longhorn", "capacity": "1Gi",
            "driver": "longhorn", "healthy": reason == "fresh", **kept, "drivers": {"longhorn": kept}, **more}
    if hours is not None:
        made.update(last_backup_age_hours=float(hours), last_backup_size_bytes=1 << 20)
    return {key: value for key, value in made.items() if value is not None}


AI = [row("fresh", "fresh", hours=1), row("stale", "stale", hours=100),
      row("unbound", "unbound", volume="", storage_class="nowhere", driver="none", drivers=None,
          health_detail="no PersistentVolume is bound to it yet")]
WEB = [row("missing", "missing", "web"),
       row("unsupported", "unsupported", "web", volume="disk", storage_class="gp3", driver="none", drivers=None,
           health_detail="its volume is provided by ebs.csi.aws.com, which no configured driver serves")]
GONE = row("gone", "fresh", "old", hours=2, storage_class="", capacity="2Mi", deleted=True)


def test_the_inventory_lists_every_pvc_by_namespace_and_name_with_the_state_of_its_backups(world):
    body = world.soteria.json("GET", "/v1/inventory")
    check("GET /v1/inventory", body, {"generated_at": "<time>", "namespaces": [
        {"name": "ai", "pvcs": AI}, {"name": "web", "pvcs": WEB}]})
    with_deleted = world.soteria.json("GET", "/v1/inventory?deleted=true")
    check("GET /v1/inventory?deleted=true", with_deleted, {"generated_at": "<time>", "namespaces": [
        {"name": "ai", "pvcs": AI}, {"name": "old", "pvcs": [GONE]}, {"name": "web", "pvcs": WEB}]})
    assert world.soteria.json("GET", "/v1/inventory?deleted=perhaps", 400)["code"] == "bad_parameter"


def test_the_inventory_has_an_entity_tag_and_is_compressed_if_asked(world):
    first = world.soteria.get("/v1/inventory")
    assert first.headers["Cache-Control"] == "private, no-cache"
    again = world.soteria.get("/v1/inventory", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.text, again.headers["ETag"]) == (304, "", first.headers["ETag"])
    other = world.soteria.get("/v1/inventory?deleted=true", headers={"If-None-Match": first.headers["ETag"]})
    assert other.status_code == 200 and other.headers["ETag"] != first.headers["ETag"]
    raw = requests.get(world.soteria.url + "/v1/inventory", headers={"Accept-Encoding": "gzip"}, stream=True, timeout=30)
    assert raw.headers["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(raw.raw.read()))["namespaces"] == first.json()["namespaces"]
    uncompressed = requests.get(world.soteria.url + "/v1/inventory", headers={"Accept-Encoding": "identity"}, timeout=30)
    assert "Content-Encoding" not in uncompressed.headers
    seen("GET /v1/inventory ETag", "GET /v1/inventory Content-Encoding")


def test_a_longhorn_that_cannot_be_asked_makes_backups_unknown_and_not_the_service_unready(world, log_directory):
    proxy = FaultProxy(log_directory, world.longhorn.url).start()
    proxy.rule("status", status=200, body="<html>no API</html>", count=0)
    soteria = world.another({"SOTERIA_METRICS_REFRESH_SECONDS": "1"}, longhorn_url=proxy.url)
    rows = eventually("it has tried", lambda: [
        one for group in soteria.json("GET", "/v1/inventory")["namespaces"] for one in group["pvcs"]
        if one["health_reason"] == "unknown"])
    assert [one["pvc"] for one in rows] == ["fresh", "stale", "missing"]
    assert all(one["health_detail"] and not one["healthy"] for one in rows)
    seen("GET /v1/inventory health_reason unknown")
    ready = soteria.json("GET", "/readyz?verbose")
    checks = {one["name"]: one for one in ready["checks"]}
    assert not checks["longhorn"]["ok"] and not checks["longhorn"]["required"] and checks["longhorn"]["message"]
    assert "127.0.0.1" not in json.dumps(ready), "the route is public"
    seen("GET /readyz?verbose checks[].message")
    metrics = eventually("a failed refresh is counted", lambda: (
        now := world.metrics(soteria))["soteria_inventory_refresh_failures_total", ""] >= 1 and now)
    assert metrics["soteria_inventory_refresh_timestamp_seconds", ""] == 0
    assert metrics["soteria_pvcs", 'health_reason="unknown"'] == 3
    assert metrics["pvc_backup_health", 'namespace="ai",pvc="fresh",volume="vol-fresh",driver="longhorn"'] == 0
    proxy.clear()
    eventually("it is well again", lambda: row_of(soteria, "ai", "fresh")["healthy"], 20)
    metrics = world.metrics(soteria)
    assert metrics["soteria_inventory_refresh_timestamp_seconds", ""] > 1.7e9
    assert metrics["soteria_pvcs", 'health_reason="unknown"'] == 0
    seen("metric soteria_inventory_refresh_failures_total", "metric soteria_inventory_refresh_timestamp_seconds")
    soteria.stop()
    proxy.kill()


# --- backups of one PVC

def entry(name, volume, snapshot=None, **more):
    return {"name": name, "snapshot": snapshot or f"by-hand-{name}", "driver": "longhorn", "volume": volume,
            "state": "completed", "created_at": "<time>", "finished_at": "<time>", "size_bytes": 1 << 20,
            "mode": "incremental", "url": STORE.format(name, volume), "tags": [], "latest": True, "restorable": True, **more}


def test_the_backups_of_a_pvc_and_of_one_that_is_gone(world):
    check("GET /v1/backups", world.soteria.json("GET", "/v1/backups?namespace=ai&pvc=fresh"), {
        "namespace": "ai", "pvc": "fresh", "pvc_exists": True, "driver": "longhorn", "volume": "vol-fresh",
        "generated_at": "<time>", "backups": [entry("b-fresh", "vol-fresh", tags=["team=a"])]})
    check("GET /v1/backups", world.soteria.json("GET", "/v1/backups?namespace=old&pvc=gone"), {
        "namespace": "old", "pvc": "gone", "pvc_exists": False, "driver": "longhorn", "volume": "",
        "generated_at": "<time>", "backups": [entry("b-gone", "vol-gone")]})
    check("GET /v1/backups", world.soteria.json("GET", "/v1/backups?namespace=web&pvc=missing"), {
        "namespace": "web", "pvc": "missing", "pvc_exists": True, "driver": "longhorn", "volume": "vol-missing",
        "generated_at": "<time>", "backups": []})


@pytest.mark.parametrize("query, status, code", [
    ("", 400, "missing_parameter"), ("?namespace=ai", 400, "missing_parameter"),
    ("?namespace=Not_A&pvc=fresh", 400, "invalid_name"), ("?namespace=ai&pvc=Not_A", 400, "invalid_name"),
    ("?namespace=ai&pvc=nothing", 404, "pvc_not_found")])
def test_backups_of_what_is_not_there(world, query, status, code):
    assert world.soteria.json("GET", f"/v1/backups{query}", status)["code"] == code
    seen("GET /v1/backups refusals")


def test_a_backup_that_runs_and_one_that_failed_are_listed_as_such(world):
    longhorn, soteria = world.longhorn, world.soteria
    longhorn.seed(backups=[{"name": "b-broken", "volume": "vol-stale", "snapshotName": "by-hand-b-broken", "state": "Error",
                            "error": "the store is full", "created": -60, "snapshotCreated": -60}])
    longhorn.fault(do="stall_backup", at=40)
    started = soteria.json("POST", "/v1/backup", 202, json={"namespace": "ai", "pvc": "stale"})

    def listed():
        found = {one["name"]: one for one in soteria.json("GET", "/v1/backups?namespace=ai&pvc=stale")["backups"]}
        running = [one for one in found.values() if one["state"] == "running" and one.get("progress_percent")]
        return running and "b-broken" in found and (running[0], found["b-broken"], found["b-stale"])

    running, broken, good = eventually("both are listed", listed, 20)
    assert (running["snapshot"], running["latest"], running["restorable"]) == (started["backup"], False, False)
    assert 0 < running["progress_percent"] <= 40
    assert (broken["state"], broken["error"], broken["latest"], broken["restorable"]) == \
        ("failed", "the store is full", False, False)
    assert good["latest"] and good["restorable"]
    soteria.json("POST", f"/v1/operations/{started['operation']}/cancel", 202)
    soteria.wait_finished(started["operation"], "Cancelled")
    longhorn.no_faults()
    assert longhorn.post("/v1/backupvolumes/vol-stale?action=backupDelete", json={"name": "b-broken"}).status_code == 200
    seen("GET /v1/backups backups[].progress_percent", "GET /v1/backups backups[].error")


# --- starting

def steps(*rows):
    keys = ("step", "action", "object", "detail", "undo")
    return [{key: value for key, value in zip(keys, one) if value} for one in rows]


def test_a_backup_its_plan_its_answer_its_operation_and_its_metrics(world):
    soteria, before = world.soteria, world.metrics()
    body = {"namespace": "web", "pvc": "missing", "tags": ["service=llm", "nightly"], "dry_run": True}
    plan = soteria.json("POST", "/v1/backup", json=body, headers=BRAD)
    name = plan["backup"]
    assert re.match(r"soteria-backup-web-missing-\d{8}-\d{6}$", name)
    snapshot, copy = ({"kind": kind, "name": name} for kind in ("LonghornSnapshot", "LonghornBackup"))
    check("POST /v1/backup (dry run)", plan, {
        "driver": "longhorn", "volume": "vol-missing", "backup": name, "namespace": "web", "pvc": "missing",
        "requested_by": "brad", "dry_run": True, "warnings": [], "plan_hash": plan["plan_hash"], "plan": steps(
            ("resolve", "run", {"kind": "LonghornVolume", "name": "vol-missing"},
             "Make sure that the PVC still stands for the same Longhorn volume."),
            ("create_snapshot", "create", snapshot,
             "Take a snapshot of the volume; a detached volume is attached for it by Longhorn.", "delete_snapshot"),
            ("wait_snapshot", "wait", snapshot, "Wait until the snapshot can be used."),
            ("start_backup", "run", copy, "Tell Longhorn to back the snapshot up. Mode: incremental.", "delete_backup"),
            ("wait_backup", "wait", copy, "Follow the backup until it is complete in the backup store."))})
    assert re.match(r"[a-z2-7]{26}$", plan["plan_hash"])
    assert world.kubernetes.list("Backup") == [] or all(
        one["metadata"]["namespace"] != "web" for one in world.kubernetes.list("Backup"))

    answer = soteria.post("/v1/backup", json={**body, "dry_run": False}, headers=BRAD)
    made = answer.json()
    assert answer.status_code == 202 and answer.headers["Location"] == f"/v1/operations/{made['operation']}"
    check("POST /v1/backup", made, {
        "driver": "longhorn", "volume": "vol-missing", "backup": made["backup"], "namespace": "web", "pvc": "missing",
        "requested_by": "brad", "dry_run": False, "operation": f"backup.web.{made['backup']}"})
    eventually("it is counted as running", lambda: world.metrics()["soteria_operations_running", 'kind="backup"'] == 1)

    done = soteria.wait_finished(made["operation"])
    name = done["result"]["backup"]
    done_steps = [{"name": step, "state": "done", "started_at": "<time>", "finished_at": "<time>"}
                  for step in ("resolve", "create_snapshot", "wait_snapshot", "start_backup", "wait_backup")]
    expected = {
        "id": made["operation"], "resource": {"kind": "Backup", "namespace": "web", "name": made["backup"]},
        "kind": "backup", "driver": "longhorn", "namespace": "web", "pvc": "missing", "phase": "Succeeded",
        "stalled": False, "reason": "Completed", "message": "the backup of web/missing is complete", "steps": done_steps,
        "progress": {"percent": 100}, "result": {"backup": name, "volume": "vol-missing"}, "requested_by": "brad",
        "source": "proxy", "request_id": answer.headers["X-Request-Id"], "created_at": "<time>", "started_at": "<time>",
        "finished_at": "<time>"}
    check("GET /v1/operations/{id}", done, expected)
    listed = eventually("its row is right within 2 s", lambda: (
        now := row_of(soteria, "web", "missing")) and now["health_reason"] == "fresh" and now, 4)
    assert listed["backup_count"] == 1 and listed["last_backup_age_hours"] == 0.0
    check("GET /v1/backups", soteria.json("GET", "/v1/backups?namespace=web&pvc=missing")["backups"], [
        entry(name, "vol-missing", made["backup"], size_bytes=listed["last_backup_size_bytes"],
              tags=["nightly=true", "service=llm"])])

    after = world.metrics()
    changed = {key: value - before.get(key, 0) for key, value in after.items()
               if value != before.get(key, 0) and re.match("soteria_(backup_req|restore_req|operations)", key[0])}
    assert changed == {("soteria_backup_requests_total", 'driver="longhorn",result="accepted"'): 1,
                       ("soteria_backup_requests_total", 'driver="longhorn",result="dry_run"'): 1,
                       ("soteria_operations_total", 'kind="backup",driver="longhorn",outcome="succeeded"'): 1,
                       ("soteria_operations", 'kind="backup",phase="Succeeded"'): 1}
    labels = 'namespace="web",pvc="missing",volume="vol-missing",driver="longhorn"'
    assert (before["pvc_backup_count", labels], after["pvc_backup_count", labels]) == (0, 1)
    assert (before["pvc_backup_health", labels], after["pvc_backup_health", labels]) == (0, 1)
    assert before["pvc_backup_last_success_timestamp_seconds", labels] == 0
    assert after["pvc_backup_last_success_timestamp_seconds", labels] > 1.7e9
    assert ("pvc_backup_age_hours", labels) not in before and 0 <= after["pvc_backup_age_hours", labels] < 0.1
    seen("metric soteria_operations_running", "metric soteria_operations", "metric soteria_operations_total",
         "metric soteria_backup_requests_total")


def test_a_restore_its_plan_its_answer_and_its_operation(world):
    soteria, before = world.soteria, world.metrics()
    body = {"namespace": "ai", "pvc": "fresh", "snapshot": "latest", "target_namespace": "elsewhere", "target_pvc": "copy"}
    plan = soteria.json("POST", "/v1/restores", json={**body, "dry_run": True}, headers=BRAD)
    volume, target = plan["volume"], {"kind": "PersistentVolumeClaim", "namespace": "elsewhere", "name": "copy"}
    assert re.match(r"soteria-[a-z2-7]{26}$", volume)
    common = {"driver": "longhorn", "namespace": "ai", "pvc": "fresh", "snapshot": "latest", "backup": "b-fresh",
              "backup_url": STORE.format("b-fresh", "vol-fresh"), "backup_created_at": "<time>",
              "target_namespace": "elsewhere", "target_pvc": "copy", "requested_by": "brad"}
    check("POST /v1/restores (dry run)", plan, {
        **common, "volume": volume, "dry_run": True, "warnings": [], "plan_hash": plan["plan_hash"], "plan": steps(
            ("resolve", "run", {"kind": "LonghornBackup", "name": "b-fresh"},
             "Make sure that the backup is still there and belongs to the source."),
            ("create_volume", "create", {"kind": "LonghornVolume", "name": volume}, "Make a Longhorn volume from the backup.",
             "delete_volume"),
            ("create_claim", "create", target, "Reserve the target's name with a claim that waits for this volume.",
             "delete_claim"),
            ("wait_restored", "wait", {"kind": "LonghornVolume", "name": volume},
             "Wait until all data is back in the volume."),
            ("create_persistent_volume", "create", {"kind": "PersistentVolume", "name": volume},
             "Offer the volume to the claim, and to no other.", "delete_persistent_volume"),
            ("wait_bound", "wait", target, "Wait until Kubernetes has bound the claim to the volume."))})

    world.longhorn.fault(do="stall_restore", at=40, times=0)
    answer = soteria.post("/v1/restores", json=body, headers=BRAD)
    made = answer.json()
    assert answer.status_code == 202 and answer.headers["Location"] == f"/v1/operations/{made['operation']}"
    assert re.match(r"restore\.elsewhere\.soteria-restore-copy-\d{8}-\d{6}-[a-z0-9]{5}$", made["operation"])
    check("POST /v1/restores", made, {**common, "volume": made["volume"], "dry_run": False, "operation": made["operation"]})

    def halfway():
        now = soteria.operation(made["operation"])
        return 0 < now.get("progress", {}).get("percent", 0) < 100 and "bytes_total" in now["progress"] and now

    running = eventually("its progress shows", halfway, 20)
    world.longhorn.no_faults()
    assert running["phase"] == "Running" and running["reason"] == "WaitRestored" and running["message"]
    progress = running["progress"]
    assert progress["bytes_total"] > 0 and progress["bytes_done"] == progress["bytes_total"] // 100 * progress["percent"]
    seen(*(f"GET /v1/operations/{{id}} progress.{name}" for name in ("percent", "bytes_done", "bytes_total")))

    done = soteria.wait_finished(made["operation"])
    check("GET /v1/operations/{id}", done, {
        "id": made["operation"], "kind": "restore", "driver": "longhorn", "namespace": "ai", "pvc": "fresh",
        "resource": {"kind": "Restore", "namespace": "elsewhere", "name": made["operation"].split(".", 2)[2]},
        "target_namespace": "elsewhere", "target_pvc": "copy", "phase": "Succeeded", "stalled": False,
        "reason": "Completed", "message": "restored into elsewhere/copy", "steps": [
            {"name": step, "state": "done", "started_at": "<time>", "finished_at": "<time>"}
            for step in ("resolve", "create_volume", "create_claim", "wait_restored", "create_persistent_volume",
                         "wait_bound")],
        "progress": done["progress"], "result": {"backup": "b-fresh", "volume": made["volume"], "claim_name": "copy"},
        "requested_by": "brad", "source": "proxy", "request_id": answer.headers["X-Request-Id"],
        "created_at": "<time>", "started_at": "<time>", "finished_at": "<time>"})
    assert done["progress"]["percent"] == 100
    after = world.metrics()
    for name, labels in (("soteria_restore_requests_total", 'driver="longhorn",result="accepted"'),
                         ("soteria_restore_requests_total", 'driver="longhorn",result="dry_run"'),
                         ("soteria_operations_total", 'kind="restore",driver="longhorn",outcome="succeeded"'),
                         ("soteria_operations", 'kind="restore",phase="Succeeded"')):
        assert after[name, labels] - before[name, labels] == 1, (name, labels)
        seen(f"metric {name}")
    exists = soteria.json("POST", "/v1/restores", 409, json=body)
    assert exists["code"] == "target_exists"


def test_the_older_name_of_restores_does_the_same(world):
    soteria = world.soteria
    body = {"namespace": "ai", "pvc": "fresh", "snapshot": "by-hand-b-fresh", "target_pvc": "tested", "dry_run": True}
    plan = soteria.json("POST", "/v1/restore-test", json=body)
    same = soteria.json("POST", "/v1/restores", json=body)
    assert set(plan) == set(same) and plan["backup"] == same["backup"] == "b-fresh" and plan["target_namespace"] == "ai"
    assert plan["plan_hash"] == same["plan_hash"]
    for missing, code in (("pvc", "pvc_required"), ("target_pvc", "target_pvc_required")):
        short = {key: value for key, value in body.items() if key != missing}
        assert soteria.json("POST", "/v1/restore-test", 422, json=short)["code"] == code
    answer = soteria.post("/v1/restore-test", json={**body, "dry_run": False})
    assert answer.status_code == 202
    soteria.wait_finished(answer.json()["operation"])
    seen("POST /v1/restore-test", *(f"POST /v1/restore-test {field}" for field in fields_of(answer.json())))


def test_work_is_started_only_if_its_plan_is_the_one_that_was_seen(world):
    soteria, longhorn = world.soteria, world.longhorn
    backup = {"namespace": "web", "pvc": "missing"}
    restore = {"namespace": "ai", "pvc": "stale", "target_pvc": "confirmed"}
    for route, body in (("/v1/backup", backup), ("/v1/restores", restore), ("/v1/restore-test", restore)):
        seen_plan = soteria.json("POST", route, json={**body, "dry_run": True})["plan_hash"]
        assert soteria.json("POST", route, json={**body, "dry_run": True})["plan_hash"] == seen_plan
        for tag in ('"other"', f'W/"{seen_plan}"', '"a", "b"'):
            for dry_run in (True, False):
                refusal = soteria.json("POST", route, 412, json={**body, "dry_run": dry_run}, headers={"If-Match": tag})
                assert refusal["code"] == "plan_changed" and seen_plan in refusal["detail"], tag
        assert soteria.json("POST", route, 400, json=body, headers={"If-Match": seen_plan})["code"] == "invalid_if_match"
        for tag in (f'"{seen_plan}"', f'"other", "{seen_plan}"', "*"):
            soteria.json("POST", route, json={**body, "dry_run": True}, headers={"If-Match": tag})
        seen(f"POST {route} If-Match")
    plan = soteria.json("POST", "/v1/restores", json={**restore, "dry_run": True})["plan_hash"]
    longhorn.seed(backups=[{"name": "b-newer", "volume": "vol-stale", "snapshotName": "by-hand-b-newer", "size": 1 << 20,
                            "created": -50, "snapshotCreated": -50}])
    eventually("the newer backup is seen", lambda: any(
        one["name"] == "b-newer" for one in soteria.json("GET", "/v1/backups?namespace=ai&pvc=stale")["backups"]))
    assert soteria.json("POST", "/v1/restores", 412, json=restore, headers={"If-Match": f'"{plan}"'})["code"] == "plan_changed"
    assert longhorn.post("/v1/backupvolumes/vol-stale?action=backupDelete", json={"name": "b-newer"}).status_code == 200
    eventually("it is the old plan again", lambda: soteria.json(
        "POST", "/v1/restores", json={**restore, "dry_run": True})["plan_hash"] == plan)
    started = soteria.json("POST", "/v1/restores", 202, json=restore, headers={"If-Match": f'"{plan}"'})
    soteria.wait_finished(started["operation"])


def test_a_query_parameter_that_a_route_does_not_take_is_refused(world):
    typo = world.soteria.json("GET", "/v1/inventory?delted=true", 400)
    assert typo["code"] == "unknown_parameter" and "deleted" in typo["detail"]
    assert world.soteria.json("POST", "/v1/backup?dry_run=true", 400, json=BACKUP)["code"] == "unknown_parameter"
    assert world.soteria.json("GET", "/v1/operations?kind=backup&kind=restore", 400)["code"] == "duplicate_parameter"
    seen("query parameters")


# --- operations

def test_operations_are_listed_newest_first_by_page_and_filter(world):
    soteria = world.soteria
    for _ in range(2):
        body = {"namespace": "ai", "pvc": "fresh"}
        soteria.wait_finished(soteria.json("POST", "/v1/backup", 202, json=body)["operation"])
    whole = soteria.json("GET", "/v1/operations")["operations"]
    assert [one["created_at"] for one in whole] == sorted((one["created_at"] for one in whole), reverse=True)
    pages, token = [], ""
    while token is not None:
        page = soteria.json("GET", f"/v1/operations?limit=2&continue={token}" if token else "/v1/operations?limit=2")
        assert len(page["operations"]) <= 2
        pages += page["operations"]
        token = page.get("continue")
    assert pages == whole
    # A page goes on where the one before ended, whatever came or went meanwhile.
    first = soteria.json("GET", "/v1/operations?limit=2")
    newer = soteria.json("POST", "/v1/backup", 202, json={"namespace": "ai", "pvc": "fresh"})["operation"]
    soteria.wait_finished(newer)
    last_shown = first["operations"][-1]["resource"]
    world.kubernetes.delete(last_shown["kind"], last_shown["name"], last_shown["namespace"])
    eventually("a record is gone", lambda: soteria.get(f"/v1/operations/{first['operations'][-1]['id']}").status_code == 404)
    rest = soteria.json("GET", f"/v1/operations?limit=500&continue={first['continue']}")["operations"]
    assert [one["id"] for one in rest] == [one["id"] for one in whole[2:]]
    whole = soteria.json("GET", "/v1/operations")["operations"]
    assert whole[0]["id"] == newer
    for query, matches in (("kind=restore", lambda one: one["kind"] == "restore"),
                           ("phase=Succeeded", lambda one: one["phase"] == "Succeeded"),
                           ("namespace=ai&pvc=fresh&kind=backup", lambda one: (one["kind"], one["namespace"], one["pvc"]) ==
                            ("backup", "ai", "fresh"))):
        assert soteria.json("GET", f"/v1/operations?{query}")["operations"] == [one for one in whole if matches(one)], query
    for query in ("limit=0", "limit=501", "limit=x", "kind=nothing", "phase=running", "continue=nonsense",
                  "namespace=", "pvc=Not_A", "continue=2026-01-01T00:00:00Z~nonsense"):
        assert soteria.json("GET", f"/v1/operations?{query}", 400)["status"] == 400, query
    seen("GET /v1/operations", "GET /v1/operations operations", "GET /v1/operations continue",
         *(f"GET /v1/operations ?{name}" for name in ("namespace", "pvc", "kind", "phase", "limit", "continue")))


def test_a_cancel_answers_the_operation_and_a_failure_says_why(world):
    soteria, longhorn, before = world.soteria, world.longhorn, world.metrics()
    longhorn.fault(do="stall_backup", at=40)
    started = soteria.json("POST", "/v1/backup", 202, json={"namespace": "ai", "pvc": "fresh"})
    path = f"/v1/operations/{started['operation']}"
    eventually("it is under way", lambda: soteria.operation(started["operation"]).get("reason") == "WaitBackup")
    conflict = soteria.json("POST", "/v1/backup", 409, json={"namespace": "ai", "pvc": "fresh"})
    assert conflict["code"] == "operation_running" and started["operation"] in conflict["detail"]
    answer = soteria.post(path + "/cancel", headers=BRAD)
    assert answer.status_code == 202 and answer.json()["id"] == started["operation"]
    assert answer.headers["Location"] == path
    assert soteria.post(path + "/cancel").status_code == 202
    ended = soteria.wait_finished(started["operation"], "Cancelled")
    assert ended["error"] == {"code": "cancelled", "detail": "cancelled by brad"}
    assert {step["name"]: step["state"] for step in ended["steps"]} == {
        "resolve": "done", "create_snapshot": "undone", "wait_snapshot": "done", "start_backup": "undone",
        "wait_backup": "running"}
    assert soteria.json("POST", path + "/cancel", 409)["code"] == "already_finished"
    assert soteria.json("POST", "/v1/operations/backup.ai.nothing/cancel", 404)["code"] == "operation_not_found"
    longhorn.no_faults()
    longhorn.fault(do="fail_backup", at=40, error="the store is full")
    started = soteria.json("POST", "/v1/backup", 202, json={"namespace": "ai", "pvc": "fresh"})
    ended = soteria.wait_finished(started["operation"], "Failed")
    assert "the store is full" in ended["error"]["detail"] and ended["error"]["code"] == "backup_failed"
    longhorn.no_faults()
    after = world.metrics()
    for outcome in ("cancelled", "failed"):
        labels = f'kind="backup",driver="longhorn",outcome="{outcome}"'
        assert after["soteria_operations_total", labels] - before["soteria_operations_total", labels] == 1
    conflicts = 'driver="longhorn",result="conflict"'
    assert after["soteria_backup_requests_total", conflicts] - before["soteria_backup_requests_total", conflicts] == 1
    seen("POST /v1/operations/{id}/cancel", "GET /v1/operations/{id} error", "GET /v1/operations/{id} error.code",
         "GET /v1/operations/{id} error.detail")
    assert soteria.json("GET", "/v1/operations/nonsense", 404)["code"] == "operation_not_found"


# --- whoami, health

def test_whoami_tells_who_the_service_thinks_you_are(world):
    check("GET /v1/whoami", world.soteria.json("GET", "/v1/whoami", headers=BRAD), {
        "user": "brad", "email": "b@x", "groups": ["maintenance", "night"], "source": "proxy", "authenticated": True,
        "auth_required": False, "allowed": True})
    by_mail = world.soteria.json("GET", "/v1/whoami", headers={"X-Auth-Request-Email": "b@x"})
    assert by_mail["user"] == "b@x"
    check("GET /v1/whoami", world.soteria.json("GET", "/v1/whoami"), {
        "user": "anonymous", "groups": [], "source": "anonymous", "authenticated": False, "auth_required": False,
        "allowed": True})


def test_health_and_readiness(world):
    soteria = world.soteria
    check("GET /healthz", soteria.json("GET", "/healthz"), {"status": "ok"})
    check("GET /readyz", soteria.json("GET", "/readyz"), {"status": "ready"})
    check("GET /readyz?verbose", soteria.json("GET", "/readyz?verbose"), {"status": "ready", "checks": [
        {"name": "kubernetes", "ok": True, "required": True, "since": "<time>"},
        {"name": "longhorn", "ok": True, "required": False, "since": "<time>"},
        {"name": "backup_target", "ok": True, "required": False, "since": "<time>"}]})


def test_without_kubernetes_it_is_alive_and_not_ready(world, tmp_path):
    kubeconfig = world.kubernetes.kubeconfig(tmp_path / "kubeconfig", "http://127.0.0.1:1")
    with Soteria(tmp_path, kubeconfig, world.longhorn.url) as soteria:
        check("GET /readyz (not ready)", soteria.json("GET", "/readyz", 503), {
            "status": "not_ready", "failing": ["kubernetes"]})
        assert soteria.json("GET", "/healthz") == {"status": "ok"}
        assert soteria.json("GET", "/readyz?verbose", 503)["checks"][0]["ok"] is False


# --- bodies that are refused

def refused(world, route, body, status, code, headers=None):
    data = body if isinstance(body, (str, bytes)) else json.dumps(body)
    answer = world.soteria.post(route, data=data, headers={"Content-Type": "application/json", **(headers or {})})
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code), answer.text
    asserted_answer("POST", route, status, code)
    return answer, problem


def test_a_refusal_is_a_problem_document(world):
    answer, problem = refused(world, "/v1/backup", "{", 400, "malformed_json")
    assert answer.headers["Content-Type"] == "application/problem+json"
    check("problem details", problem, {
        "type": "urn:soteria:problem:malformed_json", "title": "Bad Request", "status": 400,
        "detail": problem["error"], "instance": "/v1/backup", "code": "malformed_json", "error": problem["detail"],
        "request_id": answer.headers["X-Request-Id"]})


BACKUP = {"namespace": "ai", "pvc": "fresh"}
RESTORE = {**BACKUP, "target_pvc": "new"}
BAD_BACKUPS = [
    ("", 400, "malformed_json"), ("{", 400, "malformed_json"), ("[]", 400, "malformed_json"), ("7", 400, "malformed_json"),
    ('{"namespace":"ai","pvc":"fresh"} x', 400, "malformed_json"),
    (b'{"namespace":"ai","pvc":"\xff"}', 400, "malformed_json"),
    ('{"namespace":"ai","pvc":"fresh","pvc":"stale"}', 400, "duplicate_field"),
    ({**BACKUP, "dryrun": True}, 400, "unknown_field"), ({**BACKUP, "target_pvc": "x"}, 400, "unknown_field"),
    ({"pvc": "fresh"}, 400, "missing_field"), ({"namespace": "ai"}, 400, "missing_field"),
    ({"namespace": "ai", "pvc": None}, 400, "missing_field"),
    ({"namespace": "ai", "pvc": 7}, 400, "wrong_type"), ({**BACKUP, "dry_run": "yes"}, 400, "wrong_type"),
    ({**BACKUP, "tags": "a=b"}, 400, "wrong_type"), ({**BACKUP, "tags": [1]}, 400, "wrong_type"),
    ({"namespace": "Not_A", "pvc": "fresh"}, 400, "invalid_name"), ({"namespace": "a.b", "pvc": "x"}, 400, "invalid_name"),
    ({"namespace": "ai", "pvc": "-x"}, 400, "invalid_name"), ({"namespace": "ai", "pvc": "x" * 254}, 400, "invalid_name"),
    ({**BACKUP, "tags": ["a="]}, 400, "invalid_tags"), ({**BACKUP, "tags": ["a=1", "a=2"]}, 400, "invalid_tags"),
    ({**BACKUP, "tags": [f"t{i}" for i in range(33)]}, 400, "invalid_tags"),
    ({**BACKUP, "tags": ["longhorn.io/x=1"]}, 422, "reserved_tag"),
    ({**BACKUP, "driver": "restic"}, 422, "driver_not_configured"),
    ({"namespace": "ai", "pvc": "nothing"}, 404, "pvc_not_found"), ({"namespace": "ai", "pvc": "unbound"}, 422, "pvc_not_bound"),
    ({"namespace": "web", "pvc": "unsupported"}, 422, "not_longhorn")]
BAD_RESTORES = [
    (BACKUP, 400, "missing_field"), ({**RESTORE, "tags": []}, 400, "unknown_field"),
    ({**RESTORE, "snapshot": "latest", "backup_url": "s3://x"}, 400, "conflicting_fields"),
    ({**RESTORE, "snapshot": ""}, 400, "invalid_snapshot"), ({**RESTORE, "backup_url": "a b"}, 400, "invalid_backup_url"),
    ({**RESTORE, "capacity": "much"}, 400, "invalid_quantity"), ({**RESTORE, "capacity": "0"}, 400, "invalid_quantity"),
    ({**RESTORE, "access_modes": []}, 400, "invalid_access_modes"),
    ({**RESTORE, "access_modes": ["Once"]}, 400, "invalid_access_modes"),
    ({**RESTORE, "storage_class": "Not A"}, 400, "invalid_name"), ({**RESTORE, "target_namespace": "a.b"}, 400, "invalid_name"),
    ({**RESTORE, "target_pvc": "UPPER"}, 400, "invalid_name"), ({**RESTORE, "allow_foreign": "no"}, 400, "wrong_type"),
    ({**RESTORE, "verify": True}, 422, "unsupported_field"),
    ({**RESTORE, "snapshot": "no-such-backup"}, 404, "no_backup"),
    ({**RESTORE, "snapshot": "b-stale"}, 422, "foreign_backup"),
    ({**RESTORE, "target_namespace": "nowhere"}, 404, "namespace_not_found"),
    ({**RESTORE, "target_pvc": "stale"}, 409, "target_exists"),
    ({"namespace": "ai", "pvc": "nothing", "target_pvc": "new"}, 404, "pvc_not_found")]


@pytest.mark.parametrize("route, cases, family", [
    ("/v1/backup", BAD_BACKUPS, "soteria_backup_requests_total"),
    ("/v1/restores", BAD_RESTORES, "soteria_restore_requests_total")])
def test_bad_bodies_are_refused_with_their_code_change_nothing_and_are_counted(world, route, cases, family):
    before, volumes, claims = world.metrics(), sorted(world.longhorn.volumes()), world.kubernetes.list("PersistentVolumeClaim")
    wrong = []
    for body, status, code in cases:
        data = body if isinstance(body, (str, bytes)) else json.dumps(body)
        answer = world.soteria.post(route, data=data, headers={"Content-Type": "application/json"})
        if (answer.status_code, answer.json().get("code")) != (status, code):
            wrong.append(f"{data[:80]}: {answer.status_code} {answer.json().get('code')}, not {status} {code}: "
                         f"{answer.json().get('detail')}")
        asserted_answer("POST", route, status, code)
    assert not wrong, "\n".join(wrong)
    expected = collections.Counter({400: "invalid", 422: "invalid", 404: "not_found", 409: "conflict"}[status]
                                   for _, status, _ in cases)
    after = world.metrics()
    counted = {result: after[family, f'driver="longhorn",result="{result}"'] -
               before[family, f'driver="longhorn",result="{result}"'] for result in expected}
    assert counted == expected
    assert sorted(world.longhorn.volumes()) == volumes and not slots(world.kubernetes)
    assert [one["metadata"]["uid"] for one in world.kubernetes.list("PersistentVolumeClaim")] == \
        [one["metadata"]["uid"] for one in claims]
    seen(f"POST {route} refusals", f"metric {family}")


def test_bodies_of_another_type_or_size_are_refused(world):
    for kind in (None, "text/plain", "application/x-www-form-urlencoded"):
        answer = world.soteria.post("/v1/backup", data=json.dumps(BACKUP), headers={"Content-Type": kind} if kind else {})
        assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
    fine = world.soteria.post("/v1/backup", data=json.dumps({**BACKUP, "dry_run": True, "tags": None}),
                              headers={"Content-Type": "Application/JSON; charset=utf-8"})
    assert fine.status_code == 200, fine.text
    refused(world, "/v1/backup", json.dumps({**BACKUP, "tags": ["x" * 70_000]}), 413, "body_too_large")
    seen("POST /v1/backup refusals")


# --- methods and paths

ROUTES = {"/": "GET", "/openapi.json": "GET", "/healthz": "GET", "/readyz": "GET", "/metrics": "GET", "/v1/whoami": "GET", "/v1/inventory": "GET",
          "/v1/backups": "GET", "/v1/backup": "POST", "/v1/restores": "POST", "/v1/restore-test": "POST",
          "/v1/operations": "GET", "/v1/operations/x": "GET", "/v1/operations/x/cancel": "POST"}


@pytest.mark.parametrize("path", ROUTES)
def test_every_route_has_its_methods(world, path):
    soteria, method = world.soteria, ROUTES[path]
    allowed = "GET, HEAD, OPTIONS" if method == "GET" else "POST, OPTIONS"
    options = soteria.request("OPTIONS", path)
    assert (options.status_code, options.headers["Allow"], options.text) == (204, allowed, "")
    for other in {"GET", "POST", "PUT", "DELETE", "PATCH"} - {method}:
        answer = soteria.request(other, path)
        assert (answer.status_code, answer.headers.get("Allow"), answer.json()["code"]) == \
            (405, allowed, "method_not_allowed"), other
    if method == "GET":
        whole, head = soteria.get(path), soteria.request("HEAD", path)
        assert (head.status_code, head.text) == (whole.status_code, "")
        assert head.headers["Content-Type"] == whole.headers["Content-Type"]
    seen(f"methods of {path}")


def test_paths_that_are_none(world):
    for path in ("/nothing", "/v1", "/v1/inventory/x", "/v1/operations/x/y", "/v2/inventory", "/assets/nothing.js",
                 "/assets/../healthz/x"):
        answer = world.soteria.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "no_such_route"), path
    seen("404")


def test_the_console_and_its_files(world):
    page = world.soteria.get("/")
    assert page.headers["Content-Type"].startswith("text/html") and "default-src 'none'" in page.headers["Content-Security-Policy"]
    files = set(re.findall(r'(?:src|href)="/?(assets/[^"]+)"', page.text))
    assert files
    for file in files:
        answer = world.soteria.get(f"/{file}")
        assert answer.status_code == 200 and answer.headers["ETag"], file
        assert world.soteria.get(f"/{file}", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    seen("GET /")


# --- metrics

def test_every_counter_is_there_at_0_from_the_start(world):
    soteria = world.another(longhorn_url="http://127.0.0.1:1")
    metrics = world.metrics(soteria)
    results = ("accepted", "replayed", "dry_run", "invalid", "denied", "not_found", "conflict", "throttled", "unavailable",
               "error")
    expected = {(f"soteria_{kind}_requests_total", f'driver="longhorn",result="{result}"')
                for kind in ("backup", "restore") for result in results}
    expected |= {("soteria_operations_total", f'kind="{kind}",driver="longhorn",outcome="{outcome}"')
                 for kind in ("backup", "restore", "restore_test")
                 for outcome in ("succeeded", "incomplete", "failed", "cancelled")}
    expected |= {("soteria_authz_denials_total", f'reason="{reason}"') for reason in (
        "no_identity", "bad_token", "group_not_allowed", "namespace_not_allowed", "malformed_identity", "untrusted_proxy",
        "cross_site")}
    families = {name for name, _ in expected}
    assert {key: value for key, value in metrics.items() if key[0] in families} == dict.fromkeys(expected, 0.0)
    for route, method in ROUTES.items():
        template = route.replace("/x", "/{id}")
        for code in ("3xx", "5xx") if route != "/readyz" else ("3xx",):
            assert metrics["soteria_http_requests_total", f'route="{template}",method="{method}",code="{code}"'] == 0
    soteria.stop()
    seen(*(f"metric {name}" for name, _ in expected))


def test_denials_are_counted_by_their_reason(world):
    settings = {"SOTERIA_AUTH_REQUIRED": "true", "SOTERIA_AUTH_BEARER_TOKENS": "good", "SOTERIA_ALLOWED_GROUPS": "ops"}
    soteria = world.another(settings)
    cross = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example", "Authorization": "Bearer good"}
    for status, headers in ((401, {}), (401, {"Authorization": "Bearer bad"}), (403, BRAD),
                            (401, {"X-Auth-Request-User": "x" * 400})):
        assert soteria.get("/v1/whoami", headers=headers).status_code == status
    assert soteria.post("/v1/backup", json=BACKUP, headers=cross).status_code == 403
    assert soteria.post("/v1/backup", json=BACKUP).status_code == 401
    metrics = world.metrics(soteria)
    counts = {labels: value for (name, labels), value in metrics.items() if name == "soteria_authz_denials_total"}
    assert counts == {'reason="no_identity"': 2, 'reason="bad_token"': 1, 'reason="group_not_allowed"': 1,
                      'reason="malformed_identity"': 1, 'reason="cross_site"': 1, 'reason="namespace_not_allowed"': 0,
                      'reason="untrusted_proxy"': 0}
    assert metrics["soteria_backup_requests_total", 'driver="longhorn",result="denied"'] == 2
    soteria.stop()
    seen("metric soteria_authz_denials_total")


def test_the_series_of_pvcs_have_their_values_and_go_with_the_pvc(world):
    kubernetes, longhorn, soteria = world.kubernetes, world.longhorn, world.soteria
    bound_pvc(kubernetes, longhorn, "ai", "passing", handle="vol-passing")
    labels = 'namespace="ai",pvc="passing",volume="vol-passing",driver="longhorn"'
    eventually("its series are there", lambda: ("pvc_backup_health", labels) in world.metrics())
    metrics = world.metrics()
    assert metrics["pvc_backup_health", labels] == metrics["pvc_backup_count", labels] == 0
    assert metrics["pvc_backup_last_success_timestamp_seconds", labels] == 0
    assert ("pvc_backup_age_hours", labels) not in metrics
    stale = 'namespace="ai",pvc="stale",volume="vol-stale",driver="longhorn"'
    assert metrics["pvc_backup_health", stale] == 0 and metrics["pvc_backup_count", stale] == 1
    assert 100 <= metrics["pvc_backup_age_hours", stale] < 101
    assert not [key for key in metrics if 'pvc="unsupported"' in key[1]]
    listed = [one for group in soteria.json("GET", "/v1/inventory")["namespaces"] for one in group["pvcs"]]
    by_reason = collections.Counter(one["health_reason"] for one in listed)
    for reason in ("fresh", "stale", "missing", "unknown", "unsupported", "unbound"):
        assert metrics["soteria_pvcs", f'health_reason="{reason}"'] == by_reason[reason], reason
    assert metrics["soteria_inventory_refresh_failures_total", ""] == 0
    assert metrics["soteria_inventory_refresh_timestamp_seconds", ""] > 1.7e9
    kubernetes.delete("PersistentVolumeClaim", "passing", "ai")
    eventually("its series are gone", lambda: not [key for key in world.metrics() if 'pvc="passing"' in key[1]])
    seen("metric pvc_backup_age_hours", "metric pvc_backup_health", "metric pvc_backup_count",
         "metric pvc_backup_last_success_timestamp_seconds", "metric soteria_pvcs",
         "metric soteria_inventory_refresh_timestamp_seconds")


def test_metrics_are_prometheus_text_with_a_help_for_each_family(world):
    answer = world.soteria.get("/metrics")
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    typed = dict(re.findall(r"^# TYPE (\S+) (\S+)$", answer.text, re.M))
    assert set(re.findall(r"^# HELP (\S+) \S.*$", answer.text, re.M)) == set(typed)
    assert all((kind == "counter") == name.endswith("_total") for name, kind in typed.items()), typed
    seen("GET /metrics")


def test_requests_at_the_same_time_start_one_backup(world):
    soteria, answers = world.soteria, []
    threads = [threading.Thread(target=lambda: answers.append(requests.post(
        soteria.url + "/v1/backup", json={"namespace": "ai", "pvc": "stale"}, timeout=30))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(40)
    assert sorted(answer.status_code for answer in answers) == [202] + [409] * 5
    started, = (answer.json()["operation"] for answer in answers if answer.status_code == 202)
    soteria.wait_finished(started)


# --- the table

CONTRACT = {
    "GET /v1/inventory": "generated_at namespaces namespaces[].name namespaces[].pvcs[].namespace namespaces[].pvcs[].pvc "
                         "namespaces[].pvcs[].volume namespaces[].pvcs[].storage_class namespaces[].pvcs[].capacity "
                         "namespaces[].pvcs[].driver namespaces[].pvcs[].last_backup_at namespaces[].pvcs[].last_backup_age_hours "
                         "namespaces[].pvcs[].backup_count namespaces[].pvcs[].healthy namespaces[].pvcs[].health_reason "
                         "namespaces[].pvcs[].health_detail namespaces[].pvcs[].drivers namespaces[].pvcs[].last_backup_size_bytes",
    "GET /v1/inventory?deleted=true": "namespaces[].pvcs[].deleted",
    "GET /v1/backups": "namespace pvc pvc_exists driver volume generated_at backups backups[].name backups[].snapshot "
                       "backups[].driver backups[].volume backups[].state backups[].created_at backups[].finished_at "
                       "backups[].size_bytes backups[].mode backups[].url backups[].tags backups[].progress_percent "
                       "backups[].error backups[].latest backups[].restorable",
    "POST /v1/backup": "driver volume backup namespace pvc requested_by dry_run operation",
    "POST /v1/backup (dry run)": "plan plan[].step plan[].action plan[].object.kind plan[].object.name plan[].detail plan[].undo "
                                 "warnings plan_hash dry_run",
    "POST /v1/restores": "driver operation namespace pvc snapshot backup backup_url backup_created_at target_namespace "
                         "target_pvc volume requested_by dry_run",
    "POST /v1/restores (dry run)": "plan plan[].object.namespace warnings plan_hash",
    "POST /v1/restore-test": "driver operation namespace pvc snapshot backup backup_url target_namespace target_pvc volume dry_run",
    "GET /v1/operations/{id}": "id resource resource.kind resource.namespace resource.name kind driver namespace pvc "
                               "target_namespace target_pvc phase stalled reason message steps steps[].name steps[].state "
                               "steps[].started_at steps[].finished_at progress progress.percent progress.bytes_done "
                               "progress.bytes_total result result.backup result.volume result.claim_name error error.code "
                               "error.detail requested_by source request_id created_at started_at finished_at",
    "GET /v1/operations": "operations continue", "POST /v1/operations/{id}/cancel": "", "GET /": "", "GET /metrics": "",
    "GET /v1/whoami": "user email groups source authenticated auth_required allowed",
    "GET /readyz": "status", "GET /readyz (not ready)": "status failing", "GET /healthz": "status",
    "GET /readyz?verbose": "status checks[].name checks[].ok checks[].required checks[].message checks[].since",
    "problem details": "type title status detail instance code error",
    "metric": "soteria_backup_requests_total soteria_restore_requests_total soteria_operations_total "
              "soteria_authz_denials_total soteria_inventory_refresh_failures_total "
              "soteria_inventory_refresh_timestamp_seconds pvc_backup_age_hours pvc_backup_health "
              "pvc_backup_last_success_timestamp_seconds pvc_backup_count soteria_pvcs soteria_operations_running"}


def test_zz_every_route_field_and_metric_of_the_contract_has_a_test(request):
    if len(request.session.items) < 40:
        pytest.skip("only some of the tests were run")
    table = "\n".join(f"{what:68} {', '.join(sorted(tests))}" for what, tests in sorted(SEEN.items()))
    (ROOT / "build/logs").mkdir(parents=True, exist_ok=True)
    (ROOT / "build/logs/api-coverage.txt").write_text(table + "\n")
    print("\n" + table)
    missing = [f"{route} {field}".strip() for route, fields in CONTRACT.items() for field in fields.split() or [""]
               if f"{route} {field}".strip() not in SEEN]
    assert not missing, "no test looks at:\n" + "\n".join(missing)
