"""Models and traces, computed once and shared by all readers: one thread computes, everybody looks on.

Nothing here is in Streamlit's caches: any client may empty those, for everybody.
"""

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cached_property, lru_cache
from itertools import count
from typing import Any, TypeVar

import numpy as np
import torch
from cachetools import LRUCache

from gpt_core import GPT, GPTTrace, Intervention, Tokenizer, load_model
from gpt_core.weights.catalogue import CATALOGUE, ModelCard, available
from gpt_core.weights.layouts import WeightsError
from pages.ui.settings import CACHE_MB, MAX_TOKENS, THREADS

T = TypeVar("T")

_this_thread = threading.local()


def _begin() -> None:
    _this_thread.computes = True
    torch.set_num_threads(THREADS)


_one_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="compute", initializer=_begin)
_results: LRUCache[Hashable, Any] = LRUCache(CACHE_MB * 2**20, getsizeof=lambda value: n_bytes(value))
_waiting: dict[str, tuple[int, Future[Any]]] = {}  # by session: turn and request of its newest run
_turns = count()  # Streamlit gives each run of a page a thread of its own; an old one goes on until it next draws
_models: dict[str, GPT] = {}
_loading: dict[str, threading.Lock] = {}  # one for each model: who waits for a large one holds up nobody else
_lock = threading.RLock()


class SupersededError(Exception):
    """A newer edit of the same reader came first: nobody waits for this result any more."""


def n_bytes(value: object) -> int:
    """Memory held by the tensors, arrays and parameters in a result."""
    if isinstance(value, torch.Tensor | np.ndarray):
        return value.nbytes + 100
    if isinstance(value, torch.nn.Module):
        return 100 + sum(parameter.nbytes for parameter in value.parameters())
    if isinstance(value, GPTTrace):
        return value.n_bytes
    if is_dataclass(value):
        return 100 + sum(n_bytes(getattr(value, part.name)) for part in fields(value))
    if isinstance(value, dict):
        return 100 + sum(n_bytes(item) for item in value.values())
    if isinstance(value, list | tuple):
        return 100 + sum(n_bytes(item) for item in value)
    return 100


def turn() -> int:
    """Where the run that asks stands among all runs, by its first request: the higher, the newer."""
    if not hasattr(_this_thread, "turn"):
        _this_thread.turn = next(_turns)
    return _this_thread.turn


def once(key: Hashable, work: Callable[[], T], *, session: str = "") -> T:
    """The result of `work`, computed on the one computing thread unless `key` is already known.

    Raises:
        SupersededError: a newer run of the same session asked for something, before this one or before this began.
        Whatever `work` raises.
    """
    if getattr(_this_thread, "computes", False):
        return _compute(key, work)  # work that needs another result: waiting for its own thread would never end
    turn()
    with _lock:
        if key in _results:
            return _results[key]
        if session in _waiting:
            newest, other = _waiting[session]
            if newest > turn():
                raise SupersededError
            other.cancel()
        future = _one_thread.submit(_compute, key, work)
        if session:
            _waiting[session] = turn(), future
    try:
        return future.result()
    except CancelledError:
        raise SupersededError from None
    finally:
        with _lock:
            if _waiting.get(session) == (turn(), future):
                del _waiting[session]


def _compute(key: Hashable, work: Callable[[], T]) -> T:
    with _lock:
        if key in _results:  # another reader's request for the same thing ran while this one waited
            return _results[key]
    with torch.inference_mode():
        result = work()
    with _lock:
        if n_bytes(result) <= _results.maxsize:
            _results[key] = result
    return result


def model(name: str) -> GPT:
    """The one shared copy of a model; loading happens once."""
    with _lock:
        loading = _loading.setdefault(name, threading.Lock())
    with loading:
        if name not in _models:
            with torch.inference_mode(mode=False):  # or no gradient could ever be asked of it
                _models[name] = load_model(name)
        return _models[name]


def usable(name: str) -> tuple[str, WeightsError | OSError | None]:
    """`name` if its weights can be loaded; otherwise the first model that can, and what is wrong with `name`."""
    problem = None
    for candidate in (name, *choosable()):
        try:
            model(candidate)
        except (WeightsError, OSError) as error:
            problem = problem or error
        else:
            return candidate, problem
    raise AssertionError("random weights cannot fail to load") from problem


@lru_cache
def tokenizer() -> Tokenizer:
    return Tokenizer()


def choosable() -> list[str]:
    """Names of the models that can be loaded here and now, the default first."""
    return [name for name, entry in CATALOGUE.items() if available(entry)]


@dataclass(frozen=True)
class Reading:
    """One text read by one model: what a page slices."""

    name: str
    text: str
    ids: tuple[int, ...]  # as many as are shown
    n_tokens: int  # as many as the text has
    session: str = field(default="", repr=False)  # never shown, not even in an error

    @property
    def entry(self) -> ModelCard:
        return CATALOGUE[self.name]

    @property
    def model(self) -> GPT:
        return model(self.name)

    @cached_property
    def tokens(self) -> list[bytes]:
        """The bytes of each token."""
        return [tokenizer().token(id) for id in self.ids]

    @cached_property
    def trace(self) -> GPTTrace:
        return self.changed(Intervention())

    def changed(self, intervention: Intervention) -> GPTTrace:
        """The trace of the same text with something changed in it, computed once for each intervention."""
        key = ("trace", self.name, self.ids, intervention)
        return once(key, lambda: self.model.trace(torch.tensor(self.ids), intervention), session=self.session)

    def once(self, *key: Hashable, work: Callable[[], T]) -> T:
        """Something else computed from this text by this model. `key` must name it and all its settings."""
        return once((self.name, self.ids, *key), work, session=self.session)


def traced(key: Hashable, model: GPT, ids: tuple[int, ...]) -> GPTTrace:
    """The trace of a model that is not in the catalogue; `key` tells it from all others."""
    return once(("trace", key, ids), lambda: model.trace(torch.tensor(ids)))


def read(name: str, text: str, *, session: str = "") -> Reading:
    """Cut `text` into tokens, as many as the model and this server allow.

    Raises ValueError for an empty text: there is nothing to read.
    """
    ids = once(("ids", text), lambda: tuple(tokenizer().encode(text)))
    if not ids:
        raise ValueError("an empty text has no tokens")
    most = min(MAX_TOKENS, CATALOGUE[name].config.context_length)
    return Reading(name, text, ids[:most], len(ids), session)
