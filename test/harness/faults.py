"""The fault proxy between Soteria and a server: makes the requests that a rule names fail in the way it names."""

from .servers import Server


class FaultProxy(Server):
    """Forwards to `upstream` (a plain URL: a simulator's, or a cluster's plain_server); `_fault/` on its port controls it.

    Actions: refuse, reset, status, garbage, silence, delay, half_answer, answer_lost, hold_before, hold_after, cut_stream, late,
    arrive_late.
    """

    program = "fault-proxy"

    def __init__(self, log_directory, upstream, flags=(), **keywords):
        super().__init__(log_directory, **keywords)
        self.upstream = upstream
        self.flags = list(flags)

    def arguments(self):
        return [*super().arguments(), "--port", "0", "--upstream", self.upstream, *self.flags]

    def control(self, method, path, **keywords):
        """`_fault/<path>`; the answer's JSON."""
        answer = self.request(method, f"/_fault/{path}", **keywords)
        assert answer.status_code < 400, f"{method} _fault/{path}: {answer.status_code} {answer.text}"
        return answer.json()

    def rule(self, action, method=None, path=None, agent=None, nth=None, count=None, **more):
        """From the nth request that matches, `count` times (0: always; both 1 by default), do `action`.

        path and agent are regular expressions, searched in the path with its query and in the User-Agent; a purpose such
        as `restore/create_volume` stands at the end of the latter. more: status, body, headers, milliseconds, after_bytes.
        """
        match = {"method": method, "path_regex": path, "user_agent_regex": agent, "nth": nth}
        rule = {"match": {key: value for key, value in match.items() if value is not None}, "action": action, **more}
        if count is not None:
            rule["count"] = count
        self.control("POST", "rules", json=rule)

    def counts(self):
        """For each rule in order: action, seen (requests that matched), applied."""
        return self.control("GET", "rules")["rules"]

    def clear(self):
        """No rules any more, and nothing held."""
        self.control("DELETE", "rules")
        self.release()

    def log_of_requests(self, clear=False):
        """What came so far, in order: id, method, target, user_agent, action, status, outcome."""
        seen = self.control("GET", "log")
        if clear:
            self.control("DELETE", "log")
        return seen

    def held(self, wait=0):
        """The requests being held; waits so many seconds for the first."""
        return self.control("GET", f"held?wait={wait}", timeout=wait + 30)

    def wait_held(self, seconds=30):
        """The first held request, once there is one."""
        held = self.held(seconds)
        assert held, f"{self.name}: no request was held within {seconds} s; rules: {self.counts()}"
        return held[0]

    def release(self, identity=None):
        """Lets the held request of that id go on (None: all); the number of those let go."""
        return self.control("POST", "release", json={} if identity is None else {"id": identity})["released"]

    def cut(self):
        """Cuts all running streams (watches) in the middle of a line."""
        self.control("POST", "cut")
