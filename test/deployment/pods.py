"""Soteria as a Pod of its manifests."""

import contextlib
import socket
import socketserver
import threading
from types import SimpleNamespace
from urllib.parse import urlsplit

import requests

from harness.processes import Process
from harness.soteria import Soteria
from harness.waiting import eventually

SELECTOR = "app.kubernetes.io/name=soteria"


class SoteriaInPod(Soteria):
    """The Pod that is ready and not about to end, reached at its own address."""

    def __init__(self, kubernetes):
        self.kubernetes = kubernetes
        self.http = requests.Session()
        self.http.trust_env = False

    def pods(self):
        """Those that are ready and stay."""
        def ready(pod):
            conditions = {one["type"]: one["status"] for one in pod["status"].get("conditions", [])}
            return conditions.get("Ready") == "True" and "deletionTimestamp" not in pod["metadata"]

        return [pod for pod in self.kubernetes.list("Pod", "soteria", labelSelector=SELECTOR) if ready(pod)]

    @property
    def url(self):
        pods = eventually("a Pod is ready", self.pods, 60)
        return f"http://{pods[0]['status']['podIP']}:8080"

    def pod(self):
        """The only one."""
        return eventually("one Pod is ready", lambda: len(pods := self.pods()) == 1 and pods[0], 60)

    def follow_log(self, pod, folder):
        """A Process whose output is the Pod's, to its end."""
        name = pod["metadata"]["name"]
        return Process([self.kubernetes._bin / "kubectl", f"--kubeconfig={self.kubernetes.admin_kubeconfig}",
                        "--namespace=soteria", "logs", "--follow", name], folder / f"{name}.log", name=name)


class SoteriaInOnePod(SoteriaInPod):
    """One certain Pod, ready or not."""

    url = ""

    def __init__(self, kubernetes, name):
        super().__init__(kubernetes)
        self.name = name
        self.url = f"http://{kubernetes.get('Pod', name, 'soteria')['status']['podIP']}:8080"


class ReadyPods:
    """Called for what the Service sends requests to: those of its endpoints that are ready. In any thread."""

    def __init__(self, kubernetes):
        self.kubernetes = kubernetes.for_another_thread()

    def __call__(self):
        slices = self.kubernetes.call("GET", "/apis/discovery.k8s.io/v1/namespaces/soteria/endpointslices", params={
            "labelSelector": "kubernetes.io/service-name=soteria"})["items"]
        return [SimpleNamespace(url=f"http://{one['addresses'][0]}:8080") for each in slices
                for one in each.get("endpoints") or [] if one.get("conditions", {}).get("ready")]


class ServicePort:
    """The Service at an address of this machine, as `kubectl port-forward` has it, but for as long as there is any replica:
    each new connection goes to the first of `replicas()`. A browser calls this address secure, as it is localhost."""

    def __init__(self, replicas):
        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                forward(self.request, replicas)

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.block_on_close = False
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self._thread = threading.Thread(target=self.server.serve_forever, name="service-port")

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self._thread.join()
        self.server.server_close()


def forward(client, replicas):
    """Until both have ended, or one has broken. Without a replica the client's connection ends."""
    with contextlib.suppress(OSError):
        (first, *_) = replicas() or [None]
        if not first:
            return
        address = urlsplit(first.url)
        with socket.create_connection((address.hostname, address.port), timeout=5) as replica:
            replica.settimeout(None)
            back = threading.Thread(target=copy, args=(replica, client), daemon=True)
            back.start()
            copy(client, replica)
            back.join()


def copy(source, target):
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
