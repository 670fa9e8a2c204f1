"""Published models on their way here: one transfer of each for the whole server, and whether the hub answers at all."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from gpt_core.weights.catalogue import ModelCard
from gpt_core.weights.hub import Cancelled, HubFile, fetch, reachable
from gpt_core.weights.model_file import WeightsError

ASK_AGAIN = 30.0  # seconds that an answer of the hub counts

Failure = Literal["another file", "network or disk"]


@dataclass
class Transfer:
    """One fetch under way: all readers see the same progress."""

    n_bytes: int = 0
    failure: Failure | None = None
    cancel: threading.Event = field(default_factory=threading.Event)
    done: bool = False


class Fetch(Protocol):
    """`gpt_core.weights.hub.fetch`, or what stands for it in a test."""

    def __call__(
        self, hub: HubFile, *, progress: Callable[[int], None], cancelled: Callable[[], bool]
    ) -> Path | None: ...


class Downloads:
    """Transfers by model, and what is known of the hub: it is asked in the background, so that nobody waits for it.

    Args:
        fetch: brings one model's files; raises as `gpt_core.weights.hub.fetch` does.
        reachable: whether the hub answers; may take its time.
        ask_again: seconds after which it is asked anew.
    """

    def __init__(
        self,
        *,
        fetch: Fetch = fetch,
        reachable: Callable[[], bool] = reachable,
        ask_again: float = ASK_AGAIN,
    ) -> None:
        self._fetch, self._reachable, self._ask_again = fetch, reachable, ask_again
        self._transfers: dict[str, Transfer] = {}
        self._lock = threading.Lock()
        self._answer: bool | None = None
        self._asked = float("-inf")
        self._asking = False

    def transfer_of(self, card: ModelCard) -> Transfer | None:
        """The transfer of a model that runs, failed or has just ended; None where there is none."""
        return self._transfers.get(card.name)

    def start(self, card: ModelCard) -> None:
        """Begin fetching, unless it has begun."""
        with self._lock:
            running = self._transfers.get(card.name)
            if running is None or running.done:
                transfer = self._transfers[card.name] = Transfer()
                threading.Thread(target=self._run, args=(card, transfer), daemon=True).start()

    def forget(self, card: ModelCard, transfer: Transfer) -> None:
        """A transfer that has ended is done with: its files may be gone again one day, and it would stand for them."""
        with self._lock:
            if self._transfers.get(card.name) is transfer:
                del self._transfers[card.name]

    def hub_answers(self) -> bool | None:
        """Whether the hub can be reached, by its last answer; None before the first one."""
        with self._lock:
            if not self._asking and time.monotonic() - self._asked > self._ask_again:
                self._asking = True
                threading.Thread(target=self._ask, daemon=True).start()
        return self._answer

    def _ask(self) -> None:
        try:
            self._answer = self._reachable()
        finally:
            self._asked = time.monotonic()
            self._asking = False

    def _run(self, card: ModelCard, transfer: Transfer) -> None:
        assert card.hub is not None
        try:
            self._fetch(card.hub, progress=lambda n: setattr(transfer, "n_bytes", n), cancelled=transfer.cancel.is_set)
        except Cancelled:
            pass
        except WeightsError:
            transfer.failure = "another file"
        except OSError:
            transfer.failure = "network or disk"
        finally:
            transfer.done = True
