"""What every route answers alike, asked of every route that /openapi.json names."""

import re
import socket
import threading

import pytest

from flow.scene import bound_pvc
from harness.contract import asserted_answer
from harness.faults import FaultProxy
from harness.longhorn import LonghornSimulator
from harness.simulated_kubernetes import SimulatedKubernetes
from harness.soteria import Soteria
from harness.waiting import eventually

TOKEN = {"Authorization": "Bearer operator"}
STRANGER = {"X-Auth-Request-User": "eve", "X-Auth-Request-Groups": "night"}
PUBLIC = {"/healthz", "/readyz", "/metrics"}


class World:
    """One Soteria that requires an identity, and a fault proxy before each of its upstreams."""

    def __init__(self, folder):
        self.kubernetes = SimulatedKubernetes(folder)
        self.longhorn = LonghornSimulator(folder, kubernetes=None)
        self.folder = folder

    def __enter__(self):
        self.kubernetes.start()
        self.kubernetes.install()
        self.longhorn = LonghornSimulator(self.folder, kubernetes=self.kubernetes.plain_server).start()
        self.kubernetes.create({"kind": "Namespace", "metadata": {"name": "ai"}})
        bound_pvc(self.kubernetes, self.longhorn, "ai", "data", handle="vol-data")
        self.longhorn.seed(backups=[{"name": "b-data", "volume": "vol-data", "snapshotName": "by-hand", "size": 1 << 20,
                                     "created": -3600, "snapshotCreated": -3600}])
        self.to_kubernetes = FaultProxy(self.folder, self.kubernetes.plain_server, name="to-kubernetes").start()
        self.to_longhorn = FaultProxy(self.folder, self.longhorn.url, name="to-longhorn").start()
        kubeconfig = self.kubernetes.kubeconfig(self.folder / "kubeconfig", server=self.to_kubernetes.url)
        self.soteria = Soteria(self.folder, kubeconfig, self.to_longhorn.url,
                               {"SOTERIA_AUTH_REQUIRED": "true", "SOTERIA_AUTH_BEARER_TOKENS": "operator"})
        self.soteria.start()
        self.soteria.wait_ready()
        self.soteria.http.headers.update(TOKEN)
        document = self.soteria.json("GET", "/openapi.json")
        self.routes = [(method.upper(), path, set(operation["responses"]))
                       for path, operations in document["paths"].items() for method, operation in operations.items()]
        eventually("the backup is known", lambda: self.soteria.json(
            "GET", "/v1/backups?namespace=ai&pvc=data")["backups"])
        return self

    def __exit__(self, *_):
        for each in (self.soteria, self.to_longhorn, self.to_kubernetes, self.longhorn, self.kubernetes):
            each.stop()

    def with_status(self, status):
        return [(method, path) for method, path, answers in self.routes if str(status) in answers]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with World(tmp_path_factory.mktemp("every-route")) as made:
        yield made


def real(path):
    return path.replace("{id}", "backup.ai.nothing").replace("{name}", "js/main.js")


def raw(soteria, request, wait=30):
    """The status line's status and the whole answer, for what no client library would send."""
    port = int(soteria.url.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port), timeout=wait) as connection:
        connection.sendall(request)
        received = b""
        while True:
            try:
                part = connection.recv(65536)
            except ConnectionResetError:
                break
            if not part:
                break
            received += part
    status = re.match(rb"HTTP/1\.1 (\d+) ", received)
    return int(status.group(1)) if status else None, received.decode("utf-8", "replace")


def head(method, path, *headers, version="HTTP/1.1"):
    lines = [f"{method} {path} {version}", "Host: soteria", "Authorization: Bearer operator", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


PARAMETERS = {"/v1/inventory": "?deleted=true&deleted=true", "/v1/backups": "?namespace=a&namespace=b",
              "/v1/operations": "?limit=1&limit=2", "/v1/whoami": "?namespace=a&namespace=a",
              "/v1/events": "?pvc=a&pvc=b"}
LARGE = b"x" * 70_000
CASES = {
    ("bad_request", 400): lambda method, path: head(method, path, "Content-Length: 2", "Content-Length: 3"),
    ("bad_target", 400): lambda method, path: head(method, path + "?a=%zz", "Connection: close"),
    ("unknown_parameter", 400): lambda method, path: head(method, path + "?colour=red", "Connection: close"),
    ("duplicate_parameter", 400): lambda method, path: head(method, path + PARAMETERS[path], "Connection: close"),
    ("body_too_large", 413): lambda method, path: head(method, path, "Connection: close", "Content-Type: application/json",
                                                       f"Content-Length: {len(LARGE)}") + LARGE,
    ("target_too_long", 414): lambda method, path: head(method, path + "?a=" + "x" * 20_000),
    ("expectation_failed", 417): lambda method, path: head(method, path, "Expect: a-miracle", "Content-Length: 2") + b"{}",
    ("headers_too_large", 431): lambda method, path: head(method, path, "X-Large: " + "x" * 20_000),
    ("not_implemented", 501): lambda method, path: head(method, path, "Transfer-Encoding: gzip"),
    ("http_version_not_supported", 505): lambda method, path: head(method, path, version="HTTP/3.0"),
}


@pytest.mark.parametrize("code, status", CASES)
def test_every_route_refuses_what_is_no_request_for_it(world, code, status):
    wrong = []
    for method, path in world.with_status(status):
        if code.endswith("_parameter") and path in PUBLIC | {"/", "/assets/{name}"}:
            continue  # they ignore what probes, scrapes and browsers add
        if code == "duplicate_parameter" and path not in PARAMETERS:
            continue  # they take none
        got, answer = raw(world.soteria, CASES[code, status](method, real(path)))
        if got != status or f'"code":"{code}"' not in answer:
            wrong.append(f"{method} {path}: {got}, not {status} {code}: {answer[-300:]}")
        else:
            asserted_answer(method, path, status, code)
    assert not wrong, "\n".join(wrong)


def test_every_page_and_document_is_there_and_sent_once(world):
    for method, path in world.with_status(200):
        if method != "GET" or path in ("/v1/operations/{id}", "/v1/events"):
            continue  # one needs an operation, the other never ends
        answer = world.soteria.get(real(path) + QUERIES.get(path, ""))
        assert answer.status_code == 200, f"{path}: {answer.text}"
        asserted_answer(method, path, 200)
        if (method, path) in world.with_status(304):
            again = world.soteria.get(real(path), headers={"If-None-Match": answer.headers["ETag"]})
            assert (again.status_code, again.text) == (304, ""), path
            asserted_answer(method, path, 304)
    missing = world.soteria.get("/assets/nothing.js")
    assert (missing.status_code, missing.json()["code"]) == (404, "no_such_route")


def test_every_route_gives_up_on_a_request_that_does_not_arrive(world):
    outcomes = {}

    def ask(method, path):
        request = head(method, real(path), "Content-Type: application/json", "Content-Length: 10") + b"{"
        outcomes[method, path] = raw(world.soteria, request, wait=60)

    threads = [threading.Thread(target=ask, args=route) for route in world.with_status(408)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    for (method, path), (status, answer) in outcomes.items():
        assert status == 408 and '"code":"request_timeout"' in answer, f"{method} {path}: {status} {answer}"
        asserted_answer(method, path, 408, "request_timeout")
    assert len(outcomes) == len(threads)


def test_every_route_refuses_other_methods(world):
    for method, path in world.with_status(405):
        answer = world.soteria.request("PUT", real(path))
        assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed"), f"{path}: {answer.text}"
        assert method in answer.headers["Allow"].split(", ")
        asserted_answer(method, path, 405, "method_not_allowed")


@pytest.mark.parametrize("status, code, headers", [
    (401, "no_identity", {"Authorization": None}), (401, "bad_token", {"Authorization": "Bearer other"}),
    (403, "group_not_allowed", {"Authorization": None, **STRANGER})])
def test_every_protected_route_needs_an_identity_in_a_group(world, status, code, headers):
    protected = world.with_status(status)
    assert {path for _, path, _ in world.routes} - {path for _, path in protected} == PUBLIC
    for method, path in protected:
        answer = world.soteria.request(method, real(path), headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (status, code), f"{method} {path}: {answer.text}"
        asserted_answer(method, path, status, code)


def test_every_change_needs_json_and_no_other_site(world):
    for method, path in world.with_status(415):
        assert method == "POST"
        answer = world.soteria.post(real(path), data="x", headers={"Content-Type": "text/plain"})
        assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type"), f"{path}: {answer.text}"
        asserted_answer(method, path, 415, "unsupported_media_type")
        answer = world.soteria.post(real(path), json={}, headers={"Sec-Fetch-Site": "cross-site"})
        assert (answer.status_code, answer.json()["code"]) == (403, "cross_site"), f"{path}: {answer.text}"
        asserted_answer(method, path, 403, "cross_site")


# --- upstreams

BODIES = {"/v1/backup": {"namespace": "ai", "pvc": "data"}, "/v1/restores": {"namespace": "ai", "pvc": "data", "target_pvc": "copy"},
          "/v1/restore-test": {"namespace": "ai", "pvc": "data", "target_pvc": "copy"}}
QUERIES = {"/v1/backups": "?namespace=ai&pvc=data"}
NOT_A_WATCH = r"\((?!watch|lease|poll|refresh)"
TROUBLES = {  # what an upstream does -> what the caller is told
    "throttled": (429, {"action": "status", "status": 429, "headers": {"Retry-After": "600"}}),
    "upstream_refused": (502, {"action": "status", "status": 403}),
    "upstream_bad_answer": (502, {"action": "garbage"}),
    "upstream_unavailable": (503, {"action": "refuse"}),
    "upstream_timeout": (504, {"action": "silence"}),
}


def ask(world, method, path):
    keywords = {"json": BODIES[path]} if path in BODIES else {}
    return world.soteria.request(method, real(path) + QUERIES.get(path, ""), timeout=40, **keywords)


@pytest.mark.parametrize("code", TROUBLES)
def test_every_route_that_asks_an_upstream_says_what_that_did(world, code):
    status, rule = TROUBLES[code]
    routes = world.with_status(429)  # those that ask one
    assert not set(routes) - set(world.with_status(status))
    proxies = (world.to_kubernetes, world.to_longhorn)
    for proxy in proxies:
        proxy.rule(agent=NOT_A_WATCH, count=0, **rule)
    answers = {}
    threads = [threading.Thread(target=lambda route=route: answers.update({route: ask(world, *route)})) for route in routes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    for proxy in proxies:
        proxy.clear()
    wrong = [f"{route}: {answer.status_code} {answer.text}" for route, answer in answers.items()
             if (answer.status_code, answer.json().get("code")) != (status, code)]
    assert len(answers) == len(routes) and not wrong, "\n".join(wrong)
    for route in routes:
        asserted_answer(*route, status, code)
