"""One of two replicas is killed again and again, at random moments, under a load of backups and restores, on a real API server.

The plan comes from a seed, which is printed: SOTERIA_KILL_SEED repeats it. The invariants (flow/invariants.py) are checked
whenever everything has come to rest, which is after every few kills.
"""

import collections
import os
import random
import time

from flow.drivers import local_pvc
from flow.fault_cell import LEASE_SECONDS
from flow.invariants import Invariants
from flow.kill_load import Load, plan
from flow.kill_worlds import WorldOfBoth
from flow.scene import bound_pvc
from harness.binaries import ROOT, long_run

KILLS = 200 if long_run() else 20
KILLS_UNTIL_REST = 4
NAMESPACES = ("ai", "web", "data")
SETTINGS = {"SOTERIA_LEASE_SECONDS": LEASE_SECONDS, "SOTERIA_METRICS_REFRESH_SECONDS": 5,
            "SOTERIA_RESTORE_TIMEOUT_SECONDS": 120, "SOTERIA_BACKUP_TIMEOUT_SECONDS": 120, "SOTERIA_JOB_TTL_SECONDS": 0}


def set_the_scene(world):
    """PVCs of both drivers in three namespaces, each with a backup."""
    sources = []
    for namespace in NAMESPACES:
        world.kubernetes.create({"kind": "Namespace", "metadata": {"name": namespace}})
        for pvc in ("one", "two"):
            handle = bound_pvc(world.kubernetes, world.longhorn, namespace, pvc)
            world.longhorn.seed(backups=[{"name": f"backup-{handle}", "volume": handle, "snapshotName": f"by-hand-{handle}",
                                          "size": 1 << 20}])
            sources.append((namespace, pvc, "longhorn"))
        uid = local_pvc(world.kubernetes, namespace, "three")["metadata"]["uid"]
        world.restic.seed({"namespace": namespace, "pvc": "three", "uid": uid, "hours": 30})
        sources.append((namespace, "three", "restic"))
    return sources


def kill(world, round_, counts):
    """One replica, at the round's failpoint if it is met in time."""
    kubernetes, longhorn = world.proxies["kubernetes"], world.proxies["longhorn"]
    begun = time.monotonic()
    met = False
    if round_.failpoint:
        purpose, action = round_.failpoint
        for proxy in (kubernetes, longhorn):
            proxy.rule(action, agent=f"[(]{purpose}[)]$", path="^(?!.*dryRun)")
        while time.monotonic() - begun < round_.after and not met:
            met = bool(kubernetes.held()) or bool(longhorn.held())
            time.sleep(0.02)
    time.sleep(max(0, 0 if met else begun + round_.after - time.monotonic()))
    victim = world.replicas.leader() if round_.leader else world.replicas.waiting()
    victim.kill()
    for proxy in (kubernetes, longhorn):
        proxy.clear()
    counts["at a failpoint" if met else "at a moment"] += 1
    counts["of the leader" if round_.leader else "of the other"] += 1
    return victim


def test_random_kills_under_load_lose_nothing_and_leave_nothing(log_directory):
    seed = int(os.environ.get("SOTERIA_KILL_SEED") or random.randrange(1 << 32))
    print(f"SOTERIA_KILL_SEED={seed}")
    counts = collections.Counter()
    begun = time.monotonic()
    world = WorldOfBoth(log_directory / "cluster", SETTINGS, seconds=2).start()
    try:
        sources = set_the_scene(world)
        world.replicas.wait_both()
        invariants = Invariants(world.kubernetes, world.longhorn, world.restic, world.read_events())
        load = Load(world.replicas, sources, invariants.accept)
        for number, round_ in enumerate(plan(seed, KILLS), 1):
            asking = load.start(round_.requests)
            victim = kill(world, round_, counts)
            time.sleep(round_.pause)
            victim.start()
            asking.join(60)
            world.replicas.wait_both()
            if number % KILLS_UNTIL_REST == 0 or number == KILLS:
                invariants.check(world.replicas.running(), 90)
                counts["rests"] += 1
        ends = collections.Counter(record["status"]["phase"] for record in invariants.records().values())
    finally:
        figures = f"seed {seed}: {KILLS} kills {dict(counts)} in {time.monotonic() - begun:.0f} s"
        print(figures)
        world.stop()
    figures += f"; accepted {len(load.accepted)}, records {dict(ends)}; answers " + ", ".join(
        f"{what} {how}: {number}" for (what, how), number in sorted(load.answers.items(), key=str))
    figures += "; streams " + ", ".join(f"{one.connections} connections, {len(one.resets)} resets" for one in world.readers)
    print(figures)
    (ROOT / "build/logs").mkdir(parents=True, exist_ok=True)
    (ROOT / "build/logs/random-kills.txt").write_text(figures + "\n")
    assert not load.unexpected, load.unexpected
    assert ends["Succeeded"] > 0, ends
