"""The log as operators use it: one line for every change, one line whatever is in it, and never a secret."""

import json
import re
import socket

import pytest
import requests
import yaml

from flow.scene import bound_pvc, restore
from harness.contract import asserted
from harness.faults import FaultProxy
from harness.longhorn import LonghornSimulator
from harness.soteria import Soteria
from harness.waiting import eventually

BRAD = {"X-Auth-Request-User": "brad", "X-Auth-Request-Groups": "/admin, night"}


class Text(Soteria):
    def ready(self, line):
        found = re.search(r" info listening .*port=(\d+)", line)
        return found and f"http://127.0.0.1:{found.group(1)}"


SECRETS = {"bearer": "hush-bearer-3f9c", "unknown bearer": "hush-stranger-77aa", "forwarded": "hush-jwt-5d1e",
           "basic": "aHVzaDpiYXNpYw==", "kube token": "hush-kube-91bd", "cookie": "hush-cookie-2c4f",
           "in a url": "hush-inurl-4b4b"}
GUARDED = {"SOTERIA_AUTH_REQUIRED": "true", "SOTERIA_AUTH_BEARER_TOKENS": f"first-one,{SECRETS['bearer']}",
           "SOTERIA_TRUSTED_PROXIES": "127.0.0.0/8"}


@pytest.fixture(scope="session")
def kubernetes(simulated_kubernetes):
    return simulated_kubernetes


@pytest.fixture
def longhorn(kubernetes, log_directory):
    flags = ["--restore-seconds", "10", "--backup-seconds", "4"]
    with LonghornSimulator(log_directory, time_scale=0.1, kubernetes=kubernetes.plain_server, flags=flags) as longhorn:
        yield longhorn


def audited(soteria, message="change requested"):
    """The audit's lines without what differs from run to run."""
    lines = [one for one in soteria.records(message) if one.get("audit")]
    return [{key: value for key, value in one.items() if key not in ("time", "level", "message", "audit", "peer")}
            for one in lines]


def test_every_change_has_one_line_that_says_who_what_where_and_what_came_of_it(kubernetes, longhorn, start_soteria, namespace):
    soteria = start_soteria(GUARDED)
    bound_pvc(kubernetes, longhorn, namespace)
    body = {"namespace": namespace, "pvc": "data"}
    common = {"action": "backup", "method": "POST", "route": "/v1/backup", "dry_run": False}
    known = {"user": "brad", "groups": ["admin", "night"], "source": "proxy"}
    what = {"kind": "Backup", "namespace": namespace, "pvc": "data"}

    def asked(expect, *, headers=BRAD, body=body, route="/v1/backup"):
        answer = soteria.post(route, headers={**headers, "X-Request-Id": f"r-{len(audited(soteria))}"}, json=body)
        assert answer.status_code == expect, answer.text
        return answer.json(), answer.headers["X-Request-Id"]

    def last():
        lines = audited(soteria)
        assert len(lines) == asked.count, f"one line a change: {lines}"
        return lines[-1]

    asked.count = 1
    _, request = asked(401, headers={})
    assert last() == {**common, "outcome": "refused", "status": 401, "code": "no_identity", "user": "anonymous",
                      "source": "anonymous", "request_id": request}
    asked.count = 2
    _, request = asked(403, headers={**BRAD, "X-Auth-Request-Groups": "guests"})
    assert last() == {**common, "outcome": "refused", "status": 403, "code": "group_not_allowed", "user": "brad",
                      "groups": ["guests"], "source": "proxy", "request_id": request}
    asked.count = 3
    _, request = asked(400, body={**body, "dryrun": True})
    assert last() == {**common, **known, "outcome": "refused", "status": 400, "code": "unknown_field", "request_id": request}
    asked.count = 4
    _, request = asked(200, body={**body, "dry_run": True})
    assert last() == {**common, **known, **what, "outcome": "accepted", "status": 200, "dry_run": True, "request_id": request}
    asked.count = 5
    _, request = asked(404, body={**body, "pvc": "nothing"})
    assert last() == {**common, **known, **what, "pvc": "nothing", "outcome": "refused", "status": 404,
                      "code": "pvc_not_found", "request_id": request}
    asked.count = 6
    longhorn.fault(do="stall_backup", at=40)
    made, request = asked(202, headers={"Authorization": f"Bearer {SECRETS['bearer']}"})
    line = last()
    assert re.match(r"token:[0-9a-f]{8}$", line.pop("user"))
    assert line == {**common, **what, "outcome": "accepted", "status": 202, "source": "token",
                    "operation": made["operation"], "request_id": request}
    asked.count = 7
    _, cancelling = asked(202, body=None, route=f"/v1/operations/{made['operation']}/cancel")
    assert last() == {**known, **what, "action": "cancel", "method": "POST", "route": "/v1/operations/{}/cancel",
                      "outcome": "accepted", "status": 202, "operation": made["operation"], "dry_run": False,
                      "request_id": cancelling}
    ended, = eventually("its end has a line too", lambda: audited(soteria, "operation ended"), 30)
    assert re.match(r"token:[0-9a-f]{8}$", ended.pop("user"))
    assert ended == {"action": "backup", "outcome": "cancelled", "code": "cancelled", "source": "token",
                     "cancelled_by": "brad", **what, "driver": "longhorn", "operation": made["operation"],
                     "request_id": request}
    assert all(one["peer"] == "127.0.0.1" for one in soteria.records("change requested"))
    for path in ("/v1/inventory", "/v1/whoami", f"/v1/operations/{made['operation']}"):
        assert soteria.get(path, headers=BRAD).status_code == 200
    assert len(audited(soteria)) == 7, "who only looks changes nothing"


def test_restores_and_what_kubectl_asked_for_are_in_it(kubernetes, longhorn, start_soteria, namespace):
    soteria = start_soteria()
    bound_pvc(kubernetes, longhorn, namespace)
    kubernetes.create({"kind": "Backup", "metadata": {"namespace": namespace, "name": "by-hand"}, "spec": {"pvc": "data"}})
    ended, = eventually("its end has a line", lambda: audited(soteria, "operation ended"), 60)
    assert (ended["operation"], ended["outcome"], ended["kind"]) == (f"backup.{namespace}.by-hand", "succeeded", "Backup")
    made = restore(soteria, namespace, "copy")
    line, = audited(soteria)
    assert (line["action"], line["kind"], line["outcome"]) == ("restore", "Restore", "accepted")
    assert [line[name] for name in ("namespace", "pvc", "target_namespace", "target_pvc", "operation")] == \
        [namespace, "data", namespace, "copy", made["operation"]]
    soteria.wait_finished(made["operation"])
    ended = eventually("the restore's end", lambda: audited(soteria, "operation ended")[1:])[0]
    assert (ended["operation"], ended["outcome"]) == (made["operation"], "succeeded")


def test_no_secret_is_ever_written_or_answered(kubernetes, longhorn, start_soteria, namespace, tmp_path):
    kubeconfig = kubernetes.kubeconfig(tmp_path / "kubeconfig")
    config = yaml.safe_load(kubeconfig.read_text())
    config["users"][0]["user"]["token"] = SECRETS["kube token"]
    kubeconfig.write_text(yaml.safe_dump(config))
    answers = []
    for log_format in ("json", "text"):
        settings = {**GUARDED, "SOTERIA_LOG_LEVEL": "debug", "SOTERIA_LOG_FORMAT": log_format}
        soteria = start_soteria(settings, kubeconfig=kubeconfig, kind=Text if log_format == "text" else Soteria)
        pvc = f"data-{log_format}"
        bound_pvc(kubernetes, longhorn, namespace, pvc)
        body = {"namespace": namespace, "pvc": pvc}
        for headers in ({"Authorization": f"Bearer {SECRETS['bearer']}"}, {"Authorization": f"bearer  {SECRETS['bearer']} "},
                        {"Authorization": f"Bearer {SECRETS['unknown bearer']}"},
                        {"Authorization": f"Basic {SECRETS['basic']}"},
                        {**BRAD, "Authorization": f"Bearer {SECRETS['forwarded']}"}, {**BRAD, "Cookie": SECRETS["cookie"]},
                        {"Authorization": SECRETS["bearer"]}):
            for method, path, sent in (
                    ("GET", "/v1/whoami", None), ("GET", "/v1/inventory", None), ("GET", "/nowhere", None),
                    ("GET", "/readyz?verbose", None), ("GET", "/metrics", None), ("POST", "/v1/backup", {**body, "dry_run": True}),
                    ("POST", "/v1/backup", {**body, "bad": 1}), ("DELETE", "/v1/backup", None),
                    ("POST", "/v1/restores", {**body, "target_pvc": "x", "allow_foreign": True,
                                              "backup_url": f"s3://key:{SECRETS['in a url']}@eu/?backup=b&volume=v"})):
                answer = soteria.request(method, path, json=sent, headers=headers)
                answers.append(answer.text + str(answer.headers))
        made = soteria.json("POST", "/v1/backup", 202, json=body, headers=BRAD)
        soteria.http.headers.update(BRAD)
        answers.append(json.dumps(soteria.wait_finished(made["operation"])))
        if log_format == "text":
            longhorn.kill()
            answers.append(soteria.post("/v1/backup", json=body).text)
        soteria.http.headers.clear()
        written = soteria.process.output()
        assert "backup" in written and len(written) > 2000
        told = "\n".join(answers)
        for name, secret in SECRETS.items():
            assert secret not in written, f"{name} stands in the log ({log_format}): " + \
                next(line for line in written.splitlines() if secret in line)
            if name != "in a url":
                assert secret not in told, f"{name} stands in an answer"
    asserted("variable SOTERIA_AUTH_BEARER_TOKENS")


def test_nothing_that_a_caller_sends_can_make_a_line_of_its_own(start_soteria):
    soteria = start_soteria({"SOTERIA_LOG_LEVEL": "debug"})
    evil = 'x"}\n{"level":"error","message":"forged","audit":true'
    lines_before = len(soteria.process.output().splitlines())
    for path in ("/v1/%0a%7b%22message%22%3a%22forged%22%7d", "/v1/backups?namespace=%0aforged&pvc=%1b[31m",
                 "/v1/operations/%0d%0aforged", "/v1/\x7f\x9b31m", "/" + "é" * 20):
        requests.get(soteria.url + path, timeout=30)
    raw = (b"POST /v1/backup HTTP/1.1\r\nHost: x\r\nX-Request-Id: forged\x1b[31m\r\nX-Auth-Request-User: a\xc2\x9b31m\xe2\x80\xa8b\r\n"
           b"Content-Type: application/json\r\nContent-Length: 60\r\nConnection: close\r\n\r\n")
    body = json.dumps({"namespace": evil[:3], "pvc": evil})[:60].ljust(60).encode()
    assert send(soteria, raw + body).startswith(b"HTTP/1.1 4")
    assert send(soteria, b"GET /\xff\xfe\x0bforged HTTP/1.1\r\nHost: x\r\n\r\n")
    output = soteria.process.log.read_bytes()
    lines = [line for line in output.decode().split("\n") if line]
    assert len(lines) > lines_before
    for line in lines:
        record = json.loads(line)
        assert record["message"] != "forged" and record["level"] != "error", line
        assert all(ord(char) >= 0x20 and not 0x7f <= ord(char) < 0xa0 and char not in "\u2028\u2029" for char in line), line


def send(soteria, data):
    host, port = soteria.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(data)
        connection.settimeout(10)
        return connection.recv(4096)


def test_an_end_whose_record_was_written_and_whose_answer_was_lost_has_its_line_and_its_count(
        kubernetes, longhorn, start_soteria, namespace, tmp_path, log_directory):
    with FaultProxy(log_directory, kubernetes.plain_server) as proxy:
        soteria = start_soteria(kubeconfig=kubernetes.kubeconfig(tmp_path / "kubeconfig", server=proxy.url))
        bound_pvc(kubernetes, longhorn, namespace)
        proxy.rule("answer_lost", method="PATCH", path="/backups/.*/status", count=0)
        made = soteria.json("POST", "/v1/backup", 202, json={"namespace": namespace, "pvc": "data"})
        soteria.wait_finished(made["operation"], seconds=90)
        ended = eventually("its end has a line", lambda: audited(soteria, "operation ended"), 30)
        assert [(one["operation"], one["outcome"]) for one in ended] == [(made["operation"], "succeeded")]
        counted = re.search(r'^soteria_operations_total\{kind="backup",driver="longhorn",outcome="succeeded"\} (\S+)$',
                            soteria.get("/metrics").text, re.M)
        assert counted.group(1) == "1"
