"""Idempotency-Key: however often a request is sent, to whichever replica, one operation comes of it and one answer."""

import collections
import datetime
import json
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from requests.adapters import HTTPAdapter

from flow.scene import bound_pvc, restored_volumes, slots
from harness.contract import asserted
from harness.faults import FaultProxy
from harness.longhorn import LonghornSimulator
from harness.waiting import eventually

LABEL = "soteria.dev/idempotency-key"
BRAD = {"X-Auth-Request-User": "brad", "X-Auth-Request-Groups": "admin"}
ANNA = {"X-Auth-Request-User": "anna", "X-Auth-Request-Groups": "admin"}


@pytest.fixture
def longhorn(kubernetes, log_directory):
    flags = ["--restore-seconds", "10", "--backup-seconds", "4"]
    with LonghornSimulator(log_directory, time_scale=0.05, kubernetes=kubernetes.plain_server, flags=flags) as longhorn:
        yield longhorn


def ask(soteria, body, key, path="/v1/backup", headers=None):
    return soteria.post(path, json=body, headers={"Idempotency-Key": key, **(headers or {})})


def told(answer):
    """What must be the same each time."""
    assert answer.status_code == 202, answer.text
    return answer.status_code, answer.text, answer.headers["Location"]


def same_again(soteria, body, key, first, **keywords):
    again = ask(soteria, body, key, **keywords)
    assert told(again) == told(first)
    assert again.headers["Idempotency-Replayed"] == "true"


def keys(kubernetes):
    return {one["metadata"]["name"]: one for one in kubernetes.list("ConfigMap", "soteria", labelSelector=LABEL)}


def refused(answer, status, code):
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    return answer.json()


def counted(soteria, family, result):
    series = f'soteria_{family}_requests_total{{driver="longhorn",result="{result}"}} '
    return float(next(line for line in soteria.get("/metrics").text.splitlines() if line.startswith(series)).split()[-1])


def backed_up_pvc(kubernetes, longhorn, namespace, pvc="data"):
    handle = bound_pvc(kubernetes, longhorn, namespace, pvc)
    label = json.dumps({"namespace": namespace, "pvcName": pvc, "pvName": handle, "pvStatus": "Bound"})
    longhorn.seed(backups=[{"name": f"backup-{namespace}-{pvc}"[:40], "volume": handle, "snapshotName": f"by-hand-{pvc}",
                            "size": 1 << 20, "labels": {"KubernetesStatus": label}}])
    return handle


def test_the_same_request_gets_the_first_answer_again_on_every_replica_and_after_a_restart(
        kubernetes, longhorn, start_soteria, namespace):
    bound_pvc(kubernetes, longhorn, namespace)
    one, other = start_soteria(), start_soteria()
    body, key = {"namespace": namespace, "pvc": "data", "tags": ["a=b"]}, f"nightly-{namespace}"
    first = ask(one, body, key, headers=BRAD)
    assert told(first) and "Idempotency-Replayed" not in first.headers
    for soteria in (one, other):
        same_again(soteria, body, key, first, headers=BRAD)
    ended = one.wait_finished(first.json()["operation"])
    for soteria in (one.restart(), other):
        same_again(soteria, body, key, first, headers=BRAD)
    # Also when its record is gone.
    kubernetes.delete("Backup", ended["resource"]["name"], namespace)
    kubernetes.wait_gone("Backup", ended["resource"]["name"], namespace)
    for soteria in (one, other):
        same_again(soteria, body, key, first, headers=BRAD)
    assert kubernetes.list("Backup", namespace) == [] and len(longhorn.backups()) == 1
    assert counted(other, "backup", "replayed") == 3 and counted(other, "backup", "accepted") == 0


def test_the_answer_of_a_restore_is_the_same_from_its_key_and_from_its_record(kubernetes, longhorn, start_soteria, namespace):
    backed_up_pvc(kubernetes, longhorn, namespace)
    soteria = start_soteria()
    for path, target in (("/v1/restores", "copy"), ("/v1/restore-test", "tested")):
        body = {"namespace": namespace, "pvc": "data", "target_pvc": target}
        first = ask(soteria, body, f"same-{namespace}", path)
        same_again(soteria, body, f"same-{namespace}", first, path=path)
        name = next(name for name, one in keys(kubernetes).items() if one["data"]["operation"] == first.json()["operation"])
        # As it is where the process was killed before it kept the answer.
        kubernetes.patch("ConfigMap", name, {"metadata": {"labels": {LABEL: "open"}},
                                             "data": {"uid": None, "resolved": None}}, "soteria")
        same_again(soteria, body, f"same-{namespace}", first, path=path)
        assert keys(kubernetes)[name]["metadata"]["labels"] == {LABEL: "answered"}
        soteria.wait_finished(first.json()["operation"])
        same_again(soteria, body, f"same-{namespace}", first, path=path)
    assert len(kubernetes.list("Restore", namespace)) == 2 and counted(soteria, "restore", "replayed") == 6


def test_a_key_is_its_callers_for_one_route_and_one_body(kubernetes, longhorn, start_soteria, namespace):
    backed_up_pvc(kubernetes, longhorn, namespace)
    soteria = start_soteria()
    body, key = {"namespace": namespace, "pvc": "data", "target_pvc": "copy"}, f"same-{namespace}"
    first = ask(soteria, body, key, "/v1/restores", BRAD)
    # The same JSON, written otherwise.
    text = json.dumps({"target_pvc": "copy", "pvc": "data", "snapshot": None, "dry_run": False, "namespace": namespace}, indent=3)
    again = soteria.post("/v1/restores", data=text, headers={"Content-Type": "application/json", "Idempotency-Key": key, **BRAD})
    assert told(again) == told(first)
    for other in ({**body, "target_pvc": "other"}, {**body, "snapshot": "latest"}):
        refused(ask(soteria, other, key, "/v1/restores", BRAD), 422, "idempotency_key_reused")
    # Another caller's, another route's, and one without a caller are others.
    answers = [ask(soteria, {**body, "target_pvc": target}, key, path, who) for target, path, who in (
        ("of-anna", "/v1/restores", ANNA), ("tested", "/v1/restore-test", BRAD), ("nobodys", "/v1/restores", {}))]
    assert len({told(answer)[2] for answer in (first, *answers)}) == 4
    for answer in (first, *answers):
        soteria.wait_finished(answer.json()["operation"])
    same_again(soteria, body, key, first, path="/v1/restores", headers=BRAD)  # the target is there now, and nobody minds


def test_a_refused_request_and_a_dry_run_leave_nothing_under_their_key(kubernetes, longhorn, start_soteria, namespace):
    soteria = start_soteria()
    body, key = {"namespace": namespace, "pvc": "data"}, f"early-{namespace}"
    before = set(keys(kubernetes))
    refused(ask(soteria, body, key), 404, "pvc_not_found")
    bound_pvc(kubernetes, longhorn, namespace)
    assert ask(soteria, {**body, "dry_run": True}, key).status_code == 200
    assert set(keys(kubernetes)) == before
    longhorn.fault(do="stall_backup", at=40)
    first = ask(soteria, {**body, "tags": ["another=body"]}, key)
    started = told(first) and first.json()["operation"]
    running = refused(ask(soteria, body, f"second-{namespace}"), 409, "operation_running")
    assert running["operation"] == started and started in running["detail"]
    asserted("problem details gives operation")
    assert len(set(keys(kubernetes)) - before) == 1
    soteria.json("POST", f"/v1/operations/{started}/cancel", 202, headers={"Idempotency-Key": "once"})
    soteria.json("POST", f"/v1/operations/{started}/cancel", 202, headers={"Idempotency-Key": "once"})
    soteria.wait_finished(started, "Cancelled")


def test_what_is_no_key_is_refused(kubernetes, longhorn, start_soteria, namespace):
    soteria = start_soteria()
    for key in ("", "two words", "x" * 256):
        refused(ask(soteria, {"namespace": namespace, "pvc": "data"}, key), 400, "invalid_idempotency_key")


def test_a_key_is_in_no_log_and_no_object_but_as_a_hash(kubernetes, longhorn, start_soteria, namespace):
    bound_pvc(kubernetes, longhorn, namespace)
    soteria = start_soteria({"SOTERIA_LOG_LEVEL": "debug"})
    body, key = {"namespace": namespace, "pvc": "data"}, f"hush-{uuid.uuid4()}"
    before = set(keys(kubernetes))
    first = ask(soteria, body, key)
    same_again(soteria, body, key, first)
    refused(ask(soteria, {**body, "tags": ["a=b"]}, key), 422, "idempotency_key_reused")
    name, = set(keys(kubernetes)) - before
    lines = soteria.records("change requested")
    assert [line.get("idempotency_key") for line in lines] == [name] * 3
    assert [line.get("replayed") for line in lines] == [None, True, None]
    assert [line["outcome"] for line in lines] == ["accepted", "accepted", "refused"]
    soteria.wait_finished(first.json()["operation"])
    assert key not in soteria.process.output()
    assert key not in json.dumps([kubernetes.list(kind) for kind in ("ConfigMap", "Backup", "Lease")])


def test_the_leader_removes_keys_that_have_had_their_time_and_what_a_crash_left(kubernetes, longhorn, start_soteria, namespace):
    kubernetes.create({"kind": "Backup", "metadata": {"name": "kept", "namespace": namespace}, "spec": {"pvc": "data"}})

    def make(name, hours, record, state):
        when = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=hours)
        data = {"digest": "d", "operation": f"backup.{namespace}.{record}", "driver": "longhorn", "attempt": "a",
                "claimedAt": when.strftime("%Y-%m-%dT%H:%M:%SZ"), **({"uid": "u", "resolved": "{}"} if state == "answered" else {})}
        kubernetes.create({"kind": "ConfigMap", "data": data, "metadata": {
            "name": f"key-{name}-{namespace}", "namespace": "soteria", "labels": {LABEL: state}}})

    make("old", 26, "gone", "answered")
    make("old-with-record", 1000, "kept", "answered")
    make("of-today", 23, "gone", "answered")
    make("crashed", 1, "never-made", "open")
    make("of-somebodys-record", 1, "kept", "open")
    start_soteria({"SOTERIA_LEASE_SECONDS": 3})
    gone = {f"key-{name}-{namespace}" for name in ("old", "crashed", "of-somebodys-record")}
    eventually("what nobody needs is removed", lambda: not gone & set(keys(kubernetes)), 90)
    for name in ("old-with-record", "of-today"):
        assert f"key-{name}-{namespace}" in keys(kubernetes)


def test_a_request_that_looked_before_another_replica_began_gets_that_ones_answer(
        kubernetes, longhorn, start_soteria, namespace, log_directory):
    bound_pvc(kubernetes, longhorn, namespace)
    longhorn.fault(do="stall_backup", at=40)
    body, key = {"namespace": namespace, "pvc": "data"}, f"same-{namespace}"
    one = start_soteria()
    with FaultProxy(log_directory, kubernetes.plain_server) as proxy:
        other = start_soteria(kubeconfig=kubernetes.kubeconfig(log_directory / "kubeconfig", proxy.url))
        proxy.rule("hold_after", "GET", "/configmaps/key-", "key/look")
        with ThreadPoolExecutor(1) as caller:
            late = caller.submit(ask, other, body, key)
            proxy.wait_held()
            first = ask(one, body, key)
            eventually("the other replica knows what runs", lambda: other.json(
                "GET", f"/v1/operations?namespace={namespace}")["operations"])
            proxy.release()
            assert told(late.result(60)) == told(first) and late.result().headers["Idempotency-Replayed"] == "true"
        other.stop()
    longhorn.no_faults()
    one.wait_finished(first.json()["operation"])


# --- many at once

CROWD = 100
ROUNDS = 20


def at_once(replicas, path, body, key):
    """The answers of CROWD identical requests that go out at one moment; with a key, each is sent until it has its answer.
    Returns (what each was told first, what it was told last)."""
    barrier = threading.Barrier(CROWD)
    for soteria in replicas:
        soteria.http.mount("http://", HTTPAdapter(pool_maxsize=CROWD))
    headers = {"Idempotency-Key": key} if key else {}

    def one(number):
        soteria = replicas[number % len(replicas)]
        barrier.wait(30)
        first = last = soteria.post(path, json=body, headers=headers, timeout=60)
        while last.status_code == 409 and last.json()["code"] == "idempotency_key_in_use":
            time.sleep(int(last.headers["Retry-After"]))  # as it asks for
            last = soteria.post(path, json=body, headers=headers, timeout=60)
        return first, last

    with ThreadPoolExecutor(CROWD) as crowd:
        answers = list(crowd.map(one, range(CROWD)))
    return [first for first, _ in answers], [last for _, last in answers]


def words(answers):
    return collections.Counter((answer.status_code, answer.json().get("code")) for answer in answers)


def with_a_key(replicas, path, body):
    firsts, lasts = at_once(replicas, path, body, str(uuid.uuid4()))
    assert set(words(firsts)) <= {(202, None), (409, "idempotency_key_in_use")}, words(firsts)
    assert len({told(answer) for answer in lasts}) == 1
    fresh = [answer for answer in lasts if "Idempotency-Replayed" not in answer.headers]
    assert len(fresh) == 1, f"{len(fresh)} of {CROWD} were told that they started it"
    return lasts[0].json()["operation"]


def without(replicas, path, body):
    _, answers = at_once(replicas, path, body, None)
    started = [answer for answer in answers if answer.status_code == 202]
    assert len(started) == 1, words(answers)
    operation = started[0].json()["operation"]
    assert set(words(answers)) <= {(202, None), (409, "operation_running"), (409, "target_exists")}, words(answers)
    for answer in answers:
        if answer.json().get("code") == "operation_running":
            assert answer.json()["operation"] == operation
    return operation


def test_of_a_hundred_identical_requests_at_once_over_two_replicas_one_is_carried_out(
        kubernetes, longhorn, start_soteria, namespace):
    replicas = [start_soteria(), start_soteria()]
    backed_up_pvc(kubernetes, longhorn, namespace)
    for number in range(0, ROUNDS, 3):
        bound_pvc(kubernetes, longhorn, namespace, f"source-{number}")
    longhorn.fault(do="stall_backup", at=40, times=0)
    longhorn.fault(do="stall_restore", at=40, times=0)
    asked, took = [], collections.defaultdict(list)
    for number in range(ROUNDS):
        path = ("/v1/backup", "/v1/restores", "/v1/restore-test")[number % 3]
        body = {"namespace": namespace, "pvc": "data", "target_pvc": f"target-{number}"} if number % 3 else \
            {"namespace": namespace, "pvc": f"source-{number}"}
        how = with_a_key if number % 2 == 0 else without
        begun = time.monotonic()
        asked.append(how(replicas, path, body))
        took[how.__name__].append(time.monotonic() - begun)
    print({name: f"{min(each):.1f} to {max(each):.1f} s a round" for name, each in took.items()})
    records = {f"{kind.lower()}.{namespace}.{one['metadata']['name']}" for kind in ("Backup", "Restore")
               for one in kubernetes.list(kind, namespace)}
    assert len(set(asked)) == ROUNDS and records == set(asked), records ^ set(asked)
    longhorn.no_faults()
    for operation in asked:
        replicas[0].wait_finished(operation)
    backups = [one for one in longhorn.backups() if one["snapshotName"].startswith("soteria-")]
    assert len(backups) == len(range(0, ROUNDS, 3)), backups
    assert len(restored_volumes(longhorn)) == ROUNDS - len(backups)
    eventually("all slots are given back", lambda: not slots(kubernetes))
    assert all(one["metadata"]["labels"][LABEL] == "answered" for one in keys(kubernetes).values()
               if f".{namespace}." in one["data"]["operation"])
