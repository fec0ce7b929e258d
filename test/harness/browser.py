"""The console in a real browser: runs the files of test/console (node's test runner, playwright-core, Chromium)."""

import json
import os
import shutil
import subprocess

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


def console_says(url, log_directory, said):
    """The console shows of each of these operations (id -> words) these words on its page."""
    assert said
    click_through("words.test.mjs", url, log_directory, SAID=json.dumps(said))
