"""The cases: what the product asks of Kubernetes, and what it must be able to rely on.

Each runs against a real API server and the simulated one (test_conformance.py); everything that came back must be the
same. The assertions here only make sure that a case shows what its name says.
"""

import base64
import json

CASES = []


def case(sentence, uncached=False):
    """uncached: on an API server without watch caches, where forgetting the past takes effect at once."""

    def add(run):
        run.sentence, run.uncached = sentence, uncached
        assert sentence not in {other.sentence for other in CASES}, sentence
        CASES.append(run)
        return run

    return add


# --- the product's objects

def backup(api, name="b1", **keywords):
    spec = {"pvc": "data", "driver": "longhorn", "requestedBy": "brad", "source": "proxy", "requestId": "r1"}
    return api.create("Backup", name, spec=spec, **keywords)


def restore(api, name="r1", **keywords):
    spec = {"pvc": "data", "targetPvc": "copy", "snapshot": "latest", "driver": "longhorn", "requestedBy": "brad",
            "source": "proxy", "requestId": "r1", "sourceNamespace": api.namespace}
    return api.create("Restore", name, spec=spec, **keywords)


def claim(api, name="copy", volume="", size="1Gi", storage_class="longhorn", dry_run=False, **changes):
    spec = {"accessModes": ["ReadWriteOnce"], "storageClassName": storage_class, "volumeMode": "Filesystem",
            "volumeName": volume, "resources": {"requests": {"storage": size}}, **changes}
    metadata = {"labels": {"app": "llm"}, "annotations": {"soteria.dev/operation": "1"}}
    return api.create("PersistentVolumeClaim", name, dry_run, metadata=metadata, spec=spec)


def volume_name(api, name="pv"):
    return f"{api.namespace}-{name}"


def volume(api, name="pv", claim_name="copy", uid=None, size="1Gi", dry_run=False, **changes):
    name = volume_name(api, name)
    reference = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": api.namespace, "name": claim_name,
                 **({"uid": uid} if uid else {})}
    spec = {"capacity": {"storage": size}, "accessModes": ["ReadWriteOnce"], "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": "longhorn", "volumeMode": "Filesystem", "claimRef": reference,
            "csi": {"driver": "driver.longhorn.io", "volumeHandle": name, "fsType": "ext4",
                    "volumeAttributes": {"numberOfReplicas": "3"}}, **changes}
    metadata = {"annotations": {"soteria.dev/operation": "1"}}
    return api.create("PersistentVolume", name, dry_run, metadata=metadata, spec=spec)


def lease(api, name="slot-1", holder="one"):
    return api.create("Lease", name, metadata={"annotations": {"soteria.dev/slot": "backup"}},
                      spec={"holderIdentity": holder})


def is_available(found):
    return bool(found) and found.get("status", {}).get("phase") == "Available"


def settled(api, kind):
    """Until the controllers have done with it."""
    if kind == "PersistentVolume":
        api.wait("the volume is available", kind, volume_name(api), is_available)


def is_bound(found):
    return bool(found) and found.get("status", {}).get("phase") == "Bound"


def bound(api, size="1Gi"):
    """As a restore makes the pair: the claim first, then the volume for its uid."""
    api.admin.storage_class()
    made = claim(api, volume=volume_name(api))
    volume(api, uid=made.uid, size=size)
    api.wait("the claim is bound", "PersistentVolumeClaim", "copy", is_bound)
    api.wait("so is the volume", "PersistentVolume", volume_name(api), is_bound)
    return made


def finalizers(api, made, *names):
    return {"metadata": {"finalizers": list(names), "resourceVersion": made.version}}


OURS = "soteria.dev/operation"


# --- create

@case("a new record comes back with uid, version and creation time")
def _(api):
    made = backup(api)
    assert made.code == 201
    assert api.get("Backup", "b1").body == made.body


@case("a record's status is dropped when it is created")
def _(api):
    made = api.other("POST", api.path("Backup"), json.dumps({
        "apiVersion": "soteria.dev/v1alpha1", "kind": "Backup", "metadata": {"name": "b1"}, "spec": {"pvc": "data"},
        "status": {"phase": "Succeeded"}}))
    assert made.code == 201 and "status" not in made.body


for kind, make in (("Backup", backup), ("Restore", restore), ("PersistentVolumeClaim", claim),
                   ("PersistentVolume", volume), ("Lease", lease)):

    @case(f"a second {kind} of the same name is refused with AlreadyExists, and the first is untouched")
    def _(api, make=make, kind=kind):
        first = make(api)
        assert first.code == 201
        settled(api, kind)
        assert (refused := make(api)).code == 409 and refused.reason == "AlreadyExists"
        assert api.get(kind, first.body["metadata"]["name"]).uid == first.uid


for kind, make in (("Backup", lambda api: backup(api, namespace="nowhere-at-all")),
                   ("Lease", lambda api: api.create("Lease", "slot-1", namespace="nowhere-at-all",
                                                    spec={"holderIdentity": "one"}))):

    @case(f"a {kind} in a namespace that is not there is refused with NotFound, naming the namespace")
    def _(api, make=make):
        refused = make(api)
        assert refused.code == 404 and refused.body["details"]["kind"] == "namespaces"


@case("nothing new is made in a namespace that is on its way out")
def _(api):
    made = backup(api)
    api.patch("Backup", "b1", finalizers(api, made, OURS))
    api.admin.delete("Namespace", api.namespace)
    assert (refused := restore(api)).code == 403 and "being terminated" in refused.body["message"]
    assert claim(api).code == 403
    assert lease(api).code == 403
    api.wait_deleting("Backup", "b1")
    api.patch("Backup", "b1", {"metadata": {"finalizers": []}})


@case("an unknown member of a claim is refused in so many words")
def _(api):
    path = api.path("PersistentVolumeClaim")
    body = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "x"}, "spec": {"sise": 1}}
    assert api.other("POST", path, json.dumps(body), fieldValidation="Strict").code == 400


@case("an unknown member of a record is refused in so many words")
def _(api):
    body = {"apiVersion": "soteria.dev/v1alpha1", "kind": "Backup", "metadata": {"name": "x"},
            "spec": {"pvc": "data", "dryrun": True}}
    assert api.other("POST", api.path("Backup"), json.dumps(body), fieldValidation="Strict").code == 400


@case("without strictness an unknown member of a record is dropped")
def _(api):
    body = {"apiVersion": "soteria.dev/v1alpha1", "kind": "Backup", "metadata": {"name": "x"},
            "spec": {"pvc": "data", "dryrun": True}}
    made = api.other("POST", api.path("Backup"), json.dumps(body))
    assert made.code == 201 and made.body["spec"] == {"pvc": "data"}


@case("a record without its PVC is refused by its schema")
def _(api):
    assert api.create("Backup", "b1", spec={"driver": "longhorn"}).code == 422


@case("a record whose member has another type is refused by its schema")
def _(api):
    body = {"apiVersion": "soteria.dev/v1alpha1", "kind": "Backup", "metadata": {"name": "x"}, "spec": {"pvc": 7}}
    assert api.other("POST", api.path("Backup"), json.dumps(body)).code == 422


@case("a record with a driver that there is not is refused, naming those there are")
def _(api):
    assert api.create("Backup", "b1", spec={"pvc": "data", "driver": "velero"}).code == 422


@case("a record with a name that is none is refused")
def _(api):
    assert backup(api, name="Not_A_Name").code == 422


@case("a claim with a name that is none is refused")
def _(api):
    assert claim(api, name="Not_A_Name").code == 422


@case("a claim's name may have dots")
def _(api):
    assert claim(api, name="data.with.dots").code == 201


@case("a claim without access modes is refused")
def _(api):
    assert claim(api, accessModes=[]).code == 422


@case("a claim of no size is refused")
def _(api):
    assert claim(api, size="0").code == 422


@case("a size that is no quantity is refused")
def _(api):
    assert claim(api, size="much").code == 400


@case("a volume without a size is refused")
def _(api):
    body = {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": volume_name(api)}, "spec": {
        "accessModes": ["ReadWriteOnce"], "csi": {"driver": "driver.longhorn.io", "volumeHandle": "v"}}}
    assert api.other("POST", api.path("PersistentVolume"), json.dumps(body)).code == 422


@case("a volume without access modes is refused")
def _(api):
    assert volume(api, accessModes=[]).code == 422


@case("a body that is no JSON is refused")
def _(api):
    refused = api.other("POST", api.path("Backup"), "{")
    assert refused.code == 400


@case("a body of another kind than the path's is refused")
def _(api):
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}}
    assert api.other("POST", api.path("PersistentVolumeClaim"), json.dumps(body)).code == 400


@case("a body of another namespace than the path's is refused")
def _(api):
    body = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "x", "namespace": "other"}}
    assert api.other("POST", api.path("Lease"), json.dumps(body)).code == 400


@case("a claim without a class gets the default one, and one with an empty class none")
def _(api):
    api.admin.storage_class("standard", default=True)
    body = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "unset"}, "spec": {
        "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}
    made = api.other("POST", api.path("PersistentVolumeClaim"), json.dumps(body))
    assert made.body["spec"]["storageClassName"] == "standard"
    assert claim(api, storage_class="").body["spec"]["storageClassName"] == ""


@case("what a rollback left over is kept in a ConfigMap of the service's namespace")
def _(api):
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "leftovers-1", "namespace": api.namespace},
            "data": {"leftovers": "[]"}}
    for status in (201, 409):
        made = api.other("POST", api.path("ConfigMap"), json.dumps(body), fieldManager="soteria", fieldValidation="Strict")
        assert made.code == status


@case("an Idempotency-Key's ConfigMap is made once, answered, and found by its label")
def _(api):
    label = "soteria.dev/idempotency-key"
    key = {"metadata": {"labels": {label: "open"}}, "data": {"digest": "d", "attempt": "1"}}
    assert api.get("ConfigMap", "key-1").code == 404
    assert [api.create("ConfigMap", "key-1", **key).code for _ in range(2)] == [201, 409]
    api.create("ConfigMap", "key-2", **key)
    answered = {"metadata": {"labels": {label: "answered"}}, "data": {"uid": "u"}}
    assert api.patch("ConfigMap", "key-1", answered).body["data"] == {"digest": "d", "attempt": "1", "uid": "u"}
    assert api.list("ConfigMap", selector=f"{label}=open").names == ["key-2"]
    assert api.list("ConfigMap", selector=f"{label}=answered").names == ["key-1"]


@case("an Idempotency-Key's ConfigMap is taken over and deleted only as it was read")
def _(api):
    made = api.create("ConfigMap", "key-1", data={"attempt": "1"})
    change = {"metadata": {"resourceVersion": made.version}, "data": {"attempt": "2"}}
    assert [api.patch("ConfigMap", "key-1", change).code for _ in range(2)] == [200, 409]
    assert api.delete("ConfigMap", "key-1", made.uid, version=made.version).code == 409
    assert api.delete("ConfigMap", "key-1", made.uid, version=api.get("ConfigMap", "key-1").version).code == 200
    assert api.patch("ConfigMap", "key-1", change).code == 404


@case("an Event about a record is made once under its name")
def _(api):
    made = backup(api).body["metadata"]
    about = {"apiVersion": "soteria.dev/v1alpha1", "kind": "Backup", "namespace": api.namespace, "name": "b1", "uid": made["uid"]}
    told = [api.create("Event", "b1.abcdef", involvedObject=about, reason="BackupAccepted", message="A sentence.", type="Normal",
                       source={"component": "soteria"}, reportingComponent="soteria", count=1,
                       firstTimestamp="2026-04-12T15:30:00Z", lastTimestamp="2026-04-12T15:30:00Z") for _ in range(2)]
    assert [each.code for each in told] == [201, 409]


# --- dry run

@case("a dry run of a claim answers what would be made, and makes nothing")
def _(api):
    assert claim(api, dry_run=True).code == 201
    assert api.get("PersistentVolumeClaim", "copy").code == 404
    assert api.list("PersistentVolumeClaim").names == []


@case("a dry run of a volume answers what would be made, and makes nothing")
def _(api):
    assert volume(api, dry_run=True).code == 201
    assert api.get("PersistentVolume", volume_name(api)).code == 404


@case("a dry run of a claim that exists is refused like the real call")
def _(api):
    claim(api)
    assert claim(api, dry_run=True).code == 409


@case("a dry run of a claim that could not be is refused like the real call")
def _(api):
    assert claim(api, dry_run=True, accessModes=[]).code == 422


@case("a dry run of a deletion deletes nothing")
def _(api):
    made = claim(api)
    body = json.dumps({"apiVersion": "v1", "kind": "DeleteOptions", "dryRun": ["All"], "preconditions": {"uid": made.uid}})
    assert api.other("DELETE", api.path("PersistentVolumeClaim", "copy"), body, dryRun="All").code == 200
    assert "deletionTimestamp" not in api.get("PersistentVolumeClaim", "copy").body["metadata"]


@case("a dry run of a patch changes nothing")
def _(api):
    backup(api)
    answered = api.other("PATCH", api.path("Backup", "b1"), '{"metadata":{"labels":{"a":"b"}}}',
                         "application/merge-patch+json", dryRun="All")
    assert answered.body["metadata"]["labels"] == {"a": "b"}
    assert "labels" not in api.get("Backup", "b1").body["metadata"]


@case("dry runs cannot be seen in a watch")
def _(api):
    listed = api.list("PersistentVolumeClaim")
    with api.watch("PersistentVolumeClaim", listed.body["metadata"]["resourceVersion"]) as watch:
        claim(api, dry_run=True)
        claim(api, name="real", storage_class="")
        assert watch.take(1)[0]["object"]["metadata"]["name"] == "real"


# --- get

@case("what is not there is NotFound, with its kind and name")
def _(api):
    for kind in ("Backup", "Restore", "PersistentVolumeClaim", "PersistentVolume", "Lease", "StorageClass", "Namespace"):
        path = api.path(kind, "nothing")
        assert api.other("GET", path).code == 404
    assert api.get("Backup", "nothing").reason == "NotFound"


@case("a namespace is Active, and Terminating once it is deleted")
def _(api):
    assert api.get("Namespace", api.namespace).body["status"]["phase"] == "Active"
    made = backup(api)
    api.patch("Backup", "b1", finalizers(api, made, OURS))
    api.admin.delete("Namespace", api.namespace)
    api.wait_deleting("Backup", "b1")
    found = api.get("Namespace", api.namespace)
    assert found.body["status"]["phase"] == "Terminating"
    api.patch("Backup", "b1", {"metadata": {"finalizers": []}})


@case("a storage class tells its provisioner and when it binds")
def _(api):
    api.admin.storage_class("longhorn-late", binding="WaitForFirstConsumer")
    assert api.get("StorageClass", "longhorn-late").body["volumeBindingMode"] == "WaitForFirstConsumer"


@case("a kind that nobody serves is a 404 that is no Status")
def _(api):
    assert api.other("GET", "/apis/example.dev/v1/things").body == {"text": "404 page not found\n"}


# --- patch

@case("a finalizer is added under the version that was read")
def _(api):
    made = backup(api)
    patched = api.patch("Backup", "b1", finalizers(api, made, OURS))
    assert patched.code == 200 and int(patched.version) > int(made.version)


@case("a patch under an older version is a Conflict and changes nothing")
def _(api):
    made = backup(api)
    api.patch("Backup", "b1", finalizers(api, made, OURS))
    refused = api.patch("Backup", "b1", finalizers(api, made))
    assert refused.code == 409 and refused.reason == "Conflict"
    assert api.get("Backup", "b1").body["metadata"]["finalizers"] == [OURS]


@case("a patch that changes nothing keeps the version")
def _(api):
    made = backup(api)
    assert api.patch("Backup", "b1", {"metadata": {"annotations": {}}}).version == made.version
    first = api.patch("Backup", "b1", {"metadata": {"annotations": {"soteria.dev/cancel": "brad"}}})
    assert api.patch("Backup", "b1", {"metadata": {"annotations": {"soteria.dev/cancel": "brad"}}}).version == first.version


@case("a patch of what is not there is NotFound")
def _(api):
    assert api.patch("Backup", "b1", {"metadata": {"annotations": {"a": "b"}}}).code == 404
    assert api.patch("Backup", "b1", {"status": {"phase": "Running"}}, "status").code == 404


@case("a merge patch takes a member away with null and replaces a list whole")
def _(api):
    made = backup(api)
    api.patch("Backup", "b1", {"metadata": {"annotations": {"a": "1", "b": "2"}}})
    api.patch("Backup", "b1", {"metadata": {"finalizers": ["example.dev/a", "example.dev/b"]}})
    patched = api.patch("Backup", "b1", {"metadata": {"annotations": {"a": None}, "finalizers": ["example.dev/b"]}})
    assert patched.body["metadata"]["annotations"] == {"b": "2"}
    assert patched.body["metadata"]["finalizers"] == ["example.dev/b"] and patched.uid == made.uid


@case("a record's spec cannot be changed")
def _(api):
    backup(api)
    refused = api.other("PATCH", api.path("Backup", "b1"), '{"spec":{"pvc":"other"}}', "application/merge-patch+json")
    assert refused.code == 422
    assert api.get("Backup", "b1").body["spec"]["pvc"] == "data"


@case("a patch of another type than those there are is refused")
def _(api):
    backup(api)
    lease(api)
    assert api.other("PATCH", api.path("Backup", "b1"), "{}", "text/plain").code == 415
    assert api.other("PATCH", api.path("Lease", "slot-1"), "{}", "text/plain").code == 415


@case("a method that a path does not have is refused")
def _(api):
    lease(api)
    assert api.other("POST", api.path("Lease", "slot-1"), "{}").code == 405


@case("a patch with a member that the schema does not know is refused")
def _(api):
    made = backup(api)
    change = json.dumps({"metadata": {"resourceVersion": made.version}, "status": {"fase": "Running"}})
    refused = api.other("PATCH", api.path("Backup", "b1", "status"), change, "application/merge-patch+json",
                        fieldValidation="Strict")
    assert refused.code == 422


for kind, make in (("Backup", backup), ("Lease", lease)):

    @case(f"the uid of a {kind} cannot be patched to another's")
    def _(api, make=make, kind=kind):
        made = make(api)
        change = '{"metadata":{"uid":"00000000-0000-4000-8000-000000000000","annotations":{"a":"b"}}}'
        path = api.path(kind, made.body["metadata"]["name"])
        assert api.other("PATCH", path, change, "application/merge-patch+json").code in (409, 422)
        assert api.get(kind, made.body["metadata"]["name"]).version == made.version


# --- the status

STATUS = {"phase": "Running", "direction": "Forward", "reason": "Snapshot", "message": "A sentence.", "stalled": False,
          "startedAt": "2026-04-12T15:30:00Z", "observedGeneration": 1,
          "facts": {"snapshot": "soteria-backup-1"}, "progress": {"percent": 42},
          "steps": [{"name": "snapshot", "state": "running", "startedAt": "2026-04-12T15:30:00Z"}]}


@case("a status is written by its own path, under the version that was read, and leaves the rest alone")
def _(api):
    made = backup(api)
    written = api.patch("Backup", "b1", {"metadata": {"resourceVersion": made.version}, "status": STATUS}, "status")
    assert written.code == 200 and written.body["status"] == STATUS and written.body["spec"] == made.body["spec"]
    found = api.get("Backup", "b1")
    assert found.body["status"] == STATUS and int(found.version) > int(made.version)


@case("a status under an older version is a Conflict")
def _(api):
    made = restore(api)
    change = {"metadata": {"resourceVersion": made.version}, "status": {"phase": "Running"}}
    assert api.patch("Restore", "r1", change, "status").code == 200
    assert api.patch("Restore", "r1", {**change, "status": {"phase": "Failed"}}, "status").code == 409
    assert api.get("Backup", "b1").code == 404


@case("a status in a patch of the record itself is ignored")
def _(api):
    backup(api)
    change = '{"status":{"phase":"Succeeded"},"metadata":{"annotations":{"a":"b"}}}'
    patched = api.other("PATCH", api.path("Backup", "b1"), change, "application/merge-patch+json")
    assert patched.code == 200 and "status" not in patched.body


@case("metadata and spec in a patch of the status are ignored")
def _(api):
    backup(api)
    change = '{"status":{"phase":"Running"},"spec":{"pvc":"other"},"metadata":{"annotations":{"a":"b"},' \
             '"finalizers":["soteria.dev/operation"]}}'
    patched = api.other("PATCH", api.path("Backup", "b1", "status"), change, "application/merge-patch+json")
    assert patched.body["spec"]["pvc"] == "data" and "finalizers" not in patched.body["metadata"]


@case("a member of the status goes with null, and lists are replaced whole")
def _(api):
    made = backup(api)
    written = api.patch("Backup", "b1", {"metadata": {"resourceVersion": made.version}, "status": STATUS}, "status")
    change = {"metadata": {"resourceVersion": written.version}, "status": {"steps": []}}
    emptied = api.patch("Backup", "b1", change, "status")
    gone = api.other("PATCH", api.path("Backup", "b1", "status"), '{"status":{"progress":null}}',
                     "application/merge-patch+json")
    assert emptied.body["status"]["steps"] == [] and "progress" not in gone.body["status"]


@case("a status with a phase that there is not is refused by the schema")
def _(api):
    made = backup(api)
    change = {"metadata": {"resourceVersion": made.version}, "status": {"phase": "Sleeping"}}
    assert api.patch("Backup", "b1", change, "status").code == 422


@case("a status that changes nothing keeps the version")
def _(api):
    made = backup(api)
    first = api.patch("Backup", "b1", {"metadata": {"resourceVersion": made.version}, "status": STATUS}, "status")
    again = api.patch("Backup", "b1", {"metadata": {"resourceVersion": first.version}, "status": STATUS}, "status")
    assert again.version == first.version


# --- leases

@case("a lease is renewed under its version, and keeps what the patch leaves out")
def _(api):
    spec = {"holderIdentity": "one", "leaseDurationSeconds": 15, "leaseTransitions": 0,
            "acquireTime": "2026-04-12T15:30:00.123456Z", "renewTime": "2026-04-12T15:30:00.123456Z"}
    made = api.create("Lease", "soteria", spec=spec)
    change = {"metadata": {"resourceVersion": made.version}, "spec": {
        "holderIdentity": "one", "leaseDurationSeconds": 15, "renewTime": "2026-04-12T15:30:05.000001Z"}}
    renewed = api.patch("Lease", "soteria", change)
    assert renewed.code == 200 and renewed.body["spec"]["acquireTime"] == spec["acquireTime"]


@case("of two that take a lease over at once one gets a Conflict")
def _(api):
    made = lease(api, "soteria")
    first = api.patch("Lease", "soteria", {"metadata": {"resourceVersion": made.version},
                                           "spec": {"holderIdentity": "two"}})
    second = api.patch("Lease", "soteria", {"metadata": {"resourceVersion": made.version},
                                            "spec": {"holderIdentity": "three"}})
    assert (first.code, second.code) == (200, 409)
    assert api.get("Lease", "soteria").body["spec"]["holderIdentity"] == "two"


@case("a lease keeps its times to the microsecond")
def _(api):
    made = api.create("Lease", "soteria", spec={"holderIdentity": "one", "renewTime": "2026-04-12T15:30:00.000001Z"})
    assert made.body["spec"]["renewTime"] == "2026-04-12T15:30:00.000001Z"


@case("a lease with a time that is none is refused")
def _(api):
    assert api.create("Lease", "soteria", spec={"holderIdentity": "one", "renewTime": "now"}).code == 400


@case("a lease that lasts no time is refused")
def _(api):
    assert api.create("Lease", "soteria", spec={"holderIdentity": "one", "leaseDurationSeconds": 0}).code == 422


@case("the leases of one namespace are listed by name")
def _(api):
    for name in ("slot-b", "slot-a", "soteria"):
        lease(api, name)
    assert api.list("Lease", limit=2000).names == ["slot-a", "slot-b", "soteria"]


# --- delete, preconditions, finalizers

for kind, make in (("Backup", backup), ("Restore", restore), ("Lease", lease)):

    @case(f"a {kind} is deleted at once with its uid, and a second time there is none")
    def _(api, make=make, kind=kind):
        made = make(api)
        name = made.body["metadata"]["name"]
        path = api.path(kind, name)
        body = json.dumps({"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"uid": made.uid},
                           "propagationPolicy": "Background"})
        for status in (200, 404):
            if kind == "Lease":
                assert api.delete(kind, name, made.uid).code == status
            else:
                assert api.other("DELETE", path, body).code == status
        assert api.other("GET", path).code == 404


for kind, make in (("Lease", lease), ("PersistentVolumeClaim", claim), ("PersistentVolume", volume)):

    @case(f"a {kind} that was made anew is not deleted with the older one's uid")
    def _(api, make=make, kind=kind):
        made = make(api)
        settled(api, kind)
        name = made.body["metadata"]["name"]
        stranger = "00000000-0000-4000-8000-000000000000"
        refused = api.other("DELETE", api.path(kind, name), json.dumps({
            "apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"uid": stranger}}))
        assert refused.code == 409 and refused.reason == "Conflict"
        assert api.other("GET", api.path(kind, name)).body["metadata"]["uid"] == made.uid


@case("a deletion under an older version is a Conflict")
def _(api):
    made = backup(api)
    api.patch("Backup", "b1", finalizers(api, made, OURS))
    body = json.dumps({"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"resourceVersion": made.version}})
    refused = api.other("DELETE", api.path("Backup", "b1"), body)
    assert refused.code == 409
    api.patch("Backup", "b1", {"metadata": {"finalizers": []}})


@case("a record with a finalizer stays, with the time of its first deletion, until the finalizer goes")
def _(api):
    made = backup(api)
    api.patch("Backup", "b1", finalizers(api, made, OURS))
    deleted = api.other("DELETE", api.path("Backup", "b1"))
    assert deleted.code == 200 and deleted.body["metadata"]["deletionTimestamp"]
    again = api.other("DELETE", api.path("Backup", "b1"))
    assert again.body["metadata"]["deletionTimestamp"] == deleted.body["metadata"]["deletionTimestamp"]
    assert again.version == deleted.version
    found = api.get("Backup", "b1")
    last = api.patch("Backup", "b1", finalizers(api, found))
    assert last.code == 200 and "finalizers" not in last.body["metadata"]
    assert api.get("Backup", "b1").code == 404


@case("a status can still be written while the record is being deleted")
def _(api):
    made = restore(api)
    api.patch("Restore", "r1", finalizers(api, made, OURS))
    api.other("DELETE", api.path("Restore", "r1"))
    found = api.other("GET", api.path("Restore", "r1"))
    change = {"metadata": {"resourceVersion": found.version}, "status": {"phase": "RollingBack", "direction": "Undoing"}}
    assert api.patch("Restore", "r1", change, "status").code == 200
    assert api.patch("Restore", "r1", {"metadata": {"finalizers": []}}).code == 200
    assert api.other("GET", api.path("Restore", "r1")).code == 404


@case("no finalizer can be added to what is being deleted")
def _(api):
    made = backup(api)
    api.patch("Backup", "b1", finalizers(api, made, "example.dev/theirs"))
    api.other("DELETE", api.path("Backup", "b1"))
    refused = api.patch("Backup", "b1", {"metadata": {"finalizers": ["example.dev/theirs", OURS]}})
    assert refused.code == 422
    api.patch("Backup", "b1", {"metadata": {"finalizers": []}})


@case("the finalizer of another stays when ours goes")
def _(api):
    made = backup(api)
    both = api.patch("Backup", "b1", finalizers(api, made, "example.dev/theirs", OURS))
    api.other("DELETE", api.path("Backup", "b1"))
    found = api.get("Backup", "b1")
    left = api.patch("Backup", "b1", finalizers(api, found, "example.dev/theirs"))
    assert left.code == 200 and api.get("Backup", "b1").code == 200 and both.uid == left.uid
    api.patch("Backup", "b1", {"metadata": {"finalizers": []}})


for kind, make in (("Backup", backup), ("Lease", lease)):

    @case(f"a finalizer of a {kind} that is no qualified name is refused")
    def _(api, make=make, kind=kind):
        made = make(api)
        path = api.path(kind, made.body["metadata"]["name"])
        for word, accepted in (("not qualified", False), ("a/b/c", False), ("unprefixed", True)):
            change = json.dumps({"metadata": {"finalizers": [word]}})
            code = api.other("PATCH", path, change, "application/merge-patch+json").code
            assert (code == 200) == accepted, word


@case("no finalizer can be added to a claim that is being deleted")
def _(api):
    claim(api)
    path, merge = api.path("PersistentVolumeClaim", "copy"), "application/merge-patch+json"
    api.other("PATCH", path, '{"metadata":{"finalizers":["kubernetes.io/pvc-protection","example.dev/a"]}}', merge)
    api.other("DELETE", path)
    api.wait("the protection goes", "PersistentVolumeClaim", "copy",
             lambda found: found["metadata"]["finalizers"] == ["example.dev/a"])
    refused = api.other("PATCH", path, '{"metadata":{"finalizers":["example.dev/a","example.dev/b"]}}', merge)
    assert refused.code == 422
    api.other("PATCH", path, '{"metadata":{"finalizers":null}}', merge)
    api.wait_gone("PersistentVolumeClaim", "copy")


@case("made anew under the same name it is another object")
def _(api):
    first = lease(api)
    api.delete("Lease", "slot-1", first.uid)
    second = lease(api)
    assert second.uid != first.uid
    assert api.delete("Lease", "slot-1", first.uid).code == 409


@case("a claim that nothing uses goes when it is deleted with its uid")
def _(api):
    made = claim(api)
    answered = api.delete("PersistentVolumeClaim", "copy", made.uid)
    assert answered.code == 200 and answered.body["metadata"]["deletionTimestamp"]
    api.wait_gone("PersistentVolumeClaim", "copy")
    assert api.delete("PersistentVolumeClaim", "copy", made.uid).code == 404


@case("a claim that a Pod uses stays until the Pod is gone")
def _(api):
    made = bound(api)
    api.admin.create({"kind": "Pod", "metadata": {"name": "user", "namespace": api.namespace}, "spec": {
        "nodeName": "node-1", "containers": [{"name": "c", "image": "none"}],
        "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "copy"}}]}})
    api.delete("PersistentVolumeClaim", "copy", made.uid)
    found = api.get("PersistentVolumeClaim", "copy")
    assert found.body["metadata"]["deletionTimestamp"] and found.body["status"]["phase"] == "Bound"
    api.admin.delete("Pod", "user", api.namespace, gracePeriodSeconds=0)
    api.wait_gone("PersistentVolumeClaim", "copy")


@case("a volume that is bound stays until its claim is gone")
def _(api):
    made = bound(api)
    api.admin.delete("PersistentVolume", volume_name(api))
    found = api.get("PersistentVolume", volume_name(api))
    assert found.body["metadata"]["deletionTimestamp"] and found.body["status"]["phase"] == "Bound"
    api.delete("PersistentVolumeClaim", "copy", made.uid)
    api.wait_gone("PersistentVolumeClaim", "copy")
    api.wait_gone("PersistentVolume", volume_name(api))


@case("options of a deletion that are none are refused")
def _(api):
    backup(api)
    body = json.dumps({"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Sideways"})
    assert api.other("DELETE", api.path("Backup", "b1"), body).code == 422


# --- lists and paging

@case("a list of nothing has items, and a version to watch from")
def _(api):
    for kind in ("Backup", "Restore", "PersistentVolumeClaim", "PersistentVolume"):
        listed = api.list(kind)
        assert listed.names == [] and listed.body["metadata"]["resourceVersion"] and not listed.token


def five(api):
    for name in ("c", "a", "e", "b", "d"):
        backup(api, name=name)


@case("pages come in the order of names, each with the version of the first, the last without a token")
def _(api):
    five(api)
    pages = [api.list("Backup", limit=2)]
    while pages[-1].token:
        pages.append(api.list("Backup", limit=2, token=pages[-1].token))
    assert [page.names for page in pages] == [["a", "b"], ["c", "d"], ["e"]]
    assert len({page.body["metadata"]["resourceVersion"] for page in pages}) == 1


@case("a page that is just full is the last")
def _(api):
    five(api)
    assert not api.list("Backup", limit=5).token
    assert api.list("Backup", limit=4).token


@case("what changes between two pages does not show in the second")
def _(api):
    five(api)
    first = api.list("Backup", limit=2)
    api.admin.delete("Backup", "c", api.namespace)
    api.patch("Backup", "d", {"metadata": {"annotations": {"changed": "yes"}}})
    backup(api, name="bb")
    second = api.list("Backup", limit=5, token=first.token)
    assert second.names == ["c", "d", "e"] and "annotations" not in second.body["items"][1]["metadata"]
    assert api.list("Backup").names == ["a", "b", "bb", "d", "e"]


@case("claims of all namespaces are listed by namespace and name")
def _(api):
    with api.admin.temporary_namespace("another") as other:
        for namespace, name in ((api.namespace, "b"), (other, "z"), (api.namespace, "a")):
            api.admin.claim(namespace, name, storage_class="")
        listed = api.admin.list("PersistentVolumeClaim")
        assert [item["metadata"]["name"] for item in listed] == ["z", "a", "b"]
        for name, namespace in (("z", other), ("a", api.namespace)):
            api.admin.delete("PersistentVolumeClaim", name, namespace)
        api.wait_gone("PersistentVolumeClaim", "a")
    assert api.list("PersistentVolumeClaim").names == ["b"]


@case("volumes are listed by name, page by page")
def _(api):
    for name in ("b", "a", "c"):
        volume(api, name)
    for name in ("b", "a", "c"):
        api.wait("the volume is available", "PersistentVolume", volume_name(api, name), is_available)
    first = api.list("PersistentVolume", limit=2)
    second = api.list("PersistentVolume", limit=2, token=first.token)
    assert first.names + second.names == [volume_name(api, name) for name in ("a", "b", "c")]


@case("a page's token that is older than the server remembers is Expired, with a token to go on by", uncached=True)
def _(api):
    five(api)
    first = api.list("Backup", limit=2)
    backup(api, name="later")
    api.server.forget()
    expired = api.list("Backup", limit=2, token=first.token)
    assert expired.code == 410 and expired.reason == "Expired"
    backup(api, name="latest")
    rest = api.list("Backup", limit=9, token=expired.token)
    assert rest.names == ["c", "d", "e", "later", "latest"]


@case("a list of a version that the server has forgotten is Expired", uncached=True)
def _(api):
    made = backup(api)
    backup(api, name="b2")
    api.server.forget()
    refused = api.other("GET", "/apis/soteria.dev/v1alpha1/backups", resourceVersion=made.version,
                        resourceVersionMatch="Exact")
    assert refused.code == 410 and refused.reason == "Expired"


@case("a token that is none is refused")
def _(api):
    five(api)
    refused = api.other("GET", "/apis/soteria.dev/v1alpha1/backups", limit=2, **{"continue": "nonsense"})
    assert refused.code == 400


@case("a token of a version that there never was is refused")
def _(api):
    five(api)
    token = base64.urlsafe_b64encode(b'{"v":"meta.k8s.io/v2","rv":1,"start":"x"}').decode().rstrip("=")
    assert api.other("GET", "/apis/soteria.dev/v1alpha1/backups", limit=2, **{"continue": token}).code == 400


@case("a limit that is no number is refused")
def _(api):
    assert api.other("GET", "/apis/soteria.dev/v1alpha1/backups", limit="many").code == 400


@case("a list by label shows what carries it")
def _(api):
    for name, label in (("a", "x"), ("b", "y"), ("c", "x")):
        api.admin.claim(api.namespace, name, labels={"app": label}, storage_class="")
    assert api.other("GET", api.path("PersistentVolumeClaim"), labelSelector="app=x").names == ["a", "c"]
    assert api.other("GET", api.path("PersistentVolumeClaim"), labelSelector="app!=x").names == ["b"]
    assert api.other("GET", api.path("PersistentVolumeClaim"), labelSelector="=").code == 400


# --- watches

def start_of(api, kind):
    return api.list(kind).body["metadata"]["resourceVersion"]


@case("a watch from a list's version shows every change after it in order")
def _(api):
    with api.watch("Backup", start_of(api, "Backup")) as watch:
        made = backup(api)
        patched = api.patch("Backup", "b1", {"metadata": {"annotations": {"a": "b"}}})
        api.patch("Backup", "b1", {"metadata": {"resourceVersion": patched.version}, "status": {"phase": "Running"}},
                  "status")
        api.admin.delete("Backup", "b1", api.namespace)
        events = watch.take(4)
    assert [event["type"] for event in events] == ["ADDED", "MODIFIED", "MODIFIED", "DELETED"]
    versions = [int(event["object"]["metadata"]["resourceVersion"]) for event in events]
    assert versions == sorted(set(versions)) and made.uid == events[-1]["object"]["metadata"]["uid"]


@case("a watch from an older version shows what happened since")
def _(api):
    version = start_of(api, "Restore")
    made = restore(api)
    api.patch("Restore", "r1", finalizers(api, made, OURS))
    restore(api, name="r2")
    with api.watch("Restore", version) as watch:
        assert [event["type"] for event in watch.take(3)] == ["ADDED", "MODIFIED", "ADDED"]
    api.patch("Restore", "r1", {"metadata": {"finalizers": []}})


@case("a watch from an object's own version begins after it")
def _(api):
    backup(api)
    second = backup(api, name="b2")
    with api.watch("Backup", second.version) as watch:
        backup(api, name="b3")
        assert watch.take(1)[0]["object"]["metadata"]["name"] == "b3"


@case("in a watch, a record with a finalizer is modified by its deletion and gone with the finalizer")
def _(api):
    made = backup(api)
    api.patch("Backup", "b1", finalizers(api, made, OURS))
    with api.watch("Backup", start_of(api, "Backup")) as watch:
        api.other("DELETE", api.path("Backup", "b1"))
        api.patch("Backup", "b1", {"metadata": {"finalizers": []}})
        backup(api, name="b2")
        types = [(event["type"], event["object"]["metadata"]["name"]) for event in watch.take(3)]
    assert types[0] == ("MODIFIED", "b1") and types[-1] == ("ADDED", "b2")


@case("in a watch, what was made anew under the same name is deleted and added, with another uid")
def _(api):
    backup(api)
    with api.watch("Backup", start_of(api, "Backup")) as watch:
        api.admin.delete("Backup", "b1", api.namespace)
        backup(api)
        gone, new = watch.take(2)
    assert (gone["type"], new["type"]) == ("DELETED", "ADDED")
    assert gone["object"]["metadata"]["uid"] != new["object"]["metadata"]["uid"]


@case("a watch shows nothing of other kinds")
def _(api):
    with api.watch("Restore", start_of(api, "Restore")) as watch:
        backup(api)
        lease(api)
        restore(api)
        assert watch.take(1)[0]["object"]["kind"] == "Restore"


@case("a patch that changes nothing cannot be seen in a watch")
def _(api):
    backup(api)
    with api.watch("Backup", start_of(api, "Backup")) as watch:
        api.patch("Backup", "b1", {"metadata": {"annotations": {}}})
        api.patch("Backup", "b1", {"metadata": {"annotations": {"a": "b"}}})
        assert watch.take(1)[0]["object"]["metadata"]["annotations"] == {"a": "b"}


@case("a refused change cannot be seen in a watch")
def _(api):
    made = backup(api)
    api.patch("Backup", "b1", {"metadata": {"annotations": {"a": "b"}}})
    with api.watch("Backup", start_of(api, "Backup")) as watch:
        api.patch("Backup", "b1", finalizers(api, made, OURS))
        backup(api)
        backup(api, name="b2")
        assert watch.take(1)[0]["object"]["metadata"]["name"] == "b2"


@case("a watch of one Lease by its name shows its changes and its end, and nothing of others")
def _(api):
    made = lease(api, "soteria")
    with api.watch_one("Lease", "soteria", made.version) as watch:
        lease(api, "slot-1")
        api.patch("Lease", "soteria", {"metadata": {"resourceVersion": made.version, "annotations": {"soteria.dev/events-from": "1.1"}},
                                       "spec": {"holderIdentity": ""}})
        api.delete("Lease", "soteria", made.uid)
        assert [event["type"] for event in watch.take(2)] == ["MODIFIED", "DELETED"]


@case("a watch ends by itself after its time, and a bookmark tells how far it came")
def _(api):
    version = start_of(api, "Backup")
    with api.watch("Backup", version, seconds=6, bookmarks=True) as watch:
        made = backup(api)
        restore(api)
        watch.take(1)
        rest = watch.rest()
    assert [event["type"] for event in rest] == ["BOOKMARK"], rest
    assert int(rest[0]["object"]["metadata"]["resourceVersion"]) >= int(made.version)
    with api.watch("Backup", watch.last, seconds=20) as again:
        backup(api, name="b2")
        assert again.take(1)[0]["object"]["metadata"]["name"] == "b2"


for kind, make in (("PersistentVolumeClaim", lambda api: claim(api, storage_class="")), ("PersistentVolume", volume),
                   ("Restore", restore)):

    @case(f"a bookmark of a {kind} watch has a version and the kind, and no name")
    def _(api, kind=kind, make=make):
        with api.watch(kind, start_of(api, kind), seconds=6, bookmarks=True) as watch:
            make(api)
            watch.until(lambda type_, found: kind != "PersistentVolume" or is_available(found))
            rest = watch.rest()
        assert rest[-1]["object"]["kind"] == kind and "name" not in rest[-1]["object"]["metadata"]


@case("without asking for them there are no bookmarks")
def _(api):
    with api.other_watch("Backup", resourceVersion=start_of(api, "Backup"), timeoutSeconds=3) as watch:
        backup(api)
        watch.take(1)
        assert watch.rest() == []


@case("a watch may begin with what is there, and a bookmark marks its end")
def _(api):
    backup(api, name="b2")
    backup(api, name="b1")
    with api.other_watch("Backup", allowWatchBookmarks="true", sendInitialEvents="true",
                         resourceVersionMatch="NotOlderThan") as watch:
        first = watch.take(3)
        backup(api, name="b3")
        watch.take(1)
    assert [event["type"] for event in first] == ["ADDED", "ADDED", "BOOKMARK"]
    assert first[-1]["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}


@case("a watch that is cut in the middle of a line goes on from its last version without losing anything")
def _(api):
    version = start_of(api, "Backup")
    proxy = api.through_proxy()
    with api.watch("Backup", version) as watch:
        backup(api)
        watch.take(1)
        proxy.cut()
        watch.rest()
        assert watch.cut_off
    made = backup(api, name="b2")
    api.patch("Backup", "b2", finalizers(api, made))
    api.admin.delete("Backup", "b1", api.namespace)
    with api.watch("Backup", watch.last) as again:
        assert [event["type"] for event in again.take(2)] == ["ADDED", "DELETED"]


@case("a watch from a version that the server has forgotten ends with Expired, and a new list helps", uncached=True)
def _(api):
    version = start_of(api, "Backup")
    backup(api)
    backup(api, name="b2")
    api.server.forget()
    with api.watch("Backup", version) as watch:
        event = watch.rest()[0]
        assert event["type"] == "ERROR" and event["object"]["code"] == 410 and event["object"]["reason"] == "Expired"
    with api.watch("Backup", start_of(api, "Backup")) as again:
        backup(api, name="b3")
        assert again.take(1)[0]["object"]["metadata"]["name"] == "b3"


@case("a watch from a version that is no number is refused")
def _(api):
    assert api.other("GET", "/apis/soteria.dev/v1alpha1/backups", watch="true", resourceVersion="new").code >= 400


@case("a watch by label shows a change of the label as added or deleted")
def _(api):
    version = start_of(api, "Backup")
    with api.other_watch("Backup", resourceVersion=version, labelSelector="app=x") as watch:
        backup(api)
        api.other("PATCH", api.path("Backup", "b1"), '{"metadata":{"labels":{"app":"x"}}}', "application/merge-patch+json")
        api.other("PATCH", api.path("Backup", "b1"), '{"metadata":{"labels":{"app":"y"}}}', "application/merge-patch+json")
        assert [event["type"] for event in watch.take(2)] == ["ADDED", "DELETED"]


@case("a claim's watch tells when it is bound and to what")
def _(api):
    api.admin.storage_class()
    with api.watch("PersistentVolumeClaim", start_of(api, "PersistentVolumeClaim")) as watch:
        made = claim(api, volume=volume_name(api))
        volume(api, uid=made.uid)
        event = watch.until(lambda kind, found: is_bound(found))
    assert event["type"] == "MODIFIED" and event["object"]["spec"]["volumeName"] == volume_name(api)


@case("a volume's watch tells when it is bound and to what")
def _(api):
    api.admin.storage_class()
    made = claim(api, volume=volume_name(api))
    with api.watch("PersistentVolume", start_of(api, "PersistentVolume")) as watch:
        volume(api, uid=made.uid)
        event = watch.until(lambda kind, found: is_bound(found))
    assert event["object"]["spec"]["claimRef"]["uid"] == made.uid


# --- claims and volumes: who binds to whom

@case("a volume with the claim's uid binds to it, whatever it waits for")
def _(api):
    made = bound(api)
    found = api.get("PersistentVolumeClaim", "copy")
    held = api.get("PersistentVolume", volume_name(api))
    assert found.body["status"]["phase"] == held.body["status"]["phase"] == "Bound"
    assert held.body["spec"]["claimRef"]["uid"] == made.uid == found.uid


@case("a bound claim has the size of its volume, not the one it asked for")
def _(api):
    bound(api, size="2Gi")
    found = api.get("PersistentVolumeClaim", "copy")
    assert found.body["status"]["capacity"]["storage"] == "2Gi"


@case("a class that waits for its first consumer does not keep a reserved pair from binding")
def _(api):
    api.admin.storage_class("longhorn-late", binding="WaitForFirstConsumer")
    made = claim(api, volume=volume_name(api), storage_class="longhorn-late")
    volume(api, uid=made.uid, storageClassName="longhorn-late")
    api.wait("the claim is bound", "PersistentVolumeClaim", "copy", is_bound)
    api.get("PersistentVolumeClaim", "copy")


@case("a volume reserved by name alone binds the claim of that name and takes its uid")
def _(api):
    api.admin.storage_class()
    volume(api)
    made = claim(api, volume=volume_name(api))
    api.wait("the claim is bound", "PersistentVolumeClaim", "copy", is_bound)
    api.wait("the volume is bound", "PersistentVolume", volume_name(api), is_bound)
    assert api.get("PersistentVolume", volume_name(api)).body["spec"]["claimRef"]["uid"] == made.uid


@case("a volume reserved for another uid is Released, and the claim of that name stays Pending")
def _(api):
    api.admin.storage_class()
    claim(api, volume=volume_name(api))
    volume(api, uid="00000000-0000-4000-8000-000000000000")
    api.wait("the volume is released", "PersistentVolume", volume_name(api),
             lambda found: found and found["status"].get("phase") == "Released")
    assert api.get("PersistentVolumeClaim", "copy").body["status"]["phase"] == "Pending"
    assert api.get("PersistentVolume", volume_name(api)).body["status"]["phase"] == "Released"


@case("a claim whose volume is not there yet is Pending")
def _(api):
    api.admin.storage_class()
    claim(api, volume="not-there")
    api.wait("the claim is pending", "PersistentVolumeClaim", "copy",
             lambda found: found["status"].get("phase") == "Pending")
    found = api.get("PersistentVolumeClaim", "copy")
    assert found.body["spec"]["volumeName"] == "not-there" and "capacity" not in found.body["status"]


@case("a volume that nobody claims is Available")
def _(api):
    api.admin.volume(volume_name(api), reclaim="Retain")
    settled(api, "PersistentVolume")
    api.get("PersistentVolume", volume_name(api))


@case("a retained volume is Released when its claim is gone, and keeps the old claim's uid")
def _(api):
    made = bound(api)
    api.delete("PersistentVolumeClaim", "copy", made.uid)
    api.wait_gone("PersistentVolumeClaim", "copy")
    api.wait("the volume is released", "PersistentVolume", volume_name(api),
             lambda found: found["status"].get("phase") == "Released")
    found = api.get("PersistentVolume", volume_name(api))
    assert found.body["spec"]["claimRef"]["uid"] == made.uid


@case("a claim made anew does not get the volume that its forerunner left")
def _(api):
    made = bound(api)
    api.delete("PersistentVolumeClaim", "copy", made.uid)
    api.wait_gone("PersistentVolumeClaim", "copy")
    claim(api, volume=volume_name(api))
    api.wait("the volume is released", "PersistentVolume", volume_name(api),
             lambda found: found["status"].get("phase") == "Released")
    api.wait("the claim is pending", "PersistentVolumeClaim", "copy",
             lambda found: found["status"].get("phase") == "Pending")
    api.get("PersistentVolumeClaim", "copy")


@case("a claim whose volume vanished is Lost")
def _(api):
    bound(api)
    api.admin.delete("PersistentVolume", volume_name(api))
    api.admin.patch("PersistentVolume", volume_name(api), {"metadata": {"finalizers": None}})
    api.wait("the claim is lost", "PersistentVolumeClaim", "copy",
             lambda found: found["status"].get("phase") == "Lost")
    assert api.get("PersistentVolumeClaim", "copy").body["status"]["phase"] == "Lost"


@case("a volume's source cannot be changed, its reclaim policy can")
def _(api):
    volume(api)
    settled(api, "PersistentVolume")
    path = api.path("PersistentVolume", volume_name(api))
    merge = "application/merge-patch+json"
    assert api.other("PATCH", path, '{"spec":{"csi":{"volumeHandle":"other"}}}', merge).code == 422
    changed = api.other("PATCH", path, '{"spec":{"persistentVolumeReclaimPolicy":"Delete"}}', merge)
    assert changed.code == 200


@case("a claim's spec cannot be changed once it is there")
def _(api):
    claim(api)
    path = api.path("PersistentVolumeClaim", "copy")
    refused = api.other("PATCH", path, '{"spec":{"accessModes":["ReadWriteMany"]}}', "application/merge-patch+json")
    assert refused.code == 422


# --- owners

def dependent(api, name, owner, uid=None, kind="Backup"):
    api.admin.create({"kind": "ConfigMap", "metadata": {"namespace": api.namespace, "name": name, "ownerReferences": [{
        "apiVersion": "soteria.dev/v1alpha1", "kind": kind, "name": owner.body["metadata"]["name"],
        "uid": uid or owner.uid}]}})


@case("what an object owns is collected after it, what others own is not")
def _(api):
    owner, other = backup(api), backup(api, name="b2")
    dependent(api, "owned", owner)
    dependent(api, "others", other)
    api.admin.delete("Backup", "b1", api.namespace, propagationPolicy="Background")
    api.wait_gone("ConfigMap", "owned")
    assert api.other("GET", api.path("ConfigMap", "others")).code == 200


@case("what names an owner with another uid is collected")
def _(api):
    owner = backup(api)
    dependent(api, "owned", owner, uid="00000000-0000-4000-8000-000000000000")
    api.wait_gone("ConfigMap", "owned")
    assert api.get("Backup", "b1").code == 200


@case("what an object owns stays without an owner if it is deleted as an orphan")
def _(api):
    owner = backup(api)
    dependent(api, "owned", owner)
    api.admin.delete("Backup", "b1", api.namespace, propagationPolicy="Orphan")
    api.wait_gone("Backup", "b1")
    found = api.other("GET", api.path("ConfigMap", "owned"))
    assert found.code == 200 and "ownerReferences" not in found.body["metadata"]


@case("a claim without an owner outlives the record that made it")
def _(api):
    owner = restore(api)
    bound(api)
    api.admin.delete("Restore", "r1", api.namespace, propagationPolicy="Background")
    dependent(api, "owned", owner, kind="Restore")
    api.wait_gone("ConfigMap", "owned")
    assert api.get("PersistentVolumeClaim", "copy").body["status"]["phase"] == "Bound"


@case("a namespace takes everything in it along, but waits for finalizers")
def _(api):
    made = backup(api)
    api.patch("Backup", "b1", finalizers(api, made, OURS))
    restore(api)
    claim(api)
    lease(api)
    api.admin.delete("Namespace", api.namespace)
    api.wait_gone("Restore", "r1")
    api.wait_gone("PersistentVolumeClaim", "copy")
    api.wait_gone("Lease", "slot-1")
    api.wait_deleting("Backup", "b1")
    found = api.get("Backup", "b1")
    assert found.body["metadata"]["deletionTimestamp"]
    api.patch("Backup", "b1", finalizers(api, found))
    assert api.get("Backup", "b1").code == 404
