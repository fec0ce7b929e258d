"""The fault table: every effect of Longhorn's two step tables against every way in which a call can go wrong.

Each cell runs in a world of its own (simulated Kubernetes and Longhorn behind a proxy, the real service), and asks
Kubernetes and Longhorn, not our records: is nothing of ours left, or all of it there, and is everything else untouched?
The rows come from the code's own list of effects (list-effects).
"""

from flow.fault_table import NOT_IN_TABLE, listed_effects, run_table
from flow.longhorn_cell import LonghornCell

CALLS = LonghornCell.CALLS
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
    listed = listed_effects()
    rows = []
    for kind in ("backup", "restore"):
        rows += [(kind, purpose) for purpose in listed["around"] if purpose not in NOT_IN_TABLE]
        for effect in listed["longhorn"][kind]:
            rows.append((kind, effect["step"]))
            assert effect["undo"], f"{effect['step']} has no undo"
            rows.append((kind, f"undo_{effect['step']}"))
    rows.append(("backup", "tidy"))
    missing = [effect for _, effect in rows if effect not in CALLS]
    assert not missing, f"the fault table does not know these effects of the code: {missing}"
    return rows


def test_every_cell_leaves_nothing_or_everything_and_nobody_elses_touched(log_directory):
    run_table("faults", LonghornCell, effects(), CANNOT_BE, log_directory)
