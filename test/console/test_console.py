"""The console's own tests (*.test.mjs, in a real browser) against a demo of their own."""

from flow.example_cluster import ExampleCluster
from flow.scene import backed_up, bound_pvc
from harness.browser import at_posts, click_through
from harness.person import Person
from harness.servers import Server
from harness.soteria import Soteria


class Demo(Soteria):
    """soteria-demo: brings its own cluster."""

    program = "soteria-demo"

    def __init__(self, log_directory, settings=None):
        settings = {"SOTERIA_LISTEN_ADDR": "127.0.0.1:0", "SOTERIA_LOG_FORMAT": "json", "SOTERIA_LOG_LEVEL": "info",
                    **(settings or {})}
        Server.__init__(self, log_directory, env=settings)


def test_the_console_is_clicked_through(log_directory):
    with Demo(log_directory) as demo:
        click_through("console.test.mjs", demo.wait_ready().url, log_directory)


def test_the_console_is_clicked_through_where_callers_must_be_known(log_directory):
    with Demo(log_directory, {"SOTERIA_AUTH_REQUIRED": "true"}) as demo:
        click_through("access.test.mjs", demo.wait_ready().url, log_directory)


def test_the_console_is_kept_up_to_date_by_events(log_directory):
    with ExampleCluster(log_directory) as cluster:
        soteria = cluster.soteria
        soteria.env["SOTERIA_LISTEN_ADDR"] = soteria.url.removeprefix("http://")  # the same one each time
        with at_posts(restart=lambda: soteria.restart() and None) as control:
            click_through("events.test.mjs", soteria.url, log_directory, CONTROL=control)


def test_the_console_is_right_where_its_events_do_not_tell_all(log_directory):
    with ExampleCluster(log_directory, {"SOTERIA_MAX_RUNNING_BACKUPS": "1"}) as cluster:
        longhorn = cluster.longhorn
        with at_posts(hold=lambda: longhorn.fault(do="stall_backup", at=40, times=0) and None,
                      release=longhorn.no_faults) as control:
            click_through("stale.test.mjs", cluster.soteria.url, log_directory, CONTROL=control)


def test_what_rbac_does_not_let_the_caller_do_is_shown_as_such(kubernetes, longhorn, start_soteria, log_directory):
    """brad works in one namespace, looks at another, and does not know of a third; eve may do nothing anywhere."""
    with kubernetes.temporary_namespace("own") as own, kubernetes.temporary_namespace("seen") as seen, \
            kubernetes.temporary_namespace("hidden") as hidden:
        soteria = start_soteria({"SOTERIA_AUTHORIZATION": "rbac", "SOTERIA_AUTH_REQUIRED": "true",
                                 "SOTERIA_ALLOWED_GROUPS": "staff", "SOTERIA_AUTH_BEARER_TOKENS": "operator"})
        soteria.http.headers["Authorization"] = "Bearer operator"
        for namespace in (own, seen, hidden):
            bound_pvc(kubernetes, longhorn, namespace)
            backed_up(soteria, namespace)
        brad = Person(kubernetes, f"brad-{own}")
        for namespace in (own, seen):
            brad.can(["get", "list"], ["backups", "restores"], namespace)
        brad.can(["create", "delete"], ["backups", "restores"], own)
        click_through("rights.test.mjs", soteria.url, log_directory, USER=brad.name, OWN=own, SEEN=seen, HIDDEN=hidden)
