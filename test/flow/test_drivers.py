"""What a driver is: the same specifications for Longhorn and for restic, and what holds where both work at once.

A simulated Kubernetes, Longhorn and restic, and one real service that has both drivers; each test has a namespace of its own.
"""

import itertools

import pytest

from flow.drivers import DRIVERS, local_pvc
from flow.scene import bound_pvc, row_of, slots
from harness.longhorn import LonghornSimulator
from harness.restic import SimulatedRestic
from harness.simulated_kubernetes import SimulatedKubernetes
from harness.soteria import Soteria
from harness.waiting import eventually

COUNTER = itertools.count()


class World:
    def __init__(self, folder):
        self.kubernetes = SimulatedKubernetes(folder, ["--restic-milliseconds", "200"]).start()
        self.kubernetes.install()
        self.restic = SimulatedRestic(self.kubernetes)
        self.restic.install()
        flags = ["--restore-seconds", "4", "--backup-seconds", "3"]
        self.longhorn = LonghornSimulator(folder, 0.05, self.kubernetes.url, flags).start()
        self.soteria = Soteria(folder, self.kubernetes.kubeconfig(folder / "kubeconfig"), self.longhorn.url,
                               self.restic.settings(SOTERIA_METRICS_REFRESH_SECONDS=5, SOTERIA_LEASE_SECONDS=3,
                                                    SOTERIA_JOB_TTL_SECONDS=0))
        self.soteria.start()
        self.soteria.wait_ready()

    def stop(self):
        self.soteria.stop()
        self.longhorn.kill()
        self.kubernetes.kill()


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    made = World(tmp_path_factory.mktemp("drivers"))
    yield made
    made.stop()


@pytest.fixture
def namespace(world):
    name = f"ns-{next(COUNTER)}"
    world.kubernetes.create({"kind": "Namespace", "metadata": {"name": name}})
    yield name
    world.longhorn.no_faults()
    world.restic.no_faults()


@pytest.fixture(params=sorted(DRIVERS))
def driver(world, request):
    return DRIVERS[request.param](world.kubernetes, world.longhorn, world.restic)


# --- what is asked for

def back_up(world, driver, namespace, pvc="data", expect=202, **fields):
    body = {"namespace": namespace, "pvc": pvc, "driver": driver.name, **fields}
    return world.soteria.json("POST", "/v1/backup", expect, json=body)


def backed_up(world, driver, namespace, pvc="data", **fields):
    """A finished backup: its operation, and the driver's own name of it."""
    operation = world.soteria.wait_finished(back_up(world, driver, namespace, pvc, **fields)["operation"])
    return operation, operation["result"]["backup"]


def restore(world, driver, namespace, target="copy", pvc="data", expect=202, **fields):
    body = {"namespace": namespace, "pvc": pvc, "snapshot": "latest", "target_pvc": target, "driver": driver.name, **fields}
    return world.soteria.json("POST", "/v1/restores", expect, json=body)


def restored(world, driver, namespace, target="copy", pvc="data", **fields):
    started = restore(world, driver, namespace, target, pvc, **fields)
    return world.soteria.wait_finished(started["operation"])


def listed(world, namespace, pvc="data"):
    return world.soteria.json("GET", f"/v1/backups?namespace={namespace}&pvc={pvc}")["backups"]


def uid_of(world, operation):
    resource = world.soteria.operation(operation)["resource"]
    return world.kubernetes.get(resource["kind"], resource["name"], resource["namespace"])["metadata"]["uid"]


def wait_under_way(world, operation, step):
    eventually(f"{step} runs", lambda: any(each["name"] == step and each["state"] == "running"
                                           for each in world.soteria.operation(operation)["steps"]), 20)


def wait_no_slots(world):
    eventually("all slots are given back", lambda: not slots(world.kubernetes), 15)


def wait_told(world, namespace, ends):
    """So many ends of operations stand as Events at their records, and at the claims."""
    eventually("Events tell of the ends", lambda: sum(event["reason"].endswith("Succeeded") for event in world.kubernetes.list(
        "Event", namespace)) == 2 * ends, 15)


# --- every driver

def test_a_plan_changes_nothing(world, driver, namespace):
    driver.pvc(namespace)
    backed_up(world, driver, namespace)
    wait_no_slots(world)
    wait_told(world, namespace, ends=1)
    eventually("nothing is to be tidied up any more", lambda: (before := driver.busy()) and before == driver.busy())
    before = driver.busy()
    world.kubernetes.request("DELETE", "/_simulator/requests")
    backup = back_up(world, driver, namespace, expect=200, dry_run=True)
    copy = restore(world, driver, namespace, expect=200, dry_run=True)
    for plan in (backup, copy):
        assert plan["dry_run"] and plan["driver"] == driver.name and "operation" not in plan
        assert plan["plan"][0]["step"] == "resolve" and len(plan["plan_hash"]) > 10
    assert restore(world, driver, namespace, expect=200, dry_run=True)["plan_hash"] == copy["plan_hash"]
    asked = world.kubernetes.call("GET", "/_simulator/requests")["requests"]
    written = [each for each in asked if each["method"] != "GET" and "dryRun=All" not in each["query"]
               and "(lease" not in each["user_agent"] and "catalogue/" not in each["user_agent"]]
    assert not [each for each in written if namespace in each["path"]], written
    assert driver.busy() == before
    assert world.kubernetes.get("PersistentVolumeClaim", "copy", namespace) is None


def test_a_backup_shows_in_the_inventory_and_among_the_backups(world, driver, namespace):
    driver.pvc(namespace)
    row = eventually("the inventory lists the PVC", lambda: row_of(world.soteria, namespace, "data"))
    assert row["health_reason"] == "missing" and row["backup_count"] == 0
    operation, backup = backed_up(world, driver, namespace, tags=["service=llm"])
    assert [step["state"] for step in operation["steps"]] == ["done"] * len(operation["steps"]), operation["steps"]
    row = eventually("its row is right", lambda: (row := row_of(world.soteria, namespace, "data"))
                     and row["health_reason"] == "fresh" and row, 2)
    assert (row["driver"], row["backup_count"], row["healthy"]) == (driver.name, 1, True)
    entry, = listed(world, namespace)
    assert (entry["name"], entry["driver"], entry["state"]) == (backup, driver.name, "completed")
    assert entry["latest"] and entry["restorable"] and entry["tags"] == ["service=llm"]
    assert driver.backups_made(operation) == [backup]


def test_a_restore_brings_the_latest_backup_into_a_new_bound_pvc(world, driver, namespace):
    driver.pvc(namespace, labels={"app": "llm"})
    _, older = backed_up(world, driver, namespace)
    _, newest = backed_up(world, driver, namespace)
    assert [(each["name"], each["latest"]) for each in listed(world, namespace)] == [(newest, True), (older, False)]
    operation = restored(world, driver, namespace)
    claim = world.kubernetes.wait_bound(namespace, "copy")
    assert driver.held_by(namespace, "copy") == newest
    assert claim["metadata"]["labels"] == {"app": "llm"} and "ownerReferences" not in claim["metadata"]
    assert claim["metadata"]["annotations"]["soteria.dev/restored-from"].startswith(f"{namespace}/data@")
    assert operation["result"]["claim_name"] == "copy"
    wait_no_slots(world)


def test_an_older_backup_is_restored_by_its_name(world, driver, namespace):
    driver.pvc(namespace)
    _, older = backed_up(world, driver, namespace)
    backed_up(world, driver, namespace)
    restored(world, driver, namespace, snapshot=older)
    assert driver.held_by(namespace, "copy") == older


def test_an_existing_target_is_refused_and_stays_as_it_is(world, driver, namespace):
    driver.pvc(namespace)
    backed_up(world, driver, namespace)
    mine = world.kubernetes.claim(namespace, "copy")
    refusal = restore(world, driver, namespace, expect=409)
    assert refusal["code"] == "target_exists"
    now = world.kubernetes.get("PersistentVolumeClaim", "copy", namespace)
    assert now["metadata"]["uid"] == mine["metadata"]["uid"] and now["spec"] == mine["spec"]


def test_without_a_backup_there_is_nothing_to_restore(world, driver, namespace):
    driver.pvc(namespace)
    assert restore(world, driver, namespace, expect=404)["code"] == "no_backup"
    assert restore(world, driver, namespace, pvc="nobody", expect=404)["code"] in ("no_backup", "pvc_not_found")


def test_another_pvcs_backup_is_foreign_unless_that_is_allowed(world, driver, namespace):
    driver.pvc(namespace)
    driver.pvc(namespace, "other")
    _, others = backed_up(world, driver, namespace, "other")
    backed_up(world, driver, namespace)
    assert restore(world, driver, namespace, snapshot=others, expect=422)["code"] == "foreign_backup"
    restored(world, driver, namespace, snapshot=others, allow_foreign=True)
    assert driver.held_by(namespace, "copy") == others


def test_two_pvcs_whose_names_run_together_never_mix(world, driver, namespace):
    """ns + x-data, and ns-x + data."""
    beside = f"{namespace}-x"
    world.kubernetes.create({"kind": "Namespace", "metadata": {"name": beside}})
    driver.pvc(namespace, "x-data")
    driver.pvc(beside, "data")
    first = back_up(world, driver, namespace, "x-data")["operation"]
    second = back_up(world, driver, beside, "data")["operation"]
    mine = world.soteria.wait_finished(first)["result"]["backup"]
    others = world.soteria.wait_finished(second)["result"]["backup"]
    assert mine != others
    assert [each["name"] for each in listed(world, namespace, "x-data")] == [mine]
    assert [each["name"] for each in listed(world, beside)] == [others]
    restored(world, driver, namespace, pvc="x-data")
    assert driver.held_by(namespace, "copy") == mine


def test_one_backup_of_a_pvc_at_a_time(world, driver, namespace):
    driver.pvc(namespace)
    driver.hold("backup")
    first = back_up(world, driver, namespace)["operation"]
    wait_under_way(world, first, "wait_backup")
    refusal = back_up(world, driver, namespace, expect=409)
    assert first in (refusal.get("operation"), refusal["detail"]) or first in str(refusal)
    driver.go_on()
    world.soteria.wait_finished(first)


@pytest.mark.parametrize("kind", ["backup", "restore"])
def test_a_cancel_rolls_back_what_was_made(world, driver, namespace, kind):
    driver.pvc(namespace)
    if kind == "restore":
        backed_up(world, driver, namespace)
    driver.hold(kind)
    started = back_up(world, driver, namespace) if kind == "backup" else restore(world, driver, namespace)
    waits = {"backup": "wait_backup", "restore": "wait_restored" if driver.name == "longhorn" else "wait_restore"}
    wait_under_way(world, started["operation"], waits[kind])
    uid = uid_of(world, started["operation"])
    assert driver.made_by(uid)
    assert world.soteria.post(f"/v1/operations/{started['operation']}/cancel").status_code == 202
    operation = world.soteria.wait_finished(started["operation"], "Cancelled")
    assert not operation.get("leftovers"), operation
    eventually("nothing of it is left", lambda: not driver.made_by(uid))
    assert world.kubernetes.get("PersistentVolumeClaim", "copy", namespace) is None
    assert kind == "restore" or driver.backups_made(operation) == []
    wait_no_slots(world)


@pytest.mark.parametrize("kind", ["backup", "restore"])
def test_what_fails_half_way_is_rolled_back_too(world, driver, namespace, kind):
    driver.pvc(namespace)
    if kind == "restore":
        backed_up(world, driver, namespace)
    driver.fail(kind)
    started = back_up(world, driver, namespace) if kind == "backup" else restore(world, driver, namespace)
    uid = uid_of(world, started["operation"])
    operation = world.soteria.wait_finished(started["operation"], "Failed")
    assert operation["error"]["code"] and operation["error"]["detail"]
    eventually("nothing of it is left", lambda: not driver.made_by(uid))
    assert world.kubernetes.get("PersistentVolumeClaim", "copy", namespace) is None
    wait_no_slots(world)


def test_an_undo_leaves_what_somebody_else_made_meanwhile(world, driver, namespace):
    driver.pvc(namespace)
    backed_up(world, driver, namespace)
    driver.hold("restore")
    started = restore(world, driver, namespace)
    wait_under_way(world, started["operation"], "wait_restored" if driver.name == "longhorn" else "wait_restore")
    world.kubernetes.delete("PersistentVolumeClaim", "copy", namespace)
    for pod in world.kubernetes.list("Pod", namespace):
        world.kubernetes.delete("Pod", pod["metadata"]["name"], namespace)
    world.kubernetes.wait_gone("PersistentVolumeClaim", "copy", namespace)
    foreign = world.kubernetes.claim(namespace, "copy")
    world.soteria.post(f"/v1/operations/{started['operation']}/cancel")
    eventually("it has ended", lambda: "finished_at" in world.soteria.operation(started["operation"]), 30)
    assert world.kubernetes.get("PersistentVolumeClaim", "copy", namespace)["metadata"]["uid"] == foreign["metadata"]["uid"]


@pytest.mark.parametrize("kind", ["backup", "restore"])
def test_after_a_crash_the_work_goes_on_and_nothing_is_made_twice(world, driver, namespace, kind):
    driver.pvc(namespace)
    if kind == "restore":
        _, newest = backed_up(world, driver, namespace)
    driver.hold(kind)
    started = back_up(world, driver, namespace) if kind == "backup" else restore(world, driver, namespace)
    waits = {"backup": "wait_backup", "restore": "wait_restored" if driver.name == "longhorn" else "wait_restore"}
    wait_under_way(world, started["operation"], waits[kind])
    world.soteria.kill()
    driver.go_on()
    world.soteria.start()
    world.soteria.wait_ready()
    operation = world.soteria.wait_finished(started["operation"])
    if kind == "backup":
        assert driver.backups_made(operation) == [operation["result"]["backup"]]
    else:
        assert driver.held_by(namespace, "copy") == newest


def test_a_pvc_that_is_gone_is_restored_from_what_its_backups_record(world, driver, namespace):
    driver.pvc(namespace)
    _, backup = backed_up(world, driver, namespace)
    wait_no_slots(world)
    driver.remove(namespace)
    row = eventually("the inventory shows what is gone", lambda: (
        row := row_of(world.soteria, namespace, "data", "?deleted=true")) and row.get("deleted") and row)
    assert row["backup_count"] == 1 and row_of(world.soteria, namespace, "data") is None
    restored(world, driver, namespace, "data", storage_class=driver.storage_class, capacity="1Gi",
             access_modes=["ReadWriteOnce"])
    assert driver.held_by(namespace, "data") == backup


# --- both at once

def test_both_drivers_back_up_one_pvc_and_each_restores_its_own(world, namespace):
    longhorn, restic = (DRIVERS[name](world.kubernetes, world.longhorn, world.restic) for name in ("longhorn", "restic"))
    bound_pvc(world.kubernetes, world.longhorn, namespace)
    _, in_longhorn = backed_up(world, longhorn, namespace)
    _, in_restic = backed_up(world, restic, namespace)
    assert {(each["driver"], each["name"]) for each in listed(world, namespace)} == {("longhorn", in_longhorn),
                                                                                   ("restic", in_restic)}
    row = eventually("the row knows of both", lambda: (row := row_of(world.soteria, namespace, "data"))
                     and len(row["drivers"]) == 2 and row["drivers"]["restic"]["backup_count"] == 1 and row)
    assert row["health_reason"] == "fresh" and row["drivers"]["longhorn"]["backup_count"] == 1
    restored(world, restic, namespace, "by-restic")
    restored(world, longhorn, namespace, "by-longhorn")
    assert restic.held_by(namespace, "by-restic") == in_restic
    assert longhorn.held_by(namespace, "by-longhorn") == in_longhorn


def test_a_volume_that_is_not_longhorns_is_backed_up_by_restic_where_it_is_named_only(world, namespace):
    local_pvc(world.kubernetes, namespace)
    refusal = world.soteria.json("POST", "/v1/backup", 422, json={"namespace": namespace, "pvc": "data"})
    assert "longhorn" in refusal["detail"].lower()
    restic = DRIVERS["restic"](world.kubernetes, world.longhorn, world.restic)
    backed_up(world, restic, namespace)
    row = eventually("the row is right", lambda: (row := row_of(world.soteria, namespace, "data"))
                     and row["health_reason"] == "fresh" and row)
    assert row["driver"] == "restic"
