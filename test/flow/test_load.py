"""A thousand clients at once with mixed requests, for a minute: no answer but the one that was asked for.

Latencies, memory and CPU time are printed, not asserted: they depend on the machine. Runs what ships (the release build), as
a sanitizer's memory and time say nothing about it; clients, Kubernetes and Longhorn are processes of their own.
"""

import collections
import json
import pathlib
import re
import time

import pytest

from flow.scene import backed_up, seed_volume, slots
from harness import binaries
from harness.longhorn import LonghornSimulator
from harness.processes import Process, resident_bytes
from harness.simulated_kubernetes import SimulatedKubernetes
from harness.soteria import Soteria
from harness.waiting import eventually

CLIENTS = 1000
SECONDS = 60
PAUSE = 1.0  # seconds between a client's answer and its next request, on average
PVCS = 500
SOURCES = 200  # of them those that are backed up and restored from
NAMESPACE = "load"
STUCK = f"data-{PVCS - 1}"  # whose backup does not get on meanwhile
ENDED = ("Succeeded", "Failed", "Cancelled", "Incomplete")


@pytest.fixture
def world(log_directory, monkeypatch):
    release = binaries.ROOT / "build/release"
    if release.is_dir():
        monkeypatch.setenv("SOTERIA_BINARY_DIR", str(release))
        binaries.binary.cache_clear()
    with SimulatedKubernetes(log_directory) as kubernetes:
        kubernetes.install()
        flags = ["--restore-seconds", "5", "--backup-seconds", "3"]
        with LonghornSimulator(log_directory, 1.0, kubernetes.url, flags) as longhorn:
            fill(kubernetes, longhorn)
            config = kubernetes.kubeconfig(pathlib.Path(log_directory) / "kubeconfig")
            with Soteria(log_directory, config, longhorn.url) as soteria:
                soteria.wait_ready()
                eventually("all of them are known", lambda: f'{{health_reason="fresh"}} {SOURCES}\n' in soteria.get("/metrics").text, 60)
                yield kubernetes, longhorn, soteria
    binaries.binary.cache_clear()


def fill(kubernetes, longhorn):
    kubernetes.create({"kind": "Namespace", "metadata": {"name": NAMESPACE}})
    kubernetes.storage_class("longhorn")
    for number in range(PVCS):
        pvc, handle = f"data-{number}", f"pvc-data-{number}"
        seed_volume(longhorn, handle, NAMESPACE, pvc)
        kubernetes.volume(handle, handle, claim=(NAMESPACE, pvc))
        kubernetes.claim(NAMESPACE, pvc, handle)
        if number < SOURCES:
            label = json.dumps({"namespace": NAMESPACE, "pvcName": pvc, "pvName": handle})
            longhorn.seed(backups=[{"name": f"backup-{number}", "volume": handle, "snapshotName": f"snap-{number}",
                                    "size": 1 << 20, "labels": {"KubernetesStatus": label}}])
    kubernetes.wait_bound(NAMESPACE, f"data-{PVCS - 1}")


def post(name, target, body, status, code=None, **fields):
    """`body` with {n%..} in it, so as text; what it is refused with, if so."""
    return {"name": name, "method": "POST", "target": target, "headers": {"Content-Type": "application/json"},
            "body": body if isinstance(body, str) else json.dumps(body), "expect": [status],
            "contains": f'"code":"{code}"' if code else "", **fields}


def mixture(finished):
    """`finished`: the id of an operation that has ended."""
    source = {"namespace": NAMESPACE, "pvc": f"data-{{n%{SOURCES}}}"}
    copy = {**source, "snapshot": "latest", "target_pvc": "copy-{n}"}
    gzip = {"Accept-Encoding": "gzip"}
    return [
        {"name": "inventory", "target": "/v1/inventory", "weight": 4, "contains": '"pvc":"data-499"'},
        {"name": "inventory (gzip)", "target": "/v1/inventory", "weight": 8, "headers": gzip, "encoding": "gzip"},
        {"name": "inventory (If-None-Match)", "target": "/v1/inventory", "weight": 16, "headers": gzip, "conditional": True,
         "expect": [200, 304]},
        {"name": "backups", "target": f"/v1/backups?namespace={NAMESPACE}&pvc=data-{{n%{SOURCES}}}", "weight": 10,
         "contains": '"restorable":true'},
        {"name": "operations", "target": "/v1/operations?limit=20", "weight": 10, "contains": '"operations":['},
        {"name": "operations (next page)", "target": "/v1/operations?limit=20&continue={continue}", "weight": 5,
         "contains": '"operations":['},
        {"name": "operation", "target": "{location}", "weight": 10, "contains": '"phase":"'},
        {"name": "whoami", "target": "/v1/whoami", "weight": 8, "contains": '"user":"brad"',
         "headers": {"X-Auth-Request-User": "brad"}},
        {"name": "healthz", "target": "/healthz", "weight": 8, "contains": '"ok"'},
        {"name": "readyz", "target": "/readyz", "weight": 2, "contains": '"ready"'},
        {"name": "metrics", "target": "/metrics", "per_second": 2, "headers": gzip, "encoding": "gzip"},
        post("backup (dry run)", "/v1/backup", {"namespace": NAMESPACE, "pvc": f"data-{SOURCES}", "dry_run": True}, 200,
             weight=3, contains='"plan":['),
        post("restore (dry run)", "/v1/restores", {**copy, "target_pvc": "dry-{n}", "dry_run": True}, 200, weight=3,
             contains='"plan":['),
        post("backup", "/v1/backup", source, 202, per_second=4, contains='"operation":"backup.'),
        post("restore", "/v1/restores", copy, 202, per_second=4, contains='"operation":"restore.'),
        post("restore (target exists)", "/v1/restores", {**copy, "target_pvc": f"data-{{n%{PVCS}}}"}, 409, "target_exists", weight=3),
        post("backup (one runs)", "/v1/backup", {"namespace": NAMESPACE, "pvc": STUCK}, 409, "operation_running", weight=3),
        post("cancel (has ended)", f"/v1/operations/{finished}/cancel", "", 409, "already_finished", weight=2),
        post("bad JSON", "/v1/backup", "{", 400, "malformed_json", weight=2),
        post("misspelt field", "/v1/restores", {**copy, "dryrun": True}, 400, "unknown_field", weight=2),
        post("no such PVC", "/v1/backup", {"namespace": NAMESPACE, "pvc": "none-{n}"}, 404, "pvc_not_found", weight=2),
        post("another type", "/v1/backup", source, 415, "unsupported_media_type", weight=1, headers={"Content-Type": "text/plain"}),
        {"name": "no such operation", "target": "/v1/operations/backup.load.none", "weight": 2, "expect": [404],
         "contains": '"code":"operation_not_found"'},
        {"name": "no such route", "target": "/v1/nothing", "weight": 1, "expect": [404], "contains": '"code":"no_such_route"'},
    ]


def cpu_seconds(soteria):
    return float(re.search(r"^process_cpu_seconds_total (\S+)", soteria.get("/metrics").text, re.M).group(1))


def run_load(soteria, log_directory, finished):
    plan = log_directory / "plan.json"
    plan.write_text(json.dumps({"port": int(soteria.url.rsplit(":", 1)[1]), "clients": CLIENTS, "seconds": SECONDS,
                                "pause_ms": PAUSE * 1000, "kinds": mixture(finished)}))
    process = Process([binaries.binary("load-generator"), plan], log_directory / "load-generator.log")
    most = 0
    while process.running:
        found = re.search(r"^soteria_http_connections (\d+)", soteria.get("/metrics").text, re.M)
        most = max(most, int(found.group(1)))
        time.sleep(1)  # looks at what goes on; decides nothing
    return json.loads(process.output()), most


def lag(soteria):
    """How many of the loop's timers came how late."""
    text = soteria.get("/metrics").text
    counts = {bound: int(count) for bound, count in re.findall(
        r'^soteria_event_loop_lag_seconds_bucket\{le="(\S+)"\} (\d+)', text, re.M)}
    return {bound: counts[bound] for bound in ("0.005", "0.025", "0.1", "1", "+Inf")}


def table(figures):
    lines = [f"{'':28}{'requests':>9}{'p50 ms':>9}{'p99 ms':>9}{'longest':>9}  statuses"]
    for name, one in [("all", figures["all"]), *figures["kinds"].items()]:
        statuses = ", ".join(f"{status}: {count}" for status, count in one["statuses"].items())
        lines.append(f"{name:28}{one['requests']:>9}{one['p50_ms']:>9.1f}{one['p99_ms']:>9.1f}{one['longest_ms']:>9.1f}  {statuses}")
    return "\n".join(lines)


def test_a_thousand_clients_for_a_minute_get_the_answers_that_they_asked_for(world, log_directory):
    kubernetes, longhorn, soteria = world
    finished = backed_up(soteria, NAMESPACE, f"data-{PVCS - 2}")["id"]
    longhorn.fault(do="stall_backup", volume=f"pvc-{STUCK}", at=40)
    stuck = soteria.json("POST", "/v1/backup", 202, json={"namespace": NAMESPACE, "pvc": STUCK})["operation"]
    pid, idle_memory, idle_cpu = soteria.process.pid, resident_bytes(soteria.process.pid), cpu_seconds(soteria)
    figures, connections = run_load(soteria, log_directory, finished)
    used = cpu_seconds(soteria) - idle_cpu
    soteria.json("POST", f"/v1/operations/{stuck}/cancel", 202)
    accepted = sum(figures["kinds"][name]["statuses"].get("202", 0) for name in ("backup", "restore"))
    eventually("every accepted operation has ended", lambda: all(
        record.get("status", {}).get("phase") in ENDED for kind in ("Backup", "Restore") for record in kubernetes.list(kind)), 120, 1)
    eventually("all slots are given back", lambda: not slots(kubernetes), 60, 1)
    eventually("its connections are closed", lambda: "\nsoteria_http_connections 1\n" in soteria.get("/metrics").text, 90, 1)
    printed = (
        f"\n{CLIENTS} clients for {SECONDS} s, {PAUSE:g} s between two requests of each, {PVCS} PVCs: "
        f"{figures['all']['requests'] / figures['seconds']:.0f} requests/s, {accepted} backups and restores begun\n{table(figures)}\n"
        f"CPU {used:.1f} s of the service, {figures['own_cpu_seconds']:.1f} s of the clients; most connections {connections}; "
        f"loop late by at most (s: times) {lag(soteria)}\n"
        f"resident memory idle {idle_memory / 2**20:.0f} MiB, peak {resident_bytes(pid, peak=True) / 2**20:.0f} MiB, "
        f"afterwards {resident_bytes(pid) / 2**20:.0f} MiB\n")
    (binaries.ROOT / "build/logs").mkdir(parents=True, exist_ok=True)
    (binaries.ROOT / "build/logs/load.txt").write_text(printed)
    print(printed)
    wrong = {name: one["examples"] for name, one in figures["kinds"].items() if one["failures"]}
    assert not wrong, json.dumps(wrong, indent=1)
    never = [name for name, one in figures["kinds"].items() if not one["requests"]]
    assert not never, f"never asked: {never}"
    assert connections >= CLIENTS, f"no more than {connections} connections at once"
    phases = collections.Counter(record["status"]["phase"] for kind in ("Backup", "Restore") for record in kubernetes.list(kind))
    assert phases == {"Succeeded": accepted + 1, "Cancelled": 1}
