"""Everything that restic backups take, for real: a Kubernetes with a node, an S3 server, both versions of restic as images,
volumes on this machine, and Soteria as a Pod of the image and of manifests/overlays/restic.

    with restic_world("restic", image) as world:
        folder = world.claim(namespace, "data")
        world.backed_up(namespace, "data")
"""

import base64
import contextlib
import datetime
import json
import os
import pathlib
import subprocess
import tempfile

import yaml

from cluster import images, with_node
from cluster.with_node import KubernetesWithNode
from conftest import LOGS
from deployment.pods import SoteriaInPod
from deployment.volumes import Volumes
from harness.binaries import ROOT
from harness.browser import console_says
from harness.s3 import S3Server, tool
from harness.waiting import eventually

FIGURES = LOGS.parent / "restic.txt"
SERVICE_ACCOUNT = "system:serviceaccount:soteria:soteria"
PASSWORD = "correct horse battery staple"
BUCKET = "backups"
TTL = 4  # seconds
SLOW = 64  # KiB a second
ENDED = ("Succeeded", "Incomplete", "Failed", "Cancelled")


def figure(line):
    FIGURES.parent.mkdir(parents=True, exist_ok=True)
    with FIGURES.open("a") as figures:
        figures.write(line + "\n")


class ListeningSoteria(SoteriaInPod):
    """Keeps what it answered, for whoever looks for what must not stand there."""

    def __init__(self, kubernetes):
        super().__init__(kubernetes)
        self.answers = []

    def request(self, method, path, **keywords):
        answer = super().request(method, path, **keywords)
        self.answers.append(answer.text)
        return answer


class World:
    def __init__(self, kubernetes, s3, volumes, folder, settings):
        self.kubernetes, self.s3, self.volumes, self.folder = kubernetes, s3, volumes, pathlib.Path(folder)
        self.soteria = ListeningSoteria(kubernetes)
        self.logs = []  # of the Soterias that ran before this one
        self.secrets = {PASSWORD, *s3.keys.values()}
        self.settings = {
            "SOTERIA_RESTIC_REPOSITORY": s3.repository(BUCKET, "cluster"), "SOTERIA_S3_REGION": s3.region,
            "SOTERIA_RESTIC_FORGET_ARGS": None, "SOTERIA_RESTIC_REFRESH_SECONDS": "30", "SOTERIA_JOB_TTL_SECONDS": str(TTL),
            "SOTERIA_LEASE_SECONDS": "5", **settings}

    # --- Soteria

    def install(self):
        self.s3.bucket(BUCKET)
        overlay = self.folder / "overlay"
        overlay.mkdir()
        (overlay / "kustomization.yaml").write_text(yaml.safe_dump({
            "apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization",
            "resources": [os.path.relpath(ROOT / "manifests/overlays/restic", overlay.resolve())],
            "patches": [{"patch": yaml.safe_dump({
                "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "soteria", "namespace": "soteria"},
                "data": self.settings})}]}))
        self.kubernetes.install(overlay)
        self.keys()
        self.soteria.wait_ready(60)

    def keys(self, **others):
        """The Secret of the repository: the right keys, but for these."""
        data = {**self.s3.keys, "RESTIC_PASSWORD": PASSWORD, **others}
        self.secrets |= {value for value in data.values() if value}
        self.kubernetes.delete("Secret", "soteria-restic", "soteria")
        self.kubernetes.create({"kind": "Secret", "metadata": {"name": "soteria-restic", "namespace": "soteria"}, "data": {
            key: base64.b64encode(value.encode()).decode() for key, value in data.items()}})

    @contextlib.contextmanager
    def other_keys(self, namespace, **others):
        """The Secret with these keys; then again the right ones, until the repository was listed with them: what the last
        listing met is believed until the next one."""
        self.keys(**others)
        try:
            yield
        finally:
            self.keys()
            since = datetime.datetime.now(datetime.timezone.utc)
            backup = {"namespace": namespace, "pvc": "data"}
            begun = eventually("a backup may begin again, which asks for a listing", lambda: (answer := self.soteria.request(
                "POST", "/v1/backup", json=backup)).status_code == 202 and answer.json(), 60, every=1)
            eventually("the repository was listed", lambda: self.listed_at() > since, 60)
            eventually("that backup has ended", lambda: self.soteria.operation(begun["operation"])["phase"] in ENDED, 120)

    def wait_looked_at(self):
        """Until Soteria has had a look at the repository, whether or not there is one."""

        def looked():
            checks = {check["name"]: check for check in self.soteria.json("GET", "/readyz?verbose")["checks"]}
            assert checks["repository"]["ok"], checks["repository"]
            return True

        eventually("the repository was looked at", looked, 60)

    def listed_at(self):
        """When the last listing began that succeeded."""
        heads = [one["data"]["listedAt"] for one in self.kubernetes.list("ConfigMap", "soteria")
                 if "listedAt" in one.get("data", {})]
        return max((datetime.datetime.fromisoformat(head.replace("Z", "+00:00")) for head in heads),
                   default=datetime.datetime.min.replace(tzinfo=datetime.timezone.utc))

    @contextlib.contextmanager
    def with_settings(self, **settings):
        """Soteria with these settings on top; None takes one away."""
        self._configure(settings)
        try:
            yield
        finally:
            self._configure({key: self.settings.get(key) for key in settings})

    def _configure(self, settings):
        before = self.soteria.pod()["metadata"]["name"]
        self.logs.append(self.kubernetes.kubectl("--namespace=soteria", "logs", before))
        self.kubernetes.patch("ConfigMap", "soteria", {"data": settings}, "soteria")
        self.kubernetes.kubectl("--namespace=soteria", "rollout", "restart", "deployment/soteria")
        self.kubernetes.kubectl("--namespace=soteria", "rollout", "status", "deployment/soteria", "--timeout=90s")
        self.kubernetes.wait_gone("Pod", before, "soteria", 60)
        self.soteria.wait_ready(60)
        name = self.soteria.pod()["metadata"]["name"]
        eventually("the new one acts", lambda: self.kubernetes.get("Lease", "soteria", "soteria")["spec"].get(
            "holderIdentity", "").startswith(name), 60)

    # --- volumes and operations

    def claim(self, namespace, name="data", **fields):
        """A bound claim; returns its folder."""
        return self.volumes.claim(namespace, name, **fields)

    def backup(self, namespace, pvc="data", expect=202, **fields):
        return self.soteria.json("POST", "/v1/backup", expect, json={"namespace": namespace, "pvc": pvc, **fields})

    def backed_up(self, namespace, pvc="data", phase="Succeeded", **fields):
        return self.soteria.wait_finished(self.backup(namespace, pvc, **fields)["operation"], phase, 120)

    def restore(self, namespace, target, pvc="data", snapshot="latest", expect=202, **fields):
        return self.soteria.json("POST", "/v1/restores", expect, json={
            "namespace": namespace, "pvc": pvc, "snapshot": snapshot, "target_pvc": target, **fields})

    def restored(self, namespace, target, pvc="data", phase="Succeeded", **fields):
        return self.soteria.wait_finished(self.restore(namespace, target, pvc, **fields)["operation"], phase, 120)

    def backups(self, namespace, pvc="data"):
        return self.soteria.json("GET", f"/v1/backups?namespace={namespace}&pvc={pvc}")["backups"]

    def record(self, operation):
        """The record of an operation, as kubectl shows it."""
        about = operation["resource"]
        return self.kubernetes.get(about["kind"], about["name"], about["namespace"])

    def wait_message(self, operation, words, seconds=60):
        """The operation, once its message or that of one of its steps has these words; then the console shows them, too."""

        def says():
            now = self.soteria.operation(operation)
            assert now["phase"] not in ENDED, now
            said = [now.get("message", ""), *(step.get("message", "") for step in now["steps"])]
            assert any(words in message for message in said), (now.get("reason"), said)
            return now

        found = eventually(f"{operation} says {words!r}", says, seconds)
        console_says(self.soteria.url, LOGS, {operation: words})
        return found

    def jobs(self, namespace, role=None):
        wanted = "app.kubernetes.io/managed-by=soteria" + (f",soteria.dev/role={role}" if role else "")
        return self.kubernetes.list("Job", namespace, labelSelector=wanted)

    def wait_tidy(self, namespace, seconds=60):
        """Until nothing that Soteria makes for a Job is there."""

        def tidy():
            left = [(kind, one["metadata"]["name"]) for kind in ("Job", "Pod", "Secret")
                    for one in self.kubernetes.list(kind, namespace)
                    if one["metadata"].get("labels", {}).get("app.kubernetes.io/managed-by") == "soteria"]
            assert left == [], left
            return True

        eventually(f"Jobs, Pods and Secrets are gone from {namespace}", tidy, seconds)

    def inside(self, *command):
        """A command where the node's processes and mounts are."""
        done = subprocess.run(self.kubernetes.place.inside(command), capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, f"{command}: {done.stderr}"
        return done.stdout

    def job_logs(self, namespace, job):
        """What all containers of a Job have written."""
        return self.kubernetes.kubectl(f"--namespace={namespace}", "logs", "--all-containers", f"job/{job}")

    def where_secrets_stand(self, *texts):
        """Every place that holds a key of the repository and should not: objects other than Secrets, answers, logs, these
        texts."""
        kinds = ("Event", "Job", "Pod", "ConfigMap", "Backup", "Restore", "Lease", "PersistentVolumeClaim")
        places = {f"{kind} {one['metadata'].get('namespace')}/{one['metadata']['name']}": json.dumps(one, ensure_ascii=False)
                  for kind in kinds for one in self.kubernetes.list(kind)}
        name = self.soteria.pod()["metadata"]["name"]
        others = {"log": [*self.logs, self.kubernetes.kubectl("--namespace=soteria", "logs", name)],
                  "answer": self.soteria.answers, "text": texts}
        places |= {f"{what} {number}": text for what, found in others.items() for number, text in enumerate(found)}
        told = {form for secret in self.secrets for form in (secret, base64.b64encode(secret.encode()).decode())}
        return sorted(f"{place}: ...{text[max(0, text.index(one) - 60):text.index(one)]}" for place, text in places.items()
                      for one in told if one in text)

    # --- the repository, as anybody with its password has it

    def restic(self, *arguments, repository=None, program=None, check=True, **environment):
        around = {"PATH": os.environ["PATH"], "RESTIC_CACHE_DIR": str(self.folder / "cache"), "RESTIC_PASSWORD": PASSWORD,
                  "RESTIC_REPOSITORY": repository or self.settings["SOTERIA_RESTIC_REPOSITORY"], **self.s3.keys, **environment}
        done = subprocess.run([program or tool("restic"), *map(str, arguments)], env=around, capture_output=True, text=True,
                              timeout=120)
        assert done.returncode == 0 or not check, f"restic {arguments}: {done.stderr}"
        return done

    def snapshots(self, *arguments, **keywords):
        return json.loads(self.restic("snapshots", "--json", "--no-lock", *arguments, **keywords).stdout)

    def locks(self):
        """The files of the repository's locks. The S3 server takes a folder away with the last file in it."""
        locks = self.s3.bucket(BUCKET) / "cluster" / "locks"
        return set(locks.iterdir()) if locks.exists() else set()

    def using_pod(self, namespace, claim, name="consumer", **spec):
        """A running Pod that has this claim mounted at /data."""
        self.kubernetes.create({"kind": "Pod", "metadata": {"name": name, "namespace": namespace}, "spec": {
            "restartPolicy": "Never", "terminationGracePeriodSeconds": 0, "volumes": [
                {"name": "data", "persistentVolumeClaim": {"claimName": claim}}],
            "containers": [{"name": "sleeps", "image": with_node.SANDBOX, "imagePullPolicy": "Never",
                            "volumeMounts": [{"name": "data", "mountPath": "/data"}]}], **spec}})
        return eventually(f"{name} runs", lambda: (pod := self.kubernetes.get("Pod", name, namespace))
                          and pod["status"].get("phase") == "Running" and pod, 60)


@contextlib.contextmanager
def restic_world(name, image, **settings):
    folder = LOGS / f"deployment-{name}"
    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        # Kubernetes removes a host's folder along with its volume below /tmp only.
        scratch = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="soteria-restic-", dir="/tmp")))
        archives = [images.restic(scratch / version, version) for version in images.RESTIC]
        kubernetes = stack.enter_context(KubernetesWithNode(folder, audited=SERVICE_ACCOUNT))
        for archive in (image, *archives):
            kubernetes.import_image(archive)
        s3 = stack.enter_context(S3Server(folder, scratch / "s3", with_node.NODE))
        volumes = stack.enter_context(Volumes(kubernetes, scratch / "volumes"))
        world = World(kubernetes, s3, volumes, scratch, settings)
        world.install()
        yield world
