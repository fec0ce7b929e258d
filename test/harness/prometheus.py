"""Debian's Prometheus as a process, with a configuration of the test, and its checker promtool."""

import os
import pathlib
import re
import subprocess

import yaml

from .servers import Server
from .waiting import eventually

LISTENING = "0A"  # the state TCP_LISTEN in /proc/net/tcp


def _listening_port(pid):
    """The port that the process listens on: Prometheus itself does not say which one it got."""
    sockets = set()
    for link in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            found = re.match(r"socket:\[(\d+)\]$", os.readlink(link))
        except FileNotFoundError:
            continue
        if found:
            sockets.add(found.group(1))
    for line in pathlib.Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[3] == LISTENING and fields[9] in sockets:
            return int(fields[1].split(":")[1], 16)
    return None


class Prometheus(Server):
    """Scrapes `targets` ({job: URL}) every `interval`, and evaluates the rules in `rule_files` as often."""

    program = "prometheus"

    def __init__(self, log_directory, targets, rule_files=(), interval="250ms"):
        super().__init__(log_directory)
        self.folder = log_directory / "prometheus"
        self.configuration = {
            "global": {"scrape_interval": interval, "scrape_timeout": interval, "evaluation_interval": interval},
            "rule_files": [str(file) for file in rule_files],
            "scrape_configs": [{"job_name": job, "static_configs": [{"targets": [url.removeprefix("http://")]}]}
                               for job, url in targets.items()]}

    def arguments(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / "prometheus.yaml"
        file.write_text(yaml.safe_dump(self.configuration))
        return ["prometheus", f"--config.file={file}", f"--storage.tsdb.path={self.folder / 'data'}",
                "--web.listen-address=127.0.0.1:0"]

    def ready(self, line):
        port = "Server is ready to receive web requests" in line and _listening_port(self.process.pid)
        return port and f"http://127.0.0.1:{port}"

    def ask(self, path, **parameters):
        answer = self.get(f"/api/v1/{path}", params=parameters)
        assert answer.status_code == 200, f"{path} {parameters}: {answer.status_code} {answer.text}"
        return answer.json()["data"]

    def query(self, expression):
        """[(labels without the name and the target's own, value)] as of now."""
        return [({name: value for name, value in one["metric"].items() if name not in ("__name__", "job", "instance")},
                 float(one["value"][1])) for one in self.ask("query", query=expression)["result"]]

    def value(self, expression):
        """The value of the only series; None if there is none."""
        found = self.query(expression)
        assert len(found) <= 1, f"{expression} is not one series but {found}"
        return found[0][1] if found else None

    def wait_value(self, expression, expected, seconds=20):
        """Until the only series has this value; None: until there is no series."""

        def look():
            now = self.value(expression)
            assert now == expected, f"{expression} is {now}"
            return True

        eventually(f"{expression} becomes {expected}", look, seconds)


def promtool(*arguments, text=None):
    """(exit code, output)"""
    run = subprocess.run(["promtool", *map(str, arguments)], input=text, text=True, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, check=False, timeout=60)
    return run.returncode, run.stdout
