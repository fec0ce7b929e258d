"""What the tests assert of the contract, told by the tests themselves while they run.

An entry is one promise, in one of these forms:

    GET /v1/inventory 200                       a route answers this status
    code target_exists                          a problem is named so
    POST /v1/backup takes tags                  a member of a request's body, by its effect
    GET /v1/inventory gives namespaces[].name   a member of an answer, by its value
    variable SOTERIA_STALL_SECONDS              by its effect
    metric pvc_backup_health                    by its value

A problem counts as asserted, too, where a test met it and its source spells the code out; so do a metric and a variable that
the source names. What a test asserted counts if the test passed. conftest.py writes it down after each test; flow/test_contract.py makes the
table of it and fails for what nobody asserted.
"""

import json
import os
import re

from .binaries import ROOT

FOLDER = ROOT / "build/logs/contract"

_asserted = set()
_met = set()


def asserted(*entries):
    """The present test has looked at this."""
    _asserted.update(entries)


def route_of(path):
    """/v1/operations/backup.ai.x/cancel?y -> /v1/operations/{id}/cancel"""
    path = re.sub(r"^/v1/operations/[^/]+", "/v1/operations/{id}", path.split("?")[0])
    return re.sub(r"^/assets/.*", "/assets/{name}", path)


def asserted_answer(method, path, status, code=None):
    """The present test demanded this status (and code) of this route."""
    asserted(f"{method} {route_of(path)} {status}", *([f"code {code}"] if code else []))


def met(method, path, answer):
    """An answer came; it is asserted if the test's source spells its code out."""
    if method != "HEAD" and answer.headers.get("Content-Type", "").startswith("application/problem+json"):
        _met.add((f"{method} {route_of(path)} {answer.status_code}", answer.json()["code"]))


# --- for conftest.py and the table

def begin_test():
    _asserted.clear()
    _met.clear()


def end_test(identity, source, passed):
    for answer, code in _met:
        if re.search(rf"\b{code}\b", source):
            _asserted.update({answer, f"code {code}"})
    _asserted.update(f"metric {name}" for name in re.findall(r"\b(?:soteria|pvc|process)_[a-z_]+\b", source))
    _asserted.update(f"variable {name}" for name in re.findall(r"\bSOTERIA_[A-Z_]+\b", source))
    if not (passed and _asserted):
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    with open(FOLDER / f"{os.getpid()}.jsonl", "a", encoding="utf-8") as out:
        out.write(json.dumps({"test": identity, "asserted": sorted(_asserted)}) + "\n")


def all_asserted():
    """entry -> names of the tests that asserted it"""
    found = {}
    for file in sorted(FOLDER.glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            for entry in record["asserted"]:
                found.setdefault(entry, set()).add(record["test"])
    return found
