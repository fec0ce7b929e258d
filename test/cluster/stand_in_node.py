"""A node of a real cluster that has no containers: what happens inside the Pods of Jobs is played by a simulated Kubernetes.

Real are the API server, the Job controller, garbage collection and the binding of claims. Each Pod is made once more in the
simulated one as its Job's, with copies of its Secrets and claims; its status and its log are what comes back. So restic's
backups run on a real API server without a node, many beside each other, and fail as a test wants (harness/restic.py).
"""

import datetime
import http.server
import pathlib
import re
import ssl
import threading
import urllib.parse

import requests

from harness.kubernetes import ApiError, path_of
from harness.restic import SimulatedRestic

from . import certificates

MANAGED = "app.kubernetes.io/managed-by=soteria"
NODE = "stand-in"
EVERY = 0.05  # seconds between two looks
HEARTBEAT = 5  # seconds; the node controller waits 50
PLAYED = ("containers", "initContainers", "volumes", "restartPolicy", "terminationGracePeriodSeconds")
TOLD = ("phase", "reason", "message", "startTime", "initContainerStatuses", "containerStatuses")


class StandInNode:
    """    with StandInNode(real, simulated): ...

    Unbound claims of the class local-path get a volume when a Pod wants them."""

    def __init__(self, real, simulated):
        self.real, self.simulated = real.for_another_thread(), simulated.for_another_thread()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="stand-in node", daemon=True)
        self._played = {}  # uid of the real Pod -> (namespace, name of the Job that plays it)
        self._since_heartbeat = 0

    def __enter__(self):
        self._logs = _log_server(self.real.folder, self.simulated.server)
        threading.Thread(target=self._logs.serve_forever, daemon=True).start()
        self.real.create({"kind": "Node", "metadata": {"name": NODE, "labels": {"kubernetes.io/hostname": NODE}}})
        self._beat()
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join(30)
        self._logs.shutdown()
        self._logs.server_close()

    def uid_there(self, uid):
        """The uid that a claim has in the simulated cluster."""
        for claim in self.real.list("PersistentVolumeClaim"):
            if claim["metadata"]["uid"] == uid:
                played = self.simulated.get("PersistentVolumeClaim", claim["metadata"]["name"], claim["metadata"]["namespace"])
                return played and played["metadata"]["uid"]
        return None

    def _run(self):
        while not self._stop.wait(EVERY):
            try:
                self._since_heartbeat += EVERY
                if self._since_heartbeat > HEARTBEAT:
                    self._beat()
                pods = self.real.list("Pod", labelSelector=MANAGED)
                for pod in pods:
                    self._serve(pod)
                self._forget({pod["metadata"]["uid"] for pod in pods})
            except (requests.RequestException, ApiError):
                continue  # it has changed meanwhile, or the API server starts or ends

    def _beat(self):
        self._since_heartbeat = 0
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.real.patch("Node", NODE, {"status": {
            "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": self._logs.server_address[1]}},
            "conditions": [{"type": "Ready", "status": "True", "reason": "StandIn", "message": "", "lastHeartbeatTime": now}]}}, subresource="status")

    # --- one Pod

    def _serve(self, pod):
        meta = pod["metadata"]
        if not pod["spec"].get("nodeName"):
            if self._claims_are_bound(pod):
                self._bind(pod)
        elif "deletionTimestamp" in meta:
            self._end(pod)
        elif meta["uid"] not in self._played:
            self._play(pod)
        else:
            self._tell(pod)

    def _bind(self, pod):
        namespace, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
        self.real.call("POST", path_of("Pod", namespace, name, "binding"), json={
            "apiVersion": "v1", "kind": "Binding", "metadata": {"name": name, "namespace": namespace},
            "target": {"apiVersion": "v1", "kind": "Node", "name": NODE}})

    def _claims_are_bound(self, pod):
        bound = True
        for name in claims_of(pod):
            claim = self.real.get("PersistentVolumeClaim", name, pod["metadata"]["namespace"])
            bound = bound and bool(claim) and claim["status"].get("phase") == "Bound"
            if claim and not claim["spec"].get("volumeName") and claim["status"].get("phase") == "Pending":
                self._provision(claim)
        return bound

    def _provision(self, claim):
        meta, spec = claim["metadata"], claim["spec"]
        name = f"pvc-{meta['uid']}"
        if not self.real.get("PersistentVolume", name):
            self.real.create({
                "kind": "PersistentVolume",
                "metadata": {"name": name},
                "spec": {"capacity": {"storage": spec["resources"]["requests"]["storage"]}, "accessModes": spec["accessModes"],
                         "storageClassName": spec["storageClassName"], "persistentVolumeReclaimPolicy": "Delete",
                         "hostPath": {"path": f"/tmp/stand-in/{name}"},
                         "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": meta["namespace"],
                                      "name": meta["name"], "uid": meta["uid"]}}})

    def _play(self, pod):
        meta = pod["metadata"]
        namespace, name = meta["namespace"], meta["name"]
        if not self.simulated.get("Namespace", namespace):
            self.simulated.create({"kind": "Namespace", "metadata": {"name": namespace}})
        for claim in claims_of(pod):
            self._copy_claim(namespace, claim)
        for secret in set(re.findall(r"'secretKeyRef': {[^}]*'name': '([^']+)'", str(pod["spec"]))):
            self._copy_secret(namespace, secret)
        job = meta.get("labels", {}).get("batch.kubernetes.io/job-name", name)
        spec = {each: pod["spec"][each] for each in PLAYED if each in pod["spec"]}
        labels = {key: value for key, value in meta.get("labels", {}).items() if "kubernetes.io/" not in key or
                  key == "app.kubernetes.io/managed-by"}
        self.simulated.create({"kind": "Job", "metadata": {"namespace": namespace, "name": job, "labels": labels}, "spec": {
            "backoffLimit": 0, "template": {"metadata": {"labels": labels}, "spec": spec}}})
        self._played[meta["uid"]] = (namespace, job)

    def _copy_claim(self, namespace, name):
        if self.simulated.get("PersistentVolumeClaim", name, namespace):
            return
        claim = self.real.get("PersistentVolumeClaim", name, namespace)
        annotations = {key: value for key, value in claim["metadata"].get("annotations", {}).items()
                       if key.startswith("simulator.soteria.dev/")}
        size = claim["spec"]["resources"]["requests"]["storage"]
        volume = f"played-{claim['metadata']['uid']}"
        self.simulated.volume(volume, size=size, storage_class="played", claim=(namespace, name), driver="played")
        self.simulated.create({
            "kind": "PersistentVolumeClaim", "metadata": {"namespace": namespace, "name": name, "annotations": annotations},
            "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "played", "volumeName": volume,
                     "resources": {"requests": {"storage": size}}}})
        self.simulated.wait_bound(namespace, name)

    def _copy_secret(self, namespace, name):
        secret = self.real.get("Secret", name, namespace)
        if secret and not self.simulated.get("Secret", name, namespace):
            self.simulated.create({"kind": "Secret", "metadata": {"namespace": namespace, "name": name}, "data": secret["data"]})

    def _played_pod(self, uid):
        if uid not in self._played:
            return None
        namespace, job = self._played[uid]
        found = self.simulated.list("Pod", namespace, labelSelector=f"batch.kubernetes.io/job-name={job}")
        return found[0] if found else None

    def _tell(self, pod):
        played = self._played_pod(pod["metadata"]["uid"])
        if not played:
            return
        namespace, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
        self._logs.names[namespace, name] = played["metadata"]["name"]
        told = {each: played["status"][each] for each in TOLD if each in played.get("status", {})}
        if told != {each: pod["status"][each] for each in told if each in pod["status"]}:
            self.real.patch("Pod", name, {"status": told}, namespace, "status")

    def _end(self, pod):
        """Somebody deletes it: its containers are stopped as a kubelet would, then it goes."""
        meta = pod["metadata"]
        namespace, job = self._played.get(meta["uid"], (None, None))
        if job and self.simulated.delete("Job", job, namespace, propagationPolicy="Background"):
            return
        if self._played_pod(meta["uid"]):
            return
        self.real.delete("Pod", meta["name"], meta["namespace"], gracePeriodSeconds=0)

    def _forget(self, there):
        for uid in self._played.keys() - there:
            namespace, job = self._played.pop(uid)
            self.simulated.delete("Job", job, namespace, propagationPolicy="Background")


class StandInRestic(SimulatedRestic):
    """restic as the Pods of a StandInNode run it."""

    def __init__(self, node, **keywords):
        super().__init__(node.simulated, **keywords)
        self.node = node

    def restored(self, uid):
        return super().restored(self.node.uid_there(uid) or uid)


def claims_of(pod):
    return [volume["persistentVolumeClaim"]["claimName"] for volume in pod["spec"].get("volumes", [])
            if "persistentVolumeClaim" in volume]


def _log_server(folder, simulated):
    """The part of a kubelet that the API server asks for logs. simulated: the URL of where they are."""
    folder = pathlib.Path(folder)
    certificates.issue(folder, NODE, f"/CN={NODE}", "subjectAltName=IP:127.0.0.1")

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            parts = urllib.parse.urlsplit(self.path)
            _, kind, namespace, pod, container = (parts.path.split("/") + [""] * 5)[:5]
            played = self.server.names.get((namespace, pod))
            query = {**dict(urllib.parse.parse_qsl(parts.query)), "container": container}
            answer = played and kind == "containerLogs" and requests.get(
                simulated + path_of("Pod", namespace, played, "log"), params=query, timeout=30, proxies={"http": None})
            self.send_response(answer.status_code if answer else 404)
            body = answer.content if answer else b"no such container\n"
            self.send_header("Content-Type", "text/plain")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.names = {}
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / f"{NODE}.crt", folder / f"{NODE}.key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    return server
