"""The helpers of the suites: what they wait for, and how they fail."""

import signal
import time

import pytest

from harness.processes import Process, resident_bytes
from harness.waiting import eventually, never


def test_eventually_returns_the_first_truthy_value():
    values = iter([None, 0, "found", "later"])
    assert eventually("a value comes", lambda: next(values), 5, every=0) == "found"


def test_what_is_looked_for_need_not_be_there_yet():
    values = iter([{}, None, {"phase": "Succeeded"}])
    assert eventually("it has ended", lambda: next(values)["phase"], 5, every=0) == "Succeeded"


def test_eventually_fails_with_the_sentence_and_what_it_saw_last():
    with pytest.raises(AssertionError, match="the moon is full: not within 0.05 s; last seen: 'new moon'"):
        eventually("the moon is full", lambda: [] or _refuse("'new moon'"), 0.05, every=0.01)


def test_an_error_that_is_no_assertion_ends_the_wait_at_once():
    begun = time.monotonic()
    with pytest.raises(ZeroDivisionError):
        eventually("a number", lambda: 1 / 0, 30)
    assert time.monotonic() - begun < 5


def test_never_fails_when_it_happens():
    with pytest.raises(AssertionError, match="it did happen: 7"):
        never("a seven", lambda: 7)


def test_a_process_is_ready_with_its_line(tmp_path):
    process = Process(["sh", "-c", "echo starting; echo ready on 42; exec sleep 300"], tmp_path / "log")
    assert process.wait_for_line(lambda line: line.startswith("ready") and line.split()[-1]) == "42"
    assert process.running and resident_bytes(process.pid) > 0
    assert process.stop() == -signal.SIGTERM
    assert not process.running


def test_a_process_that_ends_before_it_is_ready_says_what_it_wrote(tmp_path):
    process = Process(["sh", "-c", "echo no such disk; exit 3"], tmp_path / "log")
    with pytest.raises(RuntimeError, match="ended with 3 before it was ready:\nno such disk"):
        process.wait_for_line(lambda line: line == "ready")


def test_a_process_that_ignores_sigterm_is_killed_and_reported(tmp_path):
    process = Process(["sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.1; done"], tmp_path / "log")
    process.wait_for_line(lambda line: line == "ready")
    with pytest.raises(AssertionError, match="did not end within 0.2 s"):
        process.stop(0.2)
    assert not process.running


def test_output_after_a_restart_is_only_the_new_runs(tmp_path):
    for word in ("first", "second"):
        process = Process(["echo", word], tmp_path / "log")
        process.wait()
        assert process.output() == f"{word}\n"
    assert (tmp_path / "log").read_text() == "first\nsecond\n"


def _refuse(seen):
    raise AssertionError(seen)
