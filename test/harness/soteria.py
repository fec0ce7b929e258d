"""The service itself, as a process."""

import json

from .contract import asserted_answer, met
from .servers import Server
from .waiting import eventually


class Soteria(Server):
    """Soteria with a kubeconfig and a Longhorn URL. `settings`: SOTERIA_* variables on top; None takes one away."""

    program = "soteria"

    def __init__(self, log_directory, kubeconfig, longhorn_url, settings=None, name=None):
        settings = {"KUBECONFIG": kubeconfig, "SOTERIA_LONGHORN_URL": longhorn_url,
                    "SOTERIA_LISTEN_ADDR": "127.0.0.1:0", "SOTERIA_LOG_FORMAT": "json", **(settings or {})}
        super().__init__(log_directory, name, {key: value for key, value in settings.items() if value is not None})

    def ready(self, line):
        record = parse_record(line)
        if record.get("message") != "listening":
            return None
        scheme = "https" if record.get("tls") else "http"
        return f"{scheme}://127.0.0.1:{record['port']}"

    def records(self, message=None):
        """Its log records since the last start (message: only those)."""
        records = [parse_record(line) for line in self.process.output().splitlines()]
        return [record for record in records if record and message in (None, record.get("message"))]

    def wait_ready(self, seconds=30):
        """Until /readyz says so: caches filled, Kubernetes reached."""

        def ready():
            answer = self.get("/readyz?verbose")
            assert answer.status_code == 200, answer.text
            return True

        eventually("Soteria is ready", ready, seconds)
        return self

    def restart(self):
        """Stops it (SIGTERM) if it runs and starts it again, on another port."""
        self.stop()
        self.start()
        return self.wait_ready()

    def request(self, method, path, **keywords):
        answer = super().request(method, path, **keywords)
        met(method, path, answer)
        return answer

    # --- the API in one line each

    def json(self, method, path, expect=200, **keywords):
        """The answer's JSON; fails with the whole answer if the status is another."""
        answer = self.request(method, path, **keywords)
        assert answer.status_code == expect, f"{method} {path}: {answer.status_code}, not {expect}: {answer.text}"
        asserted_answer(method, path, expect)
        return answer.json()

    def operation(self, identity):
        return self.json("GET", f"/v1/operations/{identity}")

    def wait_finished(self, identity, phase="Succeeded", seconds=60):
        """The operation, once it has ended; fails if it ends otherwise than in `phase`."""
        ended = ("Succeeded", "Incomplete", "Failed", "Cancelled")

        def finished():
            operation = self.operation(identity)
            assert operation["phase"] in ended, operation
            return operation

        operation = eventually(f"operation {identity} has ended", finished, seconds)
        assert operation["phase"] == phase, f"operation {identity} ended as {operation['phase']}: {operation}"
        return operation


def parse_record(line):
    """A line of its log as a dictionary; an empty one if it is something else."""
    try:
        record = json.loads(line)
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}
