"""The simulated Kubernetes behind the same interface as the real one."""

from .kubernetes import Kubernetes, write_kubeconfig
from .servers import Server


class SimulatedKubernetes(Server, Kubernetes):
    """No schema, rights or admission: what the product may do is proved on the real one."""

    program = "kubernetes-simulator"

    def __init__(self, log_directory, **keywords):
        super().__init__(log_directory, **keywords)

    def arguments(self):
        return [*super().arguments(), "--port", "0"]

    def start(self, seconds=30.0):
        super().start(seconds)
        self.server = self.url
        return self

    # Both parents have these: here a path is a Kubernetes path, a kind names an object.
    request = Server.request
    get = Kubernetes.get
    delete = Kubernetes.delete

    def install(self):
        if not self.get("Namespace", "soteria"):
            self.create({"kind": "Namespace", "metadata": {"name": "soteria"}})

    def kubeconfig(self, path, server=None):
        return write_kubeconfig(path, server or self.server, "soteria", token="simulated")
