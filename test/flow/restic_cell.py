"""A cell of restic's fault table: everything goes through Kubernetes, and restic runs in its Jobs."""

from flow.drivers import local_pvc
from flow.fault_cell import Cell
from flow.invariants import MAY_BE
from flow.scene import OPERATION
from harness.restic import SimulatedRestic
from harness.waiting import eventually

OLDER = "0" * 63 + "1"
BYSTANDERS = "0" * 63 + "2"
JOB = ("kubernetes", "POST", "/jobs[?]")
SECRET = ("kubernetes", "POST", "/secrets[?]")
START = ("kubernetes", "PATCH", "/jobs/")
REMOVE = ("kubernetes", "DELETE", "/jobs/")


class ResticCell(Cell):
    CALLS = {
        "repository": JOB, "repository#secret": SECRET, "repository#start": START, "repository#remove": REMOVE,
        "create_claim": ("kubernetes", "POST", "/persistentvolumeclaims[?]"),
        "create_job": JOB, "create_secret": SECRET, "start_job": START,
        "mark_incomplete": JOB, "mark_incomplete#secret": SECRET, "mark_incomplete#start": START,
        "mark_incomplete#remove": REMOVE,
        "forget": JOB, "forget#secret": SECRET, "forget#start": START,
        "undo_create_claim": ("kubernetes", "DELETE", "/persistentvolumeclaims/"),
        "undo_create_job": REMOVE,
        "tidy": ("kubernetes", "PATCH", "/jobs/"), "tidy#remove": REMOVE,
        # What an operation does around its steps; the cells of these are in Longhorn's table.
        "slot/take": ("kubernetes", "POST", "/leases"),
        "record/create": ("kubernetes", "POST", "/(backups|restores)[?]"),
        "record/protect": ("kubernetes", "PATCH", "/(backups|restores)/"),
        "record/status": ("kubernetes", "PATCH", "/status"),
        "record/cancel": ("kubernetes", "PATCH", "/(backups|restores)/"),
        "record/release": ("kubernetes", "PATCH", "/(backups|restores)/"),
        "slot/give_back": ("kubernetes", "DELETE", "/leases/"),
    }
    WAITS = {"backup": "WaitBackup", "restore": "WaitRestore"}
    AFTER_RETURN = ("mark_incomplete", "forget")

    def _start(self):
        self._start_kubernetes(["--restic-milliseconds", "100"])
        self.restic = self._repository()
        unreadable = {"simulator.soteria.dev/unreadable": "secret"} if self.step == "mark_incomplete" else {}
        local_pvc(self.kubernetes, self.namespace, "data", annotations=unreadable)
        local_pvc(self.kubernetes, self.namespace, "bystander")
        if self.step != "repository":
            self.restic.seed({"namespace": self.namespace, "pvc": "data", "hours": 30, "id": OLDER},
                             {"namespace": self.namespace, "pvc": "bystander", "hours": 30, "id": BYSTANDERS})
        self._start_soteria(None, SOTERIA_BACKUP_DRIVER="restic", SOTERIA_JOB_TTL_SECONDS=0,
                            **self.restic.settings(SOTERIA_RESTIC_FORGET_ARGS="--keep-last 2"))

    def _repository(self):
        restic = SimulatedRestic(self.kubernetes)
        restic.install()
        return restic

    @property
    def step(self):
        return self.effect.split("#")[0]

    def _set_the_scene(self):
        def listed():
            answer = self.soteria.get(f"/v1/backups?namespace={self.namespace}&pvc=bystander")
            return answer.status_code == 200 and answer.json()["backups"]

        if self.step != "repository":
            eventually("the repository was listed", listed, 20)

    def _others(self):
        claims, volumes, jobs, secrets = ({}, {}, {}, {})
        for item in self.kubernetes.list("PersistentVolumeClaim", self.namespace):
            if OPERATION not in item["metadata"].get("annotations", {}):
                claims[item["metadata"]["name"]] = (item["metadata"]["uid"], item["spec"])
        for item in self.kubernetes.list("PersistentVolume"):
            if item["spec"]["claimRef"]["name"] != "copy":
                volumes[item["metadata"]["name"]] = (item["metadata"]["uid"], item["spec"])
        for kind, found in (("Job", jobs), ("Secret", secrets)):
            for item in self.kubernetes.list(kind):
                if item["metadata"].get("labels", {}).get("app.kubernetes.io/managed-by") != "soteria":
                    found[item["metadata"]["name"]] = item["metadata"]["uid"]
        snapshots = [each for each in self.restic.snapshots() if each["id"] in (OLDER, BYSTANDERS)]
        return {"claims": claims, "volumes": volumes, "jobs": jobs, "secrets": secrets, "snapshots": snapshots}

    def body(self):
        if self.kind == "backup":
            return "/v1/backup", {"namespace": self.namespace, "pvc": "data"}
        return "/v1/restores", {"namespace": self.namespace, "pvc": "data", "snapshot": OLDER, "target_pvc": "copy"}

    def good_end(self):
        return "Incomplete" if self.step == "mark_incomplete" else "Succeeded"

    def stall(self):
        self.restic.pod_fault("stalled", job=f"soteria-{self.kind}-")

    def go_on(self):
        self.restic.no_faults()

    # --- names

    def take_the_name(self):
        if self.effect == "create_claim":
            made = self.kubernetes.claim(self.namespace, "copy")
            return {"claims": ("copy", (made["metadata"]["uid"], made["spec"]))}
        # The last word of the path of what our next look would be for.
        kind = "Secret" if self.effect == "create_secret" else "Job"
        namespace = "soteria" if self.step == "repository" else self.namespace
        facts = self.record()["status"].get("facts", {})
        name = facts["secret" if kind == "Secret" else "job_name"] if namespace == self.namespace else self._init_name()
        return self._foreign(kind, name, namespace)

    def _init_name(self):
        """As our own request, which is held, calls it: asked for just before."""
        asked = [entry["target"] for entry in self.proxy.log_of_requests() if "/jobs/soteria-init-" in entry["target"]]
        return asked[-1].split("/jobs/")[1].split("?")[0]

    def _foreign(self, kind, name, namespace):
        made = {"kind": kind, "metadata": {"namespace": namespace, "name": name}}
        if kind == "Job":
            container = {"name": "somebodys", "image": "somebodys", "command": ["restic"], "args": ["version"]}
            made["spec"] = {"suspend": True, "template": {"spec": {"restartPolicy": "Never", "containers": [container]}}}
        made = self.kubernetes.create(made)
        return {"jobs" if kind == "Job" else "secrets": (name, made["metadata"]["uid"])}

    def replace_what_is_deleted(self):
        if self.effect == "undo_create_claim":
            return super().replace_what_is_deleted()
        name = self.record()["status"]["facts"]["job_name"]
        self.kubernetes.delete("Job", name, self.namespace, propagationPolicy="Background")
        self.kubernetes.wait_gone("Job", name, self.namespace)
        return self._foreign("Job", name, self.namespace)

    # --- after

    def check(self, phase, foreign=None):
        def ours(kind):
            return [item["metadata"]["name"] for item in self.kubernetes.list(kind)
                    if item["metadata"].get("labels", {}).get("app.kubernetes.io/managed-by") == "soteria"
                    and item["metadata"].get("labels", {}).get("soteria.dev/role") != "list"]

        def gone():
            left = {kind: ours(kind) for kind in ("Job", "Pod", "Secret")}
            assert not any(left.values()), f"left: {left}"
            return True

        eventually("no Job, no Pod and no Secret of ours is left", gone, 15)
        eventually("nobody holds the repository", lambda: not self.restic.locks(), 10)
        super().check(phase, foreign)

    def _check_restore(self, phase, record):
        uid = record["metadata"]["uid"] if record else ""
        claims = [item for item in self.kubernetes.list("PersistentVolumeClaim", self.namespace)
                  if item["metadata"].get("annotations", {}).get(OPERATION) == uid]
        def volumes():
            return [item for item in self.kubernetes.list("PersistentVolume") if
                    (item["spec"]["claimRef"]["namespace"], item["spec"]["claimRef"]["name"]) == (self.namespace, "copy")]

        if phase != "Succeeded":
            assert claims == [], f"left behind: {claims}"
            eventually("the volume that was provisioned has gone with its claim", lambda: not volumes(), 15)
            return
        claim, = claims
        assert claim["status"]["phase"] == "Bound" and claim["metadata"]["name"] == "copy"
        assert self.restic.restored(claim["metadata"]["uid"])["snapshot"] == OLDER

    def _check_backup(self, phase, record):
        uid = record["metadata"]["uid"] if record else "none"
        ours = [each for each in self.restic.snapshots() if f"soteria:op={uid}" in each["tags"]]
        if phase not in ("Succeeded", "Incomplete"):
            # One that was made just before the end is kept, and named; or it is said that there may be one.
            message = record["status"].get("message", "") if record else ""
            unnamed = [each["id"] for each in ours if each["id"][:8] not in message and MAY_BE not in message]
            assert unnamed == [], f"left behind: {unnamed}; {message}"
            return
        made, = ours
        assert record["status"]["result"]["backup"] in (made["id"], made["original"])
        steps = {step["name"]: step["state"] for step in record["status"]["steps"]}
        if steps.get("mark_incomplete") == "done":
            assert ("soteria:incomplete" in made["tags"]) == (phase == "Incomplete"), made["tags"]
