"""Every variable of the service, by its effect on the running service. On the simulated Kubernetes, for speed."""

import re
import socket
import subprocess

import pytest
import requests

from flow.scene import bound_pvc, restore, restored_volumes, row_of, wait_no_slots
from harness.binaries import binary
from harness.contract import asserted
from harness.faults import FaultProxy
from harness.longhorn import LonghornSimulator
from harness.processes import Process
from harness.soteria import Soteria
from harness.waiting import eventually, never

COVERED = set()
# Shown in test/component/app/settings_test.cpp: the service looks for old records every ten minutes.
# And in test/flow/test_tls.py: the certificate's.
ELSEWHERE = {"SOTERIA_HISTORY_HOURS", "SOTERIA_HISTORY_COUNT", "SOTERIA_TLS_CERT_FILE", "SOTERIA_TLS_KEY_FILE"}


def covers(*names):
    """Says which variables a test shows the effect of."""
    COVERED.update(names)

    def mark(test):
        test.covers = (*getattr(test, "covers", ()), *names)
        return test

    return mark


@pytest.fixture(scope="session")
def kubernetes(simulated_kubernetes):
    return simulated_kubernetes


@pytest.fixture
def longhorn(kubernetes, log_directory):
    flags = ["--restore-seconds", "10", "--backup-seconds", "4"]
    with LonghornSimulator(log_directory, time_scale=0.1, kubernetes=kubernetes.plain_server, flags=flags) as longhorn:
        yield longhorn


def run(settings=None, *arguments, kubeconfig="/nonexistent"):
    """The program until it ends by itself, with these settings and no others."""
    done = subprocess.run([binary("soteria"), *arguments], capture_output=True, text=True, timeout=60,
                          env={"KUBECONFIG": str(kubeconfig), **(settings or {})})
    assert "Sanitizer" not in done.stderr, done.stderr
    return done


def help_texts():
    """name -> (default, help), as --help lists them."""
    listed = {}
    for name, default, text in re.findall(r"^(SOTERIA_\w+)  \[(.*)\]\n    (.*)$", run(None, "--help").stdout, re.M):
        listed[name] = (default, text)
    return listed


def started(soteria, namespace, pvc="data"):
    return soteria.json("POST", "/v1/backup", 202, json={"namespace": namespace, "pvc": pvc})["operation"]


# --- the start

DEFAULTS = {
    "SOTERIA_BACKUP_DRIVER": "longhorn", "SOTERIA_LONGHORN_URL": "http://longhorn-backend.longhorn-system.svc:9500",
    "SOTERIA_LONGHORN_BACKUP_MODE": "incremental", "SOTERIA_RESTIC_REPOSITORY": "none",
    "SOTERIA_RESTIC_SECRET_NAME": "soteria-restic", "SOTERIA_SECRET_NAMESPACE": "none",
    "SOTERIA_RESTIC_IMAGE": "restic/restic:0.16.4", "SOTERIA_RESTIC_BACKUP_ARGS": "none",
    "SOTERIA_RESTIC_FORGET_ARGS": "none", "SOTERIA_S3_ENDPOINT": "none", "SOTERIA_S3_REGION": "none",
    "SOTERIA_JOB_TTL_SECONDS": "86400 seconds", "SOTERIA_JOB_NODE_SELECTOR": "none",
    "SOTERIA_JOB_SERVICE_ACCOUNT": "none", "SOTERIA_JOB_SECURITY": "baseline", "SOTERIA_JOB_CPU_REQUEST": "100m",
    "SOTERIA_JOB_CPU_LIMIT": "2", "SOTERIA_JOB_MEMORY_REQUEST": "256Mi", "SOTERIA_JOB_MEMORY_LIMIT": "2Gi",
    "SOTERIA_JOB_PULL_SECRETS": "none", "SOTERIA_RESTIC_REFRESH_SECONDS": "900 seconds",
    "SOTERIA_LISTEN_ADDR": ":8080", "SOTERIA_AUTH_REQUIRED": "false",
    "SOTERIA_ALLOWED_GROUPS": "admin,maintenance", "SOTERIA_AUTH_BEARER_TOKENS": "none",
    "SOTERIA_BACKUP_MAX_AGE_HOURS": "24 hours", "SOTERIA_METRICS_REFRESH_SECONDS": "300 seconds",
    "SOTERIA_TRUSTED_PROXIES": "none", "SOTERIA_AUTHORIZATION": "groups", "SOTERIA_TLS_CERT_FILE": "none",
    "SOTERIA_TLS_KEY_FILE": "none", "SOTERIA_LOG_LEVEL": "info", "SOTERIA_LOG_FORMAT": "json",
    "SOTERIA_BACKUP_TIMEOUT_SECONDS": "86400 seconds", "SOTERIA_RESTORE_TIMEOUT_SECONDS": "86400 seconds",
    "SOTERIA_STALL_SECONDS": "1800 seconds", "SOTERIA_SHUTDOWN_SECONDS": "25 seconds",
    "SOTERIA_HISTORY_HOURS": "720 hours", "SOTERIA_HISTORY_COUNT": "10000", "SOTERIA_MAX_RUNNING_BACKUPS": "0",
    "SOTERIA_MAX_RUNNING_RESTORES": "0", "SOTERIA_RESTORE_TEST_MAX_BYTES": "10Gi bytes",
    "SOTERIA_LEASE_SECONDS": "15 seconds"}


def test_help_lists_every_variable_with_its_default_and_a_sentence():
    listed = help_texts()
    assert {name: default for name, (default, _) in listed.items()} == DEFAULTS
    assert all(text.endswith(".") for _, text in listed.values()), listed
    assert run(None, "--version").stdout.startswith("soteria ")
    assert run(None, "--nonsense").returncode == 2


REFUSED = {
    "SOTERIA_BACKUP_DRIVER": "Longhorn", "SOTERIA_LONGHORN_URL": "longhorn:9500", "SOTERIA_LONGHORN_BACKUP_MODE": "quick",
    "SOTERIA_LISTEN_ADDR": "8080", "SOTERIA_AUTH_REQUIRED": "maybe", "SOTERIA_BACKUP_MAX_AGE_HOURS": "0",
    "SOTERIA_METRICS_REFRESH_SECONDS": "-1", "SOTERIA_TRUSTED_PROXIES": "10.0.0.0/40", "SOTERIA_AUTHORIZATION": "some",
    "SOTERIA_LOG_LEVEL": "loud",
    "SOTERIA_LOG_FORMAT": "xml", "SOTERIA_BACKUP_TIMEOUT_SECONDS": "soon", "SOTERIA_RESTORE_TIMEOUT_SECONDS": "0",
    "SOTERIA_STALL_SECONDS": "1.5", "SOTERIA_SHUTDOWN_SECONDS": "99999", "SOTERIA_HISTORY_HOURS": "1",
    "SOTERIA_HISTORY_COUNT": "none", "SOTERIA_MAX_RUNNING_BACKUPS": "-2", "SOTERIA_MAX_RUNNING_RESTORES": "many",
    "SOTERIA_LEASE_SECONDS": "1", "SOTERIA_JOB_TTL_SECONDS": "x", "SOTERIA_RESTORE_TEST_MAX_BYTES": "huge",
    "SOTERIA_SECRET_NAMESPACE": "Not A Name", "SOTERIA_JOB_NODE_SELECTOR": "a",
    "SOTERIA_JOB_SECURITY": "privileged", "SOTERIA_JOB_CPU_REQUEST": "some", "SOTERIA_JOB_CPU_LIMIT": "0",
    "SOTERIA_JOB_MEMORY_REQUEST": "x", "SOTERIA_JOB_MEMORY_LIMIT": "2 GB", "SOTERIA_JOB_PULL_SECRETS": "A",
    "SOTERIA_RESTIC_REFRESH_SECONDS": "1"}


@covers("SOTERIA_AUTHORIZATION")
def test_bad_values_stop_the_start_with_one_message_that_lists_every_one():
    done = run({**REFUSED, "SOTERIA_AUTH_BEARER_TOKENS": "s3cret with blanks"})
    assert done.returncode == 2 and done.stdout == ""
    lines = done.stderr.strip().splitlines()
    assert lines[0] == "soteria: the configuration cannot be used:"
    complained = {line.split()[0]: line for line in lines[1:]}
    assert set(REFUSED) - set(complained) == set(), f"not complained about: {set(REFUSED) - set(complained)}"
    assert all(value in complained[name] for name, value in REFUSED.items())
    assert "s3cret" not in done.stderr


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_single_bad_value_is_refused(name):
    done = run({name: REFUSED[name]})
    assert (done.returncode, done.stdout) == (2, "")
    message, detail = done.stderr.strip().splitlines()
    assert detail.strip().startswith(f'{name} ("{REFUSED[name]}") '), detail


@covers("SOTERIA_BACKUP_DRIVER")
def test_the_restic_variables_are_checked_together_and_every_problem_is_told():
    done = run({"SOTERIA_BACKUP_DRIVER": "restic", "SOTERIA_RESTIC_BACKUP_ARGS": "--exclude *.tmp --host=other",
                "SOTERIA_RESTIC_FORGET_ARGS": "--keep-last 3 --tag x", "SOTERIA_JOB_MEMORY_REQUEST": "4Gi"})
    assert done.returncode == 2 and done.stdout == ""
    assert [line.split()[0] for line in done.stderr.strip().splitlines()[1:]] == [
        "SOTERIA_RESTIC_REPOSITORY", "SOTERIA_RESTIC_BACKUP_ARGS", "SOTERIA_RESTIC_FORGET_ARGS",
        "SOTERIA_JOB_MEMORY_REQUEST"], done.stderr


def test_a_repository_with_a_password_in_it_is_refused_without_showing_it():
    done = run({"SOTERIA_RESTIC_REPOSITORY": "s3:https://key:hush-hush@s3.example.org/backups"})
    assert done.returncode == 2 and "belong into the Secret" in done.stderr
    assert "hush" not in done.stderr


def test_without_a_way_to_kubernetes_it_does_not_start():
    done = run()
    assert done.returncode == 2 and "/nonexistent" in done.stderr


def test_unknown_variables_warn_and_those_that_kubernetes_injects_are_ignored_in_silence(start_soteria):
    injected = {"SOTERIA_SERVICE_HOST": "10.96.0.7", "SOTERIA_SERVICE_PORT": "80", "SOTERIA_SERVICE_PORT_HTTP": "80",
                "SOTERIA_PORT": "tcp://10.96.0.7:80", "SOTERIA_PORT_80_TCP": "tcp://10.96.0.7:80",
                "SOTERIA_PORT_80_TCP_ADDR": "10.96.0.7", "SOTERIA_PORT_80_TCP_PORT": "80"}
    soteria = start_soteria({**injected, "SOTERIA_BAKCUP_DRIVER": "restic"})
    warnings = [record["warning"] for record in soteria.records("settings")]
    assert [one for one in warnings if "no effect" in one or "SERVICE" in one or "SOTERIA_PORT" in one] == ["SOTERIA_BAKCUP_DRIVER is not a setting of this service and has no effect; see --help"]


# --- where it listens

@covers("SOTERIA_LISTEN_ADDR")
@pytest.mark.parametrize("given, reached", [("127.0.0.1:0", ["127.0.0.1"]), ("[::1]:0", ["::1"]),
                                            (":0", ["127.0.0.1", "::1"])])
def test_it_listens_where_it_is_told(start_soteria, given, reached):
    class Listening(Soteria):
        def ready(self, line):
            found = super().ready(line)
            return found and found.replace("127.0.0.1", host_of(reached[0]))

    def host_of(address):
        return f"[{address}]" if ":" in address else address

    soteria = start_soteria({"SOTERIA_LISTEN_ADDR": given}, kind=Listening)
    port = int(soteria.url.rsplit(":", 1)[1])
    assert port > 0
    for address in ("127.0.0.1", "::1"):
        if address in reached:
            assert requests.get(f"http://{host_of(address)}:{port}/healthz", timeout=10).json() == {"status": "ok"}
        else:
            with pytest.raises(OSError):
                socket.create_connection((address, port), timeout=5)



# --- who may call

GROUPS = "X-Auth-Request-Groups"


def call(soteria, path="/v1/whoami", token=None, user=None, groups=None, **more):
    headers = {"Authorization": token and f"Bearer {token}", "X-Auth-Request-User": user, GROUPS: groups, **more}
    return soteria.get(path, headers={key: value for key, value in headers.items() if value is not None})


@covers("SOTERIA_AUTH_REQUIRED", "SOTERIA_ALLOWED_GROUPS", "SOTERIA_AUTH_BEARER_TOKENS")
def test_with_authentication_only_the_groups_and_tokens_that_are_named_get_in(start_soteria):
    soteria = start_soteria({"SOTERIA_AUTH_REQUIRED": "true", "SOTERIA_ALLOWED_GROUPS": " /ops , night ",
                             "SOTERIA_AUTH_BEARER_TOKENS": "first-token, second-token"})
    for path in ("/v1/whoami", "/v1/inventory", "/v1/operations", "/"):
        assert call(soteria, path).status_code == 401, path
    for path in ("/healthz", "/readyz", "/metrics"):
        assert call(soteria, path).status_code == 200, path
    assert call(soteria, user="brad", groups="ops").json()["groups"] == ["ops"]
    assert call(soteria, user="brad", groups="x,/night").status_code == 200
    refused = call(soteria, user="brad", groups="admin,maintenance")
    assert refused.status_code == 403 and "admin, maintenance" in refused.json()["detail"]
    for token in ("first-token", "second-token"):
        assert call(soteria, token=token).json()["source"] == "token"
    assert call(soteria, token="third-token").json()["code"] == "bad_token"
    output = soteria.process.output()
    assert "first-token" not in output and "second-token" not in output and "third-token" not in output
    assert any("SOTERIA_TRUSTED_PROXIES is empty" in record["warning"] for record in soteria.records("settings"))


@covers("SOTERIA_ALLOWED_GROUPS")
def test_an_empty_list_of_groups_lets_no_header_caller_in(start_soteria):
    soteria = start_soteria({"SOTERIA_AUTH_REQUIRED": "true", "SOTERIA_ALLOWED_GROUPS": "",
                             "SOTERIA_AUTH_BEARER_TOKENS": "first-token"})
    for groups in ("admin", "maintenance", "", "/"):
        assert call(soteria, user="brad", groups=groups).status_code == 403
    assert call(soteria, token="first-token").status_code == 200


@covers("SOTERIA_AUTH_REQUIRED")
def test_without_authentication_everybody_may_call_and_headers_still_name_the_caller(soteria):
    assert call(soteria).json() == {"user": "anonymous", "groups": [], "source": "anonymous", "authenticated": False,
                                    "auth_required": False, "allowed": True}
    assert call(soteria, user="brad", groups="x").json()["user"] == "brad"


@covers("SOTERIA_TRUSTED_PROXIES")
def test_identity_headers_are_believed_from_trusted_proxies_only(start_soteria):
    settings = {"SOTERIA_AUTH_REQUIRED": "true", "SOTERIA_AUTH_BEARER_TOKENS": "first-token"}
    elsewhere = start_soteria({**settings, "SOTERIA_TRUSTED_PROXIES": "10.0.0.0/8, fd00::/8"})
    refused = call(elsewhere, user="brad", groups="admin")
    assert refused.status_code == 401 and refused.json()["code"] == "untrusted_proxy"
    assert call(elsewhere, token="first-token").status_code == 200
    here = start_soteria({**settings, "SOTERIA_TRUSTED_PROXIES": "10.0.0.0/8,127.0.0.0/8"})
    assert call(here, user="brad", groups="admin").status_code == 200
    assert not here.records("settings")


@covers("SOTERIA_TRUSTED_PROXIES")
@pytest.mark.parametrize("trusted, believed", [("127.0.0.0/8", ["127.0.0.1"]), ("::ffff:127.0.0.0/104", ["127.0.0.1"]),
                                               ("::1/128", ["::1"]), ("::/0", ["::1"]), ("0.0.0.0/0, ::1", ["127.0.0.1", "::1"])])
def test_a_proxy_is_trusted_by_its_own_address_also_on_a_socket_of_both_families(start_soteria, trusted, believed):
    soteria = start_soteria({"SOTERIA_LISTEN_ADDR": ":0", "SOTERIA_AUTH_REQUIRED": "true", "SOTERIA_TRUSTED_PROXIES": trusted})
    port = soteria.url.rsplit(":", 1)[1]
    headers = {"X-Auth-Request-User": "brad", GROUPS: "admin"}
    for address, host in (("127.0.0.1", "127.0.0.1"), ("::1", "[::1]")):
        answer = requests.get(f"http://{host}:{port}/v1/whoami", headers=headers, timeout=10)
        if address in believed:
            assert answer.json()["user"] == "brad", address
        else:
            assert (answer.status_code, answer.json()["code"]) == (401, "untrusted_proxy"), address
    counted = soteria.get("/metrics").text
    assert f'soteria_authz_denials_total{{reason="untrusted_proxy"}} {2 - len(believed)}' in counted


# --- what is healthy

def backup_by_hand(longhorn, handle, name, seconds_ago):
    longhorn.seed(backups=[{"name": name, "volume": handle, "snapshotName": f"by-hand-{name}", "size": 1 << 20,
                            "created": -seconds_ago, "snapshotCreated": -seconds_ago}])


@covers("SOTERIA_BACKUP_MAX_AGE_HOURS")
def test_a_backup_older_than_the_limit_is_stale(kubernetes, longhorn, start_soteria, namespace):
    handle = bound_pvc(kubernetes, longhorn, namespace)
    backup_by_hand(longhorn, handle, f"b-{namespace}", 2 * 3600)
    day, hours = start_soteria(), start_soteria({"SOTERIA_BACKUP_MAX_AGE_HOURS": "1.5"})
    for soteria, reason, healthy in ((day, "fresh", 1), (hours, "stale", 0)):
        row = eventually("its backup is seen", lambda soteria=soteria: (
            row := row_of(soteria, namespace, "data")) and row["backup_count"] and row)
        assert (row["health_reason"], row["healthy"]) == (reason, bool(healthy))
        assert 1.9 < row["last_backup_age_hours"] < 2.2
        assert f'pvc="data",volume="{handle}",driver="longhorn"}} {healthy}' in \
            re.search(rf'pvc_backup_health{{namespace="{namespace}".*', soteria.get("/metrics").text).group()


@covers("SOTERIA_METRICS_REFRESH_SECONDS")
def test_longhorn_is_read_again_as_often_as_it_is_told(kubernetes, longhorn, start_soteria, namespace):
    handle = bound_pvc(kubernetes, longhorn, namespace)
    often, seldom = start_soteria({"SOTERIA_METRICS_REFRESH_SECONDS": "1"}), start_soteria()
    for soteria in (often, seldom):
        eventually("it is listed", lambda soteria=soteria: (
            row := row_of(soteria, namespace, "data")) and row["health_reason"] == "missing")
    backup_by_hand(longhorn, handle, f"b-{namespace}", 60)
    eventually("a backup that somebody else made is seen", lambda: row_of(often, namespace, "data")["backup_count"] == 1, 15)
    never("it is seen without another look", lambda: row_of(seldom, namespace, "data")["backup_count"], 2)


# --- Longhorn

@covers("SOTERIA_LONGHORN_URL")
@pytest.mark.parametrize("slash", ["", "/"])
def test_longhorn_is_asked_where_it_is_said_to_be(longhorn, start_soteria, slash):
    start_soteria(longhorn_url=longhorn.url + slash)
    calls = eventually("Longhorn is asked", lambda: [one for one in longhorn.calls()
                                                     if one["userAgent"].startswith("soteria/")])
    assert all(one["path"].startswith("/v1") for one in calls), calls


@covers("SOTERIA_LONGHORN_BACKUP_MODE")
@pytest.mark.parametrize("mode", [None, "incremental", "full"])
def test_longhorn_is_asked_for_the_backup_mode_that_is_set(kubernetes, longhorn, start_soteria, namespace, mode):
    soteria = start_soteria({"SOTERIA_LONGHORN_BACKUP_MODE": mode})
    bound_pvc(kubernetes, longhorn, namespace)
    soteria.wait_finished(started(soteria, namespace))
    asked = [one["body"] for one in longhorn.calls() if one.get("action") == "snapshotBackup"]
    assert len(asked) == 1 and f'"backupMode":"{mode or "incremental"}"' in str(asked[0]).replace(" ", "").replace("'", '"')
    listed = soteria.json("GET", f"/v1/backups?namespace={namespace}&pvc=data")["backups"]
    assert [entry["mode"] for entry in listed] == [mode or "incremental"]


# --- logs

@covers("SOTERIA_LOG_LEVEL")
def test_the_level_decides_what_is_logged(start_soteria):
    info, debug = start_soteria(), start_soteria({"SOTERIA_LOG_LEVEL": "debug"})
    for soteria in (info, debug):
        soteria.get("/healthz")
        soteria.get("/v1/whoami")
    levels = [{(record["level"], record.get("path")) for record in soteria.records("request")} for soteria in (info, debug)]
    assert ("info", "/v1/whoami") in levels[0] and ("info", "/v1/whoami") in levels[1]
    assert ("debug", "/healthz") in levels[1] and {level for level, _ in levels[0]} == {"info"}


@covers("SOTERIA_LOG_LEVEL")
@pytest.mark.parametrize("level, said", [("warning", 3), ("error", 0)])
def test_at_a_higher_level_less_is_said(kubernetes, longhorn, kubeconfig, log_directory, level, said):
    """Without "listening" nobody knows the port: what it says before a signal ends it."""
    soteria = Soteria(log_directory, kubeconfig, longhorn.url, {"SOTERIA_LOG_LEVEL": level, "SOTERIA_UNKNOWN": "x"})
    soteria.process = Process(soteria.arguments(), soteria.log, soteria.env, "soteria")
    eventually("it works", lambda: [one for one in longhorn.calls() if one["userAgent"].startswith("soteria/")])
    assert soteria.stop() == 0
    assert [record["level"] for record in soteria.records()] == ["warning"] * said, soteria.process.output()


@covers("SOTERIA_LOG_FORMAT")
def test_text_logs_are_lines_for_people(start_soteria):
    class Text(Soteria):
        def ready(self, line):
            found = re.search(r" info listening .*port=(\d+)", line)
            return found and f"http://127.0.0.1:{found.group(1)}"

    soteria = start_soteria({"SOTERIA_LOG_FORMAT": "text"}, kind=Text)
    lines = soteria.process.output().splitlines()
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (debug|info|warning|error) \S", line) for line in lines), lines


# --- time and number

@covers("SOTERIA_BACKUP_TIMEOUT_SECONDS", "SOTERIA_RESTORE_TIMEOUT_SECONDS")
def test_what_takes_longer_than_its_time_fails_and_is_undone(kubernetes, longhorn, start_soteria, namespace):
    soteria = start_soteria({"SOTERIA_BACKUP_TIMEOUT_SECONDS": "3", "SOTERIA_RESTORE_TIMEOUT_SECONDS": "4"})
    handle = bound_pvc(kubernetes, longhorn, namespace)
    backup_by_hand(longhorn, handle, f"b-{namespace}", 60)
    longhorn.fault(do="stall_backup", at=40)
    ended = soteria.wait_finished(started(soteria, namespace), "Failed")
    assert ended["error"]["code"] == "timed_out" and "within 3 seconds" in ended["error"]["detail"]
    assert len(longhorn.backups(handle)) == 1 and longhorn.snapshots(handle) == []
    longhorn.no_faults()
    longhorn.fault(do="stall_restore", at=40)
    ended = soteria.wait_finished(restore(soteria, namespace, "copy")["operation"], "Failed")
    assert ended["error"]["code"] == "timed_out" and "within 4 seconds" in ended["error"]["detail"]
    assert restored_volumes(longhorn) == [] and kubernetes.get("PersistentVolumeClaim", "copy", namespace) is None
    wait_no_slots(kubernetes)


@covers("SOTERIA_STALL_SECONDS")
def test_what_makes_no_progress_for_too_long_fails_and_is_undone(kubernetes, longhorn, start_soteria, namespace):
    soteria = start_soteria({"SOTERIA_STALL_SECONDS": "3"})
    handle = bound_pvc(kubernetes, longhorn, namespace)
    longhorn.fault(do="stall_backup", at=40)
    ended = soteria.wait_finished(started(soteria, namespace), "Failed")
    assert ended["error"]["code"] == "stalled" and "for 6 seconds" in ended["error"]["detail"], ended
    assert longhorn.snapshots(handle) == [] and longhorn.backups(handle) == []


@covers("SOTERIA_SHUTDOWN_SECONDS")
def test_a_stop_takes_no_longer_than_it_may(kubernetes, longhorn, kubeconfig, start_soteria, namespace, log_directory):
    bound_pvc(kubernetes, longhorn, namespace)
    with FaultProxy(log_directory, longhorn.url) as proxy:
        soteria = start_soteria({"SOTERIA_SHUTDOWN_SECONDS": "1", "SOTERIA_LEASE_SECONDS": "60"}, longhorn_url=proxy.url)
        proxy.rule("silence", method="POST", path="action=snapshotCRCreate", count=0)
        operation = started(soteria, namespace)
        eventually("a call to Longhorn hangs", lambda: proxy.counts()[0]["applied"])
        soteria.process.signal(15)
        code = soteria.process.wait(10)
        stopping, = soteria.records("stopping")
        assert stopping["seconds"] == 1 and code in (0, 1)
        again = start_soteria({"SOTERIA_LEASE_SECONDS": "3"})
        again.json("POST", f"/v1/operations/{operation}/cancel", 202)
        again.wait_finished(operation, "Cancelled")


@covers("SOTERIA_MAX_RUNNING_BACKUPS", "SOTERIA_MAX_RUNNING_RESTORES")
def test_what_is_more_than_may_run_at_once_is_queued(kubernetes, longhorn, start_soteria, namespace):
    soteria = start_soteria({"SOTERIA_MAX_RUNNING_BACKUPS": "1", "SOTERIA_MAX_RUNNING_RESTORES": "1"})
    for pvc in ("a", "b"):
        bound_pvc(kubernetes, longhorn, namespace, pvc)
    longhorn.fault(do="stall_backup", at=40)
    first = started(soteria, namespace, "a")
    eventually("the first runs", lambda: soteria.operation(first)["phase"] == "Running")
    second = started(soteria, namespace, "b")
    never("the second runs as well", lambda: soteria.operation(second)["phase"] != "Queued", 2)
    shown = soteria.json("GET", f"/v1/operations?phase=Queued&namespace={namespace}")["operations"][0]
    assert (shown["id"], shown["position"], shown["reason"]) == (second, 1, "Queued"), shown
    assert shown["message"] == "next in the queue: 1 backup runs, at most 1 may" == soteria.operation(second)["message"]
    resource = shown["resource"]
    noted = kubernetes.get("Backup", resource["name"], namespace)["status"]
    assert (noted["phase"], noted["message"]) == ("Queued", "waits for its turn: at most 1 backup at once"), noted
    asserted("GET /v1/operations gives operations[].position", "GET /v1/operations/{id} gives position")
    soteria.json("POST", f"/v1/operations/{first}/cancel", 202)
    soteria.wait_finished(first, "Cancelled")
    soteria.wait_finished(second)
    longhorn.fault(do="stall_restore", at=40)
    first = restore(soteria, namespace, "copy-1", pvc="b")["operation"]
    eventually("the first runs", lambda: soteria.operation(first)["phase"] == "Running")
    second = restore(soteria, namespace, "copy-2", pvc="b")["operation"]
    never("the second runs as well", lambda: soteria.operation(second)["phase"] != "Queued", 2)
    soteria.json("POST", f"/v1/operations/{first}/cancel", 202)
    soteria.wait_finished(first, "Cancelled")
    soteria.wait_finished(second)


@covers("SOTERIA_LEASE_SECONDS")
def test_the_leaders_lease_lasts_as_long_as_it_is_told(kubernetes, longhorn, start_soteria, namespace):
    def lease():
        return kubernetes.get("Lease", "soteria", "soteria") or {"spec": {}}

    leader = start_soteria({"SOTERIA_LEASE_SECONDS": "4"})
    held = eventually("it leads", lambda: lease()["spec"].get("holderIdentity") and lease()["spec"], 20)
    assert held["leaseDurationSeconds"] == 4
    other = start_soteria()
    leader.kill()
    eventually("another leads once the lease has run out",
               lambda: lease()["spec"]["holderIdentity"] not in ("", held["holderIdentity"]), 30)
    assert lease()["spec"]["leaseDurationSeconds"] == 15
    bound_pvc(kubernetes, longhorn, namespace)
    other.wait_finished(started(other, namespace))


# --- all of them

def test_every_variable_has_a_test_of_its_effect():
    listed = help_texts()
    for_restic = {name for name, (_, text) in listed.items() if text.startswith("restic only:")}
    missing = set(listed) - for_restic - COVERED - ELSEWHERE
    assert not missing, f"no test shows the effect of {sorted(missing)}"
    assert COVERED <= set(listed), f"tests of variables that there are not: {sorted(COVERED - set(listed))}"
