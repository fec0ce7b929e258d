"""Where the programs under test are."""

import functools
import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]


def build_directory():
    """SOTERIA_BINARY_DIR, which ctest sets; by hand: the test build."""
    return pathlib.Path(os.environ.get("SOTERIA_BINARY_DIR", ROOT / "build/test")).resolve()


@functools.cache
def binary(name):
    """The path of a program of the build, by its target's name."""
    for path in sorted(build_directory().rglob(name), key=lambda found: len(found.parts)):
        if path.is_file() and os.access(path, os.X_OK):
            return path
    raise AssertionError(f"{name} is not in {build_directory()}: build it with "
                         f"cmake --build {build_directory()} --target {name}")


def long_run():
    """True in `make test-long`: the same tests with larger counts."""
    return bool(os.environ.get("SOTERIA_TEST_LONG"))


def continuous_integration():
    """True where nothing may be left out."""
    return os.environ.get("CI") == "true"
