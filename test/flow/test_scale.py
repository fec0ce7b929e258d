"""A thousand restores at once: all in flight together, all ending right, and the API quick meanwhile.

What is printed is measured, not asserted: latencies depend on the machine. Runs what ships (the release build), as a
sanitizer's memory and time say nothing about it.
"""

import json
import pathlib
import re
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from flow.scene import OPERATION, seed_volume
from harness import binaries
from harness.longhorn import LonghornSimulator
from harness.processes import resident_bytes
from harness.simulated_kubernetes import SimulatedKubernetes
from harness.soteria import Soteria
from harness.waiting import eventually

RESTORES = 1000
SOURCES = 20
NAMESPACE = "scale"
# Long enough that the first is still at it when the last one begins; the issue asks for at least 10.
RESTORE_SECONDS = 60


@pytest.fixture
def world(log_directory, monkeypatch):
    release = binaries.ROOT / "build/release"
    if release.is_dir():
        monkeypatch.setenv("SOTERIA_BINARY_DIR", str(release))
        binaries.binary.cache_clear()
    with SimulatedKubernetes(log_directory) as kubernetes:
        kubernetes.install()
        flags = ["--restore-seconds", str(RESTORE_SECONDS)]
        with LonghornSimulator(log_directory, 1.0, kubernetes.url, flags) as longhorn:
            config = kubernetes.kubeconfig(pathlib.Path(log_directory) / "kubeconfig")
            with Soteria(log_directory, config, longhorn.url) as soteria:
                yield kubernetes, longhorn, soteria.wait_ready()
    binaries.binary.cache_clear()


def make_sources(kubernetes, longhorn):
    kubernetes.create({"kind": "Namespace", "metadata": {"name": NAMESPACE}})
    for number in range(SOURCES):
        pvc, handle = f"source-{number}", f"pvc-source-{number}"
        seed_volume(longhorn, handle, NAMESPACE, pvc)
        kubernetes.volume(handle, handle, claim=(NAMESPACE, pvc))
        kubernetes.claim(NAMESPACE, pvc, handle)
        label = json.dumps({"namespace": NAMESPACE, "pvcName": pvc, "pvName": handle})
        longhorn.seed(backups=[{"name": f"backup-{number}", "volume": handle, "snapshotName": f"snap-{number}",
                                "size": 1 << 20, "labels": {"KubernetesStatus": label}}])
    kubernetes.storage_class("longhorn")
    for number in range(SOURCES):
        kubernetes.wait_bound(NAMESPACE, f"source-{number}")


def gauge(soteria):
    text = soteria.get("/metrics").text
    found = re.search(r'^soteria_operations_running\{kind="restore"\} (\d+)', text, re.M)
    assert found, "no gauge of running restores in /metrics"
    return int(found.group(1))


def latencies(url, stop, paths=("/v1/inventory", "/v1/operations?limit=20", "/healthz")):
    """One request after the other until `stop` is set: milliseconds each took."""
    taken = []
    with requests.Session() as http:
        http.trust_env = False
        while not stop.is_set():
            for path in paths:
                begun = time.perf_counter()
                answer = http.get(url + path, timeout=30)
                taken.append((time.perf_counter() - begun) * 1000)
                assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text[:200]}"
            stop.wait(0.02)
    return taken


def quantiles(taken):
    ordered = sorted(taken)
    return f"p50 {statistics.median(ordered):.1f} ms, p99 {ordered[int(len(ordered) * 0.99)]:.1f} ms of {len(ordered)}"


def test_a_thousand_restores_in_flight_at_once(world):
    kubernetes, longhorn, soteria = world
    make_sources(kubernetes, longhorn)
    pid = soteria.process.pid
    with ThreadPoolExecutor(max_workers=10) as pool:
        stop = threading.Event()
        idle = pool.submit(latencies, soteria.url, stop)
        time.sleep(5)  # a measurement, not a wait for something
        stop.set()
        idle, idle_memory = idle.result(), resident_bytes(pid)

        stop = threading.Event()
        busy = pool.submit(latencies, soteria.url, stop)
        begun = time.monotonic()

        def start(number):
            body = {"namespace": NAMESPACE, "pvc": f"source-{number % SOURCES}", "snapshot": "latest",
                    "target_pvc": f"copy-{number}"}
            return requests.post(soteria.url + "/v1/restores", json=body, timeout=60)

        answers = list(pool.map(start, range(RESTORES)))
        accepted_seconds = time.monotonic() - begun
        refused = [answer.text for answer in answers if answer.status_code != 202]
        assert not refused, f"{len(refused)} of {RESTORES} refused, the first: {refused[0]}"
        eventually(f"{RESTORES} restores run at once", lambda: gauge(soteria) == RESTORES, 120, every=0.2)
        in_flight_seconds = time.monotonic() - begun
        eventually("all have ended", lambda: gauge(soteria) == 0, 400, every=1)
        total_seconds = time.monotonic() - begun
        stop.set()
        busy = busy.result()
    figures = (f"\n{RESTORES} restores of {RESTORE_SECONDS} s each: all accepted after {accepted_seconds:.1f} s, all in flight "
               f"at once after {in_flight_seconds:.1f} s, all ended after {total_seconds:.1f} s\n"
               f"API idle: {quantiles(idle)}\nAPI meanwhile: {quantiles(busy)}\n"
               f"resident memory idle {idle_memory / 2**20:.0f} MiB, peak {resident_bytes(pid, peak=True) / 2**20:.0f} MiB\n")
    (binaries.ROOT / "build/logs").mkdir(parents=True, exist_ok=True)
    (binaries.ROOT / "build/logs/scale.txt").write_text(figures)
    print(figures)
    check_the_end(kubernetes, longhorn, soteria)


def check_the_end(kubernetes, longhorn, soteria):
    phases = [record["status"]["phase"] for record in kubernetes.list("Restore")]
    assert phases == ["Succeeded"] * RESTORES, {phase: phases.count(phase) for phase in set(phases)}
    data = {name: volume for name, volume in longhorn.volumes().items() if name.startswith("soteria-")}
    volumes = {item["metadata"]["name"]: item for item in kubernetes.list("PersistentVolume")
               if OPERATION in item["metadata"].get("annotations", {})}
    claims = {item["metadata"]["name"]: item for item in kubernetes.list("PersistentVolumeClaim", NAMESPACE)
              if OPERATION in item["metadata"].get("annotations", {})}
    assert len(data) == len(volumes) == len(claims) == RESTORES, (len(data), len(volumes), len(claims))
    for number in range(RESTORES):
        claim = claims[f"copy-{number}"]
        name = claim["spec"]["volumeName"]
        source = number % SOURCES
        assert claim["status"]["phase"] == "Bound", claim
        assert claim["metadata"]["annotations"]["soteria.dev/restored-from"] == \
            f"{NAMESPACE}/source-{source}@backup-{source}", claim["metadata"]
        assert volumes[name]["spec"]["claimRef"]["uid"] == claim["metadata"]["uid"]
        assert volumes[name]["spec"]["csi"]["volumeHandle"] == name
        assert f"backup=backup-{source}&" in data[name]["fromBackup"] + "&", data[name]["fromBackup"]
        assert not data[name]["restoreRequired"] and data[name]["robustness"] != "faulted"
    eventually("all slots are given back", lambda: not [
        lease for lease in kubernetes.list("Lease", "soteria") if lease["metadata"]["name"].startswith("slot-")], 60)
    assert gauge(soteria) == 0
