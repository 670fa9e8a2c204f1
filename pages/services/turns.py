"""Runs of pages take turns: Python runs one thread at a time, and thirty that begin together hold each other up.

Whoever draws for thirty at once is done with all of them at the end; one after the other the first is done at once,
and all of them are a fifth sooner, since no thread waits for the interpreter in the middle of its work.
"""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_waiting: deque[threading.Lock] = deque()  # each is released when it is that run's turn; the longest waiting first
_taken = False
_own = threading.local()  # `holds`: whether this thread has the turn


@contextmanager
def taken() -> Iterator[None]:
    """The turn, as soon as all who asked before have had theirs; whoever has it already keeps it."""
    if holds():
        yield
        return
    _take()
    try:
        yield
    finally:
        _give()


@contextmanager
def given_up() -> Iterator[None]:
    """While this block waits for something others have the turn; whoever has none waits without it."""
    if not holds():
        yield
        return
    _give()
    try:
        yield
    finally:
        _take()


def holds() -> bool:
    """Whether this thread has the turn."""
    return getattr(_own, "holds", False)


def n_waiting() -> int:
    """How many wait for their turn."""
    return len(_waiting)


def _take() -> None:
    global _taken
    with _lock:
        free = not _taken
        _taken = True
        if not free:
            mine = threading.Lock()
            mine.acquire()
            _waiting.append(mine)
    if not free:
        mine.acquire()
    _own.holds = True


def _give() -> None:
    global _taken
    _own.holds = False
    with _lock:
        if _waiting:
            _waiting.popleft().release()  # it stays taken, by the next
        else:
            _taken = False
