"""The simulated Longhorn, and what a test does to it from outside."""

from .servers import Server


class LonghornSimulator(Server):
    """Longhorn's manager API; `_simulator/` on the same port controls it. kubernetes: its URL, so that deleting a volume
    deletes PV and PVC along with it as Longhorn does."""

    program = "longhorn-simulator"

    def __init__(self, log_directory, time_scale=1.0, kubernetes=None, flags=(), **keywords):
        super().__init__(log_directory, **keywords)
        self.time_scale = time_scale
        self.kubernetes = kubernetes
        self.flags = list(flags)

    def arguments(self):
        arguments = [*super().arguments(), "--port", "0", "--time-scale", self.time_scale, *self.flags]
        if self.kubernetes:
            arguments += ["--kubernetes", self.kubernetes]
        return arguments

    def control(self, method, path, **keywords):
        """`_simulator/<path>`; the answer's JSON, if it has any."""
        answer = self.request(method, f"/_simulator/{path}", **keywords)
        assert answer.status_code < 400, f"{method} _simulator/{path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.text else None

    def state(self):
        """Everything it holds: volumes, snapshots, backups, backupVolumes, targets, counts."""
        return self.control("GET", "state?log=false")

    def volumes(self):
        """name -> volume, as Longhorn's API shows it."""
        return {volume["name"]: volume for volume in self.state()["volumes"]}

    def backups(self, volume=None):
        """The backups in every state (volume: only of that one)."""
        return [backup for backup in self.state()["backups"] if volume in (None, backup["volumeName"])]

    def snapshots(self, volume=None):
        return [snapshot for snapshot in self.state()["snapshots"] if volume in (None, snapshot["volume"])]

    def seed(self, **objects):
        """seed(volumes=[{"name": "v1", "size": "1Gi"}], backups=[...]); fields as Longhorn names them."""
        return self.control("POST", "seed", json=objects)

    def fault(self, **fields):
        """Adds a fault; no_faults() takes all away."""
        return self.control("POST", "faults", json=fields)

    def no_faults(self):
        self.control("DELETE", "faults")

    def change_volume(self, name, **fields):
        return self.control("POST", f"volumes/{name}", json=fields)

    def change_target(self, name="default", **fields):
        return self.control("POST", f"targets/{name}", json=fields)

    def calls(self, clear=False):
        """What was asked of it so far, in order: method, path, action, userAgent, status, body, at."""
        return self.control("DELETE" if clear else "GET", "log")
