"""A real Kubernetes control plane (etcd, kube-apiserver, kube-controller-manager) with empty state, for tests.

    with RealKubernetes(log_directory) as kubernetes:
        kubernetes.install()                          # manifests/ as `kubectl apply -k` brings them
        kubernetes.kubeconfig("/tmp/x/kubeconfig")    # with a token of Soteria's own ServiceAccount

Ready in some four seconds and 600 MB. Any number may run at once: ports are free ones, everything else is in a folder
of its own, and the processes end with the test run. No node: Pods stay Pending (with_node.py has one).
"""

import base64
import json
import pathlib
import random
import secrets
import shutil
import socket
import subprocess
import tempfile

import requests
import yaml

from harness.binaries import ROOT
from harness.kubernetes import Kubernetes, path_of, write_kubeconfig
from harness.processes import Process
from harness.waiting import eventually

from . import certificates


def programs():
    """The folder of the Kubernetes programs, built if need be (minutes); AssertionError if that cannot be done."""
    done = subprocess.run([ROOT / "test/cluster/build"], capture_output=True, text=True, timeout=3600)
    assert done.returncode == 0, done.stderr
    return pathlib.Path(done.stdout.strip())


def _free_port():
    # Below the range from which the kernel takes ports for outgoing connections, so that none of those gets it between
    # this look and the server's own bind.
    while True:
        port = random.randrange(11000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


class RealKubernetes(Kubernetes):
    """watch_cache=False: the API server reads from etcd itself, so that compact() makes every old resourceVersion,
    watch and continue token end in 410 at once. audited: the user whose requests audit() tells."""

    real = True
    address = "127.0.0.1"
    port = None  # a free one
    services = "10.96.0.0/24"

    def __init__(self, log_directory, watch_cache=True, audited=None):
        self.log_directory = pathlib.Path(log_directory)
        self.watch_cache = watch_cache
        self.audited = audited
        self.parts = {}

    def start(self):
        self._bin = programs()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="soteria-kubernetes-"))
        try:
            certificates.make(self.folder, self.address)
            self._ports = {name: _free_port() for name in ("etcd", "peer")}
            self._ports["api"] = self.port or _free_port()
            self.server = f"https://{self.address}:{self._ports['api']}"
            self.authority = self.folder / "ca.crt"
            self._make_identities()
            self.http = requests.Session()
            self.http.trust_env = False
            self.http.verify = str(self.authority)
            self.http.headers["Authorization"] = f"Bearer {self.admin_token}"
            self.start_part("etcd")
            self.start_part("kube-apiserver")
            self.wait_ready()
            self.start_part("kube-controller-manager")
            eventually("the controller-manager works (it makes the default ServiceAccount)",
                       lambda: self.get("ServiceAccount", "default", "default"), 60)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self):
        # SIGKILL: nothing of it is kept, and a polite end takes seconds.
        for part in self.parts.values():
            if part.running:
                part.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    # --- its parts

    def start_part(self, name):
        """Starts one of etcd, kube-apiserver, kube-controller-manager, on the ports and state it had."""
        self.parts[name] = Process([self._bin / name, *self._arguments(name)], self.log_directory / f"{name}.log")

    def kill_part(self, name):
        self.parts[name].kill()

    def wait_ready(self, seconds=60):
        """Until the API server says so."""

        def ready():
            server = self.parts["kube-apiserver"]
            if not server.running:
                raise RuntimeError(f"kube-apiserver ended with {server.exit_code}:\n{server.tail()}")
            try:
                answer = self.request("GET", "/readyz", timeout=5)
            except (requests.ConnectionError, requests.Timeout) as error:
                raise AssertionError(str(error)) from None
            assert answer.status_code == 200, answer.text
            return True

        eventually("kube-apiserver is ready", ready, seconds)

    def _make_identities(self):
        self.admin_token = secrets.token_hex(16)
        self.admin_kubeconfig = self.identity("admin", "admin", "system:masters", self.admin_token)
        for name, (user, group) in self.components.items():
            self.identity(name, user, group)

    components = {"manager": ("system:kube-controller-manager", "")}

    def identity(self, name, user, group="", token=None):
        """A user that the API server knows, as a kubeconfig; only before it starts, as it reads them then."""
        token = token or secrets.token_hex(16)
        with (self.folder / "tokens.csv").open("a") as tokens:
            tokens.write(f'{token},{user},{user},"{group}"\n')
        return write_kubeconfig(self.folder / f"{name}.kubeconfig", self.server, "default", self.authority, token)

    def _arguments(self, name):
        folder, ports = self.folder, self._ports
        etcd = f"http://127.0.0.1:{ports['etcd']}"
        if name == "etcd":
            peer = f"http://127.0.0.1:{ports['peer']}"
            return [f"--data-dir={folder}/etcd", "--unsafe-no-fsync", "--log-level=warn",
                    f"--listen-client-urls={etcd}", f"--advertise-client-urls={etcd}",
                    f"--listen-peer-urls={peer}", f"--initial-advertise-peer-urls={peer}",
                    f"--initial-cluster=default={peer}"]
        if name == "kube-apiserver":
            return [f"--etcd-servers={etcd}", f"--bind-address={self.address}", f"--advertise-address={self.address}",
                    f"--secure-port={ports['api']}", f"--service-cluster-ip-range={self.services}",
                    f"--tls-cert-file={folder}/apiserver.crt", f"--tls-private-key-file={folder}/apiserver.key",
                    f"--client-ca-file={folder}/ca.crt", f"--token-auth-file={folder}/tokens.csv",
                    "--authorization-mode=Node,RBAC", "--service-account-issuer=https://kubernetes.default.svc",
                    f"--service-account-key-file={folder}/sa.pub", f"--service-account-signing-key-file={folder}/sa.key",
                    "--endpoint-reconciler-type=none", "--profiling=false",
                    # Compaction only when a test asks for it.
                    "--etcd-compaction-interval=0", f"--watch-cache={str(self.watch_cache).lower()}",
                    *self._audit_arguments()]
        manager = f"{folder}/manager.kubeconfig"
        return [f"--kubeconfig={manager}", "--secure-port=0", "--leader-elect=false", "--profiling=false",
                f"--service-account-private-key-file={folder}/sa.key", f"--root-ca-file={folder}/ca.crt",
                "--use-service-account-credentials=true", "--pvclaimbinder-sync-period=1s",
                "--kube-api-qps=500", "--kube-api-burst=1000"]

    def _audit_arguments(self):
        if not self.audited:
            return []
        policy = self.folder / "audit.yaml"
        policy.write_text(yaml.safe_dump({
            "apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": ["RequestReceived"],
            "rules": [{"level": "Metadata", "users": [self.audited]}, {"level": "None"}]}))
        return [f"--audit-policy-file={policy}", f"--audit-log-path={self.folder}/audit.log"]

    # --- what only a real one has

    def audit(self):
        """The audit events of the audited user so far. A watch has one when it begins and one when it ends."""
        log = self.folder / "audit.log"
        # The last line may be half written.
        lines = log.read_text().split("\n")[:-1] if log.exists() else []
        return [json.loads(line) for line in lines]

    def kubectl(self, *arguments, kubeconfig=None, text=None, check=True):
        """kubectl's standard output, as the administrator unless another kubeconfig is given."""
        done = subprocess.run([self._bin / "kubectl", f"--kubeconfig={kubeconfig or self.admin_kubeconfig}",
                               f"--cache-dir={self.folder}/kubectl-cache", *map(str, arguments)],
                              input=text, capture_output=True, text=True, timeout=120)
        if check:
            assert done.returncode == 0, f"kubectl {' '.join(map(str, arguments))}:\n{done.stderr}"
        return done.stdout if check else done

    @property
    def plain_server(self):
        """The same API over plain HTTP (`kubectl proxy`), for the simulators and the fault proxy. Whoever sends a token
        is who the token says; whoever sends none is the administrator."""
        if "kubectl-proxy" not in self.parts:
            self.parts["kubectl-proxy"] = Process(
                [self._bin / "kubectl", f"--kubeconfig={self.admin_kubeconfig}", "proxy", "--port=0",
                 "--accept-hosts=.*", "--reject-paths=^$"], self.log_directory / "kubectl-proxy.log", name="kubectl proxy")
        proxy = self.parts["kubectl-proxy"]
        address = proxy.wait_for_line(lambda line: line.startswith("Starting to serve on ") and line.split()[-1])
        return f"http://{address}"

    def install(self, manifests=ROOT / "manifests"):
        self.kubectl("apply", "-k", manifests)
        self.kubectl("wait", "--for=condition=Established", "--timeout=30s",
                     "crd/backups.soteria.dev", "crd/restores.soteria.dev")
        # Established comes a moment before the paths are served.
        for kind in ("Backup", "Restore"):
            eventually(f"the API serves {kind}", lambda: self.list(kind) is not None, 20)

    def kubeconfig(self, path, server=None, namespace="soteria", account="soteria"):
        token = self.service_account_token(namespace, account)
        secure = (server or self.server).startswith("https:")
        return write_kubeconfig(path, server or self.server, namespace, self.authority if secure else None, token)

    def service_account_token(self, namespace="soteria", account="soteria", seconds=86400):
        """A bound token, as a Pod gets it (TokenRequest)."""
        answer = self.call("POST", path_of("ServiceAccount", namespace, account, "token"), json={
            "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": seconds}})
        return answer["status"]["token"]

    def revision(self):
        """etcd's present revision: what the newest resourceVersion can be."""
        key = base64.b64encode(b"/").decode()
        return int(self._etcd("/v3/kv/range", {"key": key, "count_only": True})["header"]["revision"])

    def compact(self):
        """Forgets every state before now, as the API server does every five minutes elsewhere."""
        revision = self.revision()
        self._etcd("/v3/kv/compaction", {"revision": revision, "physical": True})
        return revision

    def _etcd(self, path, body):
        answer = requests.post(f"http://127.0.0.1:{self._ports['etcd']}{path}", json=body, timeout=30,
                               proxies={"http": None})
        assert answer.status_code == 200, f"etcd {path}: {answer.status_code} {answer.text}"
        return answer.json()
