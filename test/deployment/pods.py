"""Soteria as a Pod of its manifests."""

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
