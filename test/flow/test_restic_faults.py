"""restic's fault table: every effect of its two step tables against every way in which a call can go wrong.

As test_faults.py, which also has what happens around the steps of both drivers. The cells ask Kubernetes and the repository,
not our records: is nothing of ours left, or all of it there, and is everything else untouched?
"""

from flow.fault_table import listed_effects, run_table
from flow.restic_cell import ResticCell

# Cells that cannot be, each with its reason; the table shows them as "-".
CANNOT_BE = {
    ("start_job", "name_taken"): "makes no name", ("repository#start", "name_taken"): "makes no name",
    ("tidy", "name_taken"): "makes no name", ("tidy#remove", "name_taken"): "its name is made of the record's uid",
    ("tidy", "cancelled"): "past return", ("tidy#remove", "cancelled"): "past return",
    ("undo_create_claim", "cancelled"): "is under way because of a cancel already",
    ("undo_create_job", "cancelled"): "is under way because of a cancel already",
}
for effect in ResticCell.CALLS:
    if effect.split("#")[0] in ResticCell.AFTER_RETURN:
        CANNOT_BE[effect, "name_taken"] = "its name is made of the record's uid"
# The Secret of each Job is made, and each Job is started, by the same code; these cells would show the same again.
SAME = {("repository#secret", column): "as create_secret" for column in ("refused", "timed_out", "cancelled", "name_taken")}
for effect in ("mark_incomplete#secret", "mark_incomplete#start", "forget#secret", "forget#start", "repository#start"):
    for column in ("refused", "timed_out", "cancelled"):
        SAME[effect, column] = "as create_secret, as start_job, as the step's own Job"
# Calls that are made only after something else has failed, within the cells of their step.
NO_ROW = ("repository#remove", "mark_incomplete#remove")


def effects():
    """[(kind, effect)] of all that the code does; fails for one that the table knows no call for."""
    listed = listed_effects()["restic"]
    rows = []
    for kind in ("backup", "restore"):
        for effect in listed[kind]:
            calls = [call for call in ResticCell.CALLS if call.split("#")[0] == effect["step"] and call not in NO_ROW]
            assert calls, f"the fault table does not know this effect of the code: {effect}"
            rows += [(kind, call) for call in calls]
            if effect["undo"]:
                rows.append((kind, f"undo_{effect['step']}"))
            assert effect["after_return"] == (effect["step"] in ResticCell.AFTER_RETURN), effect
        rows.append((kind, "tidy"))
    rows.append(("backup", "tidy#remove"))
    missing = [effect for _, effect in rows if effect not in ResticCell.CALLS]
    assert not missing, f"the fault table does not know these effects of the code: {missing}"
    return rows


def test_every_cell_leaves_nothing_or_everything_and_nobody_elses_touched(log_directory):
    # A cell waits more than it works: for time limits, and for restic's Pods.
    run_table("restic-faults", ResticCell, effects(), CANNOT_BE | SAME, log_directory, workers=8)
