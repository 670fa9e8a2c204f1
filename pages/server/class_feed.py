"""What those who follow a class are told: its store is asked once for all who follow, ten times a second.

Asking works with every store and across replicas, and nothing is lost with an event that never came: what is said is
how things stand, not what has happened.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from pages.services.classes.classroom import Classroom
from pages.services.classes.store import StoreError, UnknownClassError, Versions

EVERY = 0.1  # seconds
COUNTED = 5.0  # seconds after which those present are counted even where nothing was heard: some may have left


class Watch:
    """One class as this process sees it. All who follow it wait for the same answer."""

    def __init__(self, classroom: Classroom, code: str) -> None:
        self.classroom = classroom
        self.code = code
        self.followers = 0
        self.said: dict[str, Any] | None = None
        self.task: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self._known: tuple[Versions, float] | None = None

    async def run(self) -> None:
        """Ask again and again; what is new wakes all who wait."""
        while True:
            await self._ask()
            await asyncio.sleep(EVERY)

    async def look(self) -> dict[str, Any]:
        """What is so now, as far as this process has heard."""
        return self.said if self.said is not None else await self._ask()

    async def other_than(self, said: dict[str, Any]) -> dict[str, Any]:
        """Wait until something else is so, or until the streams end, and say what is so."""
        if self.said is None or self.said == said:
            await self._changed.wait()
        return self.said or said

    def wake(self) -> None:
        """All who wait go on."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def _ask(self) -> dict[str, Any]:
        said = await asyncio.to_thread(self._how_things_stand)
        if said != self.said:
            self.said = said
            self.wake()
        return said

    def _how_things_stand(self) -> dict[str, Any]:
        last = self.said or {}
        try:
            versions, now = self.classroom.store.versions(self.code), time.monotonic()
            if self._known and versions == self._known[0] and now - self._known[1] < COUNTED and "shown" in last:
                return last
            counts, by = self.classroom.counts(self.code), self.classroom.shown_by(self.code)
        except UnknownClassError:
            return {"over": True}
        except StoreError:
            return {"away": True}
        self._known = versions, now
        return {"shown": versions.shown, "by": by, **vars(counts)}


class Feed:
    """The classes that somebody follows in this process."""

    def __init__(self, classroom: Classroom, watch: Callable[[Classroom, str], Watch] = Watch) -> None:
        self.classroom = classroom
        self.watches: dict[str, Watch] = {}
        self.ending = False
        self._watch = watch

    def end(self) -> None:
        """Every stream ends: a server that stops waits for them."""
        self.ending = True
        for watch in self.watches.values():
            watch.wake()

    @contextmanager
    def watching(self, code: str) -> Iterator[Watch]:
        """A class's watch; the store is asked as long as somebody holds it."""
        watch = self.watches.get(code)
        if watch is None:
            watch = self.watches[code] = self._watch(self.classroom, code)
            watch.task = asyncio.get_running_loop().create_task(watch.run())
        watch.followers += 1
        try:
            yield watch
        finally:
            watch.followers -= 1
            if not watch.followers and watch.task:
                watch.task.cancel()
                self.watches.pop(code, None)
