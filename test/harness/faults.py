"""The fault proxy between Soteria and a server: refuses, delays, holds, cuts or changes what its rules name."""

from .servers import Server
from .waiting import eventually


class FaultProxy(Server):
    """Forwards to `upstream`; `_fault/` on the same port controls it."""

    program = "fault-proxy"

    def __init__(self, log_directory, upstream, flags=(), **keywords):
        super().__init__(log_directory, **keywords)
        self.upstream = upstream
        self.flags = list(flags)

    def arguments(self):
        return [*super().arguments(), "--port", "0", "--upstream", self.upstream, *self.flags]

    def control(self, method, path, **keywords):
        """`_fault/<path>`; the answer's JSON, if it has any."""
        answer = self.request(method, f"/_fault/{path}", **keywords)
        assert answer.status_code < 400, f"{method} _fault/{path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.text else None

    def rule(self, **fields):
        """Adds a rule; returns what the proxy says of it."""
        return self.control("POST", "rules", json=fields)

    def clear(self):
        """No rules any more."""
        self.control("DELETE", "rules")

    def requests_log(self):
        """What came through so far, in order."""
        return self.control("GET", "log")

    def held(self):
        """The requests that wait for release()."""
        return self.control("GET", "held")

    def wait_held(self, seconds=30):
        """The first held request, once there is one."""
        return eventually(f"a request is held by {self.name}", self.held, seconds)[0]

    def release(self, **which):
        self.control("POST", "release", json=which)
