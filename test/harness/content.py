"""A volume's content: the awkward things that people have in theirs, and everything about a tree that a restore must bring
back. Needs root."""

import hashlib
import os
import pathlib
import stat

# Nanoseconds that a double could not keep.
WHEN = 1_600_000_000_123_456_789


def fill(folder, small_files=1000):
    """Awkward content. Returns the folder."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o751)
    _names(folder / "names")
    _kinds(folder / "kinds")
    _owners(folder / "owners")
    _small(folder / "small", small_files)
    _times(folder)
    return folder


def _names(at):
    at.mkdir()
    for name in ("ärger", "日本語 😀", "new\nline", " blanks ", "-rf", "--help", "quote'\"`$(id)", "back\\slash", "tab\there",
                 "x" * 255, "*", ".hidden"):
        (at / name).write_text(name)
    # Not UTF-8: names are bytes.
    with open(os.fsencode(at) + b"/latin-\xe4\xff", "wb") as file:
        file.write(b"latin")
    deep = at
    for _ in range(40):
        deep = deep / "deeper"
    deep.mkdir(parents=True)
    (deep / "bottom").write_text("found")


def _kinds(at):
    at.mkdir()
    (at / "empty file").touch()
    (at / "empty folder").mkdir()
    with open(at / "sparse", "wb") as sparse:
        sparse.write(b"begin")
        sparse.seek(64 << 20)
        sparse.write(b"end")
    with open(at / "random", "wb") as file:
        file.write(hashlib.shake_256(b"the same each time").digest(3 << 20))
    (at / "link").symlink_to("random")
    (at / "dangling").symlink_to("../nowhere/ünd")
    (at / "absolute").symlink_to("/data/kinds/random")
    (at / "loop").symlink_to("loop")
    (at / "one").write_text("three names")
    os.link(at / "one", at / "two")
    (at / "apart").mkdir()
    os.link(at / "one", at / "apart" / "three")
    os.mkfifo(at / "fifo")
    os.mknod(at / "device", stat.S_IFCHR | 0o600, os.makedev(1, 3))
    os.setxattr(at / "random", "user.note", "märk\0zero".encode())
    os.setxattr(at / "empty folder", "user.on-a-folder", b"")
    # cap_net_raw=ep, as ping has it.
    os.setxattr(at / "empty file", "security.capability", bytes.fromhex("0100000200200000000000000000000000000000"))
    # An access list: user 4711 may read.
    os.setxattr(at / "one", "system.posix_acl_access", bytes.fromhex(
        "02000000" "0100" "0600" "ffffffff" "0200" "0400" "67120000" "0400" "0400" "ffffffff"
        "1000" "0400" "ffffffff" "2000" "0000" "ffffffff"))


def _owners(at):
    at.mkdir()
    for mode in (0o000, 0o400, 0o222, 0o644, 0o777, 0o4755, 0o2755, 0o6711):
        file = at / f"{mode:04o}"
        file.write_text(f"{mode:04o}")
        # First the owner: a change of it takes the set-uid bit away.
        os.chown(file, 1000 + mode % 7, 2000 + mode % 11)
        file.chmod(mode)
    for mode, name in ((0o1777, "sticky"), (0o2775, "set-gid"), (0o500, "read only"), (0o000, "closed")):
        (at / name).mkdir()
        (at / name / "inside").write_text(name)
        os.chown(at / name, 4294967294, 65534)
        (at / name).chmod(mode)
    (at / "link of another").symlink_to("0644")
    os.lchown(at / "link of another", 1234, 5678)


def _small(at, count):
    """`count` small files, a hundred a folder, each with a content of its own."""
    for number in range(count):
        if number % 100 == 0:
            folder = at / f"{number // 100:04}"
            folder.mkdir(parents=True)
        with open(f"{folder}/{number:06}", "wb") as file:
            file.write(b"%d\n" % number * (number % 40))


def _times(folder):
    """Times of their own, the insides first, as they change those of their folders."""
    paths = [os.path.join(place, name) for place, folders, files in os.walk(os.fsencode(folder)) for name in [*files, *folders]]
    for number, path in enumerate(sorted(paths, key=lambda path: (-path.count(b"/"), path))):
        os.utime(path, ns=(WHEN, WHEN + number * 1_000_000_007), follow_symlinks=False)
    os.utime(folder, ns=(WHEN, WHEN))


def described(folder):
    """path -> what it is: kind, mode, owner, group, time in nanoseconds, and size and SHA-256, target, device, extended
    attributes; of what has several names the first of them. Paths are bytes, the folder itself is b"."."""
    root = os.fsencode(folder)
    found, groups = {}, {}
    for place, folders, files in os.walk(root):
        for path in [place, *(os.path.join(place, name) for name in files),
                     *(os.path.join(place, name) for name in folders if os.path.islink(os.path.join(place, name)))]:
            found[os.path.relpath(path, root)] = _one(path, os.lstat(path), groups)
    for paths in groups.values():
        first = min(os.path.relpath(path, root) for path in paths)
        for path in paths:
            found[os.path.relpath(path, root)]["the same as"] = first
    return found


def _one(path, status, groups):
    kind = stat.S_IFMT(status.st_mode)
    what = {"kind": kind, "mode": stat.S_IMODE(status.st_mode), "owner": status.st_uid, "group": status.st_gid,
            "time": status.st_mtime_ns,
            "attributes": {name: os.getxattr(path, name, follow_symlinks=False)
                           for name in os.listxattr(path, follow_symlinks=False)}}
    if kind == stat.S_IFREG:
        with open(path, "rb") as file:
            what |= {"size": status.st_size, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}
        if status.st_nlink > 1:
            groups.setdefault((status.st_dev, status.st_ino), []).append(path)
    elif kind == stat.S_IFLNK:
        what["target"] = os.readlink(path)
    elif kind in (stat.S_IFCHR, stat.S_IFBLK):
        what["device"] = status.st_rdev
    return what


def differences(wanted, found):
    """In words, the first hundred; empty: the two trees are the same."""
    said = []
    for path in sorted(wanted.keys() | found.keys()):
        if path not in found or path not in wanted:
            said.append(f"{path!r}: {'missing' if path not in found else 'not expected'}")
            continue
        for key in sorted(wanted[path].keys() | found[path].keys()):
            left, right = wanted[path].get(key), found[path].get(key)
            if left != right:
                said.append(f"{path!r}: {key} is {right!r}, not {left!r}")
    return said[:100]
