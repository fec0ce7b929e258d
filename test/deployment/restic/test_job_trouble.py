"""What can happen to a Job in the cluster, each provoked: what is said of it while it lasts, and at the end."""

from cluster import images
from deployment.restic.scene import fails


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
