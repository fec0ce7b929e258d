"""Two of the service side by side on one cluster: one acts, the other waits for its turn."""

from harness.soteria import Soteria
from harness.waiting import eventually

OURS = "the lease is ours"


class Replicas:
    """Each keeps its name and its log; one that was killed is started again by wait_both()."""

    def __init__(self, folder, kubernetes, kubeconfig, longhorn_url, settings):
        self.kubernetes = kubernetes
        self.all = [Soteria(folder, kubeconfig, longhorn_url, settings, name=f"soteria-{number}") for number in (1, 2)]

    def running(self):
        return [one for one in self.all if one.process and one.process.running]

    def wait_both(self, seconds=40):
        """Until both are ready and one of them acts."""
        for one in self.all:
            if one not in self.running():
                one.start()
        for one in self.all:
            one.wait_ready(seconds)
        self.leader(seconds)
        return self

    def holder(self):
        lease = self.kubernetes.get("Lease", "soteria", "soteria")
        return (lease or {"spec": {}})["spec"].get("holderIdentity") or ""

    def leader(self, seconds=20):
        """The one that acts, once one does."""

        def found():
            holder = self.holder()
            return [one for one in self.running() if holder and holder in [
                record["identity"] for record in one.records(OURS)[-1:]]]

        return eventually("one of the replicas acts", found, seconds)[0]

    def waiting(self):
        """The one that does not act."""
        leader = self.leader()
        return next(one for one in self.running() if one is not leader)

    def kill_leader(self):
        """SIGKILL; it, and the one that is left, which knows nothing of it yet."""
        leader, waiting = self.leader(), self.waiting()
        leader.kill()
        return leader, waiting

    def stop(self):
        for one in self.running():
            one.stop()

    def check(self):
        """What the sanitizers found."""
        for one in self.all:
            one.check()
