"""Credentials that change under a running service: the token that the kubelet swaps."""

import http.server
import json
import threading

import pytest

from harness.kubernetes import write_kubeconfig
from harness.soteria import Soteria
from harness.waiting import eventually


class Listening:
    """A Kubernetes that knows one token and has nothing; it notes which tokens came."""

    def __init__(self):
        self.good = "first-token"
        self.tokens = []
        noted = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                token = (self.headers["Authorization"] or "").removeprefix("Bearer ")
                noted.tokens.append(token)
                known = token == noted.good
                body = json.dumps({"kind": "Status", "reason": "NotFound" if known else "Unauthorized", "message": "no"})
                self.send_response(404 if known else 401)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())

            do_POST = do_PATCH = do_GET

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def cluster():
    cluster = Listening()
    yield cluster
    cluster.server.shutdown()
    cluster.server.server_close()


def project(folder, number, token):
    """As the kubelet projects a token: a new folder, then one link is swapped."""
    (folder / f"..{number}").mkdir()
    (folder / f"..{number}/token").write_text(token)
    (folder / "..new").symlink_to(f"..{number}")
    (folder / "..new").rename(folder / "..data")


def test_a_token_that_the_kubelet_swaps_is_used_at_once_and_a_broken_one_never(cluster, tmp_path, log_directory):
    mounted = tmp_path / "account"
    mounted.mkdir()
    project(mounted, 1, "first-token\n")
    (mounted / "token").symlink_to("..data/token")
    kubeconfig = write_kubeconfig(tmp_path / "kubeconfig", cluster.url, "soteria")
    config = kubeconfig.read_text()
    kubeconfig.write_text(config.replace("user: {}", f"user: {{tokenFile: {mounted / 'token'}}}"))
    with Soteria(log_directory, kubeconfig, "http://127.0.0.1:1") as soteria:
        eventually("it calls with the first token", lambda: "first-token" in cluster.tokens)
        project(mounted, 2, "second-token\n")
        cluster.good = "second-token"  # and the first is refused from now on
        eventually("it calls with the second", lambda: "second-token" in cluster.tokens, 30)
        since = len(cluster.tokens)
        eventually("it goes on", lambda: len(cluster.tokens) > since + 5, 30)
        assert set(cluster.tokens[since:]) == {"second-token"}
        project(mounted, 3, "")
        cluster.good = "nobody's"
        warning = eventually("it says what is wrong", lambda: soteria.records("the token file holds no token; the last one "
                                                                              "stays in use"), 30)[0]
        assert warning["level"] == "warning" and warning["file"] == str(mounted / "token")
        project(mounted, 4, "fourth-token")
        cluster.good = "fourth-token"
        eventually("it recovers by itself", lambda: "fourth-token" in cluster.tokens, 30)
        assert set(cluster.tokens) == {"first-token", "second-token", "fourth-token"}
        assert "token" not in "".join(line for line in soteria.process.output().splitlines() if "-token" in line)
