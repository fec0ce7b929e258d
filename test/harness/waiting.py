"""Waiting without sleeping for luck: poll a condition until it holds or its deadline passes."""

import time


def eventually(what, predicate, seconds=10.0, every=0.05):
    """Returns the first truthy value of predicate(); `what` is the sentence that the failure begins with.

    While predicate raises AssertionError, or looks into something that is not there yet (LookupError, TypeError of a None),
    it counts as not fulfilled. Any other exception ends the wait.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            last = predicate()
            if last:
                return last
            seen = f"last seen: {last!r}"
        except AssertionError as error:
            seen = f"last seen: {error}"
        except (LookupError, TypeError) as error:
            seen = f"last seen: {error!r}"
        if time.monotonic() >= deadline:
            raise AssertionError(f"{what}: not within {seconds:g} s; {seen[:2000]}")
        time.sleep(every)


def never(what, predicate, seconds=1.0, every=0.05):
    """Fails as soon as predicate() gives a truthy value within `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        seen = predicate()
        assert not seen, f"{what}: it did happen: {seen!r}"
        time.sleep(every)
