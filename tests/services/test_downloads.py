"""Published models on their way here: nobody waits for the hub's answer, and a transfer is over once."""

import threading
import time
from pathlib import Path

import pytest

from gpt_core.weights.catalogue import CATALOGUE, ModelCard
from gpt_core.weights.hub import Cancelled
from gpt_core.weights.model_file import WeightsError
from pages.services.downloads import ASK_AGAIN, Downloads, Transfer
from tests.waiting import until

CARD, OTHER = [card for card in CATALOGUE.values() if card.hub][:2]
REPOSITORY, OTHER_REPOSITORY = (card.hub.repository for card in (CARD, OTHER) if card.hub)


class Hub:
    """Stands for `gpt_core.weights.hub.fetch`: brings a hundred bytes, then waits to be told how it ends."""

    def __init__(self, fails: Exception | None = None) -> None:
        self.fails = fails
        self.asked_for: list[str] = []
        self.go_on = threading.Event()

    def __call__(self, hub, *, progress, cancelled) -> Path | None:
        self.asked_for.append(hub.repository)
        progress(100)
        until(lambda: self.go_on.is_set() or cancelled())
        if cancelled():
            raise Cancelled(hub.repository)
        if self.fails:
            raise self.fails
        return None


def transfer_of(downloads: Downloads, card: ModelCard = CARD) -> Transfer:
    """The transfer of a model, which must be known."""
    transfer = downloads.transfer_of(card)
    assert transfer is not None
    return transfer


def ended(downloads: Downloads, card: ModelCard = CARD) -> Transfer:
    """The transfer of a model, once it is over."""
    transfer = transfer_of(downloads, card)
    until(lambda: transfer.done)
    return transfer


def test_all_readers_see_one_transfer_and_how_far_it_is():
    hub = Hub()
    downloads = Downloads(fetch=hub)
    assert downloads.transfer_of(CARD) is None
    for _ in range(3):
        downloads.start(CARD)
    transfer = transfer_of(downloads)
    until(lambda: transfer.n_bytes == 100)
    assert not transfer.done
    hub.go_on.set()
    assert ended(downloads) is transfer
    assert transfer.failure is None
    assert hub.asked_for == [REPOSITORY]


def test_two_models_may_be_on_their_way():
    hub = Hub()
    downloads = Downloads(fetch=hub)
    downloads.start(CARD)
    downloads.start(OTHER)
    transfer_of(downloads).cancel.set()
    ended(downloads)
    assert not transfer_of(downloads, OTHER).done
    hub.go_on.set()
    ended(downloads, OTHER)
    assert sorted(hub.asked_for) == sorted([REPOSITORY, OTHER_REPOSITORY])


def test_who_cancels_has_no_failure_and_may_begin_again():
    hub = Hub()
    downloads = Downloads(fetch=hub)
    downloads.start(CARD)
    first = transfer_of(downloads)
    first.cancel.set()
    assert ended(downloads).failure is None
    hub.go_on.set()
    downloads.start(CARD)
    assert ended(downloads) is not first
    assert len(hub.asked_for) == 2


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (WeightsError("{file}: SHA-256 is another", file="model.safetensors"), "another file"),
        (OSError("no space left"), "network or disk"),
    ],
)
def test_why_nothing_came_is_known_until_it_is_begun_again(error, failure):
    hub = Hub(error)
    hub.go_on.set()
    downloads = Downloads(fetch=hub)
    downloads.start(CARD)
    assert ended(downloads).failure == failure
    hub.fails = None
    downloads.start(CARD)
    assert ended(downloads).failure is None


def test_a_transfer_that_has_ended_is_forgotten_and_never_a_newer_one():
    hub = Hub()
    hub.go_on.set()
    downloads = Downloads(fetch=hub)
    downloads.start(CARD)
    older = ended(downloads)
    downloads.start(CARD)
    newer = ended(downloads)
    downloads.forget(CARD, older)
    assert downloads.transfer_of(CARD) is newer
    downloads.forget(CARD, newer)
    assert downloads.transfer_of(CARD) is None


def test_nobody_waits_for_the_hub_and_it_is_asked_once_for_all():
    answer, asked = threading.Event(), []
    downloads = Downloads(reachable=lambda: asked.append(1) or answer.wait(60))
    assert [downloads.hub_answers() for _ in range(5)] == [None] * 5
    answer.set()
    until(lambda: downloads.hub_answers() is True)
    assert len(asked) == 1


def test_the_hub_is_asked_again_after_a_while_and_its_last_answer_holds_until_then():
    began = time.monotonic()
    answers, may_answer = iter([False, True]), threading.Semaphore(1)
    downloads = Downloads(reachable=lambda: may_answer.acquire(timeout=60) and next(answers, True), ask_again=0.0)
    until(lambda: downloads.hub_answers() is not None)
    assert [downloads.hub_answers() for _ in range(5)] == [False] * 5
    may_answer.release(100)
    until(lambda: downloads.hub_answers() is True)
    assert time.monotonic() - began < ASK_AGAIN  # the usual while


def test_an_answer_counts_for_a_while():
    asked = []
    downloads = Downloads(reachable=lambda: bool(asked.append(1)), ask_again=600.0)
    until(lambda: downloads.hub_answers() is False)
    assert not any(downloads.hub_answers() for _ in range(5))
    assert len(asked) == 1
