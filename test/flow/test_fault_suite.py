"""The fault suite: each call that Soteria makes, in turn, goes wrong in each way that a call can.

The rows come from the product: its own list of purposes (list-effects), and what the proxies see while every story is told once
without a fault. So a new call gets its row by itself, and a new purpose that no story meets fails. For each cell a story is told
with the fault in that call once; what the user was told stands in build/logs/fault-suite.txt, and afterwards nothing of ours is
left that is not on record, what was there before is untouched, and every operation has come to an end that agrees with Longhorn,
Kubernetes and the repository (fault_stories.py). What passes by itself, as one 503, must not make an operation fail.

Where the same code makes a call for backups, restores and restore tests, one of them stands for all; with SOTERIA_TEST_LONG all of
them are there, and each fault also stays for a while. SOTERIA_FAULT_CELLS (a regular expression) chooses some cells;
SOTERIA_FAULT_WORKERS runs in so many worlds.
"""

import os
import pathlib
import queue
import re
import resource
import threading
import time
import traceback

from flow.fault_calls import NEVER_SENT, listed_purposes
from flow.fault_kinds import COLUMNS, PASSING, can_be, rule_of
from flow.fault_life import Life
from flow.fault_life import owns as belongs_to_life
from flow.fault_stories import STORIES, Cancelled
from flow.fault_world import World
from harness.binaries import ROOT, long_run

WORKERS = int(os.environ.get("SOTERIA_FAULT_WORKERS", 6))
FOR_A_WHILE = 8  # seconds
SLOW = ("silence", "late", "arrives late")  # cells that wait for time limits go first


class Crew:
    """So many worlds, each telling one story after the other."""

    def __init__(self, folder, size):
        self.folder, self.size = folder, size
        self.worlds = []

    def __enter__(self):
        self.worlds = [World(self.folder / f"world-{number}") for number in range(self.size)]
        self.each(lambda world: world.__enter__())
        return self

    def __exit__(self, *_):
        self.each(lambda world: world.__exit__())

    def each(self, act):
        """act(world) in all worlds at once; the first failure is raised."""
        failures = []

        def one(world):
            try:
                act(world)
            except BaseException as failure:  # noqa: BLE001 raised below
                failures.append(failure)

        threads = [threading.Thread(target=one, args=(world,)) for world in self.worlds]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]

    def run(self, tasks):
        """{key: what its function(world) returned, or its story if it failed}, for tasks (key, function) in this order."""
        waiting, results = queue.SimpleQueue(), {}
        for task in tasks:
            waiting.put(task)

        def work(world):
            while True:
                try:
                    key, act = waiting.get_nowait()
                except queue.Empty:
                    return
                begun = time.monotonic()
                results[key] = guarded(world, act)
                with open(self.folder / "progress.txt", "a", encoding="utf-8") as progress:
                    progress.write(f"{time.monotonic() - begun:5.1f} s {key} {str(results[key])[:2000]}\n")

        self.each(work)
        return results


def guarded(world, act):
    try:
        told = act(world)
        world.soteria.check()
        return told
    except Exception:  # noqa: BLE001 one cell's failure is a line of the table, with its whole story
        return "FAILED\n" + traceback.format_exc(limit=-5)
    finally:
        world.calm()
        if not world.soteria.process.running:
            world.soteria.start()
            world.wait_ready()


# --- without faults: the rows


def listen(story):
    """The calls that are made while the story is told, and how it went."""
    def act(world):
        world.calls()
        told = story.tell(world, lambda: None)
        assert told == story.good, f"without any fault it ended as {told}, not as {story.good}"
        return world.calls()
    return act


def listen_to_life(world):
    world.calls()
    Life().tell(world, None, [])
    return world.calls()


def find_rows(heard):
    """[(story or None for life, call)]: each call once, at the first story that it belongs to."""
    rows, seen = [], set()
    for story in STORIES:
        for call in sorted(heard[story.name]):
            if story.owns(call) and call not in seen and not belongs_to_life(call):
                seen.add(call)
                rows.append((story, call))
    rows += [(None, call) for call in sorted(heard[Life.name]) if belongs_to_life(call)]
    return rows


def one_of_each_kind(rows):
    """Without the calls that the same code makes for a backup, a restore and a restore test."""
    chosen, seen = [], set()
    for story, call in rows:
        shape = (call.upstream, re.sub(r"^(restore_test|restore)/", "backup/", call.purpose), call.verb,
                 re.sub("^restores", "backups", call.thing), call.where)
        if shape not in seen or call.purpose == "reflector":
            seen.add(shape)
            chosen.append((story, call))
    return chosen


# --- one cell


def cell(story, call, fault, for_a_while=False):
    def act(world):
        struck = []

        def arm():
            struck.append(world.arm(call, rule_of(call, fault, count=0 if for_a_while else 1)))
            if for_a_while:
                threading.Timer(FOR_A_WHILE, world.proxies[call.upstream].clear).start()

        world.calls()
        told = story.tell(world, arm)
        met = for_a_while or struck[0]()
        world.calls()
        if not met:
            return "not met"
        passes = fault in PASSING or (fault == "500" and (call.upstream == "kubernetes" or call.reads))
        refused = re.match(r"(cancel: )?\d{3} ", told)
        if passes and not refused and not for_a_while:
            allowed = (story.good, "Cancelled") if isinstance(story, Cancelled) else (story.good,)
            assert told in allowed, f"one {fault} has made it end as {told}"
        return told
    return act


def twice(act):
    """Some calls are made only where a cache is behind: another try meets them."""
    def again(world):
        told = act(world)
        if told != "not met":
            return told
        world.calm()
        return act(world)
    return again


def render(rows, results, columns):
    lines = ["What the user was told, by call and fault (each fault once; the call's story in brackets):", ""]
    for story, call in rows:
        lines.append(f"{call}   [{story.name if story else Life.name}]")
        by_words = {}
        for fault in columns:
            told = results.get((str(call), fault))
            if told is not None:
                by_words.setdefault(told.split("\n")[0], []).append(fault)
        lines += [f"    {words:40} {', '.join(faults)}" for words, faults in by_words.items()]
    return "\n".join(lines) + "\n"


def test_no_fault_of_any_call_leaves_a_lie_a_hang_or_a_remnant(log_directory):
    only, begun = os.environ.get("SOTERIA_FAULT_CELLS", ""), time.monotonic()
    with Crew(pathlib.Path(log_directory), WORKERS) as crew:
        heard = crew.run([(Life.name, listen_to_life), *((story.name, listen(story)) for story in STORIES)])
        broken = {name: calls for name, calls in heard.items() if isinstance(calls, str)}
        assert not broken, "\n\n".join(f"{name}: {why}" for name, why in broken.items())
        rows = find_rows(heard)
        if not long_run():
            rows = one_of_each_kind(rows)
        faults = [(fault, False) for fault in COLUMNS]
        if long_run():
            faults += [(fault, True) for fault in COLUMNS if fault != "arrives late"]
        columns = [f"{fault} for a while" if stays else fault for fault, stays in faults]
        tasks = []
        for (fault, stays), column in zip(faults, columns):
            life = [call for story, call in rows if story is None and can_be(call, fault)
                    and re.search(only, f"{call} {column}")]
            if life and not stays:
                tasks.append((("life", fault), lambda world, fault=fault, life=life: Life().tell(world, fault, life)))
            for story, call in rows:
                if story and can_be(call, fault) and re.search(only, f"{call} {column}"):
                    tasks.append(((str(call), column), twice(cell(story, call, fault, stays))))
        tasks.sort(key=lambda task: (task[0][0] != "life", not task[0][0].startswith("slot/look: list"), task[0][1] not in SLOW))
        results = crew.run(tasks)
        for fault in COLUMNS:
            lived = results.pop(("life", fault), None)
            if isinstance(lived, str):
                results["life", fault] = lived
            elif lived:
                results |= {(str(call), fault): told for call, told in lived.items()}
        crew.each(lambda world: world.check_everything())
        met = {call.purpose for world in crew.worlds for call in world.asked_calls}
    table = render(rows, results, columns)
    cpu = sum(resource.getrusage(whose).ru_utime + resource.getrusage(whose).ru_stime
              for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    table += f"\n{len(rows)} calls, {len(results)} cells in {time.monotonic() - begun:.0f} s ({cpu:.0f} s of CPU), {WORKERS} worlds\n"
    (ROOT / "build/logs").mkdir(parents=True, exist_ok=True)
    (ROOT / "build/logs/fault-suite.txt").write_text(table)
    print(table)
    failed = {each: told for each, told in results.items() if told.startswith("FAILED")}
    assert not failed, f"{len(failed)} of {len(results)} cells:\n" + "\n\n".join(
        f"{call}, {fault}:\n{told}" for (call, fault), told in failed.items())
    assert met <= listed_purposes(), f"calls for what the code does not list: {met - listed_purposes()}"
    unmet = listed_purposes() - met - set(NEVER_SENT)
    assert not unmet, f"purposes that no story meets: {unmet}"
    never = [str(call) for _, call in rows if all(results.get((str(call), fault), "not met") == "not met" for fault in COLUMNS)]
    # Calls that are made where a cache happens to be behind.
    assert only or len(never) <= len(rows) // 20, f"calls whose faults never struck: {never}"

