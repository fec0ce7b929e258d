"""The fault table: every effect of the two step tables against every way in which a call can go wrong.

Each cell runs in a world of its own (simulated Kubernetes and Longhorn behind a proxy, the real service), and asks
Kubernetes and Longhorn, not our records: is nothing of ours left, or all of it there, and is everything else untouched?
The rows come from the code's own list of effects (list-effects).
"""

import base64
import hashlib
import json
import os
import pathlib
import re
import subprocess
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

from harness.binaries import ROOT, binary
from harness.waiting import eventually

from flow.fault_cell import CALLS, NAMESPACE, Cell, steps_effect
from flow.scene import GIGABYTE

COLUMNS = ["refused", "timed_out", "answer_lost", "kill_before", "kill_after", "cancelled", "name_taken"]
# Writes that are no effect on what an operation makes; each has its reason.
NOT_IN_TABLE = {"slot/take_over": "a crash's own clean-up, walked through by slot/take and record/create, kill_after",
                "record/leftovers": "only after an undo was given up, see the unit tests of deciding"}
# Cells that cannot be, each with its reason; the table shows them as "-".
CANNOT_BE = {
    ("start_backup", "name_taken"): "Longhorn names backups itself",
    ("record/protect", "name_taken"): "makes no name", ("record/status", "name_taken"): "makes no name",
    ("record/cancel", "name_taken"): "makes no name", ("record/release", "name_taken"): "makes no name",
    ("slot/give_back", "name_taken"): "makes no name", ("tidy", "name_taken"): "makes no name",
    ("record/cancel", "cancelled"): "is the cancel itself",
    ("slot/take", "cancelled"): "there is nothing to cancel yet",
    ("record/create", "cancelled"): "there is nothing to cancel yet",
    ("slot/give_back", "cancelled"): "past return", ("record/release", "cancelled"): "past return",
    ("tidy", "cancelled"): "past return",
    ("record/create", "name_taken"): "has a random part, and its slot is taken first",
    ("undo_create_snapshot", "name_taken"): "deletes a name that is never reused",
    ("undo_start_backup", "name_taken"): "deletes a name that Longhorn never reuses",
    ("undo_create_volume", "name_taken"): "deletes a name that is never reused",
    ("undo_create_persistent_volume", "name_taken"): "deletes a name that is never reused",
}
for undo in [effect for effect in CALLS if effect.startswith("undo_")]:
    CANNOT_BE[undo, "cancelled"] = "is under way because of a cancel already"


def effects():
    """[(kind, effect)] of all that the code does; fails for one that the table knows no call for."""
    listed = json.loads(subprocess.run([binary("list-effects")], capture_output=True, text=True, check=True).stdout)
    rows = []
    for kind in ("backup", "restore"):
        rows += [(kind, purpose) for purpose in listed["around"] if purpose not in NOT_IN_TABLE]
        for effect in listed[kind]:
            rows.append((kind, effect["step"]))
            assert effect["undo"], f"{effect['step']} has no undo"
            rows.append((kind, f"undo_{effect['step']}"))
    rows.append(("backup", "tidy"))
    missing = [effect for _, effect in rows if effect not in CALLS]
    assert not missing, f"the fault table does not know these effects of the code: {missing}"
    return rows


def test_every_cell_leaves_nothing_or_everything_and_nobody_elses_touched(log_directory):
    only = os.environ.get("SOTERIA_FAULT_CELLS", "")
    cells = [(kind, effect, column) for kind, effect in effects() for column in COLUMNS
             if (effect, column) not in CANNOT_BE and re.search(only, f"{kind} {effect} {column}")]
    results = {}
    begun = time.monotonic()
    with ThreadPoolExecutor(max_workers=int(os.environ.get("SOTERIA_FAULT_WORKERS", "4"))) as pool:
        futures = {cell: pool.submit(run_cell, log_directory, *cell) for cell in cells}
        for cell, future in futures.items():
            results[cell] = future.result()
    table = render(results)
    table += f"\n{len(cells)} cells in {time.monotonic() - begun:.0f} s\n"
    (ROOT / "build/logs").mkdir(parents=True, exist_ok=True)
    (ROOT / "build/logs/faults.txt").write_text(table)
    print(table)
    failed = {cell: outcome for cell, outcome in results.items() if outcome.startswith("FAILED")}
    assert not failed, table + "\n" + "\n\n".join(f"{' '.join(cell)}:\n{text}" for cell, text in failed.items())


def render(results):
    rows = sorted({(kind, effect) for kind, effect, _ in results}, key=effects().index)
    lines = ["What became of each operation (none: it was not accepted; -: cannot be):", "",
             f"{'':32}" + "".join(f"{column:>13}" for column in COLUMNS)]
    for kind, effect in rows:
        words = [results.get((kind, effect, column), "-").split("\n")[0] for column in COLUMNS]
        lines.append(f"{kind + ' ' + effect:32}" + "".join(f"{word:>13}" for word in words))
    return "\n".join(lines)


def run_cell(log_directory, kind, effect, column):
    folder = pathlib.Path(log_directory) / f"{kind}-{effect}-{column}".replace("/", "-")
    try:
        with Cell(folder, kind, effect) as cell:
            allowed = undo_cell(cell, column) if effect.startswith("undo_") else forward_cell(cell, column)
            foreign = allowed.pop("foreign", None)
            phase = cell.wait_settled()
            cell.check(phase, foreign)
            assert phase in allowed["phases"], f"it ended as {phase}, not as one of {allowed['phases']}"
            unknown = [entry for entry in writes(cell) if not known(entry)]
            assert not unknown, f"writes that the table does not know: {unknown}"
        return phase
    except Exception:  # noqa: BLE001 one cell's failure is a row of the table, with its whole story
        return "FAILED\n" + traceback.format_exc(limit=-4)


def forward_cell(cell, column):
    """Injects the fault into the effect's first call; returns how the operation may end."""
    before_record = cell.effect in ("slot/take", "record/create")
    past_return = cell.effect in ("slot/give_back", "record/release", "tidy")
    if column == "refused":
        cell.refuse(count=2 if past_return or cell.effect.startswith("record/") else 0)
        start(cell)
        if cell.effect in ("record/protect", "record/status") or past_return:
            return {"phases": ["Succeeded"]}
        if cell.effect == "record/cancel":
            return {"phases": ["Succeeded", "Cancelled"]}
        return {"phases": ["none"] if before_record else ["Failed"]}
    if column == "timed_out":
        cell.rule("silence", count=2 if past_return or cell.effect.startswith("record/") else 0)
        start(cell)
        if before_record:
            return {"phases": ["none"]}
        return {"phases": ["Failed"] if "/" not in cell.effect and not past_return else ["Succeeded", "Cancelled", "Failed"]}
    if column == "answer_lost":
        cell.rule("answer_lost")
        start(cell)
        return {"phases": ["Succeeded", "Cancelled"] if cell.effect == "record/cancel" else ["Succeeded"]}
    cell.rule("hold_after" if column == "kill_after" else "hold_before")
    start(cell)
    cell.proxy.wait_held(20)
    if column.startswith("kill"):
        cell.crash()
        lost = before_record and not (column == "kill_after" and cell.effect == "record/create")
        return {"phases": ["none"] if lost else ["Succeeded", "Cancelled"] if cell.effect == "record/cancel"
                else ["Succeeded"]}
    if column == "cancelled":
        cell.cancel()
        cell.proxy.release()
        return {"phases": ["Cancelled"]}
    foreign = take_the_name(cell)
    cell.proxy.release()
    return {"phases": ["none"] if before_record else ["Failed"], "foreign": foreign}


def start(cell):
    """Asks; where the cancel is what is tested, asks for that too once the data is on its way."""
    if cell.effect != "record/cancel":
        cell.ask()
        return
    stall(cell)
    cell.ask()
    wait_reason(cell, "WaitBackup" if cell.kind == "backup" else "WaitRestored")
    cell.longhorn.no_faults()
    try:
        cell.soteria.post(f"/v1/operations/{cell.identity()}/cancel", timeout=3)
    except Exception:  # noqa: BLE001 its answer may be what is held
        pass


def stall(cell):
    cell.longhorn.fault(do="stall_backup" if cell.kind == "backup" else "stall_restore", at=40, times=0)


def wait_reason(cell, reason):
    def reached():
        record = cell.record()
        assert record, "no record yet"
        return record.get("status", {}).get("reason") == reason

    eventually(f"the operation is at {reason}", reached, 20)


def undo_cell(cell, column):
    """Cancels an operation that is far enough, with the fault in the undo's first call."""
    if cell.effect == "undo_create_persistent_volume":
        # The PV is made at the end: hold its own creation's answer and cancel there.
        cell.proxy.rule("hold_after", "POST", "/persistentvolumes[?]", "restore/create_persistent_volume")
        cell.ask()
        cell.proxy.wait_held(30)
    else:
        stall(cell)
        cell.ask()
        wait_reason(cell, "WaitBackup" if cell.kind == "backup" else "WaitRestored")
    if column == "refused":
        cell.refuse(count=2)
    elif column == "timed_out":
        cell.rule("silence", count=2)
    elif column == "answer_lost":
        cell.rule("answer_lost")
    else:
        cell.rule("hold_after" if column == "kill_after" else "hold_before")
    cell.cancel()
    if cell.effect == "undo_create_persistent_volume":
        cell.proxy.release()
    if column.startswith("kill"):
        cell.proxy.wait_held(30)
        cell.crash()
    foreign = None
    if column == "name_taken":
        cell.proxy.wait_held(30)
        foreign = replace_the_claim(cell)
        cell.proxy.release()
    return {"phases": ["Cancelled"], "foreign": foreign}


def take_the_name(cell):
    """Somebody else makes an object of that name while our request is on its way; returns what must stay as it is."""
    if cell.effect == "slot/take":
        # Held by a request that died before its record: swept in a while.
        subject = f"{cell.kind}\n{NAMESPACE}\n{'data' if cell.kind == 'backup' else 'copy'}"
        name = base64.b32encode(hashlib.sha256(subject.encode()).digest()).decode().lower().rstrip("=")[:52]
        cell.kubernetes.create({"kind": "Lease", "metadata": {"name": f"slot-{name}", "namespace": "soteria"},
                                "spec": {"holderIdentity": f"{cell.kind}.{NAMESPACE}.nobody"}})
        return None
    name = cell.record()["status"].get("facts", {}).get("snapshot" if cell.kind == "backup" else "volume")
    if cell.effect == "create_claim":
        made = cell.kubernetes.claim(NAMESPACE, "copy")
        return {"claims": ("copy", (made["metadata"]["uid"], made["spec"]))}
    if cell.effect == "create_persistent_volume":
        made = cell.kubernetes.volume(name, "pvc-foreign", claim=(NAMESPACE, "somebodys"))
        return {"volumes": (name, (made["metadata"]["uid"], made["spec"]))}
    if cell.effect == "create_volume":
        cell.foreign = (name,)
        cell.longhorn.seed(volumes=[{"name": name, "size": str(GIGABYTE), "replicas": 1}])
        volume = cell.longhorn.volumes()[name]
        return {"longhorn": (name, (volume["size"], volume["fromBackup"]))}
    answer = cell.longhorn.post(f"/v1/volumes/{cell.handle}?action=snapshotCRCreate", json={"name": name})
    assert answer.status_code == 200, answer.text
    return {"snapshots": (name, cell.handle)}


def replace_the_claim(cell):
    """The claim that is about to be deleted is deleted by somebody and made anew."""
    cell.kubernetes.delete("PersistentVolumeClaim", "copy", NAMESPACE)
    cell.kubernetes.wait_gone("PersistentVolumeClaim", "copy", NAMESPACE)
    made = cell.kubernetes.claim(NAMESPACE, "copy")
    return {"claims": ("copy", (made["metadata"]["uid"], made["spec"]))}


# --- nothing is written that the table does not know


def writes(cell):
    """Every changing request that came through the proxies: (method, target, purpose)."""
    for proxy in cell.proxies.values():
        for entry in proxy.log_of_requests():
            purpose = re.search(r"\((.*)\)", entry["user_agent"])
            reads = r"action=(backupList|backupListByVolume|snapshotCRGet|snapshotCRList|backupGet)|dryRun=All"
            if entry["method"] not in ("GET", "HEAD") and not re.search(reads, entry["target"]):
                yield entry["method"], entry["target"], purpose.group(1) if purpose else ""


def known(entry):
    method, target, purpose = entry
    if purpose in NOT_IN_TABLE or purpose.startswith("lease"):
        return True
    for effect, (_, known_method, path) in CALLS.items():
        if purpose in (steps_effect("backup", effect), steps_effect("restore", effect)):
            return method == known_method and re.search(path, target) is not None
    return False
