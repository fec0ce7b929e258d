"""SOTERIA_AUTHORIZATION=rbac: what the real RBAC of a real Kubernetes grants is what a caller may do, and no more."""

import json
import re
import uuid

import pytest

from flow.scene import backed_up, bound_pvc
from harness.contract import asserted, asserted_answer
from harness.faults import FaultProxy
from harness.waiting import eventually

SETTINGS = {"SOTERIA_AUTH_REQUIRED": "true", "SOTERIA_AUTHORIZATION": "rbac", "SOTERIA_AUTH_BEARER_TOKENS": "the-robot",
            "SOTERIA_TRUSTED_PROXIES": "127.0.0.0/8", "SOTERIA_ALLOWED_GROUPS": ""}
ROBOT = {"Authorization": "Bearer the-robot"}
RBAC = "/apis/rbac.authorization.k8s.io/v1"
MANY = 12  # namespaces, more than are asked about at a time


def caller(user, *groups):
    return {"X-Auth-Request-User": user, **({"X-Auth-Request-Groups": ",".join(groups)} if groups else {})}


def grant(kubernetes, subject, verbs, resources, namespace=None):
    """A Role (without a namespace a ClusterRole) and its binding. subject: "User brad", "Group dev"."""
    kind, name = subject.split()
    role, where = ("Role", f"/namespaces/{namespace}") if namespace else ("ClusterRole", "")
    plural = role.lower() + "s"
    meta = {"name": f"test-{uuid.uuid4().hex[:12]}"}
    kubernetes.call("POST", f"{RBAC}{where}/{plural}", json={
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": role, "metadata": meta,
        "rules": [{"apiGroups": ["soteria.dev"], "resources": resources, "verbs": verbs}]})
    kubernetes.call("POST", f"{RBAC}{where}/{plural.removesuffix('s')}bindings", json={
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": f"{role}Binding", "metadata": meta,
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": role, "name": meta["name"]},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name}]})


def status_of(answer):
    return answer.status_code if answer.status_code < 400 else f"{answer.status_code} {answer.json()['code']}"


def denials(soteria):
    text = soteria.get("/metrics").text
    return float(re.search(r'^soteria_authz_denials_total\{reason="namespace_not_allowed"\} (\S+)$', text, re.M).group(1))


@pytest.fixture
def user():
    """Somebody whom no other test grants anything."""
    return f"brad-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def other(kubernetes):
    with kubernetes.temporary_namespace("other") as name:
        yield name


@pytest.fixture
def guarded(start_soteria):
    return start_soteria(SETTINGS)


def test_who_may_make_backups_in_one_namespace_makes_them_there_and_nowhere_else(
        kubernetes, longhorn, guarded, namespace, other, user):
    for one in (namespace, other):
        bound_pvc(kubernetes, longhorn, one)

    def back_up(where, headers, dry_run=True):
        return guarded.post("/v1/backup", headers=headers, json={"namespace": where, "pvc": "data", "dry_run": dry_run})

    before = denials(guarded)
    refused = back_up(namespace, caller(user))
    assert status_of(refused) == "403 namespace_not_allowed"
    assert f"{user} may not create backups.soteria.dev in the namespace {namespace}" in refused.json()["detail"]
    assert denials(guarded) == before + 1
    asserted_answer("POST", "/v1/backup", 403, "namespace_not_allowed")

    grant(kubernetes, f"User {user}", ["create"], ["backups"], namespace)
    eventually("the grant counts", lambda: back_up(namespace, caller(user)).status_code == 200, 20)
    assert status_of(back_up(namespace, caller(user), dry_run=False)) == 202
    assert status_of(back_up(other, caller(user))) == "403 namespace_not_allowed"
    assert status_of(back_up(namespace, caller(f"not-{user}"))) == "403 namespace_not_allowed"

    group = f"team-{user}"
    grant(kubernetes, f"Group {group}", ["create"], ["backups"], other)
    eventually("a group's grant counts for its members", lambda: back_up(
        other, caller(f"not-{user}", "x", f"/{group}")).status_code == 200, 20)
    asserted("variable SOTERIA_AUTHORIZATION")


def test_a_restore_needs_grants_on_both_sides_and_one_more_for_other_claims_data(
        kubernetes, longhorn, guarded, namespace, other, user):
    bound_pvc(kubernetes, longhorn, namespace)
    guarded.http.headers.update(ROBOT)
    backed_up(guarded, namespace)
    guarded.http.headers.pop("Authorization")

    def restore(**more):
        body = {"namespace": namespace, "pvc": "data", "target_namespace": other, "target_pvc": "copy", "dry_run": True}
        return guarded.post("/v1/restores", headers=caller(user), json={**body, **more})

    assert status_of(restore()) == "403 namespace_not_allowed"
    grant(kubernetes, f"User {user}", ["create"], ["restores"], other)
    eventually("it is the source that is missing", lambda:
               f"get backups.soteria.dev in the namespace {namespace}" in restore().json()["detail"], 20)
    grant(kubernetes, f"User {user}", ["get"], ["backups"], namespace)
    eventually("both grants count", lambda: restore().status_code == 200, 20)
    missing = restore(allow_foreign=True)
    assert status_of(missing) == "403 namespace_not_allowed"
    assert "restore-foreign backups.soteria.dev in all namespaces" in missing.json()["detail"]
    asserted_answer("POST", "/v1/restores", 403, "namespace_not_allowed")
    grant(kubernetes, f"User {user}", ["restore-foreign"], ["backups"])
    eventually("the verb of its own counts", lambda: restore(allow_foreign=True).status_code == 200, 20)


def test_a_caller_sees_the_namespaces_that_they_may_see(kubernetes, longhorn, guarded, namespace, other, user):
    for one in (namespace, other):
        bound_pvc(kubernetes, longhorn, one)
    guarded.http.headers.update(ROBOT)
    for one in (namespace, other):
        backed_up(guarded, one)
    whole = guarded.get("/v1/inventory")
    assert {namespace, other} <= {one["name"] for one in whole.json()["namespaces"]}
    records = {one["namespace"]: one["id"] for one in guarded.json("GET", "/v1/operations")["operations"]}
    guarded.http.headers.pop("Authorization")

    def seen():
        answer = guarded.get("/v1/inventory", headers=caller(user))
        assert answer.status_code == 200, answer.text
        return [one["name"] for one in answer.json()["namespaces"]], answer.headers["ETag"]

    assert seen()[0] == [], "who may see nothing sees nothing"
    assert guarded.json("GET", "/v1/operations", headers=caller(user))["operations"] == []
    for path in (f"/v1/backups?namespace={namespace}&pvc=data", f"/v1/operations/{records[namespace]}",
                 f"/v1/operations/backup.{namespace}.there-is-none"):
        assert status_of(guarded.get(path, headers=caller(user))) == "403 namespace_not_allowed", path
        asserted_answer("GET", path, 403, "namespace_not_allowed")

    grant(kubernetes, f"User {user}", ["list", "get"], ["backups", "restores"], namespace)
    eventually("their own namespace is seen", lambda: seen()[0] == [namespace], 20)
    assert seen()[1] != whole.headers["ETag"]
    again = guarded.get("/v1/inventory", headers={**caller(user), "If-None-Match": seen()[1]})
    assert again.status_code == 304
    listed = eventually("their own records are listed", lambda: guarded.json(
        "GET", "/v1/operations", headers=caller(user))["operations"], 20)
    assert {one["namespace"] for one in listed} == {namespace}
    # Each right is asked for by itself, and a refusal believed for some seconds.
    eventually("their own record can be got", lambda: guarded.json(
        "GET", f"/v1/operations/{records[namespace]}", headers=caller(user))["id"] == records[namespace], 20)
    eventually("their own backups can be listed", lambda: guarded.json(
        "GET", f"/v1/backups?namespace={namespace}&pvc=data", headers=caller(user))["backups"], 20)
    assert status_of(guarded.get(f"/v1/operations/{records[other]}", headers=caller(user))) == "403 namespace_not_allowed"

    grant(kubernetes, f"User {user}", ["list"], ["backups"])
    eventually("a ClusterRole shows all", lambda: {namespace, other} <= set(seen()[0]), 20)


def test_a_cancel_needs_the_grant_to_delete_the_record(kubernetes, longhorn, guarded, namespace, user):
    bound_pvc(kubernetes, longhorn, namespace)
    longhorn.fault(do="stall_backup", at=40)
    operation = guarded.json("POST", "/v1/backup", 202, headers=ROBOT, json={"namespace": namespace, "pvc": "data"})["operation"]
    path = f"/v1/operations/{operation}/cancel"
    assert status_of(guarded.post(path, headers=caller(user))) == "403 namespace_not_allowed"
    asserted_answer("POST", path, 403, "namespace_not_allowed")
    grant(kubernetes, f"User {user}", ["delete"], ["backups"], namespace)
    eventually("the grant counts", lambda: guarded.post(path, headers=caller(user)).status_code == 202, 20)
    guarded.http.headers.update(ROBOT)
    assert guarded.wait_finished(operation, "Cancelled")["error"]["detail"] == f"cancelled by {user}"


def test_nobody_is_one_of_kubernetes_own_on_the_word_of_a_header(kubernetes, longhorn, guarded, namespace):
    bound_pvc(kubernetes, longhorn, namespace)
    eventually("it is listed", lambda: row_of_robot(guarded, namespace))
    for headers in (caller("eve", "system:masters"), caller("system:serviceaccount:soteria:soteria"),
                    caller("eve", "/system:masters"), caller("system:admin", "system:masters")):
        assert guarded.json("GET", "/v1/inventory", headers=headers)["namespaces"] == [], headers
        body = {"namespace": namespace, "pvc": "data", "dry_run": True}
        assert status_of(guarded.post("/v1/backup", headers=headers, json=body)) == "403 namespace_not_allowed"


def row_of_robot(guarded, namespace):
    return [one for one in guarded.json("GET", "/v1/inventory", headers=ROBOT)["namespaces"] if one["name"] == namespace]


def test_a_kubernetes_that_does_not_say_lets_nobody_in(kubernetes, longhorn, start_soteria, namespace, other, user,
                                                       tmp_path, log_directory):
    bound_pvc(kubernetes, longhorn, namespace)
    grant(kubernetes, f"User {user}", ["create", "list", "get", "delete"], ["backups", "restores"])
    with FaultProxy(log_directory, kubernetes.plain_server) as proxy:
        soteria = start_soteria(SETTINGS, kubeconfig=kubernetes.kubeconfig(tmp_path / "kubeconfig", server=proxy.url))
        proxy.rule("status", path="subjectaccessreviews", status=403, count=0, body=json.dumps(
            {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Forbidden", "code": 403}))
        body = {"namespace": namespace, "pvc": "data", "dry_run": True}
        refused = soteria.post("/v1/backup", headers=caller(user), json=body)
        assert status_of(refused) == "503 authorization_unavailable" and refused.headers["Retry-After"]
        asserted_answer("POST", "/v1/backup", 503, "authorization_unavailable")
        for path in ("/v1/inventory", "/v1/operations/backup.x.y", f"/v1/backups?namespace={namespace}&pvc=data"):
            assert status_of(soteria.get(path, headers=caller(user))) == "503 authorization_unavailable", path
            asserted_answer("GET", path, 503, "authorization_unavailable")
        assert soteria.post("/v1/backup", headers=ROBOT, json=body).status_code == 200, "a token needs no answer of it"
        assert denials(soteria) == 0
        proxy.clear()
        eventually("it says again", lambda: soteria.post("/v1/backup", headers=caller(user), json=body).status_code == 200)


def test_one_question_is_asked_once_and_only_about_what_is_needed(kubernetes, longhorn, start_soteria, namespace, user,
                                                                  tmp_path, log_directory):
    from concurrent.futures import ThreadPoolExecutor

    bound_pvc(kubernetes, longhorn, namespace)
    grant(kubernetes, f"User {user}", ["list"], ["backups"], namespace)
    with FaultProxy(log_directory, kubernetes.plain_server) as proxy, ThreadPoolExecutor(MANY) as callers:
        soteria = start_soteria(SETTINGS, kubeconfig=kubernetes.kubeconfig(tmp_path / "kubeconfig", server=proxy.url))
        path = f"/v1/backups?namespace={namespace}&pvc=data"

        def ask(_):
            return soteria.request("GET", path, headers=caller(user)).status_code

        assert set(callers.map(ask, range(3 * MANY))) == {200}
        asked = [one for one in proxy.log_of_requests() if "subjectaccessreviews" in one["target"]]
        assert len(asked) == 1, asked


def test_whoami_tells_what_a_caller_may_do_in_a_namespace(kubernetes, guarded, namespace, user):
    path = f"/v1/whoami?namespace={namespace}"
    nothing = dict.fromkeys(("see", "back_up", "restore", "restore_foreign", "cancel_backups", "cancel_restores"), False)
    told = guarded.json("GET", path, headers=caller(user))
    assert (told["authorization"], told["namespace"], told["permissions"]) == ("rbac", namespace, nothing)
    grant(kubernetes, f"User {user}", ["list", "get", "create"], ["backups"], namespace)
    eventually("the grant shows", lambda: guarded.json("GET", path, headers=caller(user))["permissions"] ==
               {**nothing, "see": True, "back_up": True}, 20)
    assert all(guarded.json("GET", path, headers=ROBOT)["permissions"].values())
    asserted("GET /v1/whoami gives authorization", "GET /v1/whoami gives namespace", "GET /v1/whoami gives permissions",
             *(f"GET /v1/whoami gives permissions.{name}" for name in nothing))
