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

    def volumes(self):
        """name -> volume."""
        answer = self.get("/v1/volumes")
        assert answer.status_code == 200, answer.text
        return {volume["name"]: volume for volume in answer.json()["data"]}
