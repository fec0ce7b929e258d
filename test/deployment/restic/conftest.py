"""One world for all tests of restic; see world.py. What each of them took stands in build/logs/restic.txt."""

import os
import time

import pytest

from deployment.restic.world import SLOW, figure, restic_world


@pytest.fixture(scope="session")
def world(image):
    begun = time.monotonic()
    with restic_world("restic", image) as world:
        figure(f"restic: from nothing to a ready Soteria with node and S3: {time.monotonic() - begun:.0f} s")
        yield world
    figure(f"restic, all of it: {(time.monotonic() - begun) / 60:.1f} min")


@pytest.fixture(scope="session")
def kubernetes(world):
    return world.kubernetes


@pytest.fixture
def soteria(world):
    return world.soteria


@pytest.fixture
def quick(world, namespace):
    """A claim whose backup takes no time: its folder."""
    folder = world.claim(namespace)
    (folder / "note").write_text(namespace)
    return folder


@pytest.fixture(scope="module")
def slowly(world):
    """Uploads are slowed down, so that a few megabytes are a backup that runs for a while."""
    with world.with_settings(SOTERIA_RESTIC_BACKUP_ARGS=f"--limit-upload {SLOW}"):
        yield


@pytest.fixture
def slow(slowly, quick):
    """A claim whose backup takes two minutes."""
    (quick / "big").write_bytes(os.urandom(SLOW * 1024 * 120))
    return quick
