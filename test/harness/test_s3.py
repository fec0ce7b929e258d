"""The S3 server and the two versions of restic that the tests use."""

import os
import subprocess

import pytest

from harness.s3 import S3Server, tool

VERSIONS = {"0.16.4": lambda: tool("restic"), "0.14.0": lambda: "/usr/bin/restic"}


@pytest.fixture
def s3(tmp_path):
    with S3Server(tmp_path, tmp_path / "s3") as s3:
        s3.bucket("backups")
        yield s3


@pytest.fixture(params=VERSIONS)
def restic(request, s3, tmp_path):
    """restic(*arguments, **environment) -> the finished process."""
    program = VERSIONS[request.param]()

    def run(*arguments, **environment):
        around = {"PATH": os.environ["PATH"], "RESTIC_CACHE_DIR": str(tmp_path / "cache"), "RESTIC_PASSWORD": "of the test",
                  "RESTIC_REPOSITORY": s3.repository("backups", "repository"), **s3.keys, **environment}
        return subprocess.run([program, *map(str, arguments)], env=around, capture_output=True, text=True, timeout=120)

    assert f"restic {request.param} " in run("version").stdout
    assert run("init").returncode == 0
    return run


def test_what_restic_puts_there_it_gets_back_also_after_a_restart(s3, restic, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    (data / "note").write_text("as it was")
    made = restic("backup", "--quiet", data)
    assert made.returncode == 0, made.stderr
    s3.stop()
    s3.start()
    back = restic("restore", "latest", "--target", tmp_path / "back")
    assert back.returncode == 0, back.stderr
    assert (tmp_path / "back" / data.relative_to("/") / "note").read_text() == "as it was"


@pytest.mark.parametrize("wrong", [{"AWS_SECRET_ACCESS_KEY": "another"}, {"AWS_ACCESS_KEY_ID": "nobody"}])
def test_keys_that_are_wrong_are_refused(restic, wrong):
    refused = restic("snapshots", **wrong)
    assert refused.returncode == 1 and "unable to open config file" in refused.stderr, refused.stderr


def test_a_password_that_is_wrong_is_refused(restic):
    refused = restic("snapshots", RESTIC_PASSWORD="another")
    assert refused.returncode == 1 and "wrong password or no key found" in refused.stderr, refused.stderr
