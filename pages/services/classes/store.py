"""Where classes are kept: what a store of classes can do, and in which words it fails.

A class is a few named fields, which its teacher writes, and groups of entries, one a member in each group. It ends at a
time that is set when it is created; from then on the store does not know it, as if it had been deleted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


class StoreError(Exception):
    """The store cannot do what was asked now; nothing was changed."""


class StoreAwayError(StoreError):
    """The store does not answer, or cannot be opened."""


class StoreFullError(StoreError):
    """The store has no room for what was to be written; it can still be read."""


class UnknownClassError(Exception):
    """There is no class of this code: never was, closed, or over."""


@dataclass(frozen=True)
class Versions:
    """How often a class has changed: what its teacher shows, and what was heard of its members."""

    shown: int
    heard: int


class Store(Protocol):
    """What both stores do. Each call happens whole or not at all.

    All but `create`, `delete` and `attempts` raise UnknownClassError; all raise StoreError.
    """

    def create(self, code: str, fields: Mapping[str, str], *, ends: float) -> bool:
        """A new class until the time `ends`; False where there is one of this code."""
        ...

    def fields(self, code: str) -> dict[str, str]:
        """All fields of a class."""
        ...

    def update(self, code: str, fields: Mapping[str, str]) -> int:
        """Set fields, the others stay. Returns how often what is shown has changed."""
        ...

    def put(
        self,
        code: str,
        group: str,
        member: str,
        value: str,
        *,
        keep: bool = False,
        given: tuple[str, str] | None = None,
    ) -> bool:
        """Set the entry of a member in a group; returns whether it is a new one.

        With `keep` an entry that is there stays as it is. With `given`, a field and what it must say, nothing is
        entered once the field says something else.
        """
        ...

    def entries(self, code: str, group: str) -> dict[str, str]:
        """The entries of a group, by member."""
        ...

    def take(self, code: str, group: str, member: str) -> str | None:
        """Remove an entry; returns what it said. Of two who take the same, one gets it."""
        ...

    def versions(self, code: str) -> Versions:
        """How often the class has changed: cheap enough to be asked ten times a second."""
        ...

    def delete(self, code: str) -> None:
        """Forget a class with all that belongs to it."""
        ...

    def attempts(self, key: str, *, window: int) -> int:
        """Count one more attempt under a key; returns how many there were in this window of so many seconds."""
        ...
