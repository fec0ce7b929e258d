"""The awkward content and its comparison: whatever a restore could lose is noticed."""

import os
import shutil
import subprocess

import pytest

from harness import content


@pytest.fixture
def trees(tmp_path):
    """Two that are the same, made apart."""
    return content.fill(tmp_path / "one", 200), content.fill(tmp_path / "other", 200)


def test_the_same_content_is_made_each_time(trees):
    one, other = map(content.described, trees)
    assert content.differences(one, other) == [] and len(one) > 280


def test_there_is_something_of_everything_in_it(trees):
    found = content.described(trees[0])
    assert len({one["kind"] for one in found.values()}) == 5, "files, folders, links, a FIFO and a device"
    assert {name for one in found.values() for name in one["attributes"]} == {
        "user.note", "user.on-a-folder", "security.capability", "system.posix_acl_access"}
    assert sum("the same as" in one for one in found.values()) == 3 and max(one.get("size", 0) for one in found.values()) > 64e6
    assert any(name.decode(errors="replace").encode() != name for name in found), "a name that is not UTF-8"


def relink(at):
    os.unlink(at / "two")
    shutil.copy2(at / "one", at / "two")


CHANGES = {
    "mode": lambda at: (at / "random").chmod(0o640), "owner": lambda at: os.lchown(at / "link", 1, 0),
    "group": lambda at: os.chown(at / "empty folder", 0, 1), "time": lambda at: os.utime(at / "fifo", ns=(1, content.WHEN)),
    "size": lambda at: (at / "random").write_bytes(b""), "sha256": lambda at: (at / "random").write_bytes(b"x" * (3 << 20)),
    "target": lambda at: (os.unlink(at / "link"), (at / "link").symlink_to("one")),
    "attributes": lambda at: os.removexattr(at / "random", "user.note"), "the same as": relink,
    "device": lambda at: (os.unlink(at / "device"), os.mknod(at / "device", 0o20600, os.makedev(1, 5))),
    "kind": lambda at: (os.unlink(at / "fifo"), (at / "fifo").touch()), "missing": lambda at: os.unlink(at / "dangling"),
    "not expected": lambda at: (at / "new").touch(),
}


@pytest.mark.parametrize("what", CHANGES)
def test_every_loss_is_noticed(trees, what):
    one, other = trees
    CHANGES[what](other / "kinds")
    found = content.differences(content.described(one), content.described(other))
    assert any(f": {what}" in difference for difference in found), found


def test_a_copy_by_tar_is_the_same_and_a_plain_copy_is_not(trees, tmp_path):
    source = trees[0]
    for name, options in (("whole", ["--xattrs", "--xattrs-include=*", "--format=posix"]), ("plain", ["--hard-dereference"])):
        (tmp_path / name).mkdir()
        subprocess.run(f"tar -C '{source}' {' '.join(options)} -c . | tar -C '{tmp_path / name}' -xp {' '.join(options[:2])}",
                       shell=True, check=True, timeout=60, capture_output=True)
    wanted = content.described(source)
    assert content.differences(wanted, content.described(tmp_path / "whole")) == []
    assert content.differences(wanted, content.described(tmp_path / "plain")) != []
