"""What is made of the same arguments is made once for all readers: pictures, and what is said of them.

A class that follows its teacher looks at the same pictures thirty times. They are known by all that they were made of,
so that nobody can be shown another's: what is in no argument is in no picture.
"""

import dataclasses
import functools
import threading
from collections.abc import Callable, Hashable
from hashlib import blake2b
from inspect import isfunction
from typing import Any, ParamSpec, TypeVar

import numpy as np
from cachetools import LRUCache

from pages.figures.layout import Picture

P = ParamSpec("P")
T = TypeVar("T")

MOST_BYTES = 64 * 2**20
PLAIN = (str, bytes, int, float, bool, type(None))  # each writes itself as no other value does


class UnknownError(TypeError):
    """An argument of which nobody can say whether it equals another: a function made on the spot, an object."""


class Kept:
    """Results by the arguments they were made of, bounded in bytes; the least recently used are forgotten."""

    def __init__(self, most_bytes: int) -> None:
        self._results: LRUCache[Hashable, tuple[Any, int]] = LRUCache(most_bytes, getsizeof=lambda entry: entry[1])
        self._lock = threading.Lock()
        self.hits = self.misses = 0

    def of(self, make: Callable[..., T], args: tuple[Any, ...], named: dict[str, Any], *more: Hashable) -> T:
        """`make` of these arguments: made now, or by whoever asked first with the same ones and the same `more`."""
        try:
            key = (make.__module__, make.__qualname__, more, fingerprint(args, named))
        except UnknownError:
            return make(*args, **named)
        with self._lock:
            if key in self._results:
                self.hits += 1
                return self._results[key][0]
            self.misses += 1
        own_args, own_named = owned((args, named))
        made = make(*own_args, **own_named)
        weight = n_bytes((own_args, own_named)) + n_bytes(made.keep() if isinstance(made, Picture) else made)
        with self._lock:
            if weight <= self._results.maxsize:
                self._results[key] = made, weight
        return made

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._results.clear()

    @property
    def bytes_held(self) -> int:
        """Memory that the kept results hold."""
        return int(self._results.currsize)


KEPT = Kept(MOST_BYTES)


def kept(make: Callable[P, T]) -> Callable[P, T]:
    """Make it once of the same arguments. For functions to which nothing else matters, the language neither."""

    @functools.wraps(make)
    def made(*args: P.args, **named: P.kwargs) -> T:
        return KEPT.of(make, args, named)

    return made


def fingerprint(*parts: Any) -> bytes:
    """32 bytes that are the same for the same values of the same types, and for no others.

    Raises UnknownError for what cannot be told apart.

    >>> fingerprint([1, "a"]) == fingerprint([1, "a"]), fingerprint([1]) == fingerprint([1.0])
    (True, False)
    """
    told = blake2b(digest_size=32)
    for part in parts:
        _tell(told.update, part)
    return told.digest()


def _tell(update: Callable[[bytes], None], part: Any) -> None:
    """Write one value so that where it ends, and of what type it is, is seen."""
    if type(part) in PLAIN:
        update(f"{part!r};".encode("utf-8", "backslashreplace"))
    elif type(part) in (list, tuple):
        update(f"{type(part).__name__} {len(part)}:".encode())
        if all(type(one) in PLAIN for one in part):
            update(f"{part!r};".encode("utf-8", "backslashreplace"))
        else:
            for one in part:
                _tell(update, one)
    elif type(part) is dict:
        update(f"dict {len(part)}:".encode())
        for name, one in part.items():
            _tell(update, name)
            _tell(update, one)
    elif isinstance(part, np.ndarray | np.generic) and part.dtype.kind in "biufUS":
        update(f"array {part.dtype.str} {part.shape}:".encode())
        update(part.tobytes())
    elif dataclasses.is_dataclass(part) and not isinstance(part, type):
        update(f"{type(part).__module__}.{type(part).__qualname__}:".encode())
        for field in dataclasses.fields(part):
            _tell(update, getattr(part, field.name))
    elif isfunction(part) and "<" not in part.__qualname__:  # of a module: its name says all that it does
        update(f"function {part.__module__}.{part.__qualname__};".encode())
    else:
        raise UnknownError(type(part).__qualname__)


def owned(part: Any) -> Any:
    """The same with arrays of its own: a table made later must not hold the whole pass that an array is a slice of."""
    if isinstance(part, np.ndarray):
        return part.copy()
    if type(part) in (list, tuple):
        return part if all(type(one) in PLAIN for one in part) else type(part)(owned(one) for one in part)
    if type(part) is dict:
        return {name: owned(one) for name, one in part.items()}
    if dataclasses.is_dataclass(part) and not isinstance(part, type):
        fields = [field.name for field in dataclasses.fields(part)]
        return dataclasses.replace(part, **{name: owned(getattr(part, name)) for name in fields})
    return part


def n_bytes(part: Any) -> int:
    """Memory held by arrays and texts, with something for each object around them."""
    if isinstance(part, np.ndarray):
        return part.nbytes + 100
    if isinstance(part, str | bytes):
        return len(part) + 50
    if isinstance(part, list | tuple):
        return 100 + sum(n_bytes(one) for one in part)
    if isinstance(part, dict):
        return 100 + sum(n_bytes(one) for one in part.values())
    if dataclasses.is_dataclass(part) and not isinstance(part, type):
        return 100 + sum(n_bytes(getattr(part, field.name)) for field in dataclasses.fields(part))
    return 100
