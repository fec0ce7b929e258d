"""The calls that belong to no request: caches, Lease, poller. A life is a stop and a start of the service, in which each of them
goes wrong once."""

import re

from flow.fault_kinds import rule_of
from flow.fault_stories import Operation
from harness.waiting import eventually

OWN = r"reflector|lease/.*|poller/refresh|events/.*"
KINDS = {"persistentvolumeclaims": "PersistentVolumeClaim", "persistentvolumes": "PersistentVolume", "backups": "Backup",
         "restores": "Restore", "jobs": "Job", "pods": "Pod", "configmaps": "ConfigMap"}


def owns(call):
    return bool(re.fullmatch(OWN, call.purpose))


def way_there(call):
    """How the service must have ended for this call to be made: "stopped" (it gave its Lease back), "killed" (its Lease is still
    taken), "new" (there is none). "stopped again": as stopped, for what is called only after another call went well."""
    if call.purpose == "events/look_back" and call.verb == "watch":
        return "stopped again"
    if call.purpose == "lease/watch":
        return "killed"
    return "new" if call.purpose == "lease/acquire" and call.verb == "create" else "stopped"


class Life:
    name = "start, life and stop"

    def tell(self, world, fault, calls):
        """{call: what became of it}; fault None: nothing goes wrong."""
        told = {}
        for ending in ("stopped", "stopped again", "killed", "new"):
            some = [call for call in calls if way_there(call) == ending]
            if some or not calls:
                told |= self._live(world, fault, some, ending)
        return told

    def _live(self, world, fault, calls, ending):
        struck = {}
        for call in calls:
            if call.purpose == "lease/release":
                struck[call] = world.arm(call, rule_of(call, fault))
        if ending == "killed":
            world.soteria.kill()
        else:
            code = world.soteria.stop(60)
            assert code in (0, 1), f"it stopped with code {code}"
        if ending == "new":
            world.kubernetes.delete("Lease", "soteria", "soteria")
        else:
            world.kubernetes.patch("Lease", "soteria", {"metadata": {"annotations": {
                "soteria.dev/events-from": world.beginning}}}, "soteria")
        for call in calls:
            if call not in struck:
                struck[call] = world.arm(call, rule_of(call, fault))
        world.soteria.start()
        world.wait_ready()
        missing = []

        def all_struck():
            missing[:] = [str(call) for call in calls if not struck[call]()]
            return not missing

        eventually("each call was made", lambda: all_struck() or not missing, 30) if calls else None
        world.wait_ready()
        logged = world.soteria.records()
        told = {call: self._noticed(call, logged) for call in calls}
        self._works(world)
        return told

    def _noticed(self, call, logged):
        """Every failure is told in the log by whoever made the call; some are mended before they are one."""
        if call.purpose in ("lease/release", "lease/watch"):
            return "leads in time"
        word = {"reflector": lambda one: one.get("kind") == KINDS[call.thing] and "will be tried again" in one["message"],
                "poller/refresh": lambda one: one["message"].startswith("Longhorn could not be read whole")}.get(
            call.purpose, lambda one: one["message"] == "the lease could not be read or written")
        return "logged, then ready" if any(word(one) for one in logged) else "ready"

    def _works(self, world):
        """Its caches are whole, and it carries out what it is asked for."""
        rows = {(row["namespace"], row["pvc"]) for group in world.json("GET", "/v1/inventory")["namespaces"]
                for row in group["pvcs"]}
        claims = {(one["metadata"]["namespace"], one["metadata"]["name"]) for one in world.kubernetes.list("PersistentVolumeClaim")}
        assert rows == claims, f"the inventory is not whole: {rows ^ claims}"
        said = []
        while "Succeeded" not in said:
            said.append(Operation("", "longhorn", "backup").tell(world, lambda: None))
            assert len(said) < 4, f"backups after all that ended as {said}"  # several, as a busy machine is slow at first
