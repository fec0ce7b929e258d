"""Awkward content, backed up by real restic in Pods of a real node, into a real S3 server, and brought back as it was."""

import os
import time

import pytest

from cluster import images
from conftest import LOGS
from deployment.restic.scene import restore_test, same, unreadable, write
from deployment.restic.world import figure
from flow.scene import row_of
from harness import content
from harness.binaries import long_run
from harness.browser import console_says

SMALL_FILES = 1_000_000 if long_run() else 100_000


def test_everything_that_people_have_in_a_volume_comes_back_as_it_was(world, soteria, namespace):
    source = content.fill(world.claim(namespace), SMALL_FILES)
    wanted = content.described(source)
    begun = time.monotonic()
    first = world.backed_up(namespace)
    figure(f"backup of {len(wanted)} files, {sum(one.get('size', 0) for one in wanted.values()) / 1e6:.0f} MB, first: "
           f"{time.monotonic() - begun:.1f} s from the request to the record")
    same(wanted, source)

    # The second one sends what has changed, and says so.
    (source / "kinds" / "random").write_bytes(os.urandom(1 << 20))
    wanted = content.described(source)
    begun = time.monotonic()
    second = world.backed_up(namespace)
    figure(f"the same with 1 MB changed: {time.monotonic() - begun:.1f} s")
    added = {name: int(world.record(operation)["status"]["facts"]["bytes_added"])
             for name, operation in (("first", first), ("second", second))}
    assert added["first"] > 20 << 20 and 1 << 20 <= added["second"] < 3 << 20, added
    listed = world.backups(namespace)
    assert [(one["state"], one["latest"], one["restorable"]) for one in listed] == [
        ("completed", True, True), ("completed", False, True)], listed
    assert listed[0]["name"] == second["result"]["backup"] and listed[1]["name"] == first["result"]["backup"]

    begun = time.monotonic()
    restored = world.restored(namespace, "copy")
    figure(f"restore of it: {time.monotonic() - begun:.1f} s")
    assert restored["result"]["backup"] == second["result"]["backup"]
    same(wanted, world.volumes.behind(namespace, "copy"))
    console_says(soteria.url, LOGS, {one["id"]: one["message"] for one in (first, second, restored)})


@pytest.mark.parametrize("version", ["0.14.0"])
def test_the_older_restic_does_the_same(world, soteria, namespace, version):
    source = content.fill(world.claim(namespace), 200)
    wanted = content.described(source)
    with world.with_settings(SOTERIA_RESTIC_IMAGE=images.RESTIC[version]):
        made = world.backed_up(namespace)
        world.restored(namespace, "copy", snapshot=made["result"]["backup"])
        same(wanted, world.volumes.behind(namespace, "copy"))
        with unreadable(world, source, "kinds/secret"):
            incomplete = world.backed_up(namespace, phase="Incomplete")
        assert "/data/kinds/secret" in incomplete["message"] and "1 file " in incomplete["message"], incomplete["message"]
        tested = soteria.wait_finished(restore_test(soteria, namespace)["operation"])
        assert tested["kind"] == "restore_test", tested


def test_what_could_not_be_read_is_named_and_the_backup_counts_as_incomplete(world, soteria, namespace):
    source = world.claim(namespace)
    wanted = write(source, note="here")
    good = world.backed_up(namespace)
    (source / "later").write_text("added since")
    with unreadable(world, source, "closed", "größer", "new\nline"):
        ended = world.backed_up(namespace, phase="Incomplete")
    assert "3 files could not be read" in ended["message"], ended["message"]
    for name in ("/data/closed", "/data/größer", "/data/new\nline"):
        assert name in ended["message"], ended["message"]
    console_says(soteria.url, LOGS, {ended["id"]: ended["message"]})
    newest, older = world.backups(namespace)
    assert (newest["state"], newest["latest"], newest["restorable"]) == ("incomplete", False, True), newest
    assert (older["state"], older["latest"]) == ("completed", True), older
    # It is marked where everybody sees it who reads the repository.
    marked = [one for one in world.snapshots("--host", f"{namespace}/data") if "soteria:incomplete" in one["tags"]]
    # The mark has given it a new id, which is the one that the record and the list know it by.
    assert [one["id"] for one in marked] == [newest["name"]] == [ended["result"]["backup"]], marked
    original = marked[0]["original"]
    assert original and original != newest["name"], marked
    row = row_of(soteria, namespace, "data")
    assert (row["health_reason"], row["backup_count"]) == ("fresh", 1), row

    # latest is the complete one; the other one can be had by its id, with a warning.
    world.restored(namespace, "complete")
    same(wanted, world.volumes.behind(namespace, "complete"))
    assert world.restore(namespace, "dry", expect=200, dry_run=True)["backup"] == good["result"]["backup"]
    for name in (newest["name"], original, ended["resource"]["name"]):
        planned = world.restore(namespace, "dry", snapshot=name, expect=200, dry_run=True)
        assert any("incomplete" in warning for warning in planned["warnings"]), planned["warnings"]
    world.restored(namespace, "incomplete", snapshot=newest["name"][:12])
    assert (world.volumes.behind(namespace, "incomplete") / "later").read_text() == "added since"


def test_jobs_without_rights_read_and_restore_what_anybody_may(world, soteria, namespace):
    kubernetes = world.kubernetes
    kubernetes.patch("Namespace", namespace, {"metadata": {"labels": {
        "pod-security.kubernetes.io/enforce": "restricted", "pod-security.kubernetes.io/enforce-version": "latest"}}})
    source = world.claim(namespace)
    source.chmod(0o755)
    write(source, open="for all", closed="for root")
    (source / "closed").chmod(0o600)
    # The default profile is refused there, before anything is made.
    refused = world.backup(namespace, expect=422)
    assert refused["code"] == "refused_by_cluster" and "PodSecurity" in refused["detail"], refused
    assert kubernetes.list("Job", namespace) == [] and kubernetes.list("Backup", namespace) == []
    with world.with_settings(SOTERIA_JOB_SECURITY="restricted"):
        ended = world.backed_up(namespace, phase="Incomplete")
        assert "1 file " in ended["message"] and "/data/closed" in ended["message"], ended["message"]
        snapshot = ended["result"]["backup"]
        planned = world.restore(namespace, "copy", snapshot=snapshot, expect=200, dry_run=True)
        assert any("owner" in warning for warning in planned["warnings"]), planned["warnings"]
        world.volumes.storage_class("open", mode=0o777)
        world.restored(namespace, "copy", snapshot=snapshot, storage_class="open")
    copy = world.volumes.behind(namespace, "copy")
    assert (copy / "open").read_text() == "for all" and (copy / "open").stat().st_uid == 65534
    assert not (copy / "closed").exists()
