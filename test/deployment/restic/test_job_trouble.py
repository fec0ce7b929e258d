"""What can happen to a Job in the cluster, each provoked: what is said of it while it lasts, and at the end."""

import os

from cluster import images
from conftest import LOGS
from deployment.restic.scene import fails
from deployment.restic.world import SLOW
from harness.browser import console_says
from harness.waiting import eventually


def test_too_little_memory(world, quick, namespace):
    world.backed_up(namespace)
    with world.with_settings(SOTERIA_JOB_MEMORY_LIMIT="24Mi", SOTERIA_JOB_MEMORY_REQUEST="16Mi"):
        fails(world, world.backup(namespace), "out_of_memory", "SOTERIA_JOB_MEMORY_LIMIT")


def test_no_image(world, kubernetes, quick, namespace):
    """It is told while it waits; when the image comes, it goes on."""
    world.backed_up(namespace)
    with world.with_settings(SOTERIA_RESTIC_IMAGE="docker.io/test/restic:none"):
        started = world.backup(namespace)
        world.wait_message(started["operation"], "docker.io/test/restic:none")
        kubernetes.ctr("images", "tag", images.RESTIC["0.16.4"], "docker.io/test/restic:none")
        world.soteria.wait_finished(started["operation"], seconds=180)


def test_no_node_and_then_one(world, kubernetes, quick, namespace):
    kubernetes.patch("Node", "node1", {"spec": {"unschedulable": True}})
    try:
        started = world.backup(namespace)
        world.wait_message(started["operation"], "unschedulable")
    finally:
        kubernetes.patch("Node", "node1", {"spec": {"unschedulable": None}})
    world.soteria.wait_finished(started["operation"], seconds=120)


def test_a_pod_that_is_evicted(world, kubernetes, slow, namespace):
    """By the node itself, for more on its disk than the namespace's limit range allows: the index of many small files."""
    many = world.folder / "many"
    many.mkdir()
    for number in range(60_000):
        (many / str(number)).write_text(str(number))
    world.restic("backup", "--quiet", many)
    kubernetes.create({"kind": "LimitRange", "metadata": {"name": "tiny", "namespace": namespace}, "spec": {"limits": [
        {"type": "Container", "default": {"ephemeral-storage": "1Mi"}, "defaultRequest": {"ephemeral-storage": "1Mi"}}]}})
    fails(world, world.backup(namespace), "evicted", "ephemeral", seconds=180)
    world.wait_tidy(namespace)
    # Killed like that, restic leaves its lock, which would count for thirty minutes.
    world.restic("unlock", "--remove-all")


def test_out_of_time(world, slow, namespace):
    with world.with_settings(SOTERIA_BACKUP_TIMEOUT_SECONDS="20"):
        started = world.backup(namespace)
        ended = world.soteria.wait_finished(started["operation"], "Failed", 120)
    assert ended["error"]["code"] in ("deadline_exceeded", "timed_out"), ended["error"]
    console_says(world.soteria.url, LOGS, {ended["id"]: ended["error"]["detail"]})
    world.wait_tidy(namespace)


def test_a_running_backup_tells_how_far_it_is_and_can_be_stopped(world, soteria, kubernetes, slow, namespace):
    started = world.backup(namespace)

    def moves():
        now = soteria.operation(started["operation"])
        progress = now.get("progress", {})
        assert progress.get("bytes_total", 0) >= SLOW * 1024 * 120 and "percent" in progress, now
        return True

    eventually("it tells how far it is", moves, 90)
    again = world.backup(namespace, expect=409)
    assert started["operation"] in again["detail"], again
    soteria.json("POST", f"/v1/operations/{started['operation']}/cancel", 202)
    ended = soteria.wait_finished(started["operation"], "Cancelled", 90)
    assert "leftovers" not in ended
    world.wait_tidy(namespace)
    assert world.locks() == set(), "restic has taken its lock away"


def test_a_cancelled_restore_takes_back_what_it_made(world, soteria, kubernetes, quick, namespace):
    world.backed_up(namespace)
    world.volumes.storage_class("kept", reclaim="Retain")
    # Held where it cannot go on: there is no node.
    for storage_class in ("folders", "kept"):
        kubernetes.patch("Node", "node1", {"spec": {"unschedulable": True}})
        try:
            started = world.restore(namespace, "copy", storage_class=storage_class)
            world.wait_message(started["operation"], "unschedulable")
            volume = kubernetes.wait_bound(namespace, "copy")["spec"]["volumeName"]
            folder = world.volumes.behind(namespace, "copy")
            soteria.json("POST", f"/v1/operations/{started['operation']}/cancel", 202)
            ended = soteria.wait_finished(started["operation"], "Cancelled", 90)
        finally:
            kubernetes.patch("Node", "node1", {"spec": {"unschedulable": None}})
        kubernetes.wait_gone("PersistentVolumeClaim", "copy", namespace)
        if storage_class == "folders":
            assert "leftovers" not in ended, ended["leftovers"]
            world.volumes.wait_removed(folder)
        else:
            assert [(one["kind"], one["name"]) for one in ended["leftovers"]] == [("PersistentVolume", volume)]
        world.wait_tidy(namespace)


def test_a_claim_that_is_there_already_is_refused_and_untouched(world, quick, namespace):
    world.backed_up(namespace)
    folder = world.claim(namespace, "other")
    assert world.restore(namespace, "other", expect=409)["code"] == "target_exists"
    assert os.listdir(folder) == []
