"""GET /v1/events on a real Kubernetes: what a caller is told, and how the stream begins and ends."""

import re

from flow.scene import backed_up, bound_pvc
from harness.contract import asserted_answer
from harness.events import EventReader
from harness.person import Person
from harness.waiting import eventually


def metric(soteria, line):
    return float(re.search(rf"^{re.escape(line)} (\S+)$", soteria.get("/metrics").text, re.M).group(1))


def test_a_backup_is_told_to_its_end_and_its_pvc_as_it_becomes_fresh(kubernetes, longhorn, soteria, namespace):
    bound_pvc(kubernetes, longhorn, namespace)
    with EventReader(lambda: [soteria], f"?namespace={namespace}") as reader:
        assert metric(soteria, "soteria_event_streams") == 1
        operation = backed_up(soteria, namespace)["id"]
        eventually("its end is told", lambda: reader.states.get(operation, {}).get("phase") == "Succeeded", 20)
        assert reader.states[operation] == soteria.operation(operation)
        eventually("its PVC is told to be fresh", lambda: reader.rows.get((namespace, "data"), {}).get("healthy"), 20)
        kubernetes.delete("Backup", operation.split(".")[2], namespace)
        eventually("it is told that the record is gone", lambda: reader.states[operation].get("deleted"), 20)
        assert not reader.wrong and reader.connections == 1
    asserted_answer("GET", "/v1/events", 200)
    assert metric(soteria, 'soteria_event_frames_total{event="operation"}') > 1
    assert metric(soteria, "soteria_event_streams_cut_off_total") == 0
    eventually("the stream is gone", lambda: metric(soteria, "soteria_event_streams") == 0)


def test_who_comes_back_after_a_restart_is_told_what_happened_meanwhile(kubernetes, longhorn, start_soteria, namespace):
    bound_pvc(kubernetes, longhorn, namespace)
    up = [start_soteria()]
    with EventReader(lambda: up, f"?namespace={namespace}") as reader:
        operation = backed_up(up[0], namespace)["id"]
        eventually("its end is told", lambda: reader.states.get(operation, {}).get("phase") == "Succeeded", 20)
        # What the leader leaves there by itself once it has run for half a minute.
        kubernetes.patch("Lease", "soteria", {"metadata": {"annotations": {"soteria.dev/events-from": reader.last_id}}}, "soteria")
        up.pop().stop()
        kubernetes.delete("Backup", operation.split(".")[2], namespace)
        up.append(start_soteria())
        eventually("what happened meanwhile is told", lambda: reader.states[operation].get("deleted"), 30)
        assert not reader.wrong and not reader.resets
        assert reader.states[operation]["phase"] == "Succeeded"


def test_a_head_of_the_stream_is_only_its_head(soteria):
    answer = soteria.request("HEAD", "/v1/events")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/event-stream"
    assert (answer.headers["Cache-Control"], answer.headers["X-Accel-Buffering"]) == ("no-store", "no")
    for query, code in (("?operation=nightly", "bad_parameter"), ("?namespace=No", "invalid_name")):
        refused = soteria.json("GET", f"/v1/events{query}", 400)
        assert refused["code"] == code
        asserted_answer("GET", "/v1/events", 400, code)


def test_where_rbac_decides_a_caller_is_told_what_the_lists_would_show(kubernetes, longhorn, start_soteria, namespace):
    settings = {"SOTERIA_AUTH_REQUIRED": "true", "SOTERIA_AUTHORIZATION": "rbac", "SOTERIA_AUTH_BEARER_TOKENS": "robot"}
    soteria = start_soteria(settings)
    robot = {"Authorization": "Bearer robot"}
    soteria.http.headers.update(robot)
    with kubernetes.temporary_namespace("hidden") as hidden:
        for each in (namespace, hidden):
            bound_pvc(kubernetes, longhorn, each)
        brad = Person(kubernetes, f"brad-{namespace}")
        brad.can(["get", "list"], ["backups", "restores"], namespace)
        with EventReader(lambda: [soteria], headers={"X-Auth-Request-User": brad.name}, name="brad") as his, \
                EventReader(lambda: [soteria], headers=robot, name="robot") as all_of_it:
            secret, seen = backed_up(soteria, hidden)["id"], backed_up(soteria, namespace)["id"]
            for reader in (his, all_of_it):
                eventually("what he may see is told", lambda reader=reader:
                           reader.states.get(seen, {}).get("phase") == "Succeeded" and (namespace, "data") in reader.rows, 20)
            eventually("the other one is told to whom it may be", lambda: all_of_it.states[secret]["phase"] == "Succeeded", 20)
            assert secret not in his.states and (hidden, "data") not in his.rows
            assert not his.wrong and not all_of_it.wrong
