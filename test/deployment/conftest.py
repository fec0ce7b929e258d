"""The image under test: of the release build, brought up to date first, as what ships is what is to be tested."""

import pathlib
import subprocess

import pytest

from harness.binaries import ROOT

FIGURES = ROOT / "build/logs/deployment.txt"


def run(*command):
    """Its standard output; fails with what it said."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=1500)
    assert done.returncode == 0, f"{command}: {done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="session")
def release_build():
    run(ROOT / "test/tools/build", "release", "soteria")
    return ROOT / "build/release"


@pytest.fixture(scope="session")
def image(release_build, tmp_path_factory):
    """The image's file, with .size_line: what `make image` says of it."""

    class Image(type(pathlib.Path())):
        size_line = ""

    path = Image(tmp_path_factory.mktemp("image") / "soteria.tar")
    path.size_line = run(ROOT / "image/make", path, release_build).split(", in ")[0]
    return path
