"""The project's own servers that a test starts: each prints `listening on http://ADDRESS:PORT` once it serves."""

import re

import requests

from .binaries import binary
from .processes import Process

# What a sanitizer found must fail the test even if the program goes on or is killed: stop() looks for these.
SANITIZER = re.compile(r"ERROR: (Address|Leak)Sanitizer|runtime error: ")


class Server:
    """A program with a base URL. Use as a context manager, or start() and stop()."""

    program = ""

    def __init__(self, log_directory, name=None, env=None):
        self.name = name or self.program
        self.log = log_directory / f"{self.name}.log"
        self.env = dict(env or {})
        self.process = None
        self.url = ""
        self.http = requests.Session()
        self.http.trust_env = False  # no proxy and no .netrc between a test and its server

    def arguments(self):
        return [binary(self.program)]

    def ready(self, line):
        """The base URL, if this line of output tells it."""
        found = re.search(r"listening on (https?://\S+)", line)
        return found and found.group(1)

    def start(self, seconds=30.0):
        self.process = Process(self.arguments(), self.log, self.env, self.name)
        try:
            self.url = self.process.wait_for_line(self.ready, seconds).rstrip("/")
        except BaseException:
            self.process.kill()
            raise
        return self

    def stop(self, seconds=30.0):
        """SIGTERM, then what the sanitizers said. Does nothing if it does not run."""
        code = None
        if self.process:
            self.process.resume()
            code = self.process.stop(seconds) if self.process.running else self.process.exit_code
        self.check()
        return code

    def kill(self):
        self.process.kill()
        self.check()

    def check(self):
        """Fails with what a sanitizer found in this program so far."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        found = SANITIZER.search(text)
        assert not found, f"{self.name}, {self.log}:\n{text[found.start():found.start() + 3000]}"

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
        self.http.close()

    # requests with a deadline; a path is relative to the base URL
    def request(self, method, path, timeout=30, **keywords):
        return self.http.request(method, self.url + path, timeout=timeout, **keywords)

    def get(self, path, **keywords):
        return self.request("GET", path, **keywords)

    def post(self, path, **keywords):
        return self.request("POST", path, **keywords)

    def put(self, path, **keywords):
        return self.request("PUT", path, **keywords)

    def delete(self, path, **keywords):
        return self.request("DELETE", path, **keywords)
