"""Metrics as a real Prometheus sees them: it scrapes the running service and answers queries, and its tool finds no fault.

The PVCs are those of test_api.py: a fresh one, a stale one, one without backup, one that is not bound, one that no driver
can serve, and the backup of one that is gone.
"""

import datetime
import json
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
import yaml

from flow.scene import bound_pvc, restore
from flow.test_api import World
from harness.binaries import ROOT
from harness.contract import asserted
from harness.prometheus import Prometheus, promtool
from harness.waiting import eventually

ALERTS = ROOT / "manifests/monitoring/alerts.yaml"
# The contract's names, also where the checker would choose others.
FINDINGS = {'pvc_backup_age_hours use base unit "seconds" instead of "hours"',
            'pvc_backup_count non-histogram and non-summary metrics should not have "_count" suffix'}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    world = World(tmp_path_factory.mktemp("prometheus"))
    try:
        world.start()
        yield world
    finally:
        world.stop()


@pytest.fixture(scope="module")
def prometheus(world, tmp_path_factory):
    with Prometheus(tmp_path_factory.mktemp("scraper"), {"soteria": world.soteria.url}, [ALERTS]) as prometheus:
        eventually("it has scraped Soteria", lambda: prometheus.value("up") == 1, 30)
        eventually("it has seen the inventory", lambda: prometheus.query("pvc_backup_count > 0"))
        yield prometheus


def rows(world):
    return [row for group in world.soteria.json("GET", "/v1/inventory")["namespaces"] for row in group["pvcs"]]


def unix(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def by_pvc(prometheus, expression):
    """To Prometheus a label without text is one that is not there."""
    names = ("namespace", "pvc", "volume", "driver")
    found = {tuple(labels.get(name, "") for name in names): value for labels, value in prometheus.query(expression)}
    assert not {name for labels, _ in prometheus.query(expression) for name in labels} - set(names)
    return found


def test_its_answers_are_what_the_inventory_says(world, prometheus):
    served = [row for row in rows(world) if row["health_reason"] != "unsupported"]
    key = {(row["namespace"], row["pvc"], row["volume"], row["driver"]): row for row in served}
    assert {row["health_reason"] for row in served} == {"fresh", "stale", "missing", "unbound"}
    assert by_pvc(prometheus, "pvc_backup_health") == {one: float(row["healthy"]) for one, row in key.items()}
    assert by_pvc(prometheus, "pvc_backup_count") == {one: row["backup_count"] for one, row in key.items()}
    assert by_pvc(prometheus, "pvc_backup_last_success_timestamp_seconds") == {
        one: unix(row["last_backup_at"]) if "last_backup_at" in row else 0 for one, row in key.items()}
    # The age is of the moment of the scrape, whose time Prometheus keeps.
    age = "timestamp(pvc_backup_age_hours) - pvc_backup_last_success_timestamp_seconds - 3600 * pvc_backup_age_hours"
    differences = by_pvc(prometheus, age)
    assert set(differences) == {one for one, row in key.items() if "last_backup_at" in row}
    assert all(abs(difference) < 2 for difference in differences.values()), differences
    reasons = {labels["health_reason"]: value for labels, value in prometheus.query("soteria_pvcs")}
    assert reasons == {reason: sum(row["health_reason"] == reason for row in rows(world)) for reason in
                       ("fresh", "stale", "missing", "unknown", "unsupported", "unbound")}
    asserted("metric pvc_backup_health", "metric pvc_backup_count", "metric pvc_backup_age_hours",
             "metric pvc_backup_last_success_timestamp_seconds", "metric soteria_pvcs")


def test_a_restore_is_an_increase_from_0(world, prometheus):
    accepted = 'soteria_restore_requests_total{result="accepted"}'
    ended = 'soteria_operations_total{kind="restore",outcome="succeeded"}'
    assert prometheus.value(accepted) == prometheus.value(ended) == 0
    started = restore(world.soteria, "ai", "counted", pvc="fresh")
    prometheus.wait_value(accepted, 1)
    prometheus.wait_value('soteria_operations_running{kind="restore"}', 1)
    world.soteria.wait_finished(started["operation"])
    prometheus.wait_value(ended, 1)
    prometheus.wait_value('soteria_operations_running{kind="restore"}', 0)
    assert prometheus.value(f"increase({ended}[5m])") > 0, "a first increase is one, as the counter was there at 0"
    prometheus.wait_value('pvc_backup_count{pvc="counted"}', 0)
    asserted("metric soteria_restore_requests_total", "metric soteria_operations_total", "metric soteria_operations_running")


def test_the_series_of_a_deleted_pvc_go_stale_and_keep_their_past(world, prometheus):
    bound_pvc(world.kubernetes, world.longhorn, "web", "passing", handle="vol-passing")
    prometheus.wait_value('pvc_backup_health{pvc="passing"}', 0)
    world.kubernetes.delete("PersistentVolumeClaim", "passing", "web")
    for family in ("health", "count", "last_success_timestamp_seconds"):
        prometheus.wait_value(f'pvc_backup_{family}{{pvc="passing"}}', None)
    assert prometheus.value('count_over_time(pvc_backup_health{pvc="passing"}[5m])') >= 1


def test_it_sees_who_leads_what_is_watched_and_what_was_asked(world, prometheus):
    prometheus.wait_value("soteria_leader", 1)
    assert prometheus.query("soteria_check_ok == 0") == []
    assert {labels["check"] for labels, _ in prometheus.query("soteria_check_ok")} == {"kubernetes", "longhorn", "backup_target"}
    watched = {labels["resource"]: value for labels, value in prometheus.query("soteria_watch_objects")}
    assert set(watched) == {"persistentvolumeclaims", "persistentvolumes", "backups", "restores"}
    assert watched["persistentvolumeclaims"] == len(world.kubernetes.list("PersistentVolumeClaim"))
    assert prometheus.query("soteria_watch_synced == 0") == []
    assert all(value >= 1 for _, value in prometheus.query("soteria_watch_lists_total"))
    assert all(0 <= value < 120 for _, value in prometheus.query("time() - soteria_watch_last_contact_timestamp_seconds"))
    assert prometheus.value('soteria_upstream_requests_in_flight{upstream="kubernetes"}') >= 4, "its four watches"
    assert prometheus.value('soteria_upstream_connections_opened_total{upstream="longhorn"}') >= 1
    purposes = {labels["purpose"] for labels, _ in prometheus.query("soteria_upstream_requests_total")}
    assert {"reflector", "poller/refresh"} <= purposes and "other" not in purposes, purposes
    counted = 'soteria_upstream_requests_total{upstream="longhorn",purpose="poller/refresh",outcome="2xx"}'
    durations = 'soteria_upstream_request_duration_seconds_count{upstream="longhorn",purpose="poller/refresh"}'
    assert prometheus.value(f"{counted} - ignoring(outcome) {durations}") == 0
    asserted(*(f"metric soteria_{name}" for name in (
        "leader", "check_ok", "watch_objects", "watch_synced", "watch_lists_total", "watch_last_contact_timestamp_seconds",
        "upstream_requests_in_flight", "upstream_connections_opened_total", "upstream_requests_total",
        "upstream_request_duration_seconds")))


def test_answers_are_counted_by_route_method_and_class(world):
    soteria = world.soteria
    series = {('GET', "/healthz", 200): 3, ("HEAD", "/healthz", 200): 1, ("GET", "/v1/operations/none", 404): 2,
              ("POST", "/v1/backup", 415): 1, ("GET", "/nowhere", 404): 2, ("BREW", "/healthz", 405): 1}
    template = {"/v1/operations/none": "/v1/operations/{id}", "/nowhere": "none"}

    def counts(metrics):
        return {key: metrics.get(("soteria_http_requests_total", 'route="{}",method="{}",code="{}xx"'.format(
            template.get(key[1], key[1]), "other" if key[0] == "BREW" else key[0], key[2] // 100)), 0) for key in series}

    def answers(metrics):
        return metrics["soteria_http_request_duration_seconds_count", 'route="/v1/operations/{id}"']

    before = world.metrics()
    for (method, path, status), times in series.items():
        for _ in range(times):
            assert soteria.request(method, path).status_code == status
    after = world.metrics()
    assert {key: counts(after)[key] - counts(before)[key] for key in series} == series
    assert answers(after) - answers(before) == 2
    idle = after["soteria_http_connections", ""]
    with requests.Session() as another:
        another.get(soteria.url + "/healthz", timeout=10)
        assert world.metrics()["soteria_http_connections", ""] == idle + 1
    asserted("metric soteria_http_requests_total", "metric soteria_http_request_duration_seconds",
             "metric soteria_http_connections")


def test_requests_that_longhorn_cannot_be_asked_for_count_as_unavailable(world):
    soteria = world.another(longhorn_url="http://127.0.0.1:1")
    bodies = {"/v1/backup": {"namespace": "ai", "pvc": "fresh"},
              "/v1/restores": {"namespace": "ai", "pvc": "fresh", "target_pvc": "never"}}
    with ThreadPoolExecutor() as pool:  # each is tried again for as long as a request may take
        answers = list(pool.map(lambda route: requests.post(soteria.url + route, json=bodies[route], timeout=60), bodies))
    assert [answer.status_code for answer in answers] == [503, 503] and answers[0].headers["Retry-After"]
    metrics = world.metrics(soteria)
    for family in ("backup", "restore"):
        assert metrics[f"soteria_{family}_requests_total", 'driver="longhorn",result="unavailable"'] == 1
    assert metrics["soteria_check_ok", 'check="longhorn"'] == 0 and metrics["soteria_check_ok", 'check="kubernetes"'] == 1
    refused = [value for (name, labels), value in metrics.items() if name == "soteria_upstream_requests_total"
               and 'upstream="longhorn"' in labels and 'outcome="unavailable"' in labels]
    assert refused and all(value >= 1 for value in refused)
    assert metrics["soteria_leader", ""] == 0, "the other one leads"
    soteria.stop()


def test_of_two_replicas_one_leads_and_the_other_follows_it(world, prometheus):
    second = world.another()
    assert world.metrics(second)["soteria_leader", ""] == 0
    assert world.metrics()["soteria_leader", ""] == 1
    assert [key for key in world.metrics(second) if key[0] == "pvc_backup_count"]
    second.stop()


def test_the_build_the_process_and_the_loop(world, prometheus):
    version = prometheus.query("soteria_build_info")[0][0]["version"]
    assert re.match(r"\d+\.\d+\.\d+", version)
    assert 0 < prometheus.value("time() - process_start_time_seconds") < 3600
    assert prometheus.value("process_resident_memory_bytes") > 1 << 20
    assert prometheus.value("process_open_fds") < prometheus.value("process_max_fds")
    assert prometheus.value("process_cpu_seconds_total") > 0
    eventually("the loop's lag is measured", lambda: prometheus.value("soteria_event_loop_lag_seconds_count") > 2)
    asserted("metric soteria_build_info", "metric process_start_time_seconds", "metric process_resident_memory_bytes",
             "metric process_open_fds", "metric process_max_fds", "metric process_cpu_seconds_total",
             "metric soteria_event_loop_lag_seconds")


# --- promtool

def findings(text):
    code, output = promtool("check", "metrics", text=text)
    assert (code == 0) == (output == ""), (code, output)
    return set(output.splitlines())


def without_the_contracts_names(text):
    lines = [line for line in text.splitlines() if not re.match(r"(# \w+ )?pvc_backup_(age_hours|count)\b", line)]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("what", ["idle", "busy"])
def test_promtool_finds_nothing_but_the_two_names_of_the_contract(world, what):
    """Idle: nothing was ever done and no upstream answered. Busy: everything that has series has some."""
    soteria = world.soteria if what == "busy" else world.another(longhorn_url="http://127.0.0.1:1")
    if what == "busy":
        started = restore(soteria, "ai", "checked", pvc="fresh")
        soteria.wait_finished(started["operation"])
        for path in ("/v1/whoami", "/nowhere", "/v1/operations/x", "/v1/inventory"):
            soteria.get(path)
    text = soteria.get("/metrics").text
    # Without any backup known there is no age.
    assert findings(text) == (FINDINGS if what == "busy" else FINDINGS - {one for one in FINDINGS if "age_hours" in one})
    assert findings(without_the_contracts_names(text)) == set()
    if what == "idle":
        soteria.stop()


def test_promtool_would_find_something():
    assert findings("# HELP x_total x\n# TYPE x_total gauge\nx_total 1\n")


# --- the example rules

def alerts():
    return [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]


def test_the_alert_rules_are_rules(tmp_path):
    code, output = promtool("check", "rules", ALERTS)
    assert code == 0, output
    cases = (ROOT / "test/data/prometheus/alerts_test.yaml").read_text()
    file = tmp_path / "alerts_test.yaml"
    file.write_text(cases.replace("RULES", str(ALERTS)))
    code, output = promtool("test", "rules", file)
    assert code == 0, output
    tested = [one for test in yaml.safe_load(cases)["tests"] for one in test["alert_rule_test"]]
    for rule in alerts():
        mine = [bool(one.get("exp_alerts")) for one in tested if one["alertname"] == rule["alert"]]
        assert True in mine and False in mine, f"{rule['alert']} is not tested both firing and silent"


def test_the_alert_rules_use_metrics_that_are_there(world):
    # Some have no series here, as no restore was tested.
    shown = set(re.findall(r"^# TYPE (\S+) ", world.soteria.get("/metrics").text, re.M))
    used = {name for rule in alerts() for name in re.findall(r"\b(?:soteria|pvc)_[a-z_]+\b", rule["expr"])}
    assert used and used <= shown, used - shown


def test_prometheus_evaluates_the_rules_and_finds_the_stale_one(world, prometheus):
    def evaluated():
        rules = [rule for group in prometheus.ask("rules")["groups"] for rule in group["rules"]]
        assert len(rules) == len(alerts()) and all(rule["health"] == "ok" for rule in rules), json.dumps(rules, indent=1)
        return {rule["name"]: {alert["labels"].get("pvc", "") for alert in rule["alerts"]} for rule in rules}

    waiting = eventually("the stale PVC waits to be told of", lambda: (
        now := evaluated())["PvcBackupStale"] >= {"stale"} and "missing" in now["PvcBackupMissing"] and now)
    assert "fresh" not in waiting["PvcBackupStale"]
    assert "unbound" not in waiting["PvcBackupMissing"]
    assert not waiting["SoteriaDown"] and not waiting["SoteriaNoLeader"] and not waiting["SoteriaInventoryOld"]


def test_zz_it_notices_when_the_service_is_gone(world, prometheus):
    world.soteria.stop()
    prometheus.wait_value("up", 0)
    prometheus.wait_value("absent(soteria_build_info)", 1)
