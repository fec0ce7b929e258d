"""Every field of every request's body, by its effect."""

import pytest

from flow.scene import bound_pvc
from harness.contract import asserted
from harness.longhorn import LonghornSimulator
from harness.simulated_kubernetes import SimulatedKubernetes
from harness.soteria import Soteria
from harness.waiting import eventually

URL = "s3://backups@eu-central-1/?backup=b-data&volume=vol-data"
DATA = {"namespace": "ai", "pvc": "data"}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fields")
    with SimulatedKubernetes(folder) as kubernetes:
        kubernetes.install()
        for name in ("ai", "web"):
            kubernetes.create({"kind": "Namespace", "metadata": {"name": name}})
        kubernetes.storage_class("longhorn-two")
        with LonghornSimulator(folder, 0.1, kubernetes.plain_server) as longhorn:
            for pvc in ("data", "other"):
                bound_pvc(kubernetes, longhorn, "ai", pvc, handle=f"vol-{pvc}")
            longhorn.seed(backups=[{"name": "b-data", "volume": "vol-data", "snapshotName": "by-hand", "size": 1 << 20,
                                    "created": -3600, "snapshotCreated": -3600}])
            with Soteria(folder, kubernetes.kubeconfig(folder / "kubeconfig"), longhorn.url) as soteria:
                soteria.wait_ready()
                eventually("the backup is known", lambda: soteria.json("GET", "/v1/backups?namespace=ai&pvc=data")["backups"])
                soteria.kubernetes, soteria.longhorn = kubernetes, longhorn
                yield soteria


def takes(route, *fields):
    asserted(*(f"POST {route} takes {field}" for field in fields))


def test_of_a_backup(world):
    planned = world.json("POST", "/v1/backup", 200, json={**DATA, "driver": "longhorn", "dry_run": True})
    assert (planned["namespace"], planned["pvc"], planned["driver"], planned["dry_run"]) == ("ai", "data", "longhorn", True)
    assert world.json("GET", "/v1/operations")["operations"] == []
    started = world.json("POST", "/v1/backup", 202, json={**DATA, "tags": ["service=llm", "nightly"], "dry_run": False})
    world.wait_finished(started["operation"])
    newest = world.json("GET", "/v1/backups?namespace=ai&pvc=data")["backups"][0]
    assert newest["snapshot"] == started["backup"] and sorted(newest["tags"]) == ["nightly=true", "service=llm"]
    refused = world.json("POST", "/v1/backup", 422, json={**DATA, "driver": "restic"})
    assert refused["code"] == "driver_not_configured"
    takes("/v1/backup", "namespace", "pvc", "tags", "dry_run", "driver")


@pytest.mark.parametrize("route", ["/v1/restores", "/v1/restore-test"])
def test_of_a_restore(world, route):
    target = f"copy-{route.rsplit('/', 1)[1]}"
    started = world.json("POST", route, 202, json={
        **DATA, "snapshot": "b-data", "target_namespace": "web", "target_pvc": target, "driver": "longhorn", "dry_run": False,
        "storage_class": "longhorn-two", "capacity": "1Gi", "access_modes": ["ReadWriteMany"]})
    assert (started["backup"], started["driver"]) == ("b-data", "longhorn")
    world.wait_finished(started["operation"])
    claim = world.kubernetes.get("PersistentVolumeClaim", target, "web")["spec"]
    assert (claim["storageClassName"], claim["accessModes"], claim["resources"]["requests"]["storage"]) == \
        ("longhorn-two", ["ReadWriteMany"], "1Gi")
    larger = world.json("POST", route, 422, json={**DATA, "target_pvc": "x", "capacity": "3Gi"})
    assert larger["code"] == "unsupported_field" and "capacity" in larger["detail"]
    assert world.json("POST", route, 409, json={**DATA, "target_namespace": "web", "target_pvc": target})["code"] == "target_exists"
    missing = world.json("POST", route, 404, json={**DATA, "pvc": "nothing", "target_pvc": "x"})
    assert missing["code"] == "pvc_not_found"

    by_url = world.json("POST", route, 200, json={**DATA, "backup_url": URL, "target_pvc": "by-url", "dry_run": True})
    assert {step["object"].get("namespace") for step in by_url["plan"]} == {"ai", None}
    asserted("POST /v1/backup gives plan[].object.namespace")
    assert by_url["backup"] == "b-data" and not world.kubernetes.get("PersistentVolumeClaim", "by-url", "ai")
    foreign = {**DATA, "pvc": "other", "backup_url": URL, "target_pvc": "foreign", "dry_run": True}
    assert world.json("POST", route, 422, json=foreign)["code"] == "foreign_backup"
    assert world.json("POST", route, 422, json={**foreign, "allow_foreign": False})["code"] == "foreign_backup"
    assert world.json("POST", route, 200, json={**foreign, "allow_foreign": True})["backup"] == "b-data"
    verified = world.json("POST", route, 422, json={**DATA, "target_pvc": "x", "verify": True})
    assert verified["code"] == "unsupported_field" and "verify" in verified["detail"]
    takes(route, "namespace", "pvc", "snapshot", "backup_url", "target_namespace", "target_pvc", "driver", "dry_run",
          "storage_class", "capacity", "access_modes", "allow_foreign", "verify")
