"""Models and results, computed once and shared by all readers: one thread computes, everybody looks on.

Nothing here is in Streamlit's caches: any client may empty those, for everybody.
"""

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import fields, is_dataclass
from itertools import count
from typing import Any, TypeVar

import numpy as np
import torch
from cachetools import LRUCache

from gpt_core import GPT, GPTTrace
from gpt_core.weights.model_file import WeightsError
from pages.services import turns
from pages.services.models import Models

T = TypeVar("T")

MOST_LOADED = 4  # models of many that come and go: of those that readers trained 26 MB each, of snapshots 50 MB


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


class Engine:
    """One computing thread, a cache of its results bounded in bytes, and one copy of each model.

    Args:
        cache_bytes: how much memory results may hold; the least recently used are forgotten.
        threads: how many processors one product of matrices may use.
        weigh: bytes held by a result.
        models: which there are, by name.
        load: a model by its name, where not as `models` does it.
    """

    def __init__(
        self,
        *,
        cache_bytes: int,
        threads: int,
        weigh: Callable[[object], int] = n_bytes,
        models: Models | None = None,
        load: Callable[[str], GPT] | None = None,
    ) -> None:
        self._own = threading.local()  # of each thread: whether it computes, the number of the run it draws
        self._threads = threads
        self._weigh, self._among = weigh, models or Models()
        self._load = load or self._among.load
        self._one_thread = ThreadPoolExecutor(1, thread_name_prefix="compute", initializer=self._begin)
        self._results: LRUCache[Hashable, Any] = LRUCache(cache_bytes, getsizeof=weigh)
        self._newest: dict[str, tuple[int, Future[Any]]] = {}  # by session: number and request of its newest run
        self._runs = count()  # Streamlit gives each run a thread of its own; an old one goes on until it next draws
        self._models: dict[str, tuple[Hashable, GPT]] = {}  # with the edition of the files that it was loaded from
        self._passing: list[str] = []  # of these, the ones that come and go, the last used last
        self._loading: dict[str, threading.Lock] = {}  # for each model: who waits for a large one holds up nobody else
        self._lock = threading.RLock()
        self.hits = self.misses = self.n_waiting = 0  # results that were there, or not; runs that wait for one

    def _begin(self) -> None:
        self._own.computes = True
        torch.set_num_threads(self._threads)

    def run_number(self) -> int:
        """Where the run that asks stands among all runs, by its first request: the higher, the newer."""
        if not hasattr(self._own, "run"):
            self._own.run = next(self._runs)
        return self._own.run

    def cached(self, key: Hashable, work: Callable[[], T], *, session: str = "") -> T:
        """The result of `work`, computed on the one computing thread unless `key` is already known.

        Raises:
            SupersededError: a newer run of the same session has submitted work, before this one or before this began.
            Whatever `work` raises.
        """
        if getattr(self._own, "computes", False):
            return self._compute(key, work)  # work that needs another result: waiting for its own thread never ends
        number = self.run_number()
        with self._lock:
            if key in self._results:
                self.hits += 1
                return self._results[key]
            if session in self._newest:
                newest, other = self._newest[session]
                if newest > number:
                    raise SupersededError
                other.cancel()
            future = self._one_thread.submit(self._compute, key, work)
            self.misses += 1
            self.n_waiting += 1
            if session:
                self._newest[session] = number, future
        try:
            with turns.given_up():
                return future.result()
        except CancelledError:
            raise SupersededError from None
        finally:
            with self._lock:
                self.n_waiting -= 1
                if self._newest.get(session) == (number, future):
                    del self._newest[session]

    def _compute(self, key: Hashable, work: Callable[[], T]) -> T:
        with self._lock:
            if key in self._results:  # another reader's request for the same thing ran while this one waited
                return self._results[key]
        with torch.inference_mode():
            result = work()
        with self._lock:
            if self._weigh(result) <= self._results.maxsize:
                self._results[key] = result
        return result

    def holds(self, key: Hashable) -> bool:
        """Whether the result under `key` is still kept."""
        with self._lock:
            return key in self._results

    @property
    def keys(self) -> list[Hashable]:
        """The keys of all results that are kept."""
        with self._lock:
            return list(self._results)

    @property
    def bytes_held(self) -> int:
        """Memory that the kept results hold."""
        return int(self._results.currsize)

    @property
    def capacity(self) -> int:
        """Bytes that the kept results may hold together."""
        return int(self._results.maxsize)

    @property
    def n_loaded(self) -> int:
        """Models that are in memory."""
        return len(self._models)

    def waits(self, session: str) -> bool:
        """Whether a run of this session waits for a result."""
        with self._lock:
            return session in self._newest

    def model(self, name: str) -> GPT:
        """The one shared copy of a model; loading happens once for each edition of its files.

        Raises WeightsError or OSError where its files are missing, damaged or of another model.
        """
        with self._lock:
            loading = self._loading.setdefault(name, threading.Lock())
        edition = self._among.edition(name)
        model = self._loaded(name, edition)
        if model is None:
            with turns.given_up(), loading:
                model = self._loaded(name, edition)
                if model is None:
                    with torch.inference_mode(mode=False):  # or no gradient could ever be asked of it
                        model = self._load(name)
                    self._models[name] = edition, model
        if self._among.comes_and_goes(name):
            self._keep_few(name)
        return model

    def _loaded(self, name: str, edition: Hashable) -> GPT | None:
        """The copy that was loaded from files of this edition; one of another edition is none."""
        held = self._models.get(name)
        return held[1] if held and held[0] == edition else None

    def _keep_few(self, name: str) -> None:
        """Of models that readers trained, and of snapshots, only those used last stay; the others are opened anew."""
        with self._lock:
            self._passing = [*(other for other in self._passing if other != name), name]
            for old in self._passing[:-MOST_LOADED]:
                self.forget_model(old)
            self._passing = self._passing[-MOST_LOADED:]

    def forget_model(self, name: str) -> None:
        """Load it anew when it is next asked for."""
        self._models.pop(name, None)

    def load_or_fallback(self, name: str) -> tuple[str, WeightsError | OSError | None]:
        """`name` if its weights can be loaded; otherwise the nearest model that can, and what is wrong with `name`."""
        problem = None
        for candidate in dict.fromkeys((name, *self._among.instead_of(name))):
            try:
                self.model(candidate)
            except (WeightsError, OSError) as error:
                problem = problem or error
            else:
                return candidate, problem
        raise AssertionError("random weights cannot fail to load") from problem

    def available_models(self) -> list[str]:
        """Names of the models that can be loaded here and now, the default first."""
        return self._among.names()
