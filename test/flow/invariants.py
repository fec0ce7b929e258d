"""What must hold whatever happens to the service, once it has come to rest.

(a) No PVC, PV, volume or backup that was there before has changed.
(b) No object of ours is there without a record that accounts for it.
(c) Every accepted operation has ended, and was let go of.
(d) How it ended agrees with what is there.
(e) No client of the event stream has missed an end, or was told of something older after something newer.

Everything is read from Kubernetes, from
Longhorn and from restic's repository; the records are only what that is held against.
"""

from flow.scene import OPERATION
from harness.waiting import eventually

FINAL = ("Succeeded", "Incomplete", "Failed", "Cancelled")
MANAGED = "app.kubernetes.io/managed-by"
ROLE = "soteria.dev/role"
MAY_BE = "had restic finished a snapshot just before that"


def mark(item):
    return item["metadata"].get("annotations", {}).get(OPERATION)


def labels(item):
    return item["metadata"].get("labels", {})


class Invariants:
    """Made before the trouble, when nothing is under way; check() after it. longhorn, restic: the simulated ones, where the
    service has them; readers: harness.events.EventReader."""

    def __init__(self, kubernetes, longhorn=None, restic=None, readers=()):
        self.kubernetes, self.longhorn, self.restic, self.readers = kubernetes, longhorn, restic, readers
        self.accepted = []
        self.before = self._untouchable()
        # Of tests before this one, whose namespaces went with their records.
        self.strays = set(self.unaccounted())

    def accept(self, identity):
        """The operation of an answer 202: from now on it must come to an end."""
        self.accepted.append(identity)
        return identity

    def check(self, replicas=(), seconds=60):
        """Waits for rest, for so many seconds, and fails with all that does not hold. replicas: each must tell the same."""
        eventually("everything has come to rest", self.at_rest, seconds, every=0.2)
        problems = [*self.changed(), *self.new_strays(), *self.disagreeing(), *self.told_wrongly(replicas), *self.missed()]
        assert not problems, "\n".join(problems)
        self.before = self._untouchable()

    # --- (c)

    def at_rest(self):
        found = self.records()
        missing = [identity for identity in self.accepted if identity not in found]
        assert not missing, f"accepted, and there is no record: {missing}"
        open_ones = {identity: (phase(record), record.get("status", {}).get("message")) for identity, record in found.items()
                     if phase(record) not in FINAL}
        assert not open_ones, f"not ended: {open_ones}"
        held = [identity for identity, record in found.items() if record["metadata"].get("finalizers")]
        assert not held, f"ended and not let go of: {held}"
        busy = [*self.slots(), *self.unfinished_jobs(), *self.makers_of_the_repository()]
        assert not busy, f"still there: {busy}"
        return True

    def slots(self):
        return [lease["metadata"]["name"] for lease in self.kubernetes.list("Lease", "soteria")
                if lease["metadata"]["name"].startswith("slot-")]

    def unfinished_jobs(self):
        """Of operations; the repository's listing comes and goes by itself."""
        if not self.restic:
            return []
        def ended(job):
            return any(one["type"] in ("Complete", "Failed") and one["status"] == "True"
                       for one in job.get("status", {}).get("conditions", []))

        return [("Job", job["metadata"]["namespace"], job["metadata"]["name"]) for job in self.kubernetes.list("Job")
                if self._works_for_an_operation(job) and not ended(job)]

    def makers_of_the_repository(self):
        """Of no operation alone: the Job that makes it goes with all that is its when its time is up."""
        return [stray for stray in self.new_strays() if "soteria-init-" in stray]

    def records(self):
        """identity -> record"""
        kinds = (("backup", "Backup"), ("restore", "Restore"))
        return {f"{word}.{one['metadata']['namespace']}.{one['metadata']['name']}": {"kind": kind, **one}
                for word, kind in kinds for one in self.kubernetes.list(kind)}

    # --- (a)

    def _untouchable(self):
        found = {}
        leaving = {each["metadata"]["name"] for each in self.kubernetes.list("Namespace") if "deletionTimestamp" in each["metadata"]}
        for kind in ("PersistentVolumeClaim", "PersistentVolume"):
            for item in self.kubernetes.list(kind):
                meta = item["metadata"]
                if leaving & {meta.get("namespace"), item["spec"].get("claimRef", {}).get("namespace")}:
                    continue
                found[kind, meta.get("namespace", ""), meta["name"]] = {
                    "uid": meta["uid"], "spec": item["spec"], "labels": meta.get("labels"),
                    "annotations": meta.get("annotations"), "deleted": meta.get("deletionTimestamp"),
                    "phase": item.get("status", {}).get("phase")}
        if self.longhorn:
            state = self.longhorn.state()
            for one in state["volumes"]:
                found["LonghornVolume", "", one["name"]] = {name: one[name] for name in ("size", "fromBackup", "replicas")}
            for one in state["backups"]:
                found["LonghornBackup", "", one["name"]] = {name: one.get(name) for name in ("snapshotName", "state", "url")}
            for one in state["snapshots"]:
                if not (one.get("labels") or {}).get(OPERATION):  # our own older ones are tidied away
                    found["LonghornSnapshot", "", one["name"]] = {"volume": one["volume"]}
        return found

    def changed(self):
        after = self._untouchable()
        for one, was in self.before.items():
            if one not in after:
                yield f"(a) {' '.join(one)} was there before, and is gone; it was {was}"
            elif after[one] != was:
                yield f"(a) {' '.join(one)} has changed: it was {was}, and is {after[one]}"

    # --- (b)

    def new_strays(self):
        return [stray for stray in self.unaccounted() if stray not in self.strays]

    def unaccounted(self):
        by_uid = {record["metadata"]["uid"]: record for record in self.records().values()}
        for kind in ("PersistentVolumeClaim", "PersistentVolume"):
            for item in self.kubernetes.list(kind):
                if mark(item):
                    yield from self._account(by_uid, mark(item), kind, item["metadata"]["name"], "Restore")
        for kind in ("Job", "Secret", "Pod"):
            for item in self.kubernetes.list(kind) if self.restic else ():
                if self._works_for_an_operation(item) and mark(item) not in by_uid:
                    yield f"(b) {kind} {item['metadata']['namespace']}/{item['metadata']['name']} has no record"
        yield from self._unaccounted_in_our_namespace(by_uid)
        if self.longhorn:
            yield from self._unaccounted_in_longhorn(by_uid)

    def _works_for_an_operation(self, item):
        return labels(item).get(MANAGED) == "soteria" and labels(item).get(ROLE) != "list"

    def _account(self, by_uid, uid, kind, name, made_by):
        record = by_uid.get(uid)
        if not record:
            yield f"(b) {kind} {name} is marked with {uid}, and there is no such record"
        elif record["kind"] != made_by:
            yield f"(b) {kind} {name} is marked with a {record['kind']}"
        elif phase(record) not in ("Succeeded", "Incomplete") and name not in leftovers(record):
            yield f"(b) {kind} {name} was left behind by {record['metadata']['name']}, which ended as {phase(record)}"

    def _unaccounted_in_our_namespace(self, by_uid):
        for lease in self.kubernetes.list("Lease", "soteria"):
            if lease["metadata"]["name"] != "soteria":
                yield f"(b) the Lease {lease['metadata']['name']} of {lease['spec'].get('holderIdentity')} is still there"
        found = self.records()
        for one in self.kubernetes.list("ConfigMap", "soteria"):
            name, data = one["metadata"]["name"], one.get("data", {})
            if name.startswith("key-") and data.get("operation") not in found:
                yield f"(b) ConfigMap {name} keeps the answer of {data.get('operation')}, which has no record"
            elif name.startswith("leftovers-") and name.removeprefix("leftovers-") in by_uid:
                yield f"(b) ConfigMap {name} speaks of a record that is still there"
            elif not name.startswith(("key-", "leftovers-", "soteria", "kube-root-ca.crt")):
                yield f"(b) nobody knows the ConfigMap {name}"

    def _unaccounted_in_longhorn(self, by_uid):
        restores = {fact(record, "volume"): record for record in by_uid.values() if record["kind"] == "Restore"}
        backups = {fact(record, "snapshot"): record for record in by_uid.values() if record["kind"] == "Backup"}
        state = self.longhorn.state()
        for name in (one["name"] for one in state["volumes"] if one["name"].startswith("soteria-")):
            record = restores.get(name)
            if not record or phase(record) != "Succeeded" and name not in leftovers(record):
                yield f"(b) Longhorn's volume {name} is there for {record and phase(record)}"
        for one in state["snapshots"]:
            uid = (one.get("labels") or {}).get(OPERATION)
            if uid:
                yield from self._account(by_uid, uid, "Longhorn's snapshot", one["name"], "Backup")
        for one in state["backups"]:
            record = backups.get(one["snapshotName"])
            if one["snapshotName"].startswith("soteria-backup-") and not (record and phase(record) == "Succeeded"):
                yield f"(b) Longhorn's backup {one['name']} of {one['snapshotName']} is there for {record and phase(record)}"

    # --- (d)

    def disagreeing(self):
        for identity, record in self.records().items():
            for problem in self._disagrees(record):
                yield f"(d) {identity} ended as {phase(record)}, but {problem}"

    def _disagrees(self, record):
        of_restic = bool(fact(record, "job_name")) or fact(record, "driver") == "restic" or not self.longhorn
        good = phase(record) in ("Succeeded", "Incomplete")
        if record["kind"] == "Backup":
            return self._restics_backup(record, good) if of_restic else self._longhorns_backup(record, good)
        return self._restics_restore(record, good) if of_restic else self._longhorns_restore(record, good)

    def _longhorns_backup(self, record, good):
        name = fact(record, "snapshot")
        made = [one for one in self.longhorn.backups() if name and one["snapshotName"] == name]
        if not good:
            return
        if [one["state"] for one in made] != ["Completed"] or not made[0]["url"]:
            yield f"Longhorn has {made}"
        elif record["status"]["result"]["backup"] != made[0]["name"]:
            yield f"it names {record['status']['result']}, and Longhorn has {made[0]['name']}"

    def _longhorns_restore(self, record, good):
        claim, volume = self._target(record)
        if not good:
            return
        source = self.longhorn.volumes().get(fact(record, "volume"))
        bound = claim and volume and claim["spec"].get("volumeName") == volume["metadata"]["name"]
        if not bound or claim["status"]["phase"] != "Bound" or volume["spec"]["claimRef"]["uid"] != claim["metadata"]["uid"]:
            yield f"its claim and its PV are {claim} {volume}"
        elif not source or volume["spec"]["csi"]["volumeHandle"] != fact(record, "volume"):
            yield f"the PV is on {volume['spec']['csi']}, and Longhorn's volume is {source}"
        elif source["restoreRequired"] or f"backup={fact(record, 'backup')}" not in source["fromBackup"]:
            yield f"Longhorn's volume is {source}"

    def _restics_backup(self, record, good):
        uid = record["metadata"]["uid"]
        made = [one for one in self.restic.all_snapshots() if f"soteria:op={uid}" in one["tags"]]
        told = record.get("status", {}).get("result", {}).get("backup")
        if good and (len(made) != 1 or told not in (made[0]["id"], made[0]["original"])):
            yield f"it names {told}, and the repository has {made}"
        elif good and phase(record) == "Incomplete" and "soteria:incomplete" not in made[0]["tags"]:
            yield f"its snapshot is not marked: {made}"
        elif not good:
            # One that was made just before the end is kept, and named; or it is said that there may be one.
            message = record.get("status", {}).get("message", "")
            yield from (f"its snapshot {one['id']} is not named in {message!r}" for one in made
                        if one["id"][:8] not in message and MAY_BE not in message)

    def _restics_restore(self, record, good):
        claim, _ = self._target(record)
        kept_nothing = not record["spec"].get("targetPvc")  # a restore test
        if not good or kept_nothing:
            return
        written = claim and self.restic.restored(claim["metadata"]["uid"])
        if not written or written["snapshot"] != fact(record, "backup"):
            yield f"its claim is {claim}, and was written {written}"

    def _target(self, record):
        """(PVC, PV) that carry its mark."""
        uid = record["metadata"]["uid"]
        return [next((item for item in self.kubernetes.list(kind) if mark(item) == uid), None)
                for kind in ("PersistentVolumeClaim", "PersistentVolume")]

    def told_wrongly(self, replicas):
        """Each replica says of each operation what its record says, as soon as its watch has passed it."""
        for replica in replicas:
            def agree(replica=replica):
                told = {one["id"]: one["phase"] for one in all_operations(replica)}
                found = {identity: phase(record) for identity, record in self.records().items()}
                assert told == found, {each: (told.get(each), found.get(each)) for each in told.keys() | found.keys()
                                       if told.get(each) != found.get(each)}
                return True

            try:
                eventually(f"{replica.name} tells how the operations ended", agree, 10)
            except AssertionError as error:
                yield f"(d) {error}"

    # --- (e)

    def missed(self):
        ends = {identity: phase(record) for identity, record in self.records().items()}
        for reader in self.readers:
            try:
                eventually(f"{reader.name} has been told of every end", lambda: knows_all(reader, ends), 20)
            except AssertionError as error:
                yield f"(e) {error}"
            yield from (f"(e) {wrong}" for wrong in reader.wrong)


def knows_all(reader, ends):
    missed = reader.missed(ends)
    assert not missed, f"(told, ended): {missed}"
    return True


def all_operations(replica):
    more = ""
    while True:
        page = replica.json("GET", f"/v1/operations?limit=500{more}")
        yield from page["operations"]
        if not page.get("continue"):
            return
        more = f"&continue={page['continue']}"


def phase(record):
    return record.get("status", {}).get("phase")


def fact(record, name):
    return record.get("status", {}).get("facts", {}).get(name, "")


def leftovers(record):
    return [one["name"] for one in record.get("status", {}).get("leftovers", [])]
