"""What can be wrong with the repository, each provoked: what is said of it, and that nothing is left."""

import os
import signal
import subprocess

from deployment.restic.scene import fails
from deployment.restic.world import PASSWORD
from flow.scene import row_of
from harness.s3 import tool
from harness.waiting import eventually


def test_a_wrong_password(world, soteria, quick, namespace):
    world.backed_up(namespace)
    with world.other_keys(namespace, RESTIC_PASSWORD="not-the-password-7f3a"):
        fails(world, world.backup(namespace), "wrong_password", "RESTIC_PASSWORD")
    world.wait_tidy(namespace)
    world.backed_up(namespace)


def test_keys_that_cannot_work_are_refused_before_anything_is_made(world, kubernetes, quick, namespace):
    with world.other_keys(namespace):
        for others in ({"RESTIC_PASSWORD": ""}, {"RESTIC_PASSWORD": "replace-me"}, {"AWS_ACCESS_KEY_ID": ""}):
            world.keys(**others)
            refused = world.backup(namespace, expect=422)
            assert refused["code"] == "secret_incomplete" and next(iter(others)) in refused["detail"], refused
        kubernetes.delete("Secret", "soteria-restic", "soteria")
        refused = world.backup(namespace, expect=422)
        assert refused["code"] == "secret_missing" and "soteria/soteria-restic" in refused["detail"], refused
        assert kubernetes.list("Job", namespace) == [] and kubernetes.list("Backup", namespace) == []


def test_a_store_that_refuses(world, quick, namespace):
    world.backed_up(namespace)
    with world.other_keys(namespace, AWS_SECRET_ACCESS_KEY="not-the-key-51c0"):
        fails(world, world.backup(namespace), "repository_refused")


def test_a_store_that_does_not_answer_makes_its_backups_unknown_and_not_missing(world, soteria, quick, namespace):
    world.backed_up(namespace)
    with world.with_settings(SOTERIA_RESTIC_REFRESH_SECONDS="10"):
        world.s3.stop()
        try:
            fails(world, world.backup(namespace), "repository_unreachable", "connection refused")

            def unknown():
                row = row_of(soteria, namespace, "data")
                assert row["health_reason"] == "unknown" and row["health_detail"], row
                return row

            assert eventually("its health is unknown after three periods", unknown, 90)["backup_count"] == 1
        finally:
            world.s3.start()
        eventually("it is known again", lambda: row_of(soteria, namespace, "data")["health_reason"] == "fresh", 60)


def test_a_repository_that_is_gone(world, soteria, quick, namespace):
    world.backed_up(namespace)
    place = world.s3.bucket("backups") / "cluster"
    place.rename(place.with_name("elsewhere"))
    try:
        fails(world, world.restore(namespace, "copy"), "repository_missing")
    finally:
        if place.exists():
            place.rename(place.with_name("made-meanwhile"))
        place.with_name("elsewhere").rename(place)


def test_a_repository_that_is_not_there_yet_is_made_once(world, soteria, kubernetes, namespace):
    repository = world.s3.repository("backups", "new")
    with kubernetes.temporary_namespace() as other:
        for each in (namespace, other):
            (world.claim(each) / "note").write_text(each)
        with world.with_settings(SOTERIA_RESTIC_REPOSITORY=repository):
            world.wait_looked_at()
            started = [world.backup(each) for each in (namespace, other)]
            for one in started:
                soteria.wait_finished(one["operation"], seconds=120)
            assert len(os.listdir(world.s3.bucket("backups") / "new" / "keys")) == 1, "one key: it was made once"
            assert len(world.snapshots(repository=repository)) == 2


def dies_with_its_lock(world, host):
    """A restic on that host takes the repository for itself and is killed; returns its lock."""
    before = world.locks()
    around = {"PATH": os.environ["PATH"], "RESTIC_CACHE_DIR": str(world.folder / "cache"), "RESTIC_PASSWORD": PASSWORD,
              "RESTIC_REPOSITORY": world.settings["SOTERIA_RESTIC_REPOSITORY"], **world.s3.keys}
    program = subprocess.Popen(
        ["unshare", "--uts", "sh", "-c", 'hostname "$0" && exec "$@"', host, tool("restic"), "check", "--read-data"],
        env=around, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        return eventually("it has its lock", lambda: world.locks() - before, 30, every=0.005)
    finally:
        program.send_signal(signal.SIGKILL)
        program.wait()


def test_a_repository_that_somebody_else_has_locked(world, quick, namespace):
    world.backed_up(namespace)
    locks = dies_with_its_lock(world, "another-machine")
    fails(world, world.backup(namespace), "repository_locked", "another-machine")
    assert locks <= world.locks(), "it is not ours to remove"
    for lock in locks:
        lock.unlink()
    world.backed_up(namespace)


def test_a_lock_that_a_dead_process_has_left_is_removed(world, kubernetes, quick, namespace):
    world.backed_up(namespace)
    kubernetes.patch("Node", "node1", {"spec": {"unschedulable": True}})
    try:
        started = world.backup(namespace)
        of_it = f"batch.kubernetes.io/job-name={started['job_name']}"
        (pod,) = eventually("its Pod waits", lambda: kubernetes.list("Pod", namespace, labelSelector=of_it), 30)
        # On the same host restic knows that the process is gone; elsewhere it would wait for half an hour.
        locks = dies_with_its_lock(world, pod["metadata"]["name"])
    finally:
        kubernetes.patch("Node", "node1", {"spec": {"unschedulable": None}})
    try:
        world.soteria.wait_finished(started["operation"], seconds=120)
        assert not locks & world.locks()
    finally:
        for lock in locks:  # not in the way of others
            lock.unlink(missing_ok=True)
