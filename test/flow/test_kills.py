"""The kill suite: the replica that acts is killed at every failpoint; the other one, which ran beside it, goes on, or it is
started again and there is no other.

The failpoints are both sides of every call that changes something, from the code's own list of effects. All on real API
servers; restic's Jobs are played (cluster/stand_in_node.py). After each: the invariants of flow/invariants.py.
"""

from flow.fault_cell import LEASE_SECONDS
from flow.fault_table import run_table
from flow.kill_worlds import LonghornWorld, ResticWorld, Worlds
from flow.takeover_cell import COLUMNS, TakenOverLonghorn, TakenOverRestic
from flow.test_faults import effects as longhorn_effects
from flow.test_restic_faults import effects as restic_effects


def test_longhorns_operations_are_gone_on_with_wherever_the_leader_dies(log_directory):
    settings = {"SOTERIA_LEASE_SECONDS": LEASE_SECONDS, "SOTERIA_METRICS_REFRESH_SECONDS": 5}
    with Worlds(lambda number: LonghornWorld(log_directory / f"cluster-{number}", settings)) as worlds:
        cell = type("Cell", (TakenOverLonghorn,), {"worlds": worlds})
        run_table("kills-longhorn", cell, longhorn_effects(), {}, log_directory, workers=4, columns=COLUMNS)


def test_restics_operations_are_gone_on_with_wherever_the_leader_dies(log_directory):
    with Worlds(lambda number: ResticWorld(log_directory / f"cluster-{number}")) as worlds:
        cell = type("Cell", (TakenOverRestic,), {"worlds": worlds})
        run_table("kills-restic", cell, restic_effects(), {}, log_directory, workers=4, columns=COLUMNS)
