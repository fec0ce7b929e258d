"""What the tests of restic do and ask again and again."""

import contextlib

from conftest import LOGS
from harness import content
from harness.browser import console_says


def write(folder, **files):
    """Plain files; returns the folder's description."""
    for name, text in files.items():
        (folder / name).write_text(text)
    return content.described(folder)


def same(wanted, folder):
    differ = content.differences(wanted, content.described(folder))
    assert not differ, "\n".join(differ)


@contextlib.contextmanager
def unreadable(world, folder, *names):
    """Files that not even root can read: of one in /proc that is only there to be written to. Only the node sees them so."""
    places = [folder / name for name in names]
    for place in places:
        place.touch(exist_ok=False)
        world.inside("mount", "--bind", "/proc/1/clear_refs", place)
    try:
        yield
    finally:
        for place in places:
            world.inside("umount", place)
            place.unlink()


def restore_test(soteria, namespace, expect=202, **fields):
    body = {"namespace": namespace, "pvc": "data", "snapshot": "latest", **fields}
    return soteria.json("POST", "/v1/restore-test", expect, json=body)


def fails(world, started, code, *words, seconds=120):
    """The operation's end: this code, these words, in its record, in /v1/operations, in the step and in the console; and nothing
    is left."""
    ended = world.soteria.wait_finished(started["operation"], "Failed", seconds)
    assert ended["error"]["code"] == code, ended["error"]
    for word in words:
        assert word in ended["error"]["detail"], ended["error"]
    assert [step for step in ended["steps"] if step["state"] in ("failed", "undone")], ended["steps"]
    status = world.record(ended)["status"]
    assert status["phase"] == "Failed" and status["error"]["code"] == code, status
    listed = world.soteria.json("GET", f"/v1/operations?namespace={ended['namespace']}")["operations"]
    assert ended["id"] in [one["id"] for one in listed if one["phase"] == "Failed"]
    assert "leftovers" not in ended, ended["leftovers"]
    console_says(world.soteria.url, LOGS, {ended["id"]: ended["error"]["detail"]})
    return ended
