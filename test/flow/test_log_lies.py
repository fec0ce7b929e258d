"""What comes instead of a log is no log: where it were believed, the repository would look empty, or a backup failed.

A kubelet whose runtime has lost a container answers 200 with a sentence (kubernetes/kubernetes#142258), and so may whatever
stands between; a log that was just rotated is empty.
"""

import pytest

from flow.restic_scene import SETTINGS, bound, kubernetes, repository  # noqa: F401 (fixtures)
from flow.scene import row_of
from harness.faults import FaultProxy
from harness.soteria import Soteria
from harness.waiting import eventually

LOST = ("unable to retrieve container logs for containerd://5d5d1f9a6f5e1cbbf29da41dd84b8b04f4d6b8b2f3ab1f07f5e20fe0eeb4a6f5",
        "text/plain")
UNLINKED = ('failed to try resolving symlinks in path "/var/log/pods/soteria_a/list/0.log": lstat /var/log/pods/soteria_a/list/'
            "0.log: no such file or directory", "text/plain")
PAGE = ("<html><body>Welcome to the captive portal</body></html>\n", "text/html")
WORDS = ("no healthy upstream\n", "text/plain")
NOTHING = ("", "text/plain")


@pytest.fixture
def proxy(kubernetes, log_directory):
    with FaultProxy(log_directory, kubernetes.url) as proxy:
        yield proxy


@pytest.fixture
def soteria(kubernetes, proxy, repository, log_directory, tmp_path):
    config = kubernetes.kubeconfig(tmp_path / "kubeconfig", proxy.url)
    with Soteria(log_directory, config, None, SETTINGS) as soteria:
        yield soteria.wait_ready()


def answer_logs(proxy, lie, namespace):
    text, kind = lie
    proxy.rule("status", "GET", f"/namespaces/{namespace}/pods/[^/]+/log", status=200, body=text, headers={"Content-Type": kind},
               count=0)


def state_of_repository(soteria):
    return next(one for one in soteria.get("/readyz?verbose").json()["checks"] if one["name"] == "repository")


def list_now(soteria, namespace):
    """A question for what is not there makes the service look again."""
    body = {"namespace": namespace, "pvc": "data", "snapshot": "f" * 64, "target_pvc": "copy"}
    assert soteria.json("POST", "/v1/restores", 404, json=body)["code"] == "no_backup"


def backups(soteria, namespace):
    return [one["name"] for one in soteria.json("GET", f"/v1/backups?namespace={namespace}&pvc=data")["backups"]]


@pytest.mark.parametrize("lie", [LOST, UNLINKED, PAGE, WORDS, NOTHING], ids=["lost", "unlinked", "page", "words", "nothing"])
def test_a_listing_whose_log_is_none_takes_no_backup_away(kubernetes, repository, proxy, soteria, namespace, lie):
    uid = bound(kubernetes, namespace)
    known = ["a" * 64, "b" * 64]
    repository.seed(*({"namespace": namespace, "pvc": "data", "uid": uid, "hours": 3, "id": each} for each in known))
    eventually("both backups are listed", lambda: list_now(soteria, namespace) or sorted(backups(soteria, namespace)) == known, 60)
    eventually("no listing is under way", lambda: not kubernetes.list("Job", "soteria"), 60)

    answer_logs(proxy, lie, "soteria")
    list_now(soteria, namespace)

    shown = []

    def doubted():
        shown.append(sorted(backups(soteria, namespace)))
        return shown[-1] != known or not state_of_repository(soteria)["ok"]

    eventually("it is told that the listing failed", doubted, 60)
    assert all(each == known for each in shown), f"a lie was believed: {shown[-1]}"
    assert row_of(soteria, namespace, "data")["backup_count"] == 2

    proxy.clear()
    eventually("it is listed again", lambda: list_now(soteria, namespace) or state_of_repository(soteria)["ok"], 90)
    assert sorted(backups(soteria, namespace)) == known


@pytest.mark.parametrize("lie", [PAGE, WORDS], ids=["page", "words"])
def test_a_repository_that_was_never_listed_is_not_taken_for_empty(kubernetes, repository, proxy, log_directory, tmp_path, namespace, lie):
    uid = bound(kubernetes, namespace)
    repository.seed({"namespace": namespace, "pvc": "data", "uid": uid, "hours": 3, "id": "a" * 64})
    answer_logs(proxy, lie, "soteria")
    with Soteria(log_directory, kubernetes.kubeconfig(tmp_path / "kubeconfig", proxy.url), None, SETTINGS) as soteria:
        soteria.wait_ready()
        told = eventually("the reason is told", lambda: (one := state_of_repository(soteria)) and "bad_answer" in one["message"] and one, 60)
        assert not told["ok"]
        body = {"namespace": namespace, "pvc": "data", "snapshot": "latest", "target_pvc": "copy"}
        assert soteria.json("POST", "/v1/restores", 503, json=body)["code"] == "repository_unavailable"
        proxy.clear()
        eventually("it is listed", lambda: state_of_repository(soteria)["ok"] and backups(soteria, namespace) == ["a" * 64], 90)


@pytest.mark.parametrize("lie", [LOST, WORDS, NOTHING], ids=["lost", "words", "nothing"])
def test_a_backup_whose_log_is_none_is_found_in_the_repository(kubernetes, repository, proxy, soteria, namespace, lie):
    bound(kubernetes, namespace)
    answer_logs(proxy, lie, namespace)
    started = soteria.json("POST", "/v1/backup", 202, json={"namespace": namespace, "pvc": "data"})
    soteria.wait_finished(started["operation"], seconds=120)
    assert len(backups(soteria, namespace)) == 1


def test_a_backup_whose_log_cannot_be_told_from_another_page_waits_until_it_can(kubernetes, repository, proxy, soteria, namespace):
    bound(kubernetes, namespace)
    answer_logs(proxy, PAGE, namespace)
    started = soteria.json("POST", "/v1/backup", 202, json={"namespace": namespace, "pvc": "data"})

    def refused():
        return any("/log" in entry["target"] and f"/{namespace}/" in entry["target"] for entry in proxy.log_of_requests()) and \
            all(pod["status"]["phase"] == "Succeeded" for pod in kubernetes.list("Pod", namespace))

    eventually("its log was asked for after its end", refused, 60)
    assert soteria.json("GET", f"/v1/operations/{started['operation']}")["phase"] not in ("Failed", "Succeeded")
    proxy.clear()
    soteria.wait_finished(started["operation"])
