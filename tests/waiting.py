"""Waiting for other threads."""

import time
from collections.abc import Callable


def until(holds: Callable[[], object]) -> None:
    """Wait until something holds; how long other threads take is not what these tests are about."""
    ends = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < ends, "waited two minutes in vain"
        time.sleep(0.01)
