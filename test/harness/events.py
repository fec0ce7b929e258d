"""A client of /v1/events: reads the stream as the HTML standard says, comes back with its last id, and keeps what it was told."""

import json
import socket
import threading
import traceback

import requests
import urllib3

FINAL = ("Succeeded", "Incomplete", "Failed", "Cancelled")


class Parser:
    """feed(text) -> the events (type, data, id) that it completes. `last_id` and `retry` (ms) as the stream set them."""

    def __init__(self, last_id=""):
        self.last_id, self.retry = last_id, None
        self._rest, self._type, self._data = "", "", []

    def feed(self, text):
        text = self._rest + text
        half = "\r" if text.endswith("\r") else ""  # what comes next tells whether it is one line end or two
        lines = text.removesuffix(half).replace("\r\n", "\n").replace("\r", "\n").split("\n")
        self._rest = lines.pop() + half
        found = []
        for line in lines:
            if line:
                self._field(line)
                continue
            if self._data:
                found.append((self._type or "message", "\n".join(self._data), self.last_id))
            self._type, self._data = "", []
        return found

    def _field(self, line):
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "event":
            self._type = value
        elif name == "data":
            self._data.append(value)
        elif name == "id" and "\0" not in value:
            self.last_id = value
        elif name == "retry" and value.isdigit():
            self.retry = int(value)


def versions(identity):
    """1.<of backups>.<of restores> -> (of backups, of restores)"""
    format_, backups, restores = identity.split(".")
    assert format_ == "1", identity
    return int(backups), int(restores)


class EventReader:
    """Reads from one of several replicas until it ends or breaks, then comes back with the last id, to the next one.

    `replicas`: called for those to be asked, each with .url; `query`: filters. What it was told is in `states` (operation ->
    its last data), `rows` and `resets`; what must never happen stands in `wrong`.
    """

    def __init__(self, replicas, query="", headers=None, name="events"):
        self.replicas, self.query, self.headers, self.name = replicas, query, headers or {}, name
        self.states, self.rows, self.resets, self.wrong = {}, {}, [], []
        self.connections, self.last_id = 0, ""
        self._opened, self._stop = threading.Event(), threading.Event()
        self._answer = None
        self._ended = {}  # operation -> its last data in a frame, of those that had ended then
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def __enter__(self):
        self._thread.start()
        assert self._opened.wait(30), f"{self.name}: no stream was opened"
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._hang_up()
        self._thread.join(30)

    def missed(self, ended):
        """Of operations that have ended (identity -> phase), those whose end it was not told: (told, phase)."""
        told = {identity: self.states.get(identity, {}).get("phase") for identity in ended}
        return {identity: (told[identity], phase) for identity, phase in ended.items() if told[identity] != phase}

    # --- reading

    def _run(self):
        turn = 0
        while not self._stop.is_set():
            turn += 1
            found = self.replicas()
            try:
                if found:
                    self._read(found[turn % len(found)].url)
            except (requests.RequestException, OSError, urllib3.exceptions.HTTPError):
                pass  # it died, or is not there yet: its neighbour is asked
            except Exception:  # noqa: BLE001 a thread's failure would be seen by nobody
                self.wrong.append(f"{self.name}: {traceback.format_exc(limit=3)}")
            # Sooner than `retry` asks for, as a test has many ends to see.
            self._stop.wait(0.05)

    def _read(self, url):
        headers = {"Accept": "text/event-stream", **self.headers}
        if self.last_id:
            headers["Last-Event-ID"] = self.last_id
        with requests.Session() as http:
            http.trust_env = False
            # Heartbeats come every 15 s: what is silent for longer is dead.
            with http.get(f"{url}/v1/events{self.query}", headers=headers, stream=True, timeout=(5, 20)) as answer:
                answer.raise_for_status()
                self._answer = answer
                if not self._stop.is_set():
                    self.connections += 1
                    self._follow(answer, lambda: self._read_all(http, url))

    def _follow(self, answer, read_all):
        parser = Parser(self.last_id)
        known = bool(self.last_id)
        for piece in answer.iter_content(None):
            resets = len(self.resets)
            for event in parser.feed(piece.decode()):
                self._take(*event)
            self._pass(parser.last_id)
            # Only news comes from here on: what was before is read with the stream open.
            if len(self.resets) > resets or (not known and self.last_id):
                read_all()
                known = True
            if known:
                self._opened.set()

    def _read_all(self, http, url):
        more = ""
        while more is not None:
            page = http.get(f"{url}/v1/operations?limit=500{more}", headers=self.headers, timeout=20).json()
            self.states.update({one["id"]: one for one in page["operations"]})
            more = f"&continue={page['continue']}" if page.get("continue") else None

    def _hang_up(self):
        try:
            self._answer.raw._fp.fp.raw._sock.shutdown(socket.SHUT_RDWR)
        except (AttributeError, OSError):
            pass  # it has ended

    # --- what must never happen

    def _pass(self, identity):
        if identity and self.last_id:
            before, now = versions(self.last_id), versions(identity)
            if now[0] < before[0] or now[1] < before[1]:
                self.wrong.append(f"{self.name}: after {self.last_id} came {identity}")
        self.last_id = identity or self.last_id

    def _take(self, kind, data, identity):
        told = json.loads(data)
        if kind == "inventory":
            self.rows[told["namespace"], told["pvc"]] = told
            return
        self._pass(identity)
        if kind == "reset":
            self.resets.append(told["reason"])
        elif kind == "operation":
            self._take_operation(told, identity)
        else:
            self.wrong.append(f"{self.name}: an event of the kind {kind}")

    def _take_operation(self, told, identity):
        before = self._ended.get(told["id"])
        anew = before and (before.get("deleted") or before["created_at"] != told["created_at"])
        if before and not anew and told["phase"] != before["phase"]:
            self.wrong.append(f"{self.name}: {told['id']} had ended as {before['phase']}, and is {told['phase']} at {identity}")
        if told["phase"] in FINAL:
            self._ended[told["id"]] = told
        self.states[told["id"]] = told
