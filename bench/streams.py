#!/usr/bin/env python3
"""streams.py BUILD_DIRECTORY [STREAMS]: 10,000 event streams on one Soteria. Memory of a stream, how long one event takes to all
of them, CPU time of a delivery; then the same beside clients that have stopped reading. The service, both simulators and
the clients are processes of their own; figures, no verdicts."""

import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROUNDS = 40
RECORD = "/apis/soteria.dev/v1alpha1/namespaces/ai/backups/finished"
MUCH = "much to be said, " * 120  # an event of 2.5 KiB, so that a client that does not read is full after twenty-five


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Clients:
    def __init__(self, soteria, reading, stopped=0):
        port = soteria.url.rsplit(":", 1)[1]
        self.process = subprocess.Popen([binary("stream-clients"), port, str(reading), str(stopped)], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.process.stdout.readline() == "ready\n", "the clients have failed"

    def wait_one_more(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "the clients have failed"
        return [int(word) for word in line.split()]

    def close(self):
        self.process.stdin.close()
        self.process.wait(60)


def deliver(kubernetes, soteria, clients, streams):
    """One change of a record at a time, to all. Latencies are from before the change is sent to Kubernetes."""
    firsts, medians, nineties, lasts = [], [], [], []
    before = cpu_seconds(soteria.process.pid)
    for number in range(ROUNDS):
        begun = time.monotonic_ns()
        answer = kubernetes.request("PATCH", f"{RECORD}/status", json={"status": {"message": f"{MUCH}{number}"}},
                                    headers={"Content-Type": "application/merge-patch+json"})
        assert answer.status_code == 200, answer.text
        first, median, ninety_nine, last = clients.wait_one_more()
        firsts.append((first - begun) / 1e6)
        medians.append((median - begun) / 1e6)
        nineties.append((ninety_nine - begun) / 1e6)
        lasts.append((last - begun) / 1e6)
    spent = cpu_seconds(soteria.process.pid) - before
    worst = lasts.index(max(lasts))
    return (f"first {statistics.median(firsts):.0f} ms, p50 {statistics.median(medians):.0f} ms, p99 {statistics.median(nineties):.0f} ms, last "
            f"{statistics.median(lasts):.0f} ms (worst round {firsts[worst]:.0f} to {lasts[worst]:.0f} ms); {spent / ROUNDS / streams * 1e6:.1f} µs of CPU "
            f"time a delivery")


def metric(soteria, name):
    return next(line.split()[-1] for line in soteria.get("/metrics").text.splitlines() if line.startswith(name + " "))


def main():
    streams = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        with SimulatedKubernetes(folder) as kubernetes, \
                LonghornSimulator(folder, kubernetes=kubernetes.plain_server) as longhorn:
            kubernetes.install()
            kubernetes.create({"kind": "Namespace", "metadata": {"name": "ai"}})
            with Soteria(folder, kubernetes.kubeconfig(folder / "kubeconfig"), longhorn.url) as soteria:
                soteria.wait_ready()
                kubernetes.create({"apiVersion": "soteria.dev/v1alpha1", "kind": "Backup", "spec": {"pvc": "gone"},
                                   "metadata": {"name": "finished", "namespace": "ai"}})
                soteria.wait_finished("backup.ai.finished", "Failed")
                eventually("nothing moves any more", lambda: settled(soteria))
                for stopped in (0, 1, 100):
                    empty = resident_bytes(soteria.process.pid)
                    clients = Clients(soteria, streams, stopped)
                    full = resident_bytes(soteria.process.pid)
                    if stopped == 0:
                        print(f"{streams} streams: {(full - empty) / streams:.0f} bytes of resident memory each "
                              f"({empty >> 20} MiB before, {full >> 20} MiB with them)")
                    print(f"beside {stopped} that stopped reading: {deliver(kubernetes, soteria, clients, streams)}")
                    eventually("who did not read is cut off", lambda: cut_off(soteria) >= stopped, 90)
                    clients.close()
                    eventually("all streams are gone", lambda: metric(soteria, "soteria_event_streams") == "0", 60)
                print(f"{resident_bytes(soteria.process.pid) >> 20} MiB after them, {resident_bytes(soteria.process.pid, peak=True) >> 20} "
                      f"MiB at most; {cut_off(soteria)} cut off")


def cut_off(soteria):
    return int(metric(soteria, "soteria_event_streams_cut_off_total"))


def settled(soteria):
    frames = 'soteria_event_frames_total{event="operation"}'
    before = metric(soteria, frames)
    time.sleep(1)
    return metric(soteria, frames) == before


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    os.environ["SOTERIA_BINARY_DIR"] = sys.argv[1]
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "test"))
    from harness.binaries import binary
    from harness.longhorn import LonghornSimulator
    from harness.processes import resident_bytes
    from harness.simulated_kubernetes import SimulatedKubernetes
    from harness.soteria import Soteria
    from harness.waiting import eventually
    main()
