"""Container images for the node, made from programs of this machine and brought there as files: no registry is asked."""

import pathlib
import re
import shutil
import subprocess

from harness.binaries import ROOT
from harness.s3 import tool

RESTIC = {"0.16.4": "docker.io/restic/restic:0.16.4", "0.14.0": "docker.io/restic/restic:0.14.0"}


def archive(folder, name, entrypoint, programs, links=None):
    """The image's file. `programs`: where in the image -> the file on this machine; shared libraries come along. `links`:
    where -> to what."""
    tree = pathlib.Path(folder) / "tree"
    for place, program in programs.items():
        _put(tree, place, program)
        for library in _libraries(program):
            # /lib and /lib64 are links to those below /usr, here as there.
            _put(tree, "usr" + re.sub("^/usr", "", library), library)
    for place in ("lib", "lib64"):
        if (tree / "usr" / place).is_dir():
            (tree / place).symlink_to(f"usr/{place}")
    for place, target in (links or {}).items():
        (tree / place).symlink_to(target)
    out = pathlib.Path(folder) / "image.tar"
    done = subprocess.run([ROOT / "image/archive", tree, out, name, *entrypoint], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    shutil.rmtree(tree)
    return out


def restic(folder, version):
    """The image with this restic: 0.16.4 as in its makers' image, 0.14.0 Debian's; beside it a shell, as there."""
    program = tool("restic") if version == "0.16.4" else pathlib.Path("/usr/bin/restic")
    said = subprocess.run([program, "version"], capture_output=True, text=True, timeout=30).stdout
    assert said.startswith(f"restic {version} "), said
    return archive(folder, RESTIC[version], ["/usr/bin/restic"], {"usr/bin/restic": program, "bin/busybox": "/bin/busybox"},
                   {"bin/sh": "busybox", "bin/sleep": "busybox"})


def _put(tree, place, file):
    (tree / place).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, tree / place)
    (tree / place).chmod(0o755)


def _libraries(program):
    listed = subprocess.run(["ldd", program], capture_output=True, text=True, timeout=30)
    return sorted(set(re.findall(r"/\S+", listed.stdout))) if listed.returncode == 0 else []
