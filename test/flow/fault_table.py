"""What the fault tables have in common: their columns, how a cell runs, and the picture of it all."""

import json
import os
import pathlib
import re
import subprocess
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

from harness.binaries import ROOT, binary

from flow.fault_cell import steps_effect

COLUMNS = ["refused", "timed_out", "answer_lost", "kill_before", "kill_after", "cancelled", "name_taken"]
WITH_A_KEY = "where the request has an Idempotency-Key: test_idempotency_faults.py"
# Writes that are no effect on what an operation makes; each has its reason.
NOT_IN_TABLE = {"slot/take_over": "a crash's own clean-up, walked through by slot/take and record/create, kill_after",
                "key/claim": WITH_A_KEY, "key/take_over": WITH_A_KEY, "key/answer": WITH_A_KEY, "key/remove": WITH_A_KEY,
                "record/event": "tells people; nothing depends on it, and the fault suite has it fail in every way",
               "record/leftovers": "only after an undo was given up, see the unit tests of deciding"}


def listed_effects():
    """What the code says that it does: around, and a driver's effects by kind."""
    return json.loads(subprocess.run([binary("list-effects")], capture_output=True, text=True, check=True).stdout)


def run_table(name, cell, rows, cannot_be, log_directory, workers=4, columns=COLUMNS):
    """Runs every cell of (kind, effect) rows that can be; writes build/logs/<name>.txt; fails with the stories of those that
    failed. SOTERIA_FAULT_CELLS (a regular expression) chooses some, SOTERIA_FAULT_WORKERS runs so many at once."""
    only = os.environ.get("SOTERIA_FAULT_CELLS", "")
    cells = [(kind, effect, column) for kind, effect in rows for column in columns
             if (effect, column) not in cannot_be and re.search(only, f"{kind} {effect} {column}")]
    results = {}
    begun = time.monotonic()
    with ThreadPoolExecutor(max_workers=int(os.environ.get("SOTERIA_FAULT_WORKERS", workers))) as pool:
        futures = {each: pool.submit(run_cell, cell, log_directory, *each) for each in cells}
        for each, future in futures.items():
            results[each] = future.result()
    table = render(results, rows, columns)
    table += f"\n{len(cells)} cells in {time.monotonic() - begun:.0f} s\n"
    (ROOT / "build/logs").mkdir(parents=True, exist_ok=True)
    (ROOT / f"build/logs/{name}.txt").write_text(table)
    print(table)
    failed = {each: outcome for each, outcome in results.items() if outcome.startswith("FAILED")}
    assert not failed, table + "\n" + "\n\n".join(f"{' '.join(each)}:\n{text}" for each, text in failed.items())


def render(results, rows, columns):
    shown = sorted({(kind, effect) for kind, effect, _ in results}, key=rows.index)
    lines = ["What became of each operation (none: it was not accepted; -: cannot be):", "",
             f"{'':32}" + "".join(f"{column:>15}" for column in columns)]
    for kind, effect in shown:
        words = [results.get((kind, effect, column), "-").split("\n")[0] for column in columns]
        lines.append(f"{kind + ' ' + effect:32}" + "".join(f"{word:>15}" for word in words))
    return "\n".join(lines)


def run_cell(cell, log_directory, kind, effect, column):
    folder = pathlib.Path(log_directory) / re.sub("[/#]", "-", f"{kind}-{effect}-{column}")
    try:
        with cell(folder, kind, effect) as one:
            fault = one.fault_of(column)
            allowed = undo_cell(one, fault) if effect.startswith("undo_") else forward_cell(one, fault)
            foreign = allowed.pop("foreign", None)
            phase = one.wait_settled()
            one.check(phase, foreign)
            assert phase in allowed["phases"], f"it ended as {phase}, not as one of {allowed['phases']}"
            unknown = [entry for entry in writes(one) if not known(cell.CALLS, entry)]
            assert not unknown, f"writes that the table does not know: {unknown}"
        return phase
    except Exception:  # noqa: BLE001 one cell's failure is a row of the table, with its whole story
        return "FAILED\n" + traceback.format_exc(limit=-4)


def forward_cell(cell, column):
    """Injects the fault into the effect's first call; returns how the operation may end."""
    before_record = cell.effect in ("slot/take", "record/create")
    after_return = cell.effect.split("#")[0] in cell.AFTER_RETURN
    past_return = after_return or cell.effect in ("slot/give_back", "record/release", "tidy", "tidy#remove")
    good = cell.good_end()
    few = 2 if past_return or cell.effect.startswith("record/") else 0
    if column == "refused":
        cell.refuse(count=few)
        start(cell)
        if cell.effect in ("record/protect", "record/status") or past_return:
            return {"phases": [good]}
        if cell.effect == "record/cancel":
            return {"phases": [good, "Cancelled"]}
        return {"phases": ["none"] if before_record else ["Failed"]}
    if column == "timed_out":
        cell.rule("silence", count=few)
        start(cell)
        if before_record:
            return {"phases": ["none"]}
        return {"phases": ["Failed"] if "/" not in cell.effect and not past_return else [good, "Cancelled", "Failed"]}
    if column == "answer_lost":
        cell.rule("answer_lost")
        start(cell)
        return {"phases": [good, "Cancelled"] if cell.effect == "record/cancel" else [good]}
    cell.rule("hold_after" if column == "kill_after" else "hold_before")
    start(cell)
    cell.proxy.wait_held(20)
    if column.startswith("kill"):
        cell.crash()
        lost = before_record and not (column == "kill_after" and cell.effect == "record/create")
        return {"phases": ["none"] if lost else [good, "Cancelled"] if cell.effect == "record/cancel" else [good]}
    if column == "cancelled":
        cell.cancel()
        cell.proxy.release()
        return {"phases": [good if after_return else "Cancelled"]}
    foreign = cell.take_the_name()
    cell.proxy.release()
    return {"phases": ["none"] if before_record else ["Failed"], "foreign": foreign}


def start(cell):
    """Asks; where the cancel is what is tested, asks for that too once the data is on its way."""
    if cell.effect != "record/cancel":
        cell.ask()
        return
    cell.stall()
    cell.ask()
    cell.wait_stalled()
    cell.go_on()
    try:
        cell.soteria.post(f"/v1/operations/{cell.identity()}/cancel", timeout=3)
    except Exception:  # noqa: BLE001 its answer may be what is held
        pass


def undo_cell(cell, column):
    """Cancels an operation that is far enough, with the fault in the undo's first call."""
    then = cell.hold_before_undo()
    if column == "refused":
        cell.refuse(count=2)
    elif column == "timed_out":
        cell.rule("silence", count=2)
    elif column == "answer_lost":
        cell.rule("answer_lost")
    else:
        cell.rule("hold_after" if column == "kill_after" else "hold_before")
    cell.cancel()
    then()
    if column.startswith("kill"):
        cell.proxy.wait_held(30)
        cell.crash()
    foreign = None
    if column == "name_taken":
        cell.proxy.wait_held(30)
        foreign = cell.replace_what_is_deleted()
        cell.proxy.release()
    return {"phases": ["Cancelled"], "foreign": foreign}


# --- nothing is written that the table does not know


def writes(cell):
    """Every changing request that came through the proxies: (method, target, purpose)."""
    for proxy in cell.proxies.values():
        for entry in proxy.log_of_requests():
            purpose = re.search(r"\((.*)\)", entry["user_agent"])
            reads = r"action=(backupList|backupListByVolume|snapshotCRGet|snapshotCRList|backupGet)|dryRun=All"
            if entry["method"] not in ("GET", "HEAD") and not re.search(reads, entry["target"]):
                yield entry["method"], entry["target"], purpose.group(1) if purpose else ""


def known(calls, entry):
    method, target, purpose = entry
    if purpose in NOT_IN_TABLE or purpose.startswith(("lease", "catalogue/")):
        return True
    own = [(known_method, path) for effect, (_, known_method, path) in calls.items()
           if purpose in (steps_effect("backup", effect), steps_effect("restore", effect))]
    return any(method == known_method and re.search(path, target) for known_method, path in own)
