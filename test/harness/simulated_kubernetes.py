"""The simulated Kubernetes behind the same interface as the real one."""

from .binaries import ROOT
from .kubernetes import Kubernetes, write_kubeconfig
from .servers import Server


class SimulatedKubernetes(Server, Kubernetes):
    """No schema, rights or admission: what the product may do is proved on the real one."""

    program = "kubernetes-simulator"

    def __init__(self, log_directory, flags=(), **keywords):
        super().__init__(log_directory, **keywords)
        self.flags = list(flags)

    def arguments(self):
        crds = [word for kind in ("backups", "restores") for word in ("--crds", ROOT / f"manifests/base/crd-{kind}.yaml")]
        return [*super().arguments(), "--port", "0", *crds, *self.flags]

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
