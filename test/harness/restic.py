"""The simulated restic that the simulated Kubernetes runs in Jobs, and what a test does to both from outside."""

REPOSITORY = "s3:s3.example.com/soteria-test"
PASSWORD = "correct horse battery staple"


class SimulatedRestic:
    """Controls of a SimulatedKubernetes: `_simulator/restic/` is restic's, `_simulator/faults` the Pods' of Jobs."""

    def __init__(self, kubernetes, repository=REPOSITORY):
        self.kubernetes = kubernetes
        self.repository = repository

    def control(self, method, path, body=None):
        answer = self.kubernetes.request(method, f"/_simulator/{path}", json=body)
        assert answer.status_code < 400, f"{method} _simulator/{path}: {answer.status_code} {answer.text}"
        return answer.json()

    def install(self, namespace="soteria", password=PASSWORD, kubernetes=None):
        """The Secret that Soteria copies for each Job; where another cluster than the one that plays restic has it, there."""
        (kubernetes or self.kubernetes).create({"kind": "Secret", "metadata": {"namespace": namespace, "name": "soteria-restic"},
                                "stringData": {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret",
                                               "RESTIC_PASSWORD": password}})

    def settings(self, **more):
        """SOTERIA_* variables of a service that has this repository."""
        return {"SOTERIA_RESTIC_REPOSITORY": self.repository, **more}

    # --- restic

    def state(self):
        """repositories, restored (by the PVC's uid), runs."""
        return self.control("GET", "restic/state")

    def snapshots(self):
        """Those of the repository, oldest first: id, original, host, tags, time, files, bytes."""
        return self.state()["repositories"].get(self.repository, {}).get("snapshots", [])

    def all_snapshots(self):
        """Those of all repositories."""
        return [each for repository in self.state()["repositories"].values() for each in repository["snapshots"]]

    def locks(self):
        return self.state()["repositories"].get(self.repository, {}).get("locks", [])

    def restored(self, uid):
        """What a restore wrote into the PVC of that uid: snapshot, files, bytes; None: nothing."""
        return self.state()["restored"].get(uid)

    def runs(self, command=None):
        """Every restic that has ended, oldest first: namespace, job, container, arguments, exit_code."""
        return [run for run in self.state()["runs"] if command in (None, *run["arguments"][1:2])]

    def seed(self, *snapshots, locks=()):
        """Makes the repository if need be; fields of a snapshot: test/simulator/restic/restic.hpp."""
        self.control("POST", "restic/seed", {"repository": self.repository, "password": PASSWORD,
                                             "snapshots": list(snapshots), "locks": list(locks)})

    def fault(self, do, command="", times=1, host=""):
        """restic fails at what it is told to do (times 0: always)."""
        self.control("POST", "restic/faults", {"do": do, "command": command, "times": times, "host": host})

    def pace(self, milliseconds):
        self.control("POST", "restic/pace", {"milliseconds": milliseconds})

    # --- its Pods

    def pod_fault(self, do, job="", times=0, container=""):
        """Pods of Jobs whose name begins so: unschedulable, image_missing, mount_fails, refused, evicted, oom_killed, stalled."""
        self.control("POST", "faults", {"do": do, "job": job, "times": times, "container": container})

    def no_faults(self):
        """Neither of restic nor of Pods; what stood still goes on."""
        self.control("DELETE", "restic/faults")
        self.control("DELETE", "faults")
