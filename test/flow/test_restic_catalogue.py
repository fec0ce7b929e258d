"""What restic's repository holds, as the service shows it: listed by Jobs, kept in ConfigMaps, the same on every replica.

On the simulated Kubernetes, whose kubelet plays restic: only there others can add, prune and break at will.
"""

import re

from flow.restic_scene import bound, kubernetes, repository, start  # noqa: F401 (fixtures)
from flow.scene import row_of
from harness.contract import asserted
from harness.waiting import eventually, never


def health(soteria, namespace, reason, name="data", seconds=30, query=""):
    return eventually(f"{namespace}/{name} is {reason}", lambda: (row := row_of(soteria, namespace, name, query))
                      and row["health_reason"] == reason and row, seconds)


def catalogue_maps(kubernetes):
    return [one for one in kubernetes.list("ConfigMap", "soteria") if "soteria.dev/catalogue" in one["metadata"].get("labels", {})]


def metric(soteria, name):
    found = re.search(rf"^{re.escape(name)} (\S+)$", soteria.get("/metrics").text, re.M)
    return float(found.group(1)) if found else None


def test_what_the_repository_holds_is_listed_at_start(kubernetes, repository, start, namespace):
    uid = bound(kubernetes, namespace)
    repository.seed({"namespace": namespace, "pvc": "data", "uid": uid, "hours": 2},
                    {"namespace": namespace, "pvc": "data", "uid": uid, "hours": 30},
                    {"namespace": namespace, "pvc": "data", "uid": uid, "hours": 1, "incomplete": True},
                    {"namespace": namespace, "pvc": "data", "uid": "of-an-older-one", "hours": 1},
                    {"namespace": namespace, "pvc": "gone", "uid": "u", "hours": 3},
                    {"host": "laptop", "paths": ["/home"], "hours": 1})
    soteria = start()
    row = health(soteria, namespace, "fresh")
    assert (row["driver"], row["backup_count"], row["volume"]) == ("restic", 2, f"pv-{namespace}-data")
    assert row["drivers"] == {"restic": {"last_backup_at": row["last_backup_at"], "backup_count": 2, "health_reason": "fresh"}}
    assert 1.9 < row["last_backup_age_hours"] < 2.1
    gone = health(soteria, namespace, "fresh", "gone", query="?deleted=true")
    assert (gone["deleted"], gone["driver"], gone["backup_count"]) == (True, "restic", 1)
    assert f'pvc_backup_health{{namespace="{namespace}",pvc="data",volume="{row["volume"]}",driver="restic"}} 1' in soteria.get("/metrics").text
    assert metric(soteria, "soteria_inventory_refresh_timestamp_seconds") > 0


def test_a_listing_leaves_no_job_pod_or_secret_behind_and_the_next_asks_only_for_what_is_new(
        kubernetes, repository, start, namespace):
    uid = bound(kubernetes, namespace)
    repository.seed({"namespace": namespace, "pvc": "data", "uid": uid, "hours": 30, "id": "a" * 64})
    soteria = start({"SOTERIA_RESTIC_REFRESH_SECONDS": "10"})
    health(soteria, namespace, "stale")
    eventually("nothing of the listing is left", lambda: not kubernetes.list("Job", "soteria")
               and not kubernetes.list("Pod", "soteria") and len(kubernetes.list("Secret", "soteria")) == 1)
    repository.seed({"namespace": namespace, "pvc": "data", "uid": uid, "hours": 1, "id": "b" * 64})
    health(soteria, namespace, "fresh", seconds=60)
    asked = [run["arguments"] for run in repository.runs("snapshots") if "list" not in run["arguments"]]
    assert ["a" * 64 in one for one in asked] == [True, False] and "b" * 64 in asked[1], asked
    assert all("--no-lock" in one for one in asked)


def test_a_repository_that_is_not_there_yet_holds_nothing(kubernetes, repository, start, namespace):
    bound(kubernetes, namespace)
    soteria = start()
    row = health(soteria, namespace, "missing")
    assert row["backup_count"] == 0
    assert "failing" not in str(soteria.get("/readyz").json())


def test_a_store_that_does_not_answer_is_unknown_and_says_why(kubernetes, repository, start, namespace):
    bound(kubernetes, namespace)
    repository.seed()
    repository.control("POST", "faults", {"command": "list", "do": "wrong_password", "times": 0})
    soteria = start()
    row = eventually("the reason is told", lambda: (row := health(soteria, namespace, "unknown"))
                     and "password" in row["health_detail"] and row)
    assert row["healthy"] is False
    check = next(one for one in soteria.get("/readyz?verbose").json()["checks"] if one["name"] == "repository")
    assert (check["ok"], check["required"]) == (False, False)
    assert "s3.example" not in str(check) and "soteria-restic" not in str(check)
    assert metric(soteria, "soteria_inventory_refresh_failures_total") >= 1
    assert metric(soteria, 'soteria_check_ok{check="repository"}') == 0
    repository.control("DELETE", "faults")
    health(soteria, namespace, "missing", seconds=60)


def test_what_was_listed_last_is_shown_with_a_warning_while_the_store_does_not_answer(kubernetes, repository, start, namespace):
    uid = bound(kubernetes, namespace)
    repository.seed({"namespace": namespace, "pvc": "data", "uid": uid, "hours": 2})
    soteria = start({"SOTERIA_RESTIC_REFRESH_SECONDS": "10"})
    health(soteria, namespace, "fresh")
    listed = lambda: soteria.json("GET", f"/v1/backups?namespace={namespace}&pvc=data")
    known = listed()
    assert "warnings" not in known
    repository.control("POST", "faults", {"command": "list", "do": "wrong_password", "times": 0})
    warned = eventually("the list says what it may lack", lambda: (one := listed()) and "warnings" in one and one, 60)
    assert ["password" in warning for warning in warned["warnings"]] == [True], warned["warnings"]
    assert warned["backups"] == known["backups"]
    asserted("GET /v1/backups gives warnings")


def test_every_replica_shows_what_one_has_listed(kubernetes, repository, start, namespace):
    uid = bound(kubernetes, namespace)
    repository.seed({"namespace": namespace, "pvc": "data", "uid": uid, "hours": 2})
    first, second = start(), start()
    tags = [eventually("both show it", lambda soteria=soteria: health(soteria, namespace, "fresh") and
                       soteria.get("/v1/inventory").headers["ETag"]) for soteria in (first, second)]
    assert tags[0] == tags[1]
    listings = len(repository.runs("list"))
    never("another one lists too", lambda: len(repository.runs("list")) > listings, 2)


def test_with_longhorn_alone_nothing_of_restic_is_watched(kubernetes, start, namespace):
    bound(kubernetes, namespace)
    soteria = start({"SOTERIA_BACKUP_DRIVER": None, "SOTERIA_RESTIC_REPOSITORY": None,
                     "SOTERIA_LONGHORN_URL": "http://127.0.0.1:9"})
    assert health(soteria, namespace, "unsupported")["driver"] == "none"
    assert 'soteria_watch_synced{resource="jobs"}' not in soteria.get("/metrics").text
    assert [one["name"] for one in soteria.get("/readyz?verbose").json()["checks"]] == ["kubernetes", "longhorn", "backup_target"]


def test_with_restic_alone_longhorn_is_not_asked(kubernetes, start, namespace):
    bound(kubernetes, namespace, "disk", mode="Block")
    soteria = start()
    row = health(soteria, namespace, "unsupported", "disk")
    assert "volumeMode Block" in row["health_detail"]
    assert [one["name"] for one in soteria.get("/readyz?verbose").json()["checks"]] == ["kubernetes", "repository"]
    assert 'upstream="longhorn"' not in soteria.get("/metrics").text
    assert catalogue_maps(kubernetes) is not None
