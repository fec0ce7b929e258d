"""Claims in use, claims of every kind, restore tests, and what is left of a Job when its time is over."""

import os
import time

from deployment.restic.scene import restore_test, same, write
from harness.waiting import eventually


def test_a_claim_in_use_is_read_where_it_is(world, soteria, kubernetes, namespace):
    write(world.claim(namespace), note="in use")
    tolerated = {"key": "somebody", "operator": "Equal", "value": "lives-here", "effect": "NoSchedule"}
    world.using_pod(namespace, "data", tolerations=[tolerated])
    started = world.backup(namespace)
    job = eventually("there is a Job", lambda: kubernetes.get("Job", started["job_name"], namespace), 30)
    soteria.wait_finished(started["operation"])
    pod = job["spec"]["template"]["spec"]
    terms = pod["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    assert terms == [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["node1"]}]}], terms
    assert tolerated in pod["tolerations"], pod["tolerations"]


def test_a_claim_that_only_one_pod_may_have_is_refused_while_it_has(world, soteria, kubernetes, namespace):
    write(world.claim(namespace, modes=("ReadWriteOncePod",)), note="for one")
    world.using_pod(namespace, "data")
    refused = world.backup(namespace, expect=422)
    assert refused["code"] == "pvc_in_use" and "consumer" in refused["detail"], refused
    kubernetes.delete("Pod", "consumer", namespace, gracePeriodSeconds=0)
    kubernetes.wait_gone("Pod", "consumer", namespace)
    eventually("now it may", lambda: world.backup(namespace, expect=200, dry_run=True), 20)
    world.backed_up(namespace)


def test_a_volume_without_files_is_refused(world, namespace):
    world.claim(namespace, mode="Block")
    refused = world.backup(namespace, expect=422)
    assert "Block" in refused["detail"], refused


def test_a_volume_that_waits_for_its_first_pod_gets_the_restores(world, kubernetes, namespace):
    wanted = write(world.claim(namespace), note="waits")
    world.backed_up(namespace)
    world.volumes.storage_class("waiting", binding="WaitForFirstConsumer")
    world.restored(namespace, "copy", storage_class="waiting")
    same(wanted, world.volumes.behind(namespace, "copy"))


def test_a_restore_test_proves_a_backup_and_leaves_nothing(world, soteria, kubernetes, namespace):
    source = world.claim(namespace)
    write(source, note="to be found")
    (source / "big").write_bytes(os.urandom(2 << 20))
    world.backed_up(namespace)
    before = {one["metadata"]["name"] for one in kubernetes.list("PersistentVolumeClaim", namespace)}
    answered = restore_test(soteria, namespace)
    assert answered["target_pvc"] == "" and answered["test"] is True, answered
    ended = soteria.wait_finished(answered["operation"], seconds=120)
    assert ended["kind"] == "restore_test"
    facts = world.record(ended)["status"]["facts"]
    assert facts["verified"] == "true" and int(facts["restored_files"]) >= 2 and int(facts["restored_bytes"]) >= 2 << 20
    assert float(facts["seconds"]) >= 0
    assert {one["metadata"]["name"] for one in kubernetes.list("PersistentVolumeClaim", namespace)} == before

    def exported():
        lines = [line for line in soteria.request("GET", "/metrics").text.splitlines() if f'namespace="{namespace}"' in line]
        found = {line.split("{")[0]: float(line.split()[-1]) for line in lines}
        assert abs(found.get("soteria_restore_verified_timestamp_seconds", 0) - time.time()) < 300, found
        return True

    eventually("when it was verified is exported", exported, 20)
    world.wait_tidy(namespace)


def test_jobs_pods_and_secrets_go_when_their_time_is_over(world, kubernetes, namespace):
    write(world.claim(namespace), note="short")
    started = world.backup(namespace)
    secret = eventually("it has its Secret", lambda: kubernetes.get("Secret", started["secret"], namespace), 30)
    (owner,) = secret["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["name"]) == ("Job", started["job_name"])
    assert secret["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "soteria"
    world.soteria.wait_finished(started["operation"])
    world.wait_tidy(namespace)
    # In Soteria's own namespace, too; there the next listing may be under way.
    eventually("what kept the repository is gone", lambda: [
        job["metadata"]["labels"]["soteria.dev/role"] for job in world.jobs("soteria")] in ([], ["list"]), 60)
