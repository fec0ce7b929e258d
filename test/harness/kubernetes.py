"""The Kubernetes API for tests: JSON objects in and out, the same for the real server and the simulated one."""

import contextlib
import copy
import pathlib
import random
import string

import requests
import yaml

from .waiting import eventually

# kind -> (apiVersion, plural, namespaced)
KINDS = {
    "Namespace": ("v1", "namespaces", False),
    "Node": ("v1", "nodes", False),
    "LimitRange": ("v1", "limitranges", True),
    "ConfigMap": ("v1", "configmaps", True),
    "Event": ("v1", "events", True),
    "PersistentVolume": ("v1", "persistentvolumes", False),
    "PersistentVolumeClaim": ("v1", "persistentvolumeclaims", True),
    "Pod": ("v1", "pods", True),
    "Secret": ("v1", "secrets", True),
    "ServiceAccount": ("v1", "serviceaccounts", True),
    "Job": ("batch/v1", "jobs", True),
    "StorageClass": ("storage.k8s.io/v1", "storageclasses", False),
    "Lease": ("coordination.k8s.io/v1", "leases", True),
    "CustomResourceDefinition": ("apiextensions.k8s.io/v1", "customresourcedefinitions", False),
    "Backup": ("soteria.dev/v1alpha1", "backups", True),
    "Restore": ("soteria.dev/v1alpha1", "restores", True),
}
MERGE_PATCH = "application/merge-patch+json"


class ApiError(AssertionError):
    """The API server refused. `status` is its Status object (or what else it said), `code` the HTTP status."""

    def __init__(self, method, path, response):
        self.code = response.status_code
        try:
            self.status = response.json()
        except ValueError:
            self.status = {"message": response.text[:500]}
        self.reason = self.status.get("reason", "")
        super().__init__(f"{method} {path}: {self.code} {self.reason}: {self.status.get('message')}")


def path_of(kind, namespace=None, name=None, subresource=None):
    """The API's path. No namespace for a namespaced kind: all namespaces."""
    version, plural, namespaced = KINDS[kind]
    path = f"/api/{version}" if "/" not in version else f"/apis/{version}"
    if namespaced and namespace:
        path += f"/namespaces/{namespace}"
    return "/".join([path, plural, *filter(None, [name, subresource])])


class Kubernetes:
    """What tests do to a cluster, as its administrator. Subclasses set `server` (URL) and `http` (requests.Session)."""

    server = ""
    http: requests.Session
    real = False  # True: schema, RBAC and admission are the real ones

    @property
    def plain_server(self):
        """Its URL over plain HTTP."""
        return self.server

    def for_another_thread(self):
        """The same cluster with connections of its own."""
        other = copy.copy(self)
        other.http = requests.Session()
        other.http.trust_env = False
        other.http.verify, other.http.headers = self.http.verify, self.http.headers
        return other

    def request(self, method, path, timeout=30, **keywords):
        """The answer, whatever its status."""
        return self.http.request(method, self.server + path, timeout=timeout, **keywords)

    def call(self, method, path, **keywords):
        """The answer's JSON; ApiError from 400 on."""
        response = self.request(method, path, **keywords)
        if response.status_code >= 400:
            raise ApiError(method, path, response)
        return response.json()

    def get(self, kind, name, namespace=None):
        """The object, or None if there is none."""
        try:
            return self.call("GET", path_of(kind, namespace, name))
        except ApiError as error:
            if error.code == 404:
                return None
            raise

    def list(self, kind, namespace=None, **query):
        """The objects, read from the store itself (no old caches)."""
        return self.call("GET", path_of(kind, namespace), params=query)["items"]

    def create(self, body, **query):
        """Creates the object where its kind and metadata.namespace say."""
        kind, metadata = body["kind"], body.get("metadata", {})
        body = {"apiVersion": KINDS[kind][0], **body}
        return self.call("POST", path_of(kind, metadata.get("namespace")), json=body, params=query)

    def patch(self, kind, name, changes, namespace=None, subresource=None, **query):
        """JSON merge patch."""
        return self.call("PATCH", path_of(kind, namespace, name, subresource), json=changes, params=query,
                         headers={"Content-Type": MERGE_PATCH})

    def replace(self, body, subresource=None, **query):
        kind, metadata = body["kind"], body["metadata"]
        path = path_of(kind, metadata.get("namespace"), metadata["name"], subresource)
        return self.call("PUT", path, json={"apiVersion": KINDS[kind][0], **body}, params=query)

    def delete(self, kind, name, namespace=None, **options):
        """DELETE with these DeleteOptions; False: there was none."""
        try:
            self.call("DELETE", path_of(kind, namespace, name), json=options or None)
            return True
        except ApiError as error:
            if error.code == 404:
                return False
            raise

    # --- what tests set up again and again

    @contextlib.contextmanager
    def temporary_namespace(self, prefix="test"):
        """A namespace of its own. Its deletion is asked for at the end and not waited for (a real one takes 10 s)."""
        name = f"{prefix}-{''.join(random.choices(string.ascii_lowercase, k=8))}"
        self.create({"kind": "Namespace", "metadata": {"name": name}})
        try:
            yield name
        finally:
            self.delete("Namespace", name)

    def storage_class(self, name="longhorn", binding="Immediate", provisioner="driver.longhorn.io", default=False):
        """Makes the class unless it is there."""
        if self.get("StorageClass", name):
            return
        annotations = {"storageclass.kubernetes.io/is-default-class": "true"} if default else {}
        self.create({"kind": "StorageClass", "metadata": {"name": name, "annotations": annotations},
                     "provisioner": provisioner, "volumeBindingMode": binding, "allowVolumeExpansion": True})

    def volume(self, name, handle=None, size="1Gi", storage_class="longhorn", claim=None, driver="driver.longhorn.io",
               reclaim="Delete", modes=("ReadWriteOnce",), mode="Filesystem"):
        """A PV as the CSI provisioner leaves it. claim: (namespace, name) that it is reserved for."""
        spec = {"capacity": {"storage": size}, "accessModes": list(modes), "volumeMode": mode,
                "persistentVolumeReclaimPolicy": reclaim, "storageClassName": storage_class,
                "csi": {"driver": driver, "volumeHandle": handle or name, "fsType": "ext4",
                        "volumeAttributes": {"numberOfReplicas": "3", "staleReplicaTimeout": "30"}}}
        if claim:
            spec["claimRef"] = {"apiVersion": "v1", "kind": "PersistentVolumeClaim",
                                "namespace": claim[0], "name": claim[1]}
        return self.create({"kind": "PersistentVolume", "spec": spec, "metadata": {
            "name": name, "annotations": {"pv.kubernetes.io/provisioned-by": driver}}})

    def claim(self, namespace, name, volume="", size="1Gi", storage_class="longhorn", modes=("ReadWriteOnce",),
              mode="Filesystem", labels=None):
        """A PVC; with `volume`, bound to that PV by name."""
        spec = {"accessModes": list(modes), "resources": {"requests": {"storage": size}},
                "storageClassName": storage_class, "volumeMode": mode}
        if volume:
            spec["volumeName"] = volume
        return self.create({"kind": "PersistentVolumeClaim", "spec": spec,
                            "metadata": {"namespace": namespace, "name": name, "labels": labels or {}}})

    def bound_claim(self, namespace, name, handle, size="1Gi", storage_class="longhorn", **volume):
        """PV (named like the Longhorn volume) and PVC, bound to each other; returns the PVC."""
        self.storage_class(storage_class)
        self.volume(handle, handle, size, storage_class, claim=(namespace, name), **volume)
        self.claim(namespace, name, handle, size, storage_class,
                   **{key: volume[key] for key in ("modes", "mode") if key in volume})
        return self.wait_bound(namespace, name)

    def wait_bound(self, namespace, name, seconds=20):
        def bound():
            claim = self.get("PersistentVolumeClaim", name, namespace)
            assert claim, "there is no such PVC"
            assert claim.get("status", {}).get("phase") == "Bound", claim.get("status")
            return claim

        return eventually(f"PVC {namespace}/{name} is Bound", bound, seconds)

    def wait_gone(self, kind, name, namespace=None, seconds=20):
        eventually(f"{kind} {namespace or ''}/{name} is gone",
                   lambda: self.get(kind, name, namespace) is None, seconds)

    # --- how Soteria reaches this cluster

    def install(self):
        """Makes the cluster ready for Soteria: its namespace, resources and rights."""
        raise NotImplementedError("see RealKubernetes and SimulatedKubernetes")

    def kubeconfig(self, path, server=None):
        """Writes a kubeconfig for Soteria's own ServiceAccount (server: another way in, as through the fault proxy)."""
        raise NotImplementedError("see RealKubernetes and SimulatedKubernetes")


def write_kubeconfig(path, server, namespace, authority=None, token=None):
    """A kubeconfig with one context. authority: the CA's file; token: a bearer token."""
    cluster = {"server": server}
    if authority:
        cluster["certificate-authority"] = str(authority)
    path = pathlib.Path(path)
    path.write_text(yaml.safe_dump({
        "apiVersion": "v1", "kind": "Config", "current-context": "test",
        "clusters": [{"name": "test", "cluster": cluster}],
        "users": [{"name": "test", "user": {"token": token} if token else {}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test", "namespace": namespace}}],
    }))
    path.chmod(0o600)
    return path
