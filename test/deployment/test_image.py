"""The container image: what is in it, that it is the same each time, and that it holds all that the program needs."""

import hashlib
import io
import json
import re
import shutil
import tarfile

import pytest

from deployment.conftest import run
from harness.binaries import ROOT


@pytest.fixture(scope="module")
def blobs(image):
    """name -> content of every file in the archive."""
    with tarfile.open(image) as archive:
        return {member.name: archive.extractfile(member).read() for member in archive if member.isfile()}


@pytest.fixture(scope="module")
def manifest(blobs):
    (described,) = json.loads(blobs["index.json"])["manifests"]
    return json.loads(blobs["blobs/" + described["digest"].replace(":", "/")])


@pytest.fixture(scope="module")
def config(blobs, manifest):
    return json.loads(blobs["blobs/" + manifest["config"]["digest"].replace(":", "/")])


@pytest.fixture(scope="module")
def tree(blobs, manifest, tmp_path_factory):
    """The image's files, unpacked."""
    (layer,) = manifest["layers"]
    folder = tmp_path_factory.mktemp("tree")
    folder.chmod(0o755)  # as a container's root is
    with tarfile.open(fileobj=io.BytesIO(blobs["blobs/" + layer["digest"].replace(":", "/")])) as archive:
        archive.extractall(folder)
    return folder


def test_every_blob_is_what_its_name_says(blobs):
    named = {name: content for name, content in blobs.items() if name.startswith("blobs/")}
    assert len(named) == 3
    assert all(name == f"blobs/sha256/{hashlib.sha256(content).hexdigest()}" for name, content in named.items())
    (saved,) = json.loads(blobs["manifest.json"])  # for `docker load`
    assert {saved["Config"], *saved["Layers"]} < set(named)


def test_the_same_build_gives_the_same_bytes(image, release_build, tmp_path):
    run(ROOT / "image/make", tmp_path / "again.tar", release_build)
    assert hashlib.sha256((tmp_path / "again.tar").read_bytes()).hexdigest() == hashlib.sha256(image.read_bytes()).hexdigest()


def test_it_runs_the_program_as_nobody_in_particular(config, manifest):
    running = config["config"]
    assert running["User"] == "65532:65532" and running["Entrypoint"] == ["/usr/bin/soteria"]
    assert list(running["ExposedPorts"]) == ["8080/tcp"]


def test_its_program_starts_with_nothing_but_the_image_around_it(tree):
    version = re.search(r"project\(soteria VERSION ([0-9.]+)", (ROOT / "CMakeLists.txt").read_text()).group(1)
    assert run("chroot", "--userspec=65532:65532", tree, "/usr/bin/soteria", "--version") == f"soteria {version}\n"


def test_a_missing_library_would_be_noticed(tree, tmp_path):
    """That the test above can fail."""
    shutil.copytree(tree, tmp_path / "tree", symlinks=True)
    next((tmp_path / "tree").rglob("libcurl.so.4")).unlink()
    with pytest.raises(AssertionError, match="libcurl"):
        run("chroot", tmp_path / "tree", "/usr/bin/soteria", "--version")


def test_it_holds_certificates_a_user_and_no_shell(tree):
    assert (tree / "etc/ssl/certs/ca-certificates.crt").read_text().count("BEGIN CERTIFICATE") > 50
    assert "soteria:x:65532:65532" in (tree / "etc/passwd").read_text()
    programs = [path.name for path in tree.rglob("*") if path.is_file() and path.parent.name in ("bin", "sbin")]
    assert programs == ["soteria"]
    assert not [path for path in tree.rglob("*") if not path.is_symlink() and path.stat().st_mode & 0o6022]


def test_every_library_comes_with_its_package_and_licence(tree):
    libraries = [path for path in (tree / "usr").rglob("*.so*") if path.is_file()]
    packages = {path.name for path in (tree / "var/lib/dpkg/status.d").iterdir()}
    assert len(libraries) > 10 and {"libc6", "libcurl4", "libssl3", "ca-certificates"} <= packages
    for package in packages:
        assert (tree / "usr/share/doc" / package / "copyright").stat().st_size > 0, package
        assert f"Package: {package}\n" in (tree / "var/lib/dpkg/status.d" / package).read_text()


def test_it_is_small(image):
    megabytes = [float(number) for number in re.findall(r"([0-9.]+) MB", image.size_line)]
    assert len(megabytes) == 2 and megabytes[0] < 20 and megabytes[1] < 50, image.size_line


def test_the_dockerfile_makes_the_same_image_from_the_same_packages(config):
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    steps = [line for line in lines if line and not line.startswith("#")]
    froms = [step for step in steps if step.startswith("FROM ")]
    assert froms == ["FROM debian:12 AS build", "FROM scratch"]
    # The list of packages is the one that `make image` installs: none is named here.
    assert "RUN test/tools/install-packages image" in steps and not any("apt" in step for step in steps)
    assert any("test/tools/build release soteria && image/tree /tree" in step for step in steps)
    last = steps[steps.index("FROM scratch") + 1:]
    assert last == ["COPY --from=build /tree /", f"USER {config['config']['User']}", "EXPOSE 8080",
                    f"ENTRYPOINT {json.dumps(config['config']['Entrypoint'])}"]
    version = re.search(r"project\(soteria VERSION ([0-9.]+)", (ROOT / "CMakeLists.txt").read_text()).group(1)
    assert any(f"soteria:{version}" in line for line in lines)
    # What it copies before the packages are installed is all that installing them reads.
    assert "COPY test/tools/packages test/tools/install-packages test/tools/" in steps
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert "build" in ignored and not {"image", "test", "cmake", "assets", "source", "headers"} & set(ignored)
