"""Soteria as it ships: its image, installed with its manifests, in a Pod of a real Kubernetes with a node.

The overlay that the tests install changes one thing: where Longhorn (simulated, on this machine) is.
"""

import datetime
import os
import pathlib
import subprocess
import time

import pytest
import yaml

from cluster import with_node
from cluster.with_node import KubernetesWithNode
from conftest import LOGS
from deployment.conftest import FIGURES
from deployment.pods import ReadyPods, ServicePort, SoteriaInOnePod, SoteriaInPod
from deployment.prometheus import Prometheus, annotated_targets
from flow.invariants import Invariants
from flow.scene import OPERATION, backed_up, bound_pvc, restore, restored_volumes, row_of, wait_no_slots
from harness.binaries import ROOT
from harness.browser import at_posts, click_through
from harness.events import EventReader
from harness.longhorn import LonghornSimulator
from harness.processes import Process
from harness.soteria import parse_record
from harness.waiting import eventually


def figure(line):
    FIGURES.parent.mkdir(parents=True, exist_ok=True)
    with FIGURES.open("a") as figures:
        figures.write(line + "\n")


def left_on_the_machine():
    """What a node would leave: its bridge, its control groups, its mounts."""
    return [*pathlib.Path("/sys/class/net").glob("soteria-test"),
            *pathlib.Path("/sys/fs/cgroup").glob("**/soteria-test"),
            *[line for line in pathlib.Path("/proc/mounts").read_text().splitlines() if "soteria-kubernetes" in line]]


def tunables():
    names = ("kernel/panic", "kernel/panic_on_oops", "vm/overcommit_memory", "vm/panic_on_oom", "net/ipv4/ip_forward")
    return {name: pathlib.Path("/proc/sys", name).read_text() for name in names}


def test_a_nodes_place_is_cleaned_up_when_the_test_run_that_holds_it_is_killed(tmp_path):
    script = ("import pathlib, sys, time; sys.path.insert(0, sys.argv[1])\n"
              "from cluster.with_node import Place\n"
              "place = Place(pathlib.Path(sys.argv[2]) / 'place.log'); print('place', place.pid, flush=True)\n"
              "time.sleep(300)")
    holder = Process(["/usr/bin/python3", "-c", script, ROOT / "test", tmp_path], tmp_path / "holder.log")
    place = holder.wait_for_line(lambda line: line.startswith("place ") and int(line[6:]), with_node.WAIT_FOR_ANOTHER)
    assert pathlib.Path("/sys/class/net/soteria-test").exists()
    holder.kill()
    # Whoever comes next waits for the place, and finds it clean.
    second = with_node.Place(tmp_path / "second.log")
    try:
        status = pathlib.Path(f"/proc/{place}/status")
        assert not status.exists() or "State:\tZ" in status.read_text()
    finally:
        second.leave()
    assert left_on_the_machine() == []


@pytest.fixture(scope="module")
def kubernetes(image):
    folder = LOGS / "deployment-pod"
    folder.mkdir(parents=True, exist_ok=True)
    FIGURES.unlink(missing_ok=True)
    before = tunables()
    with KubernetesWithNode(folder) as kubernetes:
        kubernetes.tunables_before = before
        kubernetes.import_image(image)
        figure(f"image of the release build: {image.size_line}")
        yield kubernetes


@pytest.fixture(scope="module")
def longhorn(kubernetes):
    flags = ["--address", with_node.NODE, "--restore-seconds", "120", "--backup-seconds", "4"]
    with LonghornSimulator(kubernetes.log_directory, time_scale=0.1, kubernetes=kubernetes.plain_server,
                           flags=flags) as longhorn:
        yield longhorn


@pytest.fixture(scope="module")
def overlay(longhorn, tmp_path_factory):
    """overlay(manifests) -> a folder for `kubectl apply -k`: those, with Longhorn's address."""
    def make(manifests):
        folder = tmp_path_factory.mktemp("overlay")
        (folder / "kustomization.yaml").write_text(yaml.safe_dump({
            "apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization",
            "resources": [os.path.relpath(ROOT / manifests, folder.resolve())],
            "patches": [{"patch": yaml.safe_dump({
                "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "soteria", "namespace": "soteria"},
                "data": {"SOTERIA_LONGHORN_URL": longhorn.url}})}]}))
        return folder

    return make


@pytest.fixture(scope="module")
def soteria(kubernetes, overlay):
    begun = time.monotonic()
    kubernetes.install(overlay("manifests"))
    soteria = SoteriaInPod(kubernetes)
    soteria.pod()
    figure(f"from kubectl apply to a ready Pod: {time.monotonic() - begun:.1f} s")
    return soteria


def inside(kubernetes, *command):
    """What a command says where the node's processes are."""
    done = subprocess.run(kubernetes.place.inside(command), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_pod_runs_with_no_more_than_the_manifests_ask_for(kubernetes, soteria):
    pod = soteria.pod()
    labels = kubernetes.get("Namespace", "soteria")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    assert pod["spec"]["serviceAccountName"] == "soteria"
    assert pod["status"]["containerStatuses"][0]["restartCount"] == 0
    container = pod["status"]["containerStatuses"][0]["containerID"].removeprefix("containerd://")
    (line,) = [line for line in kubernetes.ctr("tasks", "list").stdout.splitlines() if line.startswith(container)]
    process = line.split()[1]
    status = dict(line.split(":\t", 1) for line in inside(kubernetes, "cat", f"/proc/{process}/status").splitlines())
    assert status["Uid"].split() == status["Gid"].split() == ["65532"] * 4
    assert int(status["CapEff"], 16) == int(status["CapBnd"], 16) == 0, status
    assert status["NoNewPrivs"].strip() == "1" and status["Seccomp"].strip() == "2", status
    root = [line.split() for line in inside(kubernetes, "cat", f"/proc/{process}/mountinfo").splitlines()
            if line.split()[4] == "/"]
    assert "ro" in root[-1][5].split(","), root


def test_it_is_ready_with_everything_it_reaches(soteria):
    checks = soteria.json("GET", "/readyz?verbose")["checks"]
    assert {check["name"]: check["ok"] for check in checks} == {
        "kubernetes": True, "longhorn": True, "backup_target": True}, checks


def test_a_backup_and_a_restore(kubernetes, longhorn, soteria, namespace):
    handle = bound_pvc(kubernetes, longhorn, namespace)


    def listed():
        row = row_of(soteria, namespace, "data")
        assert row and (row["health_reason"], row["volume"], row["driver"]) == ("missing", handle, "longhorn"), row
        return True

    eventually("the inventory lists it", listed)
    backed_up(soteria, namespace)
    eventually("the inventory shows it fresh", lambda: (row := row_of(soteria, namespace, "data"))
               and row["health_reason"] == "fresh" and row["backup_count"] == 1)
    started = restore(soteria, namespace, "copy")
    soteria.wait_finished(started["operation"])
    assert kubernetes.wait_bound(namespace, "copy")["spec"]["volumeName"] == started["volume"]


def test_prometheus_scrapes_it_where_the_service_says(kubernetes, longhorn, soteria, namespace, log_directory):
    bound_pvc(kubernetes, longhorn, namespace)
    backed_up(soteria, namespace)
    path, targets = eventually("the Service has its Pod", lambda: (
        found := annotated_targets(kubernetes, "soteria", "soteria")) and len(found[1]) == 1 and found)
    with Prometheus(log_directory, path, targets) as prometheus:
        def answers(query, value):
            eventually(f"Prometheus answers {query} with {value}", lambda: prometheus.query(query) == [value], 60)

        answers('up{job="soteria"}', 1)
        answers(f'pvc_backup_health{{namespace="{namespace}",pvc="data"}}', 1)
        answers(f'pvc_backup_count{{namespace="{namespace}",pvc="data"}}', 1)
        answers('sum(soteria_backup_requests_total{driver="longhorn",result="accepted"}) > bool 0', 1)
        answers(f'pvc_backup_age_hours{{namespace="{namespace}"}} < bool 1', 1)
        (memory,) = prometheus.query("process_resident_memory_bytes")
        figure(f"memory in the Pod: {memory / 1e6:.0f} MB")


def wait_for_data(soteria, operation):
    eventually("it waits for the data", lambda: soteria.operation(operation).get("reason") == "WaitRestored", 30)


def exactly_one_of_each(kubernetes, longhorn, namespace, operation):
    """The volume, PV and PVC of one restore, read from Longhorn and Kubernetes."""
    resource = operation["resource"]
    uid = kubernetes.get("Restore", resource["name"], namespace)["metadata"]["uid"]
    ours = {kind: [one["metadata"]["name"] for one in kubernetes.list(kind)
                   if one["metadata"].get("annotations", {}).get(OPERATION) == uid]
            for kind in ("PersistentVolumeClaim", "PersistentVolume")}
    volume = operation["result"]["volume"]
    assert ours == {"PersistentVolumeClaim": [operation["target_pvc"]], "PersistentVolume": [volume]}
    posted = [call for call in longhorn.calls() if call["method"] == "POST" and call["path"].rstrip("/") == "/v1/volumes"
              and volume in str(call.get("body"))]
    assert volume in restored_volumes(longhorn) and len(posted) == 1, posted


def test_a_rolling_restart_in_mid_restore_loses_nothing(kubernetes, longhorn, soteria, namespace):
    bound_pvc(kubernetes, longhorn, namespace)
    backed_up(soteria, namespace)
    before = soteria.pod()["metadata"]["name"]
    started = restore(soteria, namespace, "copy")
    wait_for_data(soteria, started["operation"])
    kubernetes.kubectl("--namespace=soteria", "rollout", "restart", "deployment/soteria")
    kubernetes.kubectl("--namespace=soteria", "rollout", "status", "deployment/soteria", "--timeout=90s")
    kubernetes.wait_gone("Pod", before, "soteria", 60)
    assert soteria.pod()["metadata"]["name"] != before
    assert soteria.operation(started["operation"])["phase"] == "Running", "the restore was to be under way still"
    ended = soteria.wait_finished(started["operation"])
    kubernetes.wait_bound(namespace, "copy")
    exactly_one_of_each(kubernetes, longhorn, namespace, ended)
    wait_no_slots(kubernetes)


def stamp(record):
    return datetime.datetime.fromisoformat(record["time"].replace("Z", "+00:00"))


def test_a_deleted_pod_ends_by_itself_within_its_grace_period(kubernetes, longhorn, soteria, namespace, log_directory):
    bound_pvc(kubernetes, longhorn, namespace)
    backed_up(soteria, namespace)
    started = restore(soteria, namespace, "copy")
    wait_for_data(soteria, started["operation"])
    pod = soteria.pod()
    name = pod["metadata"]["name"]
    log = soteria.follow_log(pod, log_directory)
    # So that the Pod can still be read when its container has ended.
    kubernetes.patch("Pod", name, {"metadata": {"finalizers": ["soteria.dev/test-reads-how-it-ended"]}}, "soteria")
    try:
        kubernetes.kubectl("--namespace=soteria", "delete", "pod", name, "--wait=false")

        def ended():
            (status,) = kubernetes.get("Pod", name, "soteria")["status"]["containerStatuses"]
            return status["state"].get("terminated")

        how = eventually("its container has ended", ended, 60)
        log.wait(30)
    finally:
        kubernetes.patch("Pod", name, {"metadata": {"finalizers": None}}, "soteria")
    assert (how["exitCode"], how["reason"]) == (0, "Completed"), how
    kubernetes.wait_gone("Pod", name, "soteria", 60)
    records = {record["message"]: record for record in map(parse_record, log.output().splitlines()) if record}
    seconds = (stamp(records["stopped"]) - stamp(records["stopping"])).total_seconds()
    assert seconds < pod["spec"]["terminationGracePeriodSeconds"]
    figure(f"from SIGTERM to the end, in mid-restore: {seconds:.2f} s, exit code 0")
    finished = soteria.wait_finished(started["operation"])
    exactly_one_of_each(kubernetes, longhorn, namespace, finished)


@pytest.fixture(scope="module")
def two_replicas(kubernetes, soteria, overlay):
    """Called for the names of the two Pods, once there are two that are ready."""
    kubernetes.kubectl("apply", "-k", overlay("manifests/overlays/high-availability"))
    kubernetes.kubectl("--namespace=soteria", "rollout", "status", "deployment/soteria", "--timeout=90s")
    return lambda: eventually("two replicas are ready", lambda: len(pods := soteria.pods()) == 2 and {
        pod["metadata"]["name"] for pod in pods}, 60)


def leading_pod(kubernetes, names):
    """Of these, the one that holds the Lease."""
    def found():
        holder = kubernetes.get("Lease", "soteria", "soteria")["spec"].get("holderIdentity", "").rpartition("_")[0]
        assert holder in names, holder
        return holder

    return eventually("one of the Pods leads", found, 60)


def kill_the_process(kubernetes, pod):
    """SIGKILL: the kubelet starts the container again, in the same Pod."""
    (status,) = kubernetes.get("Pod", pod, "soteria")["status"]["containerStatuses"]
    container = status["containerID"].removeprefix("containerd://")
    (line,) = [line for line in kubernetes.ctr("tasks", "list").stdout.splitlines() if line.startswith(container)]
    inside(kubernetes, "kill", "-KILL", line.split()[1])


def delete_the_pod(kubernetes, pod):
    """At once: the kubelet leaves it two seconds."""
    kubernetes.delete("Pod", pod, "soteria", gracePeriodSeconds=0)


@pytest.mark.parametrize("end", [kill_the_process, delete_the_pod])
def test_of_two_replicas_one_ends_the_restore_in_whose_middle_the_leader_dies_and_neither_a_page_nor_a_stream_misses_it(
        kubernetes, longhorn, soteria, two_replicas, namespace, log_directory, end):
    names = two_replicas()
    bound_pvc(kubernetes, longhorn, namespace)
    backed_up(soteria, namespace)
    # With them their records go, and whose its objects were.
    eventually("the namespaces of the tests before are gone", lambda: not [
        one for one in kubernetes.list("Namespace") if "deletionTimestamp" in one["metadata"]], 60)
    leader = leading_pod(kubernetes, names)
    identity = kubernetes.get("Lease", "soteria", "soteria")["spec"]["holderIdentity"]
    (other,) = names - {leader}
    survivor, dying = SoteriaInOnePod(kubernetes, other), SoteriaInOnePod(kubernetes, leader)
    restores = []

    def begin():
        restores.append(restore(soteria, namespace, "copy")["operation"])
        invariants.accept(restores[0])
        wait_for_data(soteria, restores[0])
        return restores[0]

    def kill():
        begun = time.monotonic()
        end(kubernetes, leader)
        assert survivor.operation(restores[0])["phase"] == "Running", "the restore was to be under way still"
        taken = eventually("another one leads", lambda: (holder := kubernetes.get(
            "Lease", "soteria", "soteria")["spec"]["holderIdentity"]) != identity and holder, 60)
        figure(f"{end.__name__} of the leader in mid-restore: another leads after {time.monotonic() - begun:.1f} s")
        # A new process in the Pod is no quicker than the one that waits; for a deleted Pod another one may have come by then.
        assert taken.rpartition("_")[0] != leader

    # The page and the client are with the replica that is about to die; a reader begins with the second of those it is told.
    page_pods, reader_pods = ReadyPods(kubernetes), ReadyPods(kubernetes)
    with ServicePort(lambda: sorted(page_pods(), key=lambda one: one.url != dying.url)) as service, \
            EventReader(lambda: sorted(reader_pods(), key=lambda one: one.url == dying.url)) as reader, \
            at_posts(begin=begin, kill=kill) as control:
        invariants = Invariants(kubernetes, longhorn, readers=[reader])
        click_through("takeover.test.mjs", service.url, log_directory, CONTROL=control)
        ended = survivor.wait_finished(restores[0])
        kubernetes.wait_bound(namespace, "copy")
        exactly_one_of_each(kubernetes, longhorn, namespace, ended)
        invariants.check([SoteriaInOnePod(kubernetes, name) for name in two_replicas()])
        assert reader.connections > 1, "its stream was not cut"


def test_of_two_replicas_one_goes_on_where_the_leader_is_evicted(kubernetes, longhorn, soteria, two_replicas, namespace):
    names = two_replicas()
    bound_pvc(kubernetes, longhorn, namespace)
    backed_up(soteria, namespace)
    started = restore(soteria, namespace, "copy")
    wait_for_data(soteria, started["operation"])
    leader = leading_pod(kubernetes, names)
    (other,) = names - {leader}

    def evict(name):
        return kubernetes.request("POST", f"/api/v1/namespaces/soteria/pods/{name}/eviction", json={
            "apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name, "namespace": "soteria"}})

    eventually("the budget allows one to go", lambda: evict(leader).status_code == 201, 30)
    assert evict(other).status_code == 429, "the budget keeps the last one"
    kubernetes.wait_gone("Pod", leader, "soteria", 60)
    ended = soteria.wait_finished(started["operation"])
    # The other one, or the one that came for the evicted.
    assert kubernetes.get("Lease", "soteria", "soteria")["spec"]["holderIdentity"].rpartition("_")[0] != leader
    exactly_one_of_each(kubernetes, longhorn, namespace, ended)


def test_nothing_of_the_node_is_left_on_the_machine(kubernetes, soteria):
    programs = [part for part in kubernetes.parts.values() if part.running]
    assert {"containerd", "kubelet", "kube-scheduler"} <= {part.name for part in programs} and left_on_the_machine()
    kubernetes.stop()
    assert left_on_the_machine() == [] and not kubernetes.folder.exists()
    assert not [part.name for part in programs if part.running]
    assert tunables() == kubernetes.tunables_before
