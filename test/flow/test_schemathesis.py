"""schemathesis against the running service: what /openapi.json promises, asked with thousands of made-up requests."""

import json
import os
import re
import subprocess

import pytest

from flow.example_cluster import ExampleCluster
from harness.binaries import ROOT, long_run

TOKEN = {"Authorization": "Bearer good"}
AUTHENTICATION = {
    "off": (None, {}),
    "on": ({"SOTERIA_AUTH_REQUIRED": "true", "SOTERIA_AUTH_BEARER_TOKENS": "good"}, TOKEN)}


@pytest.fixture(scope="session")
def schemathesis():
    return subprocess.run([ROOT / "test/tools/schemathesis"], check=True, stdout=subprocess.PIPE, text=True,
                          timeout=600).stdout.strip()


def run(schemathesis, cluster, location, folder, *arguments):
    """Its exit code and what it printed."""
    headers = [word for name, value in cluster.headers.items() for word in ("--header", f"{name}: {value}")]
    done = subprocess.run(
        [schemathesis, "--config-file", ROOT / "test/flow/schemathesis.toml", "run", location, "--url", cluster.soteria.url,
         "--checks", "all", "--no-shrink", "--exclude-path", "/v1/events", *headers, *arguments],  # a stream: it never ends
        cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT / "test/flow")}, capture_output=True, text=True, timeout=1800)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("authentication", AUTHENTICATION)
def test_every_made_up_request_is_answered_as_the_description_says(schemathesis, authentication, log_directory, tmp_path):
    settings, headers = AUTHENTICATION[authentication]
    # The same requests each time; a long run makes up others.
    amount = ["--max-examples", "800"] if long_run() else ["--max-examples", "100", "--seed", "20260412"]
    with ExampleCluster(log_directory, settings, headers) as cluster:
        code, said = run(schemathesis, cluster, f"{cluster.soteria.url}/openapi.json", tmp_path, *amount)
        assert code == 0, said
        # All but /openapi.json, which it has read already, and the stream.
        routes = sum(len(methods) for methods in cluster.soteria.json("GET", "/openapi.json")["paths"].values())
        assert f"Operations:       {routes - 2} selected / {routes - 1} total" in said, said
        assert int(re.search(r"(\d+) generated", said).group(1)) > 1000, said
        assert not [one for one in cluster.soteria.records() if one["level"] == "error"]


def test_a_description_that_is_wrong_is_found_out(schemathesis, log_directory, tmp_path):
    with ExampleCluster(log_directory) as cluster:
        document = cluster.soteria.json("GET", "/openapi.json")
        document["components"]["schemas"]["Health"]["properties"]["status"] = {"const": "splendid"}
        lie = tmp_path / "openapi.json"
        lie.write_text(json.dumps(document))
        code, said = run(schemathesis, cluster, lie, tmp_path, "--include-path", "/healthz", "--max-examples", "2")
        assert code == 1 and "splendid" in said, said
