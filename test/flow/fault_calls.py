"""The calls that Soteria makes, as a proxy sees them: what each is for, its verb and what it is about; and how to name one of
them in a rule."""

import dataclasses
import re

from flow.fault_table import listed_effects

# What no story of the suite can meet, each with its reason.
NEVER_SENT = {
    "backup/resolve": "its calls are called resolve", "restore/resolve": "its calls are called resolve",
    "restore_test/resolve": "its calls are called resolve",
    "restore/wait_bound": "the cache has the claim; asked for only where it was deleted meanwhile",
    "restore/wait_restore": "its calls are restic/look and restic/log", "restore_test/wait_restore": "the same",
    "restore_test/create_claim": "as restore/create_claim", "restore_test/undo_create_claim": "as restore/undo_create_claim",
    "restore_test/undo_create_job": "as restore/undo_create_job",
    "key/take_over": "from a request that died: test_idempotency_faults.py", "key/remove": "after a refusal: the same",
    "key/list": "hourly",
    "restic/events": "asked for after a Pod has not started for a while, and goes on without an answer",
    "backup/repository": "once in a repository's life: its calls are those of the other Jobs, see the fault table",
}


@dataclasses.dataclass(frozen=True, order=True)
class Call:
    """purpose: what the User-Agent says. where: "own" for objects in Soteria's own namespace, else ""."""

    upstream: str
    purpose: str
    verb: str
    thing: str
    where: str = ""

    def __str__(self):
        return f"{self.purpose}: {self.verb} {self.thing}{' (own)' if self.where else ''}"

    @property
    def reads(self):
        """Nothing can have changed, whatever became of it."""
        return self.verb in ("get", "list", "watch", "rehearse", "backupList", "backupListByVolume", "snapshotCRGet",
                             "snapshotCRList") or self.thing == "subjectaccessreviews"

    @property
    def match(self):
        """The keywords of FaultProxy.rule() that match this call and no other."""
        path = longhorn_pattern(self) if self.upstream == "longhorn" else kubernetes_pattern(self)
        method = METHODS.get(self.verb, "POST" if self.upstream == "longhorn" else "GET")
        return {"method": method, "path": path, "agent": f"[(]{re.escape(self.purpose)}[)]$"}


METHODS = {"get": "GET", "list": "GET", "watch": "GET", "create": "POST", "rehearse": "POST", "patch": "PATCH",
           "delete": "DELETE"}
OWN = "/namespaces/soteria/"


def call_of(upstream, entry):
    """The Call that an entry of a proxy's log is."""
    purpose = re.search(r"\(([^()]*)\)$", entry["user_agent"])
    path, _, query = entry["target"].partition("?")
    parse = parse_longhorn if upstream == "longhorn" else parse_kubernetes
    return Call(upstream, purpose.group(1) if purpose else "", *parse(entry["method"], path, query))


def parse_kubernetes(method, path, query):
    rest = re.sub(r"^/(api/[^/]+|apis/[^/]+/[^/]+)/", "", path)
    own = OWN in path
    rest = re.sub(r"^namespaces/[^/]+/(?=.)", "", rest)
    plural, _, name = rest.partition("/")
    name, _, subresource = name.partition("/")
    thing = f"{plural}/{subresource}" if subresource else plural
    if method == "GET":
        verb = "get" if name else "watch" if "watch=true" in query else "list"
    elif method == "POST":
        verb = "rehearse" if "dryRun=All" in query else "create"
    else:
        verb = method.lower()
    return verb, thing, "own" if own else ""


def kubernetes_pattern(call):
    plural, _, subresource = call.thing.partition("/")
    home = OWN if call.where else "/(?!namespaces/soteria/)(namespaces/[^/]+/)?"
    named = call.verb in ("get", "patch", "delete")
    pattern = rf"^/(api/[^/]+|apis/[^/]+/[^/]+){home}{plural}"
    pattern += (r"/[^/?]+" + (f"/{subresource}" if subresource else "") if named else "") + r"([?]|$)"
    if call.verb in ("watch", "list"):
        pattern = ("(?=.*watch=true)" if call.verb == "watch" else "(?!.*watch=true)") + pattern
    if call.verb in ("create", "rehearse"):
        pattern = ("(?=.*dryRun=All)" if call.verb == "rehearse" else "(?!.*dryRun=All)") + pattern
    return pattern


def parse_longhorn(method, path, query):
    collection, _, name = path.removeprefix("/v1/").partition("/")
    action = re.search(r"action=(\w+)", query)
    if action:
        return action.group(1), collection, ""
    if method == "GET":
        return ("get" if name else "list"), collection, ""
    return ("create" if method == "POST" else method.lower()), collection, ""


def longhorn_pattern(call):
    if call.verb in METHODS:
        return rf"^/v1/{call.thing}" + (r"/[^/?]+$" if call.verb in ("get", "delete") else r"/?([?](?!action)|$)")
    return rf"^/v1/{call.thing}/[^?]+[?]action={call.verb}$"


def listed_purposes():
    """All purposes that the code knows."""
    return set(listed_effects()["purposes"])
