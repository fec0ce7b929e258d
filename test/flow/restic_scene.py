"""A cluster of its own with a repository, and Soteria with restic alone."""

import pytest

from harness.simulated_kubernetes import SimulatedKubernetes
from harness.soteria import Soteria
from harness.waiting import eventually

URL = "s3:https://s3.example/atlas"
KEYS = {"AWS_ACCESS_KEY_ID": "a2V5", "AWS_SECRET_ACCESS_KEY": "c2VjcmV0", "RESTIC_PASSWORD": "Y29ycmVjdCBob3JzZQ=="}
SETTINGS = {"SOTERIA_BACKUP_DRIVER": "restic", "SOTERIA_RESTIC_REPOSITORY": URL, "SOTERIA_LONGHORN_URL": None}


class Repository:
    """The simulated restic behind the cluster's Jobs."""

    def __init__(self, kubernetes):
        self.kubernetes = kubernetes

    def control(self, method, what, body=None):
        return self.kubernetes.call(method, f"/_simulator/restic/{what}", json=body)

    def seed(self, *snapshots):
        self.control("POST", "seed", {"repository": URL, "password": "correct horse", "snapshots": list(snapshots)})

    def runs(self, command):
        return [run for run in self.control("GET", "state")["runs"] if command in run["arguments"]]


@pytest.fixture
def kubernetes(log_directory):
    """One for each test: the repository and its ConfigMaps are the cluster's."""
    with SimulatedKubernetes(log_directory, flags=["--restic-milliseconds", "50"]) as kubernetes:
        kubernetes.install()
        kubernetes.create({"kind": "Secret", "metadata": {"namespace": "soteria", "name": "soteria-restic"}, "data": KEYS})
        yield kubernetes


@pytest.fixture
def repository(kubernetes):
    return Repository(kubernetes)


@pytest.fixture
def start(kubernetes, log_directory, tmp_path):
    """start(settings=None) -> a ready Soteria with restic alone."""
    running = []

    def one(settings=None):
        config = kubernetes.kubeconfig(tmp_path / "kubeconfig")
        soteria = Soteria(log_directory, config, None, {**SETTINGS, **(settings or {})}, name=f"soteria-{len(running) + 1}")
        running.append(soteria)
        soteria.start()
        return soteria.wait_ready()

    yield one
    for soteria in running:
        soteria.stop()


def bound(kubernetes, namespace, name="data", mode="Filesystem", access="ReadWriteOnce"):
    """A bound PVC; its uid."""
    volume = f"pv-{namespace}-{name}"
    kubernetes.create({"kind": "PersistentVolume", "metadata": {"name": volume}, "spec": {
        "capacity": {"storage": "1Gi"}, "accessModes": [access], "storageClassName": "nfs", "volumeMode": mode,
        "csi": {"driver": "nfs.csi.k8s.io", "volumeHandle": volume}}})
    kubernetes.create({"kind": "PersistentVolumeClaim", "metadata": {"namespace": namespace, "name": name}, "spec": {
        "accessModes": [access], "storageClassName": "nfs", "volumeName": volume, "volumeMode": mode,
        "resources": {"requests": {"storage": "1Gi"}}}})
    return eventually("it is bound", lambda: (claim := kubernetes.get("PersistentVolumeClaim", name, namespace))
                      and claim["status"].get("phase") == "Bound" and claim)["metadata"]["uid"]
