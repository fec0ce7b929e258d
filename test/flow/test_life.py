"""Start and stop of the program, alone and beside another one."""

import signal
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from flow.scene import bound_pvc, slots, wait_no_slots
from harness.faults import FaultProxy
from harness.longhorn import LonghornSimulator
from harness.processes import Process
from harness.soteria import Soteria
from harness.waiting import eventually


@pytest.fixture(scope="session")
def kubernetes(simulated_kubernetes):
    return simulated_kubernetes


@pytest.fixture
def longhorn(kubernetes, log_directory):
    flags = ["--restore-seconds", "10", "--backup-seconds", "4"]
    with LonghornSimulator(log_directory, time_scale=0.1, kubernetes=kubernetes.plain_server, flags=flags) as longhorn:
        yield longhorn


@pytest.fixture
def between(kubernetes, log_directory, tmp_path):
    """A proxy before Kubernetes, and the kubeconfig that leads through it."""
    with FaultProxy(log_directory, kubernetes.plain_server) as proxy:
        proxy.kubeconfig = kubernetes.kubeconfig(tmp_path / "between", server=proxy.url)
        yield proxy


def holder(kubernetes):
    return (kubernetes.get("Lease", "soteria", "soteria") or {"spec": {}})["spec"].get("holderIdentity") or ""


def wait_led(kubernetes, other_than=""):
    return eventually("somebody leads", lambda: holder(kubernetes) not in ("", other_than) and holder(kubernetes), 20)


def started(soteria, namespace, pvc="data"):
    return soteria.json("POST", "/v1/backup", 202, json={"namespace": namespace, "pvc": pvc})["operation"]


# --- start

def test_it_starts_without_kubernetes_and_is_ready_once_that_is_there(kubernetes, longhorn, between, log_directory):
    between.rule("refuse", count=0)
    with Soteria(log_directory, between.kubeconfig, longhorn.url) as soteria:
        assert soteria.get("/healthz").status_code == 200
        assert soteria.get("/metrics").status_code == 200
        assert soteria.json("GET", "/readyz", 503) == {"status": "not_ready", "failing": ["kubernetes"]}
        between.clear()
        soteria.wait_ready(60)
        wait_led(kubernetes)


def test_it_starts_without_longhorn_and_is_ready_all_the_same(longhorn, between, log_directory):
    with FaultProxy(log_directory, longhorn.url, name="longhorn-proxy") as proxy:
        proxy.rule("refuse", count=0)
        with Soteria(log_directory, between.kubeconfig, proxy.url) as soteria:
            soteria.wait_ready()

            def longhorn_ok():
                return {one["name"]: one["ok"] for one in soteria.json("GET", "/readyz?verbose")["checks"]}["longhorn"]

            assert not longhorn_ok()
            proxy.clear()
            eventually("Longhorn is noticed by itself", longhorn_ok, 60)


def test_an_address_in_use_is_one_sentence_and_exit_code_1(kubeconfig, longhorn, log_directory):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        soteria = Soteria(log_directory, kubeconfig, longhorn.url, {"SOTERIA_LISTEN_ADDR": address})
        soteria.process = Process(soteria.arguments(), soteria.log, soteria.env, "soteria")
        assert soteria.process.wait() == 1
        wrong, = [one for one in soteria.records() if one["level"] == "error"]
        assert wrong["why"] == f'cannot listen on "{address}": Address already in use'
        soteria.check()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("after", ["settings", "starting", "listening"])
def test_a_signal_during_the_start_is_an_orderly_stop(between, longhorn, log_directory, number, after):
    between.rule("silence", count=0)
    soteria = Soteria(log_directory, between.kubeconfig, longhorn.url)
    soteria.process = Process(soteria.arguments(), soteria.log, soteria.env, "soteria")
    soteria.process.wait_for_line(lambda line: f'"{after}"' in line)
    soteria.process.signal(number)
    assert soteria.process.wait(60) == 0
    assert soteria.records()[-1]["message"] == "stopped"
    soteria.check()


# --- stop

@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_answers_what_it_was_asked_leaves_work_at_a_recorded_point_and_gives_the_lease_back(
        kubernetes, longhorn, between, start_soteria, namespace, number):
    soteria = start_soteria({"SOTERIA_LEASE_SECONDS": "60"}, kubeconfig=between.kubeconfig)
    for pvc in ("data", "other"):
        bound_pvc(kubernetes, longhorn, namespace, pvc)
    longhorn.fault(do="stall_backup", at=40)
    running = started(soteria, namespace, "other")
    eventually("it is under way", lambda: soteria.operation(running).get("reason") == "WaitBackup", 20)
    between.rule("hold_before", method="POST", path="/leases")
    with ThreadPoolExecutor(1) as callers:
        asked = callers.submit(requests.post, soteria.url + "/v1/backup", json={"namespace": namespace, "pvc": "data"}, timeout=30)
        held = between.wait_held()
        soteria.process.signal(number)
        eventually("it stops", lambda: soteria.records("stopping"))
        with pytest.raises(requests.ConnectionError):
            eventually("nobody new is let in", lambda: requests.get(soteria.url + "/readyz", timeout=5) and None)
        eventually("the Lease is nobody's, although a caller still waits", lambda: holder(kubernetes) == "", 5)
        between.release(held["id"])
        answer = asked.result(30)
    assert answer.status_code == 202, "what was accepted is answered"
    assert soteria.process.wait(30) == 0
    assert holder(kubernetes) == "", "the Lease is nobody's"
    soteria.check()
    again = start_soteria()
    again.json("POST", f"/v1/operations/{running}/cancel", 202)
    again.wait_finished(running, "Cancelled")
    again.wait_finished(answer.json()["operation"])
    wait_no_slots(kubernetes)


def test_a_second_signal_ends_it_at_once(kubernetes, longhorn, between, start_soteria, namespace):
    soteria = start_soteria({"SOTERIA_SHUTDOWN_SECONDS": "3600", "SOTERIA_LEASE_SECONDS": "600"}, kubeconfig=between.kubeconfig)
    bound_pvc(kubernetes, longhorn, namespace)
    between.rule("hold_before", method="POST", path="/leases")
    with ThreadPoolExecutor(1) as callers:
        asked = callers.submit(lambda: pytest.raises(requests.ConnectionError, requests.post, soteria.url + "/v1/backup",
                                                     json={"namespace": namespace, "pvc": "data"}, timeout=60))
        between.wait_held()
        soteria.process.signal(signal.SIGTERM)
        eventually("it stops", lambda: soteria.records("stopping"))
        soteria.process.signal(signal.SIGTERM)
        assert soteria.process.wait(20) == 128 + signal.SIGTERM
        asked.result(30)
        between.release()
    lease = kubernetes.get("Lease", "soteria", "soteria")
    kubernetes.patch("Lease", "soteria", {"spec": {"holderIdentity": ""}, "metadata": {
        "resourceVersion": lease["metadata"]["resourceVersion"]}}, "soteria")  # for the tests to come: it holds for minutes
    for one in slots(kubernetes):
        kubernetes.delete("Lease", one, "soteria")


# --- two of them

def test_two_beside_each_other_both_serve_and_one_acts(kubernetes, longhorn, start_soteria, namespace):
    pair = [start_soteria(), start_soteria()]
    eventually("one leads", lambda: sum(len(one.records("leading: this replica carries operations out now")) for one in pair), 20)
    operations = []
    for number, soteria in enumerate(pair * 2):
        bound_pvc(kubernetes, longhorn, namespace, f"data-{number}")
        operations.append(started(soteria, namespace, f"data-{number}"))
    for operation in operations:
        for soteria in pair:
            soteria.wait_finished(operation)
    assert len(longhorn.snapshots()) == len(operations), "each was done once"
    assert [len(one.records("leading: this replica carries operations out now")) for one in pair] in ([0, 1], [1, 0])
    ends = [record["operation"] for one in pair for record in one.records("operation ended")]
    assert sorted(ends) == sorted(operations), "and each end is told once"


def test_the_other_takes_over_at_once_when_the_one_that_acts_is_stopped(kubernetes, longhorn, start_soteria, namespace):
    bound_pvc(kubernetes, longhorn, namespace)
    first = start_soteria({"SOTERIA_LEASE_SECONDS": "40"})
    leader = wait_led(kubernetes)
    second = start_soteria({"SOTERIA_LEASE_SECONDS": "40"})
    longhorn.fault(do="stall_backup", at=40)
    operation = started(second, namespace)
    eventually("it is under way", lambda: second.operation(operation).get("reason") == "WaitBackup", 20)
    assert first.stop() == 0
    wait_led(kubernetes, leader)
    second.json("POST", f"/v1/operations/{operation}/cancel", 202)
    second.wait_finished(operation, "Cancelled", 120)
