"""Somebody who uses the cluster with rights of their own."""

from .kubernetes import path_of


class Person:
    """Somebody with no rights but those given here. can(): by a Role of that namespace, or cluster-wide without one."""

    def __init__(self, kubernetes, name):
        self.kubernetes, self.name = kubernetes, name

    def can(self, verbs, resources, namespace=None):
        scope = "" if namespace else "Cluster"
        place = f"/apis/rbac.authorization.k8s.io/v1{f'/namespaces/{namespace}' if namespace else ''}"
        name = {"generateName": "test-"}
        role = self.kubernetes.call("POST", f"{place}/{scope.lower()}roles", json={
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": f"{scope}Role", "metadata": name,
            "rules": [{"apiGroups": ["soteria.dev"], "resources": resources, "verbs": verbs}]})
        self.kubernetes.call("POST", f"{place}/{scope.lower()}rolebindings", json={
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": f"{scope}RoleBinding", "metadata": name,
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": f"{scope}Role", "name": role["metadata"]["name"]},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": self.name}]})
        return self

    def call(self, method, path, **keywords):
        headers = {"Impersonate-User": self.name, "Impersonate-Group": "system:authenticated", **keywords.pop("headers", {})}
        return self.kubernetes.call(method, path, headers=headers, **keywords)

    def create(self, kind, namespace, name=None, **spec):
        metadata = {"namespace": namespace, **({"name": name} if name else {"generateName": "r-"})}
        spec = {"pvc": "data", **({"targetPvc": "copy"} if kind == "Restore" else {}), **spec}
        return self.call("POST", path_of(kind, namespace), params={"fieldValidation": "Strict"}, json={
            "apiVersion": "soteria.dev/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec})

    def patch(self, kind, namespace, name, changes, subresource=None):
        return self.call("PATCH", path_of(kind, namespace, name, subresource), json=changes,
                         headers={"Content-Type": "application/merge-patch+json"})
