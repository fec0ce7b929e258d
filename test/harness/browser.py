"""The console in a real browser: runs the files of test/console (node's test runner, playwright-core, Chromium)."""

import contextlib
import http.server
import json
import os
import shutil
import subprocess
import threading

import pytest

from .binaries import ROOT, continuous_integration


def needed(program):
    if not shutil.which(program):
        assert not continuous_integration(), f"{program} is missing; Debian has it as a package"
        pytest.skip(f"needs {program}, a Debian package")


def click_through(tests, url, log_directory, **settings):
    """One file of test/console, against the Soteria at `url`. Pictures of the main states: kept on request, else beside the
    logs, which go with a passing test."""
    for program in ("node", "npm", "chromium"):
        needed(program)
    tools = subprocess.run([ROOT / "test/tools/playwright"], check=True, capture_output=True, text=True).stdout.strip()
    pictures = os.environ.get("SOTERIA_SCREENSHOTS", str(log_directory))
    outcome = subprocess.run(
        ["node", "--test", "--test-reporter=spec", ROOT / "test/console" / tests],
        env={**os.environ, "SOTERIA_URL": url, "SOTERIA_PLAYWRIGHT": tools, "SOTERIA_SCREENSHOTS": pictures, **settings},
        timeout=600, capture_output=True, text=True)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    assert "fail 0" in outcome.stdout and "pass 0" not in outcome.stdout, outcome.stdout


@contextlib.contextmanager
def at_posts(**actions):
    """The address of a server for a browser's test: a POST to <address><name> does that one, and answers what it returns."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            told = (actions[self.path.removeprefix("/")]() or "").encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def console_says(url, log_directory, said):
    """The console shows of each of these operations (id -> words) these words on its page."""
    assert said
    click_through("words.test.mjs", url, log_directory, SAID=json.dumps(said))
