"""Sends a case's requests to one server and writes down what came back, without what differs from run to run.

Uids become <uid 1>, <uid 2> in the order in which they appear, times <time>, a resourceVersion its rank among the versions
of its object, the namespace <namespace>. What is left must be the same on every Kubernetes.
"""

import json
import re
import urllib.parse

import requests

from conformance import shapes
from harness.kubernetes import KINDS, MERGE_PATCH, path_of
from harness.waiting import eventually

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
UID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
# Told by one kind of server, and read by nobody here: which manager wrote what, and counts for people.
UNREAD = {"managedFields", "selfLink", "generation", "lastPhaseTransitionTime", "remainingItemCount"}
# Words of Go's parsers, and numbers in messages: nobody decides by them.
INEXACT = [(re.compile(r"(json parse error: |continue key is not valid: |cannot parse ).*"), r"\1<why>"),
           (re.compile(r"(patch: |^)Invalid value: .*: (strict decoding error: .*)"), r"\1Invalid value: <patch>: \2"),
           (re.compile(r"(precondition \(|in record \(|resource version: |current: )\d+( \(\d+\))?"), r"\1<n>"),
           (re.compile(r"\n@@ .*", re.DOTALL), ""),
           # The same in other words, where there is no watch cache.
           (re.compile(r"The resourceVersion for the provided watch is too old\."), "too old resource version: <n>")]
WRITE = {"fieldManager": "soteria", "fieldValidation": "Strict"}


class Reply:
    """A status and its JSON."""

    def __init__(self, response):
        self.code = response.status_code
        try:
            self.body = response.json()
        except ValueError:
            self.body = {"text": response.text}

    @property
    def uid(self):
        return self.body["metadata"]["uid"]

    @property
    def version(self):
        return self.body["metadata"]["resourceVersion"]

    @property
    def reason(self):
        return self.body.get("reason", "")

    @property
    def names(self):
        return [item["metadata"]["name"] for item in self.body["items"]]

    @property
    def token(self):
        return self.body["metadata"].get("continue", "")


class Transcript:
    """What a server did in one case."""

    def __init__(self, namespace):
        self.namespace = namespace
        self.entries = []
        self._uids = {}
        self._versions = {}  # uid -> versions seen

    def add(self, what, seen):
        self.entries.append((what, self._plain(seen)))

    def result(self):
        """The entries as text, with ranks for versions: now all versions are known."""
        return [(self._ranked(what), json.dumps(self._ranks(seen), indent=1, sort_keys=True))
                for what, seen in self.entries]

    def _plain(self, value, key=""):
        if isinstance(value, dict):
            plain = {name: self._plain(inner, name) for name, inner in sorted(value.items()) if name not in UNREAD}
            if value.get("kind") == "Namespace" and "status" in plain:
                plain["status"].pop("conditions", None)
            uid, version = value.get("uid"), value.get("resourceVersion")
            if uid and version:
                plain["resourceVersion"] = self._version(uid, version)
            elif "items" in value and "metadata" in value:
                self._list_version(value, plain["metadata"])
            elif version and key == "metadata":
                plain["resourceVersion"] = "<version>"
            if plain.get("continue"):
                plain["continue"] = "<continue>"
            return plain
        if isinstance(value, list):
            return [self._plain(inner) for inner in value]
        return self._text(value) if isinstance(value, str) else value

    def _text(self, text):
        text = TIME.sub("<time>", text).replace(self.namespace, "<namespace>")
        text = UID.sub(lambda found: self._uids.setdefault(found.group(), f"<uid {len(self._uids) + 1}>"), text)
        for pattern, plain in INEXACT:
            text = pattern.sub(plain, text)
        return text

    def _version(self, uid, version):
        self._versions.setdefault(uid, set()).add(int(version))
        return f"§{uid}:{version}§"

    @staticmethod
    def _list_version(value, metadata):
        newest = max((int(item["metadata"]["resourceVersion"]) for item in value["items"]), default=0)
        own = int(value["metadata"]["resourceVersion"])
        metadata["resourceVersion"] = "<as new as its items>" if own >= newest else "<older than an item>"
        # Absent and empty mean the same: the last page.
        if not metadata.get("continue"):
            metadata.pop("continue", None)

    def _ranked(self, text):
        def rank(found):
            uid, version = found.group(1), int(found.group(2))
            return f"<version {sorted(self._versions[uid]).index(version) + 1} of {self._uids.get(uid, 'it')}>"

        return re.sub("§([^:§]+):([0-9]+)§", rank, text)

    def _ranks(self, value):
        if isinstance(value, dict):
            return {key: self._ranks(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._ranks(inner) for inner in value]
        return self._ranked(value) if isinstance(value, str) else value


class Watch:
    """A watch whose events are written down as they are taken."""

    def __init__(self, api, response, bookmarks=False):
        self.api = api
        self.response = response
        self.bookmarks = bookmarks
        self.code = response.status_code
        self.last = None
        self.cut_off = False
        self._left = b""
        self._lines = self._read_lines() if self.code == 200 else iter(())
        if self.code != 200:
            api.transcript.add("the watch", {"status": self.code, "body": Reply(response).body})

    def _read_lines(self):
        try:
            for bytes_ in self.response.iter_content(chunk_size=None):
                self._left += bytes_
                while b"\n" in self._left:
                    line, self._left = self._left.split(b"\n", 1)
                    if line.strip():
                        yield json.loads(line)
        except (requests.exceptions.ChunkedEncodingError, requests.exceptions.ConnectionError):
            self.cut_off = True

    def _next(self):
        for event in self._lines:
            version = event["object"].get("metadata", {}).get("resourceVersion")
            if event["type"] != "ERROR" and version:
                self.last = version
            if event["type"] == "BOOKMARK" and not self.bookmarks:
                continue
            return event
        return None

    def take(self, count):
        """The next events; fails if the watch ends before."""
        events = []
        for _ in range(count):
            event = self._next()
            assert event, f"the watch ended after {len(events)} of {count} events: {events}"
            events.append(event)
        self.api.transcript.add(f"{count} events", [{"type": one["type"], "object": one["object"]} for one in events])
        return events

    def until(self, holds):
        """Reads on until an event for which holds(type, object); only that one is written down."""
        while True:
            event = self._next()
            assert event, "the watch ended before what was waited for"
            if holds(event["type"], event["object"]):
                self.api.transcript.add("the event waited for", {"type": event["type"], "object": event["object"]})
                return event

    def rest(self):
        """All events until the server ends the watch; how it ended is written down."""
        events = []
        for event in iter(self._next, None):
            # How many bookmarks come is the server's own affair.
            if event["type"] == "BOOKMARK" and events and events[-1]["type"] == "BOOKMARK":
                events.pop()
            events.append(event)
        self.api.transcript.add("the rest of the watch", {
            "events": events, "ended": "in the middle of a line" if self.cut_off or self._left else "by itself"})
        return events

    def close(self):
        self.response.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Api:
    """A case's way to one server. Requests in the product's shape: create, patch, delete, get, list, watch; anything
    else that a case needs: other. All answers are written down; set-up that is not the case's matter goes through `admin`
    (harness.kubernetes.Kubernetes) unseen."""

    def __init__(self, server, namespace, replayed):
        self.server = server
        self.admin = server.kubernetes
        self.namespace = namespace
        self.transcript = Transcript(namespace)
        self.replayed = replayed
        self._http = requests.Session()
        self._http.trust_env = False
        self._http.verify = self.admin.http.verify
        self._http.headers.update({"Accept": "application/json"})
        if "Authorization" in self.admin.http.headers:
            self._http.headers["Authorization"] = self.admin.http.headers["Authorization"]
        self._url = self.admin.server

    def through_proxy(self):
        """From here on through the fault proxy, whose `cut` cuts watches."""
        self._url = self.server.proxy.url
        return self.server.proxy

    def _send(self, method, path, query, body=None, content_type="application/json", product=True, **keywords):
        if query:
            path += "?" + urllib.parse.urlencode(query)
        text = json.dumps(body) if body is not None and not isinstance(body, str) else body
        if product:
            shape = shapes.shape_of(method, path, content_type if text else "", text or "")
            problems = shapes.unknown([{**shape, "for": ["a case"]}], shapes.recorded())
            assert not problems, f"the product makes no such request: {problems}"
            self.replayed.add(shapes.key_of(shape))
        headers = {"Content-Type": content_type} if text else {}
        return self._http.request(method, self._url + path, data=text, headers=headers, timeout=(20, 60), **keywords)

    def _reply(self, what, response):
        reply = Reply(response)
        self.transcript.add(what, {"status": reply.code, "body": reply.body})
        return reply

    def path(self, kind, name=None, subresource=None):
        namespace = "" if not KINDS[kind][2] else self.namespace
        return path_of(kind, namespace, name, subresource)

    # --- as the product asks

    def create(self, kind, name, dry_run=False, namespace=None, **members):
        """POST; members: metadata and whatever stands beside it."""
        metadata = {"name": name, **members.pop("metadata", {})}
        path = self.path(kind)
        if KINDS[kind][2]:
            metadata["namespace"] = namespace or self.namespace
            path = path_of(kind, metadata["namespace"])
        body = {"apiVersion": KINDS[kind][0], "kind": kind, "metadata": metadata, **members}
        query = {**WRITE, **({"dryRun": "All"} if dry_run else {})}
        return self._reply(f"create {kind} {name}", self._send("POST", path, query, body))

    def patch(self, kind, name, changes, subresource=None):
        answer = self._send("PATCH", self.path(kind, name, subresource), WRITE, changes, MERGE_PATCH)
        return self._reply(f"patch {kind} {name}", answer)

    def delete(self, kind, name, uid, propagation="Background", version=None):
        body = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": propagation,
                "preconditions": {"uid": uid, **({"resourceVersion": version} if version else {})}}
        return self._reply(f"delete {kind} {name}", self._send("DELETE", self.path(kind, name), {}, body))

    def get(self, kind, name):
        return self._reply(f"get {kind} {name}", self._send("GET", self.path(kind, name), {}))

    def list(self, kind, limit=500, token=None, selector=None):
        """All namespaces, but Leases and ConfigMaps: those of the namespace."""
        query = {"limit": limit, **({"continue": token} if token else {}), **({"labelSelector": selector} if selector else {})}
        path = path_of(kind, self.namespace if kind in ("Lease", "ConfigMap") else None)
        # The continued page is the recorded request with a token; small lists never show it.
        return self._reply(f"list {kind}", self._send("GET", path, query, product=not token))

    def watch(self, kind, version, seconds=20, bookmarks=False):
        query = {"watch": "true", "allowWatchBookmarks": "true", "resourceVersion": version, "timeoutSeconds": seconds}
        return Watch(self, self._send("GET", path_of(kind), query, stream=True), bookmarks)

    def watch_one(self, kind, name, version, seconds=20):
        """One object of the namespace, by its name."""
        query = {"watch": "true", "fieldSelector": f"metadata.name={name}", "resourceVersion": version, "timeoutSeconds": seconds}
        return Watch(self, self._send("GET", self.path(kind), query, stream=True))

    # --- as others ask, or the product would by mistake

    def other(self, method, path, body=None, content_type="application/json", **query):
        return self._reply(f"{method} {path}", self._send(method, path, query, body, content_type, product=False))

    def other_watch(self, kind, **query):
        query = {"watch": "true", "timeoutSeconds": 20, **query}
        return Watch(self, self._send("GET", path_of(kind), query, product=False, stream=True), bookmarks=True)

    # --- waiting, unseen

    def wait(self, what, kind, name, holds, seconds=30):
        """Until holds(object); None: it is gone. Nothing of it is written down."""
        eventually(what, lambda: holds(self.admin.get(kind, name, self.namespace if KINDS[kind][2] else None)), seconds)

    def wait_deleting(self, kind, name):
        self.wait(f"{kind} {name} is being deleted", kind, name,
                  lambda found: found is None or "deletionTimestamp" in found["metadata"])

    def wait_gone(self, kind, name):
        self.wait(f"{kind} {name} is gone", kind, name, lambda found: found is None)
