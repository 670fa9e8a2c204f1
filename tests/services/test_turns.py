"""Runs take turns in the order in which they asked; whoever waits for something else lets the others go on."""

import threading

import pytest

from pages.services import turns
from pages.services.engine import Engine

PATIENCE = 30  # seconds until a test that waits fails


def begun(work) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def wait_until_asked(n: int) -> None:
    asked = threading.Event()
    for _ in range(PATIENCE * 100):
        if turns.n_waiting() == n:
            return
        asked.wait(0.01)
    raise AssertionError(f"{turns.n_waiting()} wait, and {n} were expected")


def test_all_have_their_turn_one_at_a_time_in_the_order_in_which_they_asked():
    order: list[int] = []
    inside: list[int] = []

    def run(i: int) -> None:
        with turns.taken():
            inside.append(i)
            assert inside == [i]
            order.append(i)
            inside.clear()

    threads = []
    with turns.taken():
        for i in range(6):
            threads.append(begun(lambda i=i: run(i)))
            wait_until_asked(i + 1)
    for thread in threads:
        thread.join(PATIENCE)
    assert order == list(range(6))
    assert turns.n_waiting() == 0


def test_whoever_has_the_turn_keeps_it_within():
    with turns.taken():
        with turns.taken():
            assert turns.holds()
        assert turns.holds()
    assert not turns.holds()


def test_a_run_that_fails_gives_its_turn_back():
    with pytest.raises(RuntimeError), turns.taken():
        raise RuntimeError
    with pytest.raises(RuntimeError), turns.taken(), turns.given_up():
        raise RuntimeError
    assert not turns.holds()
    with turns.taken():
        assert turns.holds()


def test_who_has_no_turn_waits_without_one():
    with turns.given_up():
        assert not turns.holds()
    assert not turns.holds()


def test_a_run_that_waits_for_a_result_holds_nobody_up():
    engine = Engine(cache_bytes=1000, threads=1, weigh=lambda _result: 1)
    may_end, another_ran = threading.Event(), threading.Event()
    results: list[str] = []

    def slow() -> str:
        assert may_end.wait(PATIENCE)
        return "computed"

    def waits() -> None:
        with turns.taken():
            results.append(engine.cached("key", slow))
            assert turns.holds()

    def another() -> None:
        with turns.taken():
            another_ran.set()

    waiting = begun(waits)
    while engine.n_waiting == 0:
        assert waiting.is_alive()
    begun(another)
    assert another_ran.wait(PATIENCE)
    may_end.set()
    waiting.join(PATIENCE)
    assert results == ["computed"]
