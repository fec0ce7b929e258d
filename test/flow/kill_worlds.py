"""Real clusters with two replicas' surroundings in them, for tests that kill one; made when wanted, and used again."""

import contextlib
import itertools
import threading

from cluster.cluster import RealKubernetes
from cluster.stand_in_node import StandInNode, StandInRestic
from flow.replicas import Replicas
from harness.binaries import ROOT
from harness.events import EventReader
from harness.faults import FaultProxy
from harness.longhorn import LonghornSimulator
from harness.restic import SimulatedRestic
from harness.simulated_kubernetes import SimulatedKubernetes

SCALE = 0.05  # of the simulated Longhorn's time


class World:
    """A real cluster with a proxy before it. `folder`: for the logs."""

    manifests = ROOT / "manifests"

    def __init__(self, folder):
        self.folder = folder
        self.numbers = itertools.count(1)
        self.proxies = {}
        self.replicas = None
        self.readers = []
        self.running = contextlib.ExitStack()

    def start(self):
        try:
            self.folder.mkdir(parents=True)
            self.kubernetes = self.running.enter_context(RealKubernetes(self.folder))
            self.kubernetes.install(self.manifests)
            self.proxies["kubernetes"] = self._run(FaultProxy(self.folder, self.kubernetes.plain_server, name="kubernetes-proxy"))
            self._start()
            return self
        except BaseException:
            self.stop()
            raise

    def read_events(self):
        """Two clients of the event stream, of whichever replicas there are, from now on to the end."""
        if not self.readers:
            self.readers = [self.running.enter_context(EventReader(self.replicas_now, name=f"reader {number}"))
                            for number in (1, 2)]
        return self.readers

    def replicas_now(self):
        return self.replicas.running()

    def _run(self, server):
        self.running.callback(server.kill)
        return server.start()

    def stop(self):
        self.running.close()


class LonghornWorld(World):
    """With a Longhorn, a proxy before that, too, and two replicas. `seconds`: how long a backup or a restore takes there."""

    def __init__(self, folder, settings, seconds=0.2):
        super().__init__(folder)
        self.settings, self.seconds = settings, seconds

    def _start(self):
        scaled = str(round(self.seconds / SCALE))
        flags = ["--restore-seconds", scaled, "--backup-seconds", scaled]
        self.longhorn = self._run(LonghornSimulator(self.folder, SCALE, self.kubernetes.plain_server, flags))
        self.proxies["longhorn"] = self._run(FaultProxy(self.folder, self.longhorn.url, name="longhorn-proxy"))
        kubeconfig = self.kubernetes.kubeconfig(self.folder / "kubeconfig", self.proxies["kubernetes"].url)
        self.replicas = Replicas(self.folder, self.kubernetes, kubeconfig, self.proxies["longhorn"].url, self.settings)
        self.running.callback(self.replicas.stop)


class ResticWorld(World):
    """With restic's Jobs played on a node that is none. `milliseconds`: how long a backup or a restore takes there."""

    manifests = ROOT / "manifests/overlays/restic"
    milliseconds = 100

    def _start(self):
        simulated = self._run(SimulatedKubernetes(self.folder, ["--restic-milliseconds", str(self.milliseconds)]))
        simulated.install()
        self.node = self.running.enter_context(StandInNode(self.kubernetes, simulated))
        SimulatedRestic(simulated).install(kubernetes=self.kubernetes)


class WorldOfBoth(LonghornWorld, ResticWorld):
    """Both drivers, Longhorn's the default, and a `restic` repository."""

    milliseconds = 1000

    def _start(self):
        ResticWorld._start(self)
        self.restic = StandInRestic(self.node)
        self.settings = self.restic.settings(**self.settings)
        LonghornWorld._start(self)


class Worlds:
    """As many as are in use at once; all are stopped at the end."""

    def __init__(self, make):
        self.make = make  # called with a number
        self.numbers = itertools.count(1)
        self.lock = threading.Lock()
        self.free, self.all = [], []

    def take(self):
        with self.lock:
            if self.free:
                return self.free.pop()
            world = self.make(next(self.numbers))
            self.all.append(world)
        return world.start()

    def give_back(self, world):
        with self.lock:
            self.free.append(world)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.ExitStack() as stack:
            for world in self.all:
                stack.callback(world.stop)
