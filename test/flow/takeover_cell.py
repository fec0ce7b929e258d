"""Cells of the fault tables in which the replica that acts is killed, and the other one goes on (kill_before, kill_after the
call), or it does so itself, started anew and alone (restart_before, restart_after)."""

from cluster.stand_in_node import StandInRestic
from flow.invariants import Invariants
from flow.longhorn_cell import LonghornCell
from flow.replicas import Replicas
from flow.restic_cell import ResticCell

COLUMNS = ["kill_before", "kill_after", "restart_before", "restart_after"]


class TakenOver:
    """Mixed into a cell: `replicas`, and `worlds`, which its cluster is from and goes back to if all went well. Whatever was
    on its way to a server when its sender died is lost there."""

    worlds = None
    restarts = False

    def fault_of(self, column):
        self.restarts = column.startswith("restart")
        return column.replace("restart", "kill")

    def crash(self):
        killed, other = self.replicas.kill_leader()
        if self.restarts:
            other.kill()
        for proxy in self.proxies.values():
            proxy.clear()
        self.soteria = killed.start().wait_ready() if self.restarts else other

    def _settings(self, **more):
        # Time for a takeover, above what the tables give.
        return super()._settings(SOTERIA_RESTORE_TIMEOUT_SECONDS=60, SOTERIA_BACKUP_TIMEOUT_SECONDS=60, **more)

    def check(self, phase, foreign=None):
        super().check(phase, foreign)
        self.invariants.check(self.replicas.running())


class TakenOverRestic(TakenOver, ResticCell):
    """In a namespace of its own of a real cluster, with a repository and two replicas of its own."""

    def _start_kubernetes(self, flags=()):
        _enter(self)

    def _repository(self):
        return StandInRestic(self.world.node, repository=f"s3:s3.example.com/{self.namespace}")

    def _start_soteria(self, longhorn_url, **settings):
        self.folder.mkdir(parents=True, exist_ok=True)
        self.replicas = Replicas(self.folder, self.kubernetes, self._kubeconfig(), longhorn_url, self._settings(**settings))
        self.world.replicas = self.replicas
        self.replicas.wait_both()
        self.soteria = self.replicas.leader()

    def _set_the_scene(self):
        super()._set_the_scene()
        self.invariants = Invariants(self.kubernetes, restic=self.restic, readers=self.world.read_events())

    def __exit__(self, error=None, *_):
        if hasattr(self, "restic"):
            self.restic.no_faults()
        if hasattr(self, "replicas"):
            self.replicas.stop()
        _leave(self, error)


class TakenOverLonghorn(TakenOver, LonghornCell):
    """In a namespace of its own of a real cluster; it shares the two replicas with the cells before it."""

    def _start(self):
        _enter(self)
        self.longhorn, self.replicas = self.world.longhorn, self.world.replicas
        self.bystander, self.older = f"pvc-bystander-{self.namespace}", f"backup-older-{self.namespace}"
        self.replicas.wait_both()
        self.soteria = self.replicas.leader()

    def _set_the_scene(self):
        super()._set_the_scene()
        self.invariants = Invariants(self.kubernetes, self.longhorn, readers=self.world.read_events())

    def __exit__(self, error=None, *_):
        if hasattr(self, "longhorn"):
            self.longhorn.no_faults()
        _leave(self, error)


def _enter(cell):
    cell.world = cell.worlds.take()
    cell.kubernetes, cell.proxies = cell.world.kubernetes, cell.world.proxies
    for proxy in cell.proxies.values():
        proxy.clear()
        proxy.log_of_requests(clear=True)
    cell.namespace = f"work-{next(cell.world.numbers)}"
    cell.kubernetes.create({"kind": "Namespace", "metadata": {"name": cell.namespace}})


def _leave(cell, error):
    """What has seen a failure may have more to show for it, and is no good for the next cell."""
    if not hasattr(cell, "world"):
        return
    if error or not hasattr(cell, "before"):
        cell.world.stop()
    else:
        cell.worlds.give_back(cell.world)
