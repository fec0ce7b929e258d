"""The cluster that the examples of /openapi.json speak of, simulated, with a Soteria in it."""

from flow.scene import bound_pvc, row_of
from harness.longhorn import LonghornSimulator
from harness.simulated_kubernetes import SimulatedKubernetes
from harness.soteria import Soteria
from harness.waiting import eventually

GIBIBYTE = 1 << 30


class ExampleCluster:
    """`settings`: SOTERIA_* variables on top. Backups and restores take a part of a second."""

    def __init__(self, folder, settings=None, headers=None):
        self.kubernetes = SimulatedKubernetes(folder)
        self.longhorn = None
        self.soteria = None
        self.folder = folder
        self.settings = settings
        self.headers = headers or {}

    def __enter__(self):
        try:
            self.kubernetes.start()
            self.kubernetes.install()
            self.longhorn = LonghornSimulator(self.folder, 0.02, self.kubernetes.url).start()
            self.fill()
            self.soteria = Soteria(self.folder, self.kubernetes.kubeconfig(self.folder / "kubeconfig"), self.longhorn.url,
                                   self.settings)
            self.soteria.http.headers.update(self.headers)
            self.soteria.start()
            self.soteria.wait_ready()
            eventually("the inventory is whole", lambda: row_of(self.soteria, "ai", "llm-cache")["backup_count"] >= 2)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for program in (self.soteria, self.longhorn, self.kubernetes):
            if program and program.process:
                program.stop() if program is self.soteria else program.kill()

    def fill(self):
        for name in ("ai", "web"):
            self.kubernetes.create({"kind": "Namespace", "metadata": {"name": name}})
        for namespace, pvc, volume in (("ai", "llm-cache", "pvc-1234abcd"), ("ai", "scratch", "pvc-5678efab"),
                                       ("web", "data", "pvc-9abc0123")):
            bound_pvc(self.kubernetes, self.longhorn, namespace, pvc, handle=volume, size=str(50 * GIBIBYTE))
        for name, volume, hours in (("backup-3f2a9c", "pvc-1234abcd", 1), ("backup-71be04", "pvc-1234abcd", 25),
                                    ("backup-c0ffee", "pvc-9abc0123", 2)):
            self.longhorn.seed(backups=[{"name": name, "volume": volume, "snapshotName": f"by-hand-{name}", "size": GIBIBYTE,
                                         "created": -hours * 3600, "snapshotCreated": -hours * 3600}])
