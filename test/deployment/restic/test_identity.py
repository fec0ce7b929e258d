"""Many claims in one repository, and others who work on it: whose backup is whose."""

import os
import shutil

from deployment.restic.scene import same, write
from flow.scene import row_of
from harness.waiting import eventually


def test_two_claims_in_one_repository_never_mix(world, soteria, kubernetes, namespace):
    with kubernetes.temporary_namespace() as other:
        wanted = write(world.claim(namespace), whose="ours")
        write(world.claim(other), whose="theirs")
        ours = world.backed_up(namespace)["result"]["backup"]
        for _ in range(2):
            theirs = world.backed_up(other)["result"]["backup"]
        # A naive command line mixes them: everybody's path is /data.
        (naive,) = world.snapshots("--path", "/data", "latest")
        assert naive["id"] == theirs, "restic restore latest --path /data would bring the other's"
        copy = world.s3.bucket("copy") / "cluster"
        shutil.rmtree(copy, ignore_errors=True)
        copied(world.s3.bucket("backups") / "cluster", copy)
        repository = world.s3.repository("copy", "cluster")
        world.restic("forget", "--path", "/data", "--group-by", "paths", "--keep-last", "1", repository=repository)
        left = [one["id"] for one in world.snapshots("--path", "/data", repository=repository)]
        assert left == [theirs], "ours would be gone"

        # Soteria's does not: latest is that claim's, and forget keeps one of each.
        world.restored(namespace, "copy")
        same(wanted, world.volumes.behind(namespace, "copy"))
        with world.with_settings(SOTERIA_RESTIC_FORGET_ARGS="--keep-last 1"):
            last = world.backed_up(other)["result"]["backup"]
            assert [one["name"] for one in world.backups(namespace)] == [ours]
            eventually("what was forgotten is not listed any more",
                       lambda: [one["name"] for one in world.backups(other)] == [last], 30)
        assert {one["id"] for one in world.snapshots("--host", f"{namespace}/data")} == {ours}
        assert {one["id"] for one in world.snapshots("--host", f"{other}/data")} == {last}
        # Another's by its id: only whoever asks for it in so many words.
        assert world.restore(namespace, "foreign", snapshot=last, expect=422)["code"] == "foreign_backup"
        world.restored(namespace, "foreign", snapshot=last, allow_foreign=True)
        assert (world.volumes.behind(namespace, "foreign") / "whose").read_text() == "theirs"


def copied(source, target):
    """With the extended attributes, in which the S3 server keeps what it knows of an object."""
    for place, folders, files in os.walk(source):
        there = target / os.path.relpath(place, source)
        there.mkdir(parents=True)
        for name in files:
            shutil.copy2(os.path.join(place, name), there / name)


def test_what_others_add_and_take_away_is_seen(world, soteria, namespace):
    write(world.claim(namespace), note="once")
    made = world.backed_up(namespace)["result"]["backup"]
    with world.with_settings(SOTERIA_RESTIC_REFRESH_SECONDS="10"):
        world.restic("forget", made)
        eventually("it is gone from the list", lambda: world.backups(namespace) == [], 60)
        eventually("and from the inventory", lambda: row_of(soteria, namespace, "data")["health_reason"] == "missing", 30)
