"""The repository as a thing of readers and writers: what needs it for itself runs alone."""

from harness.waiting import eventually, never


def test_what_needs_the_repository_for_itself_runs_alone_and_the_others_wait_visibly(
        world, soteria, kubernetes, slow, namespace):
    with world.with_settings(SOTERIA_RESTIC_FORGET_ARGS="--keep-last 1 --prune"), \
            kubernetes.temporary_namespace() as other, kubernetes.temporary_namespace() as third:
        for each in (other, third):
            (world.claim(each) / "note").write_text(each)
        long = world.backup(namespace)
        eventually("it runs", lambda: soteria.operation(long["operation"]).get("progress", {}).get("bytes_total"), 90)
        # Backups run side by side; then this one's forget waits for the long one.
        short = world.backup(other)
        world.wait_message(short["operation"], f"waiting for the Job {namespace}/{long['job_name']}", 90)
        # While it waits, nobody new gets before it.
        late = world.backup(third)
        world.wait_message(late["operation"], "waiting behind the Job soteria/", 60)
        never("a second one runs", lambda: [
            job for job in kubernetes.list("Job", "soteria", labelSelector="soteria.dev/role=forget")
            if not job["spec"].get("suspend")], 2)
        soteria.json("POST", f"/v1/operations/{long['operation']}/cancel", 202)
        soteria.wait_finished(long["operation"], "Cancelled", 90)
        for one in (short, late):
            ended = soteria.wait_finished(one["operation"], seconds=120)
            assert [step["state"] for step in ended["steps"] if step["name"] == "forget"] == ["done"], ended["steps"]


def test_a_forget_that_fails_does_not_spoil_the_backup(world, soteria, quick, namespace):
    with world.with_settings(SOTERIA_RESTIC_FORGET_ARGS="--keep-no-such-thing 1"):
        ended = world.backed_up(namespace)
    (step,) = [step for step in ended["steps"] if step["name"] == "forget"]
    assert step["state"] == "failed" and "keep-no-such-thing" in step["message"], step
    (listed,) = world.backups(namespace)
    assert listed["state"] == "completed" and listed["latest"], listed
