"""The console's own tests (*.test.mjs, in a real browser) against a demo of their own."""

import os
import shutil
import subprocess

import pytest

from harness.binaries import ROOT, continuous_integration
from harness.servers import Server
from harness.soteria import Soteria


class Demo(Soteria):
    """soteria-demo: brings its own cluster."""

    program = "soteria-demo"

    def __init__(self, log_directory, settings=None):
        settings = {"SOTERIA_LISTEN_ADDR": "127.0.0.1:0", "SOTERIA_LOG_FORMAT": "json", "SOTERIA_LOG_LEVEL": "info",
                    **(settings or {})}
        Server.__init__(self, log_directory, env=settings)


def needed(program):
    if not shutil.which(program):
        assert not continuous_integration(), f"{program} is missing; Debian has it as a package"
        pytest.skip(f"needs {program}, a Debian package")


def click_through(tests, soteria, log_directory):
    for program in ("node", "npm", "chromium"):
        needed(program)
    tools = subprocess.run([ROOT / "test/tools/playwright"], check=True, capture_output=True, text=True).stdout.strip()
    # Pictures of the main states: kept on request, else beside the logs, which go with a passing test.
    pictures = os.environ.get("SOTERIA_SCREENSHOTS", str(log_directory))
    outcome = subprocess.run(
        ["node", "--test", "--test-reporter=spec", ROOT / "test/console" / tests],
        env={**os.environ, "SOTERIA_URL": soteria.url, "SOTERIA_PLAYWRIGHT": tools, "SOTERIA_SCREENSHOTS": pictures},
        timeout=600, capture_output=True, text=True)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    assert "fail 0" in outcome.stdout and "pass 0" not in outcome.stdout, outcome.stdout


def test_the_console_is_clicked_through(log_directory):
    with Demo(log_directory) as demo:
        click_through("console.test.mjs", demo.wait_ready(), log_directory)


def test_the_console_is_clicked_through_where_callers_must_be_known(log_directory):
    with Demo(log_directory, {"SOTERIA_AUTH_REQUIRED": "true"}) as demo:
        click_through("access.test.mjs", demo.wait_ready(), log_directory)
