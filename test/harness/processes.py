"""Programs that a test starts: output in a file, ended by pid, and never outliving the test run."""

import os
import pathlib
import shutil
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor

from .waiting import eventually

# The kernel ends a child (PR_SET_PDEATHSIG, set by setpriv) when the *thread* that started it ends. So one thread, as
# long-lived as the test run, starts them all, whatever thread the test calls from.
_starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="starter")


class Process:
    """A running program. Its standard output and error go to `log` together (appended, so a restart keeps both)."""

    def __init__(self, arguments, log, env=None, name=None):
        self.arguments = [str(argument) for argument in arguments]
        self.log = pathlib.Path(log)
        self.name = name or pathlib.Path(self.arguments[0]).name
        self.log.parent.mkdir(parents=True, exist_ok=True)
        # Where this run's output begins in a log that an earlier run wrote to as well.
        self._begin = self.log.stat().st_size if self.log.exists() else 0
        # Its settings are the test's: those of the test run itself (SOTERIA_BINARY_DIR ...) are none of its business.
        around = {key: value for key, value in os.environ.items() if not key.startswith("SOTERIA_")}
        whole = {**around, **{key: str(value) for key, value in (env or {}).items()}}
        self._popen = _starter.submit(self._start, whole).result()

    def _start(self, env):
        with self.log.open("ab") as output:
            return subprocess.Popen(
                [_setpriv(), "--pdeathsig", "KILL", "--", *self.arguments],
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=env, start_new_session=True)

    @property
    def pid(self):
        return self._popen.pid

    @property
    def exit_code(self):
        """None while it runs; negative: ended by that signal."""
        return self._popen.poll()

    @property
    def running(self):
        return self.exit_code is None

    def output(self):
        """What it has written so far."""
        with self.log.open("rb") as file:
            file.seek(self._begin)
            return file.read().decode(errors="replace")

    def tail(self, lines=15):
        return "\n".join(self.output().splitlines()[-lines:])

    def wait_for_line(self, parse, seconds=20.0):
        """The first truthy parse(line) over the whole lines of its output."""

        def look():
            alive = self.running  # before the output: what it wrote last counts
            for line in self.output().split("\n")[:-1]:
                found = parse(line)
                if found:
                    return found
            if not alive:
                raise RuntimeError(f"{self.name} ended with {self.exit_code} before it was ready:\n{self.tail()}")
            return None

        return eventually(f"{self.name} is ready (its output: {self.log})", look, seconds, every=0.02)

    def signal(self, number):
        if self.running:
            self._popen.send_signal(number)

    def pause(self):
        """SIGSTOP: it hangs, and its connections stay open. resume() wakes it."""
        self.signal(signal.SIGSTOP)

    def resume(self):
        self.signal(signal.SIGCONT)

    def wait(self, seconds=30.0):
        """Its exit code, once it has ended by itself."""
        try:
            return self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} (pid {self.pid}) did not end within {seconds:g} s:\n{self.tail()}") from None

    def kill(self):
        """SIGKILL, at once; returns when it is gone."""
        self.signal(signal.SIGKILL)
        return self.wait(10)

    def stop(self, seconds=30.0):
        """SIGTERM; SIGKILL and an AssertionError if it does not end in time. Returns the exit code."""
        self.signal(signal.SIGTERM)
        try:
            return self.wait(seconds)
        except AssertionError:
            self.kill()
            raise


def _setpriv():
    found = shutil.which("setpriv")
    assert found, "setpriv is missing: it is in Debian's package util-linux"
    return found


def resident_bytes(pid, peak=False):
    """The process's resident memory, now or at its peak, as the kernel counts it."""
    wanted = "VmHWM:" if peak else "VmRSS:"
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(wanted):
            return int(line.split()[1]) * 1024
    raise AssertionError(f"process {pid} has no memory any more: it has ended")
