"""A real Kubernetes with a node: beside the control plane a scheduler, containerd and a kubelet, so that Pods run.

    with KubernetesWithNode(log_directory) as kubernetes:
        kubernetes.import_image("build/image/soteria.tar")
        kubernetes.install()

Ready in some ten seconds and 1 GB; needs root. One at a time a machine: the next one waits (node-place). The node's address
is that of a bridge, and programs on this machine reach Pods and are reached by them there. There is neither DNS nor
kube-proxy, but the API server listens on the address of its own Service, so that a Pod finds it as anywhere else.
No image is ever looked for outside.
"""

import select
import subprocess

import yaml

from harness.binaries import ROOT
from harness.processes import Process
from harness.waiting import eventually

from . import certificates
from .cluster import RealKubernetes

# Beyond what other networks commonly are; the first address of the services is the API server's.
NODE = "10.213.0.1"
PODS = "10.213.0.0/24"
SERVICES = "10.213.1.0/24"
API = "10.213.1.1"
SANDBOX = "docker.io/library/sandbox:1"
WAIT_FOR_ANOTHER = 1800  # seconds: the longest that another test run may hold the machine's one node


class Place:
    """See node-place."""

    def __init__(self, log):
        with log.open("ab") as errors:
            # A session of its own, so that nothing that ends the test run ends it as well.
            self._script = subprocess.Popen(
                ["setsid", "--fork", str(ROOT / "test/cluster/node-place"), f"{NODE}/24", API],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True)
        ready, _, _ = select.select([self._script.stdout], [], [], WAIT_FOR_ANOTHER)
        line = self._script.stdout.readline() if ready else "nothing, as another node holds the machine"
        if not line.startswith("place "):
            self.leave()
            raise AssertionError(f"no place for a node; node-place said {line!r}: {log.read_text()[-2000:]}")
        self.pid = int(line.split()[1])

    def inside(self, arguments):
        """The command that runs `arguments` in this place."""
        namespaces = f"/proc/{self.pid}/ns"
        return ["nsenter", f"--mount={namespaces}/mnt", f"--pid={namespaces}/pid_for_children", "--", *map(str, arguments)]

    def leave(self):
        """Returns when it is cleaned up; the second time at once."""
        if self._script.stdin.closed:
            return
        self._script.stdin.close()
        self._script.stdout.read()
        self._script.stdout.close()
        self._script.wait()


class KubernetesWithNode(RealKubernetes):
    address = API
    port = 443
    services = SERVICES
    components = {**RealKubernetes.components, "scheduler": ("system:kube-scheduler", ""),
                  "kubelet": ("system:node:node1", "system:nodes")}

    def start(self):
        self.place = Place(self.log_directory / "node-place.log")
        try:
            super().start()
        except BaseException:
            self.place.leave()
            raise
        try:
            self._start_node()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self):
        self.place.leave()
        super().stop()

    def _start_node(self):
        certificates.issue(self.folder, "kubelet", "/CN=node1", f"subjectAltName=IP:{NODE},DNS:node1")
        self.start_part("kube-scheduler")
        self._write_settings()
        self._start_inside("containerd", ["containerd", "--config", self.folder / "containerd.toml"])
        eventually("containerd answers", lambda: self.ctr("version", check=False).returncode == 0, 60)
        self.import_image(self._sandbox_image())
        self._start_inside("kubelet", [
            self._bin / "kubelet", f"--config={self.folder}/kubelet.yaml", f"--kubeconfig={self.folder}/kubelet.kubeconfig",
            f"--root-dir={self.folder}/kubelet", f"--cert-dir={self.folder}/kubelet-certificates",
            "--hostname-override=node1", f"--node-ip={NODE}"])

        def ready():
            kubelet = self.parts["kubelet"]
            if not kubelet.running:
                raise RuntimeError(f"kubelet ended with {kubelet.exit_code}:\n{kubelet.tail()}")
            answer = self.request("GET", "/api/v1/nodes/node1")
            assert answer.status_code == 200, answer.text
            node = answer.json()
            conditions = {one["type"]: one["status"] for one in node["status"].get("conditions", [])}
            assert conditions.get("Ready") == "True", conditions
            assert not node["spec"].get("taints"), node["spec"]
            return True

        eventually("the node is ready", ready, 60)

    def _start_inside(self, name, arguments):
        # A dead proxy: an image that is not here is not looked for outside.
        nowhere = {"HTTP_PROXY": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": f"{API},{NODE}"}
        self.parts[name] = Process(self.place.inside(arguments), self.log_directory / f"{name}.log", nowhere, name)

    def ctr(self, *arguments, check=True):
        """containerd's own command."""
        done = subprocess.run(self.place.inside(["ctr", "--namespace=k8s.io", *arguments]), capture_output=True, text=True,
                              timeout=120)
        assert done.returncode == 0 or not check, f"ctr {' '.join(map(str, arguments))}: {done.stderr}"
        return done

    def import_image(self, archive):
        self.ctr("images", "import", archive)

    def _sandbox_image(self):
        """What keeps a Pod's namespaces: a program that sleeps."""
        tree = self.folder / "sandbox"
        tree.mkdir()
        (tree / "busybox").write_bytes(open("/bin/busybox", "rb").read())
        (tree / "busybox").chmod(0o755)
        archive = self.folder / "sandbox.tar"
        subprocess.run([ROOT / "image/archive", tree, archive, SANDBOX, "/busybox", "--", "sleep", "2147483647"], check=True,
                       capture_output=True, timeout=60)
        return archive

    def _arguments(self, name):
        if name == "kube-apiserver":
            certificates.issue(self.folder, "to-kubelet", "/O=system:masters/CN=kube-apiserver", "extendedKeyUsage=clientAuth")
            return [*super()._arguments(name), f"--kubelet-certificate-authority={self.folder}/ca.crt",
                    f"--kubelet-client-certificate={self.folder}/to-kubelet.crt",
                    f"--kubelet-client-key={self.folder}/to-kubelet.key",
                    "--kubelet-preferred-address-types=InternalIP", "--allow-privileged=false"]
        if name == "kube-scheduler":
            kubeconfig = f"{self.folder}/scheduler.kubeconfig"
            return [f"--kubeconfig={kubeconfig}", f"--authentication-kubeconfig={kubeconfig}",
                    f"--authorization-kubeconfig={kubeconfig}", "--secure-port=0", "--leader-elect=false",
                    "--profiling=false", "--kube-api-qps=500", "--kube-api-burst=1000"]
        return super()._arguments(name)

    def _write_settings(self):
        folder = self.folder
        (folder / "cni").mkdir()
        (folder / "cni/10-bridge.conflist").write_text(
            '{"cniVersion": "0.4.0", "name": "pods", "plugins": [{"type": "bridge", "bridge": "soteria-test", '
            '"isGateway": true, "ipMasq": false, "hairpinMode": true, "ipam": {"type": "host-local", '
            f'"dataDir": "{folder}/cni-addresses", "ranges": [[{{"subnet": "{PODS}", "gateway": "{NODE}"}}]], '
            '"routes": [{"dst": "0.0.0.0/0"}]}}]}')
        # restrict_oom_score_adj: a container of this machine may not be allowed to lower it, and then no Pod starts.
        (folder / "containerd.toml").write_text(f'''
version = 2
root = "{folder}/containerd"
state = "/run/containerd-state"
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs",
  "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.internal.v1.opt"]
[grpc]
  address = "/run/containerd/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{SANDBOX}"
  disable_apparmor = true
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "{folder}/cni"
''')
        (folder / "resolv.conf").write_text("")
        tiny = {"memory.available": "50Mi", "nodefs.available": "1%", "imagefs.available": "1%",
                "nodefs.inodesFree": "1%", "imagefs.inodesFree": "1%"}
        (folder / "kubelet.yaml").write_text(yaml.safe_dump({
            "apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration",
            "failCgroupV1": False, "cgroupDriver": "cgroupfs", "cgroupRoot": "/soteria-test", "failSwapOn": False,
            "containerRuntimeEndpoint": "unix:///run/containerd/containerd.sock", "address": NODE,
            "tlsCertFile": f"{folder}/kubelet.crt", "tlsPrivateKeyFile": f"{folder}/kubelet.key",
            "authentication": {"anonymous": {"enabled": False}, "webhook": {"enabled": False},
                               "x509": {"clientCAFile": f"{folder}/ca.crt"}},
            "authorization": {"mode": "AlwaysAllow"}, "healthzPort": 0,
            "resolvConf": f"{folder}/resolv.conf", "clusterDomain": "cluster.local",
            "enforceNodeAllocatable": ["pods"], "evictionHard": tiny, "imageGCHighThresholdPercent": 100,
            "imageGCLowThresholdPercent": 99, "makeIPTablesUtilChains": False, "nodeStatusUpdateFrequency": "4s",
            "kubeAPIQPS": 500, "kubeAPIBurst": 1000, "eventRecordQPS": 0,
            # How soon a Pod that fills its disk is noticed.
            "volumeStatsAggPeriod": "2s",
            "volumePluginDir": f"{folder}/volume-plugins"}))
