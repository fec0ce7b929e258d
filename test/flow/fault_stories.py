"""What is asked of the service in the fault suite, and what must hold afterwards whatever went wrong on the way.

A story is told in a Place of its own: `arm()` is called right before the part of it in which its calls are made, and returns at
once. It returns what the user was told, in a few words.
"""

import base64
import hashlib
import re

from flow.fault_world import FINAL, LEASE_SECONDS, ROBOT
from harness import waiting

# A time limit of the operation (20 s), what its rollback waits, and patience.
LONGEST_OPERATION = 60
UNKNOWN = ("outcome_unknown",)  # whether it was accepted, the caller has to look
TARGET = "copy"


def eventually(what, predicate, seconds):
    """Asks less often than most tests: there are many worlds."""
    return waiting.eventually(what, predicate, seconds, every=0.1)



class Story:
    """own: the purposes of the calls that are this story's. Calls that several stories make are the first one's."""

    # Calls that go on beside any story belong to the stories that name them.
    BESIDE = r"reflector|lease/.*|poller/refresh|events/.*|orphans/.*|record/event|catalogue/.*|history/.*|claim/.*"

    def __init__(self, name, driver, own=rf"(?!({BESIDE})$).*", where=None, good=None):
        self.name, self.driver, self.own, self.where, self.good = name, driver, own, where, good

    def owns(self, call):
        swept = call.purpose == "slot/look" and call.verb == "list"
        return bool(re.fullmatch(self.own, call.purpose)) and self.where in (None, call.where) and not swept

    def tell(self, world, arm):
        raise NotImplementedError


class Operation(Story):
    """A backup or a restore from its POST to its end."""

    def __init__(self, name, driver, kind, good="Succeeded", **keywords):
        super().__init__(name, driver, good=good, **keywords)
        self.kind = kind

    def request(self, place):
        body = {"namespace": place.namespace, "pvc": "data", "driver": place.driver}
        if self.kind == "backup":
            return "/v1/backup", body
        if self.kind == "restore_test":
            return "/v1/restore-test", {"snapshot": place.older, **body}
        return "/v1/restores", {"snapshot": place.older, "target_pvc": TARGET, **body}

    def tell(self, world, arm):
        place = world.place(self.driver)
        self.set_up(world, place)
        before, records = place.things(), {one["metadata"]["uid"] for one in place.records()}
        told = self.happen(world, place, arm)
        return self.settle(world, place, before, records, told)

    def set_up(self, world, place):
        """What must be there before."""

    def happen(self, world, place, arm):
        """Asks; "" or what was answered instead of 202."""
        arm()
        return ask(world, *self.request(place))

    def settle(self, world, place, before, records, told):
        mine = [one for one in place.records() if one["metadata"]["uid"] not in records]
        assert len(mine) <= 1, f"one request, {len(mine)} records"
        assert mine or told, "it was accepted, and there is no record"
        phase = ""
        if mine:
            record = wait_ended(world, mine[0], place)
            phase = record["status"]["phase"]
            assert not told or told.split()[1] in UNKNOWN, f"it was refused ({told}), and it is there: {record['status']}"
            assert not record["status"].get("leftovers"), record["status"]["leftovers"]
            shown = world.json("GET", f"/v1/operations/{self.kind.split('_')[0]}.{place.namespace}.{mine[0]['metadata']['name']}")
            assert shown["phase"] == phase, f"shown as {shown['phase']}, recorded as {phase}"
        check_place(self.kind, place, phase, before)
        check_older(world, place)
        return ", ".join(filter(None, [told, ended_as(record) if mine else ""]))


class Cancelled(Operation):
    """One that stands still half-way and is cancelled there."""

    def happen(self, world, place, arm):
        self.hold(world)
        told = ask(world, *self.request(place))
        assert not told, told
        record, = place.records()
        self.wait_held(world, place, record)
        arm()
        identity = f"{self.kind}.{place.namespace}.{record['metadata']['name']}"
        refused = ask(world, "/v1/operations/" + identity + "/cancel")
        if refused:
            self.go_on(world)
        return f"cancel: {refused}" if refused else ""

    def settle(self, world, place, before, records, told):
        refused = told.startswith("cancel")
        said = super().settle(world, place, before, records, "")
        self.go_on(world)
        assert refused or said == "Cancelled", f"its cancel was accepted, and it ended as {said}"
        return ", ".join(filter(None, [told, said]))

    def hold(self, world):
        if self.driver == "restic":
            world.restic.pod_fault("stalled", job=f"soteria-{self.kind}-")
        else:
            world.longhorn.fault(do=f"stall_{self.kind}", at=40, times=0)

    def wait_held(self, world, place, record):
        reason = {"backup": "WaitBackup", "restore": "WaitRestore" if self.driver == "restic" else "WaitRestored"}[self.kind]

        def held():
            now = world.kubernetes.get(record["kind"], record["metadata"]["name"], place.namespace)
            return now.get("status", {}).get("reason") == reason

        eventually(f"it is at {reason}", held, 30)

    def go_on(self, world):
        world.longhorn.no_faults()
        world.restic.no_faults()


class CancelledLate(Cancelled):
    """A restore that is cancelled while its PersistentVolume is being made."""

    def hold(self, world):
        world.proxies["kubernetes"].rule("hold_after", "POST", "/persistentvolumes[?](?!.*dryRun)", "create_persistent_volume")

    def wait_held(self, world, place, record):
        world.proxies["kubernetes"].wait_held(30)

    def go_on(self, world):
        world.proxies["kubernetes"].release()

    def happen(self, world, place, arm):
        told = super().happen(world, place, arm)
        self.go_on(world)
        return told


class BesideFinished(Operation):
    """A backup of a PVC whose slot a crash has left taken."""

    def set_up(self, world, place):
        answer = world.json("POST", "/v1/backup", body={"namespace": place.namespace, "pvc": "data", "driver": place.driver})
        record, = place.records()
        wait_ended(world, record, place)
        world.kubernetes.create({"kind": "Lease", "metadata": {"name": slot("backup", place), "namespace": "soteria"},
                                 "spec": {"holderIdentity": answer["operation"]}})


class Announced(Operation):
    """A backup, until it was told at the PVC."""

    def __init__(self):
        super().__init__("Longhorn backup, told", "longhorn", "backup", own=r"record/event")

    def settle(self, world, place, before, records, told):
        said = super().settle(world, place, before, records, told)
        eventually("an Event about it was sent", lambda: any(
            entry["user_agent"].endswith("(record/event)") and f"/namespaces/{place.namespace}/" in entry["target"]
            for entry in world.proxies["kubernetes"].log_of_requests()), 20)
        return said


class Keyed(Operation):
    """A backup with an Idempotency-Key, asked for again once it was accepted."""

    def __init__(self):
        super().__init__("Longhorn backup with a key", "longhorn", "backup", own=r"key/.*")

    def happen(self, world, place, arm):
        path, body = self.request(place)
        headers = {"Authorization": f"Bearer {ROBOT}", "Idempotency-Key": place.namespace}
        arm()
        first, answer = world.ask("POST", path, body, headers)
        if first != 202:
            return f"{first} {answer['code']}"
        again, repeated = world.ask("POST", path, body, headers)
        assert again >= 400 or repeated == answer, f"one key, two answers: {answer} and {repeated}"
        return ""


class Incomplete(Operation):
    """A backup with files that cannot be read."""

    def set_up(self, world, place):
        world.kubernetes.patch("PersistentVolumeClaim", "data", {"metadata": {"annotations": {
            "simulator.soteria.dev/unreadable": "secret"}}}, place.namespace)


class ByHand(Operation):
    """A restore record made with kubectl that reaches for a foreign backup, where no admission policy is in force."""

    def happen(self, world, place, arm):
        arm()
        world.kubernetes.create({"kind": "Restore", "metadata": {"namespace": place.namespace, "name": "by-hand"}, "spec": {
            "driver": place.driver, "pvc": "data", "snapshot": place.older, "targetPvc": TARGET, "allowForeign": True}})
        return ""


class Listed(Operation):
    """A backup by restic, until the repository was listed again."""

    def __init__(self):
        super().__init__("restic repository is listed", "restic", "backup", where="own")
        self.own = r"catalogue/.*|restic/.*"

    def set_up(self, world, place):
        eventually("no listing is under way", lambda: not lister_jobs(world), 40)
        self.before = catalogue_version(world)

    def settle(self, world, place, before, records, told):
        said = super().settle(world, place, before, records, told)

        def listed():
            checks = {one["name"]: one["ok"] for one in world.soteria.get("/readyz?verbose").json()["checks"]}
            return catalogue_version(world) != self.before and checks["repository"] and not lister_jobs(world)

        eventually("what the repository holds is listed and written down", listed, 60)
        return said


class ClaimReleased(Operation):
    """After a backup by restic its PVC is deleted: the Job that has ended must not hold it up."""

    def __init__(self):
        super().__init__("PVC deleted after its backup", "restic", "backup", own=r"claim/.*|restic/look")

    def happen(self, world, place, arm):
        self.arm = arm
        return ask(world, *self.request(place))

    def settle(self, world, place, before, records, told):
        said = super().settle(world, place, before, records, told)
        self.arm()
        world.kubernetes.delete("PersistentVolumeClaim", "data", place.namespace)
        world.kubernetes.wait_gone("PersistentVolumeClaim", "data", place.namespace, 40)
        return said


class Question(Story):
    """A GET."""

    def __init__(self, name, driver, path, expect=200, headers=None):
        super().__init__(name, driver, good=str(expect))
        self.path, self.expect, self.headers = path, expect, headers

    def tell(self, world, arm):
        place = world.place(self.driver)
        arm()
        headers = {name: value.format(place=place) for name, value in (self.headers or {}).items()} or None
        status, told = world.ask("GET", self.path.format(place=place), headers=headers)
        assert status >= 400 or status == self.expect, f"{status}: {told}"
        return f"{status} {told['code']}" if status >= 400 and status != self.expect else str(status)


class Forgotten(Operation):
    """A record that is older than the history."""

    def __init__(self):
        super().__init__("history", "longhorn", "backup", good="forgotten", own=r"history/.*")

    def tell(self, world, arm):
        place = world.place(self.driver)
        told = ask(world, *self.request(place))
        assert not told, told
        record, = place.records()
        record = wait_ended(world, record, place)
        arm()
        name = record["metadata"]["name"]
        world.forgotten |= {name, record["metadata"]["uid"]}
        world.kubernetes.patch("Backup", name, {"status": {"finishedAt": "2020-01-01T00:00:00Z"}}, place.namespace, "status")
        world.kubernetes.wait_gone("Backup", name, place.namespace, 40)
        return "forgotten"


class Leftovers(Story):
    """A record whose rollback could not remove everything is deleted: what is left stays known."""

    def __init__(self):
        super().__init__("leftovers", "longhorn", good="kept", own=r"record/leftovers")

    def tell(self, world, arm):
        place = world.place(self.driver)
        world.soteria.kill()  # it would carry the record out before it looks as it must
        made = world.kubernetes.create({"kind": "Restore", "spec": {"pvc": "data", "targetPvc": TARGET}, "metadata": {
            "namespace": place.namespace, "name": "broken", "finalizers": ["soteria.dev/operation"]}})
        world.kubernetes.patch("Restore", "broken", {"status": {
            "phase": "Cancelled", "reason": "Cancelled", "message": "It was cancelled.",
            "leftovers": [{"kind": "PersistentVolume", "name": "volume", "why": "in use"}]}}, place.namespace, "status")
        world.kubernetes.delete("Restore", "broken", place.namespace)
        arm()
        world.soteria.start()
        world.wait_ready()
        world.kubernetes.wait_gone("Restore", "broken", place.namespace, 40)
        name = f"leftovers-{made['metadata']['uid']}"
        assert world.kubernetes.get("ConfigMap", name, "soteria"), "what was left is not known any more"
        return "kept"


class Swept(Story):
    """A slot whose request died before its record was made."""

    def __init__(self):
        super().__init__("slots are swept", "longhorn", good="swept")

    def owns(self, call):
        return call.purpose == "slot/look" and call.verb == "list"

    def tell(self, world, arm):
        place = world.place(self.driver)
        arm()
        world.kubernetes.create({"kind": "Lease", "metadata": {"name": slot("backup", place), "namespace": "soteria"},
                                 "spec": {"holderIdentity": f"backup.{place.namespace}.nobody"}})
        world.kubernetes.wait_gone("Lease", slot("backup", place), "soteria", 14 * LEASE_SECONDS)
        return "swept"


class Orphans(Story):
    """The look for what is used by nobody, soon after the start."""

    def __init__(self):
        super().__init__("look for orphans", "longhorn", good="looked", own=r"orphans/.*")

    def tell(self, world, arm):
        world.soteria.kill()
        arm()
        world.soteria.start()
        world.wait_ready()

        def looked():
            struck = sum(rule["applied"] for proxy in world.proxies.values() for rule in proxy.counts())
            seen = {entry["target"].split("?")[0] for proxy in world.proxies.values() for entry in proxy.log_of_requests()
                    if entry["user_agent"].endswith("(orphans/look)")}
            return struck or seen

        eventually("it has looked for orphans", looked, 60)
        world.json("GET", "/v1/inventory")
        return "looked"


# --- what they share


def ask(world, path, body=None):
    """POSTs; "" for 202, else status and code."""
    status, told = world.ask("POST", path, body)
    assert status >= 400 or status == 202, f"POST {path}: {status} {told}"
    return f"{status} {told['code']}" if status >= 400 else ""


def wait_ended(world, record, place):
    """The record, once it has ended and was let go."""

    def ended():
        now = world.kubernetes.get(record["kind"], record["metadata"]["name"], place.namespace)
        assert now, "the record has vanished"
        status = now.get("status", {})
        assert status.get("phase") in FINAL, status
        assert not now["metadata"].get("finalizers"), f"it was not let go: {status}"
        return now

    return eventually(f"{record['kind']} {place.namespace}/{record['metadata']['name']} has ended", ended, LONGEST_OPERATION)


def ended_as(record):
    status = record["status"]
    error = status.get("error", {})
    assert error.get("code") != "internal", status
    told = error.get("code", "")
    return status["phase"] + (f" {told}" if told and told != "cancelled" else "")


def slot(kind, place, pvc="data"):
    subject = f"{kind}\n{place.namespace}\n{pvc}"
    return "slot-" + base64.b32encode(hashlib.sha256(subject.encode()).digest()).decode().lower().rstrip("=")[:52]


def lister_jobs(world):
    """Those under way; one that could not be removed stays for a while."""
    return [one for one in world.kubernetes.list("Job", "soteria") if one["metadata"]["labels"].get("soteria.dev/role") == "list"
            and not one.get("status", {}).get("conditions")]


def catalogue_version(world):
    return sorted((one["metadata"]["name"], one["metadata"]["resourceVersion"]) for one in world.kubernetes.list("ConfigMap", "soteria")
                  if "soteria.dev/catalogue" in one["metadata"].get("labels", {}))


def check_older(world, place):
    """No listing may lose a backup that is there, not for a moment."""
    status, told = world.ask("GET", f"/v1/backups?namespace={place.namespace}&pvc=data")
    if status == 200 and place.driver == "restic":
        assert place.older in [one["name"] for one in told["backups"]], f"a backup that is there is not listed: {told}"


def check_place(kind, place, phase, before):
    """All of it is there or nothing; what was there before is as it was."""
    wanted = []
    if phase in ("Succeeded", "Incomplete"):
        longhorn = {"backup": ["LonghornBackup", "LonghornSnapshot"],
                    "restore": ["LonghornVolume", "PersistentVolume", "PersistentVolumeClaim"]}
        restic = {"backup": ["snapshot"], "restore": ["PersistentVolume", "PersistentVolumeClaim"], "restore_test": []}
        wanted = (longhorn if place.driver == "longhorn" else restic)[kind]
    # A Job that has ended stays for a while where its backup or restore is good, with its Pod and Secret.
    passing = ("Job", "Pod", "Secret") if wanted or kind == "restore_test" else ()
    # Our snapshots before the newest are past their use.
    replaced = {key for key in before if kind == "backup" and key[0] == "LonghornSnapshot"
                and key[1].startswith("soteria-backup-")}

    def as_it_must_be():
        now = place.things()
        touched = {key: value for key, value in before.items()
                   if now.get(key) != value and key not in replaced and key[0] not in ("Job", "Pod", "Secret")}
        assert not touched, f"what was there before has changed: {touched}"
        made = sorted(key[0] for key in now if key not in before and key[0] not in passing)
        assert made == sorted(wanted), f"it is {phase or 'refused'} and has made {made}, not {sorted(wanted)}"
        return True

    eventually("everything is there, or nothing is left", as_it_must_be, 20)


CALLER = {"X-Auth-Request-User": "{place.namespace}"}
STORIES = [
    Operation("Longhorn backup", "longhorn", "backup"),
    Operation("Longhorn restore", "longhorn", "restore"),
    Announced(),
    Cancelled("Longhorn backup, cancelled", "longhorn", "backup", good="Cancelled"),
    Cancelled("Longhorn restore, cancelled", "longhorn", "restore", good="Cancelled"),
    CancelledLate("Longhorn restore, cancelled late", "longhorn", "restore", good="Cancelled"),
    Operation("restic backup", "restic", "backup"),
    Operation("restic restore", "restic", "restore"),
    Operation("restic restore test", "restic", "restore_test"),
    Cancelled("restic backup, cancelled", "restic", "backup", good="Cancelled"),
    Cancelled("restic restore, cancelled", "restic", "restore", good="Cancelled"),
    Incomplete("restic backup, files unreadable", "restic", "backup", good="Incomplete"),
    BesideFinished("backup, slot left by a crash", "longhorn", "backup"),
    Keyed(),
    ByHand("restore by kubectl", "longhorn", "restore", good="Failed not_allowed"),
    Question("GET /v1/backups", "longhorn", "/v1/backups?namespace={place.namespace}&pvc=data"),
    Question("GET /v1/operations/ID", "longhorn", "/v1/operations/backup.{place.namespace}.never", expect=404),
    Question("may this caller", "longhorn", "/v1/backups?namespace={place.namespace}&pvc=data", headers=CALLER),
    Listed(),
    ClaimReleased(),
    Forgotten(),
    Leftovers(),
    Swept(),
    Orphans(),
]
