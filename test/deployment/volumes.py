"""Storage for the node of the tests: folders of this machine as volumes, made for each claim as a provisioner would."""

import copy
import pathlib
import threading

import requests

from harness.kubernetes import ApiError
from harness.waiting import eventually

SELECTED_NODE = "volume.kubernetes.io/selected-node"
EVERY = 0.1  # seconds between two looks at the claims


class Volumes:
    """    with Volumes(kubernetes, folder) as volumes:
               volumes.storage_class("folders")
               volumes.claim(namespace, "data")     # -> the folder behind it

    Whatever claims there are of one of its classes get a PV on a folder of their own; with WaitForFirstConsumer once the
    scheduler has chosen the node. Where the class says Delete, Kubernetes removes the folder with the claim: it does so
    below /tmp only."""

    def __init__(self, kubernetes, folder):
        self.kubernetes = kubernetes
        self.folder = pathlib.Path(folder)
        self.classes = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._provision, name="provisioner", daemon=True)

    def __enter__(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join(30)

    def storage_class(self, name, binding="Immediate", reclaim="Delete", mode=0o755):
        """mode: of the volumes' root folder."""
        if name not in self.classes:
            self.kubernetes.create({
                "kind": "StorageClass", "metadata": {"name": name}, "provisioner": "soteria.dev/test-folders",
                "volumeBindingMode": binding, "reclaimPolicy": reclaim})
            self.classes[name] = (binding, reclaim, mode)
        return name

    def claim(self, namespace, name, storage_class="folders", **fields):
        """A bound PVC; returns its folder."""
        self.storage_class(storage_class)
        self.kubernetes.claim(namespace, name, storage_class=storage_class, **fields)
        self.kubernetes.wait_bound(namespace, name)
        return self.behind(namespace, name)

    def behind(self, namespace, name):
        """The folder behind a bound claim."""
        claim = self.kubernetes.get("PersistentVolumeClaim", name, namespace)
        volume = self.kubernetes.get("PersistentVolume", claim["spec"]["volumeName"])
        return pathlib.Path(volume["spec"]["hostPath"]["path"])

    def wait_removed(self, folder):
        eventually(f"{folder} is removed with its claim", lambda: not folder.exists(), 30)

    def _provision(self):
        # A session of this thread's own.
        kubernetes = copy.copy(self.kubernetes)
        with requests.Session() as kubernetes.http:
            kubernetes.http.trust_env = False
            kubernetes.http.verify, kubernetes.http.headers = self.kubernetes.http.verify, self.kubernetes.http.headers
            while not self._stop.wait(EVERY):
                try:
                    for claim in kubernetes.list("PersistentVolumeClaim"):
                        self._serve(kubernetes, claim)
                except (requests.RequestException, ApiError):
                    continue  # the API server starts or ends, or the claim is gone

    def _serve(self, kubernetes, claim):
        spec, metadata = claim["spec"], claim["metadata"]
        binding, reclaim, mode = self.classes.get(spec.get("storageClassName"), (None, None, None))
        waits = binding == "WaitForFirstConsumer" and SELECTED_NODE not in metadata.get("annotations", {})
        if not binding or waits or spec.get("volumeName") or "deletionTimestamp" in metadata:
            return
        name = f"pvc-{metadata['uid']}"
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        folder.chmod(mode)
        if not kubernetes.get("PersistentVolume", name):
            kubernetes.create({"kind": "PersistentVolume", "metadata": {"name": name}, "spec": {
                "capacity": {"storage": spec["resources"]["requests"]["storage"]}, "accessModes": spec["accessModes"],
                "volumeMode": spec.get("volumeMode", "Filesystem"), "persistentVolumeReclaimPolicy": reclaim,
                "storageClassName": spec["storageClassName"], "hostPath": {"path": str(folder)},
                "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": metadata["namespace"],
                             "name": metadata["name"], "uid": metadata["uid"]}}})
